//! A request makes no more attempts at a router than the router promises.

use sandbox_engine::Monitor;
use sandbox_engine::monitor::{Decided, request_of};
use sandbox_routers::Decision;

use super::{Broken, How, News, Property, Sort, Subject, Watch};

pub(super) const ATTEMPTS: Property = Property {
    name: "attempts",
    says: "A request makes no more attempts at a router than the router's retries, fallbacks and hedges add up to.",
    sort: Sort::Safety,
    how: How::Watched(watch),
};

fn watch(subject: &Subject) -> Option<Box<dyn Watch>> {
    let most: Vec<Option<u64>> = subject.promises.iter().map(|promises| promises.attempts_max).collect();
    most.iter().any(Option::is_some).then(|| Box::new(Attempts { most, broken: None }) as Box<dyn Watch>)
}

#[derive(Clone)]
struct Attempts {
    /// By router.
    most: Vec<Option<u64>>,
    broken: Option<Broken>,
}

impl Monitor for Attempts {
    fn decided(&mut self, at: &Decided<'_>) {
        let (Decision::Try { .. }, Some(most)) = (at.decision, self.most[at.router]) else { return };
        let attempts = at.call.attempts.len() as u64 + 1;
        if attempts > most && self.broken.is_none() {
            self.broken = Some(Broken {
                property: ATTEMPTS.name.to_owned(),
                at: Some(at.call.now),
                request: Some(request_of(at.call.request)),
                what: format!("attempt {attempts} of a request that may have {most}"),
            });
        }
    }

    fn is_done(&self) -> bool {
        self.broken.is_some()
    }
}

impl Watch for Attempts {
    fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    fn wants(&self, news: News, router: usize) -> bool {
        self.most[router].is_some() && matches!(news, News::First | News::Further)
    }
}
