//! `ledger.csv`: what it writes, it reads back to the same [`Ledger`].

use sandbox_engine::output::{Ledger, LedgerLine, Work};

use super::cells::{Cells, Table};
use crate::error::ReportError;

/// The columns.
const COLUMNS: [&str; 14] = [
    "workload",
    "endpoint",
    "work",
    "cause",
    "avoidable",
    "requests",
    "attempts",
    "input_tokens",
    "output_tokens",
    "billed_usd",
    "fees_usd",
    "premium_usd",
    "flipped",
    "flip_premium_usd",
];

/// The ledger as CSV; columns are described in the [module](crate::csv).
#[must_use]
pub fn ledger_csv(ledger: &Ledger) -> String {
    let mut csv = super::writer();
    super::write(&mut csv, &COLUMNS.map(str::to_owned));
    for line in &ledger.lines {
        let (cause, avoidable) = match line.work {
            Work::Leak { cause, avoidable } => (cause.name().to_owned(), avoidable.to_string()),
            Work::Plan | Work::Wasted => (String::new(), String::new()),
        };
        let record = [
            line.workload.clone(),
            line.endpoint.clone(),
            line.work.name().to_owned(),
            cause,
            avoidable,
            line.requests.to_string(),
            line.attempts.to_string(),
            line.input_tokens.to_string(),
            line.output_tokens.to_string(),
            line.billed.decimal(),
            line.fees.decimal(),
            line.premium.decimal(),
            line.flipped.to_string(),
            line.flip_premium.decimal(),
        ];
        super::write(&mut csv, &record);
    }
    super::finish(csv)
}

/// Reads what [`ledger_csv`] wrote.
///
/// # Errors
/// [`ReportError::Csv`] with the line and the column of what does not fit.
pub fn read_ledger_csv(text: &str) -> Result<Ledger, ReportError> {
    let mut table = Table::new(text)?;
    table.has(&COLUMNS)?;
    let mut ledger = Ledger::default();
    while let Some(cells) = table.next()? {
        ledger.lines.push(line_of(&cells)?);
    }
    Ok(ledger)
}

fn line_of(cells: &Cells<'_>) -> Result<LedgerLine, ReportError> {
    let work = match cells.text(2) {
        "plan" => Work::Plan,
        "wasted" => Work::Wasted,
        "leak" => Work::Leak { cause: cells.cause(3)?, avoidable: cells.flag(4)? },
        _ => return Err(cells.error(2, "`plan`, `leak` or `wasted`")),
    };
    if let (Work::Plan | Work::Wasted, Some(column)) =
        (work, (3..5).find(|&column| !cells.text(column).is_empty()))
    {
        return Err(cells.error(column, "empty, and only leaks have one"));
    }
    Ok(LedgerLine {
        workload: cells.text(0).to_owned(),
        endpoint: cells.text(1).to_owned(),
        work,
        requests: cells.number(5)?,
        attempts: cells.number(6)?,
        input_tokens: cells.number(7)?,
        output_tokens: cells.number(8)?,
        billed: cells.money(9)?,
        fees: cells.money(10)?,
        premium: cells.money(11)?,
        flipped: cells.number(12)?,
        flip_premium: cells.money(13)?,
    })
}

#[cfg(test)]
mod tests {
    use sandbox_model::{Cause, Usd};

    use super::*;

    #[test]
    fn a_ledger_is_exact_and_quotes_names() {
        let line = |work, billed: &str| LedgerLine {
            workload: "cn, chat".to_owned(),
            endpoint: "siliconflow/v3".to_owned(),
            work,
            requests: 3,
            attempts: 4,
            input_tokens: 1_000,
            output_tokens: 200,
            // A literal above, known to parse.
            billed: billed.parse().unwrap(),
            fees: Usd::from_pico(7),
            premium: Usd::from_pico(-1),
            flipped: 0,
            flip_premium: Usd::ZERO,
        };
        let leak = Work::Leak { cause: Cause::Cooldown, avoidable: true };
        let ledger = Ledger { lines: vec![line(Work::Plan, "$12.5"), line(leak, "$0.000000000001")] };
        insta::assert_snapshot!(ledger_csv(&ledger), @r#"
        workload,endpoint,work,cause,avoidable,requests,attempts,input_tokens,output_tokens,billed_usd,fees_usd,premium_usd,flipped,flip_premium_usd
        "cn, chat",siliconflow/v3,plan,,,3,4,1000,200,12.5,0.000000000007,-0.000000000001,0,0
        "cn, chat",siliconflow/v3,leak,cooldown,true,3,4,1000,200,0.000000000001,0.000000000007,-0.000000000001,0,0
        "#);
        assert_eq!(read_ledger_csv(&ledger_csv(&ledger)), Ok(ledger));
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_line() {
        let good = "\
            workload,endpoint,work,cause,avoidable,requests,attempts,input_tokens,output_tokens,billed_usd,fees_usd,premium_usd,flipped,flip_premium_usd\n\
            w,e,leak,outage,false,1,1,10,20,0.5,0,-0.25,0,0\n";
        assert!(read_ledger_csv(good).is_ok());
        let breaks = [
            ("premium_usd", "premium", "line 1: column 12 must be `premium_usd`, found `premium`"),
            ("flip_premium_usd", "flip_premium_usd,more", "line 1: there is no column `more`"),
            ("leak", "leaked", "line 2: column `work`: `leaked` is not `plan`, `leak` or `wasted`"),
            ("outage", "sabotage", "line 2: column `cause`: `sabotage` is not a cause"),
            ("leak,", "plan,", "line 2: column `cause`: `outage` is not empty"),
            ("false", "no", "line 2: column `avoidable`: `no` is not `true` or `false`"),
            ("0.5", "$0.5", "line 2: column `billed_usd`: `$0.5` is not an amount"),
            (",0,0\n", ",0\n", "line 2"),
        ];
        for (from, to, message) in breaks {
            let error = read_ledger_csv(&good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
