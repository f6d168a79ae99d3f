//! `report.html`: a run as one self-contained page. It asks for nothing: style, script, fonts and data are in the file.

pub(crate) mod number;
mod sections;

use crate::error::ReportError;
use crate::run_data::RunData;

/// The page.
///
/// # Errors
/// [`ReportError`] if a fault's lane is not in the timeline.
pub fn render(run: &RunData) -> Result<String, ReportError> {
    let figure = run.figure()?;
    let (light, dark) = (properties(crate::Theme::Light), properties(crate::Theme::Dark));
    Ok(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>{}</title><style>:root{{{light}}}@media(prefers-color-scheme:dark){{:root{{color-scheme:dark;{dark}}}}}body{{font:16px/1.5 system-ui,sans-serif;background:var(--paper);color:var(--ink);margin:0 auto;max-width:1240px;padding:16px}}{}</style>{}<script>{}</script>",
        number::escape(&figure.title),
        include_str!("assets/sections.css"),
        [
            sections::objectives::section(run),
            sections::flow::section(run),
            sections::waterfall::section(run),
            sections::faults::section(run),
            sections::ledger::section(run),
            sections::worst::section(run)
        ]
        .concat(),
        include_str!("assets/flow.js"),
    ))
}

fn properties(theme: crate::Theme) -> String {
    let p = crate::palette::Palette::of(theme);
    let mut css = String::new();
    let mut set =
        |n: &str, c: crate::palette::Rgb| css.push_str(&format!("--{n}:rgb({},{},{});", c.0, c.1, c.2));
    for (n, c) in [
        ("paper", p.paper),
        ("ink", p.ink),
        ("quiet", p.quiet),
        ("hair", p.hair),
        ("guide", p.guide),
        ("shade", p.shade),
        ("load", p.load),
        ("plan", p.plan),
        ("plan-text", p.plan_text),
        ("hot", p.hot),
        ("saved", p.saved),
        ("belief", p.belief),
    ] {
        set(n, c);
    }
    for (i, c) in p.providers.iter().enumerate() {
        set(&format!("provider-{i}"), *c);
    }
    let faults = [
        (178, 24, 43),
        (170, 51, 119),
        (0, 0, 0),
        (72, 61, 139),
        (150, 75, 0),
        (214, 96, 110),
        (110, 110, 110),
        (230, 159, 0),
        (150, 90, 170),
        (0, 130, 90),
    ];
    for (i, c) in faults.into_iter().enumerate() {
        set(&format!("fault-{i}"), c);
    }
    css
}
