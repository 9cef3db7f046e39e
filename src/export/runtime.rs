//! What every exported module has besides the case's own code and its meter: the references that the
//! host keeps, and numbers.

use super::asm::Asm;
use super::lookup::define_lookup;
use super::meter::{Meter, Ticks};
use super::pick::define_drop;
use super::unit::{Slots, Unit, constant};
use crate::case::Case;
use wasm_encoder::{AbstractHeapType, BlockType, HeapType};
use wasmparser::{Operator, RefType, ValType};

/// The most references that are kept. Later ones are seen, but not kept.
pub(super) const KEPT: u32 = 64;

/// The indices of what is appended first.
#[derive(Clone, Debug)]
pub(super) struct Runtime {
    /// Fuel, depth and collections.
    pub meter: Meter,
    /// A digest of what the host has seen.
    pub digest: u32,
    /// The number of calls of the host.
    pub calls: u32,
    /// The objects that the host keeps.
    pub kept: Slots,
    /// The exceptions that are kept, if there is a tag.
    pub kept_exn: Option<Slots>,
    /// `(param i64)`: adds a number to the digest.
    pub note: u32,
    /// `(param eqref) (result i64)`: keeps a reference, and returns a number for what it is.
    pub keep: u32,
    /// `(param exnref)`
    pub keep_exn: Option<u32>,
    /// `(param i32)`: drops a kept reference.
    pub drop: u32,
    /// `(param i64 i64) (result i64)`: a well-mixed function of two numbers.
    pub mix: u32,
    /// `(param i64) (result i64)`: a number, mostly a small one.
    pub number: u32,
    /// The type of external values.
    pub external: u32,
}

pub(super) const EQREF: ValType = ValType::Ref(RefType::EQREF);
pub(super) const EQ: HeapType = HeapType::Abstract {
    shared: false,
    ty: AbstractHeapType::Eq,
};

impl Runtime {
    /// Appends it. `collect` is the function that collects.
    pub fn append(unit: &mut Unit<'_>, case: &Case, ticks: &Ticks, collect: u32) -> Runtime {
        use ValType::{I32, I64};
        let has_tags = !unit.module.tags.is_empty();
        let exn = ValType::Ref(RefType::EXNREF);
        let runtime = Runtime {
            meter: Meter::append(unit, case, ticks, collect),
            digest: unit.global("digest", I64, constant(Operator::I64Const { value: 0 })),
            calls: unit.counter("calls", 0),
            kept: unit.slots("kept", RefType::EQREF, KEPT),
            kept_exn: has_tags.then(|| unit.slots("kept_exn", RefType::EXNREF, KEPT)),
            note: unit.reserve("note", &[I64], &[]),
            keep: unit.reserve("keep", &[EQREF], &[I64]),
            keep_exn: has_tags.then(|| unit.reserve("keep_exn", &[exn], &[])),
            drop: unit.reserve("drop", &[I32], &[]),
            mix: unit.reserve("mix", &[I64, I64], &[I64]),
            number: unit.reserve("number", &[I64], &[I64]),
            external: unit.struct_type("external", external_fields()),
        };
        runtime.define_keep(unit);
        runtime.define_numbers(unit);
        runtime
    }

    fn define_keep(&self, unit: &mut Unit<'_>) {
        define_lookup(unit, self.keep, self.kept, KEPT);

        if let (Some(Slots { table, count }), Some(keep)) = (self.kept_exn, self.keep_exn) {
            let mut asm = Asm::new(1);
            asm.op()
                .local_get(0)
                .ref_is_null()
                .if_(BlockType::Empty)
                .return_()
                .end();
            asm.op().global_get(count).i32_const(KEPT as i32).i32_ge_u();
            asm.op().if_(BlockType::Empty).return_().end();
            asm.op().global_get(count).local_get(0).table_set(table);
            asm.add_one_to_global(count);
            unit.define(keep, asm);
        }

        define_drop(unit, self.drop, self.kept);
    }

    fn define_numbers(&self, unit: &mut Unit<'_>) {
        let mut asm = Asm::new(1);
        asm.op()
            .global_get(self.digest)
            .i64_const(7)
            .i64_rotl()
            .local_get(0)
            .i64_xor();
        asm.op()
            .i64_const(0x0100_0000_01b3)
            .i64_mul()
            .global_set(self.digest);
        unit.define(self.note, asm);

        let mut asm = Asm::new(2);
        let z = asm.local(ValType::I64);
        asm.op()
            .local_get(0)
            .i64_const(0x9e37_79b9_7f4a_7c15_u64 as i64)
            .i64_mul();
        asm.op().local_get(1).i64_add().local_set(z);
        for (shift, factor) in [
            (30, 0xbf58_476d_1ce4_e5b9_u64 as i64),
            (27, 0x94d0_49bb_1331_11eb_u64 as i64),
        ] {
            asm.op()
                .local_get(z)
                .local_get(z)
                .i64_const(shift)
                .i64_shr_u()
                .i64_xor();
            asm.op().i64_const(factor).i64_mul().local_set(z);
        }
        asm.op()
            .local_get(z)
            .local_get(z)
            .i64_const(31)
            .i64_shr_u()
            .i64_xor();
        unit.define(self.mix, asm);

        let mut asm = Asm::new(1);
        asm.op()
            .local_get(0)
            .i64_const(3)
            .i64_and()
            .i64_eqz()
            .if_(BlockType::Empty);
        for (nth, edge) in [
            1_i64 << 31,
            0x7fff_ffff,
            0xffff_ffff,
            0x4000_0000,
            0x3fff_ffff,
            -1,
        ]
        .into_iter()
        .enumerate()
        {
            asm.op()
                .local_get(0)
                .i64_const(8)
                .i64_shr_u()
                .i64_const(7)
                .i64_and();
            asm.op()
                .i64_const(nth as i64)
                .i64_eq()
                .if_(BlockType::Empty);
            asm.op().i64_const(edge).return_().end();
        }
        asm.op().end();
        asm.op()
            .local_get(0)
            .i64_const(8)
            .i64_shr_u()
            .i64_const(15)
            .i64_and();
        unit.define(self.number, asm);
    }
}

/// No module has a type like this one by chance.
fn external_fields() -> Vec<wasmparser::FieldType> {
    use wasmparser::{FieldType, StorageType};
    let field = |element_type| FieldType {
        element_type,
        mutable: false,
    };
    vec![
        field(StorageType::Val(ValType::I32)),
        field(StorageType::I16),
        field(StorageType::I8),
        field(StorageType::I16),
        field(StorageType::I8),
    ]
}
