//! `flow.csv`: what it writes, it reads back to the same [`Flow`].

use sandbox_engine::output::{Flow, FlowEnd, FlowLine};
use sandbox_model::Cause;

use super::cells::{Cells, Table};
use crate::error::ReportError;

/// The columns.
const COLUMNS: [&str; 12] = [
    "workload",
    "first",
    "cause",
    "avoidable",
    "tried_plan",
    "end",
    "endpoint",
    "requests",
    "input_tokens",
    "output_tokens",
    "billed_usd",
    "premium_usd",
];

/// The flow as CSV; columns are described in the [module](crate::csv).
#[must_use]
pub fn flow_csv(flow: &Flow) -> String {
    let mut csv = super::writer();
    super::write(&mut csv, &COLUMNS.map(str::to_owned));
    for line in &flow.lines {
        let (end, endpoint) = match &line.end {
            FlowEnd::Plan(endpoint) => ("plan", endpoint.as_str()),
            FlowEnd::Leak(endpoint) => ("leak", endpoint.as_str()),
            FlowEnd::Failed => ("failed", ""),
            FlowEnd::Shed => ("shed", ""),
            FlowEnd::InFlight => ("in_flight", ""),
            FlowEnd::Wasted(endpoint) => ("wasted", endpoint.as_str()),
        };
        let record = [
            line.workload.clone(),
            line.first.clone().unwrap_or_default(),
            line.cause.map_or("", Cause::name).to_owned(),
            line.avoidable.to_string(),
            line.tried_plan.to_string(),
            end.to_owned(),
            endpoint.to_owned(),
            line.requests.to_string(),
            line.input_tokens.to_string(),
            line.output_tokens.to_string(),
            line.billed.decimal(),
            line.premium.decimal(),
        ];
        super::write(&mut csv, &record);
    }
    super::finish(csv)
}

/// Reads what [`flow_csv`] wrote.
///
/// # Errors
/// [`ReportError::Csv`] with the line and the column of what does not fit.
pub fn read_flow_csv(text: &str) -> Result<Flow, ReportError> {
    let mut table = Table::new(text)?;
    table.has(&COLUMNS)?;
    let mut flow = Flow::default();
    while let Some(cells) = table.next()? {
        flow.lines.push(line_of(&cells)?);
    }
    Ok(flow)
}

fn line_of(cells: &Cells<'_>) -> Result<FlowLine, ReportError> {
    let named = |column| Some(cells.text(column).to_owned()).filter(|text| !text.is_empty());
    let endpoint = || named(6).ok_or_else(|| cells.error(6, "the name of an endpoint"));
    let end = match cells.text(5) {
        "plan" => FlowEnd::Plan(endpoint()?),
        "leak" => FlowEnd::Leak(endpoint()?),
        "failed" => FlowEnd::Failed,
        "shed" => FlowEnd::Shed,
        "in_flight" => FlowEnd::InFlight,
        "wasted" => FlowEnd::Wasted(endpoint()?),
        _ => return Err(cells.error(5, "`plan`, `leak`, `failed`, `shed`, `in_flight` or `wasted`")),
    };
    if matches!(end, FlowEnd::Failed | FlowEnd::Shed | FlowEnd::InFlight) && named(6).is_some() {
        return Err(cells.error(6, "empty, and no endpoint served these"));
    }
    Ok(FlowLine {
        workload: cells.text(0).to_owned(),
        first: named(1),
        cause: if cells.text(2).is_empty() { None } else { Some(cells.cause(2)?) },
        avoidable: cells.flag(3)?,
        tried_plan: cells.flag(4)?,
        end,
        requests: cells.number(7)?,
        input_tokens: cells.number(8)?,
        output_tokens: cells.number(9)?,
        billed: cells.money(10)?,
        premium: cells.money(11)?,
    })
}

#[cfg(test)]
mod tests {
    use sandbox_model::Usd;

    use super::*;

    fn flow() -> Flow {
        let line = |cause, end, requests| FlowLine {
            workload: "cn, chat".to_owned(),
            first: (requests != 3).then(|| "siliconflow/v3".to_owned()),
            cause,
            avoidable: cause == Some(Cause::Cooldown),
            tried_plan: cause == Some(Cause::Outage),
            end,
            requests,
            input_tokens: 1_000,
            output_tokens: u64::MAX,
            billed: Usd::from_pico(7),
            premium: Usd::from_pico(-1),
        };
        let named = || "grid \"a\"".to_owned();
        Flow {
            lines: vec![
                line(None, FlowEnd::Plan(named()), 1),
                line(Some(Cause::Cooldown), FlowEnd::Leak(named()), 2),
                line(None, FlowEnd::Shed, 3),
                line(Some(Cause::Outage), FlowEnd::Failed, 4),
                line(Some(Cause::Slow), FlowEnd::InFlight, 5),
                line(None, FlowEnd::Wasted(named()), 0),
            ],
        }
    }

    #[test]
    fn a_flow_reads_back_exactly() {
        let text = flow_csv(&flow());
        assert_eq!(read_flow_csv(&text), Ok(flow()));
        assert_eq!(read_flow_csv(&flow_csv(&Flow::default())), Ok(Flow::default()));
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_line() {
        let good = flow_csv(&flow());
        let breaks = [
            ("tried_plan", "tried", "line 1: column 5 must be `tried_plan`, found `tried`"),
            (",leak,", ",leaked,", "line 3: column `end`: `leaked` is not"),
            (",shed,,", ",shed,x,", "line 4: column `endpoint`: `x` is not empty"),
            ("cooldown", "cool", "line 3: column `cause`: `cool` is not a cause"),
            (
                ",true,false,leak",
                ",yes,false,leak",
                "line 3: column `avoidable`: `yes` is not `true` or `false`",
            ),
        ];
        for (from, to, message) in breaks {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            let error = read_flow_csv(&bad).unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }
}
