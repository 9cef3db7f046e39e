//! Every case of the corpus, seeds and regressions, agrees on the sound engine:
//! with its own schedule, without collections, and with a collection at every
//! safepoint, each audited at every operation.

use gcdiff::case;
use gcdiff::engine::{Grain, Schedule};
use gcdiff::observe::StepOutcome;
use gcdiff::oracle::{Options, Timing, Verdict, judge};
use std::path::PathBuf;

/// The files of a folder of the corpus.
fn seeds(folder: &str) -> Vec<PathBuf> {
    let corpus = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"));
    let mut seeds: Vec<PathBuf> = std::fs::read_dir(corpus.join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty());
    seeds
}

#[test]
fn every_seed_agrees_on_the_sound_engine() {
    for path in seeds("regressions").into_iter().chain(seeds("seeds")) {
        let (mut case, _) = case::read(&std::fs::read(&path).unwrap()).unwrap();
        let own = case.schedule.clone();
        for schedule in [own, Schedule::Never, Schedule::EverySafepoint] {
            case.schedule = schedule;
            let options = Options::default().with_timing(Timing::At(Grain::Every));
            let judged = judge(&case, &options).unwrap();
            assert_eq!(judged.verdict, Verdict::Agree, "{}", path.display());
        }
    }
}

/// A starting case must run and allocate to be of use.
#[test]
fn starting_cases_run_and_allocate() {
    for path in seeds("seeds") {
        let (case, header) = case::read(&std::fs::read(&path).unwrap()).unwrap();
        assert!(header.about.is_some(), "{}: no `about`", path.display());
        let judged = judge(&case, &Options::default()).unwrap();
        let (_, stats) = judged.stats.first().unwrap();
        assert!(stats.heap.allocated > 1, "{}: {stats:?}", path.display());
        let seen = judged.observation().cloned().unwrap();
        let returned = seen
            .steps
            .iter()
            .filter(|step| matches!(step.outcome, StepOutcome::Returned(_)));
        let returned = returned.count();
        assert!(
            2 * returned > seen.steps.len(),
            "{}: most steps fail",
            path.display()
        );
    }
}
