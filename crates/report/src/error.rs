//! What can go wrong while a report is made.

/// Why a report could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The picture is too small to hold what it must show.
    #[error("a picture of {width} x {height} pixels is too small; hint: at least {min_width} x {min_height}")]
    TooSmall {
        /// Asked for in pixels.
        width: u32,
        /// Asked for in pixels.
        height: u32,
        /// Least width in pixels.
        min_width: u32,
        /// Least height in pixels.
        min_height: u32,
    },
    /// The picture is larger than memory should be spent on.
    #[error("a picture of {width} x {height} pixels is too large; hint: at most {max} each way")]
    TooLarge {
        /// Asked for in pixels.
        width: u32,
        /// Asked for in pixels.
        height: u32,
        /// Largest width and height in pixels.
        max: u32,
    },
    /// What is no instant of a run.
    #[error(
        "`{text}` {problem}; hint: write time since the start, like `9h30m`, or wall clock, like `20:15` or `2026-11-18 20:15`"
    )]
    Moment {
        /// As it was written.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A stretch of time of which the run has nothing.
    #[error("nothing lies from {from} to {until}; hint: the run goes from {start} to {end}")]
    Stretch {
        /// As it was asked for.
        from: String,
        /// As it was asked for.
        until: String,
        /// First instant of the run.
        start: String,
        /// Last instant of the run.
        end: String,
    },
    /// Runs that cannot be on one picture.
    #[error("{first} and {other} cannot be drawn together: {problem}; hint: {hint}")]
    Mismatch {
        /// Name of the first run.
        first: String,
        /// Name of the one that does not fit.
        other: String,
        /// In what they differ.
        problem: String,
        /// What to do about it.
        hint: &'static str,
    },
    /// Too few or too many runs for one picture.
    #[error("{count} runs cannot make this picture; hint: {hint}")]
    Runs {
        /// How many there are.
        count: usize,
        /// How many there can be.
        hint: &'static str,
    },
    /// Drawing or encoding failed: our bug.
    #[error("cannot draw the timeline: {0}")]
    Draw(String),
    /// A CSV file that is not what [`timeline_csv`](crate::csv::timeline_csv) writes.
    #[error("timeline.csv, line {line}: {problem}")]
    Csv {
        /// Line in the file, from 1.
        line: u64,
        /// What is wrong there.
        problem: String,
    },
    /// A fault of a lane that the timeline does not have.
    #[error("a fault on lane {lane}, but the timeline has {lanes}")]
    NoSuchLane {
        /// Index of the lane.
        lane: usize,
        /// How many there are.
        lanes: usize,
    },
}
