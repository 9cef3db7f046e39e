//! Clients: second modules, through which the host calls the module of a case.

use gcdiff::case::{self, Case, claims};
use gcdiff::generate::{self, Generator, Profile};
use gcdiff::heap::{GcRef, Heap, HeapError, HeapLayer, Shape};
use gcdiff::observe::StepOutcome;
use gcdiff::oracle::{Collector, HeapSubject, Law, Options, SharedSubject, Verdict, judge};
use gcdiff::zoo::{FAULTS, Probe};
use std::collections::BTreeSet;

fn read(text: &str) -> Case {
    case::read(text.as_bytes()).unwrap().0
}

#[test]
fn every_client_of_generated_modules_links_and_contradicts_nothing() {
    let options = Options::fuzzing();
    let mut outcomes = 0;
    for index in 0..120 {
        let generator = [Generator::Default, Generator::GcOps][usize::from(index % 4 == 3)];
        let drawn = Profile::from(generator)
            .case(&generate::input(77, index))
            .unwrap();
        for client in [index as u32, 1000 + index as u32] {
            let case = Case {
                client: Some(client),
                ..drawn.case.clone()
            };
            let judged = judge(&case, &options).unwrap();
            assert_eq!(
                judged.verdict,
                Verdict::Agree,
                "case {index}, client {client}"
            );
            outcomes += judged.observation().map_or(0, |seen| seen.steps.len());
        }
    }
    assert!(outcomes > 1000, "{outcomes}");
}

/// A module whose exports cover every kind of item.
const MODULE: &str = r#"(module
  (rec (type $s (sub (struct (field (mut i32)))))
       (type $t (sub $s (struct (field (mut i32)) (field (mut (ref null $s)))))))
  (tag $tag (export "tag") (param (ref null $s)))
  (memory (export "memory") 1)
  (table $table (export "table") 4 (ref null $s))
  (global $kept (export "kept") (mut (ref null $s)) (ref.null $s))
  (global (export "gc.contradictions") (mut i32) (i32.const 0))
  (func (export "make") (param $n i32) (result (ref $s) i64)
    (global.set $kept (struct.new $t (local.get $n) (global.get $kept)))
    (table.set $table (i32.const 1) (global.get $kept))
    (ref.as_non_null (global.get $kept)) (i64.const 5))
  (func (export "read") (param $s (ref null $s)) (result i32)
    (struct.get $s 0 (local.get $s)))
  (func (export "throw") (param $s (ref null $s))
    (throw $tag (local.get $s))))"#;

fn outcomes(case: &Case) -> Vec<StepOutcome> {
    let judged = judge(case, &Options::default()).unwrap();
    assert_eq!(judged.verdict, Verdict::Agree);
    let steps = judged.observation().cloned().unwrap().steps;
    steps.into_iter().map(|step| step.outcome).collect()
}

#[test]
fn a_client_passes_arguments_results_and_exceptions() {
    let alone = outcomes(&read(MODULE));
    assert_eq!(alone.len(), 4, "{alone:?}");
    // Enough for each way to call each function.
    for client in (0..60).chain(0xc0..0xf0) {
        let case = Case {
            client: Some(client),
            ..read(MODULE)
        };
        let through = outcomes(&case);
        let (last, others) = through.split_last().unwrap();
        assert_eq!(others, &alone[..3], "client {client}");
        // The objects of the client are counted, too.
        assert!(matches!(last, StepOutcome::Threw(_)), "client {client}");
    }
}

/// Hides the type of one kind of object from casts, as if it belonged to another module.
struct Foreign(Box<dyn Heap>);

impl HeapLayer for Foreign {
    type Behind = dyn Heap;

    fn behind(&self) -> &(dyn Heap + 'static) {
        &*self.0
    }

    fn behind_mut(&mut self) -> &mut (dyn Heap + 'static) {
        &mut *self.0
    }

    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        match self.0.shape(r)? {
            Shape::Struct(_) => Ok(Shape::Extern),
            other => Ok(other),
        }
    }
}

#[test]
fn a_value_that_is_not_of_its_type_in_the_client_contradicts_a_claim() {
    let subject = |collector: Collector| -> SharedSubject {
        HeapSubject::shared(move || -> Box<dyn Heap> { Box::new(Foreign(collector.heap())) })
    };
    let options = Options::default()
        .with_collectors([Collector::Null, Collector::Drc, Collector::Model].map(subject));
    let found = (0..20).filter(|client| {
        let case = Case {
            client: Some(*client),
            ..read(MODULE)
        };
        match judge(&case, &options).unwrap().verdict {
            Verdict::Violation(violation) => violation.law == Law::Language,
            _ => false,
        }
    });
    assert!(found.count() >= 10);
    // The module itself casts nothing, and claims nothing.
    let alone = judge(&read(MODULE), &options).unwrap().verdict;
    assert_eq!(alone, Verdict::Agree, "{}", claims::EXPORT);
}

/// An instruction of a client has the name of the function that it calls in the case's module.
#[test]
fn a_breach_in_a_client_says_in_which() {
    let fault = FAULTS.iter().find(|fault| fault.id == "W1-segment");
    let options = Options::default().with_collectors([Collector::Drc.into()]);
    let options = fault.unwrap().switch_on(options, &Probe::default());
    let blamed = |client: u32| {
        let case = Case {
            client: Some(client),
            ..read(MODULE)
        };
        match judge(&case, &options).unwrap().verdict {
            Verdict::Violation(violation) => violation.place.map(|place| place.to_string()),
            _ => None,
        }
    };
    let places: BTreeSet<String> = (0..60).chain(0xc0..0x100).filter_map(blamed).collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    assert_eq!(
        places,
        [
            r#"after table.init in function "make" of the client"#,
            r#"after table.init in function "make" of the second client"#,
            r#"after table.init in function "read" of the client"#,
            r#"after table.init in function "read" of the second client"#,
            r#"after table.init in function "throw" of the client"#,
            r#"after table.init in function "throw" of the second client"#,
        ]
    );
}
