//! In how many cases the property `returns` has its say: a run in which trouble never ends, or which is over before a
//! router must have forgotten it, says nothing of how it comes back.

use sandbox_core::Time;
use sandbox_engine::monitor::{Decided, Ended, Learnt, Left};
use sandbox_engine::trials::Length;
use sandbox_engine::{Monitor, RunError, Trials};
use sandbox_model::OutageScript;
use sandbox_routers::Fleet;
use sandbox_testkit::properties::{ALL, How, Watch};
use sandbox_testkit::search::{Check, draw};

/// How many cases were asked, and in how many it had something to say.
pub(super) fn of(search: &Check, cases: u64) -> Result<(u64, u64), RunError> {
    let returns = ALL.iter().find(|property| property.name == "returns").expect("it is one of them");
    let How::Watched(watch) = returns.how else { return Ok((cases, 0)) };
    let Some(watch) = watch(&search.subject) else { return Ok((cases, 0)) };
    let mut trials = Trials::new(&search.subject.resolved, Some(Box::new(Listening(watch))))?;
    let mut said = 0;
    for case in 0..cases {
        let script = draw(&search.weather, search.seed, case);
        let trial = trials.run(&script, Length::Whole)?;
        let listening = trial.monitor().map(|monitor| monitor as &dyn std::any::Any);
        let listening = listening.and_then(|monitor| monitor.downcast_ref::<Listening>());
        said += u64::from(listening.is_some_and(|listening| listening.0.has_spoken()));
    }
    Ok((cases, said))
}

/// Nothing but what it watches with.
#[derive(Clone)]
struct Listening(Box<dyn Watch>);

impl Monitor for Listening {
    fn knows(&mut self, script: &OutageScript) {
        self.0.knows(script);
    }

    fn decided(&mut self, at: &Decided<'_>) {
        self.0.decided(at);
    }

    fn learnt(&mut self, at: &Learnt<'_>) {
        self.0.learnt(at);
    }

    fn left(&mut self, at: &Left) {
        self.0.left(at);
    }

    fn heard(&mut self, router: usize, report: &Fleet) {
        self.0.heard(router, report);
    }

    fn ended(&mut self, at: &Ended) {
        self.0.ended(at);
    }

    fn over(&mut self, now: Time) {
        self.0.over(now);
    }

    fn is_done(&self) -> bool {
        self.0.is_done()
    }
}
