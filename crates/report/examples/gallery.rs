//! Draws made-up runs into a folder, for a person to look at:
//! `cargo run -p sandbox-report --example gallery -- FOLDER`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use sandbox_report::charts::{Style, render_png, render_svg};
use sandbox_report::{Clock, Figure};

mod synthetic;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    fs::create_dir_all(&folder)?;
    for (name, shape) in synthetic::cases::all() {
        let run = shape.run();
        let clock = Clock {
            zone: "Asia/Shanghai".to_owned(),
            date: "Wed 18 Nov 2026".to_owned(),
            start_second_of_day: 0,
        };
        let figure = Figure::from_parts(&run.summary, &run.timeline, &run.faults, clock)?;
        fs::write(folder.join(format!("{name}.svg")), render_svg(&figure, Style::default())?)?;
        fs::write(folder.join(format!("{name}.png")), render_png(&figure, Style::default())?)?;
    }
    Ok(())
}
