//! Every fault of the zoo has a witness: a seed of `corpus/regressions/` on which
//! it does something wrong, and is noticed. Which fault shows on which seed, and
//! how, is in `corpus/matrix.txt`; `BLESS=1 cargo test --test witness` writes that
//! anew after a change that is meant.

use gcdiff::case::{self, Case};
use gcdiff::oracle::{Options, judge};
use gcdiff::zoo::{FAULTS, Fault, Probe};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

const TITLE: &str = "# Which fault shows on which seed, and as what (BLESS=1 cargo test --test witness writes this file).\n";

/// The seeds by name.
fn seeds() -> Vec<(String, Case)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/regressions");
    let files = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_string();
        (name, case::read(&std::fs::read(path).unwrap()).unwrap().0)
    };
    paths.iter().map(read).collect()
}

/// The seeds on which a fault shows, each with the fingerprint.
fn shown<'a>(fault: &Fault, seeds: &'a [(String, Case)]) -> Vec<(&'a str, String)> {
    let mut shown = Vec::new();
    for (name, case) in seeds {
        let probe = Probe::default();
        let options = fault.switch_on(Options::default(), &probe);
        let verdict = judge(case, &options).unwrap().verdict;
        if let Some(fingerprint) = verdict.fingerprint() {
            let harmless = probe.triggered() == 0;
            assert!(!harmless, "{} on {name}: nothing has gone wrong", fault.id);
            shown.push((&name[..], fingerprint));
        }
    }
    shown
}

#[test]
fn every_fault_shows_on_the_seeds_that_the_matrix_says() {
    let seeds = seeds();
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(vec![Vec::new(); FAULTS.len()]);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((i, fault)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    FAULTS.get(i).map(|fault| (i, fault))
                } {
                    let shown = shown(fault, &seeds);
                    rows.lock().unwrap_or_else(PoisonError::into_inner)[i] = shown;
                }
            });
        }
    });
    let rows = rows.into_inner().unwrap();
    let mut matrix = TITLE.to_string();
    let mut unseen = Vec::new();
    for (fault, shown) in FAULTS.iter().zip(&rows) {
        if shown.is_empty() {
            unseen.push(fault.id);
        }
        for (seed, fingerprint) in shown {
            writeln!(matrix, "{} {seed} {fingerprint}", fault.id).unwrap();
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/matrix.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &matrix).unwrap();
    }
    assert!(unseen.is_empty(), "without a witness: {unseen:?}");
    let committed = std::fs::read_to_string(path).unwrap();
    let lines = |text: &str| -> Vec<String> { text.lines().map(String::from).collect() };
    let (old, new) = (lines(&committed), lines(&matrix));
    let lost: Vec<_> = old.iter().filter(|line| !new.contains(line)).collect();
    let gained: Vec<_> = new.iter().filter(|line| !old.contains(line)).collect();
    assert!(
        old == new,
        "corpus/matrix.txt differs\nonly there: {lost:#?}\nonly now: {gained:#?}"
    );
}

#[test]
fn every_seed_is_a_witness_of_some_fault() {
    let matrix = include_str!("../corpus/matrix.txt");
    for (name, _) in seeds() {
        let mut lines = matrix.lines().skip(1);
        let shown = lines.any(|line| line.split(' ').nth(1) == Some(&name));
        assert!(shown, "{name}: no fault shows on it");
    }
}
