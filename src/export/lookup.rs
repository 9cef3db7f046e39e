//! Tables of objects, each at most once: those that the host keeps, and those that a walk has seen.

use super::asm::Asm;
use super::unit::{Slots, Unit};
use wasm_encoder::{BlockType, HeapType};
use wasmparser::ValType;

/// Numbers of what is no object, and of an object by its place in the table or without one. The low
/// half has the details.
const I31: i64 = 1 << 32;
const OBJECT: i64 = 2 << 32;
const MORE: i64 = 3 << 32;

/// Writes a function `(param eqref) (result i64)` that returns a number for what a reference is. A new
/// object is put into the table, which has room for `most`.
pub(super) fn define_lookup(unit: &mut Unit<'_>, func: u32, slots: Slots, most: u32) {
    let Slots { table, count } = slots;
    let mut asm = Asm::new(1);
    let (index, known) = (asm.local(ValType::I32), asm.local(ValType::I32));
    asm.op().local_get(0).ref_is_null().if_(BlockType::Empty);
    asm.op().i64_const(0).return_().end();
    asm.op().local_get(0).ref_test_non_null(HeapType::I31);
    asm.op().if_(BlockType::Empty);
    asm.op().local_get(0).ref_cast_non_null(HeapType::I31);
    asm.op().i31_get_u().i64_extend_i32_u().i64_const(I31);
    asm.op().i64_or().return_().end();
    let number = |asm: &mut Asm| {
        let mut op = asm.op();
        op.local_get(index).i64_extend_i32_u();
        op.i64_const(OBJECT).i64_or().return_();
    };
    // Most of what an exported case runs is this loop: it has one branch more than an element needs.
    asm.op().global_get(count).local_tee(known);
    asm.op().if_(BlockType::Empty).loop_(BlockType::Empty);
    asm.op().local_get(index).table_get(table);
    asm.op().local_get(0).ref_eq().if_(BlockType::Empty);
    number(&mut asm);
    asm.op().end();
    asm.op().local_get(index).i32_const(1).i32_add();
    asm.op().local_tee(index).local_get(known).i32_lt_u();
    asm.op().br_if(0).end().end();
    asm.op().local_get(index).i32_const(most as i32).i32_ge_u();
    asm.op().if_(BlockType::Empty);
    asm.op().i64_const(MORE).return_().end();
    asm.op().local_get(index).local_get(0).table_set(table);
    asm.add_one_to_global(count);
    number(&mut asm);
    unit.define(func, asm);
}
