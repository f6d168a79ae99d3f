//! `Batch` against queueing theory, through the public parts of the simulator: its queue, its loop, its streams and
//! its samplers.
//!
//! Every test runs 30 independent replications (fixed seeds 1 to 30, streams of their own) of a stated number of
//! requests, the first tenth of which is not counted, and compares the mean of the replications with the formula.
//! The tolerance is 3.66 standard errors of that mean: Student's t with 29 degrees of freedom, two-sided, 99.9 %
//! (a right program would fail one choice of seeds in a thousand; these seeds are fixed, so it never flickers). Where a
//! stated discretisation moves the theory, a stated allowance is added. A test also demands that its standard
//! error be small: a comparison that could not fail would prove nothing.
//!
//! Little's law is not a matter of confidence: each run starts and ends empty, so the area under the number of jobs
//! inside equals the sum of their times inside, to the nanosecond. Every run here asserts it.

use sandbox_core::dist::Exponential;
use sandbox_core::{EventId, EventQueue, Model, Seed, Simulation, Span, Stream, Time, chance};
use sandbox_providers::{Batch, BatchSpec, Job, Offer, Signal};

const REPLICATIONS: u64 = 30;
/// Student's t, 29 degrees of freedom, quantile 0.9995.
const STUDENT: f64 = 3.659;
const STEP: Span = Span::from_millis(1);

/// What a request asks for. Decoding owes one token less than the answer has: the first comes from the prefill.
#[derive(Copy, Clone)]
enum Law {
    /// Prefill alone, exponential with this mean [s]: exact to the nanosecond.
    Prefill(f64),
    /// No prefill; the tokens to decode are exponential with this mean, rounded up: geometric.
    Geometric(f64),
    /// No prefill; always this many tokens to decode.
    Fixed(u32),
    /// No prefill; many tokens to decode with this probability, else few.
    TwoKinds { few: u32, many: u32, share: f64 },
}

impl Law {
    fn draw(self, stream: &mut Stream) -> (Span, u32) {
        let exponential = |mean| Exponential::new(mean).unwrap();
        match self {
            Self::Prefill(mean) => (Span::from_secs_f64_saturating(exponential(mean).sample(stream)), 0),
            Self::Geometric(mean) => {
                (Span::ZERO, libm::ceil(exponential(mean).sample(stream)).max(1.0) as u32)
            }
            Self::Fixed(tokens) => (Span::ZERO, tokens),
            Self::TwoKinds { few, many, share } => {
                (Span::ZERO, if chance(stream, share) { many } else { few })
            }
        }
    }

    /// Mean service when a token takes one [`STEP`] [s].
    fn mean(self) -> f64 {
        match self {
            Self::Prefill(mean) => mean,
            Self::Geometric(mean) => STEP.as_secs_f64() / (1.0 - libm::exp(-1.0 / mean)),
            Self::Fixed(tokens) => STEP.as_secs_f64() * f64::from(tokens),
            Self::TwoKinds { few, many, share } => {
                STEP.as_secs_f64() * (f64::from(few) * (1.0 - share) + f64::from(many) * share)
            }
        }
    }
}

/// One request and what became of it.
#[derive(Copy, Clone)]
struct Request {
    arrived: Time,
    /// Tokens that decoding owes.
    owed: u32,
    first: Time,
    /// When it left, if it was let in.
    left: Option<Time>,
}

impl Request {
    fn sojourn(&self) -> f64 {
        self.left.expect("let in").since(self.arrived).as_secs_f64()
    }

    /// With no prefill the first token comes at the instant of admission.
    fn wait(&self) -> f64 {
        self.first.since(self.arrived).as_secs_f64()
    }
}

#[derive(Copy, Clone)]
enum Event {
    Endpoint,
    Arrival,
}

/// Poisson arrivals at one endpoint.
struct Station {
    batch: Batch,
    law: Law,
    gap: Exponential,
    gaps: Stream,
    lengths: Stream,
    to_come: usize,
    planned: Option<EventId>,
    signals: Vec<Signal>,
    requests: Vec<Request>,
    /// Jobs inside × time [ns].
    area: u128,
    seen: Time,
}

impl Station {
    fn arrive(&mut self, now: Time, queue: &mut EventQueue<Event>) {
        let (prefill, owed) = self.law.draw(&mut self.lengths);
        let id = self.requests.len() as u32;
        let taken = self.batch.offer(now, Job { id, prefill, prompt: 0, output: owed + 1 });
        let left = (taken != Offer::Full).then_some(Time::MAX);
        self.requests.push(Request { arrived: now, owed, first: Time::MAX, left });
        self.to_come -= 1;
        if self.to_come > 0 {
            let gap = Span::from_secs_f64_saturating(self.gap.sample(&mut self.gaps));
            queue.schedule_after(gap, 1, Event::Arrival);
        }
    }

    fn advance(&mut self, now: Time) {
        let mut signals = std::mem::take(&mut self.signals);
        self.batch.advance(now, &mut signals);
        for signal in signals.drain(..) {
            match signal {
                Signal::FirstToken(id) => self.requests[id as usize].first = now,
                Signal::Done(id) | Signal::WaitedTooLong(id) => self.requests[id as usize].left = Some(now),
            }
        }
        self.signals = signals;
    }
}

impl Model for Station {
    type Event = Event;

    fn handle(&mut self, now: Time, event: Event, queue: &mut EventQueue<Event>) {
        self.area += u128::from(self.batch.occupancy()) * u128::from(now.since(self.seen).as_nanos());
        self.seen = now;
        match event {
            Event::Arrival => self.arrive(now, queue),
            Event::Endpoint => self.advance(now),
        }
        if let Some(planned) = self.planned.take() {
            queue.cancel(planned);
        }
        self.planned = self.batch.next_event().map(|at| queue.schedule(at, 0, Event::Endpoint));
    }
}

/// One run from empty to empty; the requests after the first tenth.
fn run(spec: BatchSpec, law: Law, per_second: f64, requests: usize, seed: u64) -> Vec<Request> {
    let seed = Seed::new(seed);
    let mut simulation = Simulation::new(Station {
        batch: Batch::new(spec),
        law,
        gap: Exponential::new(1.0 / per_second).unwrap(),
        gaps: seed.stream("arrivals"),
        lengths: seed.stream("lengths"),
        to_come: requests,
        planned: None,
        signals: Vec::new(),
        requests: Vec::with_capacity(requests),
        area: 0,
        seen: Time::ZERO,
    });
    simulation.queue.schedule(Time::ZERO, 1, Event::Arrival);
    simulation.run_to_end().unwrap();
    let station = simulation.model;
    assert_eq!((station.batch.occupancy(), station.requests.len()), (0, requests));
    let inside = |request: &Request| Some(u128::from(request.left?.since(request.arrived).as_nanos()));
    assert_eq!(station.area, station.requests.iter().filter_map(inside).sum::<u128>(), "Little's law");
    station.requests[requests / 10..].to_vec()
}

/// Mean and standard error over the replications.
struct Measured {
    mean: f64,
    error: f64,
}

fn measure(
    spec: BatchSpec,
    law: Law,
    per_second: f64,
    requests: usize,
    figure: impl Fn(&[Request]) -> f64,
) -> Measured {
    let figures: Vec<f64> =
        (1..=REPLICATIONS).map(|seed| figure(&run(spec, law, per_second, requests, seed))).collect();
    let n = REPLICATIONS as f64;
    let mean = figures.iter().sum::<f64>() / n;
    let variance = figures.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (n - 1.0);
    Measured { mean, error: (variance / n).sqrt() }
}

impl Measured {
    /// Agrees with `theory` at 99.9 %, beyond an `allowance` for discretisation (a share of the theory), and is precise
    /// to 1 %.
    #[track_caller]
    fn agrees_with(&self, theory: f64, allowance: f64) {
        let Self { mean, error } = *self;
        assert!(error < 0.01 * theory, "too few requests to say: {mean} ± {error}, theory {theory}");
        let off = (mean - theory).abs();
        let most = STUDENT * error + allowance * theory;
        assert!(off <= most, "{mean} ± {error}, theory {theory}: off by {off}, at most {most}");
    }
}

fn mean_of(requests: &[Request], figure: impl Fn(&Request) -> f64) -> f64 {
    requests.iter().map(figure).sum::<f64>() / requests.len() as f64
}

/// `servers` that do not slow each other down: a step takes as long whoever decodes.
fn servers(servers: u32, queue: u32) -> BatchSpec {
    BatchSpec { step_base: STEP, queue, ..BatchSpec::slots(servers) }
}

/// Erlang's B: share of the arrivals that `c` servers at an offered load of `a` turn away.
fn erlang_b(c: u32, a: f64) -> f64 {
    (1..=c).fold(1.0, |b, k| a * b / (f64::from(k) + a * b))
}

/// Erlang's C: share of the arrivals that have to wait for one of `c` servers.
fn erlang_c(c: u32, a: f64) -> f64 {
    let (b, rho) = (erlang_b(c, a), a / f64::from(c));
    b / (1.0 - rho * (1.0 - b))
}

/// The formulas themselves, against published tables: B(5, 4) = 0.1991, B(10, 5) = 0.0184, C(2, 1) = 1/3.
#[test]
fn erlang_formulas_agree_with_the_tables() {
    assert!((erlang_b(5, 4.0) - 0.1991).abs() < 5e-5);
    assert!((erlang_b(10, 5.0) - 0.0184).abs() < 5e-5);
    assert!((erlang_c(2, 1.0) - 1.0 / 3.0).abs() < 1e-12);
}

/// M/M/1: E[T] = 1 / (μ - λ). Prefill is the service: exponential to the nanosecond, so there is no allowance.
/// 30 × 40,000 requests.
#[test]
fn mm1_mean_sojourn_is_1_over_mu_minus_lambda() {
    let (lambda, mu) = (0.6, 1.0);
    measure(servers(1, u32::MAX), Law::Prefill(1.0 / mu), lambda, 40_000, |all| {
        mean_of(all, Request::sojourn)
    })
    .agrees_with(1.0 / (mu - lambda), 0.0);
}

/// The same queue with decoding as the service. Rounding up makes the tokens geometric with p = 1 - e^(-1/1000), whose
/// mean and variance are known: E[T] = E[S] + λ E[S²] / (2 (1 - ρ)) (Pollaczek–Khinchine) is exact for it, and
/// within 0.2 % of 1 / (μ - λ). Allowance 10⁻⁶ for the pace of a decode clock at 1 ms a step. 30 × 40,000 requests.
#[test]
fn mm1_mean_sojourn_holds_for_decoding_too() {
    let (lambda, tokens) = (0.6, 1_000.0);
    let p = 1.0 - libm::exp(-1.0 / tokens);
    let mean = STEP.as_secs_f64() / p;
    let square = STEP.as_secs_f64() * STEP.as_secs_f64() * (2.0 - p) / (p * p);
    let theory = mean + lambda * square / (2.0 * (1.0 - lambda * mean));
    assert!((theory / (1.0 / (1.0 / mean - lambda)) - 1.0).abs() < 0.002);
    measure(servers(1, u32::MAX), Law::Geometric(tokens), lambda, 40_000, |all| {
        mean_of(all, Request::sojourn)
    })
    .agrees_with(theory, 1e-6);
}

/// M/M/c with c = 5 at 70 %: E[W] = C(c, a) / (c μ - λ), with the mean of the rounded lengths for 1/μ. What is
/// left of the rounding is the law's shape: its squared coefficient of variation is e^(-1/1000) = 0.9990 in place of 1,
/// which moves a mean wait by about half of that (exactly half for one server): allowance 0.1 %. 30 × 100,000 requests.
#[test]
fn mmc_mean_wait_is_erlang_c() {
    let (c, law) = (5, Law::Geometric(1_000.0));
    let lambda = 3.5;
    let a = lambda * law.mean();
    let theory = erlang_c(c, a) / (f64::from(c) / law.mean() - lambda);
    measure(servers(c, u32::MAX), law, lambda, 100_000, |all| mean_of(all, Request::wait))
        .agrees_with(theory, 1e-3);
}

/// M/M/c/c with c = 5 and an offered load of 4: the share turned away is B(c, a), about 20 %. Erlang's B depends on the
/// law of service through its mean alone, so the rounded lengths need no allowance (10⁻⁶ for the pace). Nobody
/// who is let in waits. 30 × 20,000 requests.
#[test]
fn mmcc_blocking_is_erlang_b() {
    blocking_is_erlang_b(Law::Geometric(1_000.0));
}

/// M/D/c/c: the same share for lengths that never vary. 30 × 20,000 requests.
#[test]
fn mdcc_blocking_is_erlang_b_too() {
    blocking_is_erlang_b(Law::Fixed(1_000));
}

fn blocking_is_erlang_b(law: Law) {
    let (c, lambda) = (5, 4.0);
    measure(servers(c, 0), law, lambda, 20_000, |all| {
        assert!(all.iter().all(|request| request.left.is_none() || request.first == request.arrived));
        all.iter().filter(|request| request.left.is_none()).count() as f64 / all.len() as f64
    })
    .agrees_with(erlang_b(c, lambda * law.mean()), 1e-6);
}

/// M/M/c/K: `c` servers and room for `K - c` to wait. The share turned away is the chance of finding it full, from the
/// birth-and-death balance, and the mean wait of those who are let in follows from the mean number that wait.
struct Mmck {
    blocking: f64,
    wait: f64,
}

fn mmck(c: u32, k: u32, lambda: f64, mu: f64) -> Mmck {
    let mut weights = vec![1.0];
    for n in 1..=k {
        weights.push(weights[n as usize - 1] * lambda / (mu * f64::from(n.min(c))));
    }
    let total: f64 = weights.iter().sum();
    let blocking = weights[k as usize] / total;
    let waiting: f64 = (c..=k).map(|n| f64::from(n - c) * weights[n as usize] / total).sum();
    Mmck { blocking, wait: waiting / (lambda * (1.0 - blocking)) }
}

/// The formula itself: without a queue it is Erlang's B, and for one server (1 - ρ) ρᴷ / (1 - ρᴷ⁺¹).
#[test]
fn mmck_formula_agrees_with_its_special_cases() {
    assert!((mmck(5, 5, 4.0, 1.0).blocking - erlang_b(5, 4.0)).abs() < 1e-12);
    let (rho, k) = (0.8_f64, 4.0);
    let single = (1.0 - rho) * libm::pow(rho, k) / (1.0 - libm::pow(rho, k + 1.0));
    assert!((mmck(1, 4, 0.8, 1.0).blocking - single).abs() < 1e-12);
}

/// M/M/c/K with c = 3, K = 8 and an offered load of 3: about an eighth is turned away. Service is prefill, exponential
/// to the nanosecond, so there is no allowance. 30 × 40,000 requests.
#[test]
fn mmck_blocking_is_that_of_the_birth_and_death_chain() {
    let (c, k, lambda, mu) = (3, 8, 3.0, 1.0);
    measure(servers(c, k - c), Law::Prefill(1.0 / mu), lambda, 40_000, |all| {
        all.iter().filter(|request| request.left.is_none()).count() as f64 / all.len() as f64
    })
    .agrees_with(mmck(c, k, lambda, mu).blocking, 0.0);
}

/// The mean wait of those who are let in, in the same queue with decoding as the service (whose start is the first token;
/// allowance as in [`mmc_mean_wait_is_erlang_c`]). 30 × 40,000 requests.
#[test]
fn mmck_wait_is_that_of_the_birth_and_death_chain() {
    let (c, k, lambda, law) = (3, 8, 3.0, Law::Geometric(1_000.0));
    measure(servers(c, k - c), law, lambda, 40_000, |all| {
        let let_in: Vec<Request> = all.iter().copied().filter(|request| request.left.is_some()).collect();
        mean_of(&let_in, Request::wait)
    })
    .agrees_with(mmck(c, k, lambda, 1.0 / law.mean()).wait, 1e-3);
}

/// M/G/1, first come first served (one slot): E[W] = λ E[S²] / (2 (1 - ρ)), Pollaczek–Khinchine, at 60 %. The moments are
/// those of the law as drawn, rounded lengths included; allowance 10⁻⁵ for the pace (10⁻⁶, times 1 / (1 - ρ)²).
fn wait_is_pollaczek_khinchine(law: Law, mean_square: f64, requests: usize) {
    let rho = 0.6;
    let lambda = rho / law.mean();
    let theory = lambda * mean_square / (2.0 * (1.0 - rho));
    measure(servers(1, u32::MAX), law, lambda, requests, |all| mean_of(all, Request::wait))
        .agrees_with(theory, 1e-5);
}

/// Lengths that never vary: half the wait of exponential ones. 30 × 40,000 requests.
#[test]
fn mg1_wait_is_pollaczek_khinchine_for_constant_lengths() {
    wait_is_pollaczek_khinchine(Law::Fixed(100), 0.1 * 0.1, 40_000);
}

/// Geometric lengths: E[N²] = (2 - p) / p². 30 × 100,000 requests.
#[test]
fn mg1_wait_is_pollaczek_khinchine_for_exponential_lengths() {
    let p = 1.0 - libm::exp(-1.0 / 100.0);
    let step = STEP.as_secs_f64();
    wait_is_pollaczek_khinchine(Law::Geometric(100.0), step * step * (2.0 - p) / (p * p), 100_000);
}

/// One in ten is 41 times as long: nearly seven times the wait of constant lengths. 30 × 150,000 requests.
#[test]
fn mg1_wait_is_pollaczek_khinchine_for_two_kinds() {
    wait_is_pollaczek_khinchine(TWO_KINDS, 0.9 * 0.02 * 0.02 + 0.1 * 0.82 * 0.82, 150_000);
}

/// M/G/1-PS: with a = 0 the endpoint makes 1/b tokens a second whoever decodes and shares them equally, and a job of
/// x seconds stays E[T|x] = x / (1 - ρ) on average. `class` picks jobs; by linearity their total stay is their
/// total work / (1 - ρ).
///
/// Allowance 10⁻⁴: the pace of the clock is rounded down by at most 1 in 17,600,000 / B at 1 ms a step, 6 in 10⁶ at a
/// hundred sequences, and multiplied by about 1 / (1 - ρ)²; a leave is rounded up to a nanosecond.
fn stretch_is_1_over_1_minus_rho(law: Law, requests: usize, class: impl Fn(u32) -> bool) {
    let rho = 0.6;
    let spec = BatchSpec { step_per_sequence: STEP, ..BatchSpec::slots(100_000) };
    measure(spec, law, rho / law.mean(), requests, |all| {
        assert!(all.iter().all(|request| request.left.is_some()), "nobody is turned away");
        let of_class = || all.iter().filter(|request| class(request.owed));
        let work: f64 = of_class().map(|request| STEP.as_secs_f64() * f64::from(request.owed)).sum();
        of_class().map(Request::sojourn).sum::<f64>() / work
    })
    .agrees_with(1.0 / (1.0 - rho), 1e-4);
}

/// Lengths that never vary. 30 × 20,000 requests.
#[test]
fn mg1ps_stretch_is_insensitive_for_constant_lengths() {
    stretch_is_1_over_1_minus_rho(Law::Fixed(100), 20_000, |_| true);
}

/// One in ten is 41 times as long as the others (squared coefficient of variation 5.8): the few ... 30 × 60,000.
#[test]
fn mg1ps_stretch_is_insensitive_for_the_short_of_two_kinds() {
    stretch_is_1_over_1_minus_rho(TWO_KINDS, 60_000, |owed| owed == 20);
}

/// ... and the many. 30 × 60,000.
#[test]
fn mg1ps_stretch_is_insensitive_for_the_long_of_two_kinds() {
    stretch_is_1_over_1_minus_rho(TWO_KINDS, 60_000, |owed| owed == 820);
}

const TWO_KINDS: Law = Law::TwoKinds { few: 20, many: 820, share: 0.1 };

/// Exponential lengths, the shorter ones: those below the median. 30 × 60,000 requests.
#[test]
fn mg1ps_stretch_is_insensitive_for_exponential_lengths() {
    stretch_is_1_over_1_minus_rho(Law::Geometric(100.0), 60_000, |owed| owed <= 69);
}

/// Little's law where everything happens: queues, refusals, lost patience, tokens that slow each other down. The area
/// and the sum are compared inside [`run`]; here it is only made sure that the run had all of that.
#[test]
fn littles_law_is_exact_under_refusals_and_lost_patience() {
    let spec = BatchSpec {
        step_base: Span::from_millis(2),
        step_per_sequence: STEP,
        queue: 6,
        queue_wait: Some(Span::from_millis(700)),
        ..BatchSpec::slots(4)
    };
    for seed in 1..=REPLICATIONS {
        let all = run(spec, Law::Geometric(100.0), 7.0, 5_000, seed);
        let refused = all.iter().filter(|request| request.left.is_none()).count();
        let lost = all.iter().filter(|request| request.left.is_some() && request.first == Time::MAX).count();
        let waited = all.iter().filter(|r| r.first != Time::MAX && r.first > r.arrived).count();
        assert!(refused > 50 && lost > 50 && waited > 50, "{refused} {lost} {waited}");
    }
}
