//! The search for the instruction that broke a law looks at some moments of a run. It must name the
//! instruction that an audit of every moment names.

use gcdiff::engine::Grain;
use gcdiff::generate;
use gcdiff::oracle::{Collector, Options, SharedSubject, Timing, Verdict, judge_module};
use gcdiff::zoo::{self, Probe};

/// Faults whose breach stays until it is noticed, and one that shows in a collection.
const FAULTS: [&str; 4] = ["canary", "W1", "W4", "W20"];

#[test]
fn the_search_names_what_an_audit_of_every_moment_names() {
    let mut found = 0;
    for fault in FAULTS {
        let fault = zoo::fault(fault).unwrap();
        let drc = [SharedSubject::from(Collector::Drc)];
        let options = Options::default().with_collectors(drc);
        let sampled = fault.switch_on(options.with_reschedule(false), &Probe::default());
        let every = sampled.clone().with_timing(Timing::At(Grain::Every));
        for index in 0..24 {
            let Ok(case) = generate::case(&generate::input(11, index)) else {
                continue;
            };
            let place = |options: &Options| {
                let report = judge_module(&case.case, &case.module, options).unwrap();
                match report.verdict {
                    Verdict::Violation(violation) => violation.place,
                    _ => None,
                }
            };
            let Some(place_of_search) = place(&sampled) else {
                continue;
            };
            found += 1;
            let truth = place(&every).map(|place| place.to_string());
            assert_eq!(
                Some(place_of_search.to_string()),
                truth,
                "{} in case {index}",
                fault.id
            );
        }
    }
    assert!(found > 30, "only {found} cases show a fault");
}

/// Audits reuse the memory of earlier ones on their thread, and nothing else of them.
#[test]
fn what_is_blamed_does_not_depend_on_earlier_runs() {
    for id in ["D5", "X2", "W62", "W5"] {
        let options = zoo::fault(id)
            .unwrap()
            .switch_on(Options::fuzzing(), &Probe::default());
        let of = |index: u64| {
            let drawn = generate::case(&generate::input(3, index)).unwrap();
            let options = options.for_case(u8::MAX, drawn.reschedule);
            let judged = judge_module(&drawn.case, &drawn.module, &options).unwrap();
            (index, judged.verdict)
        };
        let judged = |order: Vec<u64>| {
            let judge = move || order.into_iter().map(of).collect::<Vec<_>>();
            std::thread::scope(|scope| scope.spawn(judge).join().unwrap())
        };
        let forwards = judged((0..200).collect());
        let mut backwards = judged((0..200).rev().collect());
        backwards.reverse();
        assert!(
            forwards.iter().any(|(_, verdict)| verdict.is_finding()),
            "{id}"
        );
        assert_eq!(forwards, backwards, "{id}");
    }
}
