//! Sums over a window that slides in tenths of itself.

use sandbox_core::{Span, Time};

const SLICES: u64 = 10;

/// Ten slices that begin at multiples of a tenth of the window.
#[derive(Copy, Clone, Default, Debug)]
pub(super) struct Slices<T> {
    /// Number of the newest slice.
    newest: u64,
    values: [T; SLICES as usize],
}

impl<T: Copy + Default> Slices<T> {
    fn number(window: Span, now: Time) -> u64 {
        now.as_nanos() / (window.as_nanos() / SLICES).max(1)
    }

    /// The slice of now; those that are too old are emptied.
    pub(super) fn now(&mut self, window: Span, now: Time) -> &mut T {
        let number = Self::number(window, now).max(self.newest);
        for skipped in (self.newest + 1..=number).take(SLICES as usize) {
            self.values[(skipped % SLICES) as usize] = T::default();
        }
        self.newest = number;
        &mut self.values[(number % SLICES) as usize]
    }

    /// Those that are not too old.
    #[inline]
    pub(super) fn young(&self, window: Span, now: Time) -> impl Iterator<Item = T> {
        let number = Self::number(window, now).max(self.newest);
        (number.saturating_sub(SLICES - 1)..=self.newest).map(|n| self.values[(n % SLICES) as usize])
    }
}
