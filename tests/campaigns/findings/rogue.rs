//! Collectors that panic or never return.

use crate::common::Scratch;
use gcdiff::campaign::{Campaign, CampaignReport, Finding, Listener, Progress, run_with};
use gcdiff::case;
use gcdiff::engine::NoInspector;
use gcdiff::generate::Generator;
use gcdiff::heap::drc::{Core, Drc, HeapResult, Policy, Sound};
use gcdiff::heap::{GcRef, Heap, HeapError, HeapLayer, Roots};
use gcdiff::oracle::{Collector, HeapSubject, Law, Options, Verdict, judge};
use gcdiff::script;
use gcdiff::types::{Field, StorageKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The collector's misbehaviour in an `array.copy`.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Does {
    Panic,
    Loop,
}

/// A policy that misbehaves in the first `times` copies.
#[derive(Clone)]
struct Rogue {
    does: Does,
    copies: Arc<AtomicU64>,
    times: u64,
}

impl Policy for Rogue {
    fn name(&self) -> &'static str {
        "rogue"
    }

    fn copy_array(
        &mut self,
        core: &mut Core,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
    ) -> HeapResult {
        if self.copies.fetch_add(1, Ordering::Relaxed) < self.times {
            match self.does {
                Does::Panic => panic!("no copy of {len} elements"),
                Does::Loop => loop {
                    std::thread::sleep(Duration::from_millis(50));
                },
            }
        }
        Sound.copy_array(core, dst, src, len)
    }
}

fn options(does: Does, times: u64) -> Options {
    let copies = Arc::new(AtomicU64::new(0));
    let rogue = Rogue {
        does,
        copies,
        times,
    };
    let mine = HeapSubject::shared(move || Drc::with_policy(16 << 20, rogue.clone()));
    Options::default().with_collectors([Collector::Null.into(), mine])
}

/// Runs a campaign, and returns its report and the settled findings.
fn campaign(options: Options, cases: u64, jobs: usize) -> (CampaignReport, Vec<Finding>) {
    let campaign = Campaign::new(1, options)
        .with_cases(cases)
        .with_jobs(jobs)
        .with_profile(Generator::GcOps)
        .with_timeout(Duration::from_secs(2));
    let told = Told::default();
    let outcome = run_with(&campaign, &Progress::default(), told.clone());
    let Told { found, settled } = told;
    let (found, settled) = (found.lock().unwrap(), settled.lock().unwrap());
    // At the end, the first case of each fingerprint has been found, and
    // settled once.
    let order: Vec<u64> = settled.iter().map(|finding| finding.number).collect();
    assert!(order.is_sorted(), "{order:?}");
    let mut lowest: Vec<u64> = outcome.findings.values().map(|f| f.number).collect();
    lowest.sort();
    assert_eq!(order, lowest);
    assert!(
        order
            .iter()
            .all(|index| found.iter().any(|f| f.number == *index))
    );
    (outcome, settled.clone())
}

/// Records the findings that a campaign reports.
#[derive(Clone, Default)]
struct Told {
    found: Arc<Mutex<Vec<Finding>>>,
    settled: Arc<Mutex<Vec<Finding>>>,
}

impl Listener for Told {
    fn found(&mut self, finding: &Finding) {
        self.found.lock().unwrap().push(finding.clone());
    }

    fn settled(&mut self, finding: &Finding) {
        self.settled.lock().unwrap().push(finding.clone());
    }
}

/// A faulty heap.
struct Wrong {
    heap: Box<dyn Heap>,
    /// If set, a collection never ends. If not, 32-bit fields read one too
    /// high.
    loops: bool,
}

impl HeapLayer for Wrong {
    type Behind = dyn Heap;

    fn behind(&self) -> &(dyn Heap + 'static) {
        &*self.heap
    }

    fn behind_mut(&mut self) -> &mut (dyn Heap + 'static) {
        &mut *self.heap
    }

    fn name(&self) -> &'static str {
        if self.loops { "loops" } else { "more" }
    }

    fn collect(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError> {
        if self.loops {
            loop {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        self.heap.collect(roots)
    }

    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        let value = self.heap.get_field(r, field)?;
        Ok(value + u64::from(!self.loops && field.kind == StorageKind::B32))
    }
}

/// Heaps that differ are judged again together with all others. The difference
/// is reported even if one of the others never ends.
#[test]
fn a_difference_is_not_lost_to_a_heap_that_joins_late_and_loops() {
    let subject = |loops| {
        HeapSubject::shared(move || -> Box<dyn Heap> {
            let heap = Collector::Drc.heap();
            Box::new(Wrong { heap, loops })
        })
    };
    let options = Options::default()
        .with_collectors([Collector::Null.into(), subject(false)])
        .with_sometimes([subject(true)])
        .with_reschedule(false);
    let (outcome, _) = campaign(options, 3, 2);
    let (differ, others): (Vec<&String>, Vec<&String>) = outcome
        .findings
        .keys()
        .partition(|fingerprint| fingerprint.starts_with("differ:"));
    assert!(!differ.is_empty(), "{:?}", outcome.counts);
    // A heap that joins from the start and loops is reported itself.
    for other in others {
        assert_eq!(other, "limits:time:loops");
    }
}

#[test]
fn a_panic_is_a_finding_and_the_campaign_goes_on() {
    for jobs in [1, 3] {
        let (outcome, told) = campaign(options(Does::Panic, u64::MAX), 60, jobs);
        let statistics = &outcome.statistics;
        assert_eq!(statistics.cases + statistics.not_generated, 60);
        let [(fingerprint, finding)] = &outcome.findings.iter().collect::<Vec<_>>()[..] else {
            panic!("one kind of finding, not {:?}", outcome.findings.keys());
        };
        assert!(
            fingerprint.starts_with("panic:tests/campaigns/findings/rogue.rs:"),
            "{fingerprint}"
        );
        assert!(fingerprint.ends_with(":rogue"), "{fingerprint}");
        assert!(statistics.findings > 1 && outcome.counts[*fingerprint] == statistics.findings);
        assert!(statistics.agreed > 0, "{statistics}");
        assert!(!told.is_empty());
        // The saved case shows the same violation.
        let scratch = Scratch::new(&format!("panic-{jobs}"));
        let path = finding.save(&scratch.0).unwrap().remove(0);
        let (case, header) = case::read(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(header.fingerprint.as_ref(), Some(*fingerprint));
        assert!(header.about.unwrap().contains("revision "));
        let judged = judge(&case, &options(Does::Panic, u64::MAX)).unwrap();
        assert_eq!(judged.verdict.fingerprint().as_ref(), Some(*fingerprint));
        let Verdict::Violation(violation) = judged.verdict else {
            panic!("{}", judged.verdict);
        };
        assert_eq!(
            (violation.law, &*violation.collector),
            (Law::Panic, "rogue")
        );
        assert!(violation.message.contains("no copy of "), "{violation}");
        // Without the bug, the heaps agree.
        let judged = judge(&case, &options(Does::Panic, 0)).unwrap();
        assert_eq!(judged.verdict, Verdict::Agree);
    }
}

#[test]
fn a_loop_without_end_is_a_finding_and_the_campaign_goes_on() {
    for jobs in [1, 2] {
        let (outcome, told) = campaign(options(Does::Loop, 2), 60, jobs);
        let statistics = &outcome.statistics;
        assert!(!outcome.gave_up);
        assert_eq!(statistics.cases + statistics.not_generated, 60);
        assert_eq!(statistics.findings, 2, "{statistics}");
        assert_eq!(outcome.counts["limits:time:rogue"], 2);
        assert!(!told.is_empty());
        let finding = &outcome.findings["limits:time:rogue"];
        assert!(finding.case.is_some());
        assert!(
            finding.evidence.to_string().contains("within 2 s"),
            "{}",
            finding.evidence
        );
        let judged = judge(finding.case.as_ref().unwrap(), &options(Does::Loop, 0)).unwrap();
        assert_eq!(judged.verdict, Verdict::Agree);
    }
}

#[test]
fn a_campaign_whose_cases_never_end_does() {
    let (outcome, told) = campaign(options(Does::Loop, u64::MAX), 100_000, 2);
    assert!(outcome.gave_up);
    assert_eq!(
        outcome.findings.keys().collect::<Vec<_>>(),
        ["limits:time:rogue"]
    );
    assert!(!told.is_empty() && outcome.statistics.findings < 20);
}

#[test]
fn a_listener_that_panics_ends_the_campaign_and_is_heard_of() {
    struct Deaf;
    impl Listener for Deaf {
        fn found(&mut self, _: &Finding) {
            panic!("not listening");
        }

        fn settled(&mut self, _: &Finding) {}
    }
    let ended = std::panic::catch_unwind(|| {
        let campaign = Campaign::new(1, options(Does::Panic, u64::MAX))
            .with_cases(60)
            .with_jobs(3)
            .with_profile(Generator::GcOps);
        run_with(&campaign, &Progress::default(), Deaf)
    });
    let panic = ended.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"not listening"));
}

#[test]
fn a_panic_in_a_script_is_a_failure_with_its_line() {
    let text = r#"
        (module
          (type $a (array (mut anyref)))
          (func (export "copy") (param i32) (local $x (ref null $a))
            (local.set $x (array.new_default $a (i32.const 4)))
            (array.copy $a $a (local.get $x) (i32.const 0)
              (local.get $x) (i32.const 1) (local.get 0))))
        (assert_return (invoke "copy" (i32.const 1)))
        (assert_return (invoke "copy" (i32.const 1)))"#;
    for (times, failed) in [(0, 0), (1, 1)] {
        let rogue = Rogue {
            does: Does::Panic,
            copies: Arc::default(),
            times,
        };
        let heap = Drc::with_policy(1 << 20, rogue);
        let report =
            script::run(text, heap, &script::Options::default(), &mut NoInspector).unwrap();
        assert_eq!(report.failures.len(), failed, "{report:?}");
        let Some(failure) = report.failures.first() else {
            continue;
        };
        assert_eq!(failure.line, 8);
        let wanted = "violation of law \"panic\" in heap rogue: panicked at ";
        assert!(failure.message.starts_with(wanted), "{}", failure.message);
        // The rest of the script is skipped.
        assert_eq!(report.skipped.len(), 1);
    }
}
