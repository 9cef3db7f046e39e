//! Blocks, branches, calls and exceptions.

use super::super::code::{Code, Op};
use super::super::maps::CatchKind;
use super::stack::Entry;
use super::{Compiler, Refused};
use crate::types::{TypeId, ValType};
use wasmparser::{BlockType, Catch, Operator, TryTable};

/// The end of a list of branches to be patched, which is threaded through
/// their targets.
const NO_BRANCH: u32 = u32::MAX;

/// What kind of block.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Kind {
    /// The body itself.
    Body,
    Block,
    /// A loop and its header.
    Loop(u32),
    /// An `if` before its `else`, and the branch that skips to it.
    If(u32),
    Else,
    /// A `try_table`, and the handler around it.
    Try(u32),
}

/// The values of one side of a block type.
#[derive(Copy, Clone, Debug)]
enum Values {
    None,
    /// One value.
    One(ValType),
    /// The parameters or results of a function type.
    Params(TypeId),
    Results(TypeId),
    /// The results of the body.
    Body,
}

/// An open block.
#[derive(Copy, Clone, Debug)]
pub(super) struct Ctrl {
    kind: Kind,
    /// Operands below the block's own.
    base: usize,
    params: Values,
    results: Values,
    /// The last branch to the end that is still to be patched.
    branches: u32,
}

/// A condition to branch on.
enum Condition {
    /// A register.
    Register(u16),
    /// A comparison, taken back from the code.
    Compare(Op),
}

impl Compiler<'_> {
    fn count(&self, values: Values) -> usize {
        match values {
            Values::None => 0,
            Values::One(_) => 1,
            Values::Params(id) => self.env.types.func(id).params.len(),
            Values::Results(id) => self.env.types.func(id).results.len(),
            Values::Body => self.results.len(),
        }
    }

    fn push_values(&mut self, values: Values) -> Result<(), Refused> {
        let env = self.env;
        match values {
            Values::None => Ok(()),
            Values::One(ty) => self.push_value(ty).map(|_| ()),
            Values::Params(id) => self.push_all(&env.types.func(id).params),
            Values::Results(id) => self.push_all(&env.types.func(id).results),
            Values::Body => self.push_all(self.results),
        }
    }

    /// Pushes results that stand in their homes.
    pub(super) fn push_all(&mut self, types: &[ValType]) -> Result<(), Refused> {
        for ty in types {
            self.push_value(*ty)?;
        }
        Ok(())
    }

    fn block_type(&self, ty: BlockType) -> (Values, Values) {
        match ty {
            BlockType::Empty => (Values::None, Values::None),
            BlockType::Type(ty) => (Values::None, Values::One(self.env.value_type(ty))),
            BlockType::FuncType(index) => {
                let id = self.env.type_id(index);
                (Values::Params(id), Values::Results(id))
            }
        }
    }

    pub(super) fn open_body(&mut self) {
        self.scratch.ctrls.push(Ctrl {
            kind: Kind::Body,
            base: 0,
            params: Values::None,
            results: Values::Body,
            branches: NO_BRANCH,
        });
    }

    /// Opens a block whose parameters are on the stack. All operands are
    /// brought to where every path expects them.
    fn open(&mut self, kind: Kind, ty: BlockType) {
        let (params, results) = self.block_type(ty);
        let n = self.count(params);
        self.settle_locals();
        self.settle(n);
        self.scratch.ctrls.push(Ctrl {
            kind,
            base: self.height() - n,
            params,
            results,
            branches: NO_BRANCH,
        });
    }

    pub(super) fn block(&mut self, ty: BlockType) {
        self.open(Kind::Block, ty);
    }

    pub(super) fn loop_(&mut self, ty: BlockType) {
        self.open(Kind::Loop(0), ty);
        self.bind();
        self.map();
        let header = self.op(Code::Loop, 0, 0, 0, 0);
        self.scratch.ctrls.last_mut().expect("just opened").kind = Kind::Loop(header);
        self.scratch.regions.push(1);
        self.bind();
    }

    pub(super) fn if_(&mut self, ty: BlockType) {
        let condition = self.condition();
        // The condition may be a local that is still on the stack as another
        // operand, or a comparison of homes above the block's parameters:
        // settling writes neither.
        self.open(Kind::If(0), ty);
        let skip = self.branch_on(condition, false, 0);
        self.scratch.ctrls.last_mut().expect("just opened").kind = Kind::If(skip);
        self.bind();
    }

    pub(super) fn else_(&mut self) -> Result<(), Refused> {
        let ctrl = *self.scratch.ctrls.last().expect("validated");
        if self.dead == 0 {
            self.settle(self.height() - ctrl.base);
            let jump = self.op(Code::Br, 0, 0, 0, ctrl.branches);
            self.scratch.ctrls.last_mut().expect("validated").branches = jump;
        }
        let Kind::If(skip) = ctrl.kind else {
            unreachable!("validated: else belongs to an if")
        };
        let here = self.pc();
        self.out.ops[skip as usize].imm = here;
        self.bind();
        self.dead = 0;
        self.scratch.ctrls.last_mut().expect("validated").kind = Kind::Else;
        self.truncate(ctrl.base);
        self.push_values(ctrl.params)
    }

    pub(super) fn end(&mut self) -> Result<(), Refused> {
        let live = self.dead == 0;
        let ctrl = *self.scratch.ctrls.last().expect("validated");
        if ctrl.kind == Kind::Body {
            if live {
                self.return_();
            }
            self.patch(ctrl.branches);
            self.scratch.ctrls.pop();
            self.dead = 1;
            return Ok(());
        }
        if live {
            self.settle(self.height() - ctrl.base);
        }
        match ctrl.kind {
            Kind::If(skip) => {
                let here = self.pc();
                self.out.ops[skip as usize].imm = here;
            }
            Kind::Loop(header) => {
                let cost = self.scratch.regions.pop().expect("pushed with the loop");
                self.out.ops[header as usize].imm = cost;
            }
            Kind::Try(outer) => {
                self.handler = outer;
                let here = self.pc();
                self.out.handlers.from(here, outer);
            }
            _ => {}
        }
        self.patch(ctrl.branches);
        self.bind();
        self.scratch.ctrls.pop();
        // The end of a loop, or of a block nobody leaves, is no more alive than
        // what stands before it.
        let reached = live || ctrl.branches != NO_BRANCH || matches!(ctrl.kind, Kind::If(_));
        self.truncate(ctrl.base);
        if reached {
            self.dead = 0;
            self.push_values(ctrl.results)?;
        } else {
            self.dead = 1;
        }
        Ok(())
    }

    /// Follows the structure of code that cannot be reached.
    pub(super) fn skip(&mut self, operator: &Operator<'_>) -> Result<(), Refused> {
        match operator {
            Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::If { .. }
            | Operator::TryTable { .. } => self.dead += 1,
            Operator::Else if self.dead == 1 => self.else_()?,
            Operator::End if self.dead == 1 => self.end()?,
            Operator::End => self.dead -= 1,
            _ => {}
        }
        Ok(())
    }

    fn patch(&mut self, mut branch: u32) {
        let here = self.pc();
        while branch != NO_BRANCH {
            let target = &mut self.out.ops[branch as usize].imm;
            branch = std::mem::replace(target, here);
        }
    }

    fn ctrl(&mut self, depth: u32) -> &mut Ctrl {
        let index = self.scratch.ctrls.len() - 1 - depth as usize;
        &mut self.scratch.ctrls[index]
    }

    /// How many values a branch to the block takes along.
    fn label_arity(&mut self, depth: u32) -> usize {
        let ctrl = *self.ctrl(depth);
        match ctrl.kind {
            Kind::Loop(_) => self.count(ctrl.params),
            _ => self.count(ctrl.results),
        }
    }

    /// The target of a new branch at `pc` to the block: the header of a loop,
    /// or a link in the list of branches to its end.
    fn target(&mut self, depth: u32, pc: u32) -> u32 {
        let ctrl = self.ctrl(depth);
        match ctrl.kind {
            Kind::Loop(header) => header,
            _ => std::mem::replace(&mut ctrl.branches, pc),
        }
    }

    /// Pops a condition, taking back the comparison that made it if that is
    /// the last instruction.
    fn condition(&mut self) -> Condition {
        let entry = self.pop();
        if let Some(home) = Self::at_home(entry)
            && let Some(&mut op) = self.last_op()
            && op.a == home
            && let Some((_, _, immediate)) = op.code.branch_forms()
            && (!immediate || i16::try_from(op.imm as i32).is_ok())
        {
            self.out.ops.pop();
            self.out.offsets.pop();
            return Condition::Compare(op);
        }
        Condition::Register(self.register(entry))
    }

    /// Emits a branch to `target` if the condition is `wanted`.
    fn branch_on(&mut self, condition: Condition, wanted: bool, target: u32) -> u32 {
        match condition {
            Condition::Register(b) => {
                let code = if wanted { Code::BrIf } else { Code::BrIfZero };
                self.op(code, 0, b, 0, target)
            }
            Condition::Compare(op) => {
                let (if_true, if_false, immediate) =
                    op.code.branch_forms().expect("checked when taken back");
                let code = if wanted { if_true } else { if_false };
                let c = if immediate { op.imm as u16 } else { op.c };
                self.op(code, 0, op.b, c, target)
            }
        }
    }

    /// Whether the top `n` operands stand where a branch to the block expects
    /// them, once they are home.
    fn in_place(&mut self, depth: u32, n: usize) -> bool {
        let ctrl = *self.ctrl(depth);
        ctrl.kind != Kind::Body && (n == 0 || ctrl.base == self.height() - n)
    }

    /// An unconditional branch. Leaves the operands alone.
    pub(super) fn br(&mut self, depth: u32) {
        if self.ctrl(depth).kind == Kind::Body {
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
    /// wants them.
    fn move_to_label(&mut self, depth: u32, from: u16) {
        let base = self.ctrl(depth).base;
        let to = self.home_at(base);
        let n = self.registers_from(from);
        if to != from && n > 0 {
            self.copy(to, from, n);
        }
    }

    /// The home of stack position `index`, which may be the next free one.
    fn home_at(&self, index: usize) -> u16 {
        self.scratch
            .stack
            .get(index)
            .map_or_else(|| self.next_home(), Entry::home)
    }

    pub(super) fn br_if(&mut self, depth: u32) {
        let condition = self.condition();
        self.conditional(condition, true, depth);
    }

    /// A conditional branch.
    fn conditional(&mut self, condition: Condition, wanted: bool, depth: u32) {
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
        // A null constant has been loaded by now; as an operand it stays one.
        self.conditional(Condition::Register(register), false, depth);
        self.push_again(entry)
    }

    pub(super) fn br_on_non_null(&mut self, depth: u32) {
        // The reference travels with the branch, so it is settled as an
        // operand and tested in its home.
        let n = self.label_arity(depth);
        self.settle(n);
        let home = self.top_home();
        self.conditional(Condition::Register(home), true, depth);
        self.pop();
    }

    /// `br_on_cast` and `br_on_cast_fail`: the instruction continues with the
    /// branch that follows it, or skips that.
    pub(super) fn br_on_cast(&mut self, code: Code, nullable: bool, ty: u32, depth: u32) {
        let n = self.label_arity(depth);
        self.settle(n);
        let home = self.top_home();
        self.map();
        self.op(code, 0, home, u16::from(nullable), ty);
        if self.in_place(depth, n) {
            self.br(depth);
        } else {
            // More than one instruction: branch over them.
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
        // Most entries are plain jumps. Where values must be moved, or the
        // function left, the jump leads to a stub; one per label.
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
            if self.ctrl(depth).kind == Kind::Body {
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

    /// Returns the results on top of the stack. Leaves the operands alone.
    pub(super) fn return_(&mut self) {
        if let [ty] = self.results
            && ty.lane().registers() == 1
        {
            // No need to bring it home first.
            let entry = *self.scratch.stack.last().expect("validated");
            let b = self.register(entry);
            self.op(Code::ReturnOne, 0, b, 0, 0);
            return;
        }
        let from = self.settle(self.results.len());
        self.return_from(from);
    }

    /// Returns the operands from home `from` up to the top.
    fn return_from(&mut self, from: u16) {
        match self.registers_from(from) {
            0 => self.op(Code::Return, 0, 0, 0, 0),
            1 => self.op(Code::ReturnOne, 0, from, 0, 0),
            n => self.op(Code::ReturnMany, 0, from, 0, u32::from(n)),
        };
    }

    /// Declares the code that follows unreachable.
    pub(super) fn die(&mut self) {
        self.dead = 1;
        let base = self.scratch.ctrls.last().expect("validated").base;
        self.truncate(base);
        self.bind();
    }

    /// Calls something of type `ty` whose arguments are on the stack.
    pub(super) fn call(
        &mut self,
        code: Code,
        ty: TypeId,
        b: u16,
        c: u16,
        imm: u32,
    ) -> Result<(), Refused> {
        let env = self.env;
        let ty = env.types.func(ty);
        let n = ty.params.len();
        let base = self.settle(n);
        self.truncate(self.height() - n);
        self.map();
        self.op(code, base, b, c, imm);
        self.push_all(&ty.results)
    }

    /// A tail call. Its arguments are moved to the bottom of the frame.
    pub(super) fn tail_call(&mut self, code: Code, ty: TypeId, b: u16, c: u16, imm: u32) {
        let n = self.env.types.func(ty).params.len();
        let base = self.settle(n);
        self.truncate(self.height() - n);
        self.map();
        self.op(code, base, b, c, imm);
        self.die();
    }

    pub(super) fn throw(&mut self, tag: u32) {
        let n = self
            .env
            .types
            .func(self.env.tags[tag as usize])
            .params
            .len();
        let base = self.settle(n);
        self.map();
        self.op(Code::Throw, 0, base, 0, tag);
        self.die();
    }

    pub(super) fn try_table(&mut self, table: &TryTable) -> Result<(), Refused> {
        // Labels are counted from outside the block.
        let (params, _) = self.block_type(table.ty);
        let n = self.count(params);
        self.settle_locals();
        self.settle(n);
        // Landing pads come first, skipped by a jump: what is caught arrives in
        // the registers above the stack and branches on from there.
        let enter = self.op(Code::Br, 0, 0, 0, 0);
        self.bind();
        let height = self.height();
        let register = self.next_home();
        let mut clauses = Vec::with_capacity(table.catches.len());
        for catch in &table.catches {
            let (kind, label) = match *catch {
                Catch::One { tag, label } => (CatchKind::One(tag), label),
                Catch::OneRef { tag, label } => (CatchKind::OneRef(tag), label),
                Catch::All { label } => (CatchKind::All, label),
                Catch::AllRef { label } => (CatchKind::AllRef, label),
            };
            if let CatchKind::One(tag) | CatchKind::OneRef(tag) = kind {
                let env = self.env;
                self.push_all(&env.types.func(env.tags[tag as usize]).params)?;
            }
            if let CatchKind::OneRef(_) | CatchKind::AllRef = kind {
                self.push(true)?;
            }
            clauses.push((kind, self.pc()));
            self.br(label);
            self.bind();
            self.truncate(height);
        }
        let here = self.pc();
        self.out.ops[enter as usize].imm = here;
        self.bind();
        let outer = self.handler;
        self.handler = self.out.handlers.add(outer, register, clauses.into_iter());
        self.out.handlers.from(here, self.handler);
        self.open(Kind::Try(outer), table.ty);
        Ok(())
    }
}
