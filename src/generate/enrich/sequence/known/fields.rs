//! Structures and values of each type: what was stored is what is read, and what was passed arrives.

use wasm_encoder::{BlockType, Catch};

use super::super::super::emit::Emitter;
use super::super::super::layout::Layout;
use super::super::super::near::{self, Kind};
use super::super::super::ref_types::nullable;
use super::super::super::storage::{EVERY, MIXED, PASSED, StorageKind, Value};
use super::values::{is, is_element, is_field, push};
use crate::case::claims::Claim;

/// A structure with a field of each storage type.
pub(in crate::generate::enrich::sequence) fn fields(e: &mut Emitter<'_>) {
    let ty = e.layout.types.every;
    let object = e.known(false, nullable(ty));
    let mut values = EVERY.map(|kind| kind.value().default());
    // Fields that are written, and others.
    let mut looked_at = Vec::new();
    e.completes(|e| {
        if e.choice.chance(2, 3) {
            values = EVERY.map(|kind| Value::draw(&mut e.choice, kind.value()));
            if e.choice.chance(1, 4) {
                let kinds = EVERY.into_iter().zip(&mut values);
                kinds.for_each(|(kind, value)| *value = value.high(e.layout, kind.value()));
            }
            for (kind, value) in EVERY.into_iter().zip(values) {
                push(e, value, kind.value());
            }
            e.op().struct_new(ty).local_set(object);
        } else {
            e.op().struct_new_default(ty).local_set(object);
        }
        for _ in 0..e.choice.below(3) {
            let field = e.choice.below(EVERY.len() as u32) as usize;
            let kind = EVERY[field].value();
            values[field] = Value::draw(&mut e.choice, kind);
            e.op().local_get(object);
            push(e, values[field], kind);
            e.op().struct_set(ty, field as u32);
            looked_at.push(field);
        }
        if e.choice.chance(1, 2) {
            e.garbage();
        }
        for _ in 0..4 {
            looked_at.push(e.choice.below(EVERY.len() as u32) as usize);
        }
        for (i, field) in looked_at.iter().copied().enumerate() {
            let place = (object, ty, field as u32);
            is_field(e, place, values[field], EVERY[field]);
            if i > 0 {
                e.op().i32_and();
            }
        }
    });
    e.claim(Claim::Stored);
}

/// Reads what constant expressions have made.
pub(in crate::generate::enrich::sequence) fn constants(e: &mut Emitter<'_>) {
    let layout: &Layout = e.layout;
    let (g, t, constants) = (&layout.globals, &layout.types, &layout.constants);
    let way = e.choice.below(3);
    let (global, ty) = match way {
        0 => (g.constant_bytes, layout.near.index(Kind::ConstBytes)),
        1 => (g.constant_refs, layout.near.index(Kind::ConstRefs)),
        _ => (g.constant_every, t.every),
    };
    let local = e.known(false, nullable(ty));
    e.completes(|e| {
        e.op().global_get(global).local_set(local);
        e.op().i32_const(1);
        for _ in 0..3 {
            if way == 2 {
                let field = e.choice.below(EVERY.len() as u32) as usize;
                let place = (local, ty, field as u32);
                is_field(e, place, constants.every[field], EVERY[field]);
            } else {
                let (kind, values) = match way {
                    0 => {
                        let bytes = constants.bytes.iter();
                        let values = bytes.map(|byte| Value::Bits(*byte as u32 as u128));
                        (StorageKind::I8, values.collect())
                    }
                    _ => (EVERY[3], constants.refs.clone()),
                };
                let values: Vec<Value> = values;
                let at = e.choice.below(values.len() as u32);
                is_element(e, (local, ty, at), values[at as usize], kind);
            }
            e.op().i32_and();
        }
    });
    e.claim(Claim::Stored);
}

/// Passes values of all types through a call, a block or an exception.
pub(in crate::generate::enrich::sequence) fn mixed(e: &mut Emitter<'_>) {
    let values = MIXED.map(|kind| Value::draw(&mut e.choice, kind));
    let (funcs, t, table) = (e.layout.funcs, e.layout.types, e.layout.near.table);
    let throws = e.layout.has_exceptions();
    let push_all = |e: &mut Emitter<'_>| {
        for (kind, value) in MIXED.into_iter().zip(values) {
            push(e, value, kind);
        }
    };
    let ty = BlockType::FunctionType(t.mixed);
    let way = e.choice.below(9);
    e.completes(|e| {
        match way {
            0 | 1 if throws => {
                let (tag, label) = (e.layout.mixed_tag, 0);
                e.op().block(BlockType::FunctionType(t.mixed_results));
                e.op()
                    .try_table(BlockType::Empty, [Catch::One { tag, label }]);
                push_all(e);
                e.op().throw(tag).end().unreachable().end();
            }
            2 => {
                push_all(e);
                let turns = e.known_number();
                e.op().i32_const(2).local_set(turns).loop_(ty);
                e.garbage();
                e.op().local_get(turns).i32_const(1).i32_sub();
                e.op().local_tee(turns).br_if(0).end();
            }
            3 => {
                push_all(e);
                e.op().block(ty);
                let condition = e.choice.below(2) as i32;
                match e.choice.chance(1, 2) {
                    true => e.op().i32_const(condition).br_table([0], 0),
                    false => e.op().i32_const(condition).br_if(0),
                };
                e.op().end();
            }
            4 => {
                push_all(e);
                let condition = e.choice.below(2) as i32;
                e.op().i32_const(condition).if_(ty);
                e.garbage();
                e.op().else_().end();
            }
            5 => {
                push_all(e);
                e.op().call(funcs.mixed);
            }
            6 => {
                push_all(e);
                let at = near::FUNCS as i32;
                match e.choice.chance(1, 2) {
                    true => e.op().ref_func(funcs.mixed).call_ref(t.mixed),
                    false => e.op().i32_const(at).call_indirect(table, t.mixed),
                };
            }
            _ => {
                push_all(e);
                e.op().call(funcs.pass);
            }
        }
        let arrived = match way {
            7.. => PASSED.map(|from| values[from as usize]),
            _ => values,
        };
        // Some are looked at, the others dropped.
        let passed = e.known_number();
        e.op().i32_const(1).local_set(passed);
        for (kind, value) in MIXED.into_iter().zip(arrived).rev() {
            match e.choice.chance(2, 5) {
                true => {
                    is(e, value, kind);
                    e.op().local_get(passed).i32_and().local_set(passed);
                }
                false => {
                    e.op().drop();
                }
            }
        }
        e.op().local_get(passed);
    });
    let claim = match way {
        0 | 1 if throws => Claim::Caught,
        _ => Claim::Result,
    };
    e.claim(claim);
}
