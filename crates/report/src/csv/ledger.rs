//! `ledger.csv`: written, never read back.

use sandbox_engine::output::{Ledger, Work};

/// The ledger as CSV; columns are described in the [module](crate::csv).
#[must_use]
pub fn ledger_csv(ledger: &Ledger) -> String {
    let mut csv = super::writer();
    let header = [
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
    super::write(&mut csv, &header.map(str::to_owned));
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

#[cfg(test)]
mod tests {
    use sandbox_engine::output::LedgerLine;
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
    }
}
