//! Faults that leave results or operands of instructions out of maps.

use super::code::{ends_a_stretch, of_body, writes};
use super::{FrameContext, Map};
use crate::module::{Code, Module};
use std::collections::{BTreeMap, BTreeSet};

/// The results of one instruction are in no map, wherever they are moved within
/// straight-line code.
pub struct MapOmitsResult {
    code: Code,
    /// The hidden registers by instruction, for each instance.
    hidden: BTreeMap<u32, BTreeSet<(u32, u16)>>,
}

impl MapOmitsResult {
    /// W20, Wasmtime issue 12862: the result of `select` was not declared to need
    /// a place in stack maps.
    pub fn of_select() -> MapOmitsResult {
        MapOmitsResult::of(Code::Select)
    }

    /// W21, Wasmtime issue 12935: the same for `array.new_data`.
    pub fn of_array_new_data() -> MapOmitsResult {
        MapOmitsResult::of(Code::ArrayNewData)
    }

    /// W22, Wasmtime issue 12936: the same for `array.new_elem`.
    pub fn of_array_new_elem() -> MapOmitsResult {
        MapOmitsResult::of(Code::ArrayNewElem)
    }

    fn of(code: Code) -> MapOmitsResult {
        let hidden = BTreeMap::new();
        MapOmitsResult { code, hidden }
    }
}

/// Instructions of a module, and the registers that hold a result of `code` there.
fn hidden(module: &Module, code: Code) -> BTreeSet<(u32, u16)> {
    let mut hidden = BTreeSet::new();
    for body in &module.bodies {
        let range = of_body(module, body);
        let mut work: Vec<(u32, u16)> = range
            .clone()
            .filter(|pc| module.ops[*pc as usize].code == code)
            .map(|pc| (pc, module.ops[pc as usize].a))
            .collect();
        while let Some((from, register)) = work.pop() {
            for pc in from + 1..range.end {
                // Follow each value once.
                if !hidden.insert((pc, register)) {
                    break;
                }
                let op = module.ops[pc as usize];
                if op.code == Code::Move && op.b == register && op.a != register {
                    work.push((pc, op.a));
                }
                if writes(op, register) || ends_a_stretch(op) || op.code == Code::Loop {
                    break;
                }
            }
        }
    }
    hidden
}

impl Map for MapOmitsResult {
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        let FrameContext { module, frame, .. } = *context;
        let mut described = frame.references.clone();
        if let Some(at) = frame.code {
            let known = self.hidden.entry(at.instance);
            let hidden = known.or_insert_with(|| hidden(module, self.code));
            described.retain(|register| !hidden.contains(&(at.pc, *register)));
        }
        described
    }
}

/// X61, WebKit pull request 39721: the operands of `array.new_fixed` are no roots during its own
/// collection.
#[derive(Default)]
pub struct MapOmitsOwnOperands;

impl Map for MapOmitsOwnOperands {
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        let FrameContext { module, frame, .. } = *context;
        let mut described = frame.references.clone();
        let at = frame.code.filter(|_| frame.running);
        if let Some(op) = at.and_then(|at| module.ops.get(at.pc as usize))
            && op.code == Code::ArrayNewFixed
        {
            let operands = op.b..op.b.saturating_add(op.c);
            described.retain(|register| !operands.contains(register));
        }
        described
    }
}
