//! What routers believed of each target, beside what was true: lanes over time, and lags per fault.
//!
//! A target counts as believed down while at least one router that has it believes so. Intervals are folded into
//! buckets and lags as they end, so that flapping costs no memory.

use sandbox_core::{Span, Time};

/// What is believed of every target of a router.
#[derive(Clone)]
pub(crate) struct Beliefs {
    lanes: Vec<Lane>,
    bucket: u64,
}

#[derive(Clone)]
struct Lane {
    /// Believed down from the one to the other, as far as is known.
    open: Option<(Time, Time)>,
    /// Time believed down, by bucket [ns].
    cells: Vec<u64>,
    /// The faults that hit this target, in order of onset.
    faults: Vec<Watched>,
    /// Faults before this one are over for good.
    settled: usize,
}

#[derive(Copy, Clone, Debug)]
struct Watched {
    id: usize,
    from: Time,
    until: Time,
    lags: Lags,
}

/// How long routers took to see a fault come and go.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Lags {
    pub(crate) detection: Option<Span>,
    pub(crate) failback: Option<Span>,
}

impl Beliefs {
    /// Lanes for `nodes` targets over `buckets` buckets.
    pub(crate) fn new(nodes: usize, buckets: usize, bucket: Span) -> Self {
        let lane = || Lane { open: None, cells: vec![0; buckets], faults: Vec::new(), settled: 0 };
        Self { lanes: (0..nodes).map(|_| lane()).collect(), bucket: bucket.as_nanos() }
    }

    /// Watches a fault of a target. Call in order of onset, which is that of the numbers `id`.
    pub(crate) fn watch(&mut self, node: usize, id: usize, from: Time, until: Time) {
        self.lanes[node].faults.push(Watched { id, from, until, lags: Lags::default() });
    }

    /// From `now` on the target is believed down until `until`, unless told otherwise before; `until <= now` means
    /// it is believed up. Returns a stretch of belief that has ended.
    #[inline]
    pub(crate) fn update(&mut self, node: usize, now: Time, until: Time) -> Option<(Time, Time)> {
        let bucket = self.bucket;
        let lane = &mut self.lanes[node];
        match lane.open {
            None => {
                lane.open = (until > now).then_some((now, until));
                None
            }
            Some((since, known)) if known >= now => {
                if until > now {
                    lane.open = Some((since, until));
                    None
                } else {
                    lane.open = None;
                    lane.close(since, now, bucket);
                    Some((since, now))
                }
            }
            Some((since, known)) => {
                lane.close(since, known, bucket);
                lane.open = (until > now).then_some((now, until));
                Some((since, known))
            }
        }
    }

    /// Ends the scenario; tells of each belief that ends with it, by target.
    pub(crate) fn finish(&mut self, end: Time, mut tell: impl FnMut(usize, Time, Time)) {
        let bucket = self.bucket;
        for (node, lane) in self.lanes.iter_mut().enumerate() {
            if let Some((since, until)) = lane.open.take() {
                lane.close(since, until.min(end), bucket);
                tell(node, since, until.min(end));
            }
        }
    }

    /// Time believed down, by bucket.
    pub(crate) fn cells(&self, node: usize) -> &[u64] {
        &self.lanes[node].cells
    }

    /// Lags of a fault over all its targets: the first detection, the last failback.
    pub(crate) fn lags(&self, id: usize) -> Lags {
        let mut all = Lags::default();
        for lane in &self.lanes {
            // Their numbers grow, too: a search and not a look at each, for there may be a hundred thousand.
            let first = lane.faults.partition_point(|watched| watched.id < id);
            let Some(watched) = lane.faults.get(first).filter(|watched| watched.id == id) else { continue };
            let earliest = [all.detection, watched.lags.detection].into_iter().flatten().min();
            all = Lags { detection: earliest, failback: all.failback.max(watched.lags.failback) };
        }
        all
    }
}

impl Lane {
    /// An interval of belief is over: `[since, until)`.
    fn close(&mut self, since: Time, until: Time, bucket: u64) {
        let (mut at, end) = (since.as_nanos(), until.as_nanos());
        while at < end {
            let index = ((at / bucket) as usize).min(self.cells.len() - 1);
            let stop = ((at / bucket + 1) * bucket).min(end);
            self.cells[index] += stop - at;
            at = stop;
        }
        // Intervals come in order of time: what ended before this one is settled.
        while self.faults.get(self.settled).is_some_and(|fault| fault.until <= since) {
            self.settled += 1;
        }
        for fault in &mut self.faults[self.settled..] {
            if fault.from >= until {
                break;
            }
            if fault.until <= since {
                continue;
            }
            let lag = since.saturating_since(fault.from);
            fault.lags.detection = Some(fault.lags.detection.map_or(lag, |known| known.min(lag)));
            let failback = until.saturating_since(fault.until);
            fault.lags.failback = fault.lags.failback.max(Some(failback));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Time {
        Time::ZERO + Span::from_secs(seconds)
    }

    fn secs(seconds: u64) -> Option<Span> {
        Some(Span::from_secs(seconds))
    }

    fn beliefs() -> Beliefs {
        let mut beliefs = Beliefs::new(1, 10, Span::from_secs(10));
        beliefs.watch(0, 7, at(10), at(30));
        beliefs
    }

    #[test]
    fn lags_are_measured_from_truth_to_belief() {
        let mut b = beliefs();
        b.update(0, at(14), at(19));
        b.update(0, at(22), at(27));
        b.update(0, at(29), at(34));
        b.finish(at(100), |_, _, _| {});
        assert_eq!(b.lags(7), Lags { detection: secs(4), failback: secs(4) });
        assert_eq!(b.cells(0)[..4], [0, 5_000_000_000, 6_000_000_000, 4_000_000_000]);
    }

    #[test]
    fn belief_that_ends_before_the_fault_has_no_failback_lag() {
        let mut b = beliefs();
        b.update(0, at(14), at(19));
        b.finish(at(100), |_, _, _| {});
        assert_eq!(b.lags(7), Lags { detection: secs(4), failback: secs(0) });
    }

    #[test]
    fn a_fault_that_nobody_saw_has_no_lags() {
        let mut b = beliefs();
        b.update(0, at(40), at(50));
        b.finish(at(100), |_, _, _| {});
        assert_eq!(b.lags(7), Lags::default());
    }

    #[test]
    fn belief_can_be_prolonged_and_withdrawn() {
        let mut b = beliefs();
        b.update(0, at(5), at(12));
        b.update(0, at(8), at(40));
        b.update(0, at(33), at(33));
        b.finish(at(100), |_, _, _| {});
        assert_eq!(b.lags(7), Lags { detection: secs(0), failback: secs(3) });
        assert_eq!(b.cells(0).iter().sum::<u64>(), 28_000_000_000);
    }
}
