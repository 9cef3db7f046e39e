//! Edits to compiled code: replacement of one instruction by a sequence.
//!
//! This recreates known faults of code generators, and is not used by the
//! harness itself. In a copy of the module, the output of the faulty generator
//! replaces the output of this crate's compiler.

use super::{Code, Module, Op};
use std::ops::Range;

/// The place of a sequence.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The instruction to replace.
    pub op: Op,
    /// The index of the sequence's first instruction.
    pub start: u32,
    /// The instruction at which execution continues afterwards.
    pub end: u32,
    /// First of the sequence's scratch registers.
    pub scratch: u16,
}

/// Code in the place of a single instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sequence {
    /// Its instructions.
    pub code: Range<u32>,
    /// Whether the replaced instruction may touch the heap.
    pub is_operation: bool,
}

impl Module {
    /// Replaces instruction `pc` by a jump to a sequence, which ends with a
    /// jump to the instruction behind `pc`. The sequence may use `scratch`
    /// additional registers, whose values last until its end. All of it has the
    /// stack map, handlers and source offset of the replaced instruction.
    ///
    /// Returns false, without a change, if the frame would become too large.
    pub fn patch(&mut self, pc: u32, scratch: u16, sequence: impl FnOnce(Site) -> Vec<Op>) -> bool {
        let Some(body) = self.body_at(pc) else {
            return false;
        };
        let first = self.bodies[body].frame;
        let Some(frame) = first.checked_add(scratch) else {
            return false;
        };
        self.bodies[body].frame = frame;
        let start = self.ops.len() as u32;
        let site = Site {
            op: self.ops[pc as usize],
            start,
            end: pc + 1,
            scratch: first,
        };
        self.ops.extend(sequence(site));
        self.ops.push(Op::new(Code::Br, 0, 0, 0, site.end));
        self.ops[pc as usize] = Op::new(Code::Br, 0, 0, 0, start);
        let end = self.ops.len() as u32;
        self.offsets.resize(end as usize, self.offsets[pc as usize]);
        self.maps.repeat(pc, start..end);
        self.handlers.repeat(pc, start);
        self.sequences.push(Sequence {
            code: start..end,
            is_operation: !site.op.code.is_control(),
        });
        true
    }

    /// The sequence that contains instruction `pc`.
    pub(crate) fn sequence_at(&self, pc: u32) -> Option<&Sequence> {
        let after = self.sequences.partition_point(|s| s.code.start <= pc);
        let last = self.sequences.get(after.checked_sub(1)?)?;
        last.code.contains(&pc).then_some(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_sequence_has_the_map_the_handlers_and_the_source_of_what_it_replaces() {
        let text = r#"(module
            (type $s (struct (field (mut anyref))))
            (func (export "run") (param anyref) (result anyref)
              (block $caught (result exnref)
                (try_table (result anyref) (catch_all_ref $caught)
                  (struct.get $s 0 (struct.new $s (local.get 0))))
                (return))
              (throw_ref)))"#;
        let wasm = wat::parse_str(text).unwrap();
        let mut module = Module::new(&wasm, &mut Arc::default()).unwrap();
        let pc = module.ops.iter().position(|op| op.code == Code::StructNew);
        let pc = pc.unwrap() as u32;
        let old = module.clone();
        let body = old.bodies.iter().position(|b| b.func == 0).unwrap();
        assert!(module.patch(pc, 2, |site| {
            assert_eq!(site.op, old.ops[pc as usize]);
            assert_eq!(site.scratch, old.bodies[body].frame);
            vec![Op::constant(site.scratch, 7), site.op]
        }));
        assert_eq!(module.bodies[body].frame, old.bodies[body].frame + 2);
        let start = old.ops.len() as u32;
        assert_eq!(module.ops[pc as usize], Op::new(Code::Br, 0, 0, 0, start));
        assert_eq!(module.ops.len(), old.ops.len() + 3);
        assert_eq!(module.ops.last().unwrap().imm, pc + 1);
        let sequence = module.sequence_at(start + 1).unwrap();
        assert_eq!(
            (&sequence.code, sequence.is_operation),
            (&(start..start + 3), true)
        );
        assert_eq!(module.sequence_at(start - 1), None);
        assert_eq!(module.sequence_at(start + 3), None);
        let map = |module: &Module, pc: u32| {
            let mut registers = Vec::new();
            let found = module
                .maps
                .visit(&module.bodies[body], pc, |r| registers.push(r));
            (found, registers)
        };
        for new in start..start + 3 {
            assert_eq!(map(&module, new), map(&old, pc));
            assert_eq!(module.offsets[new as usize], old.offsets[pc as usize]);
            assert_eq!(module.handlers.around(new).count(), 1);
        }
        // Another sequence, at code without a handler.
        let end = old.ops.iter().position(|op| op.code == Code::ThrowRef);
        assert!(module.patch(end.unwrap() as u32, 0, |site| vec![site.op]));
        let last = module.ops.len() as u32 - 1;
        assert_eq!(module.handlers.around(last).count(), 0);
        assert_eq!(module.handlers.around(start).count(), 1);
        // No room for more registers.
        for body in &mut module.bodies {
            body.frame = u16::MAX;
        }
        let full = module.ops.clone();
        assert!(!module.patch(pc, 1, |_| unreachable!()));
        assert_eq!(module.ops, full);
    }
}
