//! Control flow whose way is known: tables of branches, tail calls, clauses of handlers.

use wasm_encoder::{AbstractHeapType, BlockType, Catch, RefType, ValType};

use super::super::super::emit::Emitter;
use super::super::super::layout::{PASSED, TEN, Ten};
use super::super::super::near;
use super::super::super::ref_types::heap;
use super::super::hold::{Held, check, is_node_among_any, push_array, push_eq, push_node};
use crate::case::claims::Claim;

/// Control flow of one kind.
pub(in crate::generate::enrich::sequence) fn control(e: &mut Emitter<'_>) {
    match e.choice.below(4) {
        0 => branch_table(e),
        1 => chosen(e),
        2 => by_type(e),
        _ => ten(e),
    }
}

/// A branch with two values to one of three labels.
fn branch_table(e: &mut Emitter<'_>) {
    const LABELS: u32 = 3;
    let pair = BlockType::FunctionType(e.layout.types.pair);
    let number = e.mark();
    let reached = e.known_number();
    let count = e.choice.range(0, 6);
    let targets: Vec<u32> = (0..count).map(|_| e.choice.below(LABELS)).collect();
    let default = e.choice.below(LABELS);
    let index = match e.choice.below(5) {
        0 => [-1, i32::MIN, i32::MAX, 1 << 16][e.choice.below(4) as usize],
        1 => count as i32,
        _ => e.choice.below(count.max(1)) as i32,
    };
    let expected = targets.get(index as u32 as usize).copied();
    push_eq(e, number);
    push_node(e, number + 1);
    e.op().i32_const(index).local_set(reached);
    for _ in 0..=LABELS {
        e.op().block(pair);
    }
    e.op().local_get(reached).br_table(targets, default);
    for label in 0..LABELS {
        e.op().end().i32_const(label as i32).local_set(reached);
        e.op().br(LABELS - 1 - label);
    }
    e.op().end();
    check(
        e,
        &[Held::Eq(number), Held::Node(number + 1)],
        Claim::Operand,
    );
    e.op().local_get(reached);
    e.op().i32_const(expected.unwrap_or(default) as i32);
    e.op().i32_eq();
    e.claim(Claim::Result);
}

/// One of two values, by a number.
fn chosen(e: &mut Emitter<'_>) {
    let eq = ValType::Ref(RefType::EQREF);
    let (number, other) = (e.mark(), e.mark());
    let condition = e.known_number();
    // Any number but zero is true, whatever its lower bits.
    let all = [0, 0, 0, 1, 2, 1 << 8, 1 << 16, i32::MIN];
    let value = e.choice.pick(&all).unwrap_or(0);
    e.op().i32_const(value).local_set(condition);
    let expected = if value != 0 { number } else { other };
    match e.choice.below(3) {
        0 => {
            push_eq(e, number);
            push_eq(e, other);
            e.op().local_get(condition).typed_select(eq);
        }
        1 => {
            e.op().local_get(condition).if_(BlockType::Result(eq));
            push_node(e, number);
            e.op().else_();
            push_node(e, other);
            e.op().end();
        }
        _ => {
            e.op().block(BlockType::Result(eq));
            push_node(e, number);
            e.op().local_get(condition).br_if(0).drop();
            push_node(e, other);
            e.op().end();
        }
    }
    is_node_among_any(e, expected, Claim::Result);
}

/// Calls a function of a type that others nearly equal, from a table.
fn by_type(e: &mut Emitter<'_>) {
    let near = &e.layout.near;
    let (at, kind) = e
        .choice
        .pick(&[
            (0, near::Kind::OpenFunc),
            (0, near::Kind::OpenFuncAgain),
            (1, near::Kind::FinalFunc),
            (2, near::Kind::SubFunc),
            (2, near::Kind::OpenFunc),
            (3, near::Kind::NonNullFunc),
        ])
        .unwrap_or((0, near::Kind::OpenFunc));
    let (table, ty) = (near.table, near.index(kind));
    let number = e.mark();
    let by_reference = e.choice.chance(1, 4);
    e.completes(|e| {
        push_node(e, number);
        match by_reference {
            true => {
                e.op().ref_func(near.func + at).call_ref(ty);
            }
            false => {
                e.op().i32_const(at as i32).call_indirect(table, ty);
            }
        }
    });
    is_node_among_any(e, number, Claim::Result);
}

/// Calls the function that passes ten values on.
fn ten(e: &mut Emitter<'_>) {
    let first = e.mark();
    let numbers = first..first + TEN.len() as i32;
    let held: Vec<Held> = TEN
        .into_iter()
        .zip(numbers)
        .map(|(ty, number)| match ty {
            Ten::Eq => {
                push_eq(e, number);
                Held::Eq(number)
            }
            Ten::Node => {
                push_node(e, number);
                Held::Node(number)
            }
            Ten::Number => {
                let number = i64::from(number) * 16;
                e.op().i64_const(number);
                Held::Number(number)
            }
            Ten::Array => {
                push_array(e, number);
                Held::Array(number)
            }
            Ten::External => {
                push_node(e, number);
                e.op().extern_convert_any();
                Held::External(number)
            }
        })
        .collect();
    let (funcs, ty) = (e.layout.funcs, e.layout.types.ten);
    let passes = e.choice.chance(3, 4);
    let func = if passes { funcs.pass } else { funcs.ten };
    match e.choice.chance(1, 3) {
        true => e.op().ref_func(func).call_ref(ty),
        false => e.op().call(func),
    };
    let results: Vec<Held> = match passes {
        true => PASSED.into_iter().map(|from| held[from as usize]).collect(),
        false => held,
    };
    check(e, &results, Claim::Result);
}

/// Throws in a `try_table` of several clauses, of which the first that matches counts.
pub(in crate::generate::enrich::sequence) fn clauses(e: &mut Emitter<'_>) {
    let tags = [e.layout.tag, e.layout.other_tag];
    let eq = ValType::Ref(RefType::EQREF);
    let exn = ValType::Ref(RefType {
        nullable: true,
        heap_type: heap(AbstractHeapType::Exn),
    });
    let thrown = tags[e.choice.below(2) as usize];
    let count = e.choice.range(1, 4);
    let catches: Vec<Catch> = (0..count)
        .map(|label| {
            let tag = tags[e.choice.below(2) as usize];
            match e.choice.below(8) {
                0..=3 => Catch::One { tag, label },
                4 | 5 => Catch::OneRef { tag, label },
                6 => Catch::All { label },
                _ => Catch::AllRef { label },
            }
        })
        .collect();
    let matches = |catch: &Catch| match catch {
        Catch::One { tag, .. } | Catch::OneRef { tag, .. } => *tag == thrown,
        Catch::All { .. } | Catch::AllRef { .. } => true,
    };
    let expected = catches.iter().position(matches);
    let (number, reached) = (e.mark(), e.known_number());
    let caught = BlockType::FunctionType(e.layout.types.caught);
    // What no clause catches arrives here.
    e.op().i32_const(count as i32).local_set(reached);
    e.op().block(BlockType::Empty).block(BlockType::Empty);
    e.op()
        .try_table(BlockType::Empty, [Catch::All { label: 0 }]);
    for catch in catches.iter().rev() {
        e.op().block(match catch {
            Catch::One { .. } => BlockType::Result(eq),
            Catch::OneRef { .. } => caught,
            Catch::All { .. } => BlockType::Empty,
            Catch::AllRef { .. } => BlockType::Result(exn),
        });
    }
    e.op().try_table(BlockType::Empty, catches.clone());
    push_eq(e, number);
    e.op().throw(thrown).end().unreachable();
    for (label, catch) in (0..).zip(&catches) {
        e.op().end();
        match catch {
            Catch::One { .. } => is_node_among_any(e, number, Claim::Caught),
            Catch::OneRef { .. } => {
                e.op().ref_is_null().i32_eqz();
                e.claim(Claim::Caught);
                is_node_among_any(e, number, Claim::Caught);
            }
            Catch::All { .. } => {}
            Catch::AllRef { .. } => {
                e.op().ref_is_null().i32_eqz();
                e.claim(Claim::Caught);
            }
        }
        e.op().i32_const(label).local_set(reached);
        e.op().br(count - label as u32 + 1);
    }
    e.op().end().end().end();
    e.op().local_get(reached);
    e.op()
        .i32_const(expected.map_or(count as i32, |at| at as i32));
    e.op().i32_eq();
    e.claim(Claim::Caught);
}
