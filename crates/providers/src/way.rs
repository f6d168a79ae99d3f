//! One direction of a link: what it loses over time, and what TCP makes of a loss.
//!
//! A message that is lost is sent again when the sender's timer runs out, and the timer doubles each time: RFC 6298 with
//! Linux's numbers. What a way loses at a given time is known from the start (a link's own loss, friction by the hour,
//! faults of the outage script), so the whole history of a message follows from the moment at which it is sent.
//!
//! | faults | together |
//! |---|---|
//! | loss and loss, the link's own loss, friction | independent: `1 - ∏(1 - share)` are lost |
//! | partition and anything | nothing passes |

use sandbox_core::{Rng, Span, Time, uniform};
use sandbox_model::Curve;

/// A caller's timer for the first packet of a connection (RFC 6298, section 2; Linux `TCP_TIMEOUT_INIT`).
pub const SYN_TIMEOUT: Span = Span::from_secs(1);
/// What a timer adds to the round trip at least: the floor of its variance term (Linux `TCP_RTO_MIN`).
pub const RTO_MIN: Span = Span::from_millis(200);
/// The longest timer (Linux `TCP_RTO_MAX`).
pub const RTO_MAX: Span = Span::from_secs(120);
/// Bytes of a prompt token: an assumption (about four letters of English).
pub const BYTES_PER_TOKEN: u64 = 4;
/// Payload of a packet: 1,500 bytes of Ethernet without the headers of IPv4 and TCP.
pub const PACKET_BYTES: u64 = 1_460;
/// What friction takes at most, whatever its profile says.
pub const FRICTION_MAX: f64 = 0.9;

/// Packets of a prompt.
#[must_use]
pub fn packets_of(tokens: u32) -> u32 {
    // At most 2³² tokens of 4 bytes: the number of packets is far below 2³².
    (u64::from(tokens) * BYTES_PER_TOKEN).div_ceil(PACKET_BYTES).max(1) as u32
}

/// Loss and delay that come and go with the hours.
#[derive(Clone, PartialEq, Debug)]
pub struct Friction {
    /// Share of packets lost where the shape is 1.
    pub loss: f64,
    /// How much later packets arrive where the shape is 1.
    pub delay: Span,
    /// The shape over time.
    pub shape: Curve,
}

/// One direction of a link.
#[derive(Clone, PartialEq, Debug)]
pub struct Way {
    base: f64,
    friction: Option<Friction>,
    /// Friction's shape when all is calm.
    calm: f64,
    /// From each time on, until the next: the share that faults lose; 1 is a partition.
    faults: Vec<(Time, f64)>,
}

impl Way {
    /// A way that loses `base` of all packets, and more by friction.
    #[must_use]
    pub fn new(base: f64, friction: Option<Friction>) -> Self {
        let calm = friction.as_ref().map_or(0.0, |friction| friction.shape.min());
        Self { base, friction, calm, faults: Vec::new() }
    }

    /// Whether it ever loses or delays anything.
    #[must_use]
    pub fn is_rough(&self) -> bool {
        self.base > 0.0 || self.friction.is_some() || !self.faults.is_empty()
    }

    /// A calm sky: friction at its daily minimum for good.
    pub fn calm_down(&mut self) {
        if let Some(friction) = &mut self.friction {
            friction.shape = Curve::constant(self.calm);
        }
    }

    /// The faults of the whole scenario: from, until, share lost. In any order; they may overlap.
    pub fn set_faults(&mut self, windows: &[(Time, Time, f64)]) {
        let mut changes: Vec<(Time, bool, f64)> = Vec::with_capacity(windows.len() * 2);
        for &(from, until, share) in windows.iter().filter(|(from, until, _)| from < until) {
            changes.push((from, true, share));
            changes.push((until, false, share));
        }
        changes.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(&b.1)).then(a.2.total_cmp(&b.2)));
        self.faults.clear();
        // Kept in order of size: float products depend on their order, and this one does not on that of the faults.
        let mut active: Vec<f64> = Vec::new();
        for (index, &(at, begins, share)) in changes.iter().enumerate() {
            let place = active.partition_point(|&other| other < share);
            if begins {
                active.insert(place, share);
            } else {
                active.remove(place);
            }
            if changes.get(index + 1).is_none_or(|next| next.0 > at) {
                let passed: f64 = active.iter().map(|share| 1.0 - share).product();
                self.faults.push((at, 1.0 - passed));
            }
        }
    }

    /// The share of packets that faults lose, of those sent at `at`.
    fn faults_at(&self, at: Time) -> f64 {
        let next = self.faults.partition_point(|&(from, _)| from <= at);
        if next == 0 { 0.0 } else { self.faults[next - 1].1 }
    }

    fn shape(&self, at: Time) -> f64 {
        self.friction.as_ref().map_or(0.0, |friction| friction.shape.at(at))
    }

    /// The share of packets lost, of those sent at `at`.
    #[must_use]
    pub fn loss(&self, at: Time) -> f64 {
        let friction = self.friction.as_ref().map_or(0.0, |f| (f.loss * self.shape(at)).min(FRICTION_MAX));
        1.0 - (1.0 - self.base) * (1.0 - friction) * (1.0 - self.faults_at(at))
    }

    /// How much later than half a round trip a packet arrives that is sent at `at`.
    #[must_use]
    pub fn delay(&self, at: Time) -> Span {
        match &self.friction {
            Some(f) if f.delay > Span::ZERO => {
                Span::from_secs_f64_saturating(f.delay.as_secs_f64() * f.shape.at(at))
            }
            _ => Span::ZERO,
        }
    }

    /// Whether nothing passes at `at`.
    #[must_use]
    pub fn is_closed(&self, at: Time) -> bool {
        self.faults_at(at) >= 1.0
    }

    /// Whether it loses or delays more at `at` than it does when all is calm.
    #[must_use]
    pub fn is_troubled(&self, at: Time) -> bool {
        self.faults_at(at) > 0.0 || self.shape(at) > self.calm
    }

    /// When something passes again, if nothing does at `at`.
    fn reopens(&self, at: Time) -> Option<Time> {
        let next = self.faults.partition_point(|&(from, _)| from <= at);
        self.faults[next..].iter().find(|&&(_, share)| share < 1.0).map(|&(from, _)| from)
    }

    /// Whether one of these packets is lost, if they are sent at `at`.
    fn loses(&self, at: Time, packets: u32, draw: &mut impl Rng) -> bool {
        let loss = self.loss(at);
        let chance = match packets {
            _ if loss <= 0.0 || loss >= 1.0 => loss,
            1 => loss,
            n => 1.0 - libm::pow(1.0 - loss, f64::from(n)),
        };
        chance >= 1.0 || (chance > 0.0 && uniform(draw) < chance)
    }
}

/// Both directions of a link, as one try of a request meets them.
#[derive(Copy, Clone, Debug)]
pub struct Trip<'w> {
    /// From the caller to the target.
    pub there: &'w Way,
    /// From the target to the caller.
    pub back: &'w Way,
    /// The round trip without friction.
    pub round_trip: Span,
}

impl Trip<'_> {
    /// When a request of `packets` that is sent at `now` is there as a whole; a new connection is opened first.
    pub fn request(&self, now: Time, new_connection: bool, packets: u32, draw: &mut impl Rng) -> Time {
        let mut at = now;
        if new_connection {
            at = self.greeting(at, draw);
            at = self.arrives(at, draw);
            // What the first half rounded down the second rounds up: an undisturbed exchange takes a round trip.
            at = self.answer(at, draw).saturating_add(self.round_trip - self.round_trip / 2 * 2);
        }
        let sent = self.copy_that_arrives(self.there, at, self.timer(at), packets, draw);
        sent.saturating_add(self.round_trip / 2).saturating_add(self.there.delay(sent))
    }

    /// When a packet arrives that the target sends at `now`.
    pub fn answer(&self, now: Time, draw: &mut impl Rng) -> Time {
        let sent = self.copy_that_arrives(self.back, now, self.timer(now), 1, draw);
        sent.saturating_add(self.round_trip / 2).saturating_add(self.back.delay(sent))
    }

    /// When a packet arrives that the caller sends at `now`.
    fn arrives(&self, now: Time, draw: &mut impl Rng) -> Time {
        let sent = self.copy_that_arrives(self.there, now, self.timer(now), 1, draw);
        sent.saturating_add(self.round_trip / 2).saturating_add(self.there.delay(sent))
    }

    /// When the first exchange of a connection is over, SYN and SYN-ACK: the caller repeats it if either is lost.
    fn greeting(&self, now: Time, draw: &mut impl Rng) -> Time {
        let (mut at, mut timer) = (now, SYN_TIMEOUT);
        loop {
            let there = at.saturating_add(self.round_trip / 2).saturating_add(self.there.delay(at));
            if !self.there.loses(at, 1, draw) && !self.back.loses(there, 1, draw) {
                let rest = self.round_trip - self.round_trip / 2;
                return there.saturating_add(rest).saturating_add(self.back.delay(there));
            }
            at = at.saturating_add(timer);
            timer = (timer * 2).min(RTO_MAX);
            if timer == RTO_MAX {
                at = skip(self.there, at);
                at = skip(self.back, at);
            }
        }
    }

    /// When the copy is sent that arrives, if the first is sent at `now`.
    fn copy_that_arrives(
        &self,
        way: &Way,
        now: Time,
        mut timer: Span,
        mut packets: u32,
        draw: &mut impl Rng,
    ) -> Time {
        let mut at = now;
        while way.loses(at, packets, draw) {
            at = at.saturating_add(timer);
            timer = (timer * 2).min(RTO_MAX);
            if timer == RTO_MAX {
                at = skip(way, at);
            }
            // Of the packets that were lost the last decides, and one is likelier than several.
            packets = 1;
        }
        at
    }

    /// The timer of a connection that is open: the round trip as it is now, and [`RTO_MIN`].
    fn timer(&self, now: Time) -> Span {
        (self.round_trip + self.there.delay(now) + self.back.delay(now) + RTO_MIN).min(RTO_MAX)
    }
}

/// The first of the times `at + k · RTO_MAX` at which something passes: spares drawing through a long partition.
fn skip(way: &Way, at: Time) -> Time {
    let Some(open) = way.is_closed(at).then(|| way.reopens(at)).flatten() else { return at };
    let steps = open.since(at).as_nanos().div_ceil(RTO_MAX.as_nanos());
    at.saturating_add(RTO_MAX * steps)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sandbox_core::{Noise, Seed};

    use super::*;

    const RTT: Span = Span::from_millis(165);
    /// The timer of an open connection.
    const RTO: u64 = 365;

    fn at(millis: u64) -> Time {
        Time::ZERO + Span::from_millis(millis)
    }

    fn noise() -> Noise {
        Seed::new(11).noise("node/x/loss")
    }

    fn trip<'w>(there: &'w Way, back: &'w Way) -> Trip<'w> {
        Trip { there, back, round_trip: RTT }
    }

    fn clear() -> Way {
        Way::new(0.0, None)
    }

    fn closed(from: u64, until: u64) -> Way {
        let mut way = clear();
        way.set_faults(&[(at(from), at(until), 1.0)]);
        way
    }

    #[test]
    fn a_way_that_loses_nothing_takes_what_a_link_takes() {
        let way = Way::new(0.0, Some(Friction { loss: 0.0, delay: Span::ZERO, shape: Curve::constant(1.0) }));
        for nanos in [0, 1, 2, 165_000_000, 165_000_001] {
            let trip = Trip { there: &way, back: &way, round_trip: Span::from_nanos(nanos) };
            for new in [false, true] {
                let there = trip.request(Time::ZERO, new, 9, &mut noise().at(1, 0));
                assert_eq!(there, Time::ZERO + crate::LinkSpec::there(trip.round_trip, new));
            }
            let back = trip.answer(Time::ZERO, &mut noise().at(1, 1));
            assert_eq!(back, Time::ZERO + crate::LinkSpec::back(trip.round_trip));
        }
    }

    #[test]
    fn a_message_into_a_partition_is_sent_again_by_doubling_timers() {
        let (way, clear) = (closed(0, 2_000), clear());
        // Sent at 0, 365, 1095, 2555 ms: the last is the first that passes, and takes half a round trip.
        let there = trip(&way, &clear).request(Time::ZERO, false, 3, &mut noise().at(1, 0));
        assert_eq!(there, at(7 * RTO) + RTT / 2);
        assert_eq!(trip(&clear, &way).answer(Time::ZERO, &mut noise().at(1, 0)), there);
        // A window is half-open: what is sent at its end passes.
        assert_eq!(trip(&way, &clear).answer(at(2_000), &mut noise().at(1, 0)), at(2_000) + RTT / 2);
        let there = trip(&way, &clear).request(at(2_000), false, 1, &mut noise().at(1, 0));
        assert_eq!(there, at(2_000) + RTT / 2);
    }

    #[test]
    fn a_new_connection_repeats_its_first_packet_after_one_two_and_four_seconds() {
        let clear = clear();
        for (there, back) in [(closed(0, 5_000), clear.clone()), (clear.clone(), closed(0, 5_000))] {
            // Sent at 0, 1, 3 and 7 s; then three round trips less the last half.
            let arrived = trip(&there, &back).request(Time::ZERO, true, 1, &mut noise().at(1, 0));
            assert_eq!(arrived, at(7_000) + RTT * 2 + RTT / 2);
        }
    }

    #[test]
    fn long_partitions_end_within_the_longest_timer() {
        let (way, clear) = (closed(0, 3_600_000), clear());
        for new in [false, true] {
            let arrived = trip(&way, &clear).request(Time::ZERO, new, 1, &mut noise().at(1, 0));
            let late = arrived.since(at(3_600_000));
            assert!(late < RTO_MAX + RTT * 3, "{late}");
        }
        // By hand: 365 ms · (2⁹ - 1) is 186.5 s, when the next timer would be 186.9 s: from there on 120 s each.
        let arrived = trip(&way, &clear).request(Time::ZERO, false, 1, &mut noise().at(1, 0));
        let doubled = at(RTO * 511);
        let steps = at(3_600_000).since(doubled).as_nanos().div_ceil(RTO_MAX.as_nanos());
        assert_eq!(arrived, doubled + RTO_MAX * steps + RTT / 2);
    }

    #[test]
    fn the_number_of_losses_is_geometric() {
        let (lossy, clear) = (Way::new(0.15, None), clear());
        let n = 40_000_u64;
        let mut sent = [0_u64; 4];
        for request in 0..n {
            let back = trip(&clear, &lossy).answer(Time::ZERO, &mut noise().at(request, 2));
            let waited = back.since(at(0)).saturating_sub(RTT / 2).as_nanos() / 1_000_000;
            // After 0, 1, 2, 3 … losses: 0, 365, 1095, 2555 ms … are (2ᵏ - 1) · 365.
            let losses = (waited / RTO + 1).ilog2() as usize;
            assert_eq!(waited, ((1 << losses) - 1) * RTO);
            sent[losses.min(3)] += 1;
        }
        for (losses, expected) in [0.85, 0.1275, 0.019125, 0.003375].into_iter().enumerate() {
            // Binomial(40 000, p); 3.9 standard deviations: 99.99 % each.
            let (mean, sd) = (n as f64 * expected, (n as f64 * expected * (1.0 - expected)).sqrt());
            assert!((sent[losses] as f64 - mean).abs() < 3.9 * sd, "{losses}: {} of {mean}", sent[losses]);
        }
    }

    #[test]
    fn the_mean_delay_of_a_lossy_message_is_the_closed_form() {
        // With timers that double, losses of chance p cost RTO · Σ pᵏ·2ᵏ⁻¹ = RTO · p / (1 - 2p), for p < 1/2 and without
        // a longest timer; p = 5 % makes that 20.28 ms of 365. The second moment is RTO² · Σ (2ᵏ-1)² pᵏ(1-p):
        // standard deviation 102 ms.
        let (lossy, clear) = (Way::new(0.05, None), clear());
        let n = 100_000_u64;
        let total: f64 = (0..n)
            .map(|request| {
                let back = trip(&clear, &lossy).answer(Time::ZERO, &mut noise().at(request, 2));
                back.since(at(0)).as_secs_f64() - 0.0825
            })
            .sum();
        let expected = 0.365 * 0.05 / 0.9;
        // 3.9 standard errors of 0.102 / √100 000.
        assert!(
            (total / n as f64 - expected).abs() < 3.9 * 0.102 / (n as f64).sqrt(),
            "{}",
            total / n as f64
        );
    }

    #[test]
    fn a_long_prompt_is_likelier_hit_and_its_repetition_is_not() {
        assert_eq!((packets_of(1), packets_of(365), packets_of(366), packets_of(32_000)), (1, 1, 2, 88));
        let (lossy, clear) = (Way::new(0.01, None), clear());
        let n = 20_000_u64;
        let hit = |packets| {
            let arrives = |request| {
                trip(&lossy, &clear).request(Time::ZERO, false, packets, &mut noise().at(request, 0))
            };
            (0..n).filter(|&request| arrives(request) > at(0) + RTT / 2).count() as f64
        };
        // 1 - 0.99⁸⁸ = 0.587; 3.9 standard deviations.
        let expected = n as f64 * (1.0 - libm::pow(0.99, 88.0));
        assert!((hit(88) - expected).abs() < 3.9 * (expected * 0.413).sqrt(), "{}", hit(88));
        assert!((hit(1) - 200.0).abs() < 3.9 * 14.1, "{}", hit(1));
    }

    #[test]
    fn friction_follows_its_shape_and_is_capped() {
        let shape = Curve::new(Span::from_secs(1), vec![0.0, 1.0, 8.0]);
        let mut way = Way::new(0.1, Some(Friction { loss: 0.2, delay: Span::from_millis(100), shape }));
        assert!((way.loss(at(0)) - 0.1).abs() < 1e-12);
        assert!((way.loss(at(500)) - (1.0 - 0.9 * 0.9)).abs() < 1e-12);
        assert!((way.loss(at(1_000)) - (1.0 - 0.9 * 0.8)).abs() < 1e-12);
        assert!((way.loss(at(2_000)) - (1.0 - 0.9 * 0.1)).abs() < 1e-12, "8 · 0.2 is capped at 0.9");
        assert_eq!(way.delay(at(500)), Span::from_millis(50));
        assert!(way.is_troubled(at(1)) && !way.is_troubled(at(0)));
        way.calm_down();
        assert!((way.loss(at(1_000)) - 0.1).abs() < 1e-12 && !way.is_troubled(at(1_000)));
    }

    fn windows() -> impl Strategy<Value = Vec<(Time, Time, f64)>> {
        let share = prop_oneof![4 => 0.0..1.0_f64, 1 => Just(1.0)];
        let window = (0..50_u64, 1..30_u64, share)
            .prop_map(|(from, length, share)| (at(from), at(from + length), share));
        prop::collection::vec(window, 0..8)
    }

    proptest! {
        /// Independent coins, by the definition; any partition partitions; and the order does not matter to the bit.
        #[test]
        fn faults_of_a_link_compose_in_any_order(
            (windows, shuffled) in windows().prop_flat_map(|w| (Just(w.clone()), Just(w).prop_shuffle())),
            time in 0..90_u64,
        ) {
            let (mut a, mut b) = (clear(), clear());
            a.set_faults(&windows);
            b.set_faults(&shuffled);
            prop_assert_eq!(&a, &b);
            let on = |w: &&(Time, Time, f64)| w.0 <= at(time) && at(time) < w.1;
            let passes: f64 = windows.iter().filter(on).map(|w| 1.0 - w.2).product();
            prop_assert!((a.loss(at(time)) - (1.0 - passes)).abs() < 1e-12);
            prop_assert_eq!(a.is_closed(at(time)), windows.iter().filter(on).any(|w| w.2 == 1.0));
            prop_assert_eq!(a.is_troubled(at(time)), windows.iter().filter(on).any(|w| w.2 > 0.0));
        }

        /// More loss never lets a message arrive earlier.
        #[test]
        fn more_loss_delays(low in 0.0..0.9_f64, more in 0.0..0.9_f64, request in any::<u64>(), new in any::<bool>()) {
            let (way, worse) = (Way::new(low, None), Way::new(low + (0.9 - low) * more, None));
            let sent = |way: &Way| trip(way, &clear()).answer(Time::ZERO, &mut noise().at(request, 0));
            prop_assert!(sent(&way) <= sent(&worse));
            let request_of = |way: &Way| trip(&clear(), way).request(Time::ZERO, new, 5, &mut noise().at(request, 0));
            prop_assert!(request_of(&way) >= Time::ZERO + crate::LinkSpec::there(RTT, new));
        }
    }
}
