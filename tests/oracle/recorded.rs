//! A subject without a heap. It shows recorded observations, which is all that
//! an engine in another process can provide.

use gcdiff::case::{Case, run};
use gcdiff::engine::NoInspector;
use gcdiff::generate::{GeneratedCase, Generator, input};
use gcdiff::heap::Reclaims;
use gcdiff::heap::copying::Copying;
use gcdiff::module::Module;
use gcdiff::observe::{JsonObservation, Part, Parts};
use gcdiff::oracle::{
    Collector, Failure, Judge, JudgeReport, Law, Options, PlanError, Reason, RunOptions,
    SharedSubject, Subject, SubjectRun, Verdict, Violation, judge, judge_module,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Shows an observation recorded as JSON, or fails.
struct Recorded {
    name: &'static str,
    parts: Parts,
    follows_schedules: bool,
    result: Result<String, Failure>,
    runs: AtomicU64,
}

impl Subject for Recorded {
    fn name(&self) -> &str {
        self.name
    }

    fn reclaims(&self) -> Reclaims {
        Reclaims::Everything
    }

    fn parts(&self) -> Parts {
        self.parts
    }

    fn follows_schedules(&self) -> bool {
        self.follows_schedules
    }

    fn run(&self, _: &Case, module: &Arc<Module>, _: &RunOptions) -> Result<SubjectRun, PlanError> {
        self.runs.fetch_add(1, Ordering::Relaxed);
        let seen = self.result.clone().map(|json| {
            let json: JsonObservation = serde_json::from_str(&json).unwrap();
            json.observation(module).unwrap()
        });
        Ok(SubjectRun::new(seen))
    }
}

fn recorded(name: &'static str, json: String) -> Recorded {
    Recorded {
        name,
        parts: Parts::ALL,
        follows_schedules: false,
        result: Ok(json),
        runs: AtomicU64::new(0),
    }
}

/// Records the observation of a case, as another process would write it.
fn record(drawn: &GeneratedCase) -> Option<JsonObservation> {
    let heap = Copying::new(1 << 24);
    let seen = run(&drawn.case, &drawn.module, heap, &mut NoInspector).observation;
    Some(JsonObservation::new(&seen.ok()?, &drawn.module))
}

fn judged(
    drawn: &GeneratedCase,
    collectors: &[Collector],
    subjects: &[SharedSubject],
) -> JudgeReport {
    let collectors = collectors.iter().copied().map(SharedSubject::from);
    let options = Options::default().with_collectors(collectors.chain(subjects.iter().cloned()));
    judge_module(&drawn.case, &drawn.module, &options).unwrap()
}

/// Generated cases, each with its recorded observation.
fn cases() -> impl Iterator<Item = (GeneratedCase, serde_json::Value)> {
    let cases = (0..200).filter_map(|index| Generator::Default.case(&input(41, index)).ok());
    cases.filter_map(|drawn| {
        let json = serde_json::to_value(record(&drawn)?).unwrap();
        Some((drawn, json))
    })
}

const HEAPS: [Collector; 2] = [Collector::Null, Collector::Drc];

#[test]
fn what_another_process_recorded_agrees_with_heaps_of_ours() {
    let mut agreed = 0;
    for (drawn, json) in cases() {
        let subject = Arc::new(recorded("elsewhere", json.to_string()));
        let shared: SharedSubject = subject.clone();
        let judged = judged(&drawn, &HEAPS, &[shared]);
        match &judged.verdict {
            Verdict::Agree => agreed += 1,
            Verdict::Discard(..) => continue,
            finding => panic!("{finding}"),
        }
        // Without schedules, the subject is not run again.
        assert_eq!(subject.runs.load(Ordering::Relaxed), 1);
        let last = judged.runs.last().unwrap();
        assert_eq!((&*last.subject, &last.schedule), ("elsewhere", &None));
        assert_eq!(judged.observations.len(), 1);
    }
    assert!(agreed > 190, "{agreed}");
}

#[test]
fn one_that_follows_schedules_is_run_again() {
    let (drawn, json) = cases().next().unwrap();
    let subject = Arc::new(Recorded {
        follows_schedules: true,
        ..recorded("elsewhere", json.to_string())
    });
    let shared: SharedSubject = subject.clone();
    judged(&drawn, &HEAPS, &[shared]);
    assert_eq!(subject.runs.load(Ordering::Relaxed), 2);
}

/// Changes the first number returned by a call of the plan. Returns whether
/// there is one.
fn change_a_result(json: &mut serde_json::Value) -> bool {
    let steps = json["steps"].as_array_mut().unwrap();
    let values = steps.iter_mut().filter_map(|step| {
        let values = step["outcome"].get_mut("returned")?;
        values.as_array_mut()
    });
    let number = values
        .flatten()
        .find(|value| value.as_str().is_some_and(|text| text.starts_with("0x")));
    let Some(number) = number else { return false };
    let other = match number.as_str() {
        Some("0x5") => "0x6",
        _ => "0x5",
    };
    *number = other.into();
    true
}

/// Replaces all i31 values in objects by null. Returns whether there are any.
fn forget_objects(json: &mut serde_json::Value) -> bool {
    let mut changed = false;
    for object in json["objects"].as_array_mut().unwrap() {
        let Some(values) = object.get_mut("values") else {
            continue;
        };
        for value in values.as_array_mut().unwrap() {
            if value.get("i31").is_some() {
                *value = serde_json::Value::Null;
                changed = true;
            }
        }
    }
    changed
}

#[test]
fn what_it_shows_otherwise_is_its_fault() {
    let mut found = 0;
    for (drawn, mut json) in cases().take(60) {
        if !change_a_result(&mut json) {
            continue;
        }
        let subject: SharedSubject = Arc::new(recorded("elsewhere", json.to_string()));
        let judged = judged(&drawn, &HEAPS, &[subject]);
        let Verdict::Differ(difference) = &judged.verdict else {
            continue;
        };
        assert_eq!(difference.odd.as_deref(), Some("elsewhere"));
        assert_eq!(difference.judge, Judge::Majority);
        let fingerprint = judged.verdict.fingerprint().unwrap();
        assert_eq!(fingerprint, "differ:result:elsewhere");
        found += 1;
    }
    assert!(found > 10, "{found}");
}

#[test]
fn parts_that_it_lacks_are_left_out() {
    let (mut agreed, mut differ, mut changed) = (0, 0, 0);
    let parts = Parts::ALL.without(Part::Objects).without(Part::Kept);
    for (drawn, mut json) in cases().take(200) {
        if !forget_objects(&mut json) {
            continue;
        }
        let whole: SharedSubject = Arc::new(recorded("whole", json.to_string()));
        match judged(&drawn, &HEAPS, &[whole]).verdict {
            Verdict::Differ(difference) => assert_eq!(difference.kind, "heap"),
            Verdict::Discard(..) => continue,
            other => panic!("{other}"),
        }
        changed += 1;
        let partial = |json: &serde_json::Value| -> SharedSubject {
            Arc::new(Recorded {
                parts,
                ..recorded("partial", json.to_string())
            })
        };
        // The position among the subjects does not matter.
        for first in [true, false] {
            let mut subjects: Vec<SharedSubject> =
                HEAPS.into_iter().map(SharedSubject::from).collect();
            subjects.insert(if first { 0 } else { 2 }, partial(&json));
            let verdict = judged(&drawn, &[], &subjects).verdict;
            assert_eq!(verdict, Verdict::Agree);
        }
        agreed += 1;
        // The parts that it shows are compared.
        if change_a_result(&mut json) {
            let verdict = judged(&drawn, &HEAPS, &[partial(&json)]).verdict;
            let fingerprint = verdict.fingerprint();
            assert_eq!(fingerprint.as_deref(), Some("differ:result:partial"));
            differ += 1;
        }
    }
    assert!(
        changed > 20 && agreed == changed && differ > 3,
        "{changed} {agreed} {differ}"
    );
}

/// Two subjects differ in a part that a third one does not show. The third one
/// agrees with both and must not decide between them.
#[test]
fn what_shows_only_a_part_does_not_decide_about_the_rest() {
    let mut tried = 0;
    for (drawn, json) in cases().take(100) {
        let mut other = json.clone();
        if !forget_objects(&mut other) {
            continue;
        }
        let parts = Parts::ALL.without(Part::Objects).without(Part::Kept);
        let a: SharedSubject = Arc::new(recorded("a", json.to_string()));
        let b: SharedSubject = Arc::new(recorded("b", other.to_string()));
        let partial: SharedSubject = Arc::new(Recorded {
            parts,
            ..recorded("partial", json.to_string())
        });
        for order in [[&partial, &a, &b], [&a, &partial, &b], [&a, &b, &partial]] {
            let verdict = judged(&drawn, &[], &order.map(Clone::clone)).verdict;
            let Verdict::Differ(difference) = verdict else {
                panic!("{verdict}")
            };
            assert_eq!(difference.judge, Judge::Nobody);
            assert_eq!(difference.collectors, ("a".into(), "b".into()));
            assert_eq!(difference.odd, None);
        }
        // The model can decide.
        let verdict = judged(&drawn, &[Collector::Model], &[partial, b]).verdict;
        let Verdict::Differ(difference) = verdict else {
            panic!("{verdict}")
        };
        assert_eq!(difference.wrong, ["b"]);
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
}

/// Two subjects that show no part in common, each of which shares a part with a
/// heap.
#[test]
fn what_the_host_saw_can_be_all_there_is() {
    for (drawn, json) in cases().take(20) {
        let with = |name, part| -> SharedSubject {
            Arc::new(Recorded {
                parts: Parts::OUTCOMES.with(part),
                ..recorded(name, json.to_string())
            })
        };
        let subjects = [
            with("results", Part::Results),
            with("globals", Part::Globals),
        ];
        assert_eq!(judged(&drawn, &[], &subjects).verdict, Verdict::Agree);
        let verdict = judged(&drawn, &[Collector::Null], &subjects).verdict;
        assert!(!verdict.is_finding(), "{verdict}");
    }
}

#[test]
fn its_failures_are_verdicts() {
    let (drawn, json) = cases().next().unwrap();
    let failing = |failure| -> SharedSubject {
        Arc::new(Recorded {
            result: Err(failure),
            ..recorded("elsewhere", json.to_string())
        })
    };
    let violation = Violation::new(Law::Zero, "elsewhere", "supposedly live".into());
    let failure = Failure::Violation(Box::new(violation));
    let verdict = judged(&drawn, &HEAPS, &[failing(failure)]).verdict;
    let fingerprint = verdict.fingerprint();
    assert_eq!(fingerprint.as_deref(), Some("zero:none:none:elsewhere"));
    let failure = Failure::Discard(Reason::Import, "it has no such function".into());
    let verdict = judged(&drawn, &HEAPS, &[failing(failure)]).verdict;
    assert!(matches!(verdict, Verdict::Discard(Reason::Import, _)));
}

/// The observation of another process may contain invalid numbers.
#[test]
fn numbers_of_no_object_are_a_difference() {
    let mut found = 0;
    for (drawn, json) in cases().take(40) {
        let plain = json.to_string();
        let text = plain.replace("{\"object\":0}", "{\"object\":4294967295}");
        if text == plain {
            continue;
        }
        let subject: SharedSubject = Arc::new(recorded("elsewhere", text));
        let verdict = judged(&drawn, &HEAPS, &[subject]).verdict;
        if let Verdict::Differ(difference) = &verdict {
            assert_eq!(difference.odd.as_deref(), Some("elsewhere"), "{verdict}");
            found += 1;
        }
    }
    assert!(found > 5, "{found}");
}

/// Passes everything on.
struct InFront(SharedSubject);

impl Subject for InFront {
    fn name(&self) -> &str {
        "in-front"
    }

    fn reclaims(&self) -> Reclaims {
        self.0.reclaims()
    }

    fn run(
        &self,
        case: &Case,
        module: &Arc<Module>,
        options: &RunOptions,
    ) -> Result<SubjectRun, PlanError> {
        self.0.run(case, module, options)
    }
}

#[test]
fn a_violation_that_is_passed_on_names_the_subject_of_the_verdict() {
    let text = include_bytes!("../../corpus/regressions/issue-10182.wat");
    let (case, _) = gcdiff::case::read(text).unwrap();
    let fault = gcdiff::zoo::fault("W1").unwrap();
    let all = fault.switch_on(Options::default(), &Default::default());
    let drc = all.collectors.iter().find(|s| s.name() == "drc").unwrap();
    let in_front: SharedSubject = Arc::new(InFront(drc.clone()));
    let options = Options::default().with_collectors([in_front]);
    let verdict = judge(&case, &options).unwrap().verdict;
    let fingerprint = verdict.fingerprint();
    assert_eq!(
        fingerprint.as_deref(),
        Some("exact:array:array.copy:in-front")
    );
    // Without a subject nothing is judged.
    let nobody = Options::default().with_collectors([]);
    assert!(judge(&case, &nobody).is_err());
}
