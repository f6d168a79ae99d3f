//! Exact answers from small Markov chains.

/// What a client with a retry budget can expect.
#[derive(Copy, Clone, PartialEq, Debug)]
pub struct Expected {
    /// Attempts a call.
    pub load: f64,
    /// Share of the calls that succeed.
    pub success: f64,
}

/// Retries without limit on their number but `retries` a call, where each attempt fails with probability `p`: load
/// `Σ pᵏ`, success `1 - p^(retries + 1)`.
#[must_use]
pub fn plain(p: f64, retries: u32) -> Expected {
    let (mut load, mut power) = (0.0, 1.0);
    for _ in 0..=retries {
        load += power;
        power *= p;
    }
    Expected { load, success: 1.0 - power }
}

/// The same with a token bucket that holds at most `cap` tenths of a retry and is full at first; each call adds one tenth, a
/// retry takes ten. Means over clients of which each makes so many calls, one after the other.
#[must_use]
pub fn budgeted(p: f64, retries: u32, cap: usize, calls: &[u64]) -> Expected {
    let most = calls.iter().copied().max().unwrap_or(0);
    let mut level = vec![0.0; cap + 1];
    level[cap] = 1.0;
    let (mut load, mut success) = (0.0, 0.0);
    let (mut loads, mut successes) = (vec![0.0], vec![0.0]);
    for _ in 0..most {
        let mut next = vec![0.0; cap + 1];
        for (tenths, &weight) in level.iter().enumerate() {
            let (mut left, mut weight) = ((tenths + 1).min(cap), weight);
            let mut tries = 0;
            loop {
                load += weight;
                success += weight * (1.0 - p);
                if tries == retries || left < 10 {
                    next[left] += weight;
                    break;
                }
                next[left] += weight * (1.0 - p);
                (weight, left, tries) = (weight * p, left - 10, tries + 1);
            }
        }
        level = next;
        loads.push(load);
        successes.push(success);
    }
    let n = calls.iter().sum::<u64>() as f64;
    let mean = |sums: &[f64]| calls.iter().map(|&calls| sums[calls as usize]).sum::<f64>() / n;
    Expected { load: mean(&loads), success: mean(&successes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_that_is_never_empty_is_no_bucket() {
        let (bucket, none) = (budgeted(0.01, 3, 1_000_000, &[10]), plain(0.01, 3));
        assert!((bucket.load - none.load).abs() < 1e-12 && (bucket.success - none.success).abs() < 1e-12);
    }

    /// A dead server: 5 retries saved up, and a tenth a call after the first, whose tenth the full bucket loses; 104.9 are spent as
    /// 104 retries.
    #[test]
    fn a_dead_server_gets_a_tenth_more() {
        let bucket = budgeted(1.0, 3, 50, &[1_000]);
        assert!((bucket.load - 1.104).abs() < 1e-9, "{bucket:?}");
        assert!(bucket.success.abs() < 1e-12);
    }
}
