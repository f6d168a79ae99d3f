//! What a guided search breeds from, and which of its moves have paid.

use std::collections::BTreeMap;

use sandbox_core::{Rng, Span, below, chance, uniform};
use sandbox_model::OutageScript;

use super::moves::Move;

/// A script that is kept to breed from.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) script: OutageScript,
    /// More is worse.
    pub(super) badness: f64,
}

impl Kept {
    /// Whether this one is before another: it is worse, or as bad with fewer faults or shorter ones.
    fn before(&self, other: &Self) -> bool {
        let cost = |script: &OutageScript| {
            let lengths = script.faults.iter().map(|fault| fault.until.saturating_since(fault.from));
            (script.faults.len(), lengths.fold(Span::ZERO, Span::saturating_add))
        };
        self.badness > other.badness
            || self.badness >= other.badness && cost(&self.script) < cost(&other.script)
    }
}

/// What a script is mostly made of: a target, and the name of a kind.
type Niche = (String, &'static str);

/// The worst scripts so far: of all, and of each niche, so that what came first does not drive out all else.
#[derive(Default, Debug)]
pub(super) struct Lineages {
    /// All different, the worst first.
    top: Vec<Kept>,
    niches: BTreeMap<Niche, Kept>,
}

/// Scripts that are kept, whatever they are made of.
const TOP: usize = 10;

impl Lineages {
    pub(super) const fn is_empty(&self) -> bool {
        self.top.is_empty()
    }

    pub(super) fn take(&mut self, one: Kept) {
        let Some(niche) = niche(&one.script) else { return };
        if self.niches.get(&niche).is_none_or(|best| one.before(best)) {
            self.niches.insert(niche, one.clone());
        }
        if self.top.iter().all(|kept| kept.script != one.script) {
            // After those that are as bad: what came first stays.
            let at = self.top.partition_point(|kept| !one.before(kept));
            self.top.insert(at, one);
            self.top.truncate(TOP);
        }
    }

    /// One to breed from. With a chance of `wide` it is the best of a niche, else one of the worst of all; of either the
    /// worse the likelier.
    pub(super) fn pick<R: Rng + ?Sized>(&self, wide: f64, rng: &mut R) -> &Kept {
        let ranked = |count: usize, rng: &mut R| {
            let count = count as u64;
            below(rng, count).min(below(rng, count)) as usize
        };
        if chance(rng, wide) {
            let mut niches: Vec<&Kept> = self.niches.values().collect();
            niches.sort_by(|a, b| b.badness.total_cmp(&a.badness));
            niches[ranked(niches.len(), rng)]
        } else {
            &self.top[ranked(self.top.len(), rng)]
        }
    }
}

/// The target and kind of most of a script's faults; of several as many, the longest.
fn niche(script: &OutageScript) -> Option<Niche> {
    let mut of: BTreeMap<Niche, (u64, Span)> = BTreeMap::new();
    for fault in &script.faults {
        let (count, long) = of.entry((fault.target.clone(), fault.kind.name())).or_default();
        *count += 1;
        *long = long.saturating_add(fault.until.saturating_since(fault.from));
    }
    of.into_iter().max_by_key(|(_, weight)| *weight).map(|(niche, _)| niche)
}

/// Which moves have paid: they are made more often, but none is given up.
#[derive(Clone, Debug)]
pub(super) struct Credit {
    /// By move: how often it was made, and what it has earned. Old ones fade.
    of: [(f64, f64); Move::ALL.len()],
}

/// Share of the choices in which all moves are alike.
const ALIKE: f64 = 0.3;
/// What is left of what is known after each generation.
const FADING: f64 = 0.9;

impl Default for Credit {
    fn default() -> Self {
        Self { of: [(4.0, 1.0); Move::ALL.len()] }
    }
}

impl Credit {
    pub(super) fn pick<R: Rng + ?Sized>(&self, rng: &mut R) -> Move {
        if chance(rng, ALIKE) {
            return Move::ALL[below(rng, Move::ALL.len() as u64) as usize];
        }
        let rate = |(made, earned): &(f64, f64)| earned / made;
        let mut left = uniform(rng) * self.of.iter().map(rate).sum::<f64>();
        for (how, credit) in Move::ALL.iter().zip(&self.of) {
            left -= rate(credit);
            if left < 0.0 {
                return *how;
            }
        }
        Move::Small
    }

    /// A script that was made so has earned this much: 0 if it is no worse than the one it was made from.
    pub(super) fn take(&mut self, moves: &[Move], earned: f64) {
        for how in moves {
            let (made, sum) = &mut self.of[*how as usize];
            *made += 1.0;
            *sum += earned;
        }
    }

    /// Another generation begins.
    pub(super) fn fade(&mut self) {
        for (made, earned) in &mut self.of {
            *made = 4.0 + FADING * (*made - 4.0);
            *earned = 1.0 + FADING * (*earned - 1.0);
        }
    }
}
