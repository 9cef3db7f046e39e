//! Single instructions that are compiled to something else, and a counter.

use super::{BELL, Twist};
use crate::heap::{GRANULE, GcRef, Heap, HeapError, Roots};
use crate::module::{Code, Module, Op};
use crate::types::HeapType;
use crate::zoo::Probe;
use crate::zoo::maps::loops_of;
use std::sync::Arc;

/// W40, Wasmtime issue 10353: `table.get` of a table whose elements can only be
/// null is compiled to a null, and traps no more.
pub struct W40(pub Probe);

/// What compiled code tells about an index.
const INSIDE: u32 = 0;
const OUTSIDE: u32 = 1;

impl W40 {
    pub fn edit(module: &Arc<Module>) -> Arc<Module> {
        let mut edited = Module::clone(module);
        for (pc, op) in (0..).zip(&module.ops) {
            let table = module.tables.get(op.imm as usize);
            let null = |heap| matches!(heap, HeapType::None | HeapType::NoExtern | HeapType::NoExn);
            if op.code == Code::TableGet && table.is_some_and(|t| null(t.element.heap)) {
                edited.splice(pc, 3, |site| {
                    let [bell, size, unused] = [0, 1, 2].map(|i| site.scratch + i);
                    let ring = |what| Op::new(Code::StructGet32, unused, bell, 0, what);
                    vec![
                        Op::constant(bell, BELL.register()),
                        Op::new(Code::TableSize, size, 0, 0, op.imm),
                        Op::new(Code::BrI64LtU, 0, op.b, size, site.start + 5),
                        ring(OUTSIDE),
                        Op::new(Code::Br, 0, 0, 0, site.start + 6),
                        ring(INSIDE),
                        Op::constant(op.a, 0),
                    ]
                });
            }
        }
        Arc::new(edited)
    }
}

impl Twist for W40 {
    fn ring(&mut self, _: &mut dyn Heap, offset: u32, _: u64) -> Result<(), HeapError> {
        self.0.run(offset == OUTSIDE);
        Ok(())
    }
}

/// W46, Wasmtime issue 11426: a loop whose branch back is one on a reference
/// (`br_on_null`, `br_on_cast`, ...) consumes no fuel.
pub struct W46(pub Probe);

impl W46 {
    pub fn edit(module: &Arc<Module>) -> Arc<Module> {
        let mut edited = Module::clone(module);
        for (header, back) in loops_of(module) {
            let op = module.ops[back as usize];
            let before = module.ops[back as usize - 1].code;
            let on_cast = matches!(before, Code::BrOnCast | Code::BrOnCastFail);
            let on_null = matches!(op.code, Code::BrIf | Code::BrIfZero) && {
                let body = module.bodies.iter().filter(|body| body.entry <= header);
                let body = body.max_by_key(|body| body.entry);
                let mut reference = false;
                if let Some(body) = body {
                    module.maps.visit(body, header, |r| reference |= r == op.b);
                }
                reference
            };
            if on_cast || on_null {
                edited.splice(header, 2, |site| {
                    let [bell, unused] = [0, 1].map(|i| site.scratch + i);
                    vec![
                        Op::constant(bell, BELL.register()),
                        Op::new(Code::StructGet32, unused, bell, 0, 0),
                        Op { imm: 0, ..site.op },
                    ]
                });
            }
        }
        Arc::new(edited)
    }
}

impl Twist for W46 {
    fn ring(&mut self, _: &mut dyn Heap, _: u32, _: u64) -> Result<(), HeapError> {
        self.0.run(true);
        Ok(())
    }
}

/// W53, Wasmtime pull requests 13247 and 13252: a collection of an empty null
/// heap gets the number of bytes in use wrong.
pub struct W53 {
    probe: Probe,
    objects: u64,
    wrong: bool,
}

impl W53 {
    pub fn new(probe: Probe, _: &Arc<Module>) -> W53 {
        W53 {
            probe,
            objects: 0,
            wrong: false,
        }
    }
}

impl Twist for W53 {
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
