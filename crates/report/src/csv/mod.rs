//! `timeline.csv`, `ledger.csv` and `flow.csv`: exact, for spreadsheets, notebooks and [`Figure`](crate::Figure)s.
//!
//! All are UTF-8 with a header line, commas and quotes where needed. Money is exact, as decimals in US dollars without a
//! sign of currency. Times are seconds with nine decimals.
//!
//! # `timeline.csv`: one line a bucket
//!
//! | column | meaning |
//! |---|---|
//! | `at_s` | start of the bucket: seconds since the start of the scenario |
//! | `bucket_s` | width of the buckets in seconds, the same in each line; the end of the scenario may cut the last one |
//! | `arrived` | requests that arrived in this bucket, the sum of the next five |
//! | `served_by_plan`, `leaked`, `failed`, `shed`, `in_flight` | the same by outcome |
//! | `attempts` | attempts that entry routers began |
//! | `rate_limited` | 429 answers that endpoints gave |
//! | `ttft_p50_s`, `ttft_p95_s`, `ttft_p99_s` | time to first token in seconds; empty if there was none |
//! | `cost_usd`, `twin_cost_usd` | billed from the start to the end of the bucket, here and in the control twin |
//! | `ttft:SECONDS` | requests that arrived here and whose time to first token was at most this and more than the class before; `ttft:inf` has no end |
//! | `served:ENDPOINT` | of the arrivals, those that this endpoint served |
//! | `truth_s:LANE` | seconds in this bucket during which a fault was on |
//! | `belief_s:LANE` | seconds in this bucket during which at least one router believed the target down |
//! | `competing:PROVIDER` | share of the batch that other tenants took at the start of the bucket, 0 to 1 |
//!
//! # `ledger.csv`: one line for all work of one kind that a workload got from an endpoint
//!
//! | column | meaning |
//! |---|---|
//! | `workload`, `endpoint` | names |
//! | `work` | `plan`, `leak` or `wasted` |
//! | `cause`, `avoidable` | of a leak: why it left the plan; `true` if the plan was healthy and had headroom |
//! | `requests` | requests served; 0 for wasted work |
//! | `attempts` | attempts that were billed |
//! | `input_tokens`, `output_tokens` | billed |
//! | `billed_usd` | billed; the column sums to the bill |
//! | `fees_usd` | of it, what gateways added |
//! | `premium_usd` | of it, what the plan would not have billed for the same tokens |
//! | `flipped`, `flip_premium_usd` | requests that a grid served from a dearer upstream than in calm weather, and what that cost |
//!
//! # `flow.csv`: one line for all requests of a workload that went the same way
//!
//! | column | meaning |
//! |---|---|
//! | `workload` | its name |
//! | `first` | what was tried first; empty if nothing was |
//! | `cause`, `avoidable`, `tried_plan` | why they left the plan, or what failed them there last; `true` if the plan was healthy and had headroom; `true` if an attempt of their own at the plan had failed |
//! | `end`, `endpoint` | `plan`, `leak`, `failed`, `shed`, `in_flight` or `wasted`; who served them or billed in vain |
//! | `requests` | how many; 0 for wasted work; the column sums to the requests that arrived |
//! | `input_tokens`, `output_tokens`, `billed_usd`, `premium_usd` | as in the ledger; what is billed sums to the bill |

mod cells;
mod flow;
mod ledger;
mod timeline;

pub use flow::{flow_csv, read_flow_csv};
pub use ledger::{ledger_csv, read_ledger_csv};
pub use timeline::{read_timeline_csv, timeline_csv};

use ::csv::{Terminator, Writer, WriterBuilder};

fn writer() -> Writer<Vec<u8>> {
    WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new())
}

/// Adds a record; records of one file have the same length, so that nothing can fail.
fn write(csv: &mut Writer<Vec<u8>>, record: &[String]) {
    // Memory takes every byte, and a record of another length would be a bug here.
    csv.write_record(record).expect("records of one length, written to memory");
}

fn finish(csv: Writer<Vec<u8>>) -> String {
    // Flushing to memory cannot fail, and only strings were written.
    String::from_utf8(csv.into_inner().expect("written to memory")).expect("only text was written")
}
