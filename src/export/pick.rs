//! Functions that pick or drop one of the references that the host keeps.

use super::asm::Asm;
use super::runtime::EQ;
use super::unit::{Slots, Unit};
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

/// What becomes of one of the references that fit.
struct Choice<'c> {
    /// Tests a reference on the stack.
    fits: &'c dyn Fn(&mut Asm),
    /// Returns, if none fits.
    none: &'c dyn Fn(&mut Asm),
    /// Sets the number of the one that is meant, given the local with the number of those that fit.
    number: &'c dyn Fn(&mut Asm, u32),
    /// Does something with the one at the index in a local, and returns.
    chosen: &'c dyn Fn(&mut Asm, u32),
}

/// Finds the reference of which local `n` has the number, among those that fit.
fn choose(asm: &mut Asm, slots: Slots, n: u32, choice: &Choice<'_>) {
    let (index, found) = (asm.local(ValType::I32), asm.local(ValType::I32));
    let end = |asm: &mut Asm| {
        asm.op().global_get(slots.count);
    };
    let fits = |asm: &mut Asm| {
        asm.op().local_get(index).table_get(slots.table);
        (choice.fits)(asm);
        asm.op().if_(BlockType::Empty);
    };
    asm.up_to(index, end, |asm| {
        fits(asm);
        asm.add_one(found);
        asm.op().end();
    });
    asm.op().local_get(found).i32_eqz().if_(BlockType::Empty);
    (choice.none)(asm);
    asm.op().end();
    (choice.number)(asm, found);
    asm.op().i32_const(0).local_set(index);
    asm.up_to(index, end, |asm| {
        fits(asm);
        asm.op().local_get(n).i32_eqz().if_(BlockType::Empty);
        (choice.chosen)(asm, index);
        asm.op().end();
        asm.op().local_get(n).i32_const(1).i32_sub().local_set(n);
        asm.op().end();
    });
}

/// Writes a function `(param i32 i32) (result (ref null T))`: how to pick, and a number. `fits` tests a
/// reference, and `as_type` turns it into one of the type.
pub(super) fn define_pick(
    unit: &mut Unit<'_>,
    pick: u32,
    (slots, ty): (Slots, HeapType),
    fits: &dyn Fn(&mut Asm),
    as_type: &dyn Fn(&mut Asm),
) {
    let mut asm = Asm::new(2);
    let (how, n) = (0, 1);
    let choice = Choice {
        fits,
        none: &|asm| {
            asm.op().ref_null(ty).return_();
        },
        // One more if none is an answer, too.
        number: &|asm, found| {
            asm.op().local_get(how).i32_const(Pick::Last as i32);
            asm.op().i32_eq().if_(BlockType::Empty);
            asm.op().local_get(found).i32_const(1).i32_sub();
            asm.op().local_set(n).else_().local_get(n).local_get(found);
            asm.op().local_get(how).i32_add().i32_rem_u();
            asm.op().local_set(n).end();
        },
        chosen: &|asm, index| {
            asm.op().local_get(index).table_get(slots.table);
            as_type(asm);
            asm.op().return_();
        },
    };
    choose(&mut asm, slots, n, &choice);
    asm.op().ref_null(ty);
    unit.define(pick, asm);
}

/// Writes a function `(param i32)` that drops the n-th reference that is kept, wrapping around.
pub(super) fn define_drop(unit: &mut Unit<'_>, drop: u32, slots: Slots) {
    let mut asm = Asm::new(1);
    let n = 0;
    let choice = Choice {
        fits: &|asm| {
            asm.op().ref_is_null().i32_eqz();
        },
        none: &|asm| {
            asm.op().return_();
        },
        number: &|asm, found| {
            asm.op().local_get(n).local_get(found).i32_rem_u();
            asm.op().local_set(n);
        },
        chosen: &|asm, index| {
            asm.op().local_get(index).ref_null(EQ);
            asm.op().table_set(slots.table).return_();
        },
    };
    choose(&mut asm, slots, n, &choice);
    unit.define(drop, asm);
}
