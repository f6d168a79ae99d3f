//! The bar of a run that takes longer than a second, and the line of a search: on standard error, and only if that is a
//! terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sandbox_testkit::search::{self, Stage};

/// Steps of the bar.
const STEPS: u64 = 1_000;

/// A bar that appears after the first second, with what is left to wait.
pub(crate) struct Progress {
    bar: ProgressBar,
    shown: bool,
}

impl Progress {
    pub(crate) fn new(what: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent}% of virtual time, {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        bar.set_message(what.to_owned());
        Self { bar, shown: false }
    }

    /// A share (0 to 1) is done.
    pub(crate) fn at(&mut self, share: f64) {
        if !self.shown && self.bar.elapsed() > Duration::from_secs(1) {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        self.bar.set_position((share * STEPS as f64) as u64);
    }
}

/// A line for a search: what it is doing, how many runs it has judged, how fast, and what is left to wait.
pub(crate) struct Searching {
    bar: ProgressBar,
    stage: Option<Stage>,
}

impl Searching {
    pub(crate) fn new() -> Self {
        // Hidden where standard error is no terminal.
        Self { bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10)), stage: None }
    }

    /// So far it has come.
    pub(crate) fn at(&mut self, progress: search::Progress) {
        self.at_with(progress, String::new());
    }

    /// The same, and what else there is to say.
    pub(crate) fn at_with(&mut self, progress: search::Progress, more: String) {
        let search::Progress { stage, done, of } = progress;
        if self.stage != Some(stage) {
            self.stage = Some(stage);
            let (words, rest) = match stage {
                Stage::Corpus => ("kept scripts", ""),
                Stage::Cases => ("cases", ", {per_sec}, {eta} left"),
                Stage::Shrinking => ("shrinking what was found", ", {per_sec}"),
                Stage::Worst => ("runs", ", {per_sec}, {eta} left"),
            };
            let template = match of {
                Some(_) => format!("{words}: {{pos}} of {{len}}{rest}{{msg}}"),
                None => format!("{words}: {{pos}} runs{rest}"),
            };
            let style = ProgressStyle::with_template(&template);
            self.bar.reset();
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        }
        self.bar.set_message(more);
        self.bar.set_length(of.unwrap_or(done));
        self.bar.set_position(done);
    }
}

impl Drop for Searching {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
