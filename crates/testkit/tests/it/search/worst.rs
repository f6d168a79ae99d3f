//! The search for the worst.

use sandbox_core::Span;
use sandbox_routers::Registry;
use sandbox_scenario::Metric;
use sandbox_testkit::properties::Subject;
use sandbox_testkit::search::{MemoryJournal, Method, Worst, WorstFound, worst};
use sandbox_testkit::weather::Weather;

use super::small;

const DOWNTIME: Span = Span::from_secs(30);

fn of(seed: u64, jobs: usize, method: Method) -> (Worst, WorstFound) {
    let resolved = small(&[], Registry::default());
    let search = Worst {
        weather: Weather::new(&resolved).with_faults_max(2).with_downtime_max(DOWNTIME),
        subject: Subject::new(resolved),
        metric: Metric::LeakPremium,
        workload: None,
        runs: 80,
        seed,
        jobs,
        method,
    };
    let found = worst(&search, &mut MemoryJournal::default(), &mut |_, _| {});
    (search, found.unwrap_or_else(|error| panic!("{error}")))
}

#[test]
fn a_guided_search_finds_no_less_than_a_random_one() {
    for seed in 1..=3 {
        let best = |method| {
            let (search, found) = of(seed, 2, method);
            let (best, shrunk) = (found.best.expect("something leaks"), found.shrunk.expect("and is shrunk"));
            assert_eq!(found.runs, 80);
            assert!(search.weather.admits(&best.script), "{:?}", best.script);
            assert!(shrunk.value >= best.value);
            assert_eq!(found.curve.last().map(|(_, value)| *value), Some(best.value));
            best.value
        };
        let (guided, random) = (best(Method::Guided), best(Method::Random));
        assert!(guided >= random && random > 0.0, "seed {seed}: {guided} {random}");
    }
}

#[test]
fn the_worst_does_not_depend_on_the_number_of_threads() {
    assert_eq!(of(1, 1, Method::Guided).1, of(1, 3, Method::Guided).1);
}
