//! Every seed of the corpus agrees on the sound engine, at every grain of
//! audit, and shows its fault if its header names one.

use gcdiff::case;
use gcdiff::engine::{Grain, Schedule};
use gcdiff::oracle::{Options, Timing, Verdict, judge};
use std::path::PathBuf;

fn seeds() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/regressions");
    let mut seeds: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    seeds.sort();
    assert!(!seeds.is_empty());
    seeds
}

#[test]
fn every_seed_agrees_on_the_sound_engine() {
    for path in seeds() {
        let (mut case, _) = case::read(&std::fs::read(&path).unwrap()).unwrap();
        let own = case.schedule.clone();
        for schedule in [own, Schedule::Never, Schedule::EverySafepoint] {
            case.schedule = schedule;
            let options = Options {
                timing: Timing::At(Grain::Every),
                ..Options::default()
            };
            let judged = judge(&case, &options).unwrap();
            assert_eq!(judged.verdict, Verdict::Agree, "{}", path.display());
        }
    }
}
