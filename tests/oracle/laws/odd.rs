//! The odd heap out, if the other heaps can decide which one it is.

use super::liar::Liar;
use super::scene::*;
use gcdiff::engine::{Limits, Schedule};
use gcdiff::heap::Heap;
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::model::Model;
use gcdiff::heap::null::Null;
use gcdiff::oracle::{
    Collector, Difference, HeapSubject, Judge, Options, SharedSubject, Variant, Verdict, judge,
};

/// A program that shows a number in a field.
const BODY: &str = r#"
    (func (export "run") (result i32)
      (struct.get $leaf 0 (struct.new $leaf (i32.const 5))))
"#;

/// A heap that adds `more` to every number that a program reads from a field.
fn off_by<H: Heap + 'static>(
    more: u64,
    make: impl Fn(u32) -> H + Send + Sync + 'static,
) -> SharedSubject {
    HeapSubject::shared(move || {
        let mut heap = Liar::new(make(1 << 20));
        heap.lies.more = more;
        heap
    })
}

fn off(collector: Collector, more: u64) -> SharedSubject {
    match collector {
        Collector::Null => off_by(more, Null::new),
        Collector::Drc => off_by(more, Drc::new),
        Collector::Copying => off_by(more, Copying::new),
        Collector::Model => off_by(more, Model::new),
    }
}

/// The verdict on these heaps, each with the number that it adds.
pub fn judged(heaps: &[(Collector, u64)], reschedule: bool) -> Verdict {
    let subjects = heaps.iter().map(|(heap, more)| off(*heap, *more));
    judged_subjects(subjects.collect(), reschedule)
}

fn judged_subjects(collectors: Vec<SharedSubject>, reschedule: bool) -> Verdict {
    let options = Options::default()
        .with_collectors(collectors)
        .with_reschedule(reschedule);
    let case = case(BODY, Schedule::Never, Limits::default());
    judge(&case, &options).unwrap().verdict
}

#[track_caller]
pub fn difference(heaps: &[(Collector, u64)], reschedule: bool) -> Difference {
    match judged(heaps, reschedule) {
        Verdict::Differ(found) => found,
        other => panic!("{other}"),
    }
}

const PLACE: &str = r#"result 0 of call 1 "run""#;

#[test]
fn whichever_position_it_has() {
    for count in [3, 4] {
        for turn in 0..count {
            let mut heaps = Collector::ALL[..count].to_vec();
            heaps.rotate_left(turn);
            for wrong in 0..count {
                let mut heaps: Vec<_> = heaps.iter().map(|heap| (*heap, 0)).collect();
                assert_eq!(judged(&heaps, false), Verdict::Agree);
                heaps[wrong].1 = 1;
                let odd = heaps[wrong].0.name().to_string();
                let right = heaps[usize::from(wrong == 0)].0.name().to_string();
                let expected = Difference {
                    collectors: (right, odd.clone()),
                    odd: Some(odd.clone()),
                    wrong: vec![odd.clone()],
                    judge: Judge::Majority,
                    kind: "result",
                    path: PLACE.into(),
                    values: ("5".into(), "6".into()),
                    first: None,
                };
                let found = difference(&heaps, false);
                // The wrong number is one that is read.
                let first = found.first.as_ref().unwrap();
                assert!(
                    first.is_between && first.values == expected.values,
                    "{first}"
                );
                let line = format!("all others agree; the odd one out is {odd}");
                let verdict = Verdict::Differ(found.clone());
                assert!(verdict.to_string().contains(&line));
                assert_eq!(
                    Difference {
                        first: None,
                        ..found
                    },
                    expected
                );
                let fingerprint = format!("differ:struct.get:{odd}");
                assert_eq!(verdict.fingerprint(), Some(fingerprint));
            }
        }
    }
}

#[test]
fn no_majority_no_odd_one() {
    use Collector::{Copying, Drc, Model, Null};
    type Heaps = &'static [(Collector, u64)];
    let cases: [(Heaps, [&str; 2], [&str; 2]); 6] = [
        // One against one, and two against two.
        (&[(Null, 0), (Drc, 1)], ["null", "drc"], ["5", "6"]),
        (&[(Null, 1), (Drc, 0)], ["null", "drc"], ["6", "5"]),
        (
            &[(Null, 0), (Drc, 0), (Copying, 1), (Model, 1)],
            ["null", "copying"],
            ["5", "6"],
        ),
        (
            &[(Null, 0), (Drc, 1), (Copying, 1), (Model, 0)],
            ["null", "drc"],
            ["5", "6"],
        ),
        // Three heaps with three different results.
        (
            &[(Null, 0), (Drc, 1), (Copying, 2)],
            ["null", "drc"],
            ["5", "6"],
        ),
        // Two equal results out of four are not a majority.
        (
            &[(Null, 1), (Drc, 0), (Copying, 2), (Model, 0)],
            ["null", "drc"],
            ["6", "5"],
        ),
    ];
    for (heaps, names, values) in cases {
        let found = difference(heaps, false);
        assert_eq!(found.odd, None, "{heaps:?}");
        assert_eq!(
            (&*found.collectors.0, &*found.collectors.1),
            (names[0], names[1])
        );
        assert_eq!((&*found.values.0, &*found.values.1), (values[0], values[1]));
    }
}

/// The model decides, whichever position it runs in.
#[test]
fn the_model_is_right_against_all_others() {
    use Collector::{Copying, Drc, Null};
    type Heaps = &'static [(Collector, u64)];
    let cases: [(Heaps, &str, &str); 6] = [
        (
            &[(Null, 1), (Drc, 1), (Copying, 1)],
            "null, drc and copying differ from the model",
            "null+drc+copying",
        ),
        (
            &[(Null, 0), (Drc, 1), (Copying, 1)],
            "drc and copying differ from the model",
            "drc+copying",
        ),
        // Heaps with the same wrong result are wrong together.
        (
            &[(Null, 1), (Drc, 2), (Copying, 1)],
            "null and copying differ from the model",
            "null+copying",
        ),
        (&[(Drc, 1)], "drc differs from the model", "drc"),
        (
            &[(Null, 0), (Drc, 1)],
            "all others agree; the odd one out is drc",
            "drc",
        ),
        (
            &[(Null, 1), (Drc, 0), (Copying, 0)],
            "all others agree; the odd one out is null",
            "null",
        ),
    ];
    for (heaps, line, names) in cases {
        for at in 0..=heaps.len() {
            for reschedule in [false, true] {
                let mut subjects: Vec<_> = heaps.iter().map(|(h, more)| off(*h, *more)).collect();
                subjects.insert(at, SharedSubject::from(Collector::Model));
                let verdict = judged_subjects(subjects, reschedule);
                let text = verdict.to_string();
                assert!(text.lines().any(|l| l.trim() == line), "{text}");
                let fingerprint = format!("differ:struct.get:{names}");
                assert_eq!(verdict.fingerprint(), Some(fingerprint));
                let Verdict::Differ(found) = verdict else {
                    panic!("{text}")
                };
                assert_eq!(found.judge, Judge::Model);
                assert_eq!(found.values.0, "5");
                if found.odd.is_none() {
                    assert_eq!(found.collectors.0, "model");
                }
            }
        }
    }
}

/// A heap that has only the name of the model has one vote, like any other.
#[test]
fn another_heap_by_the_name_of_the_model_has_one_vote() {
    use Collector::{Drc, Model, Null};
    let found = difference(&[(Null, 0), (Drc, 0), (Model, 1)], false);
    assert_eq!(found.odd.as_deref(), Some("model"));
    assert_eq!(found.judge, Judge::Majority);
    let edited = Variant::new(Model, || Model.heap()).subject();
    assert!(!edited.is_model() && SharedSubject::from(Model).is_model());
}

/// Without the model, more than half of the heaps decide.
#[test]
fn heaps_that_are_outvoted_alike_are_named_together() {
    let heap = |name: &'static str, more: u64| {
        HeapSubject::shared(move || {
            let mut heap = Liar::new(Drc::new(1 << 20));
            heap.lies.name = Some(name);
            heap.lies.more = more;
            heap
        })
    };
    let heaps = [("a", 0), ("b", 1), ("c", 0), ("d", 1), ("e", 0)];
    let subjects = heaps.map(|(name, more)| heap(name, more));
    let verdict = judged_subjects(subjects.to_vec(), false);
    let text = verdict.to_string();
    assert!(
        text.contains("most heaps agree; b and d do not\n"),
        "{text}"
    );
    let fingerprint = verdict.fingerprint();
    assert_eq!(fingerprint.as_deref(), Some("differ:struct.get:b+d"));
}
