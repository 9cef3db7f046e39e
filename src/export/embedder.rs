//! Cases for engines whose runner is an embedder: the host is not in the module, only its meter is.

use super::asm::Asm;
use super::instrument::instrument;
use super::meter::{Meter, Ticks};
use super::points::passes;
use super::unit::{Naming, Unit, constant};
use super::{ExportError, limits};
use crate::case::embedder::COLLECT;
use crate::case::{Call, Case, Plan, Step};
use crate::engine::{Limits, Schedule};
use crate::module::Module;
use crate::module_ir::{self, Export, Shape};
use std::collections::BTreeSet;
use std::sync::Arc;
use wasmparser::{ExternalKind, HeapType, Operator, RefType, UnpackedIndex, ValType};

/// How the names of exports begin that are added to a module.
const ADDED: &str = "gcdiff.";

/// How the names of exported globals begin whose types are those of the module: of each structure and
/// array type, a null.
pub const TYPE: &str = "gcdiff.type.";

/// A case for runners that follow its plan themselves, by [`case::embedder`](crate::case::embedder).
///
/// Like an [exported](super::export) module, the module counts fuel and depth, makes NaNs canonical, and
/// collects where the schedule says, by the import [`COLLECT`]. Everything in it is exported, so that an
/// embedder can look at it: what has no name yet under names that begin with `gcdiff.`. A start function
/// is the first step of the plan, since an embedder cannot see an instance before that has been
/// instantiated. Each step is preceded by one that gives it its fuel.
///
/// # Errors
///
/// If the module uses something beyond WebAssembly 3.0, exports a name that begins with `gcdiff.`, or
/// imports something from a module `gcdiff`.
pub fn for_embedder(case: &Case, module: &Arc<Module>) -> Result<Case, ExportError> {
    let (decoded, bodies) = module_ir::Module::decode_items(&case.wasm)?;
    if let Some(export) = decoded.exports.iter().find(|e| e.name.starts_with(ADDED)) {
        let name = export.name;
        return Err(ExportError(format!("the module exports {name:?} already")));
    }
    if let Some(import) = module
        .imports
        .iter()
        .find(|import| import.module == COLLECT.0)
    {
        let (module, name) = (&import.module, &import.name);
        return Err(ExportError(format!(
            "the module imports {module:?} {name:?} already"
        )));
    }
    let mut unit = Unit::new(decoded, Naming::Without);
    let collect = unit.import(COLLECT.0, COLLECT.1);
    let ticks = Ticks::of(&case.schedule, passes(case, module));
    let meter = Meter::append(&mut unit, case, &ticks, collect);
    instrument(&mut unit, &bodies, &meter)?;
    let reset = unit.reserve("reset", &[], &[]);
    let mut asm = Asm::new(0);
    meter.begin(&mut asm);
    unit.define(reset, asm);

    let mut added = vec![(format!("{ADDED}reset"), ExternalKind::Func, reset)];
    let call = |name: &str| {
        Step::Call(Call {
            export: format!("{ADDED}{name}"),
            args: Vec::new(),
        })
    };
    let mut steps = Vec::new();
    if let Some(start) = unit.module.start.take() {
        added.push((format!("{ADDED}start"), ExternalKind::Func, start));
        steps.push(call("start"));
    }
    for step in crate::case::steps(case, module).iter() {
        steps.extend([call("reset"), step.clone()]);
    }
    for ty in 0..unit.module.types.len() as u32 {
        if let Some(global) = null_of(&mut unit, ty) {
            added.push((format!("{TYPE}{ty}"), ExternalKind::Global, global));
        }
    }
    let exported = unit
        .module
        .exports
        .iter()
        .map(|e| kind_and_index(e.kind, e.index));
    let given = added
        .iter()
        .map(|(_, kind, index)| kind_and_index(*kind, *index));
    let exported: BTreeSet<(&str, u32)> = exported.chain(given).collect();
    let all = [
        (ExternalKind::Func, unit.module.funcs.len()),
        (ExternalKind::Table, unit.module.tables.len()),
        (ExternalKind::Memory, unit.module.memories.len()),
        (ExternalKind::Global, unit.module.globals.len()),
        (ExternalKind::Tag, unit.module.tags.len()),
    ];
    for (kind, count) in all {
        for index in 0..count as u32 {
            let key = kind_and_index(kind, index);
            if !exported.contains(&key) {
                added.push((numbered(key.0, index), kind, index));
            }
        }
    }
    let exports = added.iter().map(|(name, kind, index)| Export {
        name,
        kind: *kind,
        index: *index,
    });
    unit.module.exports.extend(exports);
    Ok(Case {
        wasm: unit.finish()?,
        plan: Plan::Steps(steps),
        host: case.host.clone(),
        schedule: Schedule::Never,
        limits: Limits {
            reentry: case.limits.reentry,
            ..limits()
        },
        client: None,
    })
}

/// A name for an item. There are some eighty in a case, and formatting takes five times as long.
fn numbered(kind: &str, index: u32) -> String {
    let mut name = String::with_capacity(ADDED.len() + kind.len() + 11);
    name.push_str(ADDED);
    name.push_str(kind);
    name.push('.');
    let mut unit = 1;
    while index / unit >= 10 {
        unit *= 10;
    }
    while unit > 0 {
        name.push(char::from(b'0' + (index / unit % 10) as u8));
        unit /= 10;
    }
    name
}

/// A kind of items by its name, which has an order.
fn kind_and_index(kind: ExternalKind, index: u32) -> (&'static str, u32) {
    let kind = match kind {
        ExternalKind::Func | ExternalKind::FuncExact => "func",
        ExternalKind::Table => "table",
        ExternalKind::Memory => "memory",
        ExternalKind::Global => "global",
        ExternalKind::Tag => "tag",
    };
    (kind, index)
}

/// A global with the null of a structure or array type.
fn null_of(unit: &mut Unit<'_>, ty: u32) -> Option<u32> {
    let shape = &unit.module.types[ty as usize].shape;
    let heap = HeapType::Concrete(UnpackedIndex::Module(ty));
    let reference = match shape {
        Shape::Struct(_) | Shape::Array(_) => RefType::new(true, heap)?,
        Shape::Func(..) => return None,
    };
    let null = constant(Operator::RefNull { hty: heap });
    let name = format!("type.{ty}");
    let global = unit.global(&name, ValType::Ref(reference), null);
    unit.module.globals[global as usize].ty.mutable = false;
    Some(global)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_are_decimal() {
        for index in [0, 9, 10, 99, 100, 4_096, u32::MAX] {
            assert_eq!(numbered("func", index), format!("gcdiff.func.{index}"));
        }
    }
}
