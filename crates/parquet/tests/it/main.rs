//! Made-up runs, and a real one, go into Parquet files and come back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use parquet::basic::Compression;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::{Field, Row};
use sandbox_core::{Span, Time};
use sandbox_engine::Outcome;
use sandbox_engine::RunOptions;
use sandbox_engine::output::{Summary, Timeline, TimelineRow};
use sandbox_engine::records::{AttemptRecord, BeliefRecord, Records, RequestRecord};
use sandbox_model::{Answer, Cause, NodeId, Status, Usd};
use sandbox_parquet::Tables;
use sandbox_report::{Names, Node};
use sandbox_routers::Reason;
use sandbox_scenario::resolved::{NodeKind, Resolved};

/// More than a row group.
const REQUESTS: u64 = 70_000;

fn names() -> Names {
    let node = |name: &str, provider| Node { name: name.to_owned(), provider };
    Names {
        workloads: vec!["chat".to_owned(), "ünïcode, \"quoted\"".to_owned()],
        providers: vec!["first".to_owned()],
        nodes: vec![node("a", Some(0)), node("gateway", None)],
    }
}

fn after(at: Time, millis: u64) -> Time {
    at + Span::from_millis(millis)
}

/// Each third is in flight at the end, each fifth leaked.
fn request(n: u64) -> RequestRecord {
    let arrived = Time::ZERO + Span::from_nanos(n * 1_000_000_007);
    let (ended, leaked) = (!n.is_multiple_of(3), n.is_multiple_of(5));
    RequestRecord {
        workload: (n % 2) as usize,
        number: n / 2,
        counted: n >= 10,
        arrived,
        first_token: ended.then(|| after(arrived, 300)),
        ended: ended.then(|| after(arrived, 1_700)),
        outcome: ended.then_some(if leaked { Outcome::Leak } else { Outcome::Plan }),
        cause: leaked.then_some(Cause::Outage),
        avoidable: leaked.then_some(n.is_multiple_of(2)),
        attempts: 2,
        input_tokens: 800,
        output_tokens: u32::MAX,
        endpoint: ended.then_some(NodeId(0)),
        billed: Usd::from_pico(i128::from(n) * 1_000_000_000_000_007),
        premium: -Usd::from_pico(i128::from(n)),
    }
}

fn attempt(n: u64) -> AttemptRecord {
    let request = request(n);
    AttemptRecord {
        workload: request.workload,
        number: request.number,
        counted: request.counted,
        router: n.is_multiple_of(2).then_some(NodeId(1)),
        target: NodeId((n % 2) as u16),
        place: 3,
        reason: Some(Reason::Avoids),
        leak: request.cause.zip(request.avoidable),
        began: request.arrived,
        first_token: request.first_token,
        ended: after(request.arrived, 1_700),
        answer: [None, Some(Answer::Ok), Some(Answer::failed(Status(429)))][(n % 3) as usize],
        billed: request.billed,
        wasted: Usd::ZERO,
    }
}

fn summary() -> Summary {
    let text = include_str!("summary.json");
    serde_json::from_str(text).expect("a summary")
}

fn timeline() -> Timeline {
    let row = |n: u64| TimelineRow {
        at: Time::ZERO + Span::from_secs(60 * n),
        arrived: n,
        served_by_plan: n,
        ttft: (n > 0).then_some([1, 2, 3].map(Span::from_millis)),
        cost: Usd::from_pico(1),
        served: vec![n],
        believed_down: vec![Span::from_nanos(n), Span::ZERO],
        competing: vec![0.25],
        ..TimelineRow::default()
    };
    Timeline {
        bucket: Span::from_secs(60),
        endpoints: vec!["a".to_owned()],
        lanes: vec!["a".to_owned(), "x <-> y".to_owned()],
        ttft_classes: Vec::new(),
        congested: vec!["first".to_owned()],
        rows: (0..3).map(row).collect(),
    }
}

fn written() -> [Vec<u8>; 3] {
    let mut tables = Tables::new([Vec::new(), Vec::new(), Vec::new()], &names()).expect("memory");
    for n in 0..REQUESTS {
        tables.attempt(&attempt(n));
        tables.request(&request(n));
    }
    tables.finish(&summary(), &timeline()).expect("memory")
}

fn open(file: &[u8]) -> SerializedFileReader<bytes::Bytes> {
    SerializedFileReader::new(bytes::Bytes::copy_from_slice(file)).expect("a Parquet file")
}

fn rows(file: &[u8]) -> Vec<Row> {
    let reader = open(file);
    reader.get_row_iter(None).expect("rows").map(|row| row.expect("a row")).collect()
}

fn field<'a>(row: &'a Row, name: &str) -> &'a Field {
    row.get_column_iter().find(|(column, _)| *column == name).map(|(_, field)| field).expect("a column")
}

fn text(field: &Field) -> Option<&str> {
    match field {
        Field::Str(text) => Some(text),
        Field::Null => None,
        other => panic!("{other:?} is not text"),
    }
}

fn whole(field: &Field) -> Option<u64> {
    match field {
        Field::Long(n) => Some(u64::try_from(*n).expect("not negative")),
        Field::Null => None,
        other => panic!("{other:?} is not a whole number"),
    }
}

fn truth(field: &Field) -> Option<bool> {
    match field {
        Field::Bool(truth) => Some(*truth),
        Field::Null => None,
        other => panic!("{other:?} is not a truth"),
    }
}

fn money(field: &Field) -> Usd {
    let Field::Decimal(decimal) = field else { panic!("{field:?} is not a decimal") };
    assert_eq!((decimal.precision(), decimal.scale()), (38, 12));
    Usd::from_pico(i128::from_be_bytes(decimal.data().try_into().expect("16 bytes")))
}

#[test]
fn requests_come_back() {
    let rows = rows(&written()[0]);
    assert_eq!(rows.len() as u64, REQUESTS);
    for (n, row) in rows.iter().enumerate() {
        let told = request(n as u64);
        let at = |time: Option<Time>| time.map(Time::as_nanos);
        assert_eq!(text(field(row, "workload")), Some(names().workloads[told.workload].as_str()));
        assert_eq!(whole(field(row, "request")), Some(told.number));
        assert_eq!(truth(field(row, "counted")), Some(told.counted));
        assert_eq!(whole(field(row, "arrived_ns")), at(Some(told.arrived)));
        assert_eq!(whole(field(row, "first_token_ns")), at(told.first_token));
        assert_eq!(whole(field(row, "ended_ns")), at(told.ended));
        let outcome = match told.outcome {
            None => "in_flight",
            Some(Outcome::Leak) => "leaked",
            Some(_) => "served_by_plan",
        };
        assert_eq!(text(field(row, "outcome")), Some(outcome));
        assert_eq!(text(field(row, "cause")), told.cause.map(|_| "outage"));
        assert_eq!(truth(field(row, "avoidable")), told.avoidable);
        assert_eq!(whole(field(row, "output_tokens")), Some(u64::from(u32::MAX)));
        assert_eq!(text(field(row, "provider")), told.endpoint.map(|_| "first"));
        assert_eq!(money(field(row, "billed_usd")), told.billed);
        assert_eq!(money(field(row, "premium_usd")), told.premium);
    }
}

#[test]
fn attempts_come_back() {
    let rows = rows(&written()[1]);
    assert_eq!(rows.len() as u64, REQUESTS);
    for (n, row) in rows.iter().enumerate() {
        let told = attempt(n as u64);
        assert_eq!(text(field(row, "router")), told.router.map(|_| "gateway"));
        assert_eq!(text(field(row, "target")), Some(["a", "gateway"][told.target.index()]));
        assert_eq!(text(field(row, "provider")), (told.target.index() == 0).then_some("first"));
        assert_eq!(whole(field(row, "place")), Some(3));
        assert_eq!(text(field(row, "reason")), Some("avoids"));
        assert_eq!(text(field(row, "cause")), told.leak.map(|_| "outage"));
        assert_eq!(whole(field(row, "began_ns")), Some(told.began.as_nanos()));
        let (answer, status) = [(None, None), (Some("ok"), None), (Some("failed"), Some(429))][n % 3];
        assert_eq!((text(field(row, "answer")), whole(field(row, "status"))), (answer, status));
        assert_eq!(money(field(row, "billed_usd")), told.billed);
    }
}

#[test]
fn buckets_have_a_column_for_each_endpoint_lane_and_provider() {
    let rows = rows(&written()[2]);
    assert_eq!(rows.len(), 3);
    assert_eq!(whole(field(&rows[2], "at_ns")), Some(120_000_000_000));
    assert_eq!(whole(field(&rows[2], "served:a")), Some(2));
    assert_eq!(whole(field(&rows[2], "belief_ns:a")), Some(2));
    assert_eq!(whole(field(&rows[2], "belief_ns:x <-> y")), Some(0));
    assert_eq!(*field(&rows[2], "competing:first"), Field::Double(0.25));
    assert_eq!(whole(field(&rows[2], "ttft_p99_ns")), Some(3_000_000));
    assert_eq!(*field(&rows[0], "ttft_p99_ns"), Field::Null, "nobody got a token");
    assert_eq!(money(field(&rows[0], "cost_usd")), Usd::from_pico(1));
}

#[test]
fn files_say_where_they_come_from_and_are_written_in_pieces() {
    let files = written();
    assert!(files == written(), "the same bytes again");
    for (file, groups) in files.iter().zip([2, 2, 1]) {
        let reader = open(file);
        let metadata = reader.metadata();
        assert_eq!(metadata.num_row_groups(), groups);
        assert_eq!(metadata.row_group(0).column(0).compression(), Compression::SNAPPY);
        let pairs = metadata.file_metadata().key_value_metadata().expect("metadata");
        let value = |key: &str| pairs.iter().find(|pair| pair.key == key).and_then(|pair| pair.value.clone());
        assert_eq!(value("fingerprint"), Some(summary().fingerprint));
        assert_eq!(value("repro"), Some(summary().repro));
        assert_eq!(value("seed"), Some("1".to_owned()));
    }
}

#[test]
fn a_run_without_requests_gives_empty_tables() {
    let tables = Tables::new([Vec::new(), Vec::new(), Vec::new()], &names()).expect("memory");
    let [requests, ..] = tables.finish(&summary(), &timeline()).expect("memory");
    assert!(rows(&requests).is_empty());
    assert_eq!(open(&requests).metadata().file_metadata().schema_descr().num_columns(), 16);
}

/// Tables that can be taken back when the run is over.
#[derive(Clone)]
struct Shared(Arc<Mutex<Tables<Vec<u8>>>>);

impl Records for Shared {
    fn request(&mut self, record: &RequestRecord) {
        self.0.lock().expect("one thread").request(record);
    }

    fn attempt(&mut self, record: &AttemptRecord) {
        self.0.lock().expect("one thread").attempt(record);
    }

    fn belief(&mut self, record: &BeliefRecord) {
        self.0.lock().expect("one thread").belief(record);
    }
}

#[test]
fn a_real_run_sums_to_its_summary() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples/quick.ron");
    let resolved = Resolved::load(&path, &["warm_up=1m".to_owned()]).expect("the example is valid");
    let node = |node: &sandbox_scenario::resolved::Node| Node {
        name: node.name.clone(),
        provider: match node.kind {
            NodeKind::Endpoint { provider, .. } => Some(provider.index()),
            NodeKind::Router { .. } => None,
        },
    };
    let names = Names {
        workloads: vec!["cn-chat".to_owned()],
        providers: resolved.scenario.providers.iter().map(|p| p.name.clone()).collect(),
        nodes: resolved.nodes.iter().map(node).collect(),
    };
    let tables = Shared(Arc::new(Mutex::new(
        Tables::new([Vec::new(), Vec::new(), Vec::new()], &names).expect("memory"),
    )));
    let options = RunOptions { records: Some(Box::new(tables.clone())), ..RunOptions::default() };
    let output = sandbox_engine::run(&resolved, options).expect("it runs");
    let tables =
        Arc::into_inner(tables.0).expect("the run has dropped its own").into_inner().expect("no panic");
    let [requests, attempts, _] = tables.finish(&output.summary, &output.timeline).expect("memory");
    let summary = output.summary;

    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut tried = 0;
    let requests = rows(&requests);
    let counted = |row: &&Row| truth(field(row, "counted")) == Some(true);
    for row in requests.iter().filter(counted) {
        *outcomes.entry(text(field(row, "outcome")).expect("an outcome").to_owned()).or_default() += 1;
        tried += whole(field(row, "attempts")).expect("a number");
    }
    assert!(requests.len() as u64 > summary.requests.arrived, "the warm-up is in the table");
    let told = summary.requests;
    for (outcome, n) in [
        ("served_by_plan", told.served_by_plan),
        ("leaked", told.leaked),
        ("failed", told.failed),
        ("shed", told.shed),
        ("in_flight", told.in_flight),
    ] {
        assert_eq!(outcomes.get(outcome).copied().unwrap_or(0), n, "{outcome}");
    }
    assert_eq!(tried, summary.attempts.total);

    let attempts = rows(&attempts);
    let mut sent: BTreeMap<&str, u64> = BTreeMap::new();
    for row in attempts.iter().filter(counted) {
        *sent.entry(text(field(row, "router")).expect("a router")).or_default() += 1;
    }
    for (router, scope) in &summary.routers {
        assert_eq!(sent.get(router.as_str()).copied().unwrap_or(0), scope.attempts.total, "{router}");
    }
    let bill =
        |column| attempts.iter().filter(counted).map(|row| money(field(row, column))).sum::<Usd>().decimal();
    assert_eq!(bill("billed_usd"), summary.cost_usd.total);
    assert_eq!(bill("wasted_usd"), summary.cost_usd.wasted);
}
