//! What is billed, when, and in whose books.
//!
//! Prices are those at which an attempt reaches its endpoint: [`Terms`] are fixed there and hold until it ends, whatever
//! switches, faults or competing load do meanwhile. Bills are made when work ends.

use sandbox_core::Time;
use sandbox_model::{Factor, Usd};
use sandbox_scenario::file::Billed;

use super::Machine;
use crate::account::{Path, Served};
use crate::paths::Start;
use crate::slab::NONE;
use crate::world::{Bill, Kind, RouteId, Routes};

/// What an attempt will be billed by.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Terms {
    /// When it reached its endpoint.
    pub(crate) at: Time,
    /// What a fault and competing load multiplied the prices of that moment by.
    pub(crate) factor: Factor,
    /// The gateways on its way.
    pub(crate) way: RouteId,
}

impl Terms {
    /// Those of an attempt that has reached no endpoint.
    pub(crate) const NONE: Self = Self { at: Time::ZERO, factor: Factor::ONE, way: Routes::DIRECT };
}

impl Machine {
    /// Prompt tokens that the plan's endpoint would have had from before, had the attempt's request been sent there: what
    /// moving a conversation loses. Nothing is known of a plan that is a router.
    fn cached_at_plan(&self, attempt: u32) -> u32 {
        let attempt = &self.attempts[attempt];
        let plan = self.world.workloads[attempt.workload as usize].plan;
        let Kind::Endpoint(e) = self.world.nodes[plan.index()].kind else { return 0 };
        let Some(ttl) = self.world.endpoints[e as usize].prefix_cache else { return 0 };
        self.cached_tokens(attempt.request, e, attempt.terms.at, ttl).min(attempt.input)
    }

    /// An attempt reaches an endpoint: the prices of this moment are its own.
    pub(super) fn agree(&mut self, id: u32, e: u16, now: Time) {
        let factor = self.world.price_factor(e);
        let way = match self.attempts[id].runs_on {
            Some(_) => self.attempts[id].terms.way,
            None if self.world.has_fees => self.way_of(id),
            None => Routes::DIRECT,
        };
        self.attempts[id].terms = Terms { at: now, factor, way };
    }

    /// The gateways with fees that an attempt came through.
    pub(super) fn way_of(&mut self, id: u32) -> RouteId {
        let (mut way, mut at) = (Routes::DIRECT, id);
        while self.attempts[at].call != NONE {
            let number = self.attempts[at].number;
            let call = &self.calls[self.attempts[at].call];
            if self.world.routers[call.router as usize].fees.is_some() {
                way = self.world.routes.onwards(way, call.router, number);
            }
            if call.parent == NONE {
                break;
            }
            at = call.parent;
        }
        way
    }

    /// What an attempt costs for these tokens.
    fn charge(&self, id: u32, e: u16, input: u32, output: u32) -> Bill {
        let attempt = &self.attempts[id];
        let Terms { at, factor, way } = attempt.terms;
        let rates = self.world.rates(e, at, attempt.input, factor);
        let mut bill = Bill::new(rates.bill(input, attempt.cached, output));
        self.world.add_fees(way, &mut bill);
        bill
    }

    /// The whole answer of an attempt, as it is billed.
    pub(super) fn bill_answer(&mut self, id: u32, e: u16, now: Time) -> Served {
        let attempt = &self.attempts[id];
        let (input, output, path, way) = (attempt.input, attempt.output, attempt.path, attempt.terms.way);
        let bill = self.charge(id, e, input, output);
        let (mut premium, mut grid) = (Usd::ZERO, None);
        // Before it uses up allowances: calm weather would have found them as it did.
        if self.attempts[id].request != NONE {
            if let Path::Leak { .. } = path {
                premium = self.planned_bill(id).map_or(Usd::ZERO, |planned| bill.total() - planned);
            }
            grid = self.above_calm(id, bill.total());
        }
        self.enter(id, way, &bill, now);
        for recorder in &mut self.listeners.explain {
            recorder.bill(id, bill.total(), bill.fees, Some(premium));
        }
        if let Some(records) = &mut self.listeners.records {
            records.bill(id, bill.total(), false);
        }
        Served { endpoint: e, path, input, output, billed: bill.total(), fees: bill.fees, premium, grid }
    }

    /// What the plan would have billed for an attempt's tokens in calm weather.
    fn planned_bill(&mut self, id: u32) -> Option<Usd> {
        let cached = self.cached_at_plan(id);
        let attempt = &self.attempts[id];
        let (at, input, output) = (attempt.terms.at, attempt.input, attempt.output);
        let key = self.requests[attempt.request].key;
        let workload = &self.world.workloads[attempt.workload as usize];
        let (plan, way) = (workload.plan, workload.way_to_plan);
        let mut bill = self.world.calm_bill(plan, at, key, input, cached, output)?;
        self.world.add_fees(way, &mut bill);
        Some(bill.total())
    }

    /// What the plan would have billed in calm weather, had it served a request when it arrived.
    pub(crate) fn planned_at_arrival(&mut self, request: u32, now: Time) -> Usd {
        let r = &self.requests[request];
        let (key, at, input, output) = (r.key, r.arrived, r.input, r.output);
        let workload = &self.world.workloads[r.workload as usize];
        let (plan, way) = (workload.plan, workload.way_to_plan);
        let mut cached = 0;
        let mut pristine = Vec::new();
        match self.world.nodes[plan.index()].kind {
            Kind::Endpoint(e) => {
                if let Some(ttl) = self.world.endpoints[e as usize].prefix_cache {
                    cached = self.cached_tokens(request, e, now, ttl).min(input);
                }
            }
            // It is asked out of turn, and must not notice: what it says of other requests depends on whose turn it is.
            Kind::Router(_) => {
                pristine = self.world.routers.iter().map(|router| router.pristine.clone()).collect();
            }
        }
        let bill = self.world.calm_bill(plan, at, key, input, cached, output);
        for (router, pristine) in self.world.routers.iter_mut().zip(pristine) {
            router.pristine = pristine;
        }
        bill.map_or(Usd::ZERO, |mut bill| {
            self.world.add_fees(way, &mut bill);
            bill.total()
        })
    }

    /// If a grid stands above this attempt: what it billed above the grid's choice in calm weather.
    fn above_calm(&mut self, id: u32, billed: Usd) -> Option<Usd> {
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
        let (at, input, output) = (attempt.terms.at, attempt.input, attempt.output);
        let key = self.requests[attempt.request].key;
        let cached = self.attempts[id].cached;
        // Only gateways take fees, and this is the outermost: both bills hold all of them.
        let calm = self.world.calm_bill(grid?, at, key, input, cached, output)?;
        Some((billed - calm.total()).max(Usd::ZERO))
    }

    /// An attempt ends after `made` tokens, and nobody gets an answer: its endpoint bills what it says it bills.
    pub(super) fn bill_unused(&mut self, id: u32, e: u16, how: Billed, made: u32, now: Time) {
        let attempt = &self.attempts[id];
        let (workload, first, counted, input, way) =
            (attempt.workload, attempt.first, attempt.counted, attempt.input, attempt.terms.way);
        let output = match how {
            Billed::Nothing => return,
            Billed::Prompt => 0,
            Billed::Made => made,
        };
        let bill = self.charge(id, e, input, output);
        self.enter(id, way, &bill, now);
        for recorder in &mut self.listeners.explain {
            recorder.bill(id, bill.total(), bill.fees, None);
        }
        if let Some(records) = &mut self.listeners.records {
            records.bill(id, bill.total(), true);
        }
        if counted {
            self.endpoint_tallies[e as usize].bill(bill.total(), bill.fees);
            let path = Path::Open;
            let (billed, fees) = (bill.total(), bill.fees);
            let served =
                Served { endpoint: e, path, input, output, billed, fees, premium: Usd::ZERO, grid: None };
            self.enter_waste(Start { workload, first: Some(first) }, counted, &served);
        }
    }

    /// Puts a bill into the books that are kept for the whole and by time.
    fn enter(&mut self, id: u32, way: RouteId, bill: &Bill, now: Time) {
        if way != Routes::DIRECT {
            self.world.use_allowances(way, bill.usage);
        }
        if self.attempts[id].counted {
            self.usage += bill.usage;
            self.billed += bill.total();
            self.buckets.at(now).billed += bill.total();
        }
    }
}
