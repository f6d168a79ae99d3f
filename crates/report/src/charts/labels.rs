//! Finding room for labels.

/// Moves labels apart until neighbours are at least `gap` pixels apart, within `low..=high` as far as they fit.
/// Takes the wished positions, gives positions in the same order; of equal wishes the first ends up on top.
pub(crate) fn spread(wished: &[i32], gap: i32, low: i32, high: i32) -> Vec<i32> {
    let mut order: Vec<usize> = (0..wished.len()).collect();
    order.sort_by_key(|&i| wished[i]);
    let mut placed: Vec<i32> = order.iter().map(|&i| wished[i].clamp(low, high.max(low))).collect();
    // Down from the top, then up from the bottom: what does not fit runs over at the top.
    for i in 1..placed.len() {
        placed[i] = placed[i].max(placed[i - 1] + gap);
    }
    let mut limit = high;
    for y in placed.iter_mut().rev() {
        *y = (*y).min(limit);
        limit = *y - gap;
    }
    let mut positions = vec![0; wished.len()];
    for (at, &i) in order.iter().enumerate() {
        positions[i] = placed[at];
    }
    positions
}

/// The place in a band where a text of `size` fits best: the centre of the window with the most room above
/// and below. The band is given by columns `(x, top, bottom)` in order of `x`, each reaching to the next one.
pub(crate) fn inside(columns: &[(i32, i32, i32)], (width, height): (i32, i32)) -> Option<(i32, i32)> {
    let mut best: Option<(i32, (i32, i32))> = None;
    for start in 0..columns.len() {
        let from = columns[start].0;
        let (mut top, mut bottom) = (i32::MIN, i32::MAX);
        for &(x, column_top, column_bottom) in &columns[start..] {
            top = top.max(column_top);
            bottom = bottom.min(column_bottom);
            if bottom - top < height {
                break;
            }
            if x - from >= width {
                let room = bottom - top;
                if best.is_none_or(|(most, _)| room > most) {
                    best = Some((room, (from + width / 2, top + room / 2)));
                }
                break;
            }
        }
    }
    best.map(|(_, at)| at)
}

/// Stretches of one row that are taken.
#[derive(Clone, Default, Debug)]
pub(crate) struct Taken(Vec<(i32, i32)>);

impl Taken {
    pub(crate) fn take(&mut self, from: i32, until: i32) {
        self.0.push((from, until));
    }

    pub(crate) fn is_free(&self, from: i32, until: i32) -> bool {
        self.0.iter().all(|&(a, b)| until <= a || b <= from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_order_and_distance() {
        assert_eq!(spread(&[50, 52, 51], 20, 0, 100), [50, 90, 70]);
        assert_eq!(spread(&[95, 99], 20, 0, 100), [80, 100]);
        assert_eq!(spread(&[50, 50, 50], 20, 0, 100), [50, 70, 90]);
        assert_eq!(spread(&[-5], 20, 0, 100), [0]);
        assert!(spread(&[], 20, 0, 100).is_empty());
    }

    #[test]
    fn a_text_goes_where_the_band_is_thickest() {
        let band: Vec<_> = (0..100).map(|x| (x, 50 - x / 2, 60)).collect();
        assert_eq!(inside(&band, (20, 10)), Some((88, 35)));
        assert_eq!(inside(&band, (200, 10)), None);
        assert_eq!(inside(&band, (20, 70)), None);
    }

    #[test]
    fn taken_stretches_are_half_open() {
        let mut taken = Taken::default();
        taken.take(10, 20);
        assert!(taken.is_free(20, 30) && taken.is_free(0, 10) && !taken.is_free(19, 21));
    }
}
