//! Distilled sets of cases.

use gcdiff::distill::{Aim, Column, HeldOut, Matrix, Work, pick};
use gcdiff::events::Event;
use gcdiff::generate::{self, Profile};
use gcdiff::zoo;
use std::sync::Arc;

fn matrix(cases: u64, faults: &[&str], jobs: usize) -> Matrix {
    let work = Work {
        source: Arc::new(|number| {
            let drawn = Profile::default().case(&generate::input(5, number));
            Ok(drawn.ok())
        }),
        cases,
        faults: faults.iter().map(|id| zoo::fault(id).unwrap()).collect(),
        jobs,
        timeout: None,
    };
    let done = Arc::default();
    let matrix = work.run(&done, &Arc::default()).unwrap();
    let verdicts = cases * (faults.len() as u64 + 1);
    assert_eq!(done.load(std::sync::atomic::Ordering::Relaxed), verdicts);
    matrix
}

/// The events of the table are those of a survey, and the detected faults those of a campaign.
#[test]
fn a_matrix_has_what_cases_do() {
    let one = matrix(40, &["canary", "W1"], 1);
    let two = matrix(40, &["canary", "W1"], 2);
    assert_eq!(one.rows, two.rows);
    assert_eq!(one.findings, []);
    assert!(one.rows.len() > 35, "{} of 40 agree", one.rows.len());
    let all: Vec<usize> = (0..one.rows.len()).collect();
    let witnesses = |column| one.witnesses(column, &all);
    assert!(witnesses(Column::Detects(0)) > 30);
    let (most, few) = (
        witnesses(Column::Times(Event::Copy, 1)),
        witnesses(Column::Times(Event::Copy, 16)),
    );
    assert!(most > few && few > 0, "{most} {few}");
    let w1 = witnesses(Column::Detects(1));
    assert!(0 < w1 && w1 < most, "{w1} of {most} with copies");
}

#[test]
fn a_distilled_set_has_all_events_and_detects_all_faults() {
    let faults = ["W1", "W1-const", "W1-segment", "D10"];
    let matrix = matrix(100, &faults, 2);
    let all: Vec<usize> = (0..matrix.rows.len()).collect();
    let small = pick(&matrix.rows, &matrix.weights(), &[], Aim::Witnesses(1));
    assert!(
        small.len() < all.len() / 2,
        "{} of {}",
        small.len(),
        all.len()
    );
    for column in &matrix.columns {
        let (of_all, of_small) = (
            matrix.witnesses(*column, &all),
            matrix.witnesses(*column, &small),
        );
        assert_eq!(of_all > 0, of_small > 0, "{column:?}");
    }
    let held_out = HeldOut::new(&matrix, 10);
    assert_eq!(held_out.percent(|fault| fault.with > 0), 100.0);
    assert_eq!(held_out.faults.len(), faults.len());
    let table = held_out.table("gcdiff distill", matrix.rows.len());
    assert!(table.contains("| W1-const | "), "{table}");
}
