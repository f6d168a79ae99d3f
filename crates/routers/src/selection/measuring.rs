//! What a router knows that [measures](super::measured): results, charges, attempts, pauses.

use sandbox_core::{Span, Time, uniform};
use sandbox_model::{Price, Status};

use super::measured::{Figures, Measured, MeasuredCap};
use super::slices::Slices;
use super::weighted;
use crate::contract::{Call, Fleet, MAX_TARGETS, Seen, TargetView};
use crate::memory::members;
use crate::memory::uptime::speaks_against_reliability;

/// Over which attempts and rate limits are counted for caps and bursts.
const FLOW: Span = Span::from_secs(10);
/// Answer tokens of a request as long as none was answered: an assumption.
const OUTPUT: f64 = 300.0;
/// Prompt tokens for each answer token as long as nothing was billed: an assumption.
const PROMPT: f64 = 10.0;

/// Results, each weighing half when it is a half-life old.
#[derive(Copy, Clone, Default, Debug)]
struct Faded {
    at: Time,
    passed: f64,
    failed: f64,
    limited: f64,
    /// Answers whose first token was seen, and their times to it [s].
    heads: f64,
    ttft: f64,
    /// Time from the start to the last token [s].
    time: f64,
    output: f64,
}

impl Faded {
    fn all(&self) -> f64 {
        self.passed + self.failed + self.limited
    }

    fn bad(&self) -> f64 {
        self.failed + self.limited
    }

    /// What older results weigh now.
    fn weight(&self, half_life: Span, now: Time) -> f64 {
        let age = now.saturating_since(self.at).as_secs_f64();
        libm::exp2(-age / half_life.as_secs_f64())
    }

    fn fade(&mut self, half_life: Span, now: Time) {
        let weight = self.weight(half_life, now);
        for sum in [
            &mut self.passed,
            &mut self.failed,
            &mut self.limited,
            &mut self.heads,
            &mut self.ttft,
            &mut self.time,
            &mut self.output,
        ] {
            *sum *= weight;
        }
        self.at = self.at.max(now);
    }
}

/// What was charged in a slice.
#[derive(Copy, Clone, Default, Debug)]
struct Charged {
    requests: f64,
    dollars: f64,
    fresh: f64,
    cached: f64,
    output: f64,
}

impl Charged {
    fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            dollars: self.dollars + other.dollars,
            fresh: self.fresh + other.fresh,
            cached: self.cached + other.cached,
            output: self.output + other.output,
        }
    }

    fn tokens(&self) -> f64 {
        self.fresh + self.cached + self.output
    }

    /// What these tokens would cost at this target's list price [$/M].
    fn listed(&self, view: &TargetView) -> f64 {
        let dollars = |price: Price| price.pico_per_token() as f64 / 1e6;
        let cost = self.fresh * dollars(view.input_price)
            + self.cached * dollars(view.cached_price)
            + self.output * dollars(view.output_price);
        cost / self.tokens()
    }
}

/// Attempts begun, and rate limits met.
#[derive(Copy, Clone, Default, Debug)]
struct Flow {
    begun: u32,
    limited: u32,
}

/// What is known of one target.
#[derive(Copy, Clone, Default, Debug)]
struct State {
    results: Faded,
    charged: Slices<Charged>,
    flow: Slices<Flow>,
    /// What it took in ten seconds when it answered 429 last, and when that was.
    cap: Option<(f64, Time)>,
    paused_until: Time,
    lowered_until: Time,
}

impl State {
    fn flow(&self, now: Time) -> Flow {
        self.flow
            .young(FLOW, now)
            .fold(Flow::default(), |a, b| Flow { begun: a.begun + b.begun, limited: a.limited + b.limited })
    }

    fn charged(&self, window: Span, now: Time) -> Charged {
        self.charged.young(window, now).fold(Charged::default(), Charged::plus)
    }

    fn is_full(&self, cap: &MeasuredCap, now: Time) -> bool {
        self.cap.is_some_and(|(took, at)| {
            let doublings = now.saturating_since(at).as_secs_f64() / cap.doubles.as_secs_f64();
            f64::from(self.flow(now).begun) >= took * libm::exp2(doublings)
        })
    }
}

/// What is known of all targets.
#[derive(Clone, Debug)]
pub(super) struct Measuring {
    rule: Measured,
    states: Vec<State>,
}

/// The middle one, the lower of two.
fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
}

impl Measuring {
    pub(super) fn new(rule: Measured, targets: usize) -> Self {
        Self { rule, states: vec![State::default(); targets] }
    }

    /// The median over the targets that have a figure.
    fn typical(&self, of: impl Fn(&Faded) -> Option<f64>) -> Option<f64> {
        let mut values = [0.0; MAX_TARGETS];
        let mut n = 0;
        for value in self.states.iter().filter_map(|state| of(&state.results)) {
            values[n] = value;
            n += 1;
        }
        median(&mut values[..n])
    }

    /// The figures of each of `pool` at this time, in order.
    fn figures(&self, pool: u64, now: Time, targets: &[TargetView], all: &mut [Figures; MAX_TARGETS]) {
        let share = |part: f64, of: f64| (of > 0.0).then(|| part / of);
        let typical = Figures {
            effective: 0.0,
            ttft: self.typical(|r| share(r.ttft, r.heads)).unwrap_or(0.0),
            speed: self.typical(|r| share(r.output, r.time)).unwrap_or(1.0),
            errors: self.typical(|r| share(r.failed, r.all())).unwrap_or(0.0),
            limited: self.typical(|r| share(r.limited, r.all())).unwrap_or(0.0),
        };
        let window = self.rule.price_window;
        let total =
            self.states.iter().map(|s| s.charged(window, now)).fold(Charged::default(), Charged::plus);
        let usual = Charged { fresh: PROMPT, output: 1.0, ..Charged::default() };
        let mix = if total.tokens() > 0.0 { total } else { usual };
        let average = share(total.dollars * 1e6, total.tokens());
        for (figures, target) in all.iter_mut().zip(members(pool)) {
            let state = &self.states[target];
            let (r, weight) = (&state.results, state.results.weight(self.rule.half_life, now));
            // Own numbers weigh by their results, a typical peer's by the prior.
            let own = |value: Option<f64>, results: f64, typical: f64| {
                let n = results * weight;
                value.map_or(typical, |own| (n * own + self.rule.prior * typical) / (n + self.rule.prior))
            };
            let charged = state.charged(window, now);
            let real = share(charged.dollars * 1e6, charged.tokens());
            let listed = mix.listed(&targets[target]);
            // A router below has no list price.
            let listed = if listed > 0.0 { listed } else { real.or(average).unwrap_or(1.0) };
            *figures = Figures {
                effective: real.map_or(listed, |real| {
                    (charged.requests * real + self.rule.prior * listed)
                        / (charged.requests + self.rule.prior)
                }),
                ttft: own(share(r.ttft, r.heads), r.heads, typical.ttft),
                speed: own(share(r.output, r.time), r.passed, typical.speed),
                errors: own(share(r.failed, r.all()), r.all(), typical.errors),
                limited: own(share(r.limited, r.all()), r.all(), typical.limited),
            };
        }
    }

    pub(super) fn pick(&self, pool: u64, call: &Call<'_>, targets: &[TargetView]) -> usize {
        let now = call.now;
        let keep = |pool: u64, keep: &dyn Fn(&State) -> bool| {
            let kept = members(pool).filter(|&t| keep(&self.states[t])).fold(0, |kept, t| kept | 1_u64 << t);
            if kept == 0 { pool } else { kept }
        };
        let pool = keep(pool, &|state| state.paused_until <= now);
        let pool = keep(pool, &|state| !state.is_full(&self.rule.cap, now));
        let n = pool.count_ones() as usize;
        if n == 1 {
            return pool.trailing_zeros() as usize;
        }
        let mut figures = [Figures::default(); MAX_TARGETS];
        self.figures(pool, now, targets, &mut figures);
        let (mut prices, mut speeds, mut shares) =
            ([0.0; MAX_TARGETS], [0.0; MAX_TARGETS], [0.0; MAX_TARGETS]);
        for (i, figures) in figures[..n].iter().enumerate() {
            prices[i] = self.rule.adjusted(figures).max(1e-6);
            speeds[i] = figures.speed.max(1e-3);
        }
        self.rule.shape.shares(&prices[..n], &speeds[..n], &mut shares[..n]);
        let mut by_target = [0.0; MAX_TARGETS];
        for (target, share) in members(pool).zip(shares) {
            let lowered = self.states[target].lowered_until > now;
            by_target[target] = if lowered { share * self.rule.backoff.share } else { share };
        }
        let luck = uniform(&mut call.noise.at(call.request, call.attempts.len() as u64));
        weighted(pool, luck, |t| by_target[t])
    }

    pub(super) fn choose(&mut self, target: usize, now: Time) {
        self.states[target].flow.now(FLOW, now).begun += 1;
    }

    pub(super) fn observe(&mut self, seen: &Seen) {
        let (rule, now, status) = (self.rule, seen.now, seen.answer.status());
        let state = &mut self.states[seen.target];
        state.results.fade(rule.half_life, now);
        let r = &mut state.results;
        if seen.answer.is_ok() {
            if let Some(head) = seen.first_token {
                let ttft = head.saturating_since(seen.began).as_secs_f64();
                if r.heads >= rule.prior && ttft * r.heads > rule.backoff.jump * r.ttft {
                    state.lowered_until = now.saturating_add(rule.backoff.length);
                }
                r.heads += 1.0;
                r.ttft += ttft;
            }
            r.passed += 1.0;
            r.time += now.saturating_since(seen.began).as_secs_f64();
            r.output += f64::from(seen.output);
            let charged = state.charged.now(rule.price_window, now);
            charged.requests += 1.0;
            charged.dollars += seen.billed.pico() as f64 / 1e12;
            charged.fresh += f64::from(seen.input.saturating_sub(seen.cached));
            charged.cached += f64::from(seen.cached);
            charged.output += f64::from(seen.output);
            return;
        }
        if status == Status::TOO_MANY_REQUESTS {
            r.limited += 1.0;
            state.flow.now(FLOW, now).limited += 1;
            let flow = state.flow(now);
            let took = f64::from(flow.begun.saturating_sub(flow.limited));
            state.cap = Some(((rule.cap.share * took).max(1.0), now));
            if flow.limited >= rule.backoff.limits {
                state.lowered_until = now.saturating_add(rule.backoff.length);
            }
        } else if speaks_against_reliability(status) {
            r.failed += 1.0;
        } else {
            return;
        }
        self.judge(seen.target, now);
    }

    pub(super) fn hear(&mut self, report: &Fleet) {
        let (rule, now) = (self.rule, report.now);
        let sums = self
            .states
            .iter()
            .fold((0.0, 0.0), |sums, state| (sums.0 + state.results.output, sums.1 + state.results.passed));
        let output = if sums.0 > 0.0 { sums.0 / sums.1 } else { OUTPUT };
        let state = &mut self.states[report.target];
        state.results.fade(rule.half_life, now);
        let r = &mut state.results;
        let passed = f64::from(report.passed);
        r.passed += passed;
        r.failed += f64::from(report.failed);
        r.limited += f64::from(report.limited);
        if let Some(ttft) = report.ttft {
            r.heads += passed;
            r.ttft += passed * ttft.as_secs_f64();
            if let Some(speed) = report.speed.filter(|&speed| speed > 0.0) {
                r.output += passed * output;
                r.time += passed * (ttft.as_secs_f64() + output / speed);
            }
        }
        if report.limited >= rule.backoff.limits {
            state.lowered_until = now.saturating_add(rule.backoff.length);
        }
        if report.failed > 0 || report.limited > 0 {
            self.judge(report.target, now);
        }
    }

    /// Pauses a target that is far worse than its peers.
    fn judge(&mut self, target: usize, now: Time) {
        let rule = self.rule.breaker;
        let (mut bad, mut all) = (0.0, 0.0);
        for (_, state) in self.states.iter().enumerate().filter(|&(t, _)| t != target) {
            bad += state.results.bad();
            all += state.results.all();
        }
        let peers = if all > 0.0 { bad / all } else { 0.0 };
        let state = &mut self.states[target];
        let (own, n) = (state.results.bad() / state.results.all(), state.results.all());
        if n >= rule.at_least && own >= rule.share && own >= rule.times * peers {
            state.paused_until = now.saturating_add(rule.pause);
        }
    }

    /// Until when a target is paused.
    pub(super) fn paused_until(&self, target: usize) -> Time {
        self.states[target].paused_until
    }
}

#[cfg(test)]
mod tests;
