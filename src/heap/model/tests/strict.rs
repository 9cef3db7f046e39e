//! Operations without a meaning in the language are corruption.

use super::{Model, element, heap};
use crate::heap::testing::{Kinds, Random, STORAGE_KINDS, wild};
use crate::heap::{GcRef, Heap, HeapError, Inspect, Place};
use crate::types::{Field, StorageKind, TypeId};

#[test]
fn wrong_references_are_corruption() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let s = kinds.new_node(&mut h, GcRef::NULL, GcRef::NULL);
    let a = h.new_array_default(kinds.words, 4).unwrap();
    let e = h.new_exception(kinds.exception, 3, &[1, 0]).unwrap();
    let x = h.new_extern(5).unwrap();
    let known = [s, a, e, x];
    let mut random = Random(1);
    for _ in 0..20_000 {
        let r = wild(&mut random, &known);
        let kind = STORAGE_KINDS[random.below(STORAGE_KINDS.len())];
        let index = match random.below(4) {
            0 => random.next() as u32,
            _ => random.below(6) as u32,
        };
        // Offsets mean nothing to the model.
        let offset = random.next() as u32;
        let field = Field {
            index,
            offset,
            kind,
        };
        let fields: &[StorageKind] = match r {
            r if r == s => &[StorageKind::Gc, StorageKind::Gc, StorageKind::B32],
            r if r == e => &[StorageKind::B32, StorageKind::Gc],
            _ => &[],
        };
        let is_field = fields.get(index as usize) == Some(&kind);
        assert_eq!(h.get_field(r, field).is_ok(), is_field, "{r} {field:?}");
        assert_eq!(h.peek(r, Place::Field(field)).is_some(), is_field);
        let writable = is_field && r == s;
        assert_eq!(h.set_field(r, field, 1).is_ok(), writable, "{r} {field:?}");
        let is_element = r == a && index < 4 && kind == StorageKind::B32;
        assert_eq!(h.get_element(r, index, kind).is_ok(), is_element);
        assert_eq!(h.set_element(r, index, kind, 1).is_ok(), is_element);
        assert_eq!(h.peek(r, element(index, kind)).is_some(), is_element);
        for (place, is_there, writable) in [
            (Place::Field(field), is_field, writable),
            (element(index, kind), is_element, is_element),
        ] {
            assert_eq!(h.load(r, place).is_ok(), is_there);
            assert_eq!(h.store(r, place, 1).is_ok(), writable);
            assert_eq!(h.peek_value(r, place).is_some(), is_there);
            assert_eq!(h.peek_high(r, place), None);
        }
        let len = random.below(6) as u32;
        let inside = r == a && kind == StorageKind::B32 && u64::from(index) + u64::from(len) <= 4;
        assert_eq!(h.fill(r, index, len, kind, 1).is_ok(), inside);
        assert_eq!(h.copy((r, index), (a, 0), len.min(4), kind).is_ok(), {
            r == a && kind == StorageKind::B32 && u64::from(index) + u64::from(len.min(4)) <= 4
        });
        assert_eq!(h.copy((a, 0), (r, index), len, kind).is_ok(), inside);
        let data = vec![0; len as usize * 4];
        assert_eq!(h.init_data(r, index, kind, &data).is_ok(), inside);
        let words = vec![0; len as usize];
        assert!(h.init_elements(r, index, kind, &words).is_err());
        assert!(h.fill(r, index, len, StorageKind::B128, 1).is_err());
        assert_eq!(h.array_len(r).is_ok(), r == a);
        assert_eq!(h.shape(r).is_ok(), known.contains(&r));
        assert_eq!(h.header(r).is_some(), known.contains(&r));
        assert_eq!(h.exception_tag(r).is_ok(), r == e);
        assert_eq!(h.extern_host(r).is_ok(), r == x);
        assert_eq!(h.peek_word(r).is_some(), r == e || r == x);
        assert!(h.copy((r, u32::MAX), (r, 0), u32::MAX, kind).is_err());
        assert!(h.fill(r, u32::MAX, u32::MAX, kind, 1).is_err());
    }
    kinds.audit(&h, &[]);
}

#[test]
fn every_error_of_an_access_is_corruption_and_changes_nothing() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let bytes = h.new_array(kinds.bytes, 4, 1).unwrap();
    let refs = h.new_array(kinds.refs, 4, 1).unwrap();
    let funcs = h.new_array(kinds.funcs, 4, 1).unwrap();
    let errors = [
        h.fill(bytes, 2, 3, StorageKind::B8, 2),
        h.fill(bytes, 0, 4, StorageKind::B32, 2),
        h.copy((bytes, 0), (refs, 0), 1, StorageKind::B8),
        h.copy((refs, 0), (bytes, 0), 1, StorageKind::Gc),
        h.copy((refs, 0), (funcs, 0), 1, StorageKind::Gc),
        h.init_data(bytes, 2, StorageKind::B8, &[2; 3]),
        h.init_data(bytes, 0, StorageKind::B16, &[2; 4]),
        h.init_data(refs, 0, StorageKind::Gc, &[2; 4]),
        h.init_data(funcs, 0, StorageKind::Func, &[2; 4]),
        h.init_elements(refs, 2, StorageKind::Gc, &[2; 3]),
        h.init_elements(refs, 0, StorageKind::Func, &[2; 1]),
        h.init_elements(bytes, 0, StorageKind::B8, &[2; 1]),
        h.set_element(bytes, 0, StorageKind::B16, 2),
        h.copy_slots(0, &mut [1, 2], &[3]),
    ];
    for (i, error) in errors.into_iter().enumerate() {
        assert!(
            matches!(error, Err(HeapError::Corrupt(_))),
            "{i}: {error:?}"
        );
    }
    for (r, kind) in [
        (bytes, StorageKind::B8),
        (refs, StorageKind::Gc),
        (funcs, StorageKind::Func),
    ] {
        for index in 0..4 {
            assert_eq!(h.get_element(r, index, kind), Ok(1));
        }
    }
    let words = h.new_array_default(kinds.words, 4).unwrap();
    assert!(h.init_data(words, 0, StorageKind::B32, &[0; 7]).is_err());
}

#[test]
fn objects_are_made_of_the_registers_their_type_takes() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let unknown = TypeId(kinds.types.len() as u32);
    let corrupt = |made: Result<GcRef, HeapError>, what: &str| {
        assert!(matches!(made, Err(HeapError::Corrupt(_))), "{what}");
    };
    let registers = [1; 10];
    for n in 0..10 {
        let given = &registers[..n];
        if n != 8 {
            corrupt(h.new_struct(kinds.mixed, given), "structure");
        }
        if n != 2 {
            corrupt(h.new_exception(kinds.exception, 0, given), "exception");
        }
        if n % 2 == 1 {
            corrupt(h.new_array_fixed(kinds.vectors, given), "array");
        }
        for ty in [kinds.words, kinds.exception, unknown, TypeId(u32::MAX)] {
            corrupt(h.new_struct(ty, given), "type of a structure");
            corrupt(h.new_struct_default(ty), "type of a structure");
        }
        for ty in [kinds.node, kinds.exception, unknown, TypeId(u32::MAX)] {
            corrupt(h.new_array_fixed(ty, given), "type of an array");
            corrupt(h.new_array(ty, u32::MAX, 0), "type of an array");
            corrupt(h.new_array_default(ty, u32::MAX), "type of an array");
        }
        for ty in [kinds.node, kinds.words, unknown, TypeId(u32::MAX)] {
            corrupt(h.new_exception(ty, 0, given), "type of an exception");
        }
    }
    assert_eq!(h.stats().allocated, 0);
    let h = Model::new(16);
    assert_eq!(h.header(GcRef(16)), None);
    assert!(h.shape(GcRef(16)).is_err());
}

#[test]
fn what_is_no_object_is_told_apart() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    h.new_extern(1).unwrap();
    for (r, expected) in [
        (GcRef::NULL, "null is not an object"),
        (GcRef::i31(8), "an i31 is not an object"),
        (GcRef(0x20), "no object has this address"),
    ] {
        assert_eq!(h.shape(r), Err(HeapError::corrupt(r.0, expected)));
    }
}
