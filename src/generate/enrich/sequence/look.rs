//! Observation of the heap: a wrong value that is never read is not visible from outside.

use super::super::emit::Emitter;
use super::super::layout::LEN;

/// Folds elements of an array into the digest, sometimes after an allocation.
pub(super) fn array(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let array = e.any_refs();
    e.ensure_refs(array);
    if e.choice.chance(1, 3) {
        e.store_eq(|e| e.new_node(0));
    }
    let from = e.choice.below(LEN - 2);
    for at in from..from + e.choice.range(2, LEN - from) {
        look(e, |e| {
            e.op().local_get(array).i32_const(at as i32).array_get(refs);
        });
    }
}

/// The same with elements of tables, or with globals.
pub(super) fn table(e: &mut Emitter<'_>) {
    let (eqs, nodes) = (e.layout.eq_table, e.layout.node_table);
    let globals = [e.layout.globals.eq, e.layout.globals.node];
    let from = e.choice.below(LEN - 2);
    for at in from..from + 3 {
        match e.choice.below(4) {
            0 => look(e, |e| {
                e.op().i32_const(at as i32).table_get(nodes);
            }),
            1 => {
                let global = e.choice.pick(&globals).unwrap_or(globals[0]);
                look(e, |e| {
                    e.op().global_get(global);
                });
            }
            _ => look(e, |e| {
                e.op().i32_const(at as i32).table_get(eqs);
            }),
        }
    }
}

fn look(e: &mut Emitter<'_>, value: impl FnOnce(&mut Emitter<'_>)) {
    let look = e.layout.funcs.look;
    e.digest(|e| {
        value(e);
        e.op().call(look);
    });
}

/// Stores a local where it is still visible at the end.
pub(super) fn publish(e: &mut Emitter<'_>) {
    let (g, eqs) = (e.layout.globals, e.layout.eq_table);
    match e.choice.below(4) {
        0 => {
            let local = e.any_refs();
            e.op().local_get(local).global_set(g.refs);
        }
        1 => {
            let local = e.any_node();
            e.op().local_get(local).global_set(g.node);
        }
        2 => {
            let local = e.any_refs();
            e.index();
            e.op().local_get(local).table_set(eqs);
        }
        _ => {
            let kept = [
                e.local.nodes(),
                e.local.i31s(),
                e.local.bytes(),
                e.local.packed(),
            ];
            let local = e.choice.pick(&kept).unwrap_or(kept[0]);
            e.index();
            e.op().local_get(local).table_set(eqs);
        }
    }
}
