//! Locals.

use super::code::{funcs, is_whole, splice};
use super::{Pass, defaults, one};
use crate::module_ir::{Ops, locals};
use crate::reduce::draft::{Edit, edit};
use wasmparser::Operator;

pub(super) const LOCALS: Pass = Pass {
    name: "locals",
    about: "removes and merges locals, and moves values to their only use",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (func, ops, view) in funcs(state) {
            let all = view.locals.len();
            let own = state.draft.module.funcs[func]
                .code()
                .map_or(0, |c| c.locals.len());
            let params = all - own.min(all);
            let mut gets = vec![Vec::new(); all];
            let mut sets = vec![Vec::new(); all];
            for (at, op) in ops.iter().enumerate() {
                match op {
                    Operator::LocalGet { local_index } => gets[*local_index as usize].push(at),
                    Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                        sets[*local_index as usize].push(at);
                    }
                    _ => {}
                }
            }
            let unused = (params..all).filter(|i| gets[*i].is_empty() && sets[*i].is_empty());
            let unused: Vec<usize> = unused.collect();
            if unused.len() > 1 {
                edits.push(remove(func, params, unused.clone()));
            }
            edits.extend(
                unused
                    .iter()
                    .map(|local| remove(func, params, vec![*local])),
            );
            for local in 0..all {
                // A value that is set and never read.
                if gets[local].is_empty() && !sets[local].is_empty() {
                    edits.push(unset(func, local as u32));
                }
                if let ([set], [get]) = (&sets[local][..], &gets[local][..]) {
                    let op = &view.ops[*set];
                    let is_set = matches!(ops[*set], Operator::LocalSet { .. });
                    if is_set && is_whole(op) && op.end <= *get {
                        edits.push(forward(func, op.start, *set, *get));
                    }
                }
            }
            for local in 0..all {
                // A value that is set right where it is first read.
                if let ([set], [get, _, ..]) = (&sets[local][..], &gets[local][..]) {
                    let op = &view.ops[*set];
                    let is_set = matches!(ops[*set], Operator::LocalSet { .. });
                    if is_set && is_whole(op) && op.end <= *get {
                        edits.push(teed(func, op.start, *set, *get));
                    }
                }
            }
            for local in 0..all {
                // A value that waits on the stack for its only use.
                if let ([set], [get]) = (&sets[local][..], &gets[local][..])
                    && matches!(ops[*set], Operator::LocalSet { .. })
                    && set < get
                {
                    edits.push(stacked(func, *set, *get));
                }
            }
            for local in params..all {
                // A value that is made anew where it is read.
                if let [set] = sets[local][..]
                    && is_whole(&view.ops[set])
                    && set - view.ops[set].start <= SHORT
                {
                    edits.push(copied(func, view.ops[set].start, set, gets[local].clone()));
                }
                let options = defaults::options(view.locals[local], &state.draft.module);
                for code in options {
                    if !matches!(code[..], [Operator::Unreachable]) && !gets[local].is_empty() {
                        edits.push(constant(func, local as u32, code));
                    }
                }
            }
            for at in 1..ops.len() {
                // A value that is set and dropped.
                if let (Operator::LocalTee { local_index }, Operator::Drop) =
                    (&ops[at - 1], &ops[at])
                {
                    let set = Operator::LocalSet {
                        local_index: *local_index,
                    };
                    edits.push(splice(func, at - 1..at + 1, vec![set]));
                }
                // The value that was just set.
                if let (Operator::LocalSet { local_index: set }, Operator::LocalGet { local_index }) =
                    (&ops[at - 1], &ops[at])
                    && set == local_index
                {
                    let tee = Operator::LocalTee { local_index: *set };
                    edits.push(splice(func, at - 1..at + 1, vec![tee]));
                }
            }
            for local in (params..all).rev() {
                let used = !gets[local].is_empty() || !sets[local].is_empty();
                if used {
                    let same = (0..local).filter(|i| view.locals[*i] == view.locals[local]);
                    let same = same.take(MAX_SAME);
                    edits.extend(same.map(|other| rename(func, local as u32, other as u32)));
                }
            }
        }
        edits
    },
};

/// Locals that are tried in the place of one.
const MAX_SAME: usize = 4;

/// Instructions of a value that is made again at each place where it is read.
const SHORT: usize = 3;

/// Removes locals that nothing uses.
fn remove(func: usize, params: usize, unused: Vec<usize>) -> Edit {
    edit(move |draft| {
        let code = draft.module.funcs.get_mut(func)?.edit()?;
        for local in unused.iter().rev() {
            let index = local.checked_sub(params)?;
            if index >= code.locals.len() {
                return None;
            }
            code.locals.remove(index);
        }
        for op in &mut code.ops {
            if let Some(local) = locals(op) {
                let below = unused.iter().filter(|i| **i < *local as usize).count();
                *local -= below as u32;
            }
        }
        Some(())
    })
}

/// Drops what is put into a local.
fn unset(func: usize, local: u32) -> Edit {
    edit(move |draft| {
        let code = draft.module.funcs.get_mut(func)?.edit()?;
        let mut ops: Ops<'_> = Vec::with_capacity(code.ops.len());
        for op in code.ops.drain(..) {
            match op {
                Operator::LocalSet { local_index } if local_index == local => {
                    ops.push(Operator::Drop);
                }
                Operator::LocalTee { local_index } if local_index == local => {}
                op => ops.push(op),
            }
        }
        code.ops = ops;
        Some(())
    })
}

/// Replaces a local that is set once by the code of its value.
fn copied(func: usize, start: usize, set: usize, gets: Vec<usize>) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        let value: Ops<'_> = ops.get(start..set)?.to_vec();
        // From behind, so that the indices of those before stay.
        for get in gets.iter().rev() {
            match *get {
                get if get > set => drop(ops.splice(get..get + 1, value.iter().cloned())),
                _ => return None,
            }
        }
        match ops.get(set)? {
            Operator::LocalTee { .. } => drop(ops.remove(set)),
            _ => drop(ops.drain(start..=set)),
        }
        Some(())
    })
}

/// Replaces a local by a constant, a null or a default object, at each place where it is read.
fn constant(func: usize, local: u32, code: defaults::Code) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        let mut new: Ops<'_> = Vec::with_capacity(ops.len());
        for op in ops.drain(..) {
            match op {
                Operator::LocalGet { local_index } if local_index == local => {
                    new.extend(code.iter().cloned());
                }
                Operator::LocalSet { local_index } if local_index == local => {
                    new.push(Operator::Drop);
                }
                Operator::LocalTee { local_index } if local_index == local => {}
                op => new.push(op),
            }
        }
        *ops = new;
        Some(())
    })
}

/// Moves the code that sets a local to the place where it is read.
fn forward(func: usize, start: usize, set: usize, get: usize) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        let value: Ops<'_> = ops.get(start..set)?.to_vec();
        ops.splice(get..get + 1, value);
        ops.drain(start..=set);
        Some(())
    })
}

/// Leaves on the stack what is put into a local and taken from it again.
fn stacked(func: usize, set: usize, get: usize) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        ops.get(get)?;
        ops.remove(get);
        ops.remove(set);
        Some(())
    })
}

/// Moves the code that sets a local to the place where it is first read.
fn teed(func: usize, start: usize, set: usize, get: usize) -> Edit {
    edit(move |draft| {
        let ops = &mut draft.module.funcs.get_mut(func)?.edit()?.ops;
        let mut value: Ops<'_> = ops.get(start..set)?.to_vec();
        match ops.get(set)? {
            Operator::LocalSet { local_index } => value.push(Operator::LocalTee {
                local_index: *local_index,
            }),
            _ => return None,
        }
        ops.splice(get..get + 1, value);
        ops.drain(start..=set);
        Some(())
    })
}

/// Uses another local in the place of one.
fn rename(func: usize, from: u32, to: u32) -> Edit {
    edit(move |draft| {
        let code = draft.module.funcs.get_mut(func)?.edit()?;
        for op in &mut code.ops {
            if let Some(local) = locals(op).filter(|local| **local == from) {
                *local = to;
            }
        }
        Some(())
    })
}
