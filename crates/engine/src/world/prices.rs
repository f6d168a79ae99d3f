//! What an endpoint charges now, and what it would charge in calm weather; what gateways add.
//!
//! Calm prices are those of the hour, without faults and with competing load at its daily minimum.

use std::cell::Cell;

use sandbox_core::Time;
use sandbox_model::{Factor, NodeId, Rates, Tariff, Usd};
use sandbox_routers::Call;

use super::{Kind, World};

/// What an endpoint charges.
#[derive(Clone)]
pub(crate) struct Charges {
    tariff: Tariff,
    /// The only rates that the tariff has, if they are the same for all prompts at all times.
    flat: Option<Rates>,
    /// Prices are multiplied by `1 + surge * competing load`.
    surge: f64,
    /// Competing load in calm weather.
    calm_load: f64,
}

impl Charges {
    pub(crate) fn new(tariff: Tariff, surge: f64, calm_load: f64) -> Self {
        let table = tariff.at(Time::ZERO);
        let flat = (!tariff.moves() && table.steps.is_empty()).then_some(table.base);
        Self { flat, tariff, surge, calm_load }
    }

    /// The rates for a prompt of `input` tokens, multiplied: each price is rounded half to even to the pico-dollar a
    /// token.
    #[inline]
    fn rates(&self, at: Time, input: u32, factor: Factor) -> Rates {
        let rates = self.flat.unwrap_or_else(|| self.tariff.at(at).rates(input));
        if factor == Factor::ONE { rates } else { rates.times(factor) }
    }

    /// What a fault and competing load multiply prices by; the product of the two is rounded to the millionth.
    #[inline]
    fn factor(&self, fault: f64, load: f64) -> Factor {
        if fault == 1.0 && self.surge == 0.0 {
            return Factor::ONE;
        }
        Factor::from_f64(fault * (1.0 + self.surge * load))
    }

    /// Whether prices change without a fault.
    pub(crate) fn move_by_themselves(&self) -> bool {
        self.tariff.moves() || self.surge > 0.0
    }
}

/// What a gateway adds.
#[derive(Clone)]
pub(crate) struct Fees {
    pub(crate) credit: Factor,
    pub(crate) byok: Factor,
    /// Targets that are used with a key of one's own, as a bit mask.
    pub(crate) own_keys: u64,
    /// What is left of the allowance for these.
    pub(crate) free: Usd,
}

impl Fees {
    const fn has_own_key(&self, number: u16) -> bool {
        self.own_keys >> number & 1 == 1
    }

    /// Adds what this gateway takes for what it got from its target `number`.
    fn add(&self, number: u16, bill: &mut Bill) {
        if self.has_own_key(number) {
            let charged = self.byok.of(bill.through - self.free.min(bill.through));
            bill.fees += charged;
            // The rest is between the user and the upstream.
            bill.through = charged;
        } else {
            let charged = self.credit.of(bill.through);
            bill.fees += charged;
            bill.through += charged;
        }
    }
}

/// What an answer costs.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Bill {
    /// For its tokens.
    pub(crate) usage: Usd,
    /// For the gateways on its way.
    pub(crate) fees: Usd,
    /// What passes through the outermost gateway so far.
    through: Usd,
}

impl Bill {
    pub(crate) const fn new(usage: Usd) -> Self {
        Self { usage, fees: Usd::ZERO, through: usage }
    }

    pub(crate) fn total(&self) -> Usd {
        self.usage + self.fees
    }
}

/// A way through gateways that take fees, innermost first: an index into [`Routes`].
pub(crate) type RouteId = u16;

/// The ways that were used so far, each once: at most as many as the topology has.
#[derive(Clone)]
pub(crate) struct Routes {
    /// Gateways on the way, by router and number of the target there. The first way has none.
    ways: Vec<Vec<(u16, u16)>>,
}

impl Default for Routes {
    fn default() -> Self {
        Self { ways: vec![Vec::new()] }
    }
}

impl Routes {
    /// Through no gateway that takes fees.
    pub(crate) const DIRECT: RouteId = 0;

    /// A way that goes on through one gateway more.
    pub(crate) fn onwards(&mut self, way: RouteId, router: u16, number: u16) -> RouteId {
        let so_far = &self.ways[usize::from(way)];
        let longer =
            |other: &Vec<(u16, u16)>| other.split_last() == Some((&(router, number), so_far.as_slice()));
        let known = self.ways.iter().position(longer).unwrap_or_else(|| {
            let mut new = self.ways[usize::from(way)].clone();
            new.push((router, number));
            self.ways.push(new);
            self.ways.len() - 1
        });
        RouteId::try_from(known).expect("a topology has fewer ways through gateways than 65,536")
    }
}

impl World {
    /// What an endpoint's prices are multiplied by now.
    #[inline]
    pub(crate) fn price_factor(&self, e: u16) -> Factor {
        let endpoint = &self.endpoints[usize::from(e)];
        let fault = self.nodes[usize::from(e)].health.condition().price_factor;
        endpoint.charges.factor(fault, endpoint.competing)
    }

    /// What an endpoint charges at a time for a prompt of `input` tokens, with prices multiplied.
    #[inline]
    pub(crate) fn rates(&self, e: u16, at: Time, input: u32, factor: Factor) -> Rates {
        self.endpoints[usize::from(e)].charges.rates(at, input, factor)
    }

    fn calm_rates(&self, e: u16, at: Time, input: u32) -> Rates {
        let charges = &self.endpoints[usize::from(e)].charges;
        charges.rates(at, input, charges.factor(1.0, charges.calm_load))
    }

    /// Adds the fees of a way.
    #[inline]
    pub(crate) fn add_fees(&self, way: RouteId, bill: &mut Bill) {
        if way == Routes::DIRECT {
            return;
        }
        for &(router, number) in &self.routes.ways[usize::from(way)] {
            if let Some(fees) = &self.routers[usize::from(router)].fees {
                fees.add(number, bill);
            }
        }
    }

    /// Takes what a bill used up from the free allowances on its way.
    pub(crate) fn use_allowances(&mut self, way: RouteId, usage: Usd) {
        let mut bill = Bill::new(usage);
        for &(router, number) in &self.routes.ways[usize::from(way)] {
            if let Some(fees) = &mut self.routers[usize::from(router)].fees {
                let through = bill.through;
                fees.add(number, &mut bill);
                if fees.has_own_key(number) {
                    fees.free = fees.free - fees.free.min(through);
                }
            }
        }
    }

    /// Shows a router the prices of the day: those of short prompts, as in a price list.
    pub(crate) fn show_prices(&mut self, router: u16, now: Time) {
        self.show(router, |world, e| world.rates(e, now, 0, world.price_factor(e)));
    }

    fn show_calm_prices(&mut self, router: u16, at: Time) {
        self.show(router, |world, e| world.calm_rates(e, at, 0));
    }

    fn show(&mut self, router: u16, rates: impl Fn(&Self, u16) -> Rates) {
        for number in 0..self.routers[usize::from(router)].targets.len() {
            let target = self.routers[usize::from(router)].targets[number];
            if let Kind::Endpoint(e) = self.nodes[target.index()].kind {
                let rates = rates(self, e);
                let view = &mut self.routers[usize::from(router)].views[number];
                (view.input_price, view.output_price, view.cached_price) =
                    (rates.input, rates.output, rates.cached);
            }
        }
    }

    /// What the calm-weather choice below `node` would have billed for a request that got there `at` this time, with
    /// `cached` of its prompt tokens in the cache there; `None` if it would choose nothing.
    pub(crate) fn calm_bill(
        &mut self,
        node: NodeId,
        at: Time,
        request: u64,
        input: u32,
        cached: u32,
        output: u32,
    ) -> Option<Bill> {
        match self.nodes[node.index()].kind {
            Kind::Endpoint(e) => Some(Bill::new(self.calm_rates(e, at, input).bill(input, cached, output))),
            Kind::Router(index) => {
                if self.prices_move {
                    // It is shown the real ones again before it decides anything.
                    self.show_calm_prices(index, at);
                }
                let allowed = self.permitted(request, index);
                let router = &mut self.routers[usize::from(index)];
                let note = Cell::new(0);
                let call = Call { allowed, input, ..Call::new(at, request, &[], router.noise, &note) };
                match router.pristine.next(&call, &router.views) {
                    sandbox_routers::Decision::Try { target: number, .. } => {
                        let target = router.targets[number];
                        let mut bill = self.calm_bill(target, at, request, input, cached, output)?;
                        if let Some(fees) = &self.routers[usize::from(index)].fees {
                            fees.add(number as u16, &mut bill);
                        }
                        Some(bill)
                    }
                    _ => None,
                }
            }
        }
    }

    /// The way from a node up to the router that requests enter by; through the first targets that lead there.
    pub(super) fn way_up(&mut self, node: NodeId, entry: NodeId) -> RouteId {
        let Some(steps) = self.steps_down(entry, node) else { return Routes::DIRECT };
        let mut way = Routes::DIRECT;
        for &(router, number) in steps.iter().rev() {
            if self.routers[usize::from(router)].fees.is_some() {
                way = self.routes.onwards(way, router, number);
            }
        }
        way
    }

    fn steps_down(&self, from: NodeId, to: NodeId) -> Option<Vec<(u16, u16)>> {
        if from == to {
            return Some(Vec::new());
        }
        let Kind::Router(router) = self.nodes[from.index()].kind else { return None };
        let targets = &self.routers[usize::from(router)].targets;
        targets.iter().enumerate().find_map(|(number, &target)| {
            let mut steps = self.steps_down(target, to)?;
            steps.insert(0, (router, number as u16));
            Some(steps)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fees(credit: f64, byok: f64, own_keys: u64, free: i128) -> Fees {
        let (credit, byok) = (Factor::from_f64(credit), Factor::from_f64(byok));
        Fees { credit, byok, own_keys, free: Usd::from_pico(free) }
    }

    #[test]
    fn credits_cost_their_share_of_all_that_passes() {
        let mut bill = Bill::new(Usd::from_pico(1_000_000));
        fees(0.055, 0.0, 0, 0).add(0, &mut bill);
        assert_eq!((bill.fees.pico(), bill.total().pico()), (55_000, 1_055_000));
        // A gateway above it takes its share of the fee too.
        fees(0.1, 0.0, 0, 0).add(0, &mut bill);
        assert_eq!(bill.fees.pico(), 55_000 + 105_500);
    }

    #[test]
    fn own_keys_pay_above_the_allowance_and_nothing_passes_through() {
        // $24,900 of the month's $25,000 are used; the next $200 pay 5 % of $100.
        let dollar = 1_000_000_000_000;
        let mut bill = Bill::new(Usd::from_pico(200 * dollar));
        fees(0.055, 0.05, 0b10, 100 * dollar).add(1, &mut bill);
        assert_eq!(bill.fees.pico(), 5 * dollar);
        fees(0.055, 0.0, 0, 0).add(0, &mut bill);
        assert_eq!(bill.fees.pico(), 5 * dollar + dollar * 275 / 1_000, "5.5 % of the fee, not of the usage");
        assert_eq!(bill.total().pico(), 205 * dollar + dollar * 275 / 1_000);
    }

    #[test]
    fn each_way_is_kept_once() {
        let mut routes = Routes::default();
        let one = routes.onwards(Routes::DIRECT, 3, 1);
        let two = routes.onwards(one, 0, 1);
        assert_eq!((one, two), (1, 2));
        assert_eq!(routes.onwards(Routes::DIRECT, 3, 1), one);
        assert_eq!(routes.onwards(one, 0, 1), two);
        assert_eq!(routes.onwards(Routes::DIRECT, 0, 1), 3);
    }
}
