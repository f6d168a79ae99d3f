//! Which panels there are, and sets of them.

use std::str::FromStr;

/// One panel of a picture; all have time as their horizontal axis.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Panel {
    /// For each target what was really wrong with it, over what routers believed; load below.
    Lanes,
    /// Who served the requests that arrived: plan, leak, nobody.
    Share,
    /// Time to first token: percentiles over how many requests had which.
    Ttft,
    /// What it has cost so far, against the control twin.
    Cost,
    /// Attempts per request that arrived.
    Attempts,
    /// 429 answers of endpoints.
    Limits,
}

impl Panel {
    /// All, from the top down.
    pub const ALL: [Self; 6] =
        [Self::Lanes, Self::Share, Self::Ttft, Self::Cost, Self::Attempts, Self::Limits];

    /// The name by which it is asked for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lanes => "lanes",
            Self::Share => "share",
            Self::Ttft => "ttft",
            Self::Cost => "cost",
            Self::Attempts => "attempts",
            Self::Limits => "limits",
        }
    }

    /// What stands over it, and what explains that.
    pub(crate) const fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::Lanes => ("Truth over belief", ""),
            Self::Share => ("Who served", "share of the requests that arrived"),
            Self::Ttft => ("Time to first token", "at the client; logarithmic"),
            Self::Cost => ("Cost so far", "against the same arrivals in calm weather"),
            Self::Attempts => ("Attempts per request", "begun in a bucket, per request that arrived in it"),
            Self::Limits => ("429 answers", "of all endpoints, a second"),
        }
    }

    /// Height of its plot among others, and alone; of [`Panel::Lanes`] its rows decide [px].
    pub(crate) const fn heights(self) -> (i32, i32) {
        match self {
            Self::Lanes => (0, 0),
            Self::Share => (210, 400),
            Self::Ttft => (220, 420),
            Self::Cost => (240, 420),
            Self::Attempts => (170, 340),
            Self::Limits => (140, 320),
        }
    }

    /// Its part of a height that is given.
    pub(crate) const fn weight(self) -> i32 {
        match self {
            Self::Lanes => 0,
            Self::Share => 33,
            Self::Ttft => 31,
            Self::Cost => 36,
            Self::Attempts => 26,
            Self::Limits => 20,
        }
    }
}

impl FromStr for Panel {
    type Err = String;

    /// Reads [`Panel::name`].
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|panel| panel.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("there is no panel `{text}`; hint: there are {names}")
        })
    }
}

/// A set of panels; from the top down they stand as in [`Panel::ALL`].
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Panels(u8);

impl Panels {
    /// Truth over belief, who served, time to first token, cost.
    pub const USUAL: Self = Self(0b1111);

    /// From the top down.
    pub fn iter(self) -> impl Iterator<Item = Panel> {
        Panel::ALL.into_iter().filter(move |&panel| self.has(panel))
    }

    /// Whether it is one of them.
    #[must_use]
    pub const fn has(self, panel: Panel) -> bool {
        self.0 & 1 << panel as u8 != 0
    }

    /// How many there are.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl FromIterator<Panel> for Panels {
    fn from_iter<I: IntoIterator<Item = Panel>>(panels: I) -> Self {
        Self(panels.into_iter().fold(0, |set, panel| set | 1 << panel as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_keep_the_order_of_the_page() {
        let set: Panels = [Panel::Cost, Panel::Lanes, Panel::Cost].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Panel::Lanes, Panel::Cost]);
        assert_eq!(set.count(), 2);
        let usual = [Panel::Lanes, Panel::Share, Panel::Ttft, Panel::Cost];
        assert_eq!(Panels::USUAL, usual.into_iter().collect());
    }

    #[test]
    fn names_read_back() {
        for panel in Panel::ALL {
            assert_eq!(panel.name().parse(), Ok(panel));
        }
        assert!("lane".parse::<Panel>().is_err_and(|error| error.contains("lanes, share")));
    }
}
