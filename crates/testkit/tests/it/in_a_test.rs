use proptest::prelude::*;
use sandbox_scenario::Resolved;
use sandbox_testkit::properties::{self, Sort, Subject};
use sandbox_testkit::{Judge, Property, Weather};

fn scenario() -> Resolved {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/quick.ron");
    Resolved::load(file.as_ref(), &[]).expect("a scenario")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn my_routers_are_safe(script in Weather::new(&scenario())) {
        let safety: Vec<Property> =
            properties::ALL.iter().filter(|property| property.sort == Sort::Safety).copied().collect();
        let mut judge = Judge::new(&Subject::new(scenario()), &safety, &[]).expect("it runs in calm weather");
        prop_assert_eq!(judge.judge(&script).expect("it runs").broken, None);
    }
}
