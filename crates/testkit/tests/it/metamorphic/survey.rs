//! Over the gallery's routers, under drawn scripts.

use sandbox_engine::run::RunError;
use sandbox_scenario::Resolved;
use sandbox_testkit::properties::{ALL, Property, Sort, Subject};
use sandbox_testkit::{Judge, Weather, search};

fn gallery() -> Resolved {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/router-gallery.ron");
    let overrides = ["duration=10m".to_owned(), "weather.script=[]".to_owned(), "warm_up=0s".to_owned()];
    Resolved::load(&path, &overrides).unwrap_or_else(|invalid| panic!("{invalid}"))
}

/// Cases of each property by router. A comparison takes some tens of milliseconds a case.
const CASES: u64 = 4;

/// `SWARM_SEED=7 SWARM_CASES=200 cargo test -p sandbox-testkit --test it survey` draws others.
#[test]
fn the_routers_of_the_gallery_keep_every_property_that_takes_a_second_look() -> Result<(), RunError> {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let (seed, cases) = (number("SWARM_SEED").unwrap_or(5), number("SWARM_CASES").unwrap_or(CASES));
    let gallery = gallery();
    let mut wrong = Vec::new();
    for router in gallery.scenario.routers.iter().map(|router| router.name.clone()) {
        if router == "grid" {
            continue;
        }
        let resolved = gallery.clone().with_entry(&router).expect("a router of the gallery");
        let weather = Weather::new(&resolved);
        let subject = Subject::new(resolved);
        for property in ALL.iter().filter(|p| p.sort != Sort::Safety) {
            let mut judge = Judge::new(&subject, std::slice::from_ref::<Property>(property), &[])?;
            for case in 0..cases {
                let script = search::draw(&weather, seed, case);
                if let Some(broken) = judge.judge(&script)?.broken {
                    wrong
                        .push(format!("{router}: {broken:?}\n{}", sandbox_scenario::script_to_text(&script)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
