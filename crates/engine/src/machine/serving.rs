//! Attempts reach their targets; endpoints serve, refuse and bill.

use sandbox_core::{Span, Time};
use sandbox_model::{Answer, Cause, Status};
use sandbox_providers::batch::Slot;
use sandbox_providers::link::normal_from;
use sandbox_providers::{Fate, Job, Offer, Signal, Used};
use sandbox_scenario::file::Billed;

use super::{Attempt, Event, Machine, Queue, Sender, Stage, limit_cause};
use crate::account::{Outcome, Path};
use crate::slab::NONE;
use crate::world::Kind;

impl Machine {
    /// An attempt reaches its target.
    pub(super) fn deliver(&mut self, id: u32, now: Time, queue: &mut Queue) {
        let attempt = &self.attempts[id];
        let sender = match (attempt.request, attempt.runs_on) {
            (NONE, None) => {
                // The connection was closed on the way.
                self.free(id);
                return;
            }
            (NONE, Some(sender)) => sender,
            (request, _) => {
                let request = &self.requests[request];
                Sender { key: request.key, client: request.client }
            }
        };
        let orphaned = attempt.request == NONE;
        let node = &self.world.nodes[attempt.target.index()];
        let (kind, counted) = (node.kind, attempt.counted);
        let fate = self.fate(attempt.target, sender.key, sender.client, attempt.luck);
        if let Kind::Endpoint(e) = kind {
            self.agree(id, e, now);
            if counted {
                let tally = &mut self.endpoint_tallies[e as usize];
                tally.arrive();
                tally.attempts += 1;
            }
        }
        if let (Fate::Hangs | Fate::Held(..), Kind::Endpoint(e), true) = (fate, kind, counted) {
            // Whatever becomes of the caller, this endpoint will not serve it.
            self.endpoint_tallies[e as usize].leave(Outcome::Failed);
        }
        match (fate, kind) {
            // Nobody is there whose patience would end it.
            (Fate::Hangs, _) if orphaned => self.free(id),
            (Fate::Served(_), Kind::Router(_)) if orphaned => self.free(id),
            (Fate::Hangs, _) => self.attempts[id].stage = Stage::Hanging,
            (Fate::Held(hold, status), _) => {
                let blank = self.schedule(now.saturating_add(hold), Event::Blank(id), queue);
                let attempt = &mut self.attempts[id];
                attempt.stage = Stage::Held(blank);
                attempt.answer = Answer::failed(status);
            }
            (Fate::Fails(refusal), _) => {
                self.bill_failure(id, kind, now);
                self.refuse(id, kind, refusal.answer(), Cause::Outage, now, queue);
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
        let kind = self.world.nodes[self.attempts[id].target.index()].kind;
        self.bill_failure(id, kind, now);
        self.answer(id, answer, Some(Cause::Outage), now, queue);
    }

    /// A fault failed an attempt that its endpoint may have worked on. What refuses everything takes nothing in.
    fn bill_failure(&mut self, id: u32, kind: Kind, now: Time) {
        let Kind::Endpoint(e) = kind else { return };
        if self.world.nodes[usize::from(e)].health.condition().refuses.is_none() {
            let how = self.world.endpoints[usize::from(e)].billing.failed;
            self.bill_unused(id, e, how, 0, now);
        }
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
        let output = attempt.output;
        let workload = &self.world.workloads[attempt.workload as usize];
        let kind = Kind::Endpoint(e);
        let endpoint = &self.world.endpoints[e as usize];
        if let Some(account) = endpoint.account
            && let Err(refusal) =
                self.world.accounts[account as usize].limiter.take(now, workload.ask(attempt.input, output))
        {
            let retry_after = refusal.wait.filter(|_| endpoint.retry_after);
            let answer = Answer::Failed { status: Status::TOO_MANY_REQUESTS, retry_after };
            self.buckets.at(now).rate_limited += 1;
            self.refuse(id, kind, answer, limit_cause(refusal.limit), now, queue);
            return;
        }
        if let Some(ttl) = self.world.endpoints[e as usize].prefix_cache {
            let request = self.attempts[id].request;
            // What lost on its way is read as if it were new: an assumption.
            let cached = if request == NONE { 0 } else { self.cached_tokens(request, e, now, ttl) };
            self.attempts[id].cached = cached.min(self.attempts[id].input);
        }
        let made = cut.map_or(output, |after| after.min(output));
        self.attempts[id].cut = (made < output).then_some(made);
        let Some(replica) = self.least_busy(e) else {
            self.release(id, e, 0, now);
            self.refuse(id, kind, Answer::failed(Status::UNAVAILABLE), Cause::Outage, now, queue);
            return;
        };
        let job = Job {
            id,
            prefill: self.prefill_of(&self.attempts[id], e),
            prompt: self.attempts[id].input,
            output: made,
        };
        match self.world.replicas[replica as usize].batch.offer(now, job) {
            Offer::Started(slot) | Offer::Queued(slot) => {
                let attempt = &mut self.attempts[id];
                attempt.stage = Stage::Working(slot);
                attempt.replica = replica;
                self.retime(replica, queue);
            }
            Offer::Full => {
                self.release(id, e, 0, now);
                self.refuse(id, kind, Answer::failed(Status::UNAVAILABLE), Cause::Overload, now, queue);
            }
        }
    }

    /// The prefill time of what an endpoint must read of an attempt's prompt, with the request's own luck.
    pub(super) fn prefill_of(&self, attempt: &Attempt, endpoint: u16) -> Span {
        let e = &self.world.endpoints[endpoint as usize];
        let work = e.prefill_base + e.prefill_per_token * u64::from(attempt.input - attempt.cached);
        if e.prefill_noise == 0.0 {
            return work;
        }
        let factor = libm::exp(e.prefill_noise * normal_from(attempt.prefill_luck));
        Span::from_secs_f64_saturating(work.as_secs_f64() * factor)
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
                    if self.attempts[id].request != NONE && self.streams(id) {
                        self.pass_first_token(id, now, queue);
                    }
                }
                Signal::Done(id) => match self.attempts[id].cut {
                    Some(made) => self.break_off(id, e, made, Answer::Cut, Cause::Outage, now, queue),
                    None => {
                        // A client that takes its answer whole gets the first token with the last.
                        if self.attempts[id].request != NONE && !self.streams(id) {
                            self.pass_first_token(id, now, queue);
                        }
                        self.complete(id, e, now, queue);
                    }
                },
                Signal::WaitedTooLong(id) => {
                    let answer = Answer::failed(Status::UNAVAILABLE);
                    self.break_off(id, e, 0, answer, Cause::Overload, now, queue);
                }
            }
        }
        self.signals = signals;
        self.retime(r, queue);
    }

    fn streams(&self, attempt: u32) -> bool {
        self.world.workloads[self.attempts[attempt].workload as usize].stream
    }

    /// An endpoint has made the last token of an answer: it bills.
    fn complete(&mut self, id: u32, e: u16, now: Time, queue: &mut Queue) {
        let made = self.attempts[id].output;
        self.release(id, e, made, now);
        let attempt = &self.attempts[id];
        let (request, path, counted, workload) =
            (attempt.request, attempt.path, attempt.counted, attempt.workload);
        if request == NONE {
            // Nobody is there to take it.
            if counted {
                self.endpoint_tallies[e as usize].leave(Outcome::Failed);
            }
            let abandoned = self.world.endpoints[e as usize].billing.abandoned;
            let how = self.attempts[id].runs_on.map_or(abandoned, |_| Billed::Made);
            self.bill_unused(id, e, how, made, now);
            self.note_served(workload, NONE, e, now);
            self.free(id);
            return;
        }
        let served = self.bill_answer(id, e, now);
        // After the bill, which looks at what was there before.
        self.note_served(workload, request, e, now);
        if counted {
            let leaked = matches!(path, Path::Leak { .. });
            let tally = &mut self.endpoint_tallies[e as usize];
            tally.leave(if leaked { Outcome::Leak } else { Outcome::Plan });
            tally.serve(&served);
        }
        let response = self.completed.insert(served);
        self.attempts[id].served = response;
        if let Some(records) = &mut self.listeners.records {
            records.completed(id, response);
        }
        self.answer(id, Answer::Ok, None, now, queue);
    }

    /// An endpoint lets go of a request that it had taken in, after `made` tokens, without having served it.
    #[expect(clippy::too_many_arguments, reason = "what happened, to what, when")]
    pub(super) fn break_off(
        &mut self,
        id: u32,
        e: u16,
        made: u32,
        answer: Answer,
        blame: Cause,
        now: Time,
        queue: &mut Queue,
    ) {
        self.release(id, e, made, now);
        let billing = self.world.endpoints[e as usize].billing;
        self.bill_unused(id, e, if made > 0 { billing.cut } else { billing.failed }, made, now);
        if self.attempts[id].counted {
            self.endpoint_tallies[e as usize].leave(Outcome::Failed);
        }
        if self.attempts[id].request == NONE {
            self.free(id);
        } else {
            self.answer(id, answer, Some(blame), now, queue);
        }
    }

    /// A request that an endpoint's limits let in is gone after `made` tokens. As with billing, a prompt counts as used
    /// once there is a first token: an assumption.
    fn release(&mut self, id: u32, e: u16, made: u32, now: Time) {
        let Some(account) = self.world.endpoints[e as usize].account else { return };
        let attempt = &self.attempts[id];
        let ask = self.world.workloads[attempt.workload as usize].ask(attempt.input, attempt.output);
        let prompt = if made > 0 { ask.prompt } else { 0 };
        let used = Used { prompt, answer: u64::from(made) };
        self.world.accounts[account as usize].limiter.release(now, ask, used);
    }

    /// The caller of a request inside an endpoint is gone.
    pub(super) fn abandon_at_endpoint(&mut self, id: u32, slot: Slot, now: Time, queue: &mut Queue) {
        let Kind::Endpoint(e) = self.world.nodes[self.attempts[id].target.index()].kind else {
            unreachable!("only endpoints have slots")
        };
        if self.world.endpoints[e as usize].runs_on || self.attempts[id].runs_on.is_some() {
            return;
        }
        let replica = self.attempts[id].replica;
        let progress = self.world.replicas[replica as usize].batch.remove(now, slot);
        self.release(id, e, progress.map_or(0, |p| p.tokens), now);
        self.retime(replica, queue);
        if self.attempts[id].counted {
            self.endpoint_tallies[e as usize].leave(Outcome::Failed);
        }
        // A prompt whose prefill was not done is not billed: an assumption.
        if let Some(tokens) = progress.map(|p| p.tokens).filter(|&tokens| tokens > 0) {
            let how = self.world.endpoints[e as usize].billing.abandoned;
            self.bill_unused(id, e, how, tokens, now);
        }
        self.free(id);
    }
}
