//! The greedy cover.

use super::matrix::Row;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// When enough rows are picked.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Aim {
    /// This number of rows, or fewer if a further one adds nothing.
    Size(usize),
    /// As few rows as it takes for this many witnesses of each column, or all that there are.
    Witnesses(u32),
}

/// A witness counts half of the one before it, so a weight of 1 counts this many times.
const HALVES: u32 = 16;

/// Witnesses that each column has so far.
struct Covered<'a> {
    weights: &'a [u64],
    aim: Aim,
    witnesses: Vec<u32>,
}

impl Covered<'_> {
    fn gain(&self, row: &Row) -> u64 {
        let of = |column: &u32| {
            let (weight, so_far) = (
                self.weights[*column as usize],
                self.witnesses[*column as usize],
            );
            match self.aim {
                Aim::Size(_) => (weight << HALVES).checked_shr(so_far).unwrap_or(0),
                Aim::Witnesses(wanted) if so_far >= wanted => 0,
                Aim::Witnesses(_) => weight << HALVES,
            }
        };
        row.columns.iter().map(of).sum()
    }

    fn add(&mut self, row: &Row) {
        for column in &row.columns {
            self.witnesses[*column as usize] += 1;
        }
    }
}

/// Picks rows until the aim is met, each time one that adds most; of several the one with the
/// smallest module, then the first. Rows in `kept` are there already and not picked. Returns their
/// numbers in the order in which they were picked.
///
/// `weights` has what the first witness of each column counts.
pub fn pick(rows: &[Row], weights: &[u64], kept: &[usize], aim: Aim) -> Vec<usize> {
    let mut covered = Covered {
        weights,
        aim,
        witnesses: vec![0; weights.len()],
    };
    for row in kept {
        covered.add(&rows[*row]);
    }
    // What a row adds only becomes less, so most of them need not be looked at each time.
    let entry = |covered: &Covered<'_>, row: usize| {
        (covered.gain(&rows[row]), Reverse((rows[row].size, row)))
    };
    let kept: BTreeSet<usize> = kept.iter().copied().collect();
    let free = (0..rows.len()).filter(|row| !kept.contains(row));
    let mut heap: BinaryHeap<_> = free.map(|row| entry(&covered, row)).collect();
    let most = match aim {
        Aim::Size(size) => size,
        Aim::Witnesses(_) => rows.len(),
    };
    let mut picked = Vec::new();
    while picked.len() < most
        && let Some((known, Reverse((_, row)))) = heap.pop()
    {
        let now = entry(&covered, row);
        if now.0 < known {
            heap.push(now);
            continue;
        }
        if known == 0 {
            break;
        }
        covered.add(&rows[row]);
        picked.push(row);
    }
    picked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(columns: &[&[u32]]) -> Vec<Row> {
        let row = |(number, columns): (usize, &&[u32])| Row {
            case: number as u64,
            size: 100 - number,
            columns: columns.to_vec(),
        };
        columns.iter().enumerate().map(row).collect()
    }

    #[test]
    fn a_smallest_set_has_the_witnesses_that_there_are() {
        let rows = rows(&[&[0], &[0, 1], &[1, 2], &[2], &[0, 1, 2], &[]]);
        let weights = [1, 1, 1];
        assert_eq!(pick(&rows, &weights, &[], Aim::Witnesses(1)), [4]);
        assert_eq!(pick(&rows, &weights, &[], Aim::Witnesses(2)), [4, 2, 1]);
        // More than there are.
        let all = pick(&rows, &weights, &[], Aim::Witnesses(9));
        assert_eq!(all.len(), 5);
        assert!(pick(&rows, &weights, &[4], Aim::Witnesses(1)).is_empty());
    }

    #[test]
    fn each_further_witness_counts_half() {
        // Two new columns of weight 2 are worth more than a second witness of one of weight 6, and
        // one of them is not.
        let rows = rows(&[&[0], &[0], &[1, 2], &[1]]);
        let picked = pick(&rows, &[6, 2, 2], &[], Aim::Size(3));
        assert_eq!(picked, [1, 2, 0]);
        assert!(pick(&rows, &[6, 2, 2], &[], Aim::Size(0)).is_empty());
    }

    #[test]
    fn columns_without_weight_decide_nothing() {
        let rows = rows(&[&[0, 1, 2], &[3]]);
        assert_eq!(pick(&rows, &[0, 0, 0, 1], &[], Aim::Size(2)), [1]);
    }
}
