use super::*;
use crate::run_data::RunData;
use crate::synthetic;

/// Name and text of every section of a run.
fn all(run: &RunData) -> Vec<(&'static str, String)> {
    vec![
        ("objectives", objectives::section(run)),
        ("flow", flow::section(run)),
        ("waterfall", waterfall::section(run)),
        ("faults", faults::section(run)),
        ("ledger", ledger::section(run)),
        ("worst", worst::section(run)),
    ]
}

#[test]
fn sections_of_a_day() {
    for (name, html) in all(&synthetic::cases::all()[1].1.run().data()) {
        insta::assert_snapshot!(name, html);
    }
}

/// Elements are closed in the order in which they were opened, and no number is none.
#[test]
fn every_case_gives_whole_sections() {
    for (case, shape) in synthetic::cases::all() {
        for (name, html) in all(&shape.run().data()) {
            let place = format!("{case}, {name}");
            assert!(html.is_empty() || html.starts_with(&format!("<section id=\"{name}\"")), "{place}");
            for bad in ["NaN", "inf\"", "inf%", "\0"] {
                assert!(!html.contains(bad), "{place}: {bad}");
            }
            let mut open: Vec<&str> = Vec::new();
            // What is embedded is no HTML.
            let html = match html.split_once("<script") {
                Some((before, script)) => {
                    format!("{before}{}", script.split_once("</script>").expect("an end").1)
                }
                None => html,
            };
            for tag in html.split('<').skip(1) {
                let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("{place}: <{tag}"));
                let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap_or_default();
                if tag.starts_with('/') {
                    assert_eq!(open.pop(), Some(name), "{place}");
                } else if !tag.ends_with('/') && name != "input" {
                    open.push(name);
                }
            }
            assert!(open.is_empty(), "{place}: {open:?}");
        }
    }
}

/// Numbers that say where they come from come from there.
#[test]
fn numbers_are_those_of_the_files() {
    let run = synthetic::day().run().data();
    let summary = serde_json::to_value(&run.summary).expect("plain data");
    let worst = serde_json::to_value(&run.worst).expect("plain data");
    let ledger = crate::csv::ledger_csv(&run.ledger);
    let flow = flow_numbers(&run);
    let mut seen = 0;
    for (name, html) in all(&run) {
        for piece in html.split("value=\"").skip(1) {
            let (raw, rest) = piece.split_once('"').expect("a value");
            let Some(place) = rest.strip_prefix(" data-of=\"").and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            let (file, at) = place.split_once('#').expect("a file");
            let value = match file {
                "summary.json" => of_json(&summary, at),
                "worst.json" => of_json(&worst, at),
                "ledger.csv" => of_csv(&ledger, at),
                "flow.csv" => match at.split_once('/') {
                    Some((part, whole)) => of_csv(&flow, part) / of_csv(&flow, whole),
                    None => of_csv(&flow, at),
                },
                other => panic!("{name}: {other}"),
            };
            let raw: f64 = raw.parse().unwrap_or_else(|_| panic!("{name}: {raw}"));
            assert!(
                (raw - value).abs() <= 1e-9 * value.abs().max(1e-3),
                "{name}: {place} is {value}, not {raw}"
            );
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}");
}

fn of_json(json: &serde_json::Value, at: &str) -> f64 {
    let get = |at: &str| match json.pointer(at) {
        Some(serde_json::Value::String(text)) => text.parse().expect("money"),
        Some(number) => number.as_f64().expect("a number"),
        None => panic!("nothing at {at}"),
    };
    match at.split_once(" - ") {
        Some((a, b)) => get(a) - get(b),
        None => get(at),
    }
}

fn of_csv(csv: &str, at: &str) -> f64 {
    let (column, rows) = at.split_once('@').expect("rows");
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).expect("a column");
    let columns: Vec<usize> = column.split('+').map(place).collect();
    let lines: Vec<&str> = lines.collect();
    let mut sum = 0.0;
    for part in rows.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to): (usize, usize) = (from.parse().expect("a row"), to.parse().expect("a row"));
        for line in &lines[from..=to] {
            let fields: Vec<&str> = line.split(',').collect();
            sum +=
                columns.iter().map(|&column| fields[column].parse::<f64>().expect("a number")).sum::<f64>();
        }
    }
    sum
}

/// The columns of `flow.csv` that have numbers.
fn flow_numbers(run: &RunData) -> String {
    let mut csv = "requests,input_tokens,output_tokens,billed_usd\n".to_owned();
    for line in &run.flow.lines {
        let billed = line.billed.decimal();
        csv.push_str(&format!("{},{},{},{billed}\n", line.requests, line.input_tokens, line.output_tokens));
    }
    csv
}
