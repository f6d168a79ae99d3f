//! What a preset of incidents is made of. Every number is measured, derived or assumed: `docs/incidents.md` says which.

use sandbox_core::Span;
use sandbox_model::{FaultKind, Status};

use crate::file::{Also, Incidents, Process, Profile, Record, SpanDist};

/// Standard deviation of the logarithm of repair times where none was measured: OpenAI's.
const SIGMA: f64 = 1.23;
/// Shape of the times between incidents where none was measured: Anthropic's.
const SHAPE: f64 = 0.7;
/// "Degraded performance": the word says slower, no page says how much. An assumption.
const DEGRADED: FaultKind = FaultKind::Brownout { slowdown: 2.0 };
/// A partial outage: the weight that status pages count it with (ICPE'25: 0.3 of an outage).
const PARTIAL: FaultKind = FaultKind::Errors { share: 0.3, status: Status(500), retry_after: None };
const OUTAGE: FaultKind = FaultKind::Down { status: Status(503), retry_after: None };

/// An incident process: what each incident is, and what some of them are as well.
struct Laws {
    kind: FaultKind,
    worse: &'static [(FaultKind, f64)],
    between: SpanDist,
    lasting: SpanDist,
    profile: Profile,
    /// Mean time between micro-outages.
    micro: Span,
}

impl Record {
    fn laws(self) -> Laws {
        let hours = |h: f64| Span::from_secs((h * 3_600.0) as u64);
        let weibull = |h: f64, shape| SpanDist::Weibull { mean: hours(h), shape };
        let lognormal = |h: f64, sigma| SpanDist::Lognormal { median: hours(h), sigma };
        // Mistral's five auto-detected outages of at most a minute in 6.3 days (AIWatch, March 2026).
        let micro = hours(30.0);
        match self {
            // Start to start 5.44 d (scale 3.92 d, shape 0.67), less a mean repair of 2.73 h. Of 651 h of incidents
            // 23 h were outages and 108 h partial ones; the rest was degraded: availability 99.82 %.
            Self::OpenAi => Laws {
                kind: DEGRADED,
                worse: &[(PARTIAL, 0.166), (OUTAGE, 0.036)],
                between: weibull(127.8, 0.67),
                lasting: lognormal(1.28, 1.23),
                profile: Profile::OpenAiIncidents,
                micro,
            },
            // Start to start 3.79 d, less a mean repair of 3.51 h. The minutes by severity are not published: OpenAI's
            // ratio of outage to partial, scaled to the published availability of 99.92 %.
            Self::Anthropic => Laws {
                kind: DEGRADED,
                worse: &[(PARTIAL, 0.040), (OUTAGE, 0.0086)],
                between: weibull(87.5, 0.70),
                lasting: lognormal(1.30, 1.41),
                profile: Profile::AnthropicIncidents,
                micro,
            },
            // Five in 6.3 d; mean 19 min over a median of 17 gives sigma 0.47; the share makes the page's 99.62 %.
            Self::Together => Laws {
                kind: FaultKind::Errors { share: 0.37, status: Status(500), retry_after: None },
                worse: &[],
                between: weibull(29.9, SHAPE),
                lasting: lognormal(17.0 / 60.0, 0.47),
                profile: Profile::OpenAiIncidents,
                micro,
            },
            // One in 6.3 d, 59 min, one model of many: an order of magnitude, no more.
            Self::Groq => Laws {
                kind: PARTIAL,
                worse: &[],
                between: weibull(150.0, SHAPE),
                lasting: lognormal(59.0 / 60.0, SIGMA),
                profile: Profile::OpenAiIncidents,
                micro,
            },
            // 38, 35 and 50 min; 85 % failed at the height of Feb 2026; as often as makes the page's 99.89 %.
            Self::OpenRouter => Laws {
                kind: FaultKind::Errors { share: 0.85, status: Status(500), retry_after: None },
                worse: &[],
                between: weibull(554.0, SHAPE),
                lasting: lognormal(38.0 / 60.0, 0.5),
                profile: Profile::OpenAiIncidents,
                micro,
            },
            Self::DeepInfra | Self::Fireworks => Laws {
                kind: PARTIAL,
                worse: &[(OUTAGE, 0.2)],
                between: weibull(168.0, SHAPE),
                lasting: lognormal(0.75, SIGMA),
                profile: Profile::OpenAiIncidents,
                micro,
            },
            Self::DeepSeek => Laws {
                kind: FaultKind::SlowFail { share: 0.5, hold: Span::from_secs(60), status: Status(502) },
                worse: &[(OUTAGE, 0.2)],
                between: weibull(168.0, SHAPE),
                lasting: lognormal(1.3, SIGMA),
                profile: Profile::DeepSeekDay,
                micro: hours(12.0),
            },
            Self::SiliconFlow => Laws {
                kind: FaultKind::Errors { share: 0.3, status: Status(503), retry_after: None },
                worse: &[(OUTAGE, 0.2), (FaultKind::Blackhole, 0.05)],
                between: weibull(120.0, SHAPE),
                lasting: lognormal(0.75, SIGMA),
                profile: Profile::DeepSeekDay,
                micro: hours(3.0),
            },
        }
    }

    /// Whether a gateway can have these: it has no serving speed and no rate limits of its own.
    pub(crate) const fn fits_gateways(self) -> bool {
        matches!(self, Self::OpenRouter)
    }
}

impl Incidents {
    /// The names of the processes it becomes. `drawn_as` is what the draws of its target are called, so that renaming the
    /// target with its draws kept changes none of them.
    pub(crate) fn names(&self, drawn_as: &str) -> Vec<String> {
        let parts = [("incidents", true), ("micro", self.micro), ("spikes", self.has_spikes())];
        parts.into_iter().filter(|part| part.1).map(|(part, _)| format!("{drawn_as}/{part}")).collect()
    }

    const fn has_spikes(&self) -> bool {
        self.spikes && !self.like.fits_gateways()
    }

    /// The processes it becomes. It was checked.
    pub(crate) fn processes(&self, drawn_as: &str) -> Vec<Process> {
        let laws = self.like.laws();
        let target = || self.target.clone();
        let often = |span: Span| Span::from_secs_f64_saturating(span.as_secs_f64() / self.rate);
        let between = match laws.between {
            SpanDist::Weibull { mean, shape } => SpanDist::Weibull { mean: often(mean), shape },
            other => other,
        };
        let worse = laws.worse.iter();
        let worse = worse.map(|&(kind, chance)| Also { target: target(), chance, kind: Some(kind) });
        let mut processes = vec![Process {
            name: format!("{drawn_as}/incidents"),
            target: target(),
            kind: laws.kind,
            between,
            lasting: laws.lasting,
            profile: laws.profile.clone(),
            also: worse.collect(),
        }];
        if self.micro {
            processes.push(Process {
                name: format!("{drawn_as}/micro"),
                target: target(),
                kind: OUTAGE,
                between: SpanDist::Exponential { mean: often(laws.micro) },
                lasting: SpanDist::Lognormal { median: Span::from_secs(25), sigma: 0.6 },
                profile: laws.profile.clone(),
                also: Vec::new(),
            });
        }
        if self.has_spikes() {
            processes.push(Process {
                name: format!("{drawn_as}/spikes"),
                target: target(),
                kind: FaultKind::RateLimitSpike { scale: 0.3 },
                between: SpanDist::Exponential { mean: often(Span::from_hours(48)) },
                lasting: SpanDist::Lognormal { median: Span::from_mins(20), sigma: 0.8 },
                profile: laws.profile,
                also: Vec::new(),
            });
        }
        processes
    }
}
