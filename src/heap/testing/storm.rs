//! Any reference in any call causes an error at worst.

use super::{Held, Kinds, Random, STORAGE_KINDS, wild};
use crate::heap::{Block, GcRef, Heap, Inspect, Place, RootSlot};
use crate::types::{Field, TypeId};

/// Makes random calls on a new heap, most of them wrong.
pub fn storm<H: Heap>(kinds: &Kinds, make: impl Fn() -> H) {
    for seed in 0..300 {
        let mut random = Random(seed);
        let mut h = make();
        let mut known = Vec::new();
        let mut slots = vec![0; 8];
        for _ in 0..300 {
            let r = wild(&mut random, &known);
            let v = wild(&mut random, &known);
            let kind = STORAGE_KINDS[random.below(STORAGE_KINDS.len())];
            let (i, n) = (random.below(12) as u32, random.below(12) as u32);
            let field = Field {
                index: i,
                offset: random.below(40) as u32,
                kind,
            };
            let ty = TypeId(random.below(12) as u32);
            let registers = [v.register(), r.register(), random.next(), v.register()];
            let registers = &registers[..random.below(5)];
            let place = match random.below(2) {
                0 => Place::Field(field),
                _ => Place::Element { index: i, kind },
            };
            let made = match random.below(29) {
                0 => h.new_struct(kinds.node, &[v.register(), r.register(), 5]),
                1 => h.new_struct(ty, registers),
                2 => h.new_struct_default(ty),
                3 => h.new_array(ty, n, v.register()),
                4 => h.new_array_default(ty, n),
                5 => h.new_array_fixed(ty, registers),
                6 => h.new_exception(ty, 0, registers),
                7 => h.new_extern(n),
                8 => h.shape(r).map(|_| r),
                9 => h.get_field(r, field).map(|_| r),
                10 => h.set_field(r, field, v.register()).map(|_| r),
                11 => h.array_len(r).map(|_| r),
                12 => h.get_element(r, i, kind).map(|_| r),
                13 => h.set_element(r, i, kind, v.register()).map(|_| r),
                14 => h.fill(r, i, n, kind, v.register().into()).map(|_| r),
                15 => h.copy((r, i), (v, n), n, kind).map(|_| r),
                16 => h
                    .init_data(r, i, kind, &[7; 9][..n.min(9) as usize])
                    .map(|_| r),
                17 => h.init_elements(r, i, kind, &[v.0, r.0]).map(|_| r),
                18 => h.exception_tag(r).or_else(|_| h.extern_host(r)).map(|_| r),
                19 => h.expose(RootSlot::Handle(0), r).map(|_| r),
                20 => h
                    .write_slot(RootSlot::Handle(0), &mut slots[i as usize % 8], r)
                    .map(|_| r),
                21 => h
                    .init_slot(RootSlot::Handle(0), &mut slots[i as usize % 8], r)
                    .map(|_| r),
                22 => h.fill_slots(0, &mut slots[..n as usize % 8], r).map(|_| r),
                23 => h.copy_slots(0, &mut slots, &[r.0, v.0]).map(|_| r),
                24 => h
                    .drop_slots(RootSlot::Handle(0), &mut slots[..n as usize % 8])
                    .map(|_| r),
                25 => h.load(r, place).map(|_| r),
                26 => h.store(r, place, u128::MAX / 3).map(|_| r),
                27 => h
                    .fill(r, i, n, crate::types::StorageKind::B128, 0)
                    .map(|_| r),
                _ => {
                    let mut held = Held::by_frame(&[r, v]);
                    held.slots.extend(&slots);
                    h.collect(&mut held).map(|()| held.at(0))
                }
            };
            known.extend(made);
            if random.below(20) == 0 {
                inspect_everything(&h, r, field);
            }
        }
    }
}

fn inspect_everything(h: &impl Inspect, r: GcRef, field: Field) {
    for block in h.blocks() {
        h.bytes(block);
    }
    let (start, size) = (r.0, u32::MAX);
    assert_eq!(
        h.bytes(Block {
            start,
            size,
            free: true
        }),
        None
    );
    h.header(r);
    h.peek_word(r);
    let (index, kind) = (field.index, field.kind);
    for place in [Place::Field(field), Place::Element { index, kind }] {
        h.peek(r, place);
        h.peek_high(r, place);
    }
    h.unused();
    if let Some(list) = h.root_list() {
        assert!(list.members.len() <= h.blocks().len() + 1);
    }
}
