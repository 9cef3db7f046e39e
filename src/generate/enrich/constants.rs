//! Globals whose constant expressions have known values.

use wasm_encoder::{ConstExpr, InstructionSink};

use super::choice::Choice;
use super::layout::Layout;
use super::near::Kind;
use super::storage::{EVERY, Value, ValueKind};

/// The values in the constant globals.
#[derive(Clone, Debug)]
pub(super) struct Constants {
    /// The elements of an array of bytes, and whether they are given one by one.
    pub(super) bytes: Vec<i32>,
    fixed: bool,
    /// The elements of an array of eqrefs.
    pub(super) refs: Vec<Value>,
    /// The fields of a structure.
    pub(super) every: Vec<Value>,
}

impl Constants {
    pub(super) fn new(choice: &mut Choice) -> Constants {
        let fixed = choice.chance(1, 2);
        let mut bytes: Vec<i32> = (0..choice.range(1, 9))
            .map(|_| choice.bits() as i32)
            .collect();
        if !fixed {
            let first = bytes[0];
            bytes.fill(first);
        }
        let refs = (0..choice.range(1, 9)).map(|_| Value::draw(choice, ValueKind::Eq));
        let refs = refs.collect();
        let every = EVERY.map(|kind| Value::draw(choice, kind.value())).to_vec();
        Constants {
            bytes,
            fixed,
            refs,
            every,
        }
    }

    /// The types of the globals, and their values.
    pub(super) fn globals(&self, layout: &Layout) -> [(u32, ConstExpr); 3] {
        let [bytes_type, refs_type] =
            [Kind::ConstBytes, Kind::ConstRefs].map(|kind| layout.near.index(kind));
        let every_type = layout.types.every;
        let [mut bytes, mut refs, mut every] = [const { Vec::new() }; 3];
        let len = self.bytes.len() as u32;
        if self.fixed {
            for byte in &self.bytes {
                // A sum, as constants of linear memory have them.
                let mut code = InstructionSink::new(&mut bytes);
                code.i32_const(byte.wrapping_sub(1000)).i32_const(1000);
                code.i32_add();
            }
            InstructionSink::new(&mut bytes).array_new_fixed(bytes_type, len);
        } else {
            let mut code = InstructionSink::new(&mut bytes);
            code.i32_const(self.bytes[0]).i32_const(len as i32);
            code.array_new(bytes_type);
        }
        for value in &self.refs {
            value.push(InstructionSink::new(&mut refs), layout, ValueKind::Eq);
        }
        InstructionSink::new(&mut refs).array_new_fixed(refs_type, self.refs.len() as u32);
        for (kind, value) in EVERY.into_iter().zip(&self.every) {
            value.push(InstructionSink::new(&mut every), layout, kind.value());
        }
        InstructionSink::new(&mut every).struct_new(every_type);
        [(bytes_type, bytes), (refs_type, refs), (every_type, every)]
            .map(|(ty, code)| (ty, ConstExpr::raw(code)))
    }
}
