//! Shapes over the hours of a day and the days of a week.

use serde::{Deserialize, Serialize};

/// A shape over the hours of a day and the days of a week, relative to its mean, in a zone's local time.
/// Values stand at full hours and are joined by straight lines.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Profile {
    /// No shape: 1 at all times.
    #[default]
    Flat,
    /// Demand at DeepSeek over a day, digitised from its published inference figures (open-infra-index,
    /// day 6, 27 to 28 Feb 2025): trough at 04:00 to 05:00, plateau 09:00 to 23:00, Asia/Shanghai.
    DeepSeekDay,
    /// When packets into mainland China get lost: from 09:30 to 21:30, Asia/Shanghai, with half an hour of ramp on
    /// either side of each. Twelve hours a day are those of commodity networks, as is the steepness (the authors of The
    /// Great Bottleneck of China, POMACS 2020, on the NANOG list); that they are those of the day is an assumption (they
    /// write "the majority of the daytime").
    ChinaSlowHours,
    /// When incidents began at OpenAI: shares by hour (UTC) and weekday of 373 incidents, Feb 2021 to Jan 2025
    /// (re-analysis of the FAILS data set, arXiv 2503.12185). Stairs by the hour; the mean over a week is 1.
    OpenAiIncidents,
    /// The same for 191 incidents at Anthropic, 2023 to Jan 2025.
    AnthropicIncidents,
    /// A shape of one's own.
    Hourly {
        /// IANA name of the zone.
        zone: String,
        /// 24 values for local 00:00, 01:00 … 23:00; scaled so that their mean is 1.
        hours: Vec<f64>,
        /// 7 factors for Monday … Sunday; not scaled, so that weekends do not raise the other days: with a mean
        /// other than 1 the mean over a week is other than 1 as well.
        #[serde(default = "seven_ones")]
        days: Vec<f64>,
    },
}

fn seven_ones() -> Vec<f64> {
    vec![1.0; 7]
}
