//! The quick tier, together with `cargo test --lib`: one test of each part, a
//! few seconds in all. A failure here means that a part is broken; a pass does
//! not replace the other binaries.

#[path = "../common/campaign.rs"]
mod campaign;
mod manifests;
mod rooms;

use campaign::campaign;
use gcdiff::case;
use gcdiff::engine::{Grain, Schedule};
use gcdiff::oracle::{Collector, Options, Timing, Verdict, judge};
use gcdiff::script::{self, Auditing};
use gcdiff::zoo::{self, Probe};
use std::process::Command;

#[test]
fn a_short_campaign_on_the_sound_engine_finds_nothing() {
    let outcome = campaign(1, 1_000, None);
    let found: Vec<_> = outcome.findings.keys().collect();
    assert!(found.is_empty(), "{found:?}");
    let statistics = &outcome.statistics;
    assert!(statistics.agreed > 950, "{statistics}");
    assert!(statistics.freed > 700, "{statistics}");
}

#[test]
fn a_short_campaign_finds_the_canary() {
    assert!(!campaign(1, 100, Some("canary")).findings.is_empty());
}

#[test]
fn the_seed_bug_shows_with_its_fault_only() {
    let seed = include_str!("../../corpus/regressions/issue-10182.wat");
    let (mut case, _) = case::read(seed.as_bytes()).unwrap();
    let fault = zoo::fault("W1").unwrap();
    let faulty = fault.switch_on(Options::default(), &Probe::default());
    let verdict = judge(&case, &faulty).unwrap().verdict;
    let fingerprint = verdict.fingerprint();
    assert_eq!(fingerprint.as_deref(), Some("exact:array:array.copy:drc"));
    case.schedule = Schedule::EverySafepoint;
    let sound = Options::default().with_timing(Timing::At(Grain::Every));
    assert_eq!(judge(&case, &sound).unwrap().verdict, Verdict::Agree);
}

#[test]
fn a_script_passes_under_every_heap() {
    let text = include_str!("../scripts/lifetime.wast");
    let options = script::Options::default().with_schedule(Schedule::EverySafepoint);
    for collector in Collector::ALL {
        let auditing = Auditing::default().with_timing(Timing::At(Grain::Every));
        let report = script::run_under(text, collector, auditing, &options).unwrap();
        assert_eq!(report.failures, [], "{collector}");
        assert_eq!(report.skipped, [], "{collector}");
        assert!(report.assertions > 0);
    }
}

#[test]
fn the_command_line_says_so_with_its_exit_code() {
    let seed = "corpus/regressions/issue-10182.wat";
    for (options, code) in [(&[][..], 0), (&["--fault", "W1"], 1), (&["--fault"], 2)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gcdiff"));
        let ran = command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["run", seed])
            .args(options)
            .output();
        assert_eq!(ran.unwrap().status.code(), Some(code), "{options:?}");
    }
}
