//! Files in the page: the data behind the charts, for the script and for who looks into the page.

/// A CSV file, so that nothing in it ends the script that it stands in. `report.js` reads it.
pub(super) fn file(name: &str, text: &str) -> String {
    // In text/csv the browser reads nothing but the end of the script: names must not spell it.
    let text = text.replace('\\', "\\\\").replace('<', "\\u003c");
    format!("<script type=\"text/csv\" data-file=\"{name}\">{text}</script>\n")
}
