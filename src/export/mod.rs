//! Cases for other engines: one module that does everything, with the values that it must return.
//!
//! The module has the case's own code, and besides it the host: each step of the plan is an exported
//! function, imports are functions of the module, references that the host keeps are in a table.
//! Fuel and depth are counted in the code, so that every engine runs out at the same place. A last
//! function walks the heap and returns a digest of it. So any engine shows its heap, through numbers,
//! and none needs an interface for it.
//!
//! The host of an exported case behaves like that of the case, but is another program: external
//! values are structures of the module, a trap in a function that the host calls ends the step, and
//! collections happen at the points of the schedule only as far as the code passes them. So the
//! values are those that the heaps agree on when *they* run the exported module.

mod asm;
mod embedder;
mod expected;
mod hierarchy;
mod host;
mod imports;
mod instrument;
mod js;
pub mod json;
mod lookup;
mod meter;
mod nans;
mod observe;
mod pick;
mod points;
mod relaxed;
mod runtime;
mod seen;
mod shown;
#[cfg(test)]
mod tests;
mod unit;
mod values;
mod wast;

pub use embedder::{TYPE, for_embedder};
pub use expected::{Expectations, Expected, Number};
pub use shown::Shown;

use crate::case::{Call, Case, Plan, Step};
use crate::engine::{Limits, Schedule};
use crate::module::Module;
use crate::module_ir::{self, IrError};
use asm::Asm;
use host::Writer;
use meter::Ticks;
use runtime::Runtime;
use std::fmt;
use std::sync::Arc;
use unit::{Naming, Unit};
use values::Values;
use wasmparser::ExternalKind;

/// Why a case has no exported form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportError(String);

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ExportError {}

impl From<IrError> for ExportError {
    fn from(error: IrError) -> ExportError {
        ExportError(error.0)
    }
}

/// How an exported module asks for collections.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Collect {
    /// It imports the function `gc` of a module `wasmtime`, as Wasmtime's scripts do.
    #[default]
    Import,
    /// It does not: collections happen when the engine likes.
    Never,
}

/// The name of the import that collects.
pub const COLLECT: (&str, &str) = ("wasmtime", "gc");

/// An exported case.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The module.
    pub wasm: Vec<u8>,
    /// Its functions to call, in order. The last one returns a digest of the heap, and a number of
    /// objects.
    pub calls: Vec<String>,
    /// Whether it imports [`COLLECT`].
    pub collects: bool,
}

impl Exported {
    /// The exported module as a case, whose host collects where the module asks for it.
    pub fn case(&self) -> Case {
        let call = |name: &String| {
            Step::Call(Call {
                export: name.clone(),
                args: Vec::new(),
            })
        };
        Case {
            wasm: self.wasm.clone(),
            plan: Plan::Steps(self.calls.iter().map(call).collect()),
            host: vec![Step::Collect],
            schedule: Schedule::Never,
            limits: limits(),
            client: None,
        }
    }
}

/// Limits under which no heap traps where another engine would not: the module counts itself. What is
/// left are the budgets of a run, and a case that exceeds them is discarded.
fn limits() -> Limits {
    Limits {
        // As many as fit into the stacks of the runners.
        registers: 1 << 24,
        heap_bytes: u64::MAX,
        table_elements: u64::MAX,
        memory_bytes: u64::MAX,
        ..Limits::default()
    }
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    // Two digits at a time, since modules have some tens of thousands.
    const PAIRS: [[u8; 2]; 256] = {
        let digits = b"0123456789abcdef";
        let mut pairs = [[0; 2]; 256];
        let mut byte = 0;
        while byte < pairs.len() {
            pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
            byte += 1;
        }
        pairs
    };
    let pairs = bytes.iter().map(|byte| PAIRS[usize::from(*byte)]);
    let digits: Vec<[u8; 2]> = pairs.collect();
    String::from_utf8(digits.into_flattened()).unwrap_or_default()
}

/// Exports a case whose module has been compiled.
///
/// # Errors
///
/// If the module uses something beyond WebAssembly 3.0, or imports a value that no module can make.
pub fn export(
    case: &Case,
    module: &Arc<Module>,
    collect: Collect,
) -> Result<Exported, ExportError> {
    write(case, module, collect, Naming::With)
}

/// Exports a case for an engine in another process. Its items have no names.
///
/// # Errors
///
/// As [`export`].
pub(crate) fn export_nameless(case: &Case, module: &Arc<Module>) -> Result<Exported, ExportError> {
    write(case, module, Collect::Import, Naming::Without)
}

fn write(
    case: &Case,
    module: &Arc<Module>,
    collect: Collect,
    naming: Naming,
) -> Result<Exported, ExportError> {
    let (decoded, bodies) = module_ir::Module::decode_items(&case.wasm)?;
    let ticks = match collect {
        Collect::Import => Ticks::of(&case.schedule, points::passes(case, module)),
        Collect::Never => Ticks::Never,
    };
    let mut unit = Unit::new(decoded, naming);
    // Those of the case come first.
    let (globals, tables) = (unit.module.globals.len(), unit.module.tables.len());
    let own_funcs = unit.module.funcs.len();
    let exports = std::mem::take(&mut unit.module.exports);
    // An exported function may be referred to by an instruction; now it is not exported.
    for export in exports
        .iter()
        .filter(|export| export.kind == ExternalKind::Func)
    {
        unit.declare(export.index);
    }
    let find = |name: &str, kind: ExternalKind| {
        let mut named = exports.iter().filter(|export| export.name == name);
        named
            .find(|export| export.kind == kind)
            .map(|export| export.index)
    };
    let collector = match collect {
        Collect::Import => unit.import(COLLECT.0, COLLECT.1),
        Collect::Never => {
            let func = unit.reserve("gc", &[], &[]);
            unit.define(func, Asm::new(0));
            func
        }
    };
    let runtime = Runtime::append(&mut unit, case, &ticks, collector);
    instrument::instrument(&mut unit, &bodies, &runtime.meter)?;
    let mut values = Values::new(own_funcs);
    let imported = imports::define(&mut unit, &runtime, &mut values)?;
    let start = unit.module.start.take();
    let steps = crate::case::steps(case, module);
    let mut calls: Vec<(String, u32)> = Vec::new();
    let mut writer = Writer {
        unit: &mut unit,
        runtime: &runtime,
        values: &mut values,
        exported: &find,
    };
    for (func, id) in imported {
        writer.function(func, id, &case.host);
    }
    if let Some(start) = start {
        calls.push(("start".into(), writer.start(start)));
    }
    for (step, number) in steps.iter().zip(0..) {
        calls.push((format!("step{}", number + 1), writer.step(step, number)));
    }
    // Writing one may ask for another.
    let mut written = std::collections::BTreeSet::new();
    loop {
        let made = writer.values.made_funcs.values().copied();
        let Some(next) = made.into_iter().find(|func| !written.contains(func)) else {
            break;
        };
        written.insert(next);
        writer.function(next, next, &case.host);
    }
    let observe = observe::append(&mut unit, &runtime, globals as u32, tables as u32);
    calls.push(("observe".into(), observe));
    for (name, func) in &calls {
        unit.export(name, *func);
    }
    let wasm = unit.finish()?;
    Ok(Exported {
        wasm,
        calls: calls.into_iter().map(|(name, _)| name).collect(),
        collects: collect == Collect::Import,
    })
}
