//! The bar of what takes longer than a second, and the line of a search: on standard error. Where that is no terminal, a
//! plain line every thirty seconds.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use sandbox_testkit::search::{self, Stage};

/// Steps of the bar.
const STEPS: u64 = 1_000;

/// What takes longer than this has a bar.
const SHOWN: Duration = Duration::from_secs(1);

/// So often there is a line where standard error is no terminal, so that nobody takes a long run for one that hangs.
const LINE: Duration = Duration::from_secs(30);

/// A bar that appears after the first second, with what is left to wait; a line every thirty seconds where standard error is no
/// terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    what: String,
    /// What the percentages are of.
    of: &'static str,
    view: View,
}

/// Where progress is told.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum View {
    /// On a terminal, not yet shown.
    Waiting,
    /// On a terminal.
    Bar,
    /// Elsewhere: so many lines were due so far.
    Lines(u128),
    /// Nowhere.
    Silent,
}

impl Progress {
    /// `of` says what the percentages are of: `of virtual time`.
    pub(crate) fn new(what: &str, of: &'static str) -> Self {
        let view = if std::io::stderr().is_terminal() { View::Waiting } else { View::Lines(0) };
        Self::with_view(what, of, view)
    }

    /// One that says nothing.
    pub(crate) fn silent() -> Self {
        Self::with_view("", "", View::Silent)
    }

    fn with_view(what: &str, of: &'static str, view: View) -> Self {
        let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::hidden());
        let style =
            ProgressStyle::with_template(&format!("{{msg}} [{{bar:30}}] {{percent}}% {of}, {{eta}} left"))
                .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        bar.set_message(what.to_owned());
        Self { bar, what: what.to_owned(), of, view }
    }

    /// A share (0 to 1) is done.
    pub(crate) fn at(&mut self, share: f64) {
        let elapsed = self.bar.elapsed();
        match self.view {
            View::Silent => return,
            View::Waiting if elapsed > SHOWN => {
                self.view = View::Bar;
                self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            }
            View::Lines(told) => {
                let due = elapsed.as_millis() / LINE.as_millis();
                if due > told {
                    self.view = View::Lines(due);
                    eprintln!("{}", line(&self.what, self.of, share, elapsed));
                }
            }
            View::Waiting | View::Bar => {}
        }
        self.bar.set_position((share * STEPS as f64) as u64);
    }
}

/// `quick: 34% of virtual time, 20 seconds left`.
fn line(what: &str, of: &str, share: f64, elapsed: Duration) -> String {
    let percent = (share * 100.0) as u64;
    let left = Duration::try_from_secs_f64(elapsed.as_secs_f64() * (1.0 - share) / share);
    let left = left.map_or_else(|_| String::new(), |left| format!(", {} left", HumanDuration(left)));
    format!("{what}: {percent}% {of}{left}")
}

/// A line for a search: what it is doing, how many runs it has judged, how fast, and what is left to wait.
pub(crate) struct Searching {
    bar: ProgressBar,
    stage: Option<Stage>,
    /// Runs that need not be made again.
    known: u64,
    /// Whether it was said how long it will take.
    told: bool,
}

/// After so long it can be said how long a search will take.
const SAYABLE: Duration = Duration::from_secs(5);
/// What takes longer than this is said beforehand.
const LONG: Duration = Duration::from_secs(60);

impl Searching {
    /// A search of which so many runs are known.
    pub(crate) fn new(known: u64) -> Self {
        // Hidden where standard error is no terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("running once without faults, for {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar, stage: None, known, told: false }
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
        self.expect(progress);
    }

    /// Says once, wherever standard error goes, how long a long search will take.
    fn expect(&mut self, progress: search::Progress) {
        let search::Progress { stage, done, of: Some(of) } = progress else { return };
        let (elapsed, fresh) = (self.bar.elapsed(), done.saturating_sub(self.known));
        if self.told || !matches!(stage, Stage::Cases | Stage::Worst) || elapsed < SAYABLE || fresh == 0 {
            return;
        }
        self.told = true;
        let each = elapsed.as_secs_f64() / fresh as f64;
        let left =
            Duration::try_from_secs_f64(each * of.saturating_sub(done) as f64).unwrap_or(Duration::MAX);
        if left < LONG {
            return;
        }
        let left = HumanDuration(left);
        self.bar.suspend(|| {
            eprintln!("{of} runs at {each:.2} s each: about {left} more (--cases sets their number)");
            eprintln!("it may be stopped at any time; the same command goes on where it was");
        });
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_what_is_left_once_anything_is_done() {
        let ten = Duration::from_secs(10);
        assert_eq!(
            line("quick", "of virtual time", 0.25, ten),
            "quick: 25% of virtual time, 30 seconds left"
        );
        assert_eq!(line("quick", "of virtual time", 0.0, ten), "quick: 0% of virtual time");
    }

    #[test]
    fn nothing_is_told_before_it_is_due() {
        for view in [View::Waiting, View::Lines(0), View::Silent] {
            let mut progress = Progress::with_view("quick", "of virtual time", view);
            progress.at(0.5);
            assert_eq!(progress.view, view);
        }
    }
}
