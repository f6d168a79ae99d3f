//! Counts of results over a window of time.

use sandbox_core::{Span, Time};

/// Slices of a sliding window: nothing older than the window counts, everything younger than nine tenths of it does.
const SLICES: usize = 10;

/// Results of the last while, in ten slices that begin at multiples of a tenth of the window.
#[derive(Copy, Clone, Default, Debug)]
pub(crate) struct Sliding {
    /// Number of the newest slice.
    slice: u64,
    passed: [u32; SLICES],
    failed: [u32; SLICES],
}

impl Sliding {
    /// Forgets what is too old; whether there was anything.
    pub(crate) fn advance(&mut self, window: Span, now: Time) -> bool {
        let width = (window.as_nanos() / SLICES as u64).max(1);
        let slice = now.as_nanos() / width;
        let mut forgot = 0;
        for skipped in (self.slice + 1..=slice).take(SLICES) {
            forgot += self.passed[skipped as usize % SLICES] + self.failed[skipped as usize % SLICES];
            self.passed[skipped as usize % SLICES] = 0;
            self.failed[skipped as usize % SLICES] = 0;
        }
        self.slice = slice;
        forgot > 0
    }

    /// Counts results.
    pub(crate) fn add(&mut self, window: Span, now: Time, passed: u32, failed: u32) {
        self.advance(window, now);
        let here = self.slice as usize % SLICES;
        self.passed[here] += passed;
        self.failed[here] += failed;
    }

    /// Passed and failed, as of the last call.
    pub(crate) fn counts(&self) -> (u32, u32) {
        (self.passed.iter().sum(), self.failed.iter().sum())
    }
}

/// A count that starts anew with the first event after its window is over (LiteLLM's cache entries with a TTL).
#[derive(Copy, Clone, Default, Debug)]
pub(crate) struct Tumbling {
    first: Time,
    count: u32,
}

impl Tumbling {
    /// Counts an event, and returns the count.
    pub(crate) fn add(&mut self, window: Span, now: Time) -> u32 {
        self.count = self.get(window, now) + 1;
        if self.count == 1 {
            self.first = now;
        }
        self.count
    }

    /// The count.
    pub(crate) fn get(&self, window: Span, now: Time) -> u32 {
        if self.count > 0 && now.saturating_since(self.first) < window { self.count } else { 0 }
    }
}
