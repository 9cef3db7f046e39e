//! The edits of a mutation. They may leave the program unsound: a repair follows.

use super::draw;
use super::program::{Op, OpKind, Program, Shape, Ty};
use crate::generate::enrich::choice::Choice;

/// An edit, at a place that it chooses.
pub(super) type Edit = fn(&mut Program, &mut Choice);

/// All edits, each with its weight, and whether it only adds.
pub(super) const EDITS: [(u32, bool, Edit); 12] = [
    (8, true, insert),
    (5, false, remove),
    (4, false, swap),
    (3, true, duplicate),
    (8, false, rewrite),
    (2, true, splice),
    (4, false, types),
    (3, false, regroup),
    (2, false, functions),
    (2, false, state),
    (4, false, plan),
    (6, false, run),
];

/// The operations of one of the functions.
fn ops<'a>(program: &'a mut Program, c: &mut Choice) -> Option<&'a mut Vec<Op>> {
    let nth = c.below(program.funcs.len().max(1) as u32);
    program
        .funcs
        .get_mut(nth as usize)
        .map(|func| &mut func.ops)
}

/// A place in a list, or `None` if it is empty.
fn place<T>(list: &[T], c: &mut Choice) -> Option<usize> {
    (!list.is_empty()).then(|| c.below(list.len() as u32) as usize)
}

fn insert(program: &mut Program, c: &mut Choice) {
    let kinds = draw::all_kinds();
    if let Some(ops) = ops(program, c) {
        for _ in 0..=c.below(3) {
            let at = c.below(ops.len() as u32 + 1) as usize;
            ops.insert(at, draw::op(c, &kinds));
        }
    }
}

fn remove(program: &mut Program, c: &mut Choice) {
    if let Some(ops) = ops(program, c)
        && let Some(at) = place(ops, c)
    {
        let count = 1 + c.below(4) as usize;
        ops.drain(at..(at + count).min(ops.len()));
    }
}

fn swap(program: &mut Program, c: &mut Choice) {
    if let Some(ops) = ops(program, c)
        && let Some(a) = place(ops, c)
        && let Some(b) = place(ops, c)
    {
        ops.swap(a, b);
    }
}

/// Duplicates a few operations in place.
fn duplicate(program: &mut Program, c: &mut Choice) {
    if let Some(ops) = ops(program, c)
        && let Some(at) = place(ops, c)
    {
        let end = (at + 1 + c.below(6) as usize).min(ops.len());
        let copied = ops[at..end].to_vec();
        ops.splice(end..end, copied);
    }
}

/// Changes the operands of an operation, or its kind.
fn rewrite(program: &mut Program, c: &mut Choice) {
    if let Some(ops) = ops(program, c)
        && let Some(at) = place(ops, c)
    {
        match c.below(5) {
            0 => ops[at].kind = c.pick(&draw::all_kinds()).unwrap_or(OpKind::Null),
            byte => {
                let byte = &mut ops[at].with[byte as usize - 1];
                *byte = match c.below(2) {
                    0 => byte.wrapping_add(c.below(3) as u8).wrapping_sub(1),
                    _ => c.below(256) as u8,
                };
            }
        }
    }
}

/// Copies operations of one function into another.
fn splice(program: &mut Program, c: &mut Choice) {
    let Some(from) = ops(program, c) else { return };
    let Some(start) = place(from, c) else { return };
    let end = (start + 8).min(from.len());
    let copied = from[start..end].to_vec();
    if let Some(into) = ops(program, c) {
        let at = c.below(into.len() as u32 + 1) as usize;
        into.splice(at..at, copied);
    }
}

fn count(program: &Program) -> u32 {
    program.groups.iter().map(Vec::len).sum::<usize>() as u32
}

/// Changes a type, or one of its fields.
fn types(program: &mut Program, c: &mut Choice) {
    let all = count(program);
    let nth = c.below(all.max(1)) as usize;
    let Some(def) = program.groups.iter_mut().flatten().nth(nth) else {
        return;
    };
    match c.below(8) {
        0 => *def = draw::type_def(c, all),
        1 => def.open = !def.open,
        2 => def.parent = c.chance(2, 3).then(|| c.below(all) as u8),
        3 => {
            if let Shape::Struct(fields) = &mut def.shape {
                let at = c.below(fields.len() as u32 + 1) as usize;
                fields.insert(at, draw::field(c, all));
            }
        }
        4 => {
            if let Shape::Struct(fields) = &mut def.shape
                && let Some(at) = place(fields, c)
            {
                fields.remove(at);
            }
        }
        choice => {
            let fields = def.shape.fields_mut();
            if let Some(at) = place(fields, c) {
                match choice {
                    5 => fields[at].mutable = !fields[at].mutable,
                    _ => fields[at] = draw::field(c, all),
                }
            }
        }
    }
}

/// Merges two groups, splits one, or adds or removes a type.
fn regroup(program: &mut Program, c: &mut Choice) {
    let all = count(program);
    let groups = &mut program.groups;
    let Some(at) = place(groups, c) else { return };
    match c.below(4) {
        0 if at + 1 < groups.len() => {
            let next = groups.remove(at + 1);
            groups[at].extend(next);
        }
        1 if groups[at].len() > 1 => {
            let middle = 1 + c.below(groups[at].len() as u32 - 1) as usize;
            let rest = groups[at].split_off(middle);
            groups.insert(at + 1, rest);
        }
        2 if all > 2 => {
            let group = &mut groups[at];
            if let Some(nth) = place(group, c) {
                group.remove(nth);
            }
        }
        // At the end of a group, so that few indices change their meaning.
        _ => groups[at].push(draw::type_def(c, all + 1)),
    }
}

/// Changes a signature or a slot, or adds or removes a function.
fn functions(program: &mut Program, c: &mut Choice) {
    let all = count(program);
    let Some(at) = place(&program.funcs, c) else {
        return;
    };
    let several = program.funcs.len() > 1;
    let func = &mut program.funcs[at];
    match c.below(6) {
        0 => func.sig = draw::sig(c, all),
        1 => func.slots.push(draw::ty(c, all)),
        2 if several => {
            program.funcs.remove(at);
        }
        3 => {
            let copy = func.clone();
            program.funcs.insert(at, copy);
        }
        _ => {
            if let Some(slot) = place(&func.slots, c) {
                func.slots[slot] = draw::ty(c, all);
            }
        }
    }
}

/// Changes a table, a global, a segment, a tag or an import.
fn state(program: &mut Program, c: &mut Choice) {
    fn put<T>(list: &mut Vec<T>, c: &mut Choice, value: T) {
        let at = c.below(list.len() as u32 + 1) as usize;
        match list.get_mut(at) {
            Some(old) => *old = value,
            None => list.push(value),
        }
    }
    let all = count(program);
    match c.below(5) {
        0 => {
            let table = draw::table(c, all);
            put(&mut program.tables, c, table);
        }
        1 => {
            let global = draw::global(c, all);
            put(&mut program.globals, c, global);
        }
        2 => {
            let ty: Ty = draw::reference(c, all);
            let segment = draw::segment(c, ty);
            put(&mut program.segments, c, segment);
        }
        3 => {
            let tag = draw::sig(c, all).params;
            put(&mut program.tags, c, tag);
        }
        _ => {
            let host = draw::sig(c, all);
            put(&mut program.hosts, c, host);
        }
    }
}

/// Changes the actions of the host.
fn plan(program: &mut Program, c: &mut Choice) {
    let steps = match c.chance(3, 4) {
        true => &mut program.plan,
        false => &mut program.acts,
    };
    let at = place(steps, c);
    match (c.below(4), at) {
        (0, Some(at)) => {
            steps.remove(at);
        }
        (1, Some(at)) => steps[at] = draw::act(c),
        (2, Some(a)) => {
            let b = c.below(steps.len() as u32) as usize;
            steps.swap(a, b);
        }
        _ => {
            let at = c.below(steps.len() as u32 + 1) as usize;
            steps.insert(at, draw::act(c));
        }
    }
}

/// Changes when collections happen, which heaps take part, and the limits of a run.
fn run(program: &mut Program, c: &mut Choice) {
    match c.below(5) {
        4 => program.client = c.chance(1, 2).then(|| c.below(256) as u8),
        0 => program.extra = c.below(16) as u8,
        1 => program.limits = [c.below(256) as u8, c.below(256) as u8],
        2 => program.reschedule = !program.reschedule,
        _ => program.relative_schedule = draw::relative_schedule(c),
    }
}
