//! From lines of the flow to nodes and links: workload, first attempt, cause, end.

use std::collections::BTreeMap;

use sandbox_engine::output::{FlowEnd, FlowLine};

use super::layout::{self, Layout};
use crate::look::cause_word;

/// What is counted of a flow.
#[derive(Copy, Clone, PartialEq, Eq, Default, Debug)]
pub enum Measure {
    /// Requests that arrived.
    #[default]
    Requests,
    /// Tokens of prompts and answers.
    Tokens,
    /// US dollars billed.
    Money,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Requests, Self::Tokens, Self::Money];

    /// The name by which it is asked for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "tokens",
            Self::Money => "money",
        }
    }

    /// What is counted as columns of `flow.csv`.
    pub(crate) const fn columns(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Tokens => "input_tokens+output_tokens",
            Self::Money => "billed_usd",
        }
    }

    /// Of a line; nothing flows backwards, so that a negative bill counts as none.
    pub(crate) fn of(self, line: &FlowLine) -> u128 {
        match self {
            Self::Requests => u128::from(line.requests),
            Self::Tokens => u128::from(line.input_tokens) + u128::from(line.output_tokens),
            Self::Money => u128::try_from(line.billed.pico()).unwrap_or(0),
        }
    }
}

/// What a link means, in the order in which links lie upon each other.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Meaning {
    Plan,
    Leak,
    Avoidable,
    Wasted,
    InFlight,
    Shed,
    Failed,
}

impl Meaning {
    pub(crate) const ALL: [Self; 7] =
        [Self::Plan, Self::Leak, Self::Avoidable, Self::Wasted, Self::InFlight, Self::Shed, Self::Failed];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Plan => "as planned",
            Self::Leak => "leaked",
            Self::Avoidable => "leaked, avoidable",
            Self::Wasted => "wasted work",
            Self::InFlight => "in flight at the end",
            Self::Shed => "shed",
            Self::Failed => "failed",
        }
    }

    /// The class of its links.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Plan => "of-plan",
            Self::Leak => "of-leak",
            Self::Avoidable => "of-avoidable",
            Self::Wasted => "of-wasted",
            Self::InFlight => "of-flight",
            Self::Shed => "of-shed",
            Self::Failed => "of-failed",
        }
    }

    fn of(line: &FlowLine) -> Self {
        match &line.end {
            FlowEnd::Plan(_) => Self::Plan,
            FlowEnd::Leak(_) if line.avoidable => Self::Avoidable,
            FlowEnd::Leak(_) => Self::Leak,
            FlowEnd::Failed => Self::Failed,
            FlowEnd::Shed => Self::Shed,
            FlowEnd::InFlight => Self::InFlight,
            FlowEnd::Wasted(_) => Self::Wasted,
        }
    }
}

/// What a node stands for; the order is that in which a column begins.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum What {
    Workload(String),
    Target(String),
    NothingTried,
    Cause {
        rank: usize,
        text: String,
        meaning: Meaning,
    },
    Server(String),
    WastedAt(String),
    End(Meaning),
    /// Those of a kind (by its number) that are too small to be drawn by themselves.
    Others(usize),
}

impl What {
    /// Nodes of a kind are folded together; `None` if it always stands by itself.
    const fn kind(&self) -> Option<usize> {
        match self {
            Self::Workload(_) => Some(0),
            Self::Target(_) => Some(1),
            Self::Cause { .. } => Some(2),
            Self::Server(_) => Some(3),
            Self::WastedAt(_) => Some(4),
            Self::NothingTried | Self::End(_) | Self::Others(_) => None,
        }
    }

    pub(crate) fn label(&self) -> String {
        match self {
            Self::Workload(name) | Self::Target(name) | Self::Server(name) => name.clone(),
            Self::NothingTried => "nothing tried".to_owned(),
            Self::Cause { text, .. } => text.clone(),
            Self::WastedAt(name) => format!("wasted at {name}"),
            Self::End(meaning) => meaning.word().to_owned(),
            Self::Others(4) => "wasted elsewhere".to_owned(),
            Self::Others(_) => "others".to_owned(),
        }
    }
}

/// A node of the diagram.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Node {
    pub(crate) column: usize,
    pub(crate) what: What,
    /// Labels of those that were folded into it, the largest first.
    pub(crate) folded: Vec<String>,
    /// Lines of the flow that pass through it.
    pub(crate) rows: Vec<usize>,
    pub(crate) value: u128,
}

/// A link of the diagram: everything of one meaning that goes from one node to another.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Link {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) meaning: Meaning,
    /// Lines of the flow that pass along it.
    pub(crate) rows: Vec<usize>,
    pub(crate) value: u128,
}

/// What flows where.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) links: Vec<Link>,
    /// All rows with something in them.
    pub(crate) rows: Vec<usize>,
    pub(crate) total: u128,
}

/// Most nodes of a kind; where there are more, the smallest share one.
const MOST: usize = 9;

/// Number of columns.
const COLUMNS: usize = 4;

impl Graph {
    pub(crate) fn new(lines: &[FlowLine], measure: Measure) -> Self {
        let rows: Vec<usize> = (0..lines.len()).filter(|&row| measure.of(&lines[row]) > 0).collect();
        let mut values: BTreeMap<(usize, What), u128> = BTreeMap::new();
        for &row in &rows {
            for (column, what) in path(&lines[row]).into_iter().enumerate() {
                *values.entry((column, what)).or_default() += measure.of(&lines[row]);
            }
        }
        let folds = folds(&values);
        let mut nodes: BTreeMap<(usize, What), Node> = BTreeMap::new();
        let mut links: BTreeMap<(usize, What, What, Meaning), Link> = BTreeMap::new();
        for &row in &rows {
            let (value, meaning) = (measure.of(&lines[row]), Meaning::of(&lines[row]));
            let mut before: Option<What> = None;
            for (column, what) in path(&lines[row]).into_iter().enumerate() {
                let what = match what.kind() {
                    Some(kind) if folds.contains_key(&(column, what.clone())) => What::Others(kind),
                    _ => what,
                };
                let node = nodes.entry((column, what.clone())).or_insert_with(|| Node {
                    column,
                    what: what.clone(),
                    folded: Vec::new(),
                    rows: Vec::new(),
                    value: 0,
                });
                node.rows.push(row);
                node.value += value;
                if let Some(from) = before.replace(what.clone()) {
                    let link = links.entry((column, from, what, meaning)).or_insert_with(|| Link {
                        from: 0,
                        to: 0,
                        meaning,
                        rows: Vec::new(),
                        value: 0,
                    });
                    link.rows.push(row);
                    link.value += value;
                }
            }
        }
        let place = |column: usize, what: &What| {
            nodes.keys().position(|(c, w)| (*c, w) == (column, what)).unwrap_or_default()
        };
        let links = links
            .iter()
            .map(|((column, from, to, _), link)| Link {
                from: place(column - 1, from),
                to: place(*column, to),
                ..link.clone()
            })
            .collect();
        let mut nodes: Vec<Node> = nodes.into_values().collect();
        let mut folded: Vec<(&(usize, What), &u128)> = folds.iter().collect();
        folded.sort_by_key(|(_, value)| std::cmp::Reverse(**value));
        for ((column, what), _) in folded {
            let others = nodes.iter_mut().find(|node| {
                node.column == *column && matches!(node.what, What::Others(kind) if Some(kind) == what.kind())
            });
            if let Some(others) = others {
                others.folded.push(what.label());
            }
        }
        Self { nodes, links, total: rows.iter().map(|&row| measure.of(&lines[row])).sum(), rows }
    }
}

impl Graph {
    /// Lays it out, so high that all that flows takes `flow` pixels.
    pub(crate) fn layout(&self, flow: f64) -> Layout {
        let columns: Vec<usize> = self.nodes.iter().map(|node| node.column).collect();
        let links: Vec<layout::Link> = self
            .links
            .iter()
            .map(|link| layout::Link {
                from: link.from,
                to: link.to,
                value: link.value,
                rank: link.meaning as u8,
            })
            .collect();
        layout::layout(&columns, &links, flow)
    }

    /// Links in the order in which they are drawn: the hot ones on top.
    pub(crate) fn drawn(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.links.len()).collect();
        order.sort_by_key(|&i| self.links[i].meaning);
        order
    }

    /// The meanings that occur.
    pub(crate) fn meanings(&self) -> impl Iterator<Item = Meaning> + '_ {
        Meaning::ALL.into_iter().filter(|meaning| self.links.iter().any(|link| link.meaning == *meaning))
    }
}

/// The nodes that a line passes.
fn path(line: &FlowLine) -> [What; COLUMNS] {
    let meaning = Meaning::of(line);
    let text = match (line.cause, &line.end) {
        (Some(cause), _) if meaning == Meaning::Avoidable => {
            format!("{}, avoidable", cause_word(cause))
        }
        (Some(cause), _) => cause_word(cause),
        (None, FlowEnd::Plan(_)) => "served as planned".to_owned(),
        (None, FlowEnd::Leak(_)) => "no cause told".to_owned(),
        (None, FlowEnd::Failed | FlowEnd::Shed) => "nothing wrong at the plan".to_owned(),
        (None, FlowEnd::InFlight) => "not finished".to_owned(),
        (None, FlowEnd::Wasted(_)) => "billed in vain".to_owned(),
    };
    let rank = line.cause.map_or(usize::from(meaning != Meaning::Plan) * 99, |cause| cause.index() + 1);
    // One node a cause, whatever became of its requests; the avoidable stand apart.
    let apart = match (line.cause, meaning) {
        (_, Meaning::Avoidable | Meaning::Plan) => meaning,
        (Some(_), _) => Meaning::Leak,
        (None, meaning) => meaning,
    };
    [
        What::Workload(line.workload.clone()),
        line.first.clone().map_or(What::NothingTried, What::Target),
        What::Cause { rank, text, meaning: apart },
        match &line.end {
            FlowEnd::Plan(endpoint) | FlowEnd::Leak(endpoint) => What::Server(endpoint.clone()),
            FlowEnd::Wasted(endpoint) => What::WastedAt(endpoint.clone()),
            FlowEnd::Failed | FlowEnd::Shed | FlowEnd::InFlight => What::End(meaning),
        },
    ]
}

/// The nodes that are too small to stand by themselves, with their values.
fn folds(values: &BTreeMap<(usize, What), u128>) -> BTreeMap<(usize, What), u128> {
    let mut kinds: BTreeMap<(usize, usize), Vec<(&What, u128)>> = BTreeMap::new();
    for ((column, what), value) in values {
        if let Some(kind) = what.kind() {
            kinds.entry((*column, kind)).or_default().push((what, *value));
        }
    }
    let mut folds = BTreeMap::new();
    for ((column, _), mut nodes) in kinds {
        if nodes.len() > MOST {
            // Stable: of equals, those that are listed first stay.
            nodes.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
            for (what, value) in nodes.split_off(MOST - 1) {
                folds.insert((column, what.clone()), value);
            }
        }
    }
    folds
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sandbox_model::{Cause, Usd};

    use super::*;

    fn line(dice: (u8, u8, u8, u8, u64, i64)) -> FlowLine {
        let (workload, first, cause, end, requests, billed) = dice;
        let endpoint = format!("e{}", end / 6);
        FlowLine {
            workload: format!("w{workload}"),
            first: (first > 0).then(|| format!("t{first}")),
            cause: Cause::ALL.get(usize::from(cause)).copied(),
            avoidable: first % 2 == 0,
            tried_plan: false,
            end: match end % 6 {
                0 => FlowEnd::Plan(endpoint),
                1 => FlowEnd::Leak(endpoint),
                2 => FlowEnd::Failed,
                3 => FlowEnd::Shed,
                4 => FlowEnd::InFlight,
                _ => FlowEnd::Wasted(endpoint),
            },
            requests,
            input_tokens: requests / 2,
            output_tokens: 3,
            billed: Usd::from_pico(i128::from(billed)),
            premium: Usd::from_pico(-i128::from(billed)),
        }
    }

    proptest! {
        /// Each column holds all that flows, each node passes on what it gets, and no line is lost on the way.
        #[test]
        fn graphs_conserve(
            dice in prop::collection::vec(
                (0_u8..14, 0_u8..14, 0_u8..12, 0_u8..120, 0_u64..1_000_000, -1_000_i64..1_000_000_000), 0..80)
        ) {
            let lines: Vec<FlowLine> = dice.into_iter().map(line).collect();
            for measure in Measure::ALL {
                let graph = Graph::new(&lines, measure);
                let all: u128 = lines.iter().map(|line| measure.of(line)).sum();
                prop_assert_eq!(graph.total, all);
                for column in 0..COLUMNS {
                    let nodes = || graph.nodes.iter().filter(|node| node.column == column);
                    prop_assert_eq!(nodes().map(|node| node.value).sum::<u128>(), all);
                    prop_assert!(nodes().count() <= 2 * MOST + 4);
                }
                for (index, node) in graph.nodes.iter().enumerate() {
                    let sum = |of: fn(&Link) -> usize| -> u128 {
                        graph.links.iter().filter(|link| of(link) == index).map(|link| link.value).sum()
                    };
                    let (entering, leaving) = (sum(|link| link.to), sum(|link| link.from));
                    prop_assert!(node.column == 0 || entering == node.value);
                    prop_assert!(node.column == COLUMNS - 1 || leaving == node.value);
                    prop_assert_eq!(node.rows.iter().map(|&row| measure.of(&lines[row])).sum::<u128>(), node.value);
                    prop_assert_eq!(matches!(node.what, What::Others(_)), !node.folded.is_empty());
                }
            }
        }
    }
}
