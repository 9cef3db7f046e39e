//! The instruction to blame is the first one after which a law is broken, in
//! short and long runs, however rarely the first run was audited.

use super::scene::*;
use gcdiff::case::Case;
use gcdiff::engine::{Grain, Limits, Schedule};
use gcdiff::heap::drc::{Core, Drc, HeapResult, Policy, Sound};
use gcdiff::heap::{GcRef, Roots, Shape};
use gcdiff::oracle::{
    BrokenAt, HeapSubject, Instruction, Law, Options, SharedSubject, Site, Timing, Verdict,
};
use gcdiff::oracle::{Violation, judge};
use gcdiff::types::TypeId;
use wasmparser::{Operator, Parser, Payload};

/// The damage that a saboteur does.
type Damage = fn(&mut Core) -> HeapResult;

/// Damages the heap in the instruction that stores the mark in a slot.
struct Saboteur(Damage);

/// The mark is an i31, so storing it changes no count.
const MARK: u32 = 666;

impl Policy for Saboteur {
    fn write_slot(&mut self, core: &mut Core, slot: &mut u32, new: GcRef) -> HeapResult {
        Sound.write_slot(core, slot, new)?;
        match new == GcRef::i31(MARK) {
            true => (self.0)(core),
            false => Ok(()),
        }
    }
}

/// Damages for every law. The stack-root list of the heap contains an array, a
/// pair and two leaves, the newest first.
const DAMAGES: [(&str, Law, Damage); 11] = [
    ("the length of an array", Law::Blocks, |core| {
        core.store_ref(core.list_head(), 0, GcRef(9))
    }),
    ("half a block freed", Law::Blocks, |core| {
        core.free_raw(member(core, 2)?, 16);
        Ok(())
    }),
    ("a count of zero", Law::Zero, |core| {
        core.set_count(member(core, 2)?, 0)
    }),
    ("unlinked from the list", Law::Roots, |core| {
        let (array, pair) = (core.list_head(), member(core, 1)?);
        core.link_past(array, core.next(pair)?)
    }),
    ("the length of the list", Law::Roots, |core| {
        core.set_list_len(core.list_len() + 1);
        Ok(())
    }),
    ("a flag", Law::Roots, |core| {
        core.set_listed(core.list_head(), false)
    }),
    ("a count too high", Law::Exact, |core| {
        core.set_count(core.list_head(), 3)
    }),
    ("a new object that nobody owns", Law::Leak, |core| {
        let shape = core.shape(member(core, 2)?)?;
        core.allocate(shape, 4).map(drop)
    }),
    ("a type", Law::Type, |core| {
        let leaf = member(core, 2)?;
        match core.shape(leaf)? {
            Shape::Struct(TypeId(ty)) => core.set_shape(leaf, Shape::Struct(TypeId(ty + 1))),
            _ => Ok(()),
        }
    }),
    ("no type", Law::Type, |core| {
        core.set_word(core.list_head().0 as usize, 0)
    }),
    ("free memory", Law::Poison, |core| {
        let shape = core.shape(member(core, 2)?)?;
        let r = core.allocate(shape, 4)?;
        core.free(r)?;
        core.set_word(r.0 as usize + 20, 1)
    }),
];

/// A member of the list, counted from the newest one.
fn member(core: &Core, number: usize) -> Result<GcRef, gcdiff::heap::HeapError> {
    let mut r = core.list_head();
    for _ in 0..number {
        r = core.next(r)?;
    }
    Ok(r)
}

/// A module whose function uses the heap, stores the mark, and uses the heap
/// again. It uses the heap in loops of `before` and `after` rounds. Each round
/// is two operations, neither of which affects the damaged state.
fn body(before: u32, after: u32) -> String {
    let rounds = |n: u32| {
        format!(
            "(local.set $n (i32.const {n}))
            (block $done (loop $more
              (br_if $done (i32.eqz (local.get $n)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (global.set $other (global.get $number))
              (br $more)))"
        )
    };
    format!(
        r#"(global $number (mut anyref) (ref.i31 (i32.const 1)))
        (global $other (mut anyref) (ref.null any))
        (global $pair (mut (ref null $pair)) (ref.null $pair))
        (global $refs (mut (ref null $refs)) (ref.null $refs))
        (func (export "run") (local $n i32)
          (global.set $pair (struct.new $pair
            (struct.new $leaf (i32.const 1)) (struct.new $leaf (i32.const 2)) (ref.null func)))
          (global.set $refs (array.new_default $refs (i32.const 2)))
          {}
          (global.set $other (ref.i31 (i32.const {MARK})))
          {})"#,
        rounds(before),
        rounds(after)
    )
}

/// The `places`-th instruction after an `i32.const` in function 0.
fn behind(case: &Case, value: i32, places: usize) -> Instruction {
    let payloads = Parser::new(0).parse_all(&case.wasm).map(Result::unwrap);
    let bodies = payloads.filter_map(|payload| match payload {
        Payload::CodeSectionEntry(body) => Some(body.get_operators_reader().unwrap()),
        _ => None,
    });
    let operators = bodies.flat_map(|reader| reader.into_iter_with_offsets());
    let (operator, offset) = operators
        .map(Result::unwrap)
        .skip_while(|(operator, _)| *operator != Operator::I32Const { value })
        .nth(places)
        .expect("such an instruction");
    let instruction = match operator {
        Operator::GlobalSet { .. } => "global.set",
        Operator::StructNew { .. } => "struct.new",
        Operator::Loop { .. } => "loop",
        other => panic!("{other:?}"),
    };
    Instruction {
        func: Some(0),
        func_name: Some("function \"run\"".into()),
        offset: offset as u32,
        name: instruction.into(),
        line: None,
    }
}

fn violation(case: &Case, timing: Timing, subject: SharedSubject, context: &str) -> Violation {
    let options = Options::default()
        .with_collectors([subject])
        .with_timing(timing)
        .with_reschedule(false);
    match judge(case, &options).unwrap().verdict {
        Verdict::Violation(v) => *v,
        other => panic!("{context}: {other}"),
    }
}

fn saboteur(damage: Damage) -> SharedSubject {
    HeapSubject::shared(move || Drc::with_policy(1 << 20, Saboteur(damage)))
}

fn nothing(_: &mut Core) -> HeapResult {
    Ok(())
}

const TIMINGS: [Timing; 5] = [
    Timing::Sampled,
    Timing::At(Grain::End),
    Timing::At(Grain::Collection),
    Timing::At(Grain::Call),
    Timing::At(Grain::Every),
];

/// Damages that a collection repairs, so that no later audit can see them. A
/// collection clears the flag anyway, and releases free memory at the end of
/// the heap.
const MENDED: [&str; 2] = ["a flag", "free memory"];

/// Judges a run with each damage.
#[track_caller]
fn all_are_found(before: u32, after: u32, schedule: &Schedule, timing: Timing) {
    let case = case(&body(before, after), schedule.clone(), Limits::default());
    // `ref.i31` comes between the two.
    let expected = behind(&case, MARK as i32, 2);
    assert_eq!(expected.name, "global.set");
    let expected = BrokenAt {
        site: Site::Instruction(expected),
        collection: false,
    };
    let options = Options::default()
        .with_collectors([saboteur(nothing)])
        .with_timing(timing);
    assert_eq!(judge(&case, &options).unwrap().verdict, Verdict::Agree);
    let late = matches!(
        timing,
        Timing::Sampled | Timing::At(Grain::End | Grain::Collection)
    );
    for (what, law, damage) in DAMAGES {
        if late && MENDED.contains(&what) {
            continue;
        }
        let context = format!("{what}, {before} and {after}, {schedule:?}, {timing:?}");
        let v = violation(&case, timing, saboteur(damage), &context);
        assert_eq!(v.law, law, "{context}: {v}");
        assert_eq!(v.place.as_ref(), Some(&expected), "{context}: {v}");
    }
}

#[test]
fn the_instruction_that_did_it() {
    for (before, after) in [(0, 0), (3, 0), (0, 3), (5, 4)] {
        for timing in TIMINGS {
            all_are_found(before, after, &Schedule::Never, timing);
        }
    }
}

/// A collection may fail on the damage, or hide its origin.
#[test]
fn the_instruction_that_did_it_before_a_collection() {
    // Safepoints: an initialiser, the entry of the function, four allocations
    // and a loop header; then the mark, and five loop headers.
    for at in [vec![8], vec![10], vec![8, 9, 10, 11, 12]] {
        all_are_found(0, 4, &Schedule::At(at), Timing::Sampled);
    }
}

#[test]
fn the_instruction_that_did_it_in_a_long_run() {
    // More than a hundred thousand operations.
    all_are_found(30_000, 30_000, &Schedule::Never, Timing::Sampled);
}

/// Breaks a law in the collection of this number, counted from 1.
struct BadCollection {
    number: u32,
    seen: u32,
}

impl Policy for BadCollection {
    fn collect(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        Sound.collect(core, roots)?;
        self.seen += 1;
        if self.seen == self.number {
            let mut outcome = Ok(());
            roots.slots(&mut |_, slot| {
                if GcRef(*slot).is_object() && outcome.is_ok() {
                    outcome = core.set_count(GcRef(*slot), 9);
                }
            });
            outcome?;
        }
        Ok(())
    }
}

/// A loop in which all operations of a round come before its allocation.
fn collecting(rounds: u32) -> String {
    format!(
        r#"(global $number (mut anyref) (ref.i31 (i32.const 1)))
        (global $leaf (mut (ref null $leaf)) (ref.null $leaf))
        (func (export "run") (local $n i32)
          (global.set $leaf (struct.new $leaf (i32.const 1)))
          (local.set $n (i32.const {rounds}))
          (i32.const 42)
          (loop $more (param i32) (result i32)
            (global.set $number (global.get $number))
            (drop (i32.const 43))
            (drop (struct.new $leaf (local.get $n)))
            (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (drop))"#
    )
}

/// Judges a run in which one collection breaks a law. The collections are at
/// these safepoints: loop headers, or allocations in the loop. `number` tells
/// which of them is the bad one.
fn bad_collection(rounds: u32, number: u32, at: &[u64], header: bool, timing: Timing) {
    let case = case(
        &collecting(rounds),
        Schedule::At(at.to_vec()),
        Limits::default(),
    );
    let expected = match header {
        true => behind(&case, 42, 1),
        false => behind(&case, 43, 3),
    };
    let policy = move || BadCollection { number, seen: 0 };
    let subject = HeapSubject::shared(move || Drc::with_policy(1 << 20, policy()));
    let context = format!("{rounds} rounds, number {number} at {at:?}, {timing:?}");
    let v = violation(&case, timing, subject, &context);
    assert_eq!(v.law, Law::Exact, "{context}: {v}");
    let expected = BrokenAt {
        site: Site::Instruction(expected),
        collection: true,
    };
    assert_eq!(v.place, Some(expected), "{context}: {v}");
}

/// Safepoints: an initialiser, the entry, an allocation, then a header and an
/// allocation in turn.
#[test]
fn the_instruction_at_which_a_collection_did_it() {
    for timing in TIMINGS {
        for number in 1..=5 {
            bad_collection(7, number, &[4, 6, 8, 10, 12], true, timing);
            bad_collection(7, number, &[5, 7, 9, 11, 13], false, timing);
        }
    }
}

#[test]
fn the_instruction_at_which_a_collection_did_it_in_a_long_run() {
    // A sampled audit runs at the sixteenth collection and then at the end of
    // the run. Only bisection can find the collection in between.
    for number in [1, 2, 17] {
        let headers: Vec<u64> = (0..17).map(|i| 4 + 2 * i).collect();
        let allocations: Vec<u64> = (0..17).map(|i| 5 + 2 * i).collect();
        bad_collection(40_000, number, &headers, true, Timing::Sampled);
        bad_collection(40_000, number, &allocations, false, Timing::Sampled);
    }
}
