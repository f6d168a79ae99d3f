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

/// Cases of each property by router. A comparison takes some milliseconds a case.
const CASES: u64 = 4;

#[test]
fn the_routers_of_the_gallery_keep_every_property_that_takes_a_second_look() -> Result<(), RunError> {
    let gallery = gallery();
    for router in gallery.scenario.routers.iter().map(|router| router.name.clone()) {
        if router == "grid" {
            continue;
        }
        let resolved = gallery.clone().with_entry(&router).expect("a router of the gallery");
        let weather = Weather::new(&resolved);
        let subject = Subject::new(resolved);
        for property in ALL.iter().filter(|p| p.sort != Sort::Safety) {
            let mut judge = Judge::new(&subject, std::slice::from_ref::<Property>(property), &[])?;
            for case in 0..CASES {
                let script = search::draw(&weather, 5, case);
                let broken = judge.judge(&script)?.broken;
                assert!(
                    broken.is_none(),
                    "{router}: {broken:?}\n{}",
                    sandbox_scenario::script_to_text(&script)
                );
            }
        }
    }
    Ok(())
}

/// Draws many more: `cargo test -p sandbox-testkit --test it survey -- --ignored --nocapture`.
#[test]
#[ignore = "long"]
fn survey() -> Result<(), RunError> {
    let cases = std::env::var("CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(5);
    let only = std::env::var("ROUTER").ok();
    let named = std::env::var("PROPERTY").ok();
    let gallery = gallery();
    for router in gallery.scenario.routers.iter().map(|router| router.name.clone()) {
        if router == "grid" || only.as_ref().is_some_and(|only| *only != router) {
            continue;
        }
        let resolved = gallery.clone().with_entry(&router).expect("a router of the gallery");
        let weather = Weather::new(&resolved);
        let subject = Subject::new(resolved);
        for property in ALL.iter().filter(|p| p.sort != Sort::Safety) {
            if named.as_ref().is_some_and(|named| named != property.name) {
                continue;
            }
            let started = std::time::Instant::now();
            let mut judge = Judge::new(&subject, std::slice::from_ref::<Property>(property), &[])?;
            let mut broken = Vec::new();
            for case in 0..cases {
                let script = search::draw(&weather, 1, case);
                if let Some(found) = judge.judge(&script)?.broken {
                    broken.push((case, found, script));
                }
            }
            println!(
                "{router} {}: {} of {cases} broken, {:?}",
                property.name,
                broken.len(),
                started.elapsed()
            );
            for (case, found, script) in broken.iter().take(2) {
                println!("  case {case}: {} at {:?} request {:?}", found.what, found.at, found.request);
                println!("  {}", sandbox_scenario::script_to_text(script).replace('\n', "\n  "));
            }
        }
    }
    Ok(())
}
