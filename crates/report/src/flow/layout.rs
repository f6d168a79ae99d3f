//! Layout of a Sankey diagram: nodes in columns, links between neighbouring columns, all heights to one scale.
//!
//! Each node has room for two lines of text above it, so that no two texts can meet. Nodes are put in an order that lets
//! few links cross: each beside the weighted mean of its neighbours, to and fro, and the best order seen is kept.

/// A link to lay out, from a node of one column to a node of the next.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Link {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// What flows; at least 1.
    pub(crate) value: u128,
    /// Of links that share their ends, the lower lie above.
    pub(crate) rank: u8,
}

/// Where a node is, in pixels.
#[derive(Copy, Clone, PartialEq, Default, Debug)]
pub(crate) struct Place {
    /// Its upper edge; the text above it takes [`TEXT`] more.
    pub(crate) y: f64,
    pub(crate) height: f64,
}

/// Where a link leaves and arrives, by its upper edge, in pixels.
#[derive(Copy, Clone, PartialEq, Default, Debug)]
pub(crate) struct Ribbon {
    pub(crate) from_y: f64,
    pub(crate) to_y: f64,
    pub(crate) thickness: f64,
}

/// The whole diagram.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Layout {
    pub(crate) nodes: Vec<Place>,
    pub(crate) links: Vec<Ribbon>,
    pub(crate) height: f64,
}

/// Height of the two lines of text above a node [px].
pub(crate) const TEXT: f64 = 42.0;
/// Between a node and the text of the next [px].
const GAP: f64 = 6.0;
/// The thinnest link [px].
const THIN: f64 = 1.0;
/// How often the order is improved, to and fro.
const SWEEPS: usize = 6;

/// Lays a diagram out, so high that all that flows takes `flow` pixels. `columns` has the column of each node; nodes of a column begin in the order in which they are listed.
pub(crate) fn layout(columns: &[usize], links: &[Link], flow: f64) -> Layout {
    let count = columns.iter().max().map_or(0, |&last| last + 1);
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (node, &column) in columns.iter().enumerate() {
        order[column].push(node);
    }
    improve(&mut order, columns.len(), links);

    // What enters a column is what left the one before, so that the first speaks for all.
    let total: u128 = links.iter().filter(|link| columns[link.from] == 0).map(|link| link.value).sum();
    let scale = if total > 0 { flow / total as f64 } else { 0.0 };
    let thickness = |link: &Link| (link.value as f64 * scale).max(THIN);
    let mut heights = vec![(0.0, 0.0); columns.len()];
    for link in links {
        heights[link.from].1 += thickness(link);
        heights[link.to].0 += thickness(link);
    }
    let place = positions(&order, columns.len());
    let mut ribbons: Vec<Ribbon> =
        links.iter().map(|link| Ribbon { thickness: thickness(link), ..Ribbon::default() }).collect();
    let mut by_target: Vec<usize> = (0..links.len()).collect();
    by_target.sort_by_key(|&i| (place[links[i].to], links[i].rank, i));
    let mut nodes = vec![Place::default(); columns.len()];
    let mut wanted = vec![(0.0, 0.0); columns.len()];
    let mut filled = vec![(0.0, 0.0); columns.len()];
    let mut height: f64 = 0.0;
    for column in &order {
        let mut y = 0.0;
        for &node in column {
            let (entering, leaving) = heights[node];
            let height = f64::max(entering, leaving).max(THIN);
            // Where what enters it would run straight, or below where that is taken.
            let (sum, weight) = wanted[node];
            let level = if weight > 0.0 { sum / weight - height / 2.0 } else { 0.0 };
            nodes[node] = Place { y: level.max(y + TEXT), height };
            y = nodes[node].y + height + GAP;
        }
        height = height.max(y);
        for &i in by_target.iter().filter(|&&i| column.contains(&links[i].from)) {
            let Link { from, to, .. } = links[i];
            let Ribbon { thickness, .. } = ribbons[i];
            ribbons[i].from_y = nodes[from].y + filled[from].1;
            filled[from].1 += thickness;
            wanted[to].0 += (ribbons[i].from_y + thickness / 2.0) * thickness;
            wanted[to].1 += thickness;
        }
    }

    let mut by_source: Vec<usize> = (0..links.len()).collect();
    by_source.sort_by_key(|&i| (place[links[i].from], links[i].rank, i));
    for i in by_source {
        let used = &mut filled[links[i].to].0;
        ribbons[i].to_y = nodes[links[i].to].y + *used;
        *used += ribbons[i].thickness;
    }
    Layout { nodes, links: ribbons, height }
}

/// Place of each node in its column.
fn positions(order: &[Vec<usize>], nodes: usize) -> Vec<usize> {
    let mut place = vec![0; nodes];
    for column in order {
        for (at, &node) in column.iter().enumerate() {
            place[node] = at;
        }
    }
    place
}

fn improve(order: &mut Vec<Vec<usize>>, nodes: usize, links: &[Link]) {
    let mut best = (crossings(order, nodes, links), order.clone());
    for sweep in 0..SWEEPS {
        let forward = sweep % 2 == 0;
        let columns: Vec<usize> = if forward {
            (1..order.len()).collect()
        } else {
            (0..order.len().saturating_sub(1)).rev().collect()
        };
        for column in columns {
            let place = positions(order, nodes);
            let mut mean = vec![(0.0, 0.0); nodes];
            for link in links {
                let (node, neighbour) = if forward { (link.to, link.from) } else { (link.from, link.to) };
                let weight = link.value as f64;
                mean[node].0 += weight * place[neighbour] as f64;
                mean[node].1 += weight;
            }
            // Of a node without links of this side, its place.
            let key = |node: usize| match mean[node] {
                (_, 0.0) => place[node] as f64,
                (sum, weight) => sum / weight,
            };
            order[column].sort_by(|&a, &b| key(a).total_cmp(&key(b)));
        }
        let now = crossings(order, nodes, links);
        if now < best.0 {
            best = (now, order.clone());
        }
    }
    *order = best.1;
}

/// How much crosses: of each two links that cross, the thinner.
fn crossings(order: &[Vec<usize>], nodes: usize, links: &[Link]) -> u128 {
    let place = positions(order, nodes);
    let mut column = vec![0; nodes];
    for (index, nodes) in order.iter().enumerate() {
        for &node in nodes {
            column[node] = index;
        }
    }
    let mut sum: u128 = 0;
    for (i, a) in links.iter().enumerate() {
        for b in &links[..i] {
            if column[a.from] == column[b.from] {
                let left = place[a.from].cmp(&place[b.from]);
                let right = place[a.to].cmp(&place[b.to]);
                if left.is_ne() && left == right.reverse() {
                    sum = sum.saturating_add(a.value.min(b.value));
                }
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every path goes through all columns, so that each node passes on what it gets.
    fn diagram(paths: &[([usize; 4], u64)], wide: usize) -> (Vec<usize>, Vec<Link>) {
        let columns: Vec<usize> = (0..4 * wide).map(|node| node / wide).collect();
        let mut links: Vec<Link> = Vec::new();
        for (path, value) in paths {
            for column in 0..3 {
                let (from, to) = (column * wide + path[column], (column + 1) * wide + path[column + 1]);
                let rank = (value % 3) as u8;
                match links.iter_mut().find(|l| (l.from, l.to, l.rank) == (from, to, rank)) {
                    Some(link) => link.value += u128::from(*value),
                    None => links.push(Link { from, to, value: u128::from(*value), rank }),
                }
            }
        }
        (columns, links)
    }

    fn check(columns: &[usize], links: &[Link]) -> Result<(), TestCaseError> {
        let layout = layout(columns, links, 300.0);
        for (a, one) in layout.nodes.iter().enumerate() {
            prop_assert!(one.y.is_finite() && one.y >= TEXT && one.y + one.height <= layout.height);
            for (b, other) in layout.nodes.iter().enumerate().skip(a + 1) {
                if columns[a] == columns[b] {
                    let (above, below) = if one.y < other.y { (one, other) } else { (other, one) };
                    prop_assert!(
                        above.y + above.height <= below.y - TEXT,
                        "{above:?} meets the text of {below:?}"
                    );
                }
            }
        }
        // Whichever side is looked at: ribbons fill their node from its top, one upon the other, and stay inside it.
        for node in 0..columns.len() {
            for side in [false, true] {
                let mut edges: Vec<(f64, f64)> = links
                    .iter()
                    .zip(&layout.links)
                    .filter(|(link, _)| if side { link.from == node } else { link.to == node })
                    .map(|(_, ribbon)| (if side { ribbon.from_y } else { ribbon.to_y }, ribbon.thickness))
                    .collect();
                edges.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut y = layout.nodes[node].y;
                for (from, thickness) in edges {
                    prop_assert!((from - y).abs() < 1e-6 && thickness >= THIN);
                    y += thickness;
                }
                prop_assert!(y <= layout.nodes[node].y + layout.nodes[node].height + 1e-6);
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn nothing_overlaps_and_nothing_is_lost(
            paths in prop::collection::vec((prop::array::uniform4(0_usize..6), 1_u64..=u64::MAX), 0..40)
        ) {
            let (columns, links) = diagram(&paths, 6);
            check(&columns, &links)?;
        }

        /// Where no link is thinner than a pixel, what enters a node is as thick as what leaves it.
        #[test]
        fn widths_in_are_widths_out(
            paths in prop::collection::vec((prop::array::uniform4(0_usize..5), 1_000_u64..3_000), 1..60)
        ) {
            let (columns, links) = diagram(&paths, 5);
            let layout = layout(&columns, &links, 300.0);
            for node in 5..15 {
                let sum = |of: fn(&Link) -> usize| -> f64 {
                    links.iter().zip(&layout.links).filter(|(l, _)| of(l) == node).map(|(_, r)| r.thickness).sum()
                };
                prop_assert!((sum(|l| l.to) - sum(|l| l.from)).abs() < 1e-6);
                prop_assert!((sum(|l| l.to) - layout.nodes[node].height).abs() < 1e-6 || sum(|l| l.to) == 0.0);
            }
        }

        #[test]
        fn sweeps_never_add_crossings(
            paths in prop::collection::vec((prop::array::uniform4(0_usize..6), 1_u64..1_000), 0..40)
        ) {
            let (columns, links) = diagram(&paths, 6);
            let mut order: Vec<Vec<usize>> = (0..4).map(|c| (c * 6..c * 6 + 6).collect()).collect();
            let before = crossings(&order, columns.len(), &links);
            improve(&mut order, columns.len(), &links);
            prop_assert!(crossings(&order, columns.len(), &links) <= before);
        }
    }

    #[test]
    fn nothing_gives_nothing() {
        assert_eq!(layout(&[], &[], 300.0), Layout { nodes: vec![], links: vec![], height: 0.0 });
    }

    #[test]
    fn a_crossing_that_need_not_be_is_undone() {
        let link = |from, to| Link { from, to, value: 1, rank: 0 };
        let laid = layout(&[0, 0, 1, 1], &[link(0, 3), link(1, 2)], 300.0);
        assert!(laid.nodes[3].y < laid.nodes[2].y, "{:?}", laid.nodes);
    }
}
