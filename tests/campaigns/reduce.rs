//! Reduction of findings: small, the same finding, a fixpoint, and the same for any number of jobs.

use gcdiff::campaign::{Campaign, Finding, run};
use gcdiff::case::Case;
use gcdiff::engine::{Grain, Schedule};
use gcdiff::generate;
use gcdiff::oracle::{Options, Timing, judge};
use gcdiff::reduce::{
    Answer, Form, Keep, Predicate, Program, Progress, SameFinding, Settings, audited_as_before,
    audited_often, instructions, reduce, with_names,
};
use gcdiff::zoo;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The first finding of a campaign with a fault, and the options that show it.
fn found(fault: &str, seed: u64) -> (Finding, Case, Options) {
    let fault = zoo::fault(fault).expect("in the zoo");
    let all = fault.switch_on(Options::fuzzing(), &Default::default());
    let campaign = Campaign::new(seed, all.clone())
        .with_cases(1_000)
        .with_stop_at_first(true);
    let report = run(&campaign, &Default::default());
    let finding = report.findings.into_values().min_by_key(|f| f.number);
    let finding = finding.expect("a finding");
    let options = all.for_header(&finding.pins.header()).unwrap();
    let case = finding.case.clone().expect("a case");
    (finding, case, options)
}

#[test]
fn findings_of_known_bugs_become_small_and_stay_the_same() {
    // Violations blamed on instructions, on a collection, and differences.
    for (fault, seed, most) in [
        ("W1", 1, 9),
        ("canary", 1, 6),
        ("W30", 1, 6),
        ("W20", 1, 25),
        ("X11", 2, 25),
    ] {
        let (finding, case, options) = found(fault, seed);
        let same = SameFinding::new(&case, options.clone(), Keep::Fingerprint, None).unwrap();
        let one = reduce(case.clone(), &same, &Settings::default(), &()).unwrap();
        assert!(one.finished && one.accepted > 0);
        let count = instructions(&one.case.wasm);
        assert!(count <= most, "{fault}: {count} instructions");
        // It is judged as at first, not by a part of the oracle.
        let judged = gcdiff::oracle::judge(&one.case, &options).unwrap();
        let fingerprint = judged.verdict.fingerprint();
        assert_eq!(fingerprint.as_deref(), Some(finding.fingerprint.as_str()));
        assert_eq!(same.keeps(&with_names(one.case.clone())), Answer::Keep);
        // The result is a fixpoint.
        let again = reduce(one.case.clone(), &same, &Settings::default(), &()).unwrap();
        assert_eq!((again.accepted, &again.case), (0, &one.case), "{fault}");
        let three = Settings::default().with_jobs(3);
        let three = reduce(case, &same, &three, &()).unwrap();
        assert_eq!(three.case, one.case, "{fault}");
        assert_eq!(three.accepted, one.accepted, "{fault}");
    }
}

/// A recursion that fills the heap collects without a schedule. It takes a thousand times longer than a
/// case that collects where it has to, and so does everything that repeats the run.
#[test]
fn a_long_run_is_no_simpler_than_a_schedule() {
    let (_, case, options) = found("G13", 9);
    let options = audited_often(&case, &options, None);
    let same = SameFinding::new(&case, options, Keep::Fingerprint, None).unwrap();
    let reduced = reduce(case, &same, &Settings::default(), &()).unwrap();
    assert!(reduced.finished && instructions(&reduced.case.wasm) <= 6);
    assert_ne!(reduced.case.schedule, Schedule::Never);
    assert_eq!(same.effort(&reduced.case), 0);
}

#[test]
fn candidates_are_audited_more_often_than_the_result() {
    let (_, case, options) = found("W1", 1);
    let often = audited_often(&case, &options, None);
    assert_eq!(often.timing, Timing::At(Grain::Collection));
    // The last collection of the case is audited in any case.
    let before = audited_as_before(&case, (&options, &often), Keep::Fingerprint, None);
    assert_eq!(before.timing, options.timing);
    // What the user has chosen stays.
    let end = options.with_timing(Timing::At(Grain::End));
    assert_eq!(audited_often(&case, &end, None).timing, end.timing);
}

/// A finding that sampled audits miss keeps the frequent ones.
#[test]
fn what_only_frequent_audits_show_is_audited_often() {
    let fault = zoo::fault("W62").expect("in the zoo");
    let options = fault.switch_on(Options::fuzzing(), &Default::default());
    let often = options.clone().with_timing(Timing::At(Grain::Collection));
    let hidden = (0..300).find_map(|index| {
        let case = generate::case(&generate::input(1, index)).ok()?.case;
        let is_finding = |options| judge(&case, options).unwrap().verdict.is_finding();
        (!is_finding(&options) && is_finding(&often)).then_some(case)
    });
    let hidden = hidden.expect("a case that only frequent audits find");
    let chosen = audited_as_before(&hidden, (&options, &often), Keep::Fingerprint, None);
    assert_eq!(chosen.timing, often.timing);
}

#[test]
fn a_case_without_a_finding_is_refused() {
    let text = "(module (func (export \"f\")))";
    let (case, _) = gcdiff::case::read(text.as_bytes()).unwrap();
    let error = SameFinding::new(&case, Options::default(), Keep::Any, None).unwrap_err();
    assert_eq!(error.to_string(), "the case shows no finding: agree");
}

/// Ends a reduction after some steps.
struct After(u64, AtomicU64);

impl Progress for After {
    fn accepted(&self, _: &str, _: &Case, _: u64) {
        self.1.fetch_add(1, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.1.load(Ordering::Relaxed) >= self.0
    }
}

#[test]
fn a_reduction_that_is_ended_early_leaves_the_best_so_far() {
    let (_, case, options) = found("W1", 1);
    let same = SameFinding::new(&case, options, Keep::Law, None).unwrap();
    let mut sizes = Vec::new();
    for steps in [0, 3, 10] {
        let watch = After(steps, AtomicU64::new(0));
        let done = reduce(case.clone(), &same, &Settings::default(), &watch).unwrap();
        assert!(!done.finished && done.accepted == steps);
        assert_eq!(same.keeps(&done.case), Answer::Keep);
        sizes.push(done.cost);
    }
    assert!(sizes[0] > sizes[1] && sizes[1] > sizes[2], "{sizes:?}");
}

/// Code that nothing calls is reduced as far as any other, if a program asks for it.
#[cfg(unix)]
#[test]
fn a_function_that_nothing_calls_is_reduced_with_its_type() {
    let text = "(module
        (type $list (array (mut anyref)))
        (func $other (param i32) (result i64) (i64.const 1))
        (func $f (param $a (ref null $list)) (param $i i32) (result anyref) (local $n i32)
          (local.set $n (i32.add (local.get $i) (i32.const 1)))
          (drop (call $other (local.get $n)))
          (array.copy $list $list (local.get $a) (local.get $n) (local.get $a)
            (i32.const 0) (i32.const 2))
          (array.get $list (local.get $a) (local.get $i))))";
    let (case, _) = gcdiff::case::read(text.as_bytes()).unwrap();
    let timeout = Duration::from_secs(10);
    let command = "grep -q array.copy";
    let program =
        Program::new(command, Form::Wat, timeout, &case, Default::default(), &()).unwrap();
    let done = reduce(case, &program, &Settings::default(), &()).unwrap();
    let text = gcdiff::case::write(&done.case, &Default::default()).unwrap();
    assert_eq!(instructions(&done.case.wasm), 2, "{text}");
    assert!(
        !text.contains("param") && !text.contains("result"),
        "{text}"
    );
}

/// Ends at once.
struct Stopped;

impl Progress for Stopped {
    fn accepted(&self, _: &str, _: &gcdiff::case::Case, _: u64) {}

    fn is_stopped(&self) -> bool {
        true
    }
}

/// A program gets valid modules only, the input included, and a signal ends the first call, too.
#[cfg(unix)]
#[test]
fn a_program_is_not_called_with_an_invalid_input_and_not_waited_for_after_a_signal() {
    let (_, case, _) = found("W1", 1);
    let hour = Duration::from_secs(3600);
    let new = |case: &gcdiff::case::Case, command: &str, progress: &dyn Progress| {
        let made = Program::new(
            command,
            Form::Wasm,
            hour,
            case,
            Default::default(),
            progress,
        );
        made.unwrap_err().to_string()
    };
    let mut invalid = case.clone();
    invalid.wasm.extend_from_slice(b"more");
    let error = new(&invalid, "true", &());
    assert!(error.contains("the input is no valid module: "), "{error}");
    let error = new(&case, "sleep 3600 #", &Stopped);
    assert!(error.contains("ended by a signal"), "{error}");
}

/// A program that knows nothing of this crate.
#[cfg(unix)]
#[test]
fn a_program_decides_what_is_kept() {
    let (_, case, _) = found("W1", 1);
    let new = |command: &str, seconds| {
        let timeout = Duration::from_millis(seconds);
        Program::new(command, Form::Wat, timeout, &case, Default::default(), &())
    };
    let program = new("grep -q array.copy {} && grep -q struct.new {}", 10_000).unwrap();
    let done = reduce(case.clone(), &program, &Settings::default(), &()).unwrap();
    assert_eq!(program.keeps(&done.case), Answer::Keep);
    assert!(instructions(&done.case.wasm) <= 10 && done.case.wasm.len() < 100);
    let error = |command, millis| new(command, millis).unwrap_err().to_string();
    assert!(error("false", 10_000).contains("does not keep the input itself"));
    assert!(error("sleep 20 #", 50).contains("has not ended within 0.05 s"));
    let folder = std::env::temp_dir().join(format!("gcdiff-odd-{}", std::process::id()));
    let odd = format!("mkdir '{}' #", folder.display());
    assert!(error(&odd, 10_000).contains("answers differently"));
    std::fs::remove_dir(folder).unwrap();
}

#[test]
fn a_campaign_reduces_if_it_is_asked_to_and_until_it_is_stopped() {
    let fault = zoo::fault("canary").expect("in the zoo");
    let all = fault.switch_on(Options::fuzzing(), &Default::default());
    let campaign = Campaign::new(1, all).with_cases(20).with_jobs(2);
    let none = run(&campaign, &Default::default());
    assert!(!none.findings.is_empty() && none.reduced.is_empty());
    let campaign = campaign.with_reduce(true);
    let all = run(&campaign, &Default::default());
    assert!(all.findings.keys().eq(all.reduced.keys()));
    for reduction in all.reduced.values() {
        let reduced = &reduction.as_ref().unwrap().finding;
        assert!(reduced.finished && instructions(&reduced.case.wasm) <= 8);
    }
    let stopped = gcdiff::campaign::Progress::default();
    stopped.stop_reducing();
    let stopped = run(&campaign, &stopped);
    assert_eq!(stopped.findings.len(), all.findings.len());
    let is_told = |reduction: &Result<_, String>| {
        reduction
            .as_ref()
            .is_err_and(|e| e.contains("ended before"))
    };
    assert!(stopped.reduced.values().all(is_told));
}
