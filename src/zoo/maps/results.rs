//! Results of one instruction that are missing from maps.

use super::code::{ends_a_stretch, of_body, writes};
use super::{Look, Map, Mapped};
use crate::module::{Code, Module};
use crate::zoo::Probe;
use std::collections::BTreeSet;
use std::sync::Arc;

/// W20, Wasmtime issue 12862: the result of `select` was not declared to need a
/// place in stack maps.
pub fn w20(probe: Probe, module: &Arc<Module>) -> Mapped<Undeclared> {
    undeclared(probe, module, Code::Select)
}

/// W21, Wasmtime issue 12935: nor was that of `array.new_data`.
pub fn w21(probe: Probe, module: &Arc<Module>) -> Mapped<Undeclared> {
    undeclared(probe, module, Code::ArrayNewData)
}

/// W22, Wasmtime issue 12936: nor that of `array.new_elem`.
pub fn w22(probe: Probe, module: &Arc<Module>) -> Mapped<Undeclared> {
    undeclared(probe, module, Code::ArrayNewElem)
}

/// The results of some instruction are in no map, wherever they are moved, as
/// far as straight-line code goes.
pub struct Undeclared {
    /// Instruction and register.
    hidden: BTreeSet<(u32, u16)>,
}

fn undeclared(probe: Probe, module: &Arc<Module>, code: Code) -> Mapped<Undeclared> {
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
                // Each value is followed once.
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
    Mapped {
        probe,
        module: Arc::clone(module),
        map: Undeclared { hidden },
    }
}

impl Map for Undeclared {
    fn references(&mut self, look: &Look<'_>) -> Vec<u16> {
        let Look { frame, .. } = *look;
        let mut described = frame.references.clone();
        if let Some(at) = frame.code {
            described.retain(|register| !self.hidden.contains(&(at.pc, *register)));
        }
        described
    }
}
