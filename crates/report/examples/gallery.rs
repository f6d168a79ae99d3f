//! Draws made-up runs into a folder, for a person to look at:
//! `cargo run -p sandbox-report --example gallery -- FOLDER`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use sandbox_report::charts::{Style, render_png, render_svg};
use sandbox_report::{Clock, RunData, Setting, html};

mod synthetic;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("which folder?")?);
    fs::create_dir_all(&folder)?;
    for (name, shape) in synthetic::cases::all() {
        let data = shape.run().data();
        let figure = data.figure()?;
        fs::write(folder.join(format!("{name}.svg")), render_svg(&figure, Style::default())?)?;
        fs::write(folder.join(format!("{name}.png")), render_png(&figure, Style::default())?)?;
        fs::write(folder.join(format!("{name}.html")), html::render(&data)?)?;
    }
    Ok(())
}
