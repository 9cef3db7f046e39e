//! The worth of a distilled set: faults that it was not made for.

use super::column::Column;
use super::cover::{Aim, pick};
use super::matrix::Matrix;
use std::fmt::Write;

/// Whether sets of cases detect faults that were left out of the matrix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldOut {
    /// Cases in each set.
    pub size: usize,
    /// Cases in the set that is distilled with all faults: fewer if a further one adds nothing.
    pub picked: usize,
    /// A row for each fault.
    pub faults: Vec<HeldOutFault>,
    /// The number of random sets.
    pub sets: usize,
}

/// A fault that was left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldOutFault {
    /// Its id.
    pub id: &'static str,
    /// The cases of the matrix that detect it.
    pub cases: usize,
    /// The cases that detect it in the set distilled with all faults.
    pub with: usize,
    /// The same without this fault.
    pub without: usize,
    /// The same without this fault and its variants, which share the first part of its id: W1 and
    /// W1-const.
    pub without_variants: usize,
    /// The number of random sets that detect it.
    pub random: usize,
}

impl HeldOut {
    /// Leaves out each fault of a matrix. Random sets are cases that follow each other.
    pub fn new(matrix: &Matrix, size: usize) -> HeldOut {
        let all = matrix.weights();
        let detecting =
            |fault: usize, rows: &[usize]| matrix.witnesses(Column::Detects(fault), rows);
        let every: Vec<usize> = (0..matrix.rows.len()).collect();
        let random: Vec<&[usize]> = every.chunks_exact(size.max(1)).collect();
        let with = pick(&matrix.rows, &all, &[], Aim::Size(size));
        let without = |leaves: &dyn Fn(usize) -> bool| {
            let weight = |(column, weight): (&Column, &u64)| match column {
                Column::Detects(fault) if leaves(*fault) => 0,
                _ => *weight,
            };
            let weights: Vec<u64> = matrix.columns.iter().zip(&all).map(weight).collect();
            pick(&matrix.rows, &weights, &[], Aim::Size(size))
        };
        let origin = |fault: usize| matrix.faults[fault].id.split('-').next();
        let faults = (0..matrix.faults.len()).map(|fault| HeldOutFault {
            id: matrix.faults[fault].id,
            cases: detecting(fault, &every),
            with: detecting(fault, &with),
            without: detecting(fault, &without(&|other| other == fault)),
            without_variants: detecting(fault, &without(&|other| origin(other) == origin(fault))),
            random: random
                .iter()
                .filter(|set| detecting(fault, set) > 0)
                .count(),
        });
        HeldOut {
            size,
            picked: with.len(),
            faults: faults.collect(),
            sets: random.len(),
        }
    }

    /// The share of faults for which something holds, as a percentage.
    pub fn percent(&self, holds: impl Fn(&HeldOutFault) -> bool) -> f64 {
        let count = self.faults.iter().filter(|fault| holds(fault)).count();
        count as f64 * 100.0 / self.faults.len().max(1) as f64
    }

    /// The share of faults that a random set detects, on average, as a percentage.
    pub fn random_percent(&self) -> f64 {
        let detected: usize = self.faults.iter().map(|fault| fault.random).sum();
        let all = self.faults.len() * self.sets;
        detected as f64 * 100.0 / all.max(1) as f64
    }

    /// A table in Markdown. `command` made it.
    pub fn table(&self, command: &str, cases: usize) -> String {
        let HeldOut {
            size, picked, sets, ..
        } = self;
        let mut text = format!(
            "# Distilled cases\n\nWritten by `{command}`.\n\nOf {cases} cases on which all heaps agree, {picked} are picked, so that as many \
             events, pairs of an event and a collection, and faults as possible have witnesses among them, each several. The set is worth what it finds that it \
             was not made for: each fault is left out of the matrix in turn, alone or with its variants (W1 and W1-const). The faults it then detects are those below.\n\n| set of {size} cases | faults detected |\n|---|---:|\n"
        );
        let mut rows = vec![
            ("distilled with all faults", self.percent(|f| f.with > 0)),
            (
                "distilled without the fault",
                self.percent(|f| f.without > 0),
            ),
            (
                "distilled without the fault and its variants",
                self.percent(|f| f.without_variants > 0),
            ),
            ("all cases", self.percent(|f| f.cases > 0)),
        ];
        if *sets > 0 {
            rows.insert(3, ("random, on average", self.random_percent()));
        }
        for (name, percent) in rows {
            let _ = writeln!(text, "| {name} | {percent:.1} % |");
        }
        let _ = write!(
            text,
            "\nFor each fault, the number of cases that detect it: of all cases, and in the distilled sets; and how many of {sets} \
             random sets detect it.\n\n| fault | all | with it | without it | without its variants | random sets |\n\
             |---|---:|---:|---:|---:|---:|\n"
        );
        for fault in &self.faults {
            let HeldOutFault {
                id,
                cases,
                with,
                without,
                without_variants,
                random,
            } = fault;
            let _ = writeln!(
                text,
                "| {id} | {cases} | {with} | {without} | {without_variants} | {random} |"
            );
        }
        text
    }
}
