//! Properties: routers that keep them pass, and those that break one are caught by its name.
//!
//! * [`presets`] – every preset keeps every safety property, whatever the weather
//! * [`broken`] – strategies that promise one thing and do another
//! * `draw` – presets and weather, shared with the engine's own tests

mod broken;
mod presets;

#[path = "../../../../engine/tests/it/routers/presets/draw.rs"]
#[expect(dead_code, reason = "the engine's tests know more of each preset")]
mod draw;

use sandbox_testkit::properties::{ALL, Property, Sort, Subject};
use sandbox_testkit::{Broken, Judge};

/// All safety properties.
fn safety() -> Vec<Property> {
    ALL.iter().filter(|property| property.sort == Sort::Safety).copied().collect()
}

/// What a scenario's own script breaks of these.
fn breaks(subject: &Subject, properties: &[Property]) -> Option<Broken> {
    let mut judge = Judge::new(subject, properties, &[]).expect("no law is broken");
    judge.judge(&subject.resolved.script).expect("no law is broken").broken
}
