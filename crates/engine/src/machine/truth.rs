//! Faults, competing load, and what is true of a target right now.

use sandbox_core::{Time, uniform};
use sandbox_model::{Answer, Cause, FaultKind, FaultScope, NodeId, OutageScript, Status};
use sandbox_providers::{Ask, Condition, Failure, Fate, Luck, Pace};
use sandbox_routers::Truth;
use sandbox_scenario::Resolved;

use super::{ActiveFault, Event, KEY_BITS, Keeps, Machine, Queue, STEP, Stage, limit_cause};
use crate::records::BeliefRecord;
use crate::slab::NONE;
use crate::world::{Kind, Replica};

/// How fast an endpoint in this condition works.
fn pace(condition: &Condition, competing: f64) -> Pace {
    let works = !condition.hangs;
    Pace {
        competing,
        prefill: works.then_some(condition.slowdown * condition.prefill_slowdown),
        decode: (works && !condition.stalls).then_some(condition.slowdown),
        gone: 0,
    }
}

/// What a loss of capacity takes: whole replicas from the last on, and a share of the next.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Lost {
    replicas: u16,
    /// Of the last one that is there [10⁻⁹].
    of_next: u32,
}

impl Lost {
    /// `capacity` is what remains; it counts in steps of 10⁻⁹, so that a tenth of ten replicas is exactly one.
    fn of(capacity: f64, replicas: u16) -> Self {
        let gone = libm::round((1.0 - capacity) * f64::from(Pace::ALL)) as u64 * u64::from(replicas);
        let all = u64::from(Pace::ALL);
        Self { replicas: (gone / all) as u16, of_next: (gone % all) as u32 }
    }
}

/// Of two troubles the one that is told: an outage, or else the first.
fn worse(a: Option<Cause>, b: Option<Cause>) -> Option<Cause> {
    if b == Some(Cause::Outage) { b } else { a.or(b) }
}

/// Who asks for the truth about a target.
#[derive(Copy, Clone, Debug)]
pub(super) struct Asker {
    /// The request's key.
    pub(super) request: u64,
    pub(super) ask: Ask,
    /// Region from which the target is called.
    pub(super) region: u16,
}

impl Machine {
    /// Puts the faults on the queue, each at every node that it hits.
    pub(crate) fn schedule_faults(&mut self, resolved: &Resolved, script: &OutageScript, queue: &mut Queue) {
        let mut order: Vec<usize> = (0..script.faults.len()).collect();
        order.sort_by_key(|&id| script.faults[id].from);
        self.world.network.set_faults(resolved, script);
        for id in order {
            let fault = &script.faults[id];
            self.world.prices_move |= matches!(fault.kind, FaultKind::PriceChange { .. });
            let link = (fault.kind.scope() == FaultScope::Link).then_some(None);
            let nodes = resolved.fault_targets(&fault.target).into_iter().map(Some);
            for node in nodes.chain(link) {
                let index = self.faults.len() as u32;
                self.faults.push(ActiveFault { node, kind: fault.kind });
                if let Some(node) = node {
                    self.beliefs.watch(node.index(), id, fault.from, fault.until);
                }
                self.schedule(fault.from, Event::FaultBegin(index), queue);
                self.schedule(fault.until, Event::FaultEnd(index), queue);
            }
        }
    }

    pub(super) fn begin_fault(&mut self, index: u32, now: Time, queue: &mut Queue) {
        let ActiveFault { node: Some(node), kind } = self.faults[index as usize] else { return };
        self.world.nodes[node.index()].health.begin(kind);
        self.apply_health(node, now, queue);
    }

    pub(super) fn end_fault(&mut self, index: u32, now: Time, queue: &mut Queue) {
        let ActiveFault { node: Some(node), kind } = self.faults[index as usize] else { return };
        self.world.nodes[node.index()].health.end(kind);
        self.apply_health(node, now, queue);
    }

    /// Makes an endpoint feel what its faults add up to.
    fn apply_health(&mut self, node: NodeId, now: Time, queue: &mut Queue) {
        let Kind::Endpoint(e) = self.world.nodes[node.index()].kind else { return };
        let condition = self.world.nodes[node.index()].health.condition();
        let refuses = condition.refuses.filter(|_| !condition.hangs);
        let hangs = condition.hangs;
        self.rescale(self.world.endpoints[e as usize].account, now);
        self.set_replica_paces(e, now);
        let (first, past_last) = self.world.endpoints[e as usize].replicas;
        let there = self.world.endpoints[e as usize].there;
        for replica in first..past_last {
            if let Some(refusal) = refuses {
                self.break_off_all(replica, refusal, now, queue);
            } else if replica >= there && !hangs {
                self.break_off_all(replica, Failure::plain(Status::UNAVAILABLE), now, queue);
            }
            self.retime(replica, queue);
        }
    }

    /// Breaks off everything in a replica: those that wait or have no token yet get `refusal`.
    fn break_off_all(&mut self, replica: u16, refusal: Failure, now: Time, queue: &mut Queue) {
        let mut broken_off = std::mem::take(&mut self.broken_off);
        let Replica { endpoint: e, batch, .. } = &mut self.world.replicas[replica as usize];
        let e = *e;
        batch.clear(now, &mut broken_off);
        for progress in broken_off.drain(..) {
            let streaming = self.attempts[progress.id].streaming;
            let answer = if streaming { Answer::Cut } else { refusal.answer() };
            self.break_off(progress.id, e, progress.tokens, answer, Cause::Outage, now, queue);
        }
        self.broken_off = broken_off;
    }

    /// Tells an endpoint's replicas how fast they work, and how many of them are there.
    fn set_replica_paces(&mut self, e: u16, now: Time) {
        let condition = self.world.nodes[NodeId(e).index()].health.condition();
        let endpoint = &mut self.world.endpoints[e as usize];
        let (first, past_last) = endpoint.replicas;
        let lost = Lost::of(condition.capacity, past_last - first);
        endpoint.there = past_last - lost.replicas;
        for replica in first..past_last {
            let mut pace = pace(condition, endpoint.competing);
            if replica + 1 == endpoint.there {
                pace.gone = lost.of_next;
            }
            self.world.replicas[replica as usize].batch.set_pace(now, pace);
        }
    }

    /// An account's limits are scaled by the worst spike at any of its endpoints.
    fn rescale(&mut self, account: Option<u16>, now: Time) {
        let Some(account) = account else { return };
        let account = &mut self.world.accounts[account as usize];
        let nodes = &self.world.nodes;
        let scales = account.endpoints.iter().map(|&e| nodes[e as usize].health.condition().limit_scale);
        account.limiter.set_scale(now, scales.fold(1.0, f64::min));
    }

    /// Competing load moves on.
    pub(super) fn step_congestion(&mut self, provider: u16, now: Time, queue: &mut Queue) {
        let index = provider as usize;
        let share = self.world.congestions[index].load.step(now);
        let bucket = self.buckets.index(now) as usize;
        let seen = &mut self.competing[index];
        if seen.len() <= bucket {
            // Buckets narrower than a step have the load of the step before.
            let before = seen.last().copied().unwrap_or(share);
            seen.resize(bucket, before);
            seen.push(share);
        }
        for i in 0..self.world.congestions[index].endpoints.len() {
            let e = self.world.congestions[index].endpoints[i];
            self.set_load(e, share, now);
            let (first, past_last) = self.world.endpoints[e as usize].replicas;
            for replica in first..past_last {
                self.retime(replica, queue);
            }
        }
        let next = now.saturating_add(STEP);
        if next < self.end {
            self.schedule(next, Event::Congestion(provider), queue);
        }
    }

    /// Sets competing load to its daily minimum, for good.
    pub(super) fn set_calm_load(&mut self, provider: usize) {
        let share = self.world.congestions[provider].calm;
        self.competing[provider].push(share);
        for i in 0..self.world.congestions[provider].endpoints.len() {
            let e = self.world.congestions[provider].endpoints[i];
            self.set_load(e, share, Time::ZERO);
        }
    }

    fn set_load(&mut self, e: u16, share: f64, now: Time) {
        self.world.endpoints[e as usize].competing = share;
        self.set_replica_paces(e, now);
        if let Some(account) = self.world.endpoints[e as usize].account {
            let account = &mut self.world.accounts[account as usize];
            if account.limiter.narrows() {
                let loads = account.endpoints.iter().map(|&e| self.world.endpoints[e as usize].competing);
                account.limiter.set_competing(loads.fold(0.0, f64::max));
            }
        }
    }

    /// What happens to a request of `client` (see [`super::Request::client`]) that reaches `node` now. `luck` numbers
    /// the try.
    pub(super) fn fate(&self, node: NodeId, request: u64, client: u32, luck: u64) -> Fate {
        let node = &self.world.nodes[node.index()];
        let condition = node.health.condition();
        if !condition.needs_luck() {
            return condition.fate(Luck::GOOD);
        }
        let mut draw = node.noise.at(request, 2 * luck + 1);
        let errors = uniform(&mut draw);
        let (slow_fail, cut) = (uniform(&mut draw), uniform(&mut draw));
        // Only a gray failure asks who the client is.
        if condition.gray.is_empty() {
            return condition.fate(Luck { errors, slow_fail, cut, ..Luck::GOOD });
        }
        let workload = (request >> KEY_BITS) as usize;
        let client = match client {
            NONE => self.world.workloads[workload].client_of(request & ((1 << KEY_BITS) - 1)),
            known => known,
        };
        let client = u64::from(client);
        let client = uniform(&mut node.noise_of_clients.at((workload as u64) << KEY_BITS | client, 0));
        condition.fate(Luck { errors, client, slow_fail, cut })
    }

    /// What is wrong with `node` or on the way to it, in the ledger's words: `None` if it is healthy and has headroom.
    fn trouble_at(&mut self, node: NodeId, now: Time, asker: Asker) -> Option<Cause> {
        let way = self.trouble_on_the_way(asker.region, node, now);
        let condition = self.world.nodes[node.index()].health.condition();
        let gone = condition.is_out() || condition.capacity <= 0.0;
        let trouble = if gone || way == Some(Cause::Outage) {
            Some(Cause::Outage)
        } else if condition.capacity < 1.0 {
            Some(Cause::Overload)
        } else if condition.limit_scale < 1.0 {
            Some(Cause::RateLimitRequests)
        } else if condition.stalls || condition.slowdown > 1.0 || condition.prefill_slowdown > 1.0 {
            Some(Cause::Slow)
        } else {
            self.lack_of_headroom(node, now, asker)
        };
        trouble.or(way)
    }

    /// What is wrong with a workload's plan, or on any way that a request of this call would take to it.
    pub(super) fn trouble_at_plan(&mut self, call: u32, now: Time) -> Option<Cause> {
        let call = &self.calls[call];
        let request = &self.requests[call.request];
        let workload = request.workload as usize;
        let plan = self.world.workloads[workload].plan;
        let (mut router, mut region, mut trouble) = (call.router, call.region, None);
        let asker = Asker {
            request: request.key,
            ask: self.world.workloads[workload].ask(request.input, request.output),
            region,
        };
        if self.world.network.is_rough() {
            loop {
                let targets = &self.world.routers[router as usize].targets;
                let Some(&next) = targets.iter().find(|t| self.world.reaches[workload][t.index()]) else {
                    break;
                };
                if next == plan {
                    break;
                }
                trouble = worse(trouble, self.trouble_on_the_way(region, next, now));
                region = self.world.nodes[next.index()].region.unwrap_or(region);
                let Some(below) = self.router_of(next) else { break };
                router = below;
            }
        }
        let there = self.trouble_at(plan, now, Asker { region, ..asker });
        worse(there, trouble)
    }

    /// What is wrong between callers in `region` and `node`.
    fn trouble_on_the_way(&self, region: u16, node: NodeId, now: Time) -> Option<Cause> {
        let to = self.world.nodes[node.index()].region?;
        self.world.network.trouble(region, to, node.index(), now)
    }

    /// What would keep a healthy `node` from taking a request: `None` if it has headroom. A router has headroom if
    /// one of its targets is fine, of those that the request's residency leaves.
    fn lack_of_headroom(&mut self, node: NodeId, now: Time, asker: Asker) -> Option<Cause> {
        match self.world.nodes[node.index()].kind {
            Kind::Endpoint(e) => {
                let endpoint = &self.world.endpoints[e as usize];
                if let Some(account) = endpoint.account
                    && let Err(refusal) = self.world.accounts[account as usize].limiter.check(now, asker.ask)
                {
                    return Some(limit_cause(refusal.limit));
                }
                let Some(replica) = self.least_busy(e) else { return Some(Cause::Outage) };
                let fits = self.world.replicas[replica as usize]
                    .batch
                    .has_headroom(asker.ask.prompt + asker.ask.answer);
                (!fits).then_some(Cause::Overload)
            }
            Kind::Router(router) => {
                let mut worst = Some(Cause::Outage);
                let permitted = self.world.permitted(asker.request, router);
                let region = self.world.nodes[node.index()].region.unwrap_or(asker.region);
                for i in 0..self.world.routers[router as usize].targets.len() {
                    let target = self.world.routers[router as usize].targets[i];
                    if permitted >> i & 1 == 0 {
                        continue;
                    }
                    match self.trouble_at(target, now, Asker { region, ..asker }) {
                        None => return None,
                        trouble => worst = trouble,
                    }
                }
                worst
            }
        }
    }

    /// Fills in what a clairvoyant router sees.
    pub(super) fn reveal_truth(&mut self, id: u32, now: Time) {
        let call = &self.calls[id];
        let router = call.router as usize;
        let request = &self.requests[call.request];
        let (key, client, output) = (request.key, request.client, request.output);
        let ask = self.world.workloads[request.workload as usize].ask(request.input, request.output);
        let asker = Asker { request: key, ask, region: call.region };
        let luck = call.luck;
        for number in 0..self.world.routers[router].targets.len() {
            let target = self.world.routers[router].targets[number];
            let tried = self.calls[id].tried.iter();
            let again = tried.filter(|tried| tried.target == number).count() as u64;
            let serves = match self.fate(target, key, client, luck * 64 + again.min(63)) {
                // An answer that ends before its stream would break off is whole.
                Fate::Served(cut) => cut.is_none_or(|after| output <= after),
                _ => false,
            } && self.trouble_on_the_way(asker.region, target, now) != Some(Cause::Outage);
            let headroom = self.lack_of_headroom(target, now, asker).is_none();
            self.world.routers[router].views[number].truth = Some(Truth { serves, headroom });
        }
    }

    /// Why an attempt at the plan stayed silent for longer than its caller would wait.
    pub(super) fn trouble_behind_silence(&self, id: u32, now: Time) -> Cause {
        let attempt = &self.attempts[id];
        let hangs = self.world.nodes[attempt.target.index()].health.condition().hangs;
        // Cut off when it began, or now.
        let cut_off = [attempt.began, now]
            .into_iter()
            .any(|at| self.trouble_on_the_way(attempt.from, attempt.target, at) == Some(Cause::Outage));
        let lost = matches!(attempt.stage, Stage::Hanging | Stage::Held(_));
        if hangs || cut_off || lost { Cause::Outage } else { Cause::Slow }
    }

    /// Notes what routers believe of a target after one of them has learnt something.
    pub(super) fn update_belief(&mut self, target: NodeId, now: Time) {
        if self.keeps < Keeps::Metrics {
            return;
        }
        let routers = &self.world.routers;
        let watchers = self.world.watchers[target.index()].iter();
        let until =
            watchers.map(|&(router, number)| routers[router as usize].strategy.down_until(number as usize));
        let until = until.max().unwrap_or(Time::ZERO);
        let over = self.beliefs.update(target.index(), now, until);
        if let (Some((from, until)), Some(records)) = (over, &mut self.listeners.records) {
            records.belief(&BeliefRecord { target, from, until });
        }
    }
}
