//! Single instructions that are compiled wrongly, and a wrong counter.

use super::{HOOK, HeapFault, edited, hook_call};
use crate::heap::{GRANULE, GcRef, Heap, HeapError, Roots};
use crate::module::{Code, Module, Op, Site};
use crate::types::HeapType;
use crate::zoo::Probe;
use crate::zoo::maps::loops_of;
use std::sync::Arc;

/// W40, Wasmtime issue 10353: `table.get` of a table whose elements can only be
/// null is compiled to a null, and no longer traps.
pub struct NullTableGetSkipsBoundsCheck(pub Probe);

/// Messages from compiled code about an index.
const INSIDE: u32 = 0;
const OUTSIDE: u32 = 1;

impl NullTableGetSkipsBoundsCheck {
    /// Replaces each `table.get` of such a table by a constant null. Within bounds that makes no
    /// difference, and the instruction is executed, so that this is the same operation in all runs.
    pub fn edit(module: &Arc<Module>) -> Arc<Module> {
        let null = |table: u32| {
            let heap = module.tables[table as usize].element.heap;
            matches!(heap, HeapType::None | HeapType::NoExtern | HeapType::NoExn)
        };
        let wanted = |_, op: Op| op.code == Code::TableGet && null(op.imm);
        edited(module, 3, wanted, |site| {
            let Site { op, start, .. } = site;
            let [hook, size, unused] = [0, 1, 2].map(|i| site.scratch + i);
            vec![
                Op::constant(hook, HOOK.register()),
                Op::new(Code::TableSize, size, 0, 0, op.imm),
                Op::new(Code::BrI64LtU, 0, op.b, size, start + 6),
                hook_call(hook, unused, OUTSIDE),
                Op::constant(op.a, 0),
                Op::new(Code::Br, 0, 0, 0, site.end),
                hook_call(hook, unused, INSIDE),
                op,
            ]
        })
    }
}

impl HeapFault for NullTableGetSkipsBoundsCheck {
    fn hook_called(&mut self, _: &mut dyn Heap, offset: u32, _: u64) -> Result<(), HeapError> {
        self.0.run(offset == OUTSIDE);
        Ok(())
    }
}

/// W46, Wasmtime issue 11426: a loop whose branch back tests a reference
/// (`br_on_null`, `br_on_cast`, ...) consumes no fuel.
pub struct ReferenceLoopConsumesNoFuel(pub Probe);

impl ReferenceLoopConsumesNoFuel {
    /// Sets the fuel that the headers of such loops consume to zero.
    pub fn edit(module: &Arc<Module>) -> Arc<Module> {
        let loops = loops_of(module);
        let on_reference = |header: u32| {
            let found = loops.iter().find(|(start, _)| *start == header);
            found.is_some_and(|(_, back)| branches_on_a_reference(module, header, *back))
        };
        let wanted = |pc, op: Op| op.code == Code::Loop && on_reference(pc);
        edited(module, 2, wanted, |site| {
            let [hook, unused] = [0, 1].map(|i| site.scratch + i);
            vec![
                Op::constant(hook, HOOK.register()),
                hook_call(hook, unused, 0),
                Op { imm: 0, ..site.op },
            ]
        })
    }
}

/// Whether the branch back to a loop's header is on a cast, or on a register
/// that is a reference in the header's map.
fn branches_on_a_reference(module: &Module, header: u32, back: u32) -> bool {
    let op = module.ops[back as usize];
    let before = module.ops[back as usize - 1].code;
    if matches!(before, Code::BrOnCast | Code::BrOnCastFail) {
        return true;
    }
    let mut reference = false;
    if let (Code::BrIf | Code::BrIfZero, Some(body)) = (op.code, module.body_at(header)) {
        let (maps, body) = (&module.maps, &module.bodies[body]);
        maps.visit(body, header, |register| reference |= register == op.b);
    }
    reference
}

impl HeapFault for ReferenceLoopConsumesNoFuel {
    fn hook_called(&mut self, _: &mut dyn Heap, _: u32, _: u64) -> Result<(), HeapError> {
        self.0.run(true);
        Ok(())
    }
}

/// W53, Wasmtime pull requests 13247 and 13252: a collection of an empty null
/// heap computes a wrong number of bytes in use.
pub struct EmptyCollectionMisstatesExtent {
    probe: Probe,
    objects: u64,
    wrong: bool,
}

impl EmptyCollectionMisstatesExtent {
    pub fn new(probe: Probe) -> EmptyCollectionMisstatesExtent {
        EmptyCollectionMisstatesExtent {
            probe,
            objects: 0,
            wrong: false,
        }
    }
}

impl HeapFault for EmptyCollectionMisstatesExtent {
    fn made(&mut self, _: GcRef) {
        self.objects += 1;
    }

    fn collect(&mut self, heap: &mut dyn Heap, roots: &mut dyn Roots) -> Result<(), HeapError> {
        let empty = self.objects == 0;
        self.probe.run(empty);
        self.wrong |= empty;
        heap.collect(roots)
    }

    fn extent(&self, (start, end): (u32, u32)) -> (u32, u32) {
        match self.wrong {
            true => (start, end + GRANULE),
            false => (start, end),
        }
    }
}
