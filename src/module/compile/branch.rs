//! Branches and returns.

use super::super::code::{Code, Op};
use super::control::{BlockKind, Ctrl};
use super::stack::Entry;
use super::{Compiler, Refused};

/// A condition to branch on.
pub(super) enum Condition {
    /// A register.
    Register(u16),
    /// A comparison, removed from the code.
    Compare(Op),
}

impl Compiler<'_> {
    pub(super) fn ctrl(&mut self, depth: u32) -> &mut Ctrl {
        let index = self.scratch.ctrls.len() - 1 - depth as usize;
        &mut self.scratch.ctrls[index]
    }

    /// Number of values that a branch to the block carries.
    pub(super) fn label_arity(&mut self, depth: u32) -> usize {
        let ctrl = *self.ctrl(depth);
        match ctrl.kind {
            BlockKind::Loop(_) => self.count(ctrl.params),
            _ => self.count(ctrl.results),
        }
    }

    /// The target of a new branch at `pc` to the block: the header of a loop,
    /// or a link in the list of branches to its end.
    pub(super) fn target(&mut self, depth: u32, pc: u32) -> u32 {
        let ctrl = self.ctrl(depth);
        match ctrl.kind {
            BlockKind::Loop(header) => header,
            _ => std::mem::replace(&mut ctrl.branches, pc),
        }
    }

    /// Pops a condition. If the last instruction is the comparison that made
    /// it, removes that instruction.
    pub(super) fn condition(&mut self) -> Condition {
        let entry = self.pop();
        if let Some(home) = Self::at_home(entry)
            && let Some(&mut op) = self.last_op()
            && op.a == home
            && op.code.branch_forms().is_some()
        {
            self.out.ops.pop();
            self.out.offsets.pop();
            return Condition::Compare(op);
        }
        Condition::Register(self.register(entry))
    }

    /// Emits a branch to `target` if the condition equals `wanted`.
    pub(super) fn branch_on(&mut self, condition: Condition, wanted: bool, target: u32) -> u32 {
        match condition {
            Condition::Register(b) => {
                let code = if wanted { Code::BrIf } else { Code::BrIfZero };
                self.count_and_branch(code, b);
                self.op(code, 0, b, 0, target)
            }
            Condition::Compare(op) => {
                let (if_true, if_false, immediate) =
                    op.code.branch_forms().expect("checked when taken back");
                let code = if wanted { if_true } else { if_false };
                self.count_and_branch(code, op.b);
                match immediate {
                    true => self.emit(Op::compare(code, op.b, op.imm, target)),
                    false => self.op(code, 0, op.b, op.c, target),
                }
            }
        }
    }

    /// Fuses the last instruction with the branch on register `b` that is about
    /// to follow, if the former computes the sum in `b`.
    fn count_and_branch(&mut self, branch: Code, b: u16) {
        if let Some(op) = self.last_op()
            && op.code == Code::I32AddImm
            && op.a == b
            && let Some(count) = branch.count_form()
        {
            op.code = count;
        }
    }

    /// Whether the top `n` operands, once home, are where a branch to the block
    /// expects them.
    pub(super) fn in_place(&mut self, depth: u32, n: usize) -> bool {
        let ctrl = *self.ctrl(depth);
        ctrl.kind != BlockKind::Body && (n == 0 || ctrl.base == self.height() - n)
    }

    /// Emits an unconditional branch. Keeps the operands on the stack.
    pub(super) fn br(&mut self, depth: u32) {
        if self.ctrl(depth).kind == BlockKind::Body {
            self.return_();
            return;
        }
        let n = self.label_arity(depth);
        if n > 0 {
            let from = self.settle(n);
            self.move_to_label(depth, from);
        }
        let pc = self.pc();
        let target = self.target(depth, pc);
        self.op(Code::Br, 0, 0, 0, target);
    }

    /// Copies the operands from home `from` up to the top to where the block
    /// expects them.
    pub(super) fn move_to_label(&mut self, depth: u32, from: u16) {
        let base = self.ctrl(depth).base;
        let to = self.home_at(base);
        let n = self.registers_from(from);
        if to != from && n > 0 {
            self.copy(to, from, n);
        }
    }

    /// The home of stack position `index`, which may be the next free position.
    pub(super) fn home_at(&self, index: usize) -> u16 {
        self.scratch
            .stack
            .get(index)
            .map_or_else(|| self.next_home(), Entry::home)
    }

    pub(super) fn br_if(&mut self, depth: u32) {
        let condition = self.condition();
        self.conditional(condition, true, depth);
    }

    /// Emits a conditional branch.
    pub(super) fn conditional(&mut self, condition: Condition, wanted: bool, depth: u32) {
        let n = self.label_arity(depth);
        self.settle(n);
        if self.in_place(depth, n) {
            let pc = self.pc();
            let target = self.target(depth, pc);
            self.branch_on(condition, wanted, target);
        } else {
            let skip = self.branch_on(condition, !wanted, 0);
            self.br(depth);
            let here = self.pc();
            self.out.ops[skip as usize].imm = here;
        }
        self.bind();
    }

    pub(super) fn br_on_null(&mut self, depth: u32) -> Result<(), Refused> {
        let entry = self.pop();
        let register = self.register(entry);
        // A null constant is loaded by now; the operand remains a constant.
        self.conditional(Condition::Register(register), false, depth);
        self.push_again(entry)
    }

    pub(super) fn br_on_non_null(&mut self, depth: u32) {
        // The branch carries the reference, so it is settled as an operand and
        // tested in its home.
        let n = self.label_arity(depth);
        self.settle(n);
        let home = self.top_home();
        self.conditional(Condition::Register(home), true, depth);
        self.pop();
    }

    /// `br_on_cast` and `br_on_cast_fail`: emits the test, which executes the
    /// following branch or skips it.
    pub(super) fn br_on_cast(&mut self, code: Code, nullable: bool, ty: u32, depth: u32) {
        let n = self.label_arity(depth);
        self.settle(n);
        let home = self.top_home();
        self.map();
        self.op(code, 0, home, u16::from(nullable), ty);
        if self.in_place(depth, n) {
            self.br(depth);
        } else {
            // The branch takes several instructions, so jump over them.
            let over = self.op(Code::Br, 0, 0, 0, 0);
            let around = self.op(Code::Br, 0, 0, 0, 0);
            let here = self.pc();
            self.out.ops[over as usize].imm = here;
            self.br(depth);
            let here = self.pc();
            self.out.ops[around as usize].imm = here;
        }
        self.bind();
    }

    pub(super) fn br_table(&mut self, targets: &wasmparser::BrTable<'_>) -> Result<(), Refused> {
        let index = self.pop_register();
        let n = self.label_arity(targets.default());
        let from = self.settle(n);
        self.op(Code::BrTable, 0, index, 0, targets.len());
        let first = self.pc();
        // Most entries are plain jumps. An entry that must move values or leave
        // the function jumps to a stub, of which there is one per label.
        let mut stubs: std::collections::BTreeMap<u32, Vec<u32>> = Default::default();
        for depth in targets.targets().chain([Ok(targets.default())]) {
            let depth = depth?;
            let pc = self.pc();
            if self.in_place(depth, n) {
                let target = self.target(depth, pc);
                self.op(Code::Br, 0, 0, 0, target);
            } else {
                stubs.entry(depth).or_default().push(pc);
                self.op(Code::Br, 0, 0, 0, 0);
            }
        }
        debug_assert_eq!(self.pc() - first, targets.len() + 1);
        for (depth, jumps) in stubs {
            let here = self.pc();
            for jump in jumps {
                self.out.ops[jump as usize].imm = here;
            }
            if self.ctrl(depth).kind == BlockKind::Body {
                self.return_from(from);
            } else {
                self.move_to_label(depth, from);
                let pc = self.pc();
                let target = self.target(depth, pc);
                self.op(Code::Br, 0, 0, 0, target);
            }
        }
        self.die();
        Ok(())
    }

    /// Returns the results on top of the stack. Keeps the operands on the stack.
    pub(super) fn return_(&mut self) {
        if let [ty] = self.results
            && ty.storage_kind().registers() == 1
        {
            // The result need not be brought home first.
            let entry = *self.scratch.stack.last().expect("validated");
            let b = self.register(entry);
            self.op(Code::ReturnOne, 0, b, 0, 0);
            return;
        }
        let from = self.settle(self.results.len());
        self.return_from(from);
    }

    /// Returns the operands from home `from` up to the top.
    pub(super) fn return_from(&mut self, from: u16) {
        match self.registers_from(from) {
            0 => self.op(Code::Return, 0, 0, 0, 0),
            1 => self.op(Code::ReturnOne, 0, from, 0, 0),
            n => self.op(Code::ReturnMany, 0, from, 0, u32::from(n)),
        };
    }

    /// Marks the following code unreachable.
    pub(super) fn die(&mut self) {
        self.dead = 1;
        let base = self.scratch.ctrls.last().expect("validated").base;
        self.truncate(base);
        self.bind();
    }
}

#[cfg(test)]
mod tests {
    use crate::module::{Code, Module};
    use std::sync::Arc;

    /// The instruction before the first conditional branch of a function with
    /// an `i32` parameter and another `i32` local.
    fn before_the_branch(body: &str) -> Code {
        let text = format!("(module (func (param i32) (local i32) {body}))");
        let wasm = wat::parse_str(text).unwrap();
        let module = Module::new(&wasm, &mut Arc::default()).unwrap();
        let is_branch = |code| Code::BrIf as u16 <= code && code <= Code::BrI64GeU as u16;
        let mut pairs = module.ops.windows(2);
        let pair = pairs.find(|pair| is_branch(pair[1].code as u16)).unwrap();
        pair[0].code
    }

    #[test]
    fn a_sum_and_the_branch_on_it_are_one_instruction() {
        let sum = "(local.tee 0 (i32.add (local.get 0) (i32.const 1)))";
        for (branch, code) in [
            (format!("(br_if 0 {sum})"), Code::I32CountIf),
            (
                format!("(br_if 0 (i32.ne {sum} (i32.const 9)))"),
                Code::I32CountNe,
            ),
            (
                format!("(br_if 0 (i32.lt_s {sum} (i32.const 9)))"),
                Code::I32CountLtS,
            ),
            (
                format!("(br_if 0 (i32.lt_u {sum} (i32.const 9)))"),
                Code::I32CountLtU,
            ),
            (
                format!("(br_if 0 (i32.gt_u {sum} (i32.const 9)))"),
                Code::I32AddImm,
            ),
            (format!("(br_if 0 (i32.eqz {sum}))"), Code::I32AddImm),
            // The branch tests another local.
            (
                format!("(drop {sum}) (br_if 0 (local.get 1))"),
                Code::I32AddImm,
            ),
        ] {
            let body = format!("(loop {branch})");
            assert_eq!(before_the_branch(&body), code, "{body}");
        }
    }
}
