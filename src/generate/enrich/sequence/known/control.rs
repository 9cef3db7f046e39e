//! Control flow whose way is known: tables of branches, calls by type, clauses of handlers.

use wasm_encoder::{BlockType, Catch, RefType, ValType};

use super::super::super::emit::Emitter;
use super::super::super::near;
use super::super::super::ref_types::EXN;
use super::super::super::storage::{Value, ValueKind};
use super::super::hold::{Held, check, is_node_among_any, push_eq, push_node};
use super::values::{is, push};
use crate::case::claims::Claim;

/// Control flow of one kind.
pub(in crate::generate::enrich::sequence) fn control(e: &mut Emitter<'_>) {
    match e.choice.below(7) {
        0 | 1 => branch_table(e),
        2..=4 => chosen(e),
        _ => by_type(e),
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
    let index = match e.choice.below(6) {
        0 | 1 => [-1, -1, i32::MIN, i32::MAX, 1 << 16, 1 << 8][e.choice.below(6) as usize],
        2 => count as i32,
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
    use ValueKind::{Any, Eq, Extern, F32, F64, Func, I31, I32, I64, Node, V128};
    let kinds = [
        I32, I64, F32, F64, V128, V128, Eq, I31, Any, Extern, Func, Node,
    ];
    let kind = e.choice.pick(&kinds).unwrap_or(Eq);
    let ty = e.layout.value(kind);
    let value = Value::draw(&mut e.choice, kind);
    let other = Value::draw(&mut e.choice, kind);
    let condition = e.known_number();
    // Any number but zero is true, whatever its lower bits.
    let all = [0, 0, 0, 1, 2, 1 << 8, 1 << 16, 1 << 16, i32::MIN, i32::MIN];
    let number = e.choice.pick(&all).unwrap_or(0);
    e.op().i32_const(number).local_set(condition);
    let expected = if number != 0 { value } else { other };
    e.completes(|e| {
        match e.choice.below(4) {
            0 | 1 => {
                push(e, value, kind);
                push(e, other, kind);
                e.op().local_get(condition);
                match ty {
                    ValType::Ref(_) => e.op().typed_select(ty),
                    _ if e.choice.chance(1, 2) => e.op().typed_select(ty),
                    _ => e.op().select(),
                };
            }
            2 => {
                e.op().local_get(condition).if_(BlockType::Result(ty));
                push(e, value, kind);
                e.op().else_();
                push(e, other, kind);
                e.op().end();
            }
            _ => {
                e.op().block(BlockType::Result(ty));
                push(e, value, kind);
                e.op().local_get(condition).br_if(0).drop();
                push(e, other, kind);
                e.op().end();
            }
        }
        is(e, expected, kind);
    });
    e.claim(Claim::Result);
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
            (4, near::Kind::NonNullParamFunc),
        ])
        .unwrap_or((0, near::Kind::OpenFunc));
    let (table, ty) = (near.table, near.index(kind));
    let (number, indexed) = (e.mark(), e.layout.funcs.indexed);
    let is_open = matches!(kind, near::Kind::OpenFunc | near::Kind::OpenFuncAgain);
    e.completes(|e| {
        push_node(e, number);
        match e.choice.below(4) {
            0 => e.op().ref_func(near.func + at).call_ref(ty),
            1 | 2 if is_open => e.op().i32_const(at as i32).call(indexed),
            _ => e.op().i32_const(at as i32).call_indirect(table, ty),
        };
        is(e, Value::Node(number), ValueKind::Any);
    });
    e.claim(Claim::Result);
}

fn exn_type() -> RefType {
    RefType {
        nullable: true,
        heap_type: EXN,
    }
}

/// Throws in a `try_table` of several clauses, of which the first that matches counts. The exception is
/// a new one, or one of two that were kept.
pub(in crate::generate::enrich::sequence) fn clauses(e: &mut Emitter<'_>) {
    let tags = [e.layout.tag, e.layout.other_tag];
    let eq = ValType::Ref(RefType::EQREF);
    let exn = ValType::Ref(exn_type());
    let kept = match e.choice.chance(1, 2) {
        true => Some([false, true].map(|second| e.known(second, exn_type()))),
        false => None,
    };
    let which = e.choice.below(2) as usize;
    let own = [0, 1].map(|_| tags[e.choice.below(2) as usize]);
    let thrown = own[which];
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
    for (i, local) in kept.iter().flatten().enumerate() {
        let (tag, label) = (own[i], 0);
        e.op().block(caught);
        e.op()
            .try_table(BlockType::Empty, [Catch::OneRef { tag, label }]);
        push_eq(e, number + i as i32);
        e.op().throw(tag).end().unreachable().end();
        e.op().local_set(*local).drop();
    }
    let number = number + which as i32;
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
    match kept {
        Some(kept) => {
            e.op().local_get(kept[which]).throw_ref();
        }
        None => {
            push_eq(e, number);
            e.op().throw(thrown);
        }
    }
    e.op().end().unreachable();
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
