//! Memory that is scarce: small capacities, allocations that fail, collections inside operations, and
//! sizes that no heap has room for.

use gcdiff::case::{self, Case};
use gcdiff::engine::{Limits, Trap};
use gcdiff::heap::{GcRef, Heap, HeapError, HeapLayer};
use gcdiff::observe::StepOutcome;
use gcdiff::oracle::{
    Collector, HeapSubject, Law, Options, SharedSubject, Verdict, Violation, judge,
};
use gcdiff::types::TypeId;

fn read(text: &str) -> Case {
    case::read(text.as_bytes()).unwrap().0
}

fn with(text: &str, limits: Limits) -> Case {
    Case {
        limits,
        ..read(text)
    }
}

/// The outcomes of all steps, on which all heaps agree.
fn outcomes(case: &Case) -> Vec<StepOutcome> {
    let judged = judge(case, &Options::default()).unwrap();
    assert_eq!(judged.verdict, Verdict::Agree);
    let steps = judged.observation().cloned().unwrap().steps;
    steps.into_iter().map(|step| step.outcome).collect()
}

/// A list of 40 nodes, and twice as many objects that are garbage at once.
const LISTS: &str = r#"(module
  (type $node (struct (field (mut (ref null $node))) (field (mut i64))))
  (global $list (export "list") (mut (ref null $node)) (ref.null $node))
  (func (export "run") (result i32) (local $i i32)
    (loop $again
      (drop (struct.new $node (global.get $list) (i64.const 1)))
      (global.set $list (struct.new $node (global.get $list) (i64.const 2)))
      (drop (struct.new_default $node))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 40))))
    (local.get $i)))"#;

#[test]
fn scarce_memory_changes_nothing_that_a_program_sees() {
    let plenty = outcomes(&read(LISTS));
    for capacity in [0, 16, 100, 512, 4096] {
        for refuse in [0, 1, 2, 7] {
            let limits = Limits {
                capacity,
                refuse,
                ..Limits::default()
            };
            assert_eq!(outcomes(&with(LISTS, limits)), plenty, "{limits:?}");
        }
    }
}

#[test]
fn an_allocation_that_fails_for_good_is_a_trap_under_all_heaps() {
    for (exhaust, at_first) in [(1, true), (121, false)] {
        let limits = Limits {
            exhaust,
            ..Limits::default()
        };
        let last = outcomes(&with(LISTS, limits)).pop();
        let trapped = Some(StepOutcome::Trapped(Trap::HeapExhausted));
        assert_eq!(last == trapped, at_first, "{exhaust}");
    }
    // In a constant expression there is no instance then.
    let text = "(module (type $a (array i8)) (global (ref $a) (array.new_default $a (i32.const 1)))
      (func (export \"run\")))";
    let limits = Limits {
        exhaust: 1,
        ..Limits::default()
    };
    let trapped = StepOutcome::Trapped(Trap::HeapExhausted);
    assert_eq!(outcomes(&with(text, limits)), [trapped]);
}

/// Every bulk operation on references, with overlaps in both directions. The result is a digest.
const BULK: &str = r#"(module
  (type $refs (array (mut i31ref)))
  (elem $four i31ref (item (ref.i31 (i32.const 1))) (item (ref.i31 (i32.const 2)))
    (item (ref.i31 (i32.const 3))) (item (ref.i31 (i32.const 4))))
  (table $t 9 i31ref)
  (func $digest (param $a (ref $refs)) (result i32) (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 7))
        (i31.get_u (ref.cast (ref i31) (array.get $refs (local.get $a) (local.get $i))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (array.len (local.get $a)))))
    (local.get $sum))
  (func (export "arrays") (result i32) (local $a (ref $refs))
    (local.set $a (array.new_fixed $refs 5 (ref.i31 (i32.const 5)) (ref.i31 (i32.const 6))
      (ref.i31 (i32.const 7)) (ref.i31 (i32.const 8)) (ref.i31 (i32.const 9))))
    (array.copy $refs $refs (local.get $a) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 4))
    (array.copy $refs $refs (local.get $a) (i32.const 0) (local.get $a) (i32.const 2) (i32.const 3))
    (array.init_elem $refs $four (local.get $a) (i32.const 1) (i32.const 0) (i32.const 3))
    (array.fill $refs (local.get $a) (i32.const 3) (ref.i31 (i32.const 11)) (i32.const 2))
    (i32.add (call $digest (local.get $a))
      (call $digest (array.new_elem $refs $four (i32.const 1) (i32.const 3)))))
  (func (export "tables") (result i32) (local $i i32) (local $sum i32)
    (table.fill $t (i32.const 0) (ref.i31 (i32.const 12)) (i32.const 9))
    (table.init $t $four (i32.const 2) (i32.const 0) (i32.const 4))
    (table.copy $t $t (i32.const 3) (i32.const 2) (i32.const 4))
    (table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 5))
    (loop $next
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 7))
        (i31.get_u (table.get $t (local.get $i)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 9))))
    (local.get $sum)))"#;

#[test]
fn a_collection_inside_a_bulk_operation_changes_no_result() {
    let whole = outcomes(&read(BULK));
    for inside in [1, 2, 3] {
        let limits = Limits {
            inside,
            ..Limits::default()
        };
        assert_eq!(outcomes(&with(BULK, limits)), whole, "{inside}");
    }
}

/// A counting heap that is wrong about its memory.
#[derive(Copy, Clone)]
enum Bug {
    /// Nothing can be allocated after the first object.
    AlwaysFull,
    /// The number of elements has 24 bits.
    ShortLength,
}

struct Buggy {
    heap: Box<dyn Heap>,
    bug: Bug,
    is_used: bool,
}

impl HeapLayer for Buggy {
    type Behind = dyn Heap;

    fn behind(&self) -> &(dyn Heap + 'static) {
        &*self.heap
    }

    fn behind_mut(&mut self) -> &mut (dyn Heap + 'static) {
        &mut *self.heap
    }

    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        if matches!(self.bug, Bug::AlwaysFull) && std::mem::replace(&mut self.is_used, true) {
            return Err(HeapError::Full);
        }
        self.heap.new_struct(ty, fields)
    }

    fn new_array_default(&mut self, ty: TypeId, len: u32) -> Result<GcRef, HeapError> {
        match self.bug {
            Bug::ShortLength => self.heap.new_array_default(ty, len % (1 << 24)),
            Bug::AlwaysFull => self.heap.new_array_default(ty, len),
        }
    }
}

fn violation(case: &Case, bug: Bug) -> Violation {
    let subject: SharedSubject = HeapSubject::shared(move || -> Box<dyn Heap> {
        Box::new(Buggy {
            heap: Collector::Drc.heap(),
            bug,
            is_used: false,
        })
    });
    let options = Options::default().with_collectors([subject]);
    match judge(case, &options).unwrap().verdict {
        Verdict::Violation(violation) => *violation,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_heap_that_is_full_although_it_has_room_breaks_the_law() {
    let limits = Limits {
        capacity: 4096,
        ..Limits::default()
    };
    let found = violation(&with(LISTS, limits), Bug::AlwaysFull);
    assert_eq!(found.law, Law::Limits);
    let place = found.place.unwrap();
    assert_eq!(place.instruction().unwrap().name, "struct.new");
}

#[test]
fn a_heap_that_allocates_what_it_has_no_room_for_breaks_the_law() {
    let text = "(module (type $a (array (mut i64)))
      (func (export \"run\") (drop (array.new_default $a (i32.const 0x4000_0001)))))";
    let found = violation(&read(text), Bug::ShortLength);
    assert_eq!(found.law, Law::Limits);
    // A sound heap refuses, and the program runs out of fuel, as it does without the question.
    let last = outcomes(&read(text)).pop();
    assert_eq!(last, Some(StepOutcome::Trapped(Trap::OutOfFuel)));
}
