//! Looks up where a number of the page says that it stands: its own reading of the grammar, from the documented files alone.

use std::collections::BTreeMap;

use serde_json::Value;

/// The files of a run directory that numbers stand in.
pub(crate) struct Sources {
    json: BTreeMap<String, Value>,
    tables: BTreeMap<String, Table>,
}

struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// What a place holds.
pub(crate) enum Held {
    /// As the file has it, or sums of integers and decimals: without any error.
    Exact(String),
    /// The quotient or difference of such, computed in floating point.
    Computed(f64),
}

impl Held {
    /// Whether a raw value of the page is this. Quotients and differences may be rounded differently on their way (money is an
    /// integer of pico-dollars in the page's maker and a decimal here), each step by 2⁻⁵³ or so: 1e-9 is far above that and
    /// far below what any text shows.
    pub(crate) fn is(&self, raw: &str) -> bool {
        match self {
            Self::Exact(held) => raw == held || exact(raw).is_some_and(|raw| exact(held) == Some(raw)),
            Self::Computed(held) => {
                raw.parse().is_ok_and(|raw: f64| (raw - held).abs() <= 1e-9 * held.abs().max(raw.abs()))
            }
        }
    }
}

/// A decimal number as (digits, how many of them are decimals), without zeros at the end: `1.50` is `1.5`, but not `1.500001`.
fn exact(text: &str) -> Option<(i128, u32)> {
    if text.contains(['e', 'E']) {
        // Tiny floats: the shortest text of a float is one to one with it.
        return text.parse::<f64>().ok().map(|x| (i128::from(x.to_bits()), u32::MAX));
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = part.trim_end_matches('0');
    let digits = format!("{whole}{part}").parse().ok()?;
    Some((digits, u32::try_from(part.len()).ok()?))
}

impl Sources {
    pub(crate) fn new(read: impl Fn(&str) -> String) -> Self {
        let json = ["summary.json", "worst.json"];
        let json = json.map(|name| (name.to_owned(), serde_json::from_str(&read(name)).expect(name)));
        let tables = ["timeline.csv", "flow.csv", "ledger.csv"];
        let tables = tables.map(|name| (name.to_owned(), Table::new(&read(name))));
        Self { json: json.into(), tables: tables.into() }
    }

    pub(crate) fn summary(&self) -> &Value {
        &self.json["summary.json"]
    }

    /// What `FILE#PLACE` holds.
    pub(crate) fn look_up(&self, of: &str) -> Result<Held, String> {
        let (file, place) = of.split_once('#').ok_or("no `#`")?;
        if let Some(json) = self.json.get(file) {
            return in_json(json, place);
        }
        let table = self.tables.get(file).ok_or_else(|| format!("no file `{file}`"))?;
        // A ratio over rows of its own has an `@` on both sides, one over common rows only at the end.
        let sides = match place.split_once('/') {
            None => return table.sum(place).map(|held| Held::Exact(held.text())),
            Some((upper, lower)) if upper.contains('@') => (upper.to_owned(), lower.to_owned()),
            Some((upper, lower)) => {
                let rows = lower.split_once('@').ok_or("no rows")?.1;
                (format!("{upper}@{rows}"), lower.to_owned())
            }
        };
        Ok(Held::Computed(table.sum(&sides.0)?.float() / table.sum(&sides.1)?.float()))
    }
}

fn in_json(json: &Value, place: &str) -> Result<Held, String> {
    let at = |pointer: &str| match json.pointer(pointer) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(_) => Err(format!("`{pointer}` is no number")),
        None => Err(format!("nothing at `{pointer}`")),
    };
    let float = |pointer: &str| at(pointer)?.parse::<f64>().map_err(|error| error.to_string());
    if let Some((a, b)) = place.split_once(" - ") {
        return Ok(Held::Computed(float(a)? - float(b)?));
    }
    if let Some((a, b)) = place.split_once(" / ") {
        return Ok(Held::Computed(float(a)? / float(b)?));
    }
    Ok(Held::Exact(at(place)?))
}

/// A sum of decimals with at most 12 places, which is a pico-dollar: an integer.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Sum(i128);

impl Sum {
    fn of(cell: &str) -> Result<Self, String> {
        let (whole, part) = cell.split_once('.').unwrap_or((cell, ""));
        let digits = format!("{whole}{part:0<12}");
        // An empty cell is what is not known: no number of the page may be made of it.
        if whole.is_empty() || part.len() > 12 {
            return Err(format!("`{cell}` is no number"));
        }
        digits.parse().map(Self).map_err(|_| format!("`{cell}` is no number"))
    }

    fn text(self) -> String {
        let size = self.0.unsigned_abs();
        let unit = 10_u128.pow(12);
        format!("{}{}.{:012}", if self.0 < 0 { "-" } else { "" }, size / unit, size % unit)
    }

    fn float(self) -> f64 {
        self.text().parse().expect("digits")
    }
}

impl Table {
    fn new(text: &str) -> Self {
        // No name in these files needs quotes; if one did, the number of cells would not be right.
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let columns = lines.next().expect("a header");
        let rows: Vec<_> = lines.collect();
        assert!(rows.iter().all(|row| row.len() == columns.len()), "a cell has a comma in it");
        Self { columns, rows }
    }

    /// `COLUMN+COLUMN@ROWS` or `max(COLUMN)@ROWS`.
    fn sum(&self, place: &str) -> Result<Sum, String> {
        let (columns, rows) = place.split_once('@').ok_or("no rows")?;
        let (columns, largest) = match columns.strip_prefix("max(").and_then(|rest| rest.strip_suffix(')')) {
            Some(column) => (column, true),
            None => (columns, false),
        };
        let mut cells = Vec::new();
        for name in columns.split('+') {
            let column = self.columns.iter().position(|column| column == name);
            let column = column.ok_or_else(|| format!("no column `{name}`"))?;
            for range in rows.split(',') {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                let row = |text: &str| text.parse::<usize>().map_err(|_| format!("`{text}` is no row"));
                let within =
                    self.rows.get(row(from)?..=row(to)?).ok_or_else(|| format!("no rows {range}"))?;
                for cells_of_row in within {
                    cells.push(Sum::of(&cells_of_row[column])?);
                }
            }
        }
        if largest {
            return cells.into_iter().max().ok_or_else(|| "no rows".to_owned());
        }
        Ok(Sum(cells.iter().map(|cell| cell.0).sum()))
    }
}
