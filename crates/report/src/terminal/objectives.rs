//! The block of objectives: a mark, the expression as written, then value, limit and margin in its unit.

use sandbox_engine::output::summary::ObjectiveReport;

use super::paint::{Paint, Tint};
use crate::human;
use crate::objective::Unit;

pub(super) fn write(text: &mut String, objectives: &[ObjectiveReport], paint: Paint) {
    let met = objectives.iter().filter(|objective| objective.met).count();
    let all = objectives.len();
    let title = format!("objectives: {met} of {all} met");
    text.push_str(&paint.tint(if met == all { Tint::Strong } else { Tint::Bad }, &title));
    text.push('\n');

    let width = objectives.iter().map(|o| human::columns(&o.expression)).max().unwrap_or(0).clamp(10, 33);
    let head =
        format!("  {:<8}  {:<width$}  {:>9}  {:>9}  {:>10}", "", "promise", "value", "limit", "margin");
    text.push_str(&paint.tint(Tint::Quiet, &head));
    text.push('\n');
    for objective in objectives {
        let unit = Unit::of(&objective.expression);
        let (mark, tint) = if objective.met { ("✓ met   ", Tint::Good) } else { ("✗ missed", Tint::Bad) };
        let mark = paint.tint(tint, mark);
        let expression = human::padded(&objective.expression, width);
        let value = objective.value.map_or_else(|| "no data".to_owned(), |value| unit.show(value));
        let limit = unit.show(objective.limit);
        let margin = objective.margin.map_or_else(|| "–".to_owned(), |margin| unit.show_margin(margin));
        text.push_str(&format!("  {mark}  {expression}  {value:>9}  {limit:>9}  {margin:>10}\n"));
    }
}
