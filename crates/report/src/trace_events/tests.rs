//! A made-up run in a trace: valid JSON, nothing left open, the same bytes again.

use std::collections::{BTreeMap, BTreeSet};

use sandbox_core::{Span, Time};
use sandbox_engine::Outcome;
use sandbox_model::{Answer, Cause, Fault, FaultKind, NodeId, Status, Usd};
use serde_json::Value;

use super::*;
use crate::gzip::{Gzip, gunzip};
use crate::names::Node;
use crate::synthetic;

fn names() -> Names {
    let node = |name: &str, provider| Node { name: name.to_owned(), provider };
    Names {
        workloads: vec!["cn \"chat\"".to_owned(), "us-batch".to_owned()],
        providers: vec!["first".to_owned(), "second".to_owned()],
        nodes: vec![node("a", Some(0)), node("b", Some(1)), node("c", Some(1)), node("hybrid", None)],
    }
}

/// So many requests, one every 250.000001 ms; each third fails over, each seventh is in flight at the end.
fn records(trace: &mut dyn Records, requests: u64) {
    let after = |at: Time, millis| at + Span::from_millis(millis);
    for n in 0..requests {
        let arrived = Time::ZERO + Span::from_nanos(n * 250_000_001);
        let (workload, number, counted) = ((n % 2) as usize, n / 2, n >= 20);
        let leaks = n % 3 == 0;
        let runs = n % 7 == 0;
        let attempt = AttemptRecord {
            workload,
            number,
            counted,
            router: Some(NodeId(3)),
            target: NodeId(0),
            place: 0,
            reason: Some(sandbox_routers::Reason::Choice),
            leak: None,
            began: arrived,
            first_token: None,
            ended: arrived,
            answer: Some(Answer::failed(Status(503))),
            billed: Usd::ZERO,
            wasted: Usd::ZERO,
        };
        if leaks {
            trace.attempt(&attempt);
        }
        let billed = Usd::from_pico(i128::from(n) * 1_000_003);
        trace.attempt(&AttemptRecord {
            place: u16::from(leaks),
            target: NodeId(if leaks { 1 } else { 0 }),
            leak: leaks.then_some((Cause::Outage, false)),
            first_token: Some(after(arrived, 300)),
            ended: after(arrived, 1_700),
            answer: (!runs).then_some(Answer::Ok),
            billed,
            ..attempt
        });
        trace.request(&RequestRecord {
            workload,
            number,
            counted,
            arrived,
            first_token: Some(after(arrived, 300)),
            ended: (!runs).then_some(after(arrived, 1_700)),
            outcome: (!runs).then_some(if leaks { Outcome::Leak } else { Outcome::Plan }),
            cause: leaks.then_some(Cause::Outage),
            avoidable: leaks.then_some(false),
            attempts: 1 + u32::from(leaks),
            input_tokens: 800,
            output_tokens: 150,
            endpoint: Some(NodeId(u16::from(leaks))),
            billed,
            premium: Usd::ZERO,
        });
    }
    let at = |second| Time::ZERO + Span::from_secs(second);
    trace.belief(&BeliefRecord { target: NodeId(0), from: at(610), until: at(640) });
    trace.belief(&BeliefRecord { target: NodeId(0), from: at(640), until: at(700) });
}

fn trace(requests: u64, sampling: Sampling) -> (Vec<u8>, Kept) {
    let run = synthetic::day().run();
    let end = Time::ZERO + Span::from_secs(86_400);
    let mut trace = TraceEvents::new(Gzip::new(Vec::new()).expect("memory"), names(), end, sampling);
    records(&mut trace, requests);
    let fault = |target: &str, from, until| Fault {
        target: target.to_owned(),
        kind: FaultKind::Down { status: Status(503), retry_after: None },
        from: Time::ZERO + Span::from_secs(from),
        until: Time::ZERO + Span::from_secs(until),
    };
    let faults = vec![
        fault("first", 600, 900),
        fault("first", 700, 1_000),
        fault("c", 1_000, 90_000),
        fault("x <-> y", 10, 20),
        fault("first", 900, 950),
    ];
    let script = OutageScript { faults };
    let (file, kept) = trace.finish(&run.summary, &run.timeline, &script).expect("memory");
    (gunzip(&file.finish().expect("memory")), kept)
}

fn events(trace: &[u8]) -> Vec<Value> {
    let whole: Value = serde_json::from_slice(trace).expect("valid JSON");
    whole["traceEvents"].as_array().expect("a list").clone()
}

fn is(event: &Value, phase: &str) -> bool {
    event["ph"] == phase
}

#[test]
fn what_begins_ends_once_and_ids_are_shared_by_nothing_else() {
    let (file, kept) = trace(1_000, Sampling::ALL);
    let events = events(&file);
    assert_eq!((kept.requests, kept.attempts), (1_000, 1_334));
    let mut open: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for event in &events {
        let id = event["id2"]["local"].to_string();
        let name = event["name"].to_string();
        match event["ph"].as_str().expect("a phase") {
            "b" => {
                let inside = open.entry(id.clone()).or_default();
                assert!(seen.insert(id.clone()) || !inside.is_empty(), "{id} begins twice");
                inside.push((name, event["ts"].as_f64().expect("a time")));
            }
            "e" => {
                let (begun, at) = open.get_mut(&id).and_then(Vec::pop).expect("it has begun");
                assert!(begun == name && event["ts"].as_f64() >= Some(at), "{event}");
            }
            _ => assert!(event.get("id2").is_none()),
        }
    }
    open.retain(|_, inside| !inside.is_empty());
    assert!(open.is_empty());
    assert_eq!(seen.len(), 2_334);
}

#[test]
fn slices_of_a_thread_are_in_order_and_do_not_overlap() {
    let (file, _) = trace(10, Sampling::ALL);
    let mut threads: BTreeMap<u64, (f64, bool)> = BTreeMap::new();
    let mut slices = 0;
    for event in events(&file) {
        let begins = is(&event, "B");
        if begins || is(&event, "E") {
            let at = event["ts"].as_f64().expect("a time");
            let last = threads.entry(event["tid"].as_u64().expect("a thread")).or_insert((0.0, false));
            assert!(at >= last.0 && begins != last.1, "{event} after {last:?}");
            *last = (at, begins);
            slices += u32::from(begins);
        }
    }
    assert!(threads.values().all(|(_, open)| !open));
    // Five faults, two beliefs and the run; the second fault of `first` overlaps the first one, the third does not.
    assert_eq!((slices, threads.len()), (8, 6));
}

#[test]
fn everything_that_happens_has_a_named_place_of_its_own() {
    let (file, _) = trace(100, Sampling::ALL);
    let events = events(&file);
    let named = |what: &str, key: &str| -> Vec<(u64, String)> {
        let names = events.iter().filter(|e| e["name"] == what);
        names.map(|e| (e[key].as_u64().unwrap(), e["args"]["name"].as_str().unwrap().to_owned())).collect()
    };
    let processes = named("process_name", "pid");
    let only: Vec<&str> = processes.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(
        only,
        [
            "run",
            "workload cn \"chat\": all requests",
            "workload us-batch: all requests",
            "router hybrid",
            "provider first",
            "provider second",
            "network"
        ]
    );
    assert!(events.iter().all(|e| processes.iter().any(|(pid, _)| e["pid"] == *pid)));
    let threads: BTreeMap<u64, String> = named("thread_name", "tid").into_iter().collect();
    let in_use = events.iter().filter(|e| is(e, "B")).map(|e| e["tid"].as_u64().unwrap());
    assert!(in_use.clone().all(|tid| threads.contains_key(&tid)));
    assert_eq!(in_use.collect::<BTreeSet<_>>().len(), threads.len(), "no thread is empty");
}

#[test]
fn a_sample_holds_whole_requests_and_says_so() {
    let (whole, _) = trace(5_000, Sampling::ALL);
    let (file, kept) = trace(5_000, Sampling::one_in(10));
    assert_eq!(kept.requests_seen, 5_000);
    // Binomial: five standard deviations.
    assert!((kept.requests as f64 - 500.0).abs() < 5.0 * 21.3, "{kept:?}");
    let slices = |file: &[u8]| {
        let mut of: BTreeMap<(String, u64), Vec<String>> = BTreeMap::new();
        for event in events(file).iter().filter(|e| is(e, "b") && e.get("args").is_some()) {
            let args = &event["args"];
            let request = (args["workload"].to_string(), args["request"].as_u64().unwrap());
            of.entry(request).or_default().push(format!("{} {} {args}", event["ts"], event["name"]));
        }
        of
    };
    let (whole, sample) = (slices(&whole), slices(&file));
    assert_eq!(sample.len() as u64, kept.requests);
    assert!(sample.iter().all(|(request, slices)| whole[request] == *slices));
    let other = |file: &[u8]| events(file).iter().filter(|e| is(e, "C") || is(e, "B")).count();
    assert_eq!(other(&file), other(&trace(5_000, Sampling::ALL).0), "states and counters are complete");
    let about: Value = serde_json::from_slice::<Value>(&file).unwrap()["otherData"].clone();
    assert_eq!(about["sampling"], "1 of 10 requests");
    assert_eq!(about["requests_in_trace"], kept.requests);
    assert!(String::from_utf8(file).unwrap().contains("workload us-batch: 1 of 10 requests"));
}

#[test]
fn money_and_times_are_exact_and_the_bytes_are_the_same_again() {
    let (file, _) = trace(1_000, Sampling::ALL);
    assert!(file == trace(1_000, Sampling::ALL).0);
    let text = String::from_utf8(file).unwrap();
    // Request 999 arrived at 249.750000999 s and was billed 999 * 1,000,003 pico-dollars.
    assert!(text.contains(r#""ts":249750000.999,"#));
    assert!(text.contains(r#""billed_usd":0.000999002997,"#));
}

/// A file that can hold so many bytes.
struct Full(usize);

impl io::Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or_else(|| io::Error::other("full"))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_disk_that_fills_up_is_told_at_the_end() {
    let run = synthetic::day().run();
    let mut trace =
        TraceEvents::new(Full(10_000), names(), Time::ZERO + Span::from_secs(86_400), Sampling::ALL);
    records(&mut trace, 1_000);
    let failed = trace.finish(&run.summary, &run.timeline, &OutageScript::default()).map(|_| ()).unwrap_err();
    assert_eq!(failed.to_string(), "full");
}
