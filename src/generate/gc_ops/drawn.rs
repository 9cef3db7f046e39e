//! Conversion of programs to cases.

use super::program::{Act, Program};
use crate::case::{Call, Case, Plan, Step};
use crate::engine::Schedule;
use crate::generate::GeneratedCase;
use crate::generate::plan;
use crate::module::{Module, ModuleError};
use crate::types::Types;
use arbitrary::Unstructured;
use std::sync::Arc;

/// The case of a program in byte form, or `None` if the bytes are not a program.
pub fn case(data: &[u8]) -> Option<GeneratedCase> {
    drawn(&Program::decode(data)?, Module::new).ok()
}

/// What compiles a module.
type Compiler = fn(&[u8], &mut Arc<Types>) -> Result<Module, ModuleError>;

/// The case of a program, whose module a function compiles.
pub(in crate::generate) fn drawn(
    program: &Program,
    compiler: Compiler,
) -> arbitrary::Result<GeneratedCase> {
    let wasm = program.compile();
    let module =
        compiler(&wasm, &mut Arc::default()).map_err(|_| arbitrary::Error::IncorrectFormat)?;
    let module = Arc::new(module);
    let limits = plan::limits(&mut Unstructured::new(&program.limits))?;
    let extra = plan::joining(program.extra, &limits, program.limits[0] >> 5 & 3 == 3);
    let mut case = Case {
        wasm,
        plan: Plan::Steps(program.steps(&program.plan)),
        host: program.steps(&program.acts),
        schedule: Schedule::Never,
        limits,
        client: program.client.map(u32::from),
    };
    case.schedule = program.relative_schedule.schedule(&case, &module);
    Ok(GeneratedCase {
        case,
        module,
        extra,
        reschedule: program.reschedule,
    })
}

impl Program {
    /// The steps of the host, by the names of exports. Acts on items that do not exist, or cannot
    /// be changed, are left out.
    fn steps(&self, acts: &[Act]) -> Vec<Step> {
        let steps = acts.iter().filter_map(|act| {
            Some(match act {
                Act::Call(func, args) => Step::Call(Call {
                    export: format!("f{func}"),
                    args: args.clone(),
                }),
                Act::Global(global, value) => {
                    let found = self.globals.get(usize::from(*global))?;
                    if !found.ty.is_ref() {
                        return None;
                    }
                    Step::Global {
                        export: format!("g{global}"),
                        value: value.filter(|_| found.mutable),
                    }
                }
                Act::Table(table, index, value) => {
                    let found = self.tables.get(usize::from(*table))?;
                    Step::Table {
                        export: format!("t{table}"),
                        index: u32::from(index % found.len),
                        value: *value,
                    }
                }
                Act::Drop(nth) => Step::Drop(u32::from(*nth)),
                Act::Collect => Step::Collect,
            })
        });
        steps.collect()
    }
}
