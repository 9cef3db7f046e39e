//! Virtual addresses: fresh ones for every collection, all below the limit.

use super::{Held, NULL, audit, blamed, heap, moved};
use crate::heap::copying::Copying;
use crate::heap::testing::{Kinds, Random};
use crate::heap::{Block, GcRef, Heap, HeapError, Inspect, Place};
use crate::types::StorageKind;

#[test]
fn every_access_by_a_stale_reference_is_corruption() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let field = kinds.field(kinds.node, 0);
    let stale = kinds.new_node(&mut h, NULL, NULL);
    let array = h.new_array_default(kinds.refs, 4).unwrap();
    let mut held = Held::by_frame(&[stale, array]);
    let mut old = vec![stale, array];
    for _ in 0..20 {
        h.collect(&mut held).unwrap();
        let now = held.at(1);
        for &r in &old {
            assert_eq!(blamed(h.get_field(r, field)).0, r.0);
            let what = (r.0, "no object starts here");
            assert_eq!(blamed(h.set_field(r, field, 0)), what);
            assert_eq!(blamed(h.shape(r)), what);
            assert_eq!(blamed(h.array_len(r)), what);
            assert_eq!(blamed(h.set_element(r, 0, StorageKind::Gc, 0)), what);
            assert_eq!(blamed(h.copy((now, 0), (r, 0), 1, StorageKind::Gc)), what);
            assert_eq!(blamed(h.copy((r, 0), (now, 0), 1, StorageKind::Gc)), what);
            assert_eq!(blamed(h.fill(r, 0, 1, StorageKind::Gc, 0)), what);
            assert_eq!(blamed(h.init_elements(r, 0, StorageKind::Gc, &[0])), what);
            assert_eq!(blamed(h.exception_tag(r)), what);
            assert_eq!(blamed(h.collect(&mut Held::by_frame(&[r]))), what);
            assert_eq!((h.header(r), h.peek(r, Place::Field(field))), (None, None));
        }
        old.extend([held.at(0), held.at(1)]);
        h.copy((now, 0), (now, 1), 3, StorageKind::Gc).unwrap();
        audit(&kinds, &h);
    }
}

#[test]
fn errors_name_virtual_addresses_and_what_is_there() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let old = kinds.new_node(&mut h, NULL, NULL);
    let r = moved(&mut h, old);
    let field = kinds.field(kinds.node, 0);
    let base = h.core().from_space().base();
    assert!(base > 0 && r.0 == base + 16);
    let mut what = |r| blamed(h.get_field(r, field));
    assert_eq!(what(NULL), (0, "null is not an object"));
    assert_eq!(what(GcRef(base)), (base, "no object starts here"));
    assert_eq!(what(GcRef::i31(3)), (7, "an i31 is not an object"));
    let inside = GcRef(r.0 + 16);
    assert_eq!(what(inside), (inside.0, "no object starts here"));
    let beyond = h.get_element(r, 100, StorageKind::Gc);
    let expected = (r.0, "access beyond the end of the object");
    assert_eq!(blamed(beyond), expected);
    assert_eq!(blamed(h.array_len(r)), (r.0, "not an array"));
}

#[test]
fn the_oracle_sees_virtual_addresses_and_all_unused_memory() {
    let kinds = Kinds::new();
    let mut h = heap(&kinds);
    let garbage = kinds.new_node(&mut h, NULL, NULL);
    let node = kinds.new_node(&mut h, garbage, garbage);
    h.set_field(node, kinds.field(kinds.node, 0), 0).unwrap();
    h.set_field(node, kinds.field(kinds.node, 1), 0).unwrap();
    let end = h.extent().1;
    let node = moved(&mut h, node);
    let block = h.blocks()[0];
    assert_eq!((block.start, h.extent()), (end, (end, end + block.size)));
    assert_eq!((node.0, block.free), (end, false));
    assert_eq!(h.bytes(block).unwrap().len(), block.size as usize);
    let before = Block { start: 16, ..block };
    assert_eq!(h.bytes(before), None);
    let unused: Vec<(u32, usize)> = h.unused().iter().map(|u| (u.0, u.1.len())).collect();
    let memory = 4096;
    let behind = memory - block.size as usize - 16;
    assert_eq!(unused, [(h.extent().1, behind), (16, memory - 16)]);
    audit(&kinds, &h);
    // A write to the memory of the old semi-space shows.
    h.core_mut().to_space_mut().set_word(40, 1).unwrap();
    assert!(h.unused()[1].1.contains(&1));
}

#[test]
fn addresses_go_up_until_there_is_no_room_and_then_start_over() {
    let kinds = Kinds::new();
    for max in [64, 100, 200, 208, 500, 1000, 1 << 12, 1 << 16] {
        let mut h = Copying::new(max);
        h.add_types(&kinds.types);
        let mut random = Random(u64::from(max));
        let mut held = Held::by_frame(&[NULL; 3]);
        let (mut wraps, mut lowest) = (0, h.extent().0);
        for _ in 0..4000 {
            // One object that stays, two that change, and garbage, until the
            // heap is full.
            for _ in 0..random.below(40) {
                let i = random.below(3);
                match h.new_struct(kinds.empty, &[]) {
                    Ok(r) if held.frame[i] == 0 || i > 0 => held.frame[i] = r.register(),
                    Ok(_) => {}
                    Err(e) => {
                        assert_eq!(e, HeapError::Full);
                        break;
                    }
                }
            }
            let (start, end) = h.extent();
            assert!(start >= 16 && end <= max);
            h.collect(&mut held).unwrap();
            let now = h.extent();
            assert!(now.0 >= 16 && now.1 <= max);
            assert!(now.0 >= end || now.1 <= start, "no address is used twice");
            if now.0 < lowest {
                wraps += 1;
                assert_eq!(now.0, 16, "from the bottom");
                let all = (max - max % 16 - 16) / 3;
                assert!(end - 16 > all, "a third of the addresses at least");
            }
            lowest = now.0;
            audit(&kinds, &h);
        }
        assert!(wraps > 5, "{wraps} of {max}");
    }
}

#[test]
fn a_full_heap_can_be_collected_wherever_it_stands() {
    let kinds = Kinds::new();
    for max in (64..600).step_by(4) {
        let mut h = Copying::new(max);
        h.add_types(&kinds.types);
        let granules = h.core().capacity() / 16;
        for round in 0..60 {
            // Advances by different sizes, then fills up.
            let mut held = Held::default();
            for _ in 0..round % granules {
                h.new_struct(kinds.empty, &[]).unwrap();
            }
            h.collect(&mut held).unwrap();
            while let Ok(r) = h.new_struct(kinds.empty, &[]) {
                held.frame.push(r.register());
            }
            assert_eq!(held.frame.len() as u32, granules);
            h.collect(&mut held).unwrap();
            assert_eq!(h.new_struct(kinds.empty, &[]), Err(HeapError::Full));
            assert_eq!(kinds.live(&h).len() as u32, granules);
            h.collect(&mut Held::default()).unwrap();
            audit(&kinds, &h);
        }
    }
}
