//! Which heap is the odd one out, if the others can tell.

use super::liar::Liar;
use super::scene::*;
use gcdiff::engine::{Limits, Schedule};
use gcdiff::heap::Heap;
use gcdiff::heap::copying::Copying;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::model::Model;
use gcdiff::heap::null::Null;
use gcdiff::oracle::{Collector, Difference, Options, Subject, Verdict, judge};

/// A program that shows a number in a field.
const BODY: &str = r#"
    (func (export "run") (result i32)
      (struct.get $leaf 0 (struct.new $leaf (i32.const 5))))
"#;

/// A heap in which every number in a field reads `more` too high.
fn off_by<H: Heap>(more: u64, make: impl Fn(u32) -> H + Send + Sync + 'static) -> Subject {
    Subject::new(move || {
        let mut heap = Liar::new(make(1 << 20));
        heap.lies.more = more;
        heap
    })
}

fn off(collector: Collector, more: u64) -> Subject {
    match collector {
        Collector::Null => off_by(more, Null::new),
        Collector::Drc => off_by(more, Drc::new),
        Collector::Copying => off_by(more, Copying::new),
        Collector::Model => off_by(more, Model::new),
    }
}

/// The verdict on these heaps, each with how much it is off.
pub fn judged(heaps: &[(Collector, u64)], reschedule: bool) -> Verdict {
    let options = Options {
        collectors: heaps.iter().map(|(heap, more)| off(*heap, *more)).collect(),
        reschedule,
        ..Options::default()
    };
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
                    kind: "result",
                    path: PLACE.into(),
                    values: ("5".into(), "6".into()),
                };
                let found = difference(&heaps, false);
                assert_eq!(found, expected);
                let verdict = Verdict::Differ(found);
                let line = format!("all others agree; the odd one out is {odd}");
                assert!(verdict.to_string().ends_with(&line));
                let fingerprint = format!("differ:result:{odd}");
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
        // One against one, two against two.
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
        // Everyone for himself.
        (
            &[(Null, 0), (Drc, 1), (Copying, 2)],
            ["null", "drc"],
            ["5", "6"],
        ),
        // The largest camp is not large enough.
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
