//! Cases that the heaps rely on and rarely cause: wrong references, damaged
//! headers, the ends of blocks and of memory.

use super::*;
use crate::heap::POISON;
use crate::types::{Field, TypeId};

/// A space with consecutive objects of the given sizes in granules.
fn space(max: u32, blocks: &[u32]) -> (Space, Vec<GcRef>) {
    let mut space = Space::new(max);
    let objects = blocks.iter().map(|&n| space.bump(n).unwrap()).collect();
    (space, objects)
}

fn changes(space: &Space) -> Option<Vec<(u32, u32)>> {
    let mut list = Vec::new();
    let known = space.changes(&mut |change| list.push((change.at, change.len)));
    known.then_some(list)
}

#[test]
fn blocks_follow_one_another_up_to_the_limit() {
    let (mut space, objects) = space(160, &[2, 3]);
    assert_eq!(objects, [GcRef(16), GcRef(48)]);
    assert_eq!(space.extent(), (16, 96));
    assert_eq!(space.bump(5), None);
    assert_eq!(space.bump(u32::MAX), None);
    assert_eq!(space.extent(), (16, 96), "and nothing changed");
    assert_eq!(
        space.bump(4),
        Some(GcRef(96)),
        "the limit itself can be used"
    );
    assert_eq!(space.bump(1), None);
    assert!([16, 48, 96].iter().all(|&at| space.is_allocated(GcRef(at))));
    assert!(
        ![0, 1, 32, 160]
            .iter()
            .any(|&at| space.is_allocated(GcRef(at)))
    );
}

#[test]
fn memory_behind_the_last_block_is_to_be_seen() {
    let (mut space, _) = space(8192, &[2]);
    let (at, bytes) = space.behind().unwrap();
    assert_eq!((at, bytes.len()), (48, 4096 - 48));
    assert!(bytes.iter().all(|&b| b == POISON));
    let rest = (4096 - 48) / GRANULE;
    space.bump(rest).unwrap();
    assert_eq!(space.behind(), None);
    space.bump(1).unwrap();
    assert_eq!(space.behind().unwrap().1.len(), 4096 - 16);
}

#[test]
fn memory_can_be_had_in_advance() {
    let mut space = Space::new(10_000);
    assert!(space.reserve(0));
    assert_eq!(space.storage.len(), 0, "nothing was asked for");
    assert!(space.reserve(5000));
    assert_eq!(space.storage.len(), 5000);
    assert!(space.reserve(5000));
    assert_eq!(space.storage.len(), 5000, "there already");
    assert!(space.reserve(5001));
    assert_eq!(space.storage.len(), 10_000);
    assert!(!space.reserve(10_001));
    space.granules_mut().set(624, 1);
    assert!(
        space.is_allocated(GcRef(9984)),
        "the block table has grown, too"
    );
}

#[test]
fn changes_of_memory_and_of_blocks_are_watched() {
    let (mut space, objects) = space(8192, &[2]);
    assert_eq!(changes(&space), None);
    space.watch(true);
    assert_eq!(changes(&space), Some(vec![]));
    space.set_word(20, 7).unwrap();
    space.bump(1).unwrap();
    assert_eq!(changes(&space), Some(vec![(48, 0), (20, 4)]));
    space.forget_changes();
    assert_eq!(changes(&space), Some(vec![]));
    space.poison(objects[0], 2);
    assert_eq!(changes(&space), Some(vec![(16, 32)]));
    space.watch(false);
    assert_eq!(changes(&space), None);
}

#[test]
fn either_log_may_be_too_long() {
    let (mut space, _) = space(8192, &[2]);
    space.watch(true);
    for i in 0..=1 << 16 {
        space.set_word(i % 2 * 100, 0).unwrap();
    }
    assert_eq!(changes(&space), None, "of memory");
    space.forget_changes();
    assert_eq!(changes(&space), Some(vec![]));
    for i in 0..=1 << 16 {
        space.granules_mut().set(1 + i % 2 * 2, 1);
    }
    assert_eq!(changes(&space), None, "of blocks");
    space.forget_changes();
    assert_eq!(changes(&space), Some(vec![]));
}

#[test]
fn nothing_is_read_or_written_beyond_a_block() {
    let (mut space, objects) = space(8192, &[2, 1, 3]);
    let r = objects[0];
    assert_eq!(space.object(r, 32), Ok(16));
    assert!(space.object(r, 33).is_err());
    assert!(space.object(GcRef(32), 1).is_err());

    for kind in crate::heap::testing::STORAGE_KINDS {
        let room = 16 - u64::from(kind.width());
        space.poison(r, 2);
        space.store(r, room, kind, 0).unwrap();
        assert_eq!(space.load(r, room, kind), Ok(0));
        assert!(space.store(r, room + 1, kind, 0).is_err());
        assert!(space.load(r, room + 1, kind).is_err());
        let start = 32 + room as u32;
        assert!(
            space
                .bytes(start, 48 - start)
                .unwrap()
                .iter()
                .all(|&b| b == 0)
        );
        assert!(
            space
                .bytes(16, start - 16)
                .unwrap()
                .iter()
                .all(|&b| b == POISON)
        );
    }
    for (offset, fits) in [(0, true), (1, false)] {
        let place = Place::Field(Field {
            index: 0,
            offset,
            kind: StorageKind::B128,
        });
        assert_eq!(space.store_vector(r, place, u128::MAX).is_ok(), fits);
        assert_eq!(space.load_vector(r, place), space.load_vector(r, place));
        assert_eq!(space.load_vector(r, place).is_ok(), fits);
    }
    assert_eq!(space.bytes(32, 16).unwrap(), [0xff; 16]);
    assert_eq!(space.bytes(4095, 1).map(<[u8]>::len), Some(1));
    assert_eq!(space.bytes(4095, 2), None);
}

#[test]
fn what_is_no_object_is_told_apart() {
    let (mut space, _) = space(8192, &[2, 1]);
    space.granules_mut().set(3, -1);
    for (at, what) in [
        (0, "null is not an object"),
        (1, "an i31 is not an object"),
        (32, "no object starts here"),
        (48, "the object was freed"),
    ] {
        let Err(HeapError::Corrupt(corruption)) = space.object(GcRef(at), 16) else {
            panic!("{at}")
        };
        assert_eq!((corruption.address, corruption.what), (at, what));
    }
    let Err(HeapError::Corrupt(corruption)) = space.object(GcRef(16), 33) else {
        panic!()
    };
    assert_eq!(corruption.what, "access beyond the end of the object");
}

#[test]
fn words_outside_memory_are_corruption() {
    let (mut space, _) = space(8192, &[1]);
    space.set_word(4092, 7).unwrap();
    assert_eq!(space.word(4092), Ok(7));
    space.set_words(4088, [8, 9]).unwrap();
    assert_eq!((space.word(4088), space.word(4092)), (Ok(8), Ok(9)));
    for at in [4093, usize::MAX / 2] {
        assert!(space.word(at).is_err());
        assert!(space.set_word(at, 7).is_err());
        assert!(space.set_words(at - 4, [0, 0]).is_err());
    }
}

#[test]
fn an_array_has_an_arrays_header_and_room_for_a_length() {
    let (mut space, objects) = space(8192, &[2, 1]);
    let ty = TypeId(5);
    for &r in &objects {
        space.set_words(r.0 as usize, [0xdada_dada; 4]).unwrap();
        assert!(space.shape(r).is_err());
        space.set_header(r, Shape::Array(ty)).unwrap();
        assert_eq!(space.shape(r), Ok(Shape::Array(ty)));
        let words: Vec<u32> = (0..16)
            .step_by(4)
            .map(|i| space.word(r.0 as usize + i).unwrap())
            .collect();
        assert_eq!(words[1..], [0, 0, 0]);
    }
    space.set_array_len(objects[0], 3).unwrap();
    assert_eq!(space.array_len(objects[0]), Ok(3));
    assert_eq!(space.word(32), Ok(3));
    assert!(
        space.array_len(objects[1]).is_err(),
        "a block of a header only"
    );
    assert!(space.set_array_len(objects[1], 3).is_err());
    assert_eq!(
        space.load(objects[0], 0, StorageKind::B32),
        Ok(3),
        "and nothing else changed"
    );
    space.set_header(objects[0], Shape::Struct(ty)).unwrap();
    assert!(space.array_len(objects[0]).is_err());
}

#[test]
fn elements_stay_within_their_block() {
    let (space, objects) = space(8192, &[3]);
    let r = objects[0];
    let kind = StorageKind::B32;
    let from = (HEADER + ARRAY_ELEMENTS) as usize + 16;
    let count = (48 - HEADER - ARRAY_ELEMENTS) / 4;
    assert_eq!(space.elements(r, 0, count, kind), Ok(from..64));
    assert_eq!(space.elements(r, 1, count - 1, kind), Ok(from + 4..64));
    assert_eq!(space.elements(r, 1, 1, kind), Ok(from + 4..from + 8));
    assert!(space.elements(r, 1, count, kind).is_err());
    assert!(space.elements(r, 0, count + 1, kind).is_err());
    assert!(
        space
            .elements(r, u32::MAX, u32::MAX, StorageKind::B128)
            .is_err()
    );
}

#[test]
fn fields_take_their_registers_from_the_front() {
    let (mut space, objects) = space(8192, &[3]);
    let r = objects[0];
    let vector = Field {
        index: 0,
        offset: 0,
        kind: StorageKind::B128,
    };
    let word = Field {
        index: 1,
        offset: 16,
        kind: StorageKind::B32,
    };
    let rest = space.store_field(r, vector, &[1, 2, 3, 4]).unwrap();
    assert_eq!(rest, [3, 4]);
    let rest = space.store_field(r, word, rest).unwrap();
    assert_eq!(rest, [4]);
    assert_eq!(space.load_vector(r, Place::Field(vector)), Ok(2 << 64 | 1));
    assert_eq!(space.load(r, 16, StorageKind::B32), Ok(3));
    assert!(space.store_field(r, word, &[]).is_err());
}

#[test]
fn fields_are_written_at_once_as_one_by_one() {
    let storage_kinds = [
        StorageKind::B8,
        StorageKind::B128,
        StorageKind::Gc,
        StorageKind::B16,
        StorageKind::B64,
        StorageKind::B32,
    ];
    let mut offset = 0;
    let fields: Vec<Field> = (0..)
        .zip(storage_kinds)
        .map(|(index, kind)| {
            offset = u32::next_multiple_of(offset, kind.width());
            let field = Field {
                index,
                offset,
                kind,
            };
            offset += kind.width();
            field
        })
        .collect();
    let registers = [0x1122, 3, 4, 0x50, 0x6_0000_7fff, u64::MAX - 1, 8];
    // Room for a header and all fields, but not for another word.
    let granules = (HEADER + offset).div_ceil(GRANULE);
    let (mut at_once, objects) = space(8192, &[1, granules, 1]);
    let r = objects[1];
    at_once.init_fields(r, &fields, &registers).unwrap();
    let (mut one_by_one, _) = space(8192, &[1, granules, 1]);
    let mut rest = &registers[..];
    for field in &fields {
        rest = one_by_one.store_field(r, *field, rest).unwrap();
    }
    assert!(rest.is_empty());
    let all = |space: &Space| space.bytes(0, granules * GRANULE + 64).unwrap().to_vec();
    assert_eq!(all(&at_once), all(&one_by_one));
    let why = |space: &mut Space, fields: &[Field], registers: &[u64]| {
        format!("{:?}", space.init_fields(r, fields, registers))
    };
    let space = &mut at_once;
    assert!(why(space, &fields, &registers[..6]).contains("too few registers"));
    assert!(why(space, &fields[..2], &registers[..2]).contains("too few registers"));
    assert!(why(space, &fields[..2], &registers[..4]).contains("too many registers"));
    let behind = Field {
        index: 0,
        offset: granules * GRANULE - HEADER - 3,
        kind: StorageKind::B32,
    };
    assert!(why(space, &[behind], &[1]).contains("beyond the end"));
    assert!(space.init_fields(GcRef(r.0 + 16), &[], &[]).is_err());
}

#[test]
fn elements_are_written_at_once_as_one_by_one() {
    for kind in [
        StorageKind::B8,
        StorageKind::B16,
        StorageKind::B32,
        StorageKind::B64,
        StorageKind::Gc,
        StorageKind::Func,
    ] {
        let registers = [0x8182_8384_8586_8788, 2, u64::MAX];
        let (mut at_once, objects) = space(8192, &[1, 4, 1]);
        let r = objects[1];
        at_once.init_elements(r, kind, &registers).unwrap();
        let (mut one_by_one, _) = space(8192, &[1, 4, 1]);
        for (index, value) in (0..).zip(registers) {
            let offset = element_offset(index, kind);
            one_by_one.store(r, offset, kind, value).unwrap();
        }
        let all = |space: &Space| space.bytes(0, 128).unwrap().to_vec();
        assert_eq!(all(&at_once), all(&one_by_one), "{kind:?}");
        assert!(at_once.init_elements(r, kind, &[0; 64]).is_err());
    }
}

#[test]
fn a_payload_is_cleared_and_nothing_else() {
    let (mut space, objects) = space(8192, &[2, 2, 1]);
    for &r in &objects {
        space.poison(r, 1);
    }
    space.clear_payload(objects[1]).unwrap();
    let cleared = 64..80;
    for at in 16..96 {
        let expected = if cleared.contains(&at) { 0 } else { POISON };
        assert_eq!(space.bytes(at, 1).unwrap(), [expected], "{at}");
    }
    space.clear_payload(objects[2]).unwrap();
    assert_eq!(space.bytes(80, 32).unwrap(), [POISON; 32], "there is none");
    assert!(space.clear_payload(GcRef(32)).is_err());
}

#[test]
fn clearing_poisons_what_was_in_use() {
    let (mut space, objects) = space(8192, &[2, 1]);
    let kind = |shape| shape == Shape::Extern;
    space.set_header(objects[0], Shape::Extern).unwrap();
    space.store(objects[0], 0, StorageKind::B32, 9).unwrap();
    assert_eq!(space.first_word(objects[0], kind), Ok(9));
    space
        .set_header(objects[0], Shape::Array(TypeId(0)))
        .unwrap();
    assert!(space.first_word(objects[0], kind).is_err());
    space.clear();
    assert_eq!(space.bytes(0, 4096).unwrap(), [POISON; 4096]);
    assert!(!space.is_allocated(objects[0]));
    assert_eq!(space.extent(), (16, 16));
    assert_eq!(space.bump(1), Some(GcRef(16)));
}

#[test]
fn equal_words_are_counted_from_the_first_on() {
    let (mut space, objects) = space(4096, &[60]);
    let at = objects[0].0 as usize + 16;
    for equal in 1..140 {
        let range = at..at + 140 * 4;
        for i in 0..140 {
            space
                .set_word(at + 4 * i, u32::from(i >= equal) + 7)
                .unwrap();
        }
        assert_eq!(space.equal_words(range), Ok(equal as u32));
        let rest = at + 4 * equal..at + 140 * 4;
        assert_eq!(space.equal_words(rest), Ok(140 - equal as u32));
        // Equal words behind a different one do not count.
        space.set_word(at + 4 * (equal / 2), 9).unwrap();
        let count = (equal as u32 / 2).max(1);
        assert_eq!(space.equal_words(at..at + 140 * 4), Ok(count));
    }
    assert!(space.equal_words(at..at).is_err());
    assert!(space.equal_words(1 << 20..(1 << 20) + 4).is_err());
}
