//! Draws made-up runs into a folder, for a person to look at:
//! `cargo run -p sandbox-report --example gallery -- FOLDER`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use sandbox_core::Time;
use sandbox_report::charts::{
    Fan, Panel, Panels, Picture, Style, render_fan_png, render_picture_png, render_png, render_runs_png,
    render_svg,
};
use sandbox_report::{Clock, Figure, Measure, RunData, Setting, Theme, html};

mod synthetic;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    fs::create_dir_all(&folder)?;
    for (name, shape) in synthetic::cases::all() {
        let data = shape.run().data();
        let figure = data.figure()?;
        fs::write(folder.join(format!("{name}.svg")), render_svg(&figure, Style::default())?)?;
        fs::write(folder.join(format!("{name}.png")), render_png(&figure, Style::default())?)?;
        let dark = Style { theme: Theme::Dark, ..Style::default() };
        fs::write(folder.join(format!("{name}-dark.png")), render_png(&figure, dark)?)?;
        fs::write(folder.join(format!("{name}.html")), html::render(&data)?)?;
    }
    for (name, shape) in synthetic::cases::all() {
        let data = shape.run().data();
        for (theme, word) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            for picture in [Picture::Flow(Measure::Requests), Picture::Waterfall] {
                let path = folder.join(format!("{}-{name}-{word}.png", picture.name()));
                fs::write(path, render_picture_png(&data, picture, 1600, theme)?)?;
            }
        }
    }
    panels(&folder)?;
    several(&folder)
}

/// Each panel alone, all together, and a stretch of them.
fn panels(folder: &Path) -> Result<(), Box<dyn Error>> {
    let figure = synthetic::day().run().data().figure()?;
    let all: Panels = Panel::ALL.into_iter().collect();
    let at = |s: u64| Time::from_nanos(s * 1_000_000_000);
    let cut = figure.cut(at(33_000), at(39_000))?;
    for theme in [Theme::Light, Theme::Dark] {
        let word = if theme == Theme::Light { "light" } else { "dark" };
        for panel in Panel::ALL {
            let style = Style::of([panel].into_iter().collect(), 1200, theme);
            fs::write(
                folder.join(format!("panel-{}-{word}.png", panel.name())),
                render_png(&figure, style)?,
            )?;
        }
        fs::write(folder.join(format!("all-{word}.png")), render_png(&figure, Style::of(all, 1600, theme))?)?;
        fs::write(folder.join(format!("cut-{word}.png")), render_png(&cut, Style::of(all, 1600, theme))?)?;
    }
    Ok(())
}

/// Some routers on one picture, and seeds as a fan.
fn several(folder: &Path) -> Result<(), Box<dyn Error>> {
    let routers: Vec<(String, Figure)> = ["bare", "spill", "hybrid", "clairvoyant"]
        .iter()
        .zip(1..)
        .map(|(name, n)| varied(n, name))
        .collect::<Result<_, _>>()?;
    let many: Vec<(String, Figure)> =
        (1..=12).map(|n| varied(n, &format!("router-{n}"))).collect::<Result<_, _>>()?;
    let seeds: Vec<(String, Figure)> = (1..=9).map(|n| varied(n, "")).collect::<Result<_, _>>()?;
    let fan = Fan::of(&seeds)?;
    for theme in [Theme::Light, Theme::Dark] {
        let word = if theme == Theme::Light { "light" } else { "dark" };
        let style = |panels: &[Panel]| Style::of(panels.iter().copied().collect(), 1600, theme);
        fs::write(
            folder.join(format!("runs-{word}.png")),
            render_runs_png(&routers, style(&[Panel::Share, Panel::Cost]))?,
        )?;
        fs::write(
            folder.join(format!("runs-lanes-{word}.png")),
            render_runs_png(&routers, style(&[Panel::Lanes, Panel::Ttft]))?,
        )?;
        fs::write(
            folder.join(format!("runs-many-{word}.png")),
            render_runs_png(&many, style(&[Panel::Share]))?,
        )?;
        fs::write(folder.join(format!("fan-{word}.png")), render_fan_png(&fan, style(&Fan::PANELS))?)?;
        fs::write(folder.join(format!("fan-one-{word}.png")), render_fan_png(&fan, style(&[Panel::Ttft]))?)?;
    }
    Ok(())
}

/// A run that goes a little otherwise, by its number: of another router, or of another seed where none is named.
fn varied(number: u64, router: &str) -> Result<(String, Figure), Box<dyn Error>> {
    let mut shape = synthetic::day();
    for (.., failback) in &mut shape.faults {
        *failback = number * 400;
    }
    let mut dice = synthetic::Dice(number);
    for (_, fault, ..) in &mut shape.faults {
        if router.is_empty() {
            let shift = sandbox_core::Span::from_secs(dice.below(3_600));
            (fault.from, fault.until) = (fault.from.saturating_add(shift), fault.until.saturating_add(shift));
        }
    }
    let mut data = shape.run().data();
    if router.is_empty() {
        data.summary.seed = number;
        data.summary.repro = format!("sandbox run scenarios/asia-peak.ron --seed {number}");
    } else {
        data.summary.repro.push_str(&format!(" --router {router}"));
    }
    Ok((format!("{router}{number}"), data.figure()?))
}
