//! What each key looks like, for hints.

/// Keys, an example of their value, and what they are.
const KEYS: &[(&str, &str, &str)] = &[
    ("name", "\"cn-chat\"", "a name of your choice"),
    ("start", "\"2026-11-18 00:00 Asia/Shanghai\"", "when the scenario starts: date, time and zone"),
    ("duration", "\"24h\"", "how long the scenario lasts"),
    ("warm_up", "\"10m\"", "time before requests are counted"),
    ("seed", "1", "seed of the weather"),
    ("bucket", "\"1m\"", "width of a timeline bucket"),
    ("links", "[(from: \"cn-east\", to: \"us-east\", rtt: \"210ms\")]", "network links between regions"),
    ("providers", "[(name: \"siliconflow\", region: \"cn-east\")]", "whose machines serve"),
    ("endpoints", "[(name: …, provider: …, serving: (…), price: (…))]", "what serves"),
    ("routers", "[(name: …, strategy: Fallback(targets: […]))]", "what chooses"),
    ("workloads", "[(name: …, region: …, entry: …, plan: …, arrivals: …)]", "who sends"),
    ("weather", "(script: […], processes: […])", "what goes wrong"),
    ("objectives", "[\"availability >= 99.9%\"]", "promises that the run is held against"),
    ("rtt", "\"210ms\"", "median round-trip time"),
    ("keep_alive", "\"60s\"", "how long an idle connection is kept"),
    ("region", "\"cn-east\"", "where it is"),
    ("congestion", "(mean: 0.3)", "load of other tenants"),
    ("mean", "0.3", "the mean"),
    ("memory", "\"15m\"", "how long the noise remembers"),
    ("noise", "0.2", "standard deviation of the logarithm"),
    ("jitter", "0.1", "spread"),
    ("profile", "DeepSeekDay", "shape over the day"),
    ("zone", "\"Asia/Shanghai\"", "IANA name of the time zone"),
    ("hours", "[1.0, 1.0, … 24 numbers]", "24 values for local 00:00 to 23:00"),
    ("days", "[1.0, 1.0, … 7 numbers]", "7 factors for Monday to Sunday"),
    ("provider", "\"siliconflow\"", "the provider whose machines these are"),
    ("model", "\"DeepSeek-V3.1\"", "the model, a label"),
    (
        "serving",
        "(prefill_base: \"80ms\", prefill_per_token: \"84us\", step_base: \"12ms\", sequences: 64)",
        "how it serves",
    ),
    ("limits", "(rpm: 1000)", "what it refuses"),
    ("price", "(input: \"$0.27/M\", output: \"$1.10/M\")", "prices per million tokens"),
    ("max_price", "(input: \"$1/M\", output: \"$3/M\")", "dearer endpoints are not used"),
    ("output", "Constant(100)", "answer tokens"),
    ("input", "Constant(1000)", "prompt tokens"),
    ("prefill_base", "\"80ms\"", "prefill time of an empty prompt"),
    ("prefill_per_token", "\"84us\"", "prefill time per prompt token"),
    ("step_base", "\"12ms\"", "decode step time that does not depend on the batch"),
    ("step_per_sequence", "\"200us\"", "decode step time per sequence in the batch"),
    ("sequences", "64", "most sequences at once"),
    ("queue", "100", "most requests that wait"),
    ("queue_wait", "\"10s\"", "longest wait for a slot"),
    ("rpm", "1000", "requests per minute"),
    ("tpm", "1000000", "tokens per minute"),
    ("concurrency", "200", "requests in flight"),
    ("refill", "Continuous", "how an allowance comes back"),
    ("retry_after", "false", "whether a 429 says how long to wait"),
    ("overhead", "\"5ms\"", "processing time of the gateway"),
    ("strategy", "Fallback(targets: [\"sf-v3\", \"openrouter\"])", "how it chooses"),
    ("target", "\"siliconflow\"", "the name of a provider, endpoint or router"),
    ("targets", "[\"sf-v3\", \"openrouter\"]", "names of endpoints or routers, most wanted first"),
    ("retries", "2", "tries on one target after the first"),
    ("backoff", "(base: \"500ms\", max: \"8s\")", "waits between tries"),
    ("cooldown", "(failures: 3, length: \"5s\")", "when a target is left alone"),
    ("timeouts", "(first_token: \"10s\", total: \"60s\")", "timers of one attempt"),
    ("first_token", "\"10s\"", "time until the first token"),
    ("total", "\"60s\"", "time until the whole answer"),
    ("order", "[\"sf-v3\"]", "targets that are tried first"),
    ("allow_fallbacks", "true", "whether others may be tried"),
    ("base", "\"500ms\"", "wait before the first retry"),
    ("max", "\"8s\"", "the most"),
    ("retry_after_max", "\"60s\"", "longest Retry-After that is waited for"),
    ("failures", "3", "number of failures"),
    ("within", "\"60s\"", "time in which failures count together"),
    ("length", "\"5s\"", "how long a cooldown lasts"),
    ("window", "\"30s\"", "how long an outage counts"),
    ("share", "0.5", "a share, 0 to 1"),
    ("entry", "\"hybrid\"", "the router that its requests enter"),
    ("plan", "\"sf-v3\"", "the node that serves it when nothing is wrong"),
    ("arrivals", "Poisson(rate: \"40/s\")", "when requests arrive"),
    ("rate", "\"40/s\"", "mean rate over a day"),
    ("file", "\"trace.csv.gz\"", "the trace file"),
    ("speed", "1.0", "how many times faster than recorded"),
    ("quantum", "\"3s\"", "what its time-stamps are rounded down to"),
    ("deadline", "\"10m\"", "how long a client waits"),
    (
        "script",
        "[(target: \"siliconflow\", kind: Down(), from: \"9h\", until: \"9h 30m\")]",
        "faults that are written down",
    ),
    ("faults", "[(target: \"siliconflow\", kind: Down(), from: \"9h\", until: \"9h 30m\")]", "the faults"),
    ("processes", "[(name: …, target: …, kind: …, between: …, lasting: …)]", "processes that draw faults"),
    ("kind", "Down()", "what goes wrong"),
    ("status", "503", "an HTTP status"),
    ("slowdown", "3.0", "how many times slower"),
    ("scale", "0.25", "what remains of the limits, 0 to 1"),
    ("from", "\"9h 30m\"", "the start"),
    ("until", "\"10h\"", "the end"),
    ("to", "\"us-east\"", "the other region"),
    ("between", "Exponential(mean: \"12h\")", "time from the end of one fault to the next"),
    ("lasting", "Lognormal(median: \"10m\", sigma: 1.2)", "how long a fault lasts"),
    ("shape", "0.7", "shape of the Weibull distribution"),
    ("median", "800.0", "the median"),
    ("sigma", "1.2", "standard deviation of the logarithm"),
];

/// A value that the key may have.
pub(crate) fn example(key: &str) -> Option<&'static str> {
    KEYS.iter().find(|(name, ..)| *name == key).map(|(_, example, _)| *example)
}

/// ` (what the key is)`, if that is known.
pub(crate) fn meaning(key: &str) -> String {
    KEYS.iter()
        .find(|(name, ..)| *name == key)
        .map_or_else(String::new, |(.., meaning)| format!(" ({meaning})"))
}

/// How a choice is written, with its keys.
pub(crate) fn variant(name: &str) -> String {
    let written = match name {
        "Down" => "Down(status: 503)",
        "Brownout" => "Brownout(slowdown: 3.0)",
        "Errors" => "Errors(share: 0.3)",
        "RateLimitSpike" => "RateLimitSpike(scale: 0.25)",
        "Poisson" => "Poisson(rate: \"40/s\")",
        "Trace" => "Trace(file: \"trace.csv.gz\")",
        "Hourly" => "Hourly(zone: …, hours: […])",
        "Single" => "Single(target: …)",
        "Fallback" => "Fallback(targets: […])",
        "OpenRouterLegacy" => "OpenRouterLegacy(targets: […])",
        "Clairvoyant" => "Clairvoyant(targets: […])",
        "Empirical" => "Empirical([…])",
        other => other,
    };
    written.to_owned()
}
