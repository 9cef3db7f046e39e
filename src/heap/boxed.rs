//! A heap behind a pointer: one copy of the interpreter for all heaps whose
//! speed does not matter.

use super::{
    Block, Change, Fact, GcRef, Header, Heap, HeapError, Inspect, Place, Reclaims, RootList, Roots,
    Shape, Slot, Stats,
};
use crate::types::{Field, Lane, TypeId, Types};

/// Methods that only ask.
macro_rules! ask {
    ($($name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)?;)*) => {
        $(#[inline] fn $name(&self, $($arg: $ty),*) $(-> $out)? {
            (**self).$name($($arg),*)
        })*
    };
}

/// Methods that change the heap.
macro_rules! tell {
    ($($name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)?;)*) => {
        $(#[inline] fn $name(&mut self, $($arg: $ty),*) $(-> $out)? {
            (**self).$name($($arg),*)
        })*
    };
}

#[deny(clippy::missing_trait_methods)]
impl Inspect for Box<dyn Heap> {
    ask! {
        name() -> &'static str;
        extent() -> (u32, u32);
        blocks() -> Vec<Block>;
        header(r: GcRef) -> Option<Header>;
        peek(r: GcRef, place: Place) -> Option<u64>;
        peek_high(r: GcRef, place: Place) -> Option<u64>;
        peek_elements(r: GcRef, lane: Lane, len: u32, out: &mut Vec<u8>) -> u32;
        peek_word(r: GcRef) -> Option<u32>;
        bytes(block: Block) -> Option<&[u8]>;
        header_size() -> Option<u32>;
        is_counting() -> bool;
        reclaims() -> Reclaims;
        root_list() -> Option<RootList>;
        parked() -> Vec<GcRef>;
        unused() -> Vec<(u32, &[u8])>;
        footprint() -> u64;
        stats() -> Stats;
        changes(visit: &mut dyn FnMut(Change)) -> bool;
    }

    tell! {
        watch(on: bool);
        forget_changes();
    }
}

#[deny(clippy::missing_trait_methods)]
impl Heap for Box<dyn Heap> {
    ask! {
        wants_collection() -> bool;
        shape(r: GcRef) -> Result<Shape, HeapError>;
        get_vector(r: GcRef, place: Place) -> Result<u128, HeapError>;
        array_len(r: GcRef) -> Result<u32, HeapError>;
        exception_tag(r: GcRef) -> Result<u32, HeapError>;
        extern_host(r: GcRef) -> Result<u32, HeapError>;
    }

    tell! {
        note(fact: Fact<'_>);
        add_types(types: &Types);
        collect(roots: &mut dyn Roots) -> Result<(), HeapError>;
        new_struct(ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError>;
        new_struct_default(ty: TypeId) -> Result<GcRef, HeapError>;
        new_array(ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError>;
        new_array_default(ty: TypeId, len: u32) -> Result<GcRef, HeapError>;
        new_array_fixed(ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError>;
        new_exception(ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError>;
        new_extern(host: u32) -> Result<GcRef, HeapError>;
        get_field(r: GcRef, field: Field) -> Result<u64, HeapError>;
        set_field(r: GcRef, field: Field, value: u64) -> Result<(), HeapError>;
        set_vector(r: GcRef, place: Place, value: u128) -> Result<(), HeapError>;
        get_element(r: GcRef, index: u32, lane: Lane) -> Result<u64, HeapError>;
        set_element(r: GcRef, index: u32, lane: Lane, v: u64) -> Result<(), HeapError>;
        fill(r: GcRef, start: u32, len: u32, lane: Lane, value: u64) -> Result<(), HeapError>;
        fill_vector(r: GcRef, start: u32, len: u32, value: u128) -> Result<(), HeapError>;
        copy(dst: (GcRef, u32), src: (GcRef, u32), len: u32, lane: Lane) -> Result<(), HeapError>;
        init_data(r: GcRef, start: u32, lane: Lane, data: &[u8]) -> Result<(), HeapError>;
        init_elements(r: GcRef, start: u32, lane: Lane, refs: &[u32]) -> Result<(), HeapError>;
        expose(from: Slot, r: GcRef) -> Result<GcRef, HeapError>;
        write_slot(kind: Slot, slot: &mut u32, new: GcRef) -> Result<(), HeapError>;
        init_slot(kind: Slot, slot: &mut u32, new: GcRef) -> Result<(), HeapError>;
        drop_slots(kind: Slot, slots: &mut [u32]) -> Result<(), HeapError>;
        fill_slots(slots: &mut [u32], value: GcRef) -> Result<(), HeapError>;
        copy_slots(dst: &mut [u32], src: &[u32]) -> Result<(), HeapError>;
        grow_slots(slots: &mut [u32], value: GcRef) -> Result<(), HeapError>;
    }
}
