//! Every fault of the zoo has a witness: a case in `corpus/regressions/` on
//! which it triggers and is detected. `corpus/matrix.txt` lists all faults and
//! witnesses with their fingerprints. After an intended change, `BLESS=1 cargo
//! test --test oracle witness` updates the matrix.
//!
//! The faults modelled on Wasmtime issue 10182 also have controls: modules that
//! do the same without an object whose count could be lost. The faults must not
//! show on them.

use gcdiff::case::{self, Case};
use gcdiff::engine::{Grain, Schedule};
use gcdiff::oracle::{Options, Timing, Verdict, judge};
use gcdiff::zoo::{self, FAULTS, Fault, Probe};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

const TITLE: &str = "# Which fault shows on which seed, and as what (BLESS=1 cargo test --test oracle witness writes this file).\n";

/// The cases of `corpus/regressions/` with their names.
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

/// The cases on which a fault shows, each with its fingerprint.
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
    let matrix = include_str!("../../corpus/matrix.txt");
    for (name, _) in seeds() {
        let mut lines = matrix.lines().skip(1);
        let shown = lines.any(|line| line.split(' ').nth(1) == Some(&name));
        assert!(shown, "{name}: no fault shows on it");
    }
}

/// Asserts that a fault has no effect on a case under several schedules.
/// Returns whether the faulty code has run.
fn is_harmless(id: &str, name: &str, mut case: Case) -> bool {
    let probe = Probe::default();
    let options = Options::default().with_timing(Timing::At(Grain::Every));
    let options = zoo::fault(id).unwrap().switch_on(options, &probe);
    for schedule in [
        case.schedule.clone(),
        Schedule::Never,
        Schedule::EverySafepoint,
    ] {
        case.schedule = schedule;
        let verdict = judge(&case, &options).unwrap().verdict;
        assert_eq!(verdict, Verdict::Agree, "{id} on {name}");
    }
    assert_eq!(probe.triggered(), 0, "{id} on {name}");
    probe.reached() > 0
}

#[test]
fn the_seed_bug_does_not_show_on_its_controls() {
    let seeds = seeds();
    let seed = |name: &str| {
        let found = seeds.iter().find(|(seed, _)| seed == name);
        found.unwrap_or_else(|| panic!("no seed {name}")).1.clone()
    };
    for (name, copies) in [
        ("issue-10182-without-the-copy", false),
        ("issue-10182-with-i31", true),
        ("issue-10182-with-null", true),
        ("array-copy-of-objects-without-the-copy", false),
        ("array-copy-of-i31s", true),
        ("array-copy-of-nulls", true),
    ] {
        assert_eq!(is_harmless("W1", name, seed(name)), copies, "{name}");
    }
}

/// Pairs of modules that turn references into handles. Without an object among
/// them, the faulty code runs without effect; with an object, it has an effect.
#[test]
fn handles_of_nothing_that_is_counted_lose_nothing() {
    let types = "(type $s (struct (field (mut i32)))) (type $a (array (mut anyref)))";
    for (id, nothing, object) in [
        (
            "W1",
            r#"(func (export "run") (local $a (ref null $a))
                 (local.set $a (array.new $a (struct.new $s (i32.const 1)) (i32.const 3)))
                 (array.copy $a $a (local.get $a) (i32.const 3) (local.get $a) (i32.const 0)
                   (i32.const 0)))"#,
            r#"(func (export "run") (local $a (ref null $a))
                 (local.set $a (array.new $a (struct.new $s (i32.const 1)) (i32.const 3)))
                 (array.copy $a $a (local.get $a) (i32.const 2) (local.get $a) (i32.const 0)
                   (i32.const 1)))"#,
        ),
        // From one array to another.
        (
            "W1",
            r#"(func (export "run") (local $a (ref null $a))
                 (local.set $a (array.new $a (struct.new $s (i32.const 1)) (i32.const 3)))
                 (array.copy $a $a (local.get $a) (i32.const 0)
                   (array.new $a (ref.i31 (i32.const 1)) (i32.const 3)) (i32.const 1)
                   (i32.const 2)))"#,
            r#"(func (export "run") (local $a (ref null $a))
                 (local.set $a (array.new_default $a (i32.const 3)))
                 (array.copy $a $a (local.get $a) (i32.const 0)
                   (array.new $a (struct.new $s (i32.const 1)) (i32.const 3)) (i32.const 1)
                   (i32.const 2)))"#,
        ),
        (
            "W1-const",
            r#"(global anyref (array.new_fixed $a 2 (ref.i31 (i32.const 1)) (ref.null any)))
               (global anyref (array.new $a (ref.i31 (i32.const 1)) (i32.const 2)))
               (global anyref (struct.new $s (i32.const 16)))
               (func (export "run") (result anyref)
                 (array.new_fixed $a 1 (struct.new $s (i32.const 1))))"#,
            "(global anyref (array.new $a (struct.new $s (i32.const 1)) (i32.const 2)))",
        ),
        (
            "W1-const",
            "(type $i (struct (field i64 i31ref))) (global anyref (struct.new $i (i64.const 16) (ref.null i31)))",
            r#"(type $n (struct (field i64 i8 anyref)))
               (global anyref (struct.new $n (i64.const 16) (i32.const 32) (struct.new $s (i32.const 1))))"#,
        ),
        (
            "W1-segment",
            r#"(table $t 2 anyref)
               (elem (table $t) (i32.const 0) anyref (ref.null any) (ref.i31 (i32.const 16)))
               (elem $e anyref (struct.new $s (i32.const 1)))
               (global $a anyref (array.new_default $a (i32.const 2)))
               (func (export "run") (local $a (ref null $a))
                 (table.init $t $e (i32.const 0) (i32.const 1) (i32.const 0))
                 (table.set $t (i32.const 0) (struct.new $s (i32.const 2)))
                 (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 1)))"#,
            r#"(elem $e anyref (struct.new $s (i32.const 1)))
               (func (export "run") (result anyref)
                 (array.new_elem $a $e (i32.const 0) (i32.const 1)))"#,
        ),
        // A copy from a segment traps, so nothing is copied. The copy that
        // follows is not from a segment.
        (
            "W1-segment",
            r#"(table $t 2 anyref)
               (elem $e anyref (struct.new $s (i32.const 1)))
               (func (export "run")
                 (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 2)))
               (func (export "then")
                 (table.set $t (i32.const 0) (struct.new $s (i32.const 2)))
                 (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 1)))"#,
            r#"(table $t 2 anyref)
               (elem $e anyref (struct.new $s (i32.const 1)))
               (func (export "run")
                 (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)))"#,
        ),
        (
            "W1-host",
            r#"(import "h" "f" (func $f (param i32 v128 anyref anyref) (result i32)))
               (func $g (param anyref))
               (func (export "run") (local $s (ref null $s))
                 (local.set $s (struct.new $s (i32.const 1)))
                 (call $g (local.get $s))
                 (drop (call $f (i32.const 16) (v128.const i64x2 16 16)
                   (ref.i31 (i32.const 2)) (ref.null any))))"#,
            r#"(import "h" "f" (func $f (param i32 v128 anyref)))
               (func (export "run")
                 (call $f (i32.const 16) (v128.const i64x2 16 16) (struct.new $s (i32.const 2))))"#,
        ),
        // The host function is called by reference.
        (
            "W1-host",
            r#"(type $f (func (param anyref))) (import "h" "f" (func $f (type $f)))
               (elem declare func $f)
               (func (export "run")
                 (call_ref $f (ref.i31 (i32.const 7)) (ref.func $f)))"#,
            r#"(type $f (func (param anyref))) (import "h" "f" (func $f (type $f)))
               (elem declare func $f)
               (func (export "run")
                 (return_call_ref $f (struct.new $s (i32.const 7)) (ref.func $f)))"#,
        ),
    ] {
        let read = |text: &str| {
            let text = format!("(module {types} {text})");
            case::read(text.as_bytes()).unwrap().0
        };
        let reached = is_harmless(id, nothing, read(nothing));
        let never = id == "W1-segment" && nothing.contains("\"then\"");
        assert_eq!(reached, !never, "{id} on {nothing}");
        let probe = Probe::default();
        let options = zoo::fault(id)
            .unwrap()
            .switch_on(Options::default(), &probe);
        let verdict = judge(&read(object), &options).unwrap().verdict;
        assert!(probe.triggered() > 0, "{id} on {object}");
        let fingerprint = verdict.fingerprint().unwrap_or_default();
        assert!(fingerprint.ends_with(":drc"), "{id} on {object}: {verdict}");
    }
}
