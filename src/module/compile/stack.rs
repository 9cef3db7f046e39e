//! The operand stack at compile time, with the location of every operand's value.

use super::super::code::{Code, Op};
use super::super::maps::Chain;
use super::{Compiler, Local, Refused};
use crate::types::{StorageKind, ValType};

/// The location of a value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Loc {
    /// In the home register of its stack position.
    Home,
    /// Still in the local it was read from.
    Local(u16),
    /// A constant that is not loaded yet.
    Const(u64),
}

/// One operand.
#[derive(Copy, Clone, Debug)]
pub(super) struct Entry {
    loc: Loc,
    /// The home register, the first of two for a vector.
    home: u16,
    /// Number of its registers. Only one-register constants are [`Loc::Const`].
    width: u8,
    /// Whether it may be a reference into the heap.
    pub gc: bool,
    /// The stack map up to and including this entry. Valid below [`Compiler::mapped`].
    chain: Chain,
}

impl Entry {
    /// The home register.
    pub(super) fn home(&self) -> u16 {
        self.home
    }

    /// Whether it is a vector and takes two registers.
    pub(super) fn is_wide(&self) -> bool {
        self.width == 2
    }
}

/// Maximum number of operands left in locals. More would make the search on
/// every `local.set` long, and real functions do not have them.
const MAX_DEFERRED: usize = 32;

impl Compiler<'_> {
    /// The height of the stack in operands.
    pub(super) fn height(&self) -> usize {
        self.scratch.stack.len()
    }

    /// The home of the next operand to be pushed.
    pub(super) fn next_home(&self) -> u16 {
        self.scratch
            .stack
            .last()
            .map_or(self.locals, |e| e.home.saturating_add(u16::from(e.width)))
    }

    /// Number of registers of the operands from home `first` up to the top.
    pub(super) fn registers_from(&self, first: u16) -> u16 {
        self.next_home() - first
    }

    fn push_entry(&mut self, loc: Loc, gc: bool, width: u8) -> Result<u16, Refused> {
        let home = self.next_home();
        let end = u32::from(home) + u32::from(width);
        if end > u32::from(u16::MAX) {
            return Err(self.frame_too_large());
        }
        self.frame = self.frame.max(end);
        self.scratch.stack.push(Entry {
            loc,
            home,
            width,
            gc,
            chain: Chain::EMPTY,
        });
        Ok(home)
    }

    /// Pushes an operand that an instruction will write to its home. Returns
    /// the home.
    pub(super) fn push(&mut self, gc: bool) -> Result<u16, Refused> {
        self.push_entry(Loc::Home, gc, 1)
    }

    /// Like [`Compiler::push`], for a vector.
    pub(super) fn push_vector(&mut self) -> Result<u16, Refused> {
        self.push_entry(Loc::Home, false, 2)
    }

    /// Like [`Compiler::push`], for a value of type `ty`.
    pub(super) fn push_value(&mut self, ty: ValType) -> Result<u16, Refused> {
        self.push_kind(ty.storage_kind())
    }

    /// Like [`Compiler::push`], for a value of storage kind `kind`.
    pub(super) fn push_kind(&mut self, kind: StorageKind) -> Result<u16, Refused> {
        self.push_entry(Loc::Home, kind == StorageKind::Gc, kind.registers() as u8)
    }

    /// The home of the top operand. The stack must not be empty.
    pub(super) fn top_home(&self) -> u16 {
        self.scratch.stack.last().expect("validated").home
    }

    /// Pushes a constant.
    pub(super) fn push_const(&mut self, bits: u64, gc: bool) -> Result<(), Refused> {
        self.push_entry(Loc::Const(bits), gc, 1).map(|_| ())
    }

    /// Pushes a constant vector and loads it at once.
    pub(super) fn push_const_vector(&mut self, bits: u128) -> Result<(), Refused> {
        let home = self.push_vector()?;
        self.emit(Op::constant(home, bits as u64));
        self.emit(Op::constant(home + 1, (bits >> 64) as u64));
        Ok(())
    }

    /// Pushes the value of a local without copying it.
    pub(super) fn push_local(&mut self, local: Local) -> Result<(), Refused> {
        if self.scratch.deferred.len() == MAX_DEFERRED {
            let oldest = self.scratch.deferred.remove(0);
            self.copy_home(oldest as usize);
        }
        self.scratch.deferred.push(self.height() as u32);
        let Local {
            register,
            gc,
            width,
        } = local;
        self.push_entry(Loc::Local(register), gc, width).map(|_| ())
    }

    /// Pushes a popped, unchanged entry again.
    pub(super) fn push_again(&mut self, entry: Entry) -> Result<(), Refused> {
        let Entry { gc, width, .. } = entry;
        match entry.loc {
            Loc::Home => self.push_entry(Loc::Home, gc, width).map(|_| ()),
            Loc::Const(bits) => self.push_const(bits, gc),
            Loc::Local(register) => self.push_local(Local {
                register,
                gc,
                width,
            }),
        }
    }

    /// Pops an operand.
    pub(super) fn pop(&mut self) -> Entry {
        let entry = self.scratch.stack.pop().expect("validated");
        if let Loc::Local(_) = entry.loc {
            self.scratch.deferred.pop();
        }
        self.mapped = self.mapped.min(self.height());
        entry
    }

    /// Removes operands above `height`.
    pub(super) fn truncate(&mut self, height: usize) {
        self.scratch.stack.truncate(height);
        let deferred = &mut self.scratch.deferred;
        while deferred.last().is_some_and(|&i| i as usize >= height) {
            deferred.pop();
        }
        self.mapped = self.mapped.min(height);
    }

    /// The register that holds a popped operand, the first of two for a vector.
    /// Loads a constant if necessary.
    pub(super) fn register(&mut self, entry: Entry) -> u16 {
        match entry.loc {
            Loc::Home => entry.home,
            Loc::Local(register) => register,
            Loc::Const(bits) => {
                self.emit(Op::constant(entry.home, bits));
                entry.home
            }
        }
    }

    /// Pops an operand into a register.
    pub(super) fn pop_register(&mut self) -> u16 {
        let entry = self.pop();
        self.register(entry)
    }

    /// The value of a popped operand if it is a constant.
    pub(super) fn constant(entry: Entry) -> Option<u64> {
        match entry.loc {
            Loc::Const(bits) => Some(bits),
            _ => None,
        }
    }

    /// The home of a popped operand if its value is there.
    pub(super) fn at_home(entry: Entry) -> Option<u16> {
        (entry.loc == Loc::Home).then_some(entry.home)
    }

    /// Copies entry `index` to its home. The caller must have removed it from
    /// the list of deferred entries.
    fn copy_home(&mut self, index: usize) {
        let entry = self.scratch.stack[index];
        match entry.loc {
            Loc::Home => return,
            Loc::Local(register) => self.copy(entry.home, register, u16::from(entry.width)),
            Loc::Const(bits) => {
                self.emit(Op::constant(entry.home, bits));
            }
        };
        self.scratch.stack[index].loc = Loc::Home;
        self.mapped = self.mapped.min(index);
    }

    /// Copies `n` registers starting at `from` to those starting at `to`.
    pub(super) fn copy(&mut self, to: u16, from: u16, n: u16) {
        match n {
            1 => self.op(Code::Move, to, from, 0, 0),
            n => self.op(Code::MoveMany, to, from, 0, u32::from(n)),
        };
    }

    /// Brings the top `n` operands home. Returns the home of the lowest; the
    /// others follow without gaps.
    pub(super) fn settle(&mut self, n: usize) -> u16 {
        let from = self.height() - n;
        let deferred = &mut self.scratch.deferred;
        while deferred.last().is_some_and(|&i| i as usize >= from) {
            deferred.pop();
        }
        for index in from..self.height() {
            self.copy_home(index);
        }
        self.scratch
            .stack
            .get(from)
            .map_or_else(|| self.next_home(), |e| e.home)
    }

    /// Brings operands in locals home. Where paths meet, an operand must be in
    /// the same place on every path. Constants do not depend on the path.
    pub(super) fn settle_locals(&mut self) {
        for i in 0..self.scratch.deferred.len() {
            self.copy_home(self.scratch.deferred[i] as usize);
        }
        self.scratch.deferred.clear();
    }

    /// Brings home operands in local `register`, which is about to change.
    /// Returns whether there were any.
    pub(super) fn save_local(&mut self, register: u16) -> bool {
        let mut saved = false;
        let mut i = 0;
        while i < self.scratch.deferred.len() {
            let index = self.scratch.deferred[i] as usize;
            if self.scratch.stack[index].loc == Loc::Local(register) {
                self.scratch.deferred.remove(i);
                self.copy_home(index);
                saved = true;
            } else {
                i += 1;
            }
        }
        saved
    }

    /// The last instruction, if changing it is still allowed.
    pub(super) fn last_op(&mut self) -> Option<&mut Op> {
        if self.out.ops.len() > self.fence {
            self.out.ops.last_mut()
        } else {
            None
        }
    }

    /// Fixes the instructions so far, since a branch leads here.
    pub(super) fn bind(&mut self) {
        self.fence = self.out.ops.len();
    }

    /// Pops an operand into local `register`. Changes the destination of the
    /// instruction that made it, or copies.
    pub(super) fn pop_into_local(&mut self, register: u16) {
        let entry = self.pop();
        let saved = self.save_local(register);
        if let (Some(home), false) = (Self::at_home(entry), saved)
            && let Some(op) = self.last_op()
            && op.code.has_destination()
            && op.a == home
        {
            op.a = register;
            return;
        }
        match entry.loc {
            Loc::Const(bits) => {
                self.emit(Op::constant(register, bits));
            }
            Loc::Local(from) if from == register => {}
            Loc::Local(from) => self.copy(register, from, u16::from(entry.width)),
            Loc::Home => self.copy(register, entry.home, u16::from(entry.width)),
        }
    }

    /// Records the stack map of the next instruction: the locals, and every
    /// reference operand at home. The map of locals covers operands in locals;
    /// constants are null.
    pub(super) fn map(&mut self) {
        let mut chain = match self.mapped {
            0 => Chain::EMPTY,
            n => self.scratch.stack[n - 1].chain,
        };
        for index in self.mapped..self.height() {
            let entry = self.scratch.stack[index];
            if entry.gc && entry.loc == Loc::Home {
                chain = self.out.maps.push(entry.home, chain);
            }
            self.scratch.stack[index].chain = chain;
        }
        self.mapped = self.height();
        let pc = self.pc();
        self.out.maps.record(pc, chain);
    }
}
