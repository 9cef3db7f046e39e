//! Maps that are wrong about a register at some instructions.

use super::code::{loops, of_body, writes};
use super::{FrameContext, Map};
use crate::heap::{CodePoint, GcRef, RawFrame};
use crate::module::{Code, Module};
use std::collections::BTreeMap;
use std::ops::Range;

/// W18, Wasmtime issues 10397 and 10399: the liveness analysis stopped before
/// its fixed point, and a value that only the outer of two loops needs was
/// missing from the maps of the inner one.
#[derive(Default)]
pub struct InnerLoopMapsOmitOuterValues {
    /// The pairs of nested loops, for each body of an instance.
    nested: BTreeMap<(u32, u32), Vec<Nested>>,
}

/// A loop, and one inside it.
type Nested = (Range<u32>, Range<u32>);

/// The loops of a body that are inside others, each with its outer loop.
fn nested(module: &Module, body: u32) -> Vec<Nested> {
    let loops = loops(module, &module.bodies[body as usize]);
    let inside = |inner: &Range<u32>, outer: &Range<u32>| {
        outer.start < inner.start && inner.end <= outer.end
    };
    let pairs = loops.iter().flat_map(|outer| {
        let inner = loops.iter().filter(move |inner| inside(inner, outer));
        inner.map(move |inner| (outer.clone(), inner.clone()))
    });
    pairs.collect()
}

/// Whether any of these instructions overwrites a register.
fn written(module: &Module, range: Range<u32>, register: u16) -> bool {
    let mut ops = module.ops[range.start as usize..range.end as usize].iter();
    ops.any(|op| writes(*op, register))
}

impl Map for InnerLoopMapsOmitOuterValues {
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        let FrameContext { module, frame, .. } = *context;
        let mut described = frame.references.clone();
        let Some(at) = frame.code else {
            return described;
        };
        let pairs = self.nested.entry((at.instance, at.body));
        for (outer, inner) in pairs.or_insert_with(|| nested(module, at.body)) {
            if inner.contains(&at.pc) {
                let carried = |register: u16| {
                    !written(module, inner.clone(), register)
                        && (written(module, outer.start..inner.start, register)
                            || written(module, inner.end..outer.end, register))
                };
                let locals = module.bodies[at.body as usize].locals;
                described.retain(|register| *register >= locals || !carried(*register));
            }
        }
        described
    }
}

/// W24, Wasmtime issues 13461 and 13498: a value that a loop changes and one that it
/// does not were spilled to the same place across a call. The maps describe the place
/// correctly, and all collectors agree on the value that is read back.
#[derive(Default)]
pub struct LoopSpillsCollide {
    /// For each place in the code of an instance where a frame was seen: a register that the
    /// innermost loop around it changes, and one that it does not, if there are both.
    pairs: BTreeMap<(u32, u32), Option<(usize, usize)>>,
}

/// The first reference local that the innermost loop around a place changes, and the first that it
/// does not.
fn changed_and_kept(module: &Module, at: &CodePoint, references: &[u16]) -> Option<(usize, usize)> {
    let body = &module.bodies[at.body as usize];
    let loops = loops(module, body);
    let around = loops.iter().rfind(|range| range.contains(&at.pc))?;
    let locals = references.iter().filter(|r| **r < body.locals);
    let changes = |r: &&u16| written(module, around.clone(), **r);
    let (changed, kept): (Vec<u16>, Vec<u16>) = locals.partition(changes);
    Some((usize::from(*changed.first()?), usize::from(*kept.first()?)))
}

impl Map for LoopSpillsCollide {
    fn disturb(&mut self, module: &Module, frame: &mut RawFrame<'_>) -> Option<bool> {
        let at = frame.code.filter(|_| !frame.running)?;
        let pair = self.pairs.entry((at.instance, at.pc));
        let find = || changed_and_kept(module, &at, &frame.references);
        let (changed, kept) = (*pair.or_insert_with(find))?;
        let wrong = frame.registers[kept] != frame.registers[changed];
        frame.registers[kept] = frame.registers[changed];
        Some(wrong)
    }
}

/// X1, WAMR issue 5070: a slot of the operand stack that held a reference kept its
/// tag when a number was written to it, and the number was traced as a reference.
#[derive(Default)]
pub struct NumberKeepsReferenceTag {
    /// The registers with such a tag, for each place in the code of an instance.
    tagged: BTreeMap<(u32, u32), Vec<u16>>,
}

/// The registers that held a reference somewhere before a place, and were last written a number.
fn tagged_numbers(module: &Module, at: &CodePoint) -> Vec<u16> {
    let body = &module.bodies[at.body as usize];
    let before = of_body(module, body).start..at.pc;
    let mut tagged = Vec::new();
    for pc in before.clone() {
        module.maps.visit(body, pc, |register| {
            if !tagged.contains(&register) {
                tagged.push(register);
            }
        });
    }
    tagged.retain(|register| {
        let mut earlier = before.clone().rev();
        let last = earlier.find(|pc| writes(module.ops[*pc as usize], *register));
        last.is_some_and(|pc| is_number(module.ops[pc as usize].code))
    });
    tagged
}

impl Map for NumberKeepsReferenceTag {
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        let FrameContext { module, frame, .. } = *context;
        let mut described = frame.references.clone();
        let Some(at) = frame.code else {
            return described;
        };
        let tagged = self.tagged.entry((at.instance, at.pc));
        for register in tagged.or_insert_with(|| tagged_numbers(module, &at)) {
            let value = frame.registers.get(usize::from(*register));
            let is_followed = value.is_some_and(|v| GcRef::from_register(*v).is_object());
            if is_followed && !described.contains(register) {
                described.push(*register);
            }
        }
        described
    }
}

/// Whether an instruction computes a number.
fn is_number(code: Code) -> bool {
    let code = code as u16;
    code >= Code::I32Eq as u16 || (Code::Load8 as u16..=Code::Load32S64 as u16).contains(&code)
}
