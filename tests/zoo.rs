//! Every fault of the zoo is found in generated cases, and not before it has
//! done something wrong: a fault that is noticed by its mere presence would say
//! nothing about the oracle.

use gcdiff::oracle::Options;
use gcdiff::zoo::{FAULTS, Trials};
use std::sync::atomic::AtomicU64;

#[test]
fn every_fault_is_found() {
    let trials = Trials {
        faults: FAULTS.to_vec(),
        seeds: 1,
        cases: 10_000,
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        options: Options::fuzzing(),
    };
    let results = trials.run(&AtomicU64::new(0), &AtomicU64::new(0));
    for (fault, trials) in FAULTS.iter().zip(&results) {
        for trial in trials {
            let context = format!("{}: {trial:?}", fault.id);
            assert!(trial.detected.is_some(), "{context}");
            assert!(trial.triggered.is_some(), "{context}");
            assert!(trial.reached <= trial.triggered, "{context}");
            assert!(trial.triggered <= trial.detected, "{context}");
        }
    }
}

#[test]
fn ids_are_unique() {
    for (i, fault) in FAULTS.iter().enumerate() {
        let same = |other: &&gcdiff::zoo::Fault| other.id.eq_ignore_ascii_case(fault.id);
        assert_eq!(FAULTS[..i].iter().filter(same).count(), 0, "{}", fault.id);
    }
}
