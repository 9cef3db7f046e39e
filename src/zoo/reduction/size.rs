//! The size of a case.

use crate::case::{Case, Header, Plan, Style, write_with};
use crate::module::{ExportItem, Module};
use crate::reduce::instructions;
use std::sync::Arc;

/// The size of a case.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Size {
    /// Instructions in functions.
    pub instructions: usize,
    /// Functions with a body.
    pub functions: usize,
    /// Types of structures and arrays, and of functions.
    pub types: usize,
    /// Steps of the plan; calls of exports if there is none.
    pub steps: usize,
    /// Bytes of the module.
    pub bytes: usize,
    /// Bytes of its text.
    pub text: usize,
}

impl Size {
    pub(super) fn of(case: &Case) -> Size {
        let module = Module::new(&case.wasm, &mut Arc::default()).ok();
        let functions = module.as_ref().map_or(0, |module| {
            module.funcs.len() - module.imported_funcs as usize
        });
        let text = write_with(case, &Header::default(), Style::Folded, "");
        Size {
            instructions: instructions(&case.wasm),
            functions,
            types: module.as_ref().map_or(0, |module| module.type_ids.len()),
            steps: match (&case.plan, &module) {
                (Plan::Steps(steps), _) => steps.len(),
                (Plan::EveryExport, Some(module)) => {
                    let items = module.exports.iter().map(|export| export.item);
                    items
                        .filter(|item| matches!(item, ExportItem::Func(_)))
                        .count()
                }
                (Plan::EveryExport, None) => 0,
            },
            bytes: case.wasm.len(),
            text: text.map_or(0, |text| text.len()),
        }
    }
}
