//! Naming an instruction by its offset.

use super::broken_at::Instruction;
use crate::engine::Location;
use crate::module::names::{Names, Space};
use crate::module::{Module, operator_name};
use wasmparser::{BinaryReader, OperatorsReader};

/// The instruction at a location of a module, named as in the text format.
pub(super) fn instruction_at(module: &Module, location: Location) -> Instruction {
    let offset = location.offset as usize;
    let name = module
        .wasm
        .get(offset..)
        .map(|rest| OperatorsReader::new(BinaryReader::new(rest, u64::from(location.offset))))
        .and_then(|mut reader| reader.read().ok())
        .map_or_else(
            || "unknown".to_string(),
            |operator| operator_name(&operator),
        );
    let names = Names::new(module);
    Instruction {
        func: location.func,
        func_name: location.func.map(|func| names.item(Space::Func, func)),
        offset: location.offset,
        name,
        line: None,
    }
}
