//! Blocks: their begin and end, and reachability in between.

use super::super::code::Code;
use super::{Compiler, Refused};
use crate::types::{TypeId, ValType};
use wasmparser::{BlockType, Operator};

/// The end of a list of branches to be patched. Their target fields link the list.
const NO_BRANCH: u32 = u32::MAX;

/// The kind of a block.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum BlockKind {
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
pub(super) enum Values {
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
    pub kind: BlockKind,
    /// Number of operands below the block's own.
    pub base: usize,
    pub params: Values,
    pub results: Values,
    /// The last branch to the end that is not yet patched.
    pub branches: u32,
}

impl Compiler<'_> {
    pub(super) fn count(&self, values: Values) -> usize {
        match values {
            Values::None => 0,
            Values::One(_) => 1,
            Values::Params(id) => self.env.types.func(id).params.len(),
            Values::Results(id) => self.env.types.func(id).results.len(),
            Values::Body => self.results.len(),
        }
    }

    pub(super) fn push_values(&mut self, values: Values) -> Result<(), Refused> {
        let env = self.env;
        match values {
            Values::None => Ok(()),
            Values::One(ty) => self.push_value(ty).map(|_| ()),
            Values::Params(id) => self.push_all(&env.types.func(id).params),
            Values::Results(id) => self.push_all(&env.types.func(id).results),
            Values::Body => self.push_all(self.results),
        }
    }

    /// Pushes results that are already in their homes.
    pub(super) fn push_all(&mut self, types: &[ValType]) -> Result<(), Refused> {
        for ty in types {
            self.push_value(*ty)?;
        }
        Ok(())
    }

    pub(super) fn block_type(&self, ty: BlockType) -> (Values, Values) {
        match ty {
            BlockType::Empty => (Values::None, Values::None),
            BlockType::Type(ty) => (Values::None, Values::One(self.env.value_type(ty))),
            BlockType::FuncType(index) => {
                let id = self.env.type_id(index);
                (Values::Params(id), Values::Results(id))
            }
        }
    }

    /// Opens the block of the body itself.
    pub(super) fn open_outermost(&mut self) {
        self.scratch.ctrls.push(Ctrl {
            kind: BlockKind::Body,
            base: 0,
            params: Values::None,
            results: Values::Body,
            branches: NO_BRANCH,
        });
    }

    /// Opens a block with its parameters on the stack. Moves all operands to
    /// where every path expects them.
    pub(super) fn open(&mut self, kind: BlockKind, ty: BlockType) {
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
        self.open(BlockKind::Block, ty);
    }

    pub(super) fn loop_(&mut self, ty: BlockType) {
        self.open(BlockKind::Loop(0), ty);
        self.bind();
        self.map();
        let header = self.op(Code::Loop, 0, 0, 0, 0);
        self.scratch.ctrls.last_mut().expect("just opened").kind = BlockKind::Loop(header);
        self.scratch.regions.push(1);
        self.bind();
    }

    pub(super) fn if_(&mut self, ty: BlockType) {
        let condition = self.condition();
        // The condition may be a local that is also another operand on the
        // stack, or a comparison of homes above the block's parameters.
        // Settling writes neither.
        self.open(BlockKind::If(0), ty);
        let skip = self.branch_on(condition, false, 0);
        self.scratch.ctrls.last_mut().expect("just opened").kind = BlockKind::If(skip);
        self.bind();
    }

    pub(super) fn else_(&mut self) -> Result<(), Refused> {
        let ctrl = *self.scratch.ctrls.last().expect("validated");
        if self.dead == 0 {
            self.settle(self.height() - ctrl.base);
            let jump = self.op(Code::Br, 0, 0, 0, ctrl.branches);
            self.scratch.ctrls.last_mut().expect("validated").branches = jump;
        }
        let BlockKind::If(skip) = ctrl.kind else {
            unreachable!("validated: else belongs to an if")
        };
        let here = self.pc();
        self.out.ops[skip as usize].imm = here;
        self.bind();
        self.dead = 0;
        self.scratch.ctrls.last_mut().expect("validated").kind = BlockKind::Else;
        self.truncate(ctrl.base);
        self.push_values(ctrl.params)
    }

    pub(super) fn end(&mut self) -> Result<(), Refused> {
        let live = self.dead == 0;
        let ctrl = *self.scratch.ctrls.last().expect("validated");
        if ctrl.kind == BlockKind::Body {
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
            BlockKind::If(skip) => {
                let here = self.pc();
                self.out.ops[skip as usize].imm = here;
            }
            BlockKind::Loop(header) => {
                let cost = self.scratch.regions.pop().expect("pushed with the loop");
                self.out.ops[header as usize].imm = cost;
            }
            BlockKind::Try(outer) => {
                self.handler = outer;
                let here = self.pc();
                self.out.handlers.from(here, outer);
            }
            _ => {}
        }
        self.patch(ctrl.branches);
        self.bind();
        self.scratch.ctrls.pop();
        // The end of a loop, or of a block without branches to its end, is
        // reachable only if the code before it is.
        let reached = live || ctrl.branches != NO_BRANCH || matches!(ctrl.kind, BlockKind::If(_));
        self.truncate(ctrl.base);
        if reached {
            self.dead = 0;
            self.push_values(ctrl.results)?;
        } else {
            self.dead = 1;
        }
        Ok(())
    }

    /// Tracks the block structure of unreachable code.
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

    pub(super) fn patch(&mut self, mut branch: u32) {
        let here = self.pc();
        while branch != NO_BRANCH {
            let target = &mut self.out.ops[branch as usize].imm;
            branch = std::mem::replace(target, here);
        }
    }
}
