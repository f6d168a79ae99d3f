//! Who was billed for what: the ledger's lines by workload and kind of work, with subtotals, down to the bill.

use std::fmt::Write as _;

use sandbox_engine::output::{LedgerLine, Work};
use sandbox_model::Usd;

use super::parts;
use crate::html::number::data;
use crate::human;
use crate::look::cause_word;
use crate::run_data::RunData;

pub(crate) fn section(run: &RunData) -> String {
    let lines = &run.ledger.lines;
    if lines.is_empty() {
        return String::new();
    }
    let mut bodies = String::new();
    let mut workloads: Vec<(&str, Vec<usize>)> = Vec::new();
    for (row, line) in lines.iter().enumerate() {
        // Lines come in order of workload; one that came before would be told apart by its name.
        match workloads.iter_mut().find(|(name, _)| *name == line.workload) {
            Some((_, rows)) => rows.push(row),
            None => workloads.push((&line.workload, vec![row])),
        }
    }
    for (workload, rows) in &workloads {
        bodies.push_str(&body(run, workload, rows));
    }
    let all: Vec<usize> = (0..lines.len()).collect();
    let total = cells(run, &all);
    let heads: String = COLUMNS
        .iter()
        .map(|column| format!("<th scope=\"col\" class=\"number\">{}</th>", column.head))
        .collect();
    format!(
        "<section id=\"ledger\" aria-labelledby=\"ledger-title\">\n<h2 id=\"ledger-title\">Who was billed for what</h2>{}\n\
         <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Ledger, scrolls sideways\">\
         <table class=\"ledger\"><thead><tr><th scope=\"col\">work</th><th scope=\"col\">endpoint</th>{heads}</tr></thead>\n\
         {bodies}<tfoot><tr class=\"total\"><th scope=\"row\" colspan=\"2\">the bill</th>{total}</tr></tfoot></table></div>\n\
         <p class=\"quiet\"><b>Premium</b>: billed above what the plan would have billed for the same tokens. <b>Fees</b>: of the bill, what gateways added.</p>\n</section>\n",
        parts::csv_button("ledger.csv"),
    )
}

fn body(run: &RunData, workload: &str, rows: &[usize]) -> String {
    let lines = &run.ledger.lines;
    let mut html = format!(
        "<tbody><tr class=\"workload\"><th scope=\"rowgroup\" colspan=\"{}\">{}</th></tr>\n",
        COLUMNS.len() + 2,
        parts::name(workload)
    );
    let mut at = 0;
    while at < rows.len() {
        let work = lines[rows[at]].work;
        let group: Vec<usize> =
            rows[at..].iter().copied().take_while(|&row| lines[row].work == work).collect();
        at += group.len();
        let (class, word) = work_word(work);
        for (index, &row) in group.iter().enumerate() {
            let shown = if index == 0 { word.as_str() } else { "" };
            let _ = writeln!(
                html,
                "<tr class=\"{class}\"><td class=\"work\"><span class=\"mark {class}\"></span>{shown}</td><td>{}</td>{}</tr>",
                parts::endpoint(run, &lines[row].endpoint),
                cells(run, &[row]),
            );
        }
        if group.len() > 1 {
            let _ = writeln!(
                html,
                "<tr class=\"subtotal {class}\"><td class=\"work\"><span class=\"mark {class}\"></span></td><th scope=\"row\">{word}, all</th>{}</tr>",
                cells(run, &group)
            );
        }
    }
    let _ = writeln!(
        html,
        "<tr class=\"subtotal all\"><th scope=\"row\" colspan=\"2\">all of {}</th>{}</tr></tbody>",
        parts::name(workload),
        cells(run, rows)
    );
    html
}

fn work_word(work: Work) -> (&'static str, String) {
    match work {
        Work::Plan => ("of-plan", "as planned".to_owned()),
        Work::Wasted => ("of-wasted", "wasted".to_owned()),
        Work::Leak { cause, avoidable: true } => {
            ("of-avoidable", format!("leak: {}, avoidable", cause_word(cause)))
        }
        Work::Leak { cause, avoidable: false } => ("of-leak", format!("leak: {}", cause_word(cause))),
    }
}

/// A column of numbers.
struct Column {
    head: &'static str,
    /// In `ledger.csv`.
    name: &'static str,
    of: Of,
}

enum Of {
    Count(fn(&LedgerLine) -> u64),
    Money { of: fn(&LedgerLine) -> Usd, signed: bool },
}

const COLUMNS: [Column; 7] = [
    Column { head: "requests", name: "requests", of: Of::Count(|line| line.requests) },
    Column { head: "attempts", name: "attempts", of: Of::Count(|line| line.attempts) },
    Column { head: "prompt tokens", name: "input_tokens", of: Of::Count(|line| line.input_tokens) },
    Column { head: "answer tokens", name: "output_tokens", of: Of::Count(|line| line.output_tokens) },
    Column { head: "billed", name: "billed_usd", of: Of::Money { of: |line| line.billed, signed: false } },
    Column { head: "fees", name: "fees_usd", of: Of::Money { of: |line| line.fees, signed: false } },
    Column { head: "premium", name: "premium_usd", of: Of::Money { of: |line| line.premium, signed: true } },
];

/// The numbers of some lines together.
fn cells(run: &RunData, rows: &[usize]) -> String {
    let lines = || rows.iter().map(|&row| &run.ledger.lines[row]);
    let mut html = String::new();
    for column in &COLUMNS {
        let (raw, text) = match column.of {
            Of::Count(of) => {
                let sum: u64 = lines().map(of).sum();
                (sum.to_string(), human::count(sum))
            }
            Of::Money { of, signed } => {
                let sum: Usd = lines().map(of).sum();
                let show = if signed { human::dollars_signed } else { human::dollars };
                (sum.decimal(), show(sum.as_f64()))
            }
        };
        let class = if raw == "0" { "number nil" } else { "number" };
        let of = format!("ledger.csv#{}@{}", column.name, parts::rows(rows));
        let _ = write!(html, "<td class=\"{class}\">{}</td>", data(&of, &raw, &text));
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_is_the_bill() {
        for (name, shape) in crate::synthetic::cases::all() {
            let run = shape.run().data();
            let html = section(&run);
            if run.ledger.lines.is_empty() {
                assert_eq!(html, "", "{name}");
                continue;
            }
            let (_, foot) = html.split_once("<tfoot>").expect("a total");
            assert!(
                foot.contains(&format!("<data value=\"{}\"", run.ledger.total().decimal())),
                "{name}: {foot}"
            );
        }
    }
}
