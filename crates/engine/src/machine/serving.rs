//! Attempts reach their targets; endpoints serve, refuse and bill.

use sandbox_core::Time;
use sandbox_model::{Answer, Cause, Status, Usd};
use sandbox_providers::batch::Slot;
use sandbox_providers::{Fate, Job, Offer, Signal};

use super::{Event, Machine, Queue, Stage, limit_cause};
use crate::account::{Outcome, Path, Served};
use crate::slab::NONE;
use crate::world::Kind;

impl Machine {
    /// An attempt reaches its target.
    pub(super) fn deliver(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let attempt = &self.attempts[id];
        if attempt.request == NONE {
            // The connection was closed on the way.
            self.attempts.give_back(id);
            return;
        }
        let node = &self.world.nodes[attempt.target.index()];
        let (kind, counted) = (node.kind, attempt.counted);
        let request = &self.requests[attempt.request];
        let fate = self.fate(attempt.target, request.key, request.client, attempt.luck);
        if let (Kind::Endpoint(e), true) = (kind, counted) {
            let tally = &mut self.endpoint_tallies[e as usize];
            tally.arrive();
            tally.attempts += 1;
        }
        if let (Fate::Hangs | Fate::Held(..), Kind::Endpoint(e), true) = (fate, kind, counted) {
            // Whatever becomes of the caller, this endpoint will not serve it.
            self.endpoint_tallies[e as usize].leave(Outcome::Failed);
        }
        match (fate, kind) {
            (Fate::Hangs, _) => self.attempts[id].stage = Stage::Hanging,
            (Fate::Held(hold, status), _) => {
                let blank = self.schedule(now.saturating_add(hold), Event::Blank(id), queue);
                let attempt = &mut self.attempts[id];
                attempt.stage = Stage::Held(blank);
                attempt.answer = Answer::failed(status);
            }
            (Fate::Fails(status), _) => {
                self.refuse(id, kind, Answer::failed(status), Cause::Outage, now, queue);
            }
            (Fate::Served(cut), Kind::Endpoint(e)) => self.offer(id, e, cut, now, queue),
            (Fate::Served(_), Kind::Router(router)) => {
                let attempt = &self.attempts[id];
                let (request, region, path, luck) =
                    (attempt.request, attempt.region, attempt.path, attempt.luck);
                self.start_call(request, id, router, region, path, luck + 1, now, queue);
            }
        }
    }

    /// A connection that was held ends without an answer.
    pub(super) fn end_blank(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let answer = self.attempts[id].answer;
        self.answer(id, answer, Some(Cause::Outage), now, queue);
    }

    fn refuse(&mut self, id: u32, kind: Kind, answer: Answer, blame: Cause, now: Time, queue: &mut Queue) {
        if let (Kind::Endpoint(e), true) = (kind, self.attempts[id].counted) {
            self.endpoint_tallies[e as usize].leave(Outcome::Failed);
        }
        self.answer(id, answer, Some(blame), now, queue);
    }

    /// An endpoint is offered a request: its limits first, then its slots. After `cut` tokens the stream breaks off.
    fn offer(&mut self, id: u32, e: u16, cut: Option<u32>, now: Time, queue: &mut Queue) {
        let attempt = &self.attempts[id];
        let (input, output) = (attempt.input, attempt.output);
        let kind = Kind::Endpoint(e);
        let endpoint = &mut self.world.endpoints[e as usize];
        if let Some(limiter) = &mut endpoint.limiter
            && let Err(refusal) = limiter.take(now, u64::from(input) + u64::from(output))
        {
            let retry_after = refusal.wait.filter(|_| endpoint.retry_after);
            let answer = Answer::Failed { status: Status::TOO_MANY_REQUESTS, retry_after };
            self.buckets.at(now).rate_limited += 1;
            self.refuse(id, kind, answer, limit_cause(refusal.limit), now, queue);
            return;
        }
        if let Some(ttl) = self.world.endpoints[e as usize].prefix_cache {
            let cached = self.cached_tokens(self.attempts[id].request, e, now, ttl);
            self.attempts[id].cached = cached.min(input);
        }
        let made = cut.map_or(output, |after| after.min(output));
        self.attempts[id].cut = made < output;
        let Some(replica) = self.least_busy(e) else {
            self.release(e);
            self.refuse(id, kind, Answer::failed(Status::UNAVAILABLE), Cause::Outage, now, queue);
            return;
        };
        let job = Job { id, prefill: self.prefill_of(&self.attempts[id], e), prompt: input, output: made };
        match self.world.replicas[replica as usize].batch.offer(now, job) {
            Offer::Started(slot) | Offer::Queued(slot) => {
                let attempt = &mut self.attempts[id];
                attempt.stage = Stage::Working(slot);
                attempt.replica = replica;
                self.retime(replica, queue);
            }
            Offer::Full => {
                self.release(e);
                self.refuse(id, kind, Answer::failed(Status::UNAVAILABLE), Cause::Overload, now, queue);
            }
        }
    }

    /// The replica that takes the next request: the one with the fewest inside, then the first; `None` if all are lost.
    #[inline]
    pub(super) fn least_busy(&self, e: u16) -> Option<u16> {
        let endpoint = &self.world.endpoints[e as usize];
        let there = endpoint.replicas.0..endpoint.there;
        if there.len() == 1 {
            return Some(there.start);
        }
        there.min_by_key(|&r| self.world.replicas[r as usize].batch.occupancy())
    }

    /// Moves a replica's event to where its batch needs it.
    pub(super) fn retime(&mut self, r: u16, queue: &mut Queue) {
        let replica = &mut self.world.replicas[r as usize];
        match (replica.batch.next_event(), &mut replica.event) {
            (None, None) => {}
            (None, Some((event, _))) => {
                queue.cancel(*event);
                replica.event = None;
            }
            (Some(at), Some((_, known))) if *known == at => {}
            (Some(at), Some((event, known))) => {
                queue.reschedule(*event, at);
                *known = at;
            }
            (Some(at), None) => {
                let event = Event::Endpoint(r);
                replica.event = Some((queue.schedule(at, event.class(), event), at));
            }
        }
    }

    /// Something happens inside a replica.
    pub(super) fn run_replica(&mut self, r: u16, now: Time, queue: &mut Queue) {
        let replica = &mut self.world.replicas[r as usize];
        let e = replica.endpoint;
        replica.event = None;
        let mut signals = std::mem::take(&mut self.signals);
        replica.batch.advance(now, &mut signals);
        for signal in signals.drain(..) {
            match signal {
                Signal::FirstToken(id) => {
                    if self.attempts[id].request != NONE {
                        self.pass_first_token(id, now, queue);
                    }
                }
                Signal::Done(id) if self.attempts[id].cut => {
                    self.break_off(id, e, Answer::Cut, Cause::Outage, now, queue);
                }
                Signal::Done(id) => self.complete(id, e, now, queue),
                Signal::WaitedTooLong(id) => {
                    let answer = Answer::failed(Status::UNAVAILABLE);
                    self.break_off(id, e, answer, Cause::Overload, now, queue);
                }
            }
        }
        self.signals = signals;
        self.retime(r, queue);
    }

    /// An endpoint has made the last token of an answer: it bills.
    fn complete(&mut self, id: u32, e: u16, now: Time, queue: &mut Queue) {
        self.release(e);
        let attempt = &self.attempts[id];
        let (input, output, counted) = (attempt.input, attempt.output, attempt.counted);
        let (request, path, workload) = (attempt.request, attempt.path, attempt.workload);
        self.note_served(workload, request, e, now);
        let billed = self.world.endpoints[e as usize].price.bill(input, output);
        if counted {
            self.bill(billed, now);
        }
        let mut served = Served { endpoint: e, path, input, output, billed, premium: Usd::ZERO, grid: None };
        if request == NONE {
            // Nobody is there to take it.
            if counted {
                let tally = &mut self.endpoint_tallies[e as usize];
                tally.leave(Outcome::Failed);
                tally.billed += billed;
            }
            self.enter_waste(workload, counted, &served);
            self.attempts.give_back(id);
            return;
        }
        if let Path::Leak { .. } = path {
            let plan = self.world.workloads[workload as usize].plan;
            let key = self.requests[request].key;
            let planned = self.world.calm_bill(plan, now, key, input, output);
            served.premium = planned.map_or(Usd::ZERO, |planned| billed - planned);
        }
        served.grid = self.above_calm(id, billed, now);
        if counted {
            let leaked = matches!(path, Path::Leak { .. });
            let tally = &mut self.endpoint_tallies[e as usize];
            tally.leave(if leaked { Outcome::Leak } else { Outcome::Plan });
            tally.serve(&served);
        }
        self.requests[request].served = Some(served);
        self.answer(id, Answer::Ok, None, now, queue);
    }

    /// If a grid stands above this attempt: what it billed above the grid's choice in calm weather.
    fn above_calm(&mut self, id: u32, billed: Usd, now: Time) -> Option<Usd> {
        let (mut grid, mut at) = (None, id);
        while self.attempts[at].call != NONE {
            let call = &self.calls[self.attempts[at].call];
            if self.is_grid(call.router) {
                grid = Some(self.world.routers[call.router as usize].node);
            }
            if call.parent == NONE {
                break;
            }
            at = call.parent;
        }
        let attempt = &self.attempts[id];
        let (input, output, key) = (attempt.input, attempt.output, self.requests[attempt.request].key);
        let calm = self.world.calm_bill(grid?, now, key, input, output)?;
        Some((billed - calm).max(Usd::ZERO))
    }

    /// Puts a bill into the books that are kept for the whole and by time.
    fn bill(&mut self, billed: Usd, now: Time) {
        self.billed += billed;
        self.buckets.at(now).billed += billed;
    }

    /// An endpoint lets go of a request without having served it. Nothing is billed: an assumption for providers
    /// that do not say (OpenRouter charges nothing for failed attempts).
    pub(super) fn break_off(
        &mut self,
        id: u32,
        e: u16,
        answer: Answer,
        blame: Cause,
        now: Time,
        queue: &mut Queue,
    ) {
        self.release(e);
        if self.attempts[id].counted {
            self.endpoint_tallies[e as usize].leave(Outcome::Failed);
        }
        if self.attempts[id].request == NONE {
            self.attempts.give_back(id);
        } else {
            self.answer(id, answer, Some(blame), now, queue);
        }
    }

    fn release(&mut self, e: u16) {
        if let Some(limiter) = &mut self.world.endpoints[e as usize].limiter {
            limiter.release();
        }
    }

    /// The caller of a request inside an endpoint is gone.
    pub(super) fn abandon_at_endpoint(&mut self, id: u32, slot: Slot, now: Time, queue: &mut Queue) {
        let Kind::Endpoint(e) = self.world.nodes[self.attempts[id].target.index()].kind else {
            unreachable!("only endpoints have slots")
        };
        if self.world.endpoints[e as usize].runs_on {
            return;
        }
        let replica = self.attempts[id].replica;
        let progress = self.world.replicas[replica as usize].batch.remove(now, slot);
        self.release(e);
        self.retime(replica, queue);
        let attempt = &self.attempts[id];
        let (workload, counted, input) = (attempt.workload, attempt.counted, attempt.input);
        self.attempts.give_back(id);
        if !counted {
            return;
        }
        self.endpoint_tallies[e as usize].leave(Outcome::Failed);
        // A prompt whose prefill was not done is not billed: an assumption.
        if let Some(tokens) = progress.map(|p| p.tokens).filter(|&tokens| tokens > 0) {
            let billed = self.world.endpoints[e as usize].price.bill(input, tokens);
            self.bill(billed, now);
            self.endpoint_tallies[e as usize].billed += billed;
            let path = Path::Open;
            let served =
                Served { endpoint: e, path, input, output: tokens, billed, premium: Usd::ZERO, grid: None };
            self.enter_waste(workload, counted, &served);
        }
    }
}
