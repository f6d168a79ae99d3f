//! Names, expressions and commands come from files that others may have written: all of them stand as code, in which
//! Markdown, HTML, mentions and references mean nothing.

/// A code span; `–` for nothing. Line breaks and control characters become blanks.
pub(super) fn code(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().is_empty() {
        return "–".to_owned();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // A blank inside both ends is taken off again; a backtick needs it.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The same in a cell of a table, where a bar would end the cell even inside of code.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A block of code of its own.
pub(super) fn block(language: &str, text: &str) -> String {
    let fence = "`".repeat((longest_run(text) + 1).max(3));
    let text: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end())
}

/// Numbers and words of ours: `<` of `<0.01` is no tag, but not every reader of Markdown knows.
pub(super) fn number(text: &str) -> String {
    text.replace('<', "&lt;")
}

/// How many backticks stand together at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}
