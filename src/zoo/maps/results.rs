//! Faults that leave results of one instruction out of maps.

use super::code::{ends_a_stretch, of_body, writes};
use super::{Look, Map, Mapped};
use crate::module::{Code, Module};
use crate::zoo::Probe;
use std::collections::{BTreeMap, BTreeSet};

/// W20, Wasmtime issue 12862: the result of `select` was not declared to need a
/// place in stack maps.
pub fn w20(probe: Probe) -> Mapped<Undeclared> {
    Mapped::new(probe, Undeclared::new(Code::Select))
}

/// W21, Wasmtime issue 12935: the same for `array.new_data`.
pub fn w21(probe: Probe) -> Mapped<Undeclared> {
    Mapped::new(probe, Undeclared::new(Code::ArrayNewData))
}

/// W22, Wasmtime issue 12936: the same for `array.new_elem`.
pub fn w22(probe: Probe) -> Mapped<Undeclared> {
    Mapped::new(probe, Undeclared::new(Code::ArrayNewElem))
}

/// The results of one instruction are in no map, wherever they are moved within
/// straight-line code.
pub struct Undeclared {
    code: Code,
    /// The hidden registers by instruction, for each instance.
    hidden: BTreeMap<u32, BTreeSet<(u32, u16)>>,
}

impl Undeclared {
    fn new(code: Code) -> Undeclared {
        let hidden = BTreeMap::new();
        Undeclared { code, hidden }
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

impl Map for Undeclared {
    fn references(&mut self, look: &Look<'_>) -> Vec<u16> {
        let Look { module, frame, .. } = *look;
        let mut described = frame.references.clone();
        if let Some(at) = frame.code {
            let known = self.hidden.entry(at.instance);
            let hidden = known.or_insert_with(|| hidden(module, self.code));
            described.retain(|register| !hidden.contains(&(at.pc, *register)));
        }
        described
    }
}
