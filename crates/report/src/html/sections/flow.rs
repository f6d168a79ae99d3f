//! Where requests, tokens and money went, as a Sankey diagram: workload, first attempt, cause, end.

use std::fmt::Write as _;

use super::parts::{self, px};
use crate::flow::graph::{Graph, Link, Meaning, Measure, Node, What};
use crate::flow::layout::{self, Layout, Place, Ribbon};
use crate::flow::words::{self, HEADINGS};
use crate::html::number::{attributes, escape};
use crate::human;
use crate::run_data::RunData;
use sandbox_model::Usd;

/// Width of the drawing [px].
const WIDTH: f64 = 1_160.0;
/// Height of all that flows [px].
const FLOW: f64 = 300.0;
/// Height of the columns' headings [px].
const HEAD: f64 = 26.0;
/// Width of a node [px].
const NODE: f64 = 12.0;
/// Beside the last column, for its labels [px].
const RIGHT: f64 = 270.0;
/// Characters of a name that are sure to fit between two columns, and beside the last.
const LABEL: usize = 34;

pub(crate) fn section(run: &RunData) -> String {
    let lines = &run.flow.lines;
    if lines.is_empty() {
        return String::new();
    }
    let (mut switch, mut variants) = (String::new(), String::new());
    for measure in Measure::ALL {
        let name = measure.name();
        let checked = if measure == Measure::Requests { " checked" } else { "" };
        let _ = write!(
            switch,
            "<label data-switch=\"{name}\"><input type=\"radio\" name=\"flow\" id=\"flow-{name}\" value=\"{name}\"{checked}>{name}</label>"
        );
        let _ = writeln!(
            variants,
            "<div class=\"flow-of\" data-of-switch=\"{name}\">{}</div>",
            variant(run, measure)
        );
    }
    let negative = lines.iter().any(|line| line.billed < Usd::ZERO);
    let negative = if negative { format!(" {}", words::NEGATIVE) } else { String::new() };
    format!(
        "<section id=\"flow\" aria-labelledby=\"flow-title\">\n<h2 id=\"flow-title\">Where requests went</h2>{}\n\
         <figure class=\"flow\">\n<fieldset class=\"switch\"><legend>Count</legend>{switch}</fieldset>\n\
         {variants}<p class=\"flow-tip\" role=\"status\"></p>\n\
         <figcaption>Left to right: the workload, what was tried first, why it left the plan, and who served it in the end. \
         {} Point at a part to follow what passes through it.{negative}\
         </figcaption>\n</figure>\n</section>\n",
        parts::csv_button("flow.csv"),
        words::SCALE,
    )
}

fn variant(run: &RunData, measure: Measure) -> String {
    let graph = Graph::new(&run.flow.lines, measure);
    if graph.total == 0 {
        let nothing = words::nothing(measure);
        return format!("<p class=\"nothing\">{nothing}</p>");
    }
    let layout = graph.layout(FLOW);
    let drawing = Drawing { run, measure, graph: &graph, layout: &layout };
    drawing.svg()
}

/// One variant: what flows, and where it lies.
struct Drawing<'a> {
    run: &'a RunData,
    measure: Measure,
    graph: &'a Graph,
    layout: &'a Layout,
}

impl Drawing<'_> {
    fn svg(&self) -> String {
        let name = self.measure.name();
        let mut svg = format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Flow of {name}, scrolls sideways\">\
             <svg class=\"sankey\" viewBox=\"0 0 {} {}\" role=\"group\" aria-label=\"Flow of {name}: workload, first attempt, cause, end\">\n{}",
            px(WIDTH),
            // A text beside the lowest node of the last column may reach below it.
            px(self.layout.height + HEAD + 16.0),
            patterns(name),
        );
        for (column, heading) in HEADINGS.iter().enumerate() {
            let _ = write!(
                svg,
                "<text class=\"heading\" x=\"{}\" y=\"12\">{heading}</text>",
                px(column_x(column))
            );
        }
        svg.push_str("\n<g class=\"links\">\n");
        for i in self.graph.drawn() {
            svg.push_str(&self.link(&self.graph.links[i], self.layout.links[i]));
        }
        svg.push_str("</g>\n");
        for (node, place) in self.graph.nodes.iter().zip(&self.layout.nodes) {
            svg.push_str(&self.node(node, *place));
        }
        svg.push_str("</svg></div>");
        svg.push_str(&self.key());
        svg
    }

    fn link(&self, link: &Link, ribbon: Ribbon) -> String {
        let (from, to) = (&self.graph.nodes[link.from], &self.graph.nodes[link.to]);
        let (a, b) = (column_x(from.column) + NODE, column_x(to.column));
        let middle = px((a + b) / 2.0);
        let (a, b) = (px(a), px(b));
        let (y0, y1) = (ribbon.from_y + HEAD, ribbon.to_y + HEAD);
        let (z0, z1) = (px(y0 + ribbon.thickness), px(y1 + ribbon.thickness));
        let (y0, y1) = (px(y0), px(y1));
        let fill = match link.meaning {
            Meaning::Avoidable | Meaning::Wasted => {
                format!(" style=\"fill:url(#{}-{})\"", link.meaning.class(), self.measure.name())
            }
            _ => String::new(),
        };
        let title = format!("{} to {}, {}", from.what.label(), to.what.label(), link.meaning.word());
        format!(
            "<path class=\"link {}\"{fill} d=\"M{a} {y0}C{middle} {y0} {middle} {y1} {b} {y1}V{z1}C{middle} {z1} {middle} {z0} {a} {z0}Z\">{}</path>\n",
            link.meaning.class(),
            self.title(&title, &link.rows),
        )
    }

    fn node(&self, node: &Node, place: Place) -> String {
        let (x, y) = (column_x(node.column), place.y + HEAD);
        let (style, class) = self.look(node);
        let (value, raw, of) = self.value(&node.rows);
        let value = escape(&value);
        let share = self.share(&node.rows);
        let mut label = node.what.label();
        let mut title = label.clone();
        if !node.folded.is_empty() {
            title = format!("{label}: {}", node.folded.join(", "));
            label.clear();
        }
        let label = match node.folded.len() {
            0 => escape(&human::cut(&label, LABEL)),
            n => format!("{} <tspan class=\"tick\">({n})</tspan>", escape(&node.what.label())),
        };
        // Above the node; of the last column beside it, where no link passes.
        let (text_x, text_y) = match node.column {
            3 => (x + NODE + 8.0, y + place.height / 2.0 - 3.0),
            _ => (x, y - 23.0),
        };
        let (hit_x, hit_y) = (px(x - 6.0), px(y - layout::TEXT));
        let (hit_width, hit_height) = (px(NODE + 12.0), px(place.height + layout::TEXT));
        let (x, y, width, height) = (px(x), px(y), px(NODE), px(place.height));
        let (text_x, text_y) = (px(text_x), px(text_y));
        let (value_of, share_of) = (attributes(&of, &raw), attributes(&share.2, &share.1));
        format!(
            "<g class=\"node\" tabindex=\"0\" role=\"img\" aria-label=\"{}\">{}\
             <rect class=\"hit\" x=\"{hit_x}\" y=\"{hit_y}\" width=\"{hit_width}\" height=\"{hit_height}\"/>\
             <rect class=\"bar {class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{style}/>\
             <text class=\"label\" x=\"{text_x}\" y=\"{text_y}\"><tspan class=\"name\">{label}</tspan>\
             <tspan x=\"{text_x}\" dy=\"17\"{value_of}>{value}</tspan>\u{2002}\
             <tspan class=\"share\"{share_of}>{}</tspan></text></g>\n",
            escape(&title),
            self.title(&title, &node.rows),
            escape(&share.0),
        )
    }

    /// How the bar of a node is filled: style and class.
    fn look(&self, node: &Node) -> (String, &'static str) {
        match &node.what {
            What::Target(name) | What::Server(name) | What::WastedAt(name) => {
                let fill = format!(" style=\"fill:{}\"", parts::provider_color(self.run, name));
                (fill, "of-provider")
            }
            What::Cause { meaning, .. } | What::End(meaning) => (String::new(), meaning.class()),
            What::Workload(_) | What::NothingTried | What::Others(_) => (String::new(), "of-many"),
        }
    }

    /// The sum of some rows: in words, raw, and where it stands.
    fn value(&self, rows: &[usize]) -> (String, String, String) {
        let of = format!("flow.csv#{}@{}", self.measure.columns(), parts::rows(rows));
        let sum = self.sum(rows);
        let raw = match self.measure {
            Measure::Requests | Measure::Tokens => sum.to_string(),
            Measure::Money => words::usd(sum).decimal(),
        };
        (words::value(self.measure, sum), raw, of)
    }

    fn share(&self, rows: &[usize]) -> (String, String, String) {
        let columns = self.measure.columns();
        let share = self.sum(rows) as f64 / self.graph.total as f64;
        let of =
            format!("flow.csv#{columns}@{}/{columns}@{}", parts::rows(rows), parts::rows(&self.graph.rows));
        (words::share(share), parts::raw(share), of)
    }

    fn sum(&self, rows: &[usize]) -> u128 {
        rows.iter().map(|&row| self.measure.of(&self.run.flow.lines[row])).sum()
    }

    fn title(&self, text: &str, rows: &[usize]) -> String {
        let (value, raw, of) = self.value(rows);
        let unit = match self.measure {
            Measure::Money => "",
            Measure::Requests if raw == "1" => " request",
            Measure::Requests => " requests",
            Measure::Tokens => " tokens",
        };
        format!("<title{}>{}: {}{unit}</title>", attributes(&of, &raw), escape(text), escape(&value))
    }

    /// What the colours and patterns mean; only those that occur.
    fn key(&self) -> String {
        let mut key = "<ul class=\"key\">".to_owned();
        for meaning in self.graph.meanings() {
            let fill = match meaning {
                Meaning::Avoidable | Meaning::Wasted => {
                    format!(" style=\"fill:url(#{}-{})\"", meaning.class(), self.measure.name())
                }
                _ => String::new(),
            };
            let _ = write!(
                key,
                "<li><svg class=\"sankey chip\" width=\"26\" height=\"12\" aria-hidden=\"true\"><rect class=\"link {}\"{fill} width=\"26\" height=\"12\"/></svg>{}</li>",
                meaning.class(),
                meaning.word()
            );
        }
        key.push_str("</ul>");
        key
    }
}

/// Stripes for what was avoidable, and for work of no use.
fn patterns(name: &str) -> String {
    let mut defs = "<defs>".to_owned();
    for (meaning, angle) in [(Meaning::Avoidable, 45), (Meaning::Wasted, -45)] {
        let class = meaning.class();
        let _ = write!(
            defs,
            "<pattern id=\"{class}-{name}\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate({angle})\">\
             <rect class=\"ground\" width=\"7\" height=\"7\"/><rect class=\"stripe {class}\" width=\"4\" height=\"7\"/></pattern>"
        );
    }
    defs.push_str("</defs>\n");
    defs
}

fn column_x(column: usize) -> f64 {
    // Four columns.
    column as f64 * (WIDTH - RIGHT - NODE) / 3.0
}
