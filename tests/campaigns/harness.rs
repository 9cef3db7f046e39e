//! Tests of the harness itself. A fault that any harness finds must be found,
//! and the sound engine must produce no finding.

use super::campaign::campaign;

#[test]
fn the_canary_is_found() {
    for seed in 0..5 {
        let outcome = campaign(seed, 100, Some("canary"));
        assert!(!outcome.findings.is_empty(), "seed {seed}");
    }
}

#[test]
fn the_seed_bug_is_found_without_being_told_where_to_look() {
    for seed in 0..5 {
        let outcome = campaign(seed, 100, Some("W1"));
        assert!(!outcome.findings.is_empty(), "seed {seed}");
    }
}

#[test]
fn the_sound_engine_produces_no_finding() {
    let outcome = campaign(20_000, 20_000, None);
    for finding in outcome.findings.values() {
        println!("case {}: {}", finding.number, finding.evidence);
    }
    assert!(outcome.findings.is_empty());
    let statistics = &outcome.statistics;
    assert!(statistics.cases + statistics.not_generated == 20_000);
    // A control run must do some work to prove anything.
    assert!(statistics.not_generated < 20, "{statistics}");
    assert!(statistics.agreed > 19_900, "{statistics}");
    // Discarded cases could hide bugs, so there must be few.
    let discarded: u64 = statistics.discarded.values().sum();
    assert!(discarded * 50 <= statistics.cases, "{statistics}");
    assert!(statistics.voted > 4_000, "{statistics}");
    assert!(statistics.freed > 15_000, "{statistics}");
    assert!(statistics.overwritten > 12_000, "{statistics}");
}
