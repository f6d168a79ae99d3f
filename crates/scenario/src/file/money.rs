//! What an endpoint charges, what it charges for work that nobody got, and what a gateway adds.

use sandbox_model::{Currency, QuotedPrice, Usd};
use serde::{Deserialize, Serialize};

use crate::clock::{TimeOfDay, WallClock};

/// What one unit of a currency is worth. There are no rates by default: a rate is the user's.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurrencyRate {
    /// ISO 4217 code: three capital letters.
    pub code: Currency,
    /// One unit in dollars, the same for the whole scenario.
    pub usd: Usd,
}

/// Prices per class of token, and what moves them.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    /// Prompt tokens.
    pub input: QuotedPrice,
    /// Prompt tokens that the endpoint reads from its prefix cache. Default: the price of `input`.
    #[serde(default)]
    pub cached: Option<QuotedPrice>,
    /// Answer tokens.
    pub output: QuotedPrice,
    /// Other prices for the whole request if its prompt is long, in growing order.
    #[serde(default)]
    pub steps: Vec<LongPrompt>,
    /// Other prices at certain hours; they must not overlap.
    #[serde(default)]
    pub windows: Vec<PriceWindow>,
    /// How prices rise with competing load `u`: they are multiplied by `1 + surge * u`. An assumption where given:
    /// no provider is known to do so.
    #[serde(default)]
    pub surge: f64,
}

/// Prices of a request whose prompt is longer than `above` (LiteLLM's `…_above_200k_tokens`, Anthropic and Gemini).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LongPrompt {
    /// Prompt tokens, cached ones included; a prompt of exactly so many is not above it.
    pub above: u32,
    /// Prompt tokens.
    pub input: QuotedPrice,
    /// Cached prompt tokens. Default: the price of `input` here.
    #[serde(default)]
    pub cached: Option<QuotedPrice>,
    /// Answer tokens.
    pub output: QuotedPrice,
}

/// Other prices between two times of a day. Either `factor` or `price`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceWindow {
    /// First time of day, in `zone`.
    pub from: TimeOfDay,
    /// First time of day that is out again; not after `from`: on the next day.
    pub until: TimeOfDay,
    /// IANA name of the zone.
    #[serde(default = "utc")]
    pub zone: String,
    /// Weekdays (in `zone`) on which the window begins.
    #[serde(default = "every_day")]
    pub days: Vec<Day>,
    /// No window before this. Absent: since ever.
    #[serde(default)]
    pub since: Option<WallClock>,
    /// No window from this on. Absent: for ever.
    #[serde(default)]
    pub before: Option<WallClock>,
    /// All prices are multiplied by it, to the millionth.
    #[serde(default)]
    pub factor: Option<f64>,
    /// These prices instead.
    #[serde(default)]
    pub price: Option<WindowPrices>,
}

/// The prices of a window.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WindowPrices {
    /// Prompt tokens.
    pub input: QuotedPrice,
    /// Cached prompt tokens. Default: the price of `input` here.
    #[serde(default)]
    pub cached: Option<QuotedPrice>,
    /// Answer tokens.
    pub output: QuotedPrice,
    /// Other prices for long prompts, in growing order.
    #[serde(default)]
    pub steps: Vec<LongPrompt>,
}

/// A day of the week.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    /// All, Monday first.
    pub const ALL: [Self; 7] = [Self::Mon, Self::Tue, Self::Wed, Self::Thu, Self::Fri, Self::Sat, Self::Sun];
}

/// What is billed for work that nobody got.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Billing {
    /// Failed before its first token, after the endpoint had taken it in. What is refused at the door (`Down`, limits,
    /// a full queue) is never billed. Default `Nothing`: OpenRouter's zero completion insurance; elsewhere an assumption.
    pub failed: Billed,
    /// Broken off after its first token: `StreamCut`, or `Down` while it streams. Default `Nothing`: an assumption.
    pub cut: Billed,
    /// Its caller gave up. `Made` is all of it where the endpoint runs on. Default `Made`: the cautious choice.
    pub abandoned: Billed,
}

impl Default for Billing {
    fn default() -> Self {
        Self { failed: Billed::Nothing, cut: Billed::Nothing, abandoned: Billed::Made }
    }
}

/// How much of an attempt is billed.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Billed {
    /// None of it.
    Nothing,
    /// The prompt.
    Prompt,
    /// The prompt, and the tokens that were made.
    Made,
}

/// What a gateway adds to the bill.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fees {
    /// Share of what passes through the gateway, for buying its credits. OpenRouter: 0.055 by card (at least $0.80 a
    /// purchase, which is not modelled).
    #[serde(default)]
    pub credit: f64,
    /// Share of what targets with a key of one's own cost; these targets are billed directly, without `credit`.
    /// OpenRouter: 0.05.
    #[serde(default)]
    pub byok: f64,
    /// Targets of this router that are used with a key of one's own.
    #[serde(default)]
    pub byok_targets: Vec<String>,
    /// What of the month's free allowance is left at the start: so much of those targets' bills has no fee.
    /// OpenRouter's is $25,000 a month of list-price inference (pay-as-you-go). Default nothing: the cautious choice.
    #[serde(default)]
    pub byok_free: Usd,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn every_day() -> Vec<Day> {
    Day::ALL.to_vec()
}
