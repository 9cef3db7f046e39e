//! Faults of array operations under every collector.

use super::{HOOK, HeapFault, edited, hook_call};
use crate::heap::{GcRef, Heap, HeapError, Place};
use crate::module::{Code, Module, Op, Site};
use crate::types::{StorageKind, TypeId};
use crate::zoo::Probe;
use std::sync::Arc;

/// The low half of the current value of an element.
fn element_at(heap: &dyn Heap, r: GcRef, index: u32, kind: StorageKind) -> Option<u64> {
    heap.peek(r, Place::Element { index, kind })
}

/// W39, Wasmtime issue 10467: `array.fill` uses its offset as its length. (The
/// offset is limited to the elements left in the array, since the real length
/// was checked.)
pub struct ArrayFillUsesOffsetAsLength(pub Probe);

impl HeapFault for ArrayFillUsesOffsetAsLength {
    fn fill(
        &mut self,
        heap: &mut dyn Heap,
        r: GcRef,
        start: u32,
        len: u32,
        kind: StorageKind,
        value: u128,
    ) -> Result<(), HeapError> {
        let used = start.min(heap.array_len(r)?.saturating_sub(start));
        let mask = u64::MAX >> (64 - 8 * kind.width().min(8));
        let others = start + used.min(len)..start + used.max(len);
        let differs = |i| element_at(heap, r, i, kind) != Some(value as u64 & mask);
        self.0.run({ others }.any(differs));
        heap.fill(r, start, used, kind, value)
    }
}

/// D4: an overlapping `array.copy` onto later elements runs upwards, and copies
/// elements that it has just written.
pub struct OverlappingCopyRunsUpwards(pub Probe);

impl HeapFault for OverlappingCopyRunsUpwards {
    fn copy(
        &mut self,
        heap: &mut dyn Heap,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        let overlaps = dst.0 == src.0 && dst.1 > src.1 && dst.1 - src.1 < len;
        let distance = dst.1.saturating_sub(src.1).max(1);
        let old = |i: u32| element_at(heap, src.0, src.1 + i, kind);
        // Copying a repeating pattern onto itself gives the correct result.
        let wrong = overlaps && (distance..len).any(|i| old(i) != old(i % distance));
        self.0.run(wrong);
        if !overlaps {
            return heap.copy(dst, src, len, kind);
        }
        for i in 0..len {
            heap.copy((dst.0, dst.1 + i), (src.0, src.1 + i), 1, kind)?;
        }
        Ok(())
    }
}

/// X10, Wizard pull request 665: `array.copy` works only between arrays of the
/// same type. From an array of a subtype it copies nothing.
pub struct ArrayCopySkipsOtherTypes(pub Probe);

impl HeapFault for ArrayCopySkipsOtherTypes {
    fn copy(
        &mut self,
        heap: &mut dyn Heap,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        let other = heap.shape(dst.0)? != heap.shape(src.0)?;
        self.0.run(other && len > 0);
        match other {
            true => Ok(()),
            false => heap.copy(dst, src, len, kind),
        }
    }
}

/// Messages from compiled code to the faults below.
const RIGHT: u32 = 0;
const WRONG: u32 = 1;
const END: u32 = 2;

/// X3, WAMR issue 5113: `array.fill` and `array.copy` of no elements return
/// before they check their bounds.
pub struct EmptyBulkSkipsBoundsCheck(pub Probe);

impl EmptyBulkSkipsBoundsCheck {
    /// Jumps past the instruction if its length is zero. Within bounds that makes no difference, and
    /// the instruction is executed, so that this is the same operation in all runs.
    pub fn edit(module: &Arc<Module>) -> Arc<Module> {
        let wanted = |_, op: Op| matches!(op.code, Code::ArrayFill | Code::ArrayCopy);
        edited(module, 3, wanted, |site| {
            let b = site.op.b;
            // Registers of the arrays and offsets, and of the length.
            let (arrays, len): (&[(u16, u16)], u16) = match site.op.code {
                Code::ArrayCopy => (&[(0, 1), (2, 3)], 4),
                _ => (&[(0, 1)], 2 + element(module, site.op).registers() as u16),
            };
            let [size, hook, unused] = [0, 1, 2].map(|i| site.scratch + i);
            let wrong = site.start + 4 + 3 * arrays.len() as u32;
            let mut ops = vec![
                Op::new(Code::BrIf, 0, b + len, 0, wrong + 2),
                Op::constant(hook, HOOK.register()),
            ];
            for (array, _) in arrays {
                ops.push(Op::new(Code::RefAsNonNull, 0, b + array, 0, 0));
            }
            for (array, offset) in arrays {
                ops.push(Op::new(Code::ArrayLen, size, b + array, 0, 0));
                ops.push(Op::new(Code::BrI32GtU, 0, b + offset, size, wrong));
            }
            ops.push(hook_call(hook, unused, RIGHT));
            ops.push(Op::new(Code::Br, 0, 0, 0, wrong + 2));
            ops.push(hook_call(hook, unused, WRONG));
            ops.push(Op::new(Code::Br, 0, 0, 0, site.end));
            ops.push(site.op);
            ops
        })
    }
}

impl HeapFault for EmptyBulkSkipsBoundsCheck {
    fn hook_called(&mut self, _: &mut dyn Heap, offset: u32, _: u64) -> Result<(), HeapError> {
        self.0.run(offset == WRONG);
        Ok(())
    }
}

/// The storage of the elements of an array type.
fn element(module: &Module, op: Op) -> StorageKind {
    module.types.element(TypeId(op.imm)).storage.storage_kind()
}

/// W50, Wasmtime pull request 14045: an interruptible bulk operation may stop
/// halfway. Here `array.fill` consumes fuel for its two halves separately; if the
/// fuel covers only the first, the second is not filled.
pub struct ArrayFillStopsHalfway {
    probe: Probe,
    /// Whether a fill has begun.
    begun: bool,
}

impl ArrayFillStopsHalfway {
    pub fn new(probe: Probe) -> ArrayFillStopsHalfway {
        let begun = false;
        ArrayFillStopsHalfway { probe, begun }
    }

    /// Splits each `array.fill` into two.
    pub fn edit(module: &Arc<Module>) -> Arc<Module> {
        let narrow = |op| element(module, op) != StorageKind::B128;
        let wanted = |_, op: Op| op.code == Code::ArrayFill && narrow(op);
        edited(module, 7, wanted, halves)
    }
}

/// The two halves of an `array.fill`.
fn halves(site: Site) -> Vec<Op> {
    let [array, start, value, len] = [0, 1, 2, 3].map(|i| site.op.b + i);
    let [end, hook, size, operands] = [0, 1, 2, 3].map(|i| site.scratch + i);
    let fill = Op {
        b: operands,
        ..site.op
    };
    let moved = |i: u16, from: u16| Op::new(Code::Move, operands + i, from, 0, 0);
    let original = site.start + 15;
    vec![
        Op::new(Code::ArrayLen, size, array, 0, 0),
        Op::new(Code::I64Add, end, start, len, 0),
        // A fill out of bounds traps as a whole, in the original instruction.
        Op::new(Code::BrI64GtU, 0, end, size, original),
        moved(0, array),
        moved(1, start),
        moved(2, value),
        Op::new(Code::I32ShrUImm, operands + 3, len, 0, 1),
        Op::constant(hook, HOOK.register()),
        fill,
        hook_call(hook, size, RIGHT),
        Op::new(Code::I64Add, operands + 1, start, operands + 3, 0),
        Op::new(Code::I64Sub, operands + 3, len, operands + 3, 0),
        fill,
        hook_call(hook, size, END),
        Op::new(Code::Br, 0, 0, 0, site.end),
        site.op,
    ]
}

impl HeapFault for ArrayFillStopsHalfway {
    fn hook_called(&mut self, _: &mut dyn Heap, offset: u32, _: u64) -> Result<(), HeapError> {
        if offset == RIGHT {
            if self.begun {
                self.probe.was_wrong();
            }
            self.probe.run(false);
        }
        self.begun = offset == RIGHT;
        Ok(())
    }
}

impl Drop for ArrayFillStopsHalfway {
    fn drop(&mut self) {
        if self.begun {
            self.probe.was_wrong();
        }
    }
}
