//! That `report.html` says nothing that the run directory does not: each number in it is looked up, and its text read back.

mod reading;
mod sources;

use scraper::{ElementRef, Html, Node, Selector};

use crate::bench::Bench;
use sources::Sources;

/// Texts with digits that are words, not numbers.
const WORDS: [(&str, &str); 5] = [
    ("p50", "the name of a percentile"),
    ("p95", "the name of a percentile"),
    ("p99", "the name of a percentile"),
    ("429", "the status code that a panel is about"),
    ("above 1.0", "what the line of attempts per request is read against: one attempt each"),
];

/// What a page says, and what is wrong with that.
#[derive(Default)]
struct Checked {
    numbers: usize,
    wrong: Vec<String>,
}

fn check(html: &str, sources: &Sources) -> Checked {
    let page = Html::parse_document(html);
    let mut checked = Checked::default();
    let all = Selector::parse("data, [data-value], [data-of]").expect("a selector");
    for element in page.select(&all) {
        checked.numbers += 1;
        if let Err(wrong) = number(element, sources) {
            checked.wrong.push(format!("{}: {wrong}", element.html().chars().take(300).collect::<String>()));
        }
    }
    for node in page.tree.nodes() {
        if let Node::Text(text) = node.value()
            && !node.ancestors().filter_map(ElementRef::wrap).any(is_exempt)
        {
            let rest = WORDS.iter().fold(text.to_string(), |text, (word, _)| text.replace(word, ""));
            if rest.contains(|c: char| c.is_numeric()) {
                checked.wrong.push(format!("digits without a source: `{}`", text.trim()));
            }
        }
    }
    checked
}

/// Numbers with a source are checked by it; code and names are the user's, ticks are scales.
fn is_exempt(element: ElementRef<'_>) -> bool {
    let element = element.value();
    matches!(element.name(), "data" | "code" | "script" | "style")
        || element.attr("data-value").is_some()
        || element.classes().any(|class| class == "tick" || class == "name")
}

fn number(element: ElementRef<'_>, sources: &Sources) -> Result<(), String> {
    let attribute = |name| element.value().attr(name).ok_or_else(|| format!("no {name}"));
    let raw = attribute(if element.value().name() == "data" { "value" } else { "data-value" })?;
    let of = attribute("data-of")?;
    if !sources.look_up(of)?.is(raw) {
        return Err("another value than that in the file".to_owned());
    }
    let value: f64 = raw.parse().map_err(|_| "no number".to_owned())?;
    let text: String = element.text().collect();
    let truth = match element.value().name() {
        // What a drawing says when pointed at: names first, then the number and what is counted.
        "title" => {
            let text = text.rsplit_once(": ").ok_or("no `: ` before the number")?.1;
            reading::read(text.split(' ').next().unwrap_or_default()).map(|said| said.is_true_of(value))
        }
        // `5.3 % less` is said of a change by -5.3 %.
        _ if following(element).starts_with(" less") => {
            reading::read(&text).map(|said| said.is_true_of(-value))
        }
        // Codes are names, and must be as they are.
        _ if of.ends_with("/status") => Some(text == raw),
        _ if of.ends_with("/from") && text.contains(':') => clock_time(&text, sources).map(|second| {
            // Cut to whole seconds, as clocks are.
            let passed = (value.floor() - second) % 86_400.0;
            passed == 0.0
        }),
        _ => {
            let text = text.trim();
            reading::read(text.strip_suffix(" in").unwrap_or(text)).map(|said| said.is_true_of(value))
        }
    };
    match truth {
        Some(true) => Ok(()),
        Some(false) => Err("the text is no rounding of the value".to_owned()),
        None => Err("nobody could read the text".to_owned()),
    }
}

/// The text right behind an element.
fn following(element: ElementRef<'_>) -> String {
    let next =
        element.next_sibling().and_then(|node| node.value().as_text().map(|text| text.text.to_string()));
    next.unwrap_or_default()
}

/// `09:30:12`, with or without a date in front, as seconds since the start of the scenario, give or take whole days.
fn clock_time(text: &str, sources: &Sources) -> Option<f64> {
    let second_of_day = |time: &str| {
        let mut parts = time.split(':').map(|part| part.parse::<f64>().ok());
        let (hour, minute) = (parts.next()??, parts.next()??);
        Some(hour * 3_600.0 + minute * 60.0 + parts.next().flatten().unwrap_or(0.0))
    };
    let start = sources.summary()["start"].as_str()?;
    let start = start.split([' ', 'T']).find(|part| part.contains(':'))?;
    Some(second_of_day(text.rsplit(' ').next()?)? - second_of_day(start)?)
}

/// Undoes what keeps embedded files from ending their script.
fn embedded(page: &Html) -> Vec<(String, String)> {
    let scripts = Selector::parse("script[data-file]").expect("a selector");
    let file = |script: ElementRef<'_>| {
        let text: String = script.text().collect();
        (
            script.attr("data-file").unwrap_or_default().to_owned(),
            text.replace("\\u003c", "<").replace("\\\\", "\\"),
        )
    };
    page.select(&scripts).map(file).collect()
}

/// Runs a scenario by the command and checks its page; gives the page and where its numbers stand.
#[track_caller]
fn checked(scenario: &str, more: &str) -> (String, Sources) {
    let bench = Bench::new();
    bench.write("scenario.ron", scenario);
    let ended = bench.sandbox(&format!("run scenario.ron --out run {more}"));
    assert!(matches!(ended.code, Some(0 | 4)), "{}", ended.err);
    let html = bench.read("run/report.html");
    let sources = Sources::new(|name| bench.read(&format!("run/{name}")));
    let Checked { numbers, wrong } = check(&html, &sources);
    assert!(wrong.is_empty(), "{} of {numbers}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(numbers > 200, "only {numbers} numbers");

    let files = embedded(&Html::parse_document(&html));
    for name in ["timeline.csv", "ledger.csv", "flow.csv"] {
        let (_, text) =
            files.iter().find(|file| file.0 == name).unwrap_or_else(|| panic!("{name} is not in the page"));
        assert!(*text == bench.read(&format!("run/{name}")), "{name} is not the file of the run directory");
    }
    (html, sources)
}

#[test]
fn every_number_of_a_quick_run_is_in_its_directory() {
    let (html, sources) = checked(crate::bench::QUICK, "");

    // What the test is for must be caught: a changed value, text, place, and a number out of nowhere.
    let first = html.find("data-of=\"ledger.csv#billed_usd").expect("a bill in the ledger");
    let element = html[..first].rfind("<data ").expect("an element");
    let end = element + html[element..].find("</data>").expect("its end");
    let whole = &html[element..end];
    let (value, text) = (part(whole, "value=\"", "\""), part(whole, "\">", ""));
    let spoiled = [
        whole.replacen(&format!("value=\"{value}"), &format!("value=\"{value}1"), 1),
        whole.replacen(&format!("\">{text}"), &format!("\">{text}7"), 1),
        whole.replacen("billed_usd", "fees_usd", 1),
        whole.replacen("ledger.csv", "nowhere.csv", 1),
        format!("12{whole}"),
    ];
    for instead in spoiled {
        assert_ne!(instead, whole);
        let html = format!("{}{instead}{}", &html[..element], &html[end..]);
        assert_eq!(check(&html, &sources).wrong.len(), 1, "nobody saw: {instead}");
    }
}

/// What stands between two texts; to the end if the second is empty.
fn part<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).expect("it is there").1;
    if after.is_empty() { rest } else { rest.split_once(after).expect("it ends").0 }
}

#[test]
fn every_number_of_two_workloads_through_a_nested_grid_is_in_its_directory() {
    // The troubles of the day in its first two hours.
    let mut day = include_str!("../../../../scenarios/asia-peak-overflow.ron").to_owned();
    let moved = [
        ("14:30", "00:20"),
        ("15:10", "00:30"),
        ("20:10", "00:40"),
        ("20:22", "00:52"),
        ("10:20", "01:00"),
        ("11:30", "01:20"),
    ];
    for (at, early) in moved {
        let (at, early) = (format!("\"{at} Asia"), format!("\"{early} Asia"));
        assert!(day.contains(&at), "{at}");
        day = day.replace(&at, &early);
    }
    checked(&day, "--set duration=2h");
}

#[test]
fn every_number_of_a_run_with_probes_is_in_its_directory() {
    checked(include_str!("../../../../docs/examples/weather/gray-and-probes.ron"), "");
}
