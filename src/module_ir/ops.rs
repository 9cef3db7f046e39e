//! Instructions: their labels and locals, which have no index space of the module.

use wasmparser::{BinaryReader, Catch, Operator, OperatorsReader};

/// Whether an instruction opens a block that an `end` closes.
pub fn is_opener(op: &Operator<'_>) -> bool {
    matches!(
        op,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. }
            | Operator::Try { .. }
    )
}

/// Whether an instruction allocates an object or an exception.
pub fn allocates(op: &Operator<'_>) -> bool {
    matches!(
        op,
        Operator::StructNew { .. }
            | Operator::StructNewDefault { .. }
            | Operator::ArrayNew { .. }
            | Operator::ArrayNewDefault { .. }
            | Operator::ArrayNewFixed { .. }
            | Operator::ArrayNewData { .. }
            | Operator::ArrayNewElem { .. }
            | Operator::Throw { .. }
    )
}

/// The labels that an instruction branches to, relative to it. Those of a
/// `try_table` count from outside it.
pub fn labels(op: &Operator<'_>) -> Vec<u32> {
    match op {
        Operator::Br { relative_depth }
        | Operator::BrIf { relative_depth }
        | Operator::BrOnNull { relative_depth }
        | Operator::BrOnNonNull { relative_depth }
        | Operator::BrOnCast { relative_depth, .. }
        | Operator::BrOnCastFail { relative_depth, .. }
        | Operator::Delegate { relative_depth }
        | Operator::Rethrow { relative_depth } => vec![*relative_depth],
        Operator::BrTable { targets } => {
            let all = targets.targets().filter_map(Result::ok);
            all.chain([targets.default()]).collect()
        }
        Operator::TryTable { try_table } => try_table.catches.iter().map(label_of).collect(),
        _ => Vec::new(),
    }
}

fn label_of(catch: &Catch) -> u32 {
    match catch {
        Catch::One { label, .. }
        | Catch::OneRef { label, .. }
        | Catch::All { label }
        | Catch::AllRef { label } => *label,
    }
}

/// A `br_table` that has only a default target. `None` if the label is too large.
pub fn short_table(label: u32) -> Option<Operator<'static>> {
    // Targets are borrowed from bytes: those of the instruction, for each label.
    static BYTES: [[u8; 3]; 128] = {
        let mut bytes = [[0x0e, 0, 0]; 128];
        let mut label = 0;
        while label < bytes.len() {
            bytes[label][2] = label as u8;
            label += 1;
        }
        bytes
    };
    let bytes = BYTES.get(label as usize)?;
    OperatorsReader::new(BinaryReader::new(bytes, 0))
        .read()
        .ok()
}

/// Changes the labels of an instruction. `None` if one of them has no new label, or if the
/// instruction is a `br_table` of several targets, whose labels cannot be changed.
pub fn set_labels(op: &mut Operator<'_>, new: &dyn Fn(u32) -> Option<u32>) -> Option<()> {
    match op {
        Operator::Br { relative_depth }
        | Operator::BrIf { relative_depth }
        | Operator::BrOnNull { relative_depth }
        | Operator::BrOnNonNull { relative_depth }
        | Operator::BrOnCast { relative_depth, .. }
        | Operator::BrOnCastFail { relative_depth, .. }
        | Operator::Delegate { relative_depth }
        | Operator::Rethrow { relative_depth } => *relative_depth = new(*relative_depth)?,
        Operator::TryTable { try_table } => {
            for catch in &mut try_table.catches {
                match catch {
                    Catch::One { label, .. }
                    | Catch::OneRef { label, .. }
                    | Catch::All { label }
                    | Catch::AllRef { label } => *label = new(*label)?,
                }
            }
        }
        Operator::BrTable { targets } if targets.is_empty() => {
            *op = short_table(new(targets.default())?)?;
        }
        _ => return None,
    }
    Some(())
}

/// The local that an instruction uses, to be changed.
pub fn locals<'o>(op: &'o mut Operator<'_>) -> Option<&'o mut u32> {
    match op {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(local_index),
        _ => None,
    }
}
