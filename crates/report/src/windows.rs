//! Windows of time: half-open, as pairs of onset and end.

use sandbox_core::{Span, Time};

/// The union of windows: in order of time, apart from each other, none empty.
pub(crate) fn union(windows: impl Iterator<Item = (Time, Time)>) -> Vec<(Time, Time)> {
    let mut windows: Vec<(Time, Time)> = windows.filter(|(from, until)| from < until).collect();
    windows.sort_unstable();
    let mut apart: Vec<(Time, Time)> = Vec::new();
    for (from, until) in windows {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => apart.push((from, until)),
        }
    }
    apart
}

/// How much of `from..until` a union covers.
pub(crate) fn overlap(union: &[(Time, Time)], from: Time, until: Time) -> Span {
    let first = union.partition_point(|window| window.1 <= from);
    union[first..]
        .iter()
        .take_while(|window| window.0 < until)
        .map(|window| window.1.min(until).saturating_since(window.0.max(from)))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_windows_count_once() {
        let at = Time::from_nanos;
        let windows = [(5, 9), (1, 3), (2, 4), (9, 9), (9, 12)].map(|(a, b)| (at(a), at(b)));
        let union = union(windows.into_iter());
        assert_eq!(union, [(at(1), at(4)), (at(5), at(12))]);
        assert_eq!(overlap(&union, at(3), at(6)), Span::from_nanos(2));
        assert_eq!(overlap(&union, at(12), at(20)), Span::ZERO);
    }
}
