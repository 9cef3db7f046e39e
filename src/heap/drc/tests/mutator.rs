//! A random program, run on three heaps at once. They must show the same, and
//! the counting ones must account for every reference after every step.

use crate::heap::drc::{Drc, Policy, Sound};
use crate::heap::null::Null;
use crate::heap::testing::{Kinds, Random, TestFrame};
use crate::heap::{GcRef, Heap, RootSlot, Shape};
use crate::types::StorageKind;

/// Registers and slots of a program on one heap.
struct Machine<H> {
    heap: H,
    frame: Vec<u64>,
    slots: Vec<u32>,
}

/// The observation of a step: numbers, and the register that a reference
/// equals.
fn step<H: Heap>(m: &mut Machine<H>, kinds: &Kinds, op: [usize; 5]) -> u64 {
    let [op, a, b, i, n] = op;
    let (a, b) = (a % m.frame.len(), b % m.frame.len());
    let (x, y) = (GcRef(m.frame[a] as u32), GcRef(m.frame[b] as u32));
    let h = &mut m.heap;
    let len = h.array_len(x).unwrap_or(0);
    let start = i as u32 % (len + 1);
    let count = n as u32 % (len - start + 1);
    let field = kinds.field(kinds.node, i % 2);
    let node = matches!(h.shape(x), Ok(Shape::Struct(_)));
    let s = i % m.slots.len();
    let s_end = s + n % (m.slots.len() - s + 1);
    let result = match op % 14 {
        0 | 1 => Some(h.new_struct(kinds.node, &[x.register(), y.register(), n as u64])),
        2 => Some(h.new_array(kinds.refs, n as u32, y.register())),
        3 => Some(h.new_array_fixed(kinds.refs, &[x.register(), y.register(), 0])),
        4 if node => Some(h.get_field(x, field).map(GcRef::from_register)),
        5 if node => {
            h.set_field(x, field, y.register()).unwrap();
            None
        }
        6 if start < len => Some(
            h.get_element(x, start, StorageKind::Gc)
                .map(GcRef::from_register),
        ),
        7 if start < len => {
            h.set_element(x, start, StorageKind::Gc, y.register())
                .unwrap();
            None
        }
        8 => {
            if len > 0 {
                h.fill(x, start, count, StorageKind::Gc, u128::from(y.register()))
                    .unwrap();
            }
            None
        }
        9 => {
            if len > 0 {
                let to = n as u32 % (len - count + 1);
                h.copy((x, to), (x, start.min(len - count)), count, StorageKind::Gc)
                    .unwrap();
            }
            None
        }
        10 => {
            h.write_slot(RootSlot::Handle(0), &mut m.slots[s], x)
                .unwrap();
            None
        }
        11 => {
            h.expose(RootSlot::Handle(0), GcRef(m.slots[s])).unwrap();
            Some(Ok(GcRef(m.slots[s])))
        }
        12 => {
            h.fill_slots(0, &mut m.slots[s..s_end], y).unwrap();
            None
        }
        13 if n % 3 == 0 => {
            h.collect(&mut TestFrame(m.frame.clone())).unwrap();
            None
        }
        _ => None,
    };
    if let Some(r) = result {
        m.frame[b] = r.unwrap().register();
    }
    let shown = m.frame[b];
    let same = m.frame.iter().position(|r| *r == shown).unwrap() as u64;
    let value = GcRef(shown as u32);
    let number = match value.is_object() {
        true => match m.heap.array_len(value) {
            Ok(len) => u64::from(len),
            Err(_) => m.heap.get_field(value, kinds.field(kinds.node, 2)).unwrap(),
        },
        false => shown,
    };
    same << 32 | number
}

impl<H: Heap> Machine<H> {
    fn new(mut heap: H, kinds: &Kinds) -> Machine<H> {
        heap.add_types(&kinds.types);
        Machine {
            heap,
            frame: vec![0, GcRef::i31(5).register(), 0, 0, 0, 0],
            slots: vec![0; 5],
        }
    }
}

#[test]
fn all_heaps_show_the_same_and_counts_are_exact() {
    let kinds = Kinds::new();
    for seed in 0..150 {
        let mut random = Random(seed);
        let mut null = Machine::new(Null::new(1 << 22), &kinds);
        let mut drc = Machine::new(Drc::new(1 << 22), &kinds);
        let boxed: Box<dyn Policy> = Box::new(Sound);
        let mut boxed = Machine::new(Drc::with_policy(1 << 22, boxed), &kinds);
        for _ in 0..150 {
            let mut op = [0; 5].map(|_| random.below(1 << 20));
            op[4] %= 9;
            let shown = step(&mut null, &kinds, op);
            assert_eq!(step(&mut drc, &kinds, op), shown, "seed {seed}");
            assert_eq!(step(&mut boxed, &kinds, op), shown, "seed {seed}");
            kinds.audit(&drc.heap, &drc.slots);
            assert_eq!(drc.frame, boxed.frame, "a pointer changes nothing");
        }
        kinds.audit(&null.heap, &null.slots);
        kinds.audit(&boxed.heap, &boxed.slots);
        // All that is left without roots hangs together in cycles.
        drc.heap
            .drop_slots(RootSlot::Handle(0), &mut drc.slots)
            .unwrap();
        drc.heap.collect(&mut TestFrame::default()).unwrap();
        kinds.audit(&drc.heap, &[]);
    }
}
