//! Presets: named compositions.

use sandbox_model::Price;

use crate::backoff::Backoff;
use crate::composed::{Composed, Exhausted};
use crate::memory::{Cooldown, Demotion, Memory};
use crate::selection::Selection;

const fn first(n: usize) -> u64 {
    if n >= 64 { u64::MAX } else { (1 << n) - 1 }
}

/// One target and no second try.
#[must_use]
pub fn single() -> Composed {
    ordered_fallback(1, 0, Backoff::NONE, None)
}

/// Targets in order: retries on each, then the next.
#[must_use]
pub fn ordered_fallback(
    targets: usize,
    retries: u32,
    backoff: Backoff,
    cooldown: Option<Cooldown>,
) -> Composed {
    Composed {
        allowed: first(targets),
        max_price: None,
        memory: cooldown.map_or(Memory::None, |rule| Memory::cooldown(rule, targets)),
        selection: Selection::Ordered((0..targets).collect()),
        retries,
        backoff,
        budget: None,
        most_targets: u32::MAX,
        exhausted: Exhausted::LastError,
    }
}

/// Request fields of OpenRouter that its legacy balancer honours here.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct OpenRouterFields {
    /// `order`: tried first, in this order; switches the balancing off.
    pub order: Vec<usize>,
    /// The opposite of `allow_fallbacks`: with `order` only those are used, without it there is one try.
    pub no_fallbacks: bool,
    /// `max_price`: dearest input and output price.
    pub max_price: Option<(Price, Price)>,
}

/// OpenRouter's default balancer as documented up to Aug 2026 (`guides/routing/provider-selection.mdx`).
///
/// Endpoints without a significant outage in the last 30 s are drawn with weight 1/price²; when one fails the next
/// is drawn from the rest (the docs do not say whether it is drawn or price-ordered: an assumption); those with an
/// outage come last. One attempt an endpoint, no waits.
#[must_use]
pub fn openrouter_legacy(targets: usize, fields: &OpenRouterFields, demotion: Demotion) -> Composed {
    let all = first(targets);
    let listed = fields.order.iter().fold(0, |mask, &target| mask | 1 << target);
    let ordered = listed != 0;
    Composed {
        allowed: if ordered && fields.no_fallbacks { listed } else { all },
        max_price: fields.max_price,
        memory: if ordered { Memory::None } else { Memory::demotion(demotion, targets) },
        selection: if ordered {
            let rest = (0..targets).filter(|target| !fields.order.contains(target));
            Selection::Ordered(fields.order.iter().copied().chain(rest).collect())
        } else {
            Selection::InverseSquarePrice
        },
        retries: 0,
        backoff: Backoff::NONE,
        budget: None,
        most_targets: if fields.no_fallbacks && !ordered { 1 } else { u32::MAX },
        exhausted: Exhausted::OpenRouter,
    }
}
