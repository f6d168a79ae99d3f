//! Simpler scripts.

use proptest::strategy::ValueTree;
use sandbox_model::OutageScript;

use super::Weather;

/// A script that can be shrunk.
#[derive(Clone, Debug)]
pub struct ScriptTree {
    weather: Weather,
    script: OutageScript,
}

impl ScriptTree {
    /// A script to be shrunk.
    #[must_use]
    pub fn new(weather: Weather, script: OutageScript) -> Self {
        Self { weather, script }
    }
}

/// Scripts that are simpler than `script`, those that are by far simpler first.
pub fn candidates(script: &OutageScript, weather: &Weather) -> impl Iterator<Item = OutageScript> {
    let less = (script.faults.len() > 1).then_some(0..script.faults.len());
    let without = |index| {
        let mut script = script.clone();
        script.faults.remove(index);
        script
    };
    less.into_iter().flatten().map(without).filter(|script| weather.admits(script))
}

impl ValueTree for ScriptTree {
    type Value = OutageScript;

    fn current(&self) -> OutageScript {
        self.script.clone()
    }

    fn simplify(&mut self) -> bool {
        let _ = &self.weather;
        false
    }

    fn complicate(&mut self) -> bool {
        false
    }
}
