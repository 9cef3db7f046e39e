//! Functions that pick one of the references that the host keeps.

use super::unit::{Asm, Unit};
use wasm_encoder::{BlockType, HeapType};
use wasmparser::ValType;

/// How a reference is picked among those that are kept and fit a type.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Pick {
    /// The n-th, wrapping around.
    Nth = 0,
    /// The n-th, or none if all have been passed, wrapping around.
    NthOrNone = 1,
    /// The last.
    Last = 2,
}

/// Writes a function `(param i32 i32) (result (ref null T))`: how to pick, and a number. `fits` tests a
/// reference, and `as_type` turns it into one of the type.
pub(super) fn define_pick(
    unit: &mut Unit<'_>,
    pick: u32,
    (table, count, ty): (u32, u32, HeapType),
    fits: &dyn Fn(&mut Asm),
    as_type: &dyn Fn(&mut Asm),
) {
    let mut asm = Asm::new(2);
    let (how, n) = (0, 1);
    let index = asm.local(ValType::I32);
    let found = asm.local(ValType::I32);
    for is_second in [false, true] {
        asm.op().i32_const(0).local_set(index);
        asm.op().block(BlockType::Empty).loop_(BlockType::Empty);
        asm.op()
            .local_get(index)
            .global_get(count)
            .i32_ge_u()
            .br_if(1);
        asm.op().local_get(index).table_get(table);
        fits(&mut asm);
        asm.op().if_(BlockType::Empty);
        if is_second {
            asm.op().local_get(n).i32_eqz().if_(BlockType::Empty);
            asm.op().local_get(index).table_get(table);
            as_type(&mut asm);
            asm.op().return_().end();
            asm.op().local_get(n).i32_const(1).i32_sub().local_set(n);
        } else {
            asm.add_one(found);
        }
        asm.op().end();
        asm.add_one(index);
        asm.op().br(0).end().end();
        if !is_second {
            // How many fit, and one more if none is an answer, too.
            asm.op().local_get(found).i32_eqz().if_(BlockType::Empty);
            asm.op().ref_null(ty).return_().end();
            asm.op()
                .local_get(how)
                .i32_const(Pick::Last as i32)
                .i32_eq();
            asm.op().if_(BlockType::Empty);
            asm.op()
                .local_get(found)
                .i32_const(1)
                .i32_sub()
                .local_set(n);
            asm.op().else_();
            asm.op()
                .local_get(n)
                .local_get(found)
                .local_get(how)
                .i32_add()
                .i32_rem_u();
            asm.op().local_set(n).end();
        }
    }
    asm.op().ref_null(ty);
    unit.define(pick, asm);
}
