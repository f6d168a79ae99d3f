//! Requests arrive and leave.

use sandbox_core::Time;
use sandbox_model::{Answer, NodeId, Usd};

use super::{Event, KEY_BITS, Keeps, Machine, Queue, Request};
use crate::account::{Outcome, Path, Served};
use crate::monitor::Ended;
use crate::paths::{End, Off, Start};
use crate::records::RequestRecord;
use crate::slab::NONE;
use crate::waterfall::Step;
use crate::world::Arrival;

impl Request {
    /// Its way so far, as the flow tells it while nothing has served it.
    #[inline]
    pub(crate) fn way(&self) -> (Start, Off) {
        let start = Start { workload: self.workload, first: self.first };
        (start, Off { cause: self.plan_failure, avoidable: false, tried_plan: self.tried_plan })
    }
}

/// What is recorded of a request that ends so, or has not ended.
pub(crate) fn record_of(r: &Request, end: Option<(Time, Outcome)>, served: Option<&Served>) -> RequestRecord {
    let (cause, avoidable) = match served.map(|served| served.path) {
        Some(Path::Leak { cause, avoidable, .. }) => (Some(cause), Some(avoidable)),
        Some(Path::Open | Path::Plan) => (None, None),
        None => (r.plan_failure, None),
    };
    RequestRecord {
        workload: usize::from(r.workload),
        number: r.key & ((1 << KEY_BITS) - 1),
        counted: r.counted,
        arrived: r.arrived,
        first_token: r.first_token,
        ended: end.map(|(at, _)| at),
        outcome: end.map(|(_, outcome)| outcome),
        cause,
        avoidable,
        attempts: r.attempts,
        input_tokens: r.input,
        output_tokens: r.output,
        endpoint: served.map(|served| NodeId(served.endpoint)),
        billed: served.map_or(Usd::ZERO, |served| served.billed),
        premium: served.map_or(Usd::ZERO, |served| served.premium),
    }
}

impl Machine {
    pub(super) fn schedule_arrival(&mut self, workload: u16, now: Time, queue: &mut Queue) {
        let end = self.end;
        if let Some(at) = self.world.workloads[workload as usize].next_arrival(now, end) {
            self.schedule(at, Event::Arrival(workload), queue);
        }
    }

    /// A request arrives: it gets its lengths and enters its router.
    pub(super) fn arrive(&mut self, workload: u16, now: Time, queue: &mut Queue) {
        let w = &mut self.world.workloads[workload as usize];
        let Arrival { input, output, client, prefix, shared, conversation, turn } =
            w.arrive(now, self.end, &mut self.conversations);
        let key = u64::from(workload) << KEY_BITS | w.drawn;
        w.drawn += 1;
        let (entry, plan, region, deadline) = (w.entry, w.plan, w.region, now.saturating_add(w.deadline));
        self.schedule_arrival(workload, now, queue);
        self.simulated_requests += 1;
        self.fingerprint.mix(u64::from(input) << 32 | u64::from(output));
        let counted = now >= self.warm_up;
        let bucket = self.buckets.index(now);
        if counted {
            self.workload_tallies[workload as usize].arrive();
            self.buckets.arrive(bucket);
        }
        let request = Request {
            workload,
            counted,
            bucket,
            key,
            client,
            arrived: now,
            deadline,
            input,
            output,
            prefix,
            shared,
            conversation,
            turn,
            plan_failure: None,
            tried_plan: false,
            first: None,
            attempts: 0,
            first_token: None,
            routed: false,
        };
        let id = self.requests.insert(request);
        if let Some(recorder) = self.recorder(id) {
            recorder.arrive(input, output);
        }
        let path = if entry == plan { Path::Plan } else { Path::Open };
        match self.router_of(entry) {
            // A library: the client's process decides.
            Some(router) if self.world.nodes[entry.index()].region.is_none() => {
                self.start_call(id, NONE, router, region, path, 0, now, queue);
            }
            _ => self.client_attempt(id, entry, region, path, now, queue),
        }
    }

    /// The first token of a request is on its way to the client and arrives at `at`.
    pub(super) fn first_token_reaches_client(&mut self, request: u32, at: Time) {
        let r = &mut self.requests[request];
        if r.first_token.is_some() || at > r.deadline {
            return;
        }
        r.first_token = Some(at);
        if let Some(recorder) = self.listeners.recorder_of(r.key) {
            recorder.first_token_at_client(at);
        }
        if r.counted && self.keeps >= Keeps::Metrics {
            let ttft = at.since(r.arrived);
            if let Some(worst) = &mut self.listeners.worst {
                worst.note(ttft, r.arrived, r.key);
            }
            self.workload_tallies[r.workload as usize].ttft.record(ttft);
            if self.keeps == Keeps::Everything {
                self.buckets.first_token(r.bucket, ttft);
            }
        }
    }

    /// A request leaves with its final answer; `served` is the response behind it, or [`NONE`].
    pub(super) fn finish_request(&mut self, id: u32, answer: Answer, served: u32, now: Time) {
        let response = served;
        let served = (served != NONE).then(|| self.completed.remove(served));
        if served.is_none() {
            self.miss(id, now);
        }
        let r = &mut self.requests[id];
        let (start, off) = r.way();
        let (workload, counted, bucket, conversation) = (r.workload, r.counted, r.bucket, r.conversation);
        let (attempts, shed) = (r.attempts, r.routed && r.attempts == 0 && answer != Answer::TimedOut);
        let first_token = r.first_token;
        let (key, trouble, arrived, deadline) = (r.key, r.plan_failure, r.arrived, r.deadline);
        let outcome = match (answer, &served) {
            (Answer::Ok, Some(Served { path: Path::Leak { .. }, .. })) => Outcome::Leak,
            (Answer::Ok, _) => Outcome::Plan,
            _ if shed => Outcome::Shed,
            _ => Outcome::Failed,
        };
        if let Some(recorder) = self.listeners.recorder_of(key) {
            let path = served.as_ref().filter(|_| answer.is_ok()).map(|served| served.path);
            let (cause, avoidable) = match path {
                Some(Path::Leak { cause, avoidable, .. }) => (Some(cause), Some(avoidable)),
                Some(_) => (None, None),
                None => (trouble, None),
            };
            if served.is_some() && !answer.is_ok() {
                recorder.waste();
            }
            recorder.end(outcome, answer, cause, avoidable);
        }
        if let Some(worst) = self.listeners.worst.as_mut().filter(|_| counted && first_token.is_none()) {
            worst.note(now.since(arrived), arrived, key);
        }
        if let Some(monitor) = &mut self.listeners.monitor {
            let (workload, number) = (usize::from(workload), key & ((1 << KEY_BITS) - 1));
            monitor.ended(&Ended {
                now,
                workload,
                number,
                request: key,
                arrived,
                deadline,
                attempts,
                answer,
                outcome,
            });
        }
        if let Some(records) = &mut self.listeners.records {
            records.arrived(response, false);
            let record = record_of(&self.requests[id], Some((now, outcome)), served.as_ref());
            records.request(&record);
        }
        self.requests.give_back(id);
        self.leave_conversation(conversation);
        self.fingerprint.mix(outcome as u64);
        if counted {
            let tally = &mut self.workload_tallies[workload as usize];
            tally.leave(outcome);
            tally.attempts_of_left += u64::from(attempts);
            tally.tried += u64::from(attempts > 0);
            let endpoint = served.as_ref().map(|s| s.endpoint);
            self.buckets.leave(bucket, outcome, endpoint);
            if self.keeps == Keeps::Everything {
                match &served {
                    Some(served) => self.paths.serve(start, served),
                    None if outcome == Outcome::Shed => self.paths.lose(start, off, End::Shed),
                    None => self.paths.lose(start, off, End::Failed),
                }
            }
        }
        if let Some(served) = served {
            self.enter_served(workload, counted, &served);
        }
    }

    /// A request gets no answer: what it would have been billed is missing from the bill.
    pub(crate) fn miss(&mut self, id: u32, now: Time) {
        // Trials are not asked for it.
        if self.requests[id].counted && self.keeps != Keeps::Metrics {
            let planned = self.planned_at_arrival(id, now);
            self.steps.add(Step::NotServed, 1, -planned);
        }
    }

    /// Enters a response that reached its client into the books.
    fn enter_served(&mut self, workload: u16, counted: bool, served: &Served) {
        if counted {
            self.workload_tallies[workload as usize].serve(served);
            self.cells.serve(workload, served, true);
            self.steps.serve(served.path, served.premium);
        }
    }

    /// Enters work that was billed and that nobody got into the books; its endpoint has billed it already.
    pub(super) fn enter_waste(&mut self, start: Start, counted: bool, served: &Served) {
        if counted {
            let workload = start.workload;
            self.workload_tallies[workload as usize].waste(served.billed, served.fees);
            self.endpoint_tallies[served.endpoint as usize].wasted += served.billed;
            self.cells.waste(workload, served);
            self.steps.add(Step::RetriesAndHedges, 0, served.billed);
            if self.keeps == Keeps::Everything {
                self.paths.waste(start, served);
            }
        }
    }
}
