//! The search, with predicates of its own.

use crate::case::{self, Arg, Case, Plan, Step};
use crate::engine::Schedule;
use crate::generate;
use crate::module::{Module, features};
use crate::reduce::{Answer, Predicate, Settings, instructions, reduce};
use std::sync::Arc;
use wasmparser::WasmFeatures;

/// Keeps cases with many instructions, and does not end for some candidates.
struct Slow {
    least: usize,
    /// Candidates whose module has a length that this number divides do not end.
    divisor: usize,
    most_overdue: u64,
}

impl Predicate for Slow {
    fn keeps(&self, case: &Case) -> Answer {
        if case.wasm.len().checked_rem(self.divisor) == Some(0) {
            return Answer::TimedOut;
        }
        let is_valid = Module::new(&case.wasm, &mut Arc::default()).is_ok();
        (is_valid && instructions(&case.wasm) >= self.least).into()
    }

    fn most_overdue(&self) -> u64 {
        self.most_overdue
    }

    fn features(&self) -> WasmFeatures {
        features()
    }
}

/// A generated case, with a module whose length `divisor` does not divide.
fn large_case(divisor: usize) -> Case {
    let mut made = (0..).filter_map(|index| generate::case(&generate::input(3, index)).ok());
    made.find(|made| {
        instructions(&made.case.wasm) > 100 && made.case.wasm.len().checked_rem(divisor) != Some(0)
    })
    .map(|made| made.case)
    .unwrap()
}

#[test]
fn candidates_that_do_not_end_count_alike_for_any_number_of_jobs() {
    let case = large_case(7);
    for most_overdue in [3, u64::MAX] {
        let slow = Slow {
            least: 60,
            divisor: 7,
            most_overdue,
        };
        let one = reduce(case.clone(), &slow, &Settings::default(), &()).unwrap();
        for jobs in [2, 5] {
            let many = Settings::default().with_jobs(jobs);
            let many = reduce(case.clone(), &slow, &many, &()).unwrap();
            assert_eq!(many.case, one.case, "{jobs} jobs");
            assert_eq!(
                (many.tried, many.accepted, many.overdue, many.finished),
                (one.tried, one.accepted, one.overdue, one.finished),
                "{jobs} jobs"
            );
        }
        match most_overdue {
            // One edit is judged with several schedules.
            3 => assert!((3..20).contains(&one.overdue) && !one.finished),
            _ => assert!(one.overdue >= 20 && one.finished),
        }
    }
}

/// Collections that are needed at one place in the whole case, and everywhere in a small one.
struct Scheduled;

impl Predicate for Scheduled {
    fn keeps(&self, case: &Case) -> Answer {
        let is_valid = Module::new(&case.wasm, &mut Arc::default()).is_ok();
        let count = instructions(&case.wasm);
        let shows = match &case.schedule {
            Schedule::At(points) => points.contains(&40) && count >= 20,
            Schedule::EverySafepoint => count < 60,
            _ => false,
        };
        (is_valid && shows).into()
    }

    fn judges_runs(&self) -> bool {
        true
    }

    fn features(&self) -> WasmFeatures {
        features()
    }
}

#[test]
fn a_small_case_is_tried_with_collections_everywhere_once_more() {
    let case = Case {
        schedule: Schedule::At(vec![40]),
        ..large_case(1_000_000)
    };
    assert_eq!(Scheduled.keeps(&case), Answer::Keep);
    let done = reduce(case, &Scheduled, &Settings::default(), &()).unwrap();
    assert!(done.finished);
    // With one collection, 20 instructions are needed. With many, which cost more, none is.
    assert_eq!(instructions(&done.case.wasm), 20);
    let (empty, _) = case::read(b"(module)").unwrap();
    assert!(done.case.wasm.len() > empty.wasm.len());
}

/// Needs collections at two safepoints far apart, which a schedule by allocations reaches.
struct Numbered;

impl Predicate for Numbered {
    fn keeps(&self, case: &Case) -> Answer {
        let shows = match &case.schedule {
            Schedule::At(points) => points.contains(&300) && points.contains(&400),
            Schedule::EveryAllocation(7) => true,
            _ => false,
        };
        (shows && Module::new(&case.wasm, &mut Arc::default()).is_ok()).into()
    }

    fn judges_runs(&self) -> bool {
        true
    }

    fn collections(&self, _: &Case) -> Option<Vec<u64>> {
        Some((1..=60).map(|n| n * 10).collect())
    }

    fn features(&self) -> WasmFeatures {
        features()
    }
}

#[test]
fn collections_by_allocation_become_few_numbered_ones() {
    let (case, _) = case::read(b"(module)").unwrap();
    let schedule = Schedule::EveryAllocation(7);
    let case = Case { schedule, ..case };
    let done = reduce(case, &Numbered, &Settings::default(), &()).unwrap();
    assert_eq!(done.case.schedule, Schedule::At(vec![300, 400]));
}

/// A stand-in for a run: it passes one safepoint for each allocation, in the order of the text, and
/// needs collections at the first one and at the one of an empty array.
struct Passed;

impl Predicate for Passed {
    fn keeps(&self, case: &Case) -> Answer {
        let text = case::write(case, &case::Header::default()).unwrap_or_default();
        let made = text.matches("struct.new").count() as u64;
        let shows = text.contains("array.new_fixed 1 0")
            && case.schedule == Schedule::At(vec![1, made + 1]);
        (shows && Module::new(&case.wasm, &mut Arc::default()).is_ok()).into()
    }

    fn judges_runs(&self) -> bool {
        true
    }

    fn features(&self) -> WasmFeatures {
        features()
    }
}

#[test]
fn later_collections_move_while_the_first_one_stays() {
    let text = "(module (type (struct)) (type (array i32)) (func (export \"f\")
        (drop (struct.new 0)) (drop (struct.new 0)) (drop (struct.new 0)) (drop (struct.new 0))
        (drop (array.new_fixed 1 0))))";
    let (case, _) = case::read(text.as_bytes()).unwrap();
    let case = Case {
        schedule: Schedule::At(vec![1, 5]),
        ..case
    };
    assert_eq!(Passed.keeps(&case), Answer::Keep);
    let done = reduce(case, &Passed, &Settings::default(), &()).unwrap();
    assert_eq!(done.case.schedule, Schedule::At(vec![1, 2]));
}

/// Keeps a step that calls a function with two parameters.
struct Called;

impl Predicate for Called {
    fn keeps(&self, case: &Case) -> Answer {
        let Ok(module) = Module::new(&case.wasm, &mut Arc::default()) else {
            return Answer::Reject;
        };
        let text = case::write(case, &case::Header::default()).unwrap_or_default();
        let is_step = matches!(&case.plan, Plan::Steps(steps) if steps.len() == 1);
        (is_step && !module.exports.is_empty() && text.contains("i32) (param $")).into()
    }

    fn features(&self) -> WasmFeatures {
        features()
    }
}

#[test]
fn steps_keep_an_argument_for_each_parameter() {
    let text = b";;! [[steps]]
;;! call = \"f\"
;;! args = [\"5\", \"6\"]
(module (func (export \"f\") (param $a i32) (param $b i64)))";
    let (case, _) = case::read(text).unwrap();
    assert_eq!(Called.keeps(&case), Answer::Keep);
    let done = reduce(case, &Called, &Settings::default(), &()).unwrap();
    let Plan::Steps(steps) = done.case.plan else {
        panic!("no steps");
    };
    let [Step::Call(call)] = &steps[..] else {
        panic!("{steps:?}");
    };
    assert_eq!(call.args, [Arg::Auto, Arg::Auto]);
}
