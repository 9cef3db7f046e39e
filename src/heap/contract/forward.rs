//! Heap layers: heaps in front of another heap.

use super::{
    Block, EngineEvent, GcRef, Header, Heap, HeapError, Inspect, NewObject, ObjectEvent, Place,
    Reclaims, RootList, RootSlot, Roots, Shape, ShownRoots, Stats,
};
use crate::heap::{Change, TraceInfo};
use crate::types::{Field, StorageKind, TypeId, Types};

/// Defines [`HeapLayer`] with every method of [`Inspect`] and [`Heap`], and
/// implements both traits for layers and for boxed heaps. This is the only list
/// of all methods.
macro_rules! layer {
    (
        $(#[$doc:meta])*
        trait $layer:ident;
        $($part:ident {
            asks { $($ask:ident($($a:ident: $at:ty),*) $(-> $ao:ty)?;)* }
            tells { $($tell:ident($($t:ident: $tt:ty),*) $(-> $to:ty)?;)* }
        })*
    ) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "as in the two traits")]
        pub trait $layer {
            /// The heap behind this one.
            type Behind: Heap + ?Sized;

            /// The heap behind this one.
            fn behind(&self) -> &Self::Behind;

            /// The heap behind this one, for writing.
            fn behind_mut(&mut self) -> &mut Self::Behind;

            $(
                $(#[inline] fn $ask(&self, $($a: $at),*) $(-> $ao)? {
                    self.behind().$ask($($a),*)
                })*
                $(#[inline] fn $tell(&mut self, $($t: $tt),*) $(-> $to)? {
                    self.behind_mut().$tell($($t),*)
                })*
            )*
        }

        $(
            #[deny(clippy::missing_trait_methods)]
            impl<L: $layer> $part for L {
                $(#[inline] fn $ask(&self, $($a: $at),*) $(-> $ao)? {
                    $layer::$ask(self, $($a),*)
                })*
                $(#[inline] fn $tell(&mut self, $($t: $tt),*) $(-> $to)? {
                    $layer::$tell(self, $($t),*)
                })*
            }

            /// A boxed heap: one copy of the interpreter serves all heaps whose
            /// speed does not matter.
            #[deny(clippy::missing_trait_methods)]
            impl $part for Box<dyn Heap> {
                $(#[inline] fn $ask(&self, $($a: $at),*) $(-> $ao)? {
                    (**self).$ask($($a),*)
                })*
                $(#[inline] fn $tell(&mut self, $($t: $tt),*) $(-> $to)? {
                    (**self).$tell($($t),*)
                })*
            }
        )*
    };
}

layer! {
    /// A heap in front of another heap. It forwards every operation that it
    /// does not override. A layer is a [`Heap`].
    ///
    /// Overriding a required method of [`Heap`] does not change the methods
    /// provided in terms of it: these are forwarded as well, and run on the
    /// heap behind.
    trait HeapLayer;

    Inspect {
        asks {
            name() -> &'static str;
            reclaims() -> Reclaims;
            stats() -> Stats;
            extent() -> (u32, u32);
            blocks() -> Vec<Block>;
            header(r: GcRef) -> Option<Header>;
            peek_value(r: GcRef, place: Place) -> Option<u128>;
            peek_word(r: GcRef) -> Option<u32>;
            peek(r: GcRef, place: Place) -> Option<u64>;
            peek_high(r: GcRef, place: Place) -> Option<u64>;
            peek_elements(r: GcRef, kind: StorageKind, len: u32, out: &mut Vec<u8>) -> u32;
            bytes(block: Block) -> Option<&[u8]>;
            size_of_block(r: GcRef) -> Option<u32>;
            header_size() -> Option<u32>;
            is_counting() -> bool;
            root_list() -> Option<RootList>;
            shown_roots() -> Option<&ShownRoots>;
            free_list() -> Option<Vec<Block>>;
            parked() -> Vec<GcRef>;
            unused() -> Vec<(u32, &[u8])>;
            footprint() -> u64;
            changes(visit: &mut dyn FnMut(Change)) -> bool;
            object_events(r: GcRef, visit: &mut dyn FnMut(ObjectEvent)) -> bool;
        }
        tells {
            watch(on: bool);
            forget_changes();
            record(on: bool);
        }
    }

    Heap {
        asks {
            trace_info() -> &TraceInfo;
            wants_collection() -> bool;
            most_bytes() -> u64;
            shape(r: GcRef) -> Result<Shape, HeapError>;
            array_len(r: GcRef) -> Result<u32, HeapError>;
            word(r: GcRef) -> Result<u32, HeapError>;
            exception_tag(r: GcRef) -> Result<u32, HeapError>;
            extern_host(r: GcRef) -> Result<u32, HeapError>;
        }
        tells {
            add_types(types: &Types);
            collect(roots: &mut dyn Roots) -> Result<(), HeapError>;
            set_capacity(bytes: u32);
            refuse(times: u32) -> bool;
            allocate(object: NewObject) -> Result<GcRef, HeapError>;
            load(r: GcRef, place: Place) -> Result<u128, HeapError>;
            store(r: GcRef, place: Place, value: u128) -> Result<(), HeapError>;
            init(r: GcRef, place: Place, value: u128) -> Result<(), HeapError>;
            expose(from: RootSlot, r: GcRef) -> Result<GcRef, HeapError>;
            write_slot(kind: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError>;
            init_slot(kind: RootSlot, slot: &mut u32, new: GcRef) -> Result<(), HeapError>;
            drop_slots(kind: RootSlot, slots: &mut [u32]) -> Result<(), HeapError>;
            get_field(r: GcRef, field: Field) -> Result<u64, HeapError>;
            set_field(r: GcRef, field: Field, value: u64) -> Result<(), HeapError>;
            get_element(r: GcRef, index: u32, kind: StorageKind) -> Result<u64, HeapError>;
            set_element(r: GcRef, index: u32, kind: StorageKind, v: u64) -> Result<(), HeapError>;
            new_struct(ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError>;
            new_struct_default(ty: TypeId) -> Result<GcRef, HeapError>;
            new_array(ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError>;
            new_array_default(ty: TypeId, len: u32) -> Result<GcRef, HeapError>;
            new_array_fixed(ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError>;
            new_exception(ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError>;
            new_extern(host: u32) -> Result<GcRef, HeapError>;
            fill(r: GcRef, start: u32, len: u32, kind: StorageKind, value: u128) -> Result<(), HeapError>;
            copy(dst: (GcRef, u32), src: (GcRef, u32), len: u32, kind: StorageKind) -> Result<(), HeapError>;
            init_data(r: GcRef, start: u32, kind: StorageKind, data: &[u8]) -> Result<(), HeapError>;
            init_elements(r: GcRef, start: u32, kind: StorageKind, refs: &[u32]) -> Result<(), HeapError>;
            fill_slots(table: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError>;
            copy_slots(table: u32, dst: &mut [u32], src: &[u32]) -> Result<(), HeapError>;
            grow_slots(table: u32, slots: &mut [u32], value: GcRef) -> Result<(), HeapError>;
            on_event(event: EngineEvent<'_>);
        }
    }
}
