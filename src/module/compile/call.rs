//! Calls and exceptions.

use super::super::code::Code;
use super::super::maps::CatchKind;
use super::control::BlockKind;
use super::{Compiler, Refused};
use crate::types::TypeId;
use wasmparser::{Catch, TryTable};

impl Compiler<'_> {
    /// Emits a call to a function of type `ty` with its arguments on the stack.
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

    /// Emits a tail call, which moves its arguments to the bottom of the frame.
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
        // Label indices are relative to the outside of the block.
        let (params, _) = self.block_type(table.ty);
        let n = self.count(params);
        self.settle_locals();
        self.settle(n);
        // Landing pads come first, skipped by a jump. Caught values arrive in
        // the registers above the stack, and the pad branches on from there.
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
        self.open(BlockKind::Try(outer), table.ty);
        Ok(())
    }
}
