//! Attempts beside one that runs.

use std::sync::Arc;

use sandbox_core::Time;
use sandbox_engine::monitor::{Decided, Left};
use sandbox_routers::Decision;
use sandbox_routers::parts::{Hedge, Losers};

use super::held::{Held, watch};
use super::{How, News, Property, Sort};

pub(super) const HEDGES: Property = Property {
    name: "hedges",
    says: "Beside an attempt that runs there are no more than the router's hedges, none before its time without a first \
           token, and those that lose are cancelled where the router says so.",
    sort: Sort::Safety,
    how: How::Watched(|subject| {
        watch(HEDGES.name, subject, |router| {
            let hedge = router.promises.hedge?;
            Some(Hedges { hedge, names: router.names.clone() })
        })
    }),
};

#[derive(Clone)]
struct Hedges {
    hedge: Option<Hedge>,
    names: Arc<[String]>,
}

impl Held for Hedges {
    const WANTS: &'static [News] = &[News::Further, News::Left];

    fn decided(&mut self, at: &Decided<'_>) -> Option<String> {
        let Decision::Try { target, .. } = at.decision else { return None };
        let running = at.call.attempts.iter().filter(|tried| tried.answer.is_none());
        let beside = running.clone().count();
        if beside == 0 {
            return None;
        }
        let name = &self.names[target];
        let Some(hedge) = self.hedge else {
            return Some(format!(
                "`{name}` is asked while another attempt runs, and the router does not hedge"
            ));
        };
        if beside > hedge.most as usize {
            return Some(format!(
                "`{name}` is asked beside {beside} others, and there may be {} hedges at once",
                hedge.most
            ));
        }
        // While an attempt runs, its time is that at which it began.
        let newest = running.map(|tried| tried.at).max().unwrap_or(Time::ZERO);
        let waited = at.call.now.saturating_since(newest);
        (waited < hedge.after).then(|| {
            format!(
                "`{name}` is asked {waited} after another attempt began, and the hedge waits for {}",
                hedge.after
            )
        })
    }

    fn left(&mut self, at: &Left) -> Option<String> {
        let cancels = self.hedge.is_none_or(|hedge| hedge.losers == Losers::Cancelled);
        let name = &self.names[at.target];
        (at.lost && cancels && !at.cancelled)
            .then(|| format!("the attempt at `{name}` lost and runs on, uncancelled"))
    }
}
