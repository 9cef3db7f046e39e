//! Damage done by the embedder is blamed on its current operation, not on the
//! module.

use super::scene::*;
use gcdiff::case::{self, Case};
use gcdiff::engine::{Grain, Schedule};
use gcdiff::heap::drc::{Core, Drc, HeapResult, Policy, Sound};
use gcdiff::heap::{GcRef, HeapError, Roots};
use gcdiff::oracle::{HeapSubject, Options, Timing, Verdict, judge};

/// The hook in which the damage is done.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Hook {
    DropSlots,
    InitSlot,
    WriteSlot,
    Collect,
}

/// The kind of damage.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Damage {
    /// Break a law.
    Law,
    /// Report the heap as corrupt.
    Corrupt,
}

/// Does the damage at the `number`-th use of a hook.
struct Saboteur {
    hook: Hook,
    number: u32,
    damage: Damage,
}

impl Saboteur {
    fn strike(&mut self, hook: Hook, core: &mut Core) -> HeapResult {
        if self.hook != hook {
            return Ok(());
        }
        self.number = self.number.wrapping_sub(1);
        if self.number != 0 {
            return Ok(());
        }
        match self.damage {
            Damage::Law => {
                core.set_list_len(core.list_len() + 1);
                Ok(())
            }
            Damage::Corrupt => Err(HeapError::corrupt(16, "it was told to be")),
        }
    }
}

impl Policy for Saboteur {
    fn drop_slots(&mut self, core: &mut Core, slots: &mut [u32]) -> HeapResult {
        let any = slots.iter().any(|slot| *slot != 0);
        Sound.drop_slots(core, slots)?;
        match any {
            true => self.strike(Hook::DropSlots, core),
            false => Ok(()),
        }
    }

    fn init_slot(&mut self, core: &mut Core, slot: &mut u32, new: GcRef) -> HeapResult {
        Sound.init_slot(core, slot, new)?;
        self.strike(Hook::InitSlot, core)
    }

    fn write_slot(&mut self, core: &mut Core, slot: &mut u32, new: GcRef) -> HeapResult {
        Sound.write_slot(core, slot, new)?;
        self.strike(Hook::WriteSlot, core)
    }

    fn collect(&mut self, core: &mut Core, roots: &mut dyn Roots) -> HeapResult {
        Sound.collect(core, roots)?;
        self.strike(Hook::Collect, core)
    }
}

fn read(header: &str, body: &str) -> Case {
    let header: String = header
        .lines()
        .map(|line| format!(";;! {}\n", line.trim()))
        .collect();
    let text = format!("{header}(module {TYPES} {body})");
    case::read(text.as_bytes()).unwrap().0
}

/// Asserts the place that first broke a law, as text and in the fingerprint.
#[track_caller]
fn blamed(case: &Case, hook: Hook, number: u32, place: &str, word: &str) {
    for damage in [Damage::Law, Damage::Corrupt] {
        let timings = [Timing::Sampled, Timing::At(Grain::Every)];
        for timing in timings {
            let options = Options::default()
                .with_collectors([HeapSubject::shared(move || {
                    let policy = Saboteur {
                        hook,
                        number,
                        damage,
                    };
                    Drc::with_policy(1 << 20, policy)
                })])
                .with_timing(timing)
                .with_reschedule(false);
            let context = format!("{hook:?} {number} {damage:?} {timing:?}");
            match judge(case, &options).unwrap().verdict {
                verdict @ Verdict::Violation(_) => {
                    let text = verdict.to_string();
                    let last = text.lines().last().unwrap().trim();
                    assert_eq!(last, format!("first broken {place}"), "{context}: {text}");
                    let fingerprint = verdict.fingerprint().unwrap();
                    let found = fingerprint.split(':').nth(2);
                    assert_eq!(found, Some(word), "{context}: {fingerprint}");
                }
                other => panic!("{context}: {other}"),
            }
        }
    }
}

/// A module with an export that traps. The embedder goes on after it.
const MAKER: &str = r#"
    (global $g (export "g") (mut anyref) (ref.null any))
    (table $t (export "t") 2 anyref)
    (func (export "make") (result anyref) (struct.new $leaf (i32.const 1)))
    (func (export "trap") (drop (i64.trunc_f32_u (f32.const -5))))
    (func (export "set") (global.set $g (struct.new $leaf (i32.const 1))))
"#;

const STEPS: &str = r#"
    [[steps]]
    call = "make"
    [[steps]]
    call = "trap"
    [[steps]]
    drop = 0
    [[steps]]
    global = "g"
    value = "i31:5"
    [[steps]]
    table = "t"
    index = 1
    value = "i31:5"
    [[steps]]
    collect = true
"#;

#[test]
fn steps_by_their_numbers() {
    let case = read(STEPS, MAKER);
    let blamed = |hook, number, place, word| blamed(&case, hook, number, place, word);
    blamed(Hook::InitSlot, 2, "in step 1, call \"make\"", "host.call");
    blamed(Hook::DropSlots, 1, "in step 3, drop 0", "host.drop");
    blamed(Hook::WriteSlot, 1, "in step 4, global \"g\"", "host.global");
    let table = "in step 5, element 1 of table \"t\"";
    blamed(Hook::WriteSlot, 2, table, "host.table");
    let collect = "by the collection in step 6, collect";
    blamed(Hook::Collect, 1, collect, "collection");
    let end = "by a collection at the end of the run";
    blamed(Hook::Collect, 2, end, "collection");
}

#[test]
fn instantiation() {
    let body = r#"
        (table $t 4 anyref)
        (global $g anyref (struct.new $leaf (i32.const 1)))
        (elem (table $t) (i32.const 1) anyref (struct.new $leaf (i32.const 2)))
        (func (export "run"))
    "#;
    let case = read("", body);
    for number in [1, 2] {
        blamed(
            &case,
            Hook::InitSlot,
            number,
            "in instantiation",
            "instantiation",
        );
    }
}

#[test]
fn calls_of_the_host() {
    let body = r#"
        (import "m" "f" (func $f (param anyref) (result anyref)))
        (global $g (export "g") (mut anyref) (ref.null any))
        (func (export "inner") (global.set $g (struct.new $leaf (i32.const 7))))
        (func (export "run")
          (drop (call $f (struct.new $leaf (i32.const 1)))))
    "#;
    let host = r#"
        [[steps]]
        call = "run"
        [[host]]
        drop = 0
    "#;
    let case = read(host, body);
    let step = "in step 1, call \"run\"";
    let call = format!("in a call of import \"m\" \"f\", {step}");
    // Instantiation initialises the global. Later the host keeps the argument.
    blamed(&case, Hook::InitSlot, 2, &call, "host.call");
    let act = format!("in act 1 of the host, drop 0, {call}");
    blamed(&case, Hook::DropSlots, 1, &act, "host.drop");
    // The module calls the host, which calls the module again.
    let host = r#"
        [[steps]]
        call = "run"
        [[host]]
        collect = true
        [[host]]
        call = "inner"
    "#;
    let twice = format!("{body} (func (export \"more\") (drop (call $f (ref.null any))))");
    let host = format!("{host}\n[[steps]]\ncall = \"run\"");
    let case = read(&host, &twice);
    let act = format!("by the collection in act 1 of the host, collect, {call}");
    blamed(&case, Hook::Collect, 1, &act, "collection");
    let Verdict::Violation(found) = inner(&case) else {
        panic!("a violation");
    };
    let place = found.place.expect("a place").to_string();
    assert!(
        place.starts_with("after global.set in function \"inner\" at offset"),
        "{place}"
    );
}

/// The verdict if the heap reports corruption in the inner call.
fn inner(case: &Case) -> Verdict {
    let options = Options::default()
        .with_collectors([HeapSubject::shared(|| {
            let policy = Saboteur {
                hook: Hook::WriteSlot,
                number: 1,
                damage: Damage::Corrupt,
            };
            Drc::with_policy(1 << 20, policy)
        })])
        .with_reschedule(false);
    judge(case, &options).unwrap().verdict
}

/// A violation by a collection at the entry of a function is not blamed on its
/// first instruction, which has not run yet.
#[test]
fn a_collection_at_the_entry_of_a_function() {
    let body = r#"
        (global $g (mut anyref) (ref.null any))
        (func $callee (param anyref) (result anyref) (global.set $g (local.get 0)) (local.get 0))
        (func (export "run") (drop (call $callee (struct.new $leaf (i32.const 1)))))
    "#;
    // The entry of the outer function, the allocation, and the entry of the
    // inner function.
    let case = Case {
        schedule: Schedule::At(vec![3]),
        ..read("", body)
    };
    let options = Options::default()
        .with_collectors([HeapSubject::shared(|| {
            let policy = Saboteur {
                hook: Hook::Collect,
                number: 1,
                damage: Damage::Law,
            };
            Drc::with_policy(1 << 20, policy)
        })])
        .with_reschedule(false);
    let verdict = judge(&case, &options).unwrap().verdict;
    let wanted = "first broken by a collection before global.set in function $callee at offset";
    assert!(verdict.to_string().contains(wanted), "{verdict}");
    let fingerprint = verdict.fingerprint();
    assert_eq!(fingerprint.as_deref(), Some("roots:none:collection:drc"));
}
