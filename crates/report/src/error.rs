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
