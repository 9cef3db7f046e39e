//! Shared by the tests of all heaps: a few types, frames, and an audit that
//! counts owners from outside.

pub mod language;
mod storm;

use super::{Block, GcRef, Heap, Inspect, Place, RawFrame, RootSlot, Roots, Shape};
use crate::types::{
    ARRAY_ELEMENTS, Composite, Field, FieldType, FuncType, HeapType, RefType, StorageKind,
    StorageType, SubType, TypeId, Types, ValType,
};
use std::collections::BTreeMap;
pub use storm::storm;

/// Every way to store a value.
pub const STORAGE_KINDS: [StorageKind; 7] = [
    StorageKind::B8,
    StorageKind::B16,
    StorageKind::B32,
    StorageKind::B64,
    StorageKind::B128,
    StorageKind::Gc,
    StorageKind::Func,
];

/// The generator SplitMix64: the tests' only source of variety.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Registers that a frame holds; the slots are never visited here.
#[derive(Clone, Default)]
pub struct TestFrame(pub Vec<u64>);

impl TestFrame {
    pub fn of(refs: &[GcRef]) -> TestFrame {
        TestFrame(refs.iter().map(|r| r.register()).collect())
    }
}

impl Roots for TestFrame {
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        self.0.iter_mut().for_each(visit);
    }

    fn slots(&mut self, _visit: &mut dyn FnMut(RootSlot, &mut u32)) {}

    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>)) {
        visit(RawFrame {
            registers: &mut self.0,
            references: Vec::new(),
            code: None,
            running: true,
        });
    }
}

/// Registers of frames and slots outside the heap.
#[derive(Clone, Default)]
pub struct Held {
    pub frame: Vec<u64>,
    pub slots: Vec<u32>,
}

impl Held {
    pub fn by_frame(refs: &[GcRef]) -> Held {
        Held {
            frame: refs.iter().map(|r| r.register()).collect(),
            slots: Vec::new(),
        }
    }

    pub fn by_slots(refs: &[GcRef]) -> Held {
        Held {
            frame: Vec::new(),
            slots: refs.iter().map(|r| r.0).collect(),
        }
    }

    /// The reference in register `i`.
    pub fn at(&self, i: usize) -> GcRef {
        GcRef::from_register(self.frame[i])
    }
}

impl Roots for Held {
    fn stack(&mut self, visit: &mut dyn FnMut(&mut u64)) {
        self.frame.iter_mut().for_each(visit);
    }

    fn slots(&mut self, visit: &mut dyn FnMut(RootSlot, &mut u32)) {
        let slots = (0..).zip(&mut self.slots);
        slots.for_each(|(i, slot)| visit(RootSlot::Handle(i), slot));
    }

    fn frames(&mut self, visit: &mut dyn FnMut(RawFrame<'_>)) {
        visit(RawFrame {
            registers: &mut self.frame,
            references: Vec::new(),
            code: None,
            running: true,
        });
    }
}

/// The types of the tests.
pub struct Kinds {
    pub types: Types,
    /// Two references of type `anyref` and an `i32`.
    pub node: TypeId,
    /// No fields.
    pub empty: TypeId,
    /// One field of every storage kind.
    pub mixed: TypeId,
    /// An array of `anyref`.
    pub refs: TypeId,
    /// An array of `externref`.
    pub externs: TypeId,
    /// An array of `i32`.
    pub words: TypeId,
    /// An array of `i8`.
    pub bytes: TypeId,
    /// An array of `v128`.
    pub vectors: TypeId,
    /// An array of `funcref`.
    pub funcs: TypeId,
    /// An exception with an `i32` and an `anyref`.
    pub exception: TypeId,
}

pub fn reference(heap: HeapType) -> ValType {
    ValType::Ref(RefType {
        nullable: true,
        heap,
    })
}

fn field(storage: StorageType) -> FieldType {
    FieldType {
        storage,
        mutable: true,
    }
}

impl Kinds {
    pub fn new() -> Kinds {
        let mut types = Types::new();
        let mut add = |composite| {
            types.intern(vec![SubType {
                is_final: true,
                supertype: None,
                composite,
            }])
        };
        let any = field(StorageType::Val(reference(HeapType::Any)));
        let i32 = field(StorageType::Val(ValType::I32));
        let mixed = [
            field(StorageType::I8),
            any,
            field(StorageType::I16),
            field(StorageType::Val(ValType::I64)),
            field(StorageType::Val(ValType::V128)),
            field(StorageType::Val(reference(HeapType::Func))),
            field(StorageType::Val(reference(HeapType::Extern))),
        ];
        let array = |storage| Composite::Array(field(storage));
        Kinds {
            node: add(Composite::Struct([any, any, i32].into())),
            empty: add(Composite::Struct([].into())),
            mixed: add(Composite::Struct(mixed.into())),
            refs: add(Composite::Array(any)),
            externs: add(array(StorageType::Val(reference(HeapType::Extern)))),
            words: add(Composite::Array(i32)),
            bytes: add(array(StorageType::I8)),
            vectors: add(array(StorageType::Val(ValType::V128))),
            funcs: add(array(StorageType::Val(reference(HeapType::Func)))),
            exception: add(Composite::Func(FuncType {
                params: [ValType::I32, reference(HeapType::Any)].into(),
                results: [].into(),
            })),
            types,
        }
    }

    pub fn field(&self, ty: TypeId, index: usize) -> Field {
        self.types.entry(ty).layout.fields[index]
    }

    /// A node with these references.
    pub fn new_node<H: Heap>(&self, heap: &mut H, a: GcRef, b: GcRef) -> GcRef {
        heap.new_struct(self.node, &[a.register(), b.register(), 7])
            .unwrap()
    }

    /// The references in an object.
    pub fn references<H: Inspect>(&self, heap: &H, r: GcRef) -> Vec<GcRef> {
        let header = heap.header(r).expect("allocated");
        let places: Vec<Place> = match header.shape.expect("a shape") {
            Shape::Extern => Vec::new(),
            Shape::Struct(ty) | Shape::Exception(ty) => {
                let fields = &self.types.entry(ty).layout.fields;
                fields.iter().map(|f| Place::Field(*f)).collect()
            }
            Shape::Array(ty) => {
                let kind = self.types.element(ty).storage.storage_kind();
                let place = |index| Place::Element { index, kind };
                (0..header.len).map(place).collect()
            }
        };
        places
            .into_iter()
            .filter(|p| p.kind() == StorageKind::Gc)
            .map(|p| GcRef::from_register(heap.peek(r, p).expect("inside the object")))
            .collect()
    }

    /// Checks blocks and poison, and the counts of a counting heap: every owner
    /// is a slot, a field, an element or the stack-root list.
    pub fn audit<H: Inspect>(&self, heap: &H, slots: &[u32]) {
        let blocks = heap.blocks();
        let (start, end) = heap.extent();
        let mut at = start;
        for block in &blocks {
            assert_eq!(block.start, at, "a hole or an overlap");
            at += block.size;
            if block.free {
                let bytes = heap.bytes(*block).unwrap();
                assert!(bytes.iter().all(|b| *b == super::POISON), "{block:?}");
            }
        }
        assert_eq!(at, end);
        let live: Vec<GcRef> = blocks.iter().filter(|b| !b.free).map(start_of).collect();
        let stats = heap.stats();
        assert_eq!(stats.allocated - stats.freed, live.len() as u64);
        if !heap.is_counting() {
            return;
        }

        let list = heap.root_list().unwrap();
        assert_eq!(list.members.len(), list.recorded as usize);
        let mut owners: BTreeMap<GcRef, u32> = BTreeMap::new();
        let fields = live.iter().flat_map(|r| self.references(heap, *r));
        let slots = slots.iter().map(|s| GcRef(*s));
        for r in fields.chain(slots).chain(list.members.iter().copied()) {
            if r.is_object() {
                *owners.entry(r).or_default() += 1;
            }
        }
        for r in &live {
            let header = heap.header(*r).unwrap();
            assert_eq!(header.count, owners.remove(r), "owners of {r}");
            assert_eq!(header.listed, list.members.contains(r), "{r} in the list");
        }
        assert!(owners.is_empty(), "stale references: {owners:?}");
    }

    /// The allocated objects.
    pub fn live<H: Inspect>(&self, heap: &H) -> Vec<GcRef> {
        let blocks = heap.blocks();
        blocks.iter().filter(|b| !b.free).map(start_of).collect()
    }
}

fn start_of(block: &Block) -> GcRef {
    GcRef(block.start)
}

/// A random reference of any form: known, near a known one, or wild.
pub fn wild(random: &mut Random, known: &[GcRef]) -> GcRef {
    let known = match known {
        [] => GcRef(16),
        _ => known[random.below(known.len())],
    };
    match random.below(8) {
        0 => GcRef(random.next() as u32),
        1 => GcRef::NULL,
        2 => GcRef::i31(random.next() as u32),
        3 => GcRef(known.0.wrapping_add(ARRAY_ELEMENTS)),
        4 => GcRef(known.0.wrapping_add(16)),
        5 => GcRef(u32::MAX - random.below(32) as u32),
        _ => known,
    }
}
