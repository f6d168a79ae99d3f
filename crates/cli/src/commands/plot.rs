//! `sandbox plot`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sandbox_core::Time;
use sandbox_report::charts::{
    Fan, Panel, Panels, Picture, Style, render_fan_png, render_fan_svg, render_picture_png,
    render_picture_svg, render_png, render_runs_png, render_runs_svg, render_svg,
};
use sandbox_report::{Figure, Measure, ReportError, Theme};
use sandbox_routers::Registry;

use crate::args::{self, Count, Plot, Shown};
use crate::exit::{Code, Failure};
use crate::files;

pub(super) fn plot(args: &Plot, registry: &Arc<Registry>) -> Result<Code, Failure> {
    if let Some(picture) = picture(args)? {
        return draw_picture(args, picture, registry);
    }
    let asked: Vec<Panel> = panels(args).collect();
    let runs = args.runs.iter().map(|dir| Ok((name(dir), figure(args, dir, registry)?)));
    let runs: Vec<(String, Figure)> = runs.collect::<Result<_, Failure>>()?;
    let panels: Panels = match &asked[..] {
        [] if args.fan => Fan::PANELS.into_iter().collect(),
        [] => Panels::USUAL,
        some => some.iter().copied().collect(),
    };
    if args.fan
        && let Some(other) = asked.iter().find(|panel| !Fan::PANELS.contains(panel))
    {
        return Err(Failure::Request {
            message: format!("a fan has no panel `{}`", other.name()),
            hint: format!("it has {}", Fan::PANELS.map(Panel::name).join(", ")),
        });
    }
    let style = Style::of(panels, args.width, theme(args));
    if args.fan {
        let fan = Fan::of(&runs).map_err(request)?;
        let bytes = |kind| match kind {
            Kind::Svg => Ok(render_fan_svg(&fan, style).map_err(request)?.into_bytes()),
            Kind::Png => render_fan_png(&fan, style).map_err(request),
        };
        return write(args, "fan", parent(&args.runs), bytes);
    }
    if runs.len() > 1 && !asked.is_empty() {
        let bytes = |kind| match kind {
            Kind::Svg => Ok(render_runs_svg(&runs, style).map_err(request)?.into_bytes()),
            Kind::Png => render_runs_png(&runs, style).map_err(request),
        };
        return write(args, "runs", parent(&args.runs), bytes);
    }
    if runs.len() > 1 && args.out.is_some() {
        return Err(Failure::Request {
            message: "--out for several pictures would write one over the other".to_owned(),
            hint: "give --panel for one picture of all runs, or plot them one by one".to_owned(),
        });
    }
    for (dir, (_, figure)) in args.runs.iter().zip(&runs) {
        let bytes = |kind| match kind {
            Kind::Svg => Ok(render_svg(figure, style).map_err(request)?.into_bytes()),
            Kind::Png => render_png(figure, style).map_err(request),
        };
        write(args, "timeline", dir, bytes)?;
    }
    Ok(Code::Ok)
}

fn theme(args: &Plot) -> Theme {
    match args.theme {
        args::Theme::Light => Theme::Light,
        args::Theme::Dark => Theme::Dark,
    }
}

/// The panels with a time axis that were asked for.
fn panels(args: &Plot) -> impl Iterator<Item = Panel> + '_ {
    args.panels.iter().filter_map(|shown| match shown {
        Shown::Panel(panel) => Some(*panel),
        Shown::Picture(_) => None,
    })
}

/// The picture without a time axis that was asked for, alone as it must be.
fn picture(args: &Plot) -> Result<Option<Picture>, Failure> {
    let found = args.panels.iter().find_map(|shown| match shown {
        Shown::Picture(Picture::Flow(_)) => Some(Picture::Flow(match args.count {
            Count::Requests => Measure::Requests,
            Count::Tokens => Measure::Tokens,
            Count::Money => Measure::Money,
        })),
        Shown::Picture(picture) => Some(*picture),
        Shown::Panel(_) => None,
    });
    let counts = args.count != Count::Requests;
    let refused =
        |what: &str, hint: &str| Err(Failure::Request { message: what.to_owned(), hint: hint.to_owned() });
    let Some(picture) = found else {
        return if counts {
            refused("--count is of the flow alone", "give --panel flow with it")
        } else {
            Ok(None)
        };
    };
    let name = picture.name();
    if args.panels.len() > 1 {
        return refused(
            &format!("panel `{name}` has no time axis and stands alone"),
            "draw each in a command of its own",
        );
    }
    if args.from.is_some() || args.to.is_some() {
        return refused(
            &format!("panel `{name}` is always of the whole run"),
            "leave out --from and --to; panels with a time axis can be cut",
        );
    }
    if args.fan || args.runs.len() > 1 {
        return refused(&format!("panel `{name}` is of one run"), "plot the runs one by one, without --fan");
    }
    if counts && picture == Picture::Waterfall {
        return refused("--count is of the flow alone", "give --panel flow with it");
    }
    Ok(Some(picture))
}

fn draw_picture(args: &Plot, picture: Picture, registry: &Arc<Registry>) -> Result<Code, Failure> {
    let Some(dir) = args.runs.first() else { return Ok(Code::Ok) };
    let run = files::read_run(dir, registry)?;
    let (width, theme) = (args.width, theme(args));
    let what = match picture {
        Picture::Flow(measure) if measure != Measure::Requests => format!("flow-{}", measure.name()),
        other => other.name().to_owned(),
    };
    write(args, &what, dir, |kind| match kind {
        Kind::Svg => Ok(render_picture_svg(&run, picture, width, theme).map_err(request)?.into_bytes()),
        Kind::Png => render_picture_png(&run, picture, width, theme).map_err(request),
    })
}

/// A run, cut to what is to be shown.
fn figure(args: &Plot, dir: &Path, registry: &Arc<Registry>) -> Result<Figure, Failure> {
    let figure = files::read_run(dir, registry)?.figure()?;
    let flag = |name: &str, error: ReportError| match request(error) {
        Failure::Request { message, hint } => {
            Failure::Request { message: format!("{name}: {message}"), hint }
        }
        other => other,
    };
    let end = Time::ZERO.saturating_add(figure.horizon);
    let read = |name: &str, text: &Option<String>, after: Time, otherwise: Time| match text {
        Some(text) => figure.clock.read(text, after).map_err(|error| flag(name, error)),
        None => Ok(otherwise),
    };
    let from = read("--from", &args.from, Time::ZERO, Time::ZERO)?;
    let until = read("--to", &args.to, from, end)?;
    if args.from.is_none() && args.to.is_none() {
        return Ok(figure);
    }
    figure.cut(from, until).map_err(request)
}

/// What the reader of a picture asked for and cannot have is a mistake of the command line.
fn request(error: ReportError) -> Failure {
    let text = error.to_string();
    match (&error, text.split_once("; hint: ")) {
        (ReportError::Draw(_), _) | (_, None) => error.into(),
        (_, Some((message, hint))) => Failure::Request { message: message.to_owned(), hint: hint.to_owned() },
    }
}

#[derive(Copy, Clone, PartialEq, Eq)]
enum Kind {
    Svg,
    Png,
}

/// Writes both forms, or the one that a file's ending asks for.
fn write(
    args: &Plot,
    what: &str,
    usual: &Path,
    bytes: impl Fn(Kind) -> Result<Vec<u8>, Failure>,
) -> Result<Code, Failure> {
    let extension = |path: &Path| match path.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => Some(Kind::Svg),
        Some("png") => Some(Kind::Png),
        _ => None,
    };
    let paths: Vec<(PathBuf, Kind)> = match &args.out {
        Some(path) if !path.is_dir() && extension(path).is_some() => {
            extension(path).map(|kind| (path.clone(), kind)).into_iter().collect()
        }
        Some(path) if !path.is_dir() && path.extension().is_some() => {
            return Err(Failure::Request {
                message: format!("--out {} is neither .svg nor .png", path.display()),
                hint: "give a file with one of these endings, or a directory for both".to_owned(),
            });
        }
        out => {
            let dir = out.as_deref().unwrap_or(usual);
            let stem = stem(args, what);
            let path = |ending: &str| dir.join(format!("{stem}.{ending}"));
            vec![(path("svg"), Kind::Svg), (path("png"), Kind::Png)]
        }
    };
    for (path, kind) in paths {
        files::write_file(&path, &bytes(kind)?)?;
        eprintln!("wrote {}", path.display());
    }
    Ok(Code::Ok)
}

/// What a picture's name says: panels, stretch, width and theme, as far as they are not the usual ones.
fn stem(args: &Plot, what: &str) -> String {
    let panels: Panels = panels(args).collect();
    let mut parts = vec![what.to_owned()];
    parts.extend(panels.iter().map(|panel| panel.name().to_owned()));
    let plain =
        |text: &str| -> String { text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect() };
    parts.extend(args.from.as_deref().map(|from| format!("from-{}", plain(from))));
    parts.extend(args.to.as_deref().map(|to| format!("to-{}", plain(to))));
    if args.width != 1600 {
        parts.push(args.width.to_string());
    }
    if args.theme == args::Theme::Dark {
        parts.push("dark".to_owned());
    }
    parts.join("-")
}

/// The name of a run's directory.
fn name(dir: &Path) -> String {
    dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned()
}

/// The directory that the first run is in.
fn parent(runs: &[PathBuf]) -> &Path {
    let parent = runs.first().and_then(|run| run.parent());
    parent.filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
