//! A heap that does its work and lies about it: for pictures that no raw door
//! of a heap can paint, and for a program that sees something else.

use gcdiff::heap::{
    Block, Change, Fact, GcRef, Header, Heap, HeapError, Inspect, Place, Reclaims, RootList, Roots,
    Shape, Slot, Stats,
};
use gcdiff::types::{Field, Lane, TypeId, Types};

/// What it lies about. By default nothing.
#[derive(Clone, Default)]
pub struct Lies {
    /// What it is called.
    pub name: Option<&'static str>,
    /// What a collection frees.
    pub reclaims: Option<Reclaims>,
    /// The blocks, given the true ones.
    pub blocks: Option<fn(&mut Vec<Block>)>,
    /// Whose counts a queue owns.
    pub parked: Vec<GcRef>,
    /// The tag of every exception.
    pub tag: Option<u32>,
    /// How much greater every number in a field reads, to the program only.
    pub more: u64,
}

/// A heap, and what it lies about.
pub struct Liar<H> {
    pub heap: H,
    pub lies: Lies,
}

impl<H> Liar<H> {
    /// A heap that is honest so far.
    pub fn new(heap: H) -> Liar<H> {
        let lies = Lies::default();
        Liar { heap, lies }
    }
}

macro_rules! honest {
    ($($name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)?;)*) => {
        $(fn $name(&self, $($arg: $ty),*) $(-> $out)? {
            self.heap.$name($($arg),*)
        })*
    };
}

macro_rules! diligent {
    ($($name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)?;)*) => {
        $(fn $name(&mut self, $($arg: $ty),*) $(-> $out)? {
            self.heap.$name($($arg),*)
        })*
    };
}

#[deny(clippy::missing_trait_methods)]
impl<H: Heap> Inspect for Liar<H> {
    honest! {
        extent() -> (u32, u32);
        header(r: GcRef) -> Option<Header>;
        peek(r: GcRef, place: Place) -> Option<u64>;
        peek_high(r: GcRef, place: Place) -> Option<u64>;
        bytes(block: Block) -> Option<&[u8]>;
        header_size() -> Option<u32>;
        is_counting() -> bool;
        root_list() -> Option<RootList>;
        unused() -> Vec<(u32, &[u8])>;
        footprint() -> u64;
        stats() -> Stats;
        changes(visit: &mut dyn FnMut(Change)) -> bool;
    }

    diligent! {
        watch(on: bool);
        forget_changes();
    }

    fn blocks(&self) -> Vec<Block> {
        let mut blocks = self.heap.blocks();
        if let Some(lie) = self.lies.blocks {
            lie(&mut blocks);
        }
        blocks
    }

    fn peek_elements(&self, r: GcRef, lane: Lane, len: u32, out: &mut Vec<u8>) -> u32 {
        self.heap.peek_elements(r, lane, len, out)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        self.lies.tag.or(self.heap.peek_word(r))
    }

    fn name(&self) -> &'static str {
        self.lies.name.unwrap_or_else(|| self.heap.name())
    }

    fn reclaims(&self) -> Reclaims {
        self.lies.reclaims.unwrap_or(self.heap.reclaims())
    }

    fn parked(&self) -> Vec<GcRef> {
        self.lies.parked.clone()
    }
}

#[deny(clippy::missing_trait_methods)]
impl<H: Heap> Heap for Liar<H> {
    honest! {
        wants_collection() -> bool;
        shape(r: GcRef) -> Result<Shape, HeapError>;
        get_vector(r: GcRef, place: Place) -> Result<u128, HeapError>;
        array_len(r: GcRef) -> Result<u32, HeapError>;
        exception_tag(r: GcRef) -> Result<u32, HeapError>;
        extern_host(r: GcRef) -> Result<u32, HeapError>;
    }

    diligent! {
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

    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        let value = self.heap.get_field(r, field)?;
        match field.lane {
            Lane::B32 => Ok(value + self.lies.more),
            _ => Ok(value),
        }
    }
}
