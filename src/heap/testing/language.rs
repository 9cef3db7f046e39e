//! The effects of the language's instructions on objects, apart from
//! collections: the same under every heap.

use super::{Kinds, Random, wild};
use crate::heap::{GcRef, Heap, HeapError, POISON, Place, RootSlot, Shape};
use crate::types::{Field, StorageKind};

/// The place of an element.
pub fn element(index: u32, kind: StorageKind) -> Place {
    Place::Element { index, kind }
}

/// Objects of every kind keep the values they were given.
pub fn objects(kinds: &Kinds, h: &mut impl Heap) {
    let registers = [0x1ff, 3, 0x1_2345, u64::MAX, 11, 12, 5 | 1 << 32, 7];
    let s = h.new_struct(kinds.mixed, &registers).unwrap();
    let expected = [0xff, 3, 0x2345, u64::MAX, 11, 5, 7];
    for (index, value) in expected.into_iter().enumerate() {
        let field = kinds.field(kinds.mixed, index);
        assert_eq!(h.get_field(s, field).unwrap(), value);
        assert_eq!(h.peek(s, Place::Field(field)), Some(value));
    }
    let vector = Place::Field(kinds.field(kinds.mixed, 4));
    assert_eq!(h.peek_high(s, vector), Some(12));
    assert_eq!(
        h.peek_high(s, Place::Field(kinds.field(kinds.mixed, 3))),
        None
    );
    assert_eq!(h.shape(s).unwrap(), Shape::Struct(kinds.mixed));

    let e = h
        .new_exception(kinds.exception, 9, &[1, s.register()])
        .unwrap();
    assert_eq!(h.exception_tag(e).unwrap(), 9);
    assert_eq!(
        h.get_field(e, kinds.field(kinds.exception, 1)).unwrap(),
        s.register()
    );
    let x = h.new_extern(77).unwrap();
    assert_eq!(h.extern_host(x).unwrap(), 77);
    assert_eq!(
        (h.peek_word(e), h.peek_word(x), h.peek_word(s)),
        (Some(9), Some(77), None)
    );
    assert!(h.extern_host(e).is_err() && h.exception_tag(x).is_err());
    kinds.audit(h, &[]);
}

/// Arrays of every kind of element, filled, copied, initialised.
pub fn arrays<H: Heap>(kinds: &Kinds, h: &mut H) {
    for (ty, kind) in [
        (kinds.bytes, StorageKind::B8),
        (kinds.words, StorageKind::B32),
        (kinds.refs, StorageKind::Gc),
        (kinds.funcs, StorageKind::Func),
        (kinds.vectors, StorageKind::B128),
    ] {
        let a = h.new_array(ty, 5, 3).unwrap();
        h.fill(a, 1, 2, kind, 9).unwrap();
        h.copy((a, 2), (a, 1), 3, kind).unwrap();
        let all = |h: &mut H, a, n| -> Vec<u64> {
            (0..n).map(|i| h.get_element(a, i, kind).unwrap()).collect()
        };
        assert_eq!(all(h, a, 5), [3, 9, 9, 9, 3], "{kind:?}");
        let d = h.new_array_default(ty, 3).unwrap();
        assert_eq!(all(h, d, 3), [0, 0, 0]);
        assert_eq!(h.array_len(d), Ok(3));
        // Zero is a length, too.
        h.copy((a, 5), (d, 3), 0, kind).unwrap();
        h.fill(a, 5, 0, kind, 1).unwrap();
    }
    let v = h.new_array_fixed(kinds.vectors, &[1, 2, 3, 4]).unwrap();
    assert_eq!(h.array_len(v), Ok(2));
    let second = element(1, StorageKind::B128);
    assert_eq!(
        (h.peek(v, second), h.peek_high(v, second)),
        (Some(3), Some(4))
    );
    assert!(h.new_array_fixed(kinds.vectors, &[1, 2, 3]).is_err());
    assert_eq!(h.load(v, second), Ok(4 << 64 | 3));
    h.store(v, second, 6 << 64 | 5).unwrap();
    assert_eq!(h.load(v, second), Ok(6 << 64 | 5));
    h.fill(v, 0, 2, StorageKind::B128, 8 << 64 | 7).unwrap();
    assert_eq!(h.load(v, second), Ok(8 << 64 | 7));
    assert_eq!(h.peek_high(v, second), Some(8));
    h.set_element(v, 1, StorageKind::B128, 9).unwrap();
    assert_eq!(h.load(v, second), Ok(9));
    let third = element(2, StorageKind::B128);
    assert!(h.load(v, third).is_err() && h.store(v, third, 0).is_err());
    assert!(h.fill(v, 1, 2, StorageKind::B128, 0).is_err());

    let w = h.new_array_default(kinds.words, 2).unwrap();
    h.init_data(w, 1, StorageKind::B32, &[1, 2, 3, 4]).unwrap();
    assert_eq!(h.get_element(w, 1, StorageKind::B32).unwrap(), 0x0403_0201);
    let f = h.new_array_default(kinds.funcs, 2).unwrap();
    h.init_elements(f, 0, StorageKind::Func, &[5, 6]).unwrap();
    assert_eq!(h.get_element(f, 1, StorageKind::Func).unwrap(), 6);
    kinds.audit(h, &[]);
}

/// Default values, slots outside the heap, and segments of references.
pub fn slots(kinds: &Kinds, h: &mut impl Heap) {
    let d = h.new_struct_default(kinds.mixed).unwrap();
    assert_eq!(h.shape(d), Ok(Shape::Struct(kinds.mixed)));
    for index in 0..7 {
        assert_eq!(h.get_field(d, kinds.field(kinds.mixed, index)), Ok(0));
    }
    let objects = [(); 3].map(|()| kinds.new_node(h, GcRef::NULL, GcRef::NULL));
    let [a, b, c] = objects.map(|r| r.0);
    let kind = RootSlot::Global(0);
    let mut slot = 0;
    h.init_slot(kind, &mut slot, GcRef(a)).unwrap();
    assert_eq!(slot, a);
    assert_eq!(h.expose(kind, GcRef(a)), Ok(GcRef(a)));
    h.write_slot(kind, &mut slot, GcRef(b)).unwrap();
    assert_eq!(slot, b);
    let mut table = [0; 4];
    h.grow_slots(0, &mut table[..2], GcRef(c)).unwrap();
    assert_eq!(table, [c, c, 0, 0]);
    h.fill_slots(0, &mut table[1..], GcRef(b)).unwrap();
    assert_eq!(table, [c, b, b, b]);
    h.copy_slots(0, &mut table[1..3], &[0, a]).unwrap();
    assert_eq!(table, [c, 0, a, b]);
    let array = h.new_array_default(kinds.refs, 3).unwrap();
    h.init_elements(array, 1, StorageKind::Gc, &table[2..])
        .unwrap();
    for (index, expected) in [0, a, b].into_iter().enumerate() {
        let element = h.get_element(array, index as u32, StorageKind::Gc);
        assert_eq!(element, Ok(GcRef(expected).register()));
    }
    kinds.audit(h, &[slot, table[0], table[1], table[2], table[3]]);
    h.drop_slots(kind, &mut table[..3]).unwrap();
    assert_eq!(table, [0, 0, 0, b]);
    kinds.audit(h, &[slot, b]);
}

/// Allocation of arrays that cannot fit leaves an empty heap for `max` bytes
/// unchanged.
pub fn absurd_sizes(kinds: &Kinds, h: &mut impl Heap, max: u32) {
    for ty in [kinds.refs, kinds.words, kinds.vectors] {
        for len in [1 << 28, 1 << 30, u32::MAX - 1, u32::MAX] {
            // The largest heap has room for 2^28 references, but not for 2^30.
            if max < u32::MAX || ty == kinds.vectors || len >= 1 << 30 {
                assert_eq!(h.new_array_default(ty, len), Err(HeapError::Full));
                assert_eq!(h.new_array(ty, len, 1), Err(HeapError::Full));
            }
        }
    }
    assert_eq!(h.extent().0, h.extent().1);
    assert_eq!(h.stats().allocated, 0);
    kinds.audit(h, &[]);
}

/// Any use of a reference to no object is corruption, in a heap with bytes.
pub fn wrong_references(kinds: &Kinds, h: &mut impl Heap) {
    let s = kinds.new_node(h, GcRef::NULL, GcRef::NULL);
    let mut random = Random(1);
    for _ in 0..10_000 {
        let r = wild(&mut random, &[s]);
        let field = Field {
            index: 0,
            offset: random.next() as u32 & 63,
            kind: StorageKind::B32,
        };
        let inside = r == s && field.offset + 4 <= 16;
        assert_eq!(h.get_field(r, field).is_ok(), inside, "{r} {field:?}");
        assert!(h.array_len(r).is_err());
        assert!(
            h.get_element(r, random.next() as u32 | 2, StorageKind::B64)
                .is_err()
        );
        assert!(
            h.copy((r, u32::MAX), (r, 0), u32::MAX, StorageKind::B128)
                .is_err()
        );
    }
}

/// The description that a heap gives of itself and of its memory. `header` is
/// the size of an object's header, for heaps of bytes.
pub fn shown<H: Heap>(kinds: &Kinds, h: &mut H, name: &str, header: Option<u32>) {
    let node = kinds.new_node(h, GcRef::NULL, GcRef::NULL);
    assert_eq!(h.name(), name);
    assert_eq!(h.header_size(), header);
    assert_eq!(h.root_list().is_some(), h.is_counting());
    assert!(h.parked().is_empty());
    let block = h.blocks()[0];
    assert_eq!(block.start, node.0);
    let bytes = h.bytes(block).map(|b| b.len() as u32);
    assert_eq!(bytes, header.map(|_| block.size));
    let unused = h.unused();
    assert_eq!(unused.is_empty(), header.is_none());
    for (start, bytes) in unused {
        assert!(start >= block.start + block.size, "{start:#x}");
        assert!(!bytes.is_empty() && bytes.iter().all(|b| *b == POISON));
    }
}

/// Writes are logged while the log is on, under the address of the object.
pub fn watched<H: Heap>(kinds: &Kinds, h: &mut H) {
    fn listed<H: Heap>(h: &H) -> Option<Vec<u32>> {
        let mut list = Vec::new();
        h.changes(&mut |change| list.push(change.at))
            .then_some(list)
    }
    kinds.new_node(h, GcRef::NULL, GcRef::NULL);
    let node = kinds.new_node(h, GcRef::NULL, GcRef::NULL);
    assert_eq!(listed(h), None, "nobody watches");
    h.watch(true);
    assert_eq!(listed(h), Some(Vec::new()));
    h.set_field(node, kinds.field(kinds.node, 2), 7).unwrap();
    let block = h.blocks()[1];
    let inside = block.start..block.start + block.size;
    let changes = listed(h).unwrap();
    assert!(!changes.is_empty() && changes.iter().all(|at| inside.contains(at)));
    h.forget_changes();
    assert_eq!(listed(h), Some(Vec::new()));
    h.watch(false);
    assert_eq!(listed(h), None);
}
