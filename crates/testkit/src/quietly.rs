//! A strategy of somebody's own may panic: that is a finding, not the end of the search.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use sandbox_engine::{RunOptions, RunOutput, run};
use sandbox_scenario::Resolved;

thread_local! {
    /// What the panic said, while a thread runs something quietly.
    static SAID: RefCell<Option<Option<String>>> = const { RefCell::new(None) };
}

/// Runs something. A panic of this thread is not printed: it is returned as its message and place.
///
/// What `run` was changing when it panicked must not be used any more.
pub(crate) fn quietly<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = take_hook();
        set_hook(Box::new(move |panic| {
            let quiet = SAID.with_borrow_mut(|said| {
                let message = message_of(panic.payload());
                let place = panic.location().map_or(String::new(), |place| format!(" ({place})"));
                said.as_mut().map(|said| *said = Some(format!("{message}{place}"))).is_some()
            });
            if !quiet {
                loud(panic);
            }
        }));
    });
    let before = SAID.replace(Some(None));
    let ended = catch_unwind(AssertUnwindSafe(run));
    let said = SAID.replace(before).flatten();
    ended.map_err(|payload| match said {
        Some(said) => said,
        // It went on here from another thread, where it was printed.
        None => message_of(&*payload),
    })
}

/// Runs a scenario under its own script; `None` if the run comes to no end.
#[must_use]
pub fn whole_run(resolved: &Resolved) -> Option<RunOutput> {
    quietly(|| run(resolved, RunOptions::default())).ok()?.ok()
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    let said = payload.downcast_ref::<String>().map(String::as_str);
    said.or(payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_returned_with_its_message_and_place() {
        let said = quietly(|| -> u8 { panic!("no target {}", 7) }).unwrap_err();
        assert!(said.starts_with("no target 7 (") && said.contains("quietly.rs"), "{said}");
        assert_eq!(quietly(|| 1), Ok(1));
    }

    #[test]
    fn one_in_another_is_the_inner_ones() {
        let outer = quietly(|| {
            let inner = quietly(|| -> u8 { panic!("inner") }).unwrap_err();
            assert!(inner.starts_with("inner ("));
            std::panic::panic_any("outer".to_owned());
        });
        let said: Result<(), String> = outer;
        assert!(said.unwrap_err().starts_with("outer ("));
    }
}
