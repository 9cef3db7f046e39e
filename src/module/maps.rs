//! Side tables of compiled code: stack maps and exception handlers.
//!
//! A **stack map** lists, for one instruction, the registers of the frame that
//! may hold references into the heap while it executes. Every safepoint
//! (allocation, call, loop header, function entry) has a stack map. So has
//! every other instruction that touches the heap, so that the heap can be
//! audited between any two of them.
//!
//! A map has two parts. Locals of reference type are the same throughout a body
//! and are stored once. Operands differ from point to point, but a stack
//! changes at its top. So their maps are chains of cells that share tails, and
//! a module's maps take space linear in its code, however deep its stacks. The
//! exceptions are blocks and calls with thousands of results, whose code is
//! smaller than their cells; hence [`MAX_CELLS`].

use super::Body;
use std::ops::Range;

/// Maximum number of cells of a module: 128 MiB of them. Four bytes of code can require
/// a thousand cells, so a module of a few megabytes could exhaust memory.
const MAX_CELLS: usize = 1 << 24;

/// The end of a chain.
const END: u32 = u32::MAX;

/// Stands for a chain if the instruction has no map.
const NO_MAP: u32 = u32::MAX - 1;

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Cell {
    register: u16,
    below: u32,
}

/// All stack maps of a module.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StackMaps {
    /// The chain of each instruction. Indexed by instruction without a search,
    /// since a collection looks up every frame.
    chains: Vec<u32>,
    cells: Vec<Cell>,
    /// Ranges of registers holding locals of reference type; see
    /// [`Body::ref_locals`].
    pub locals: Vec<Range<u16>>,
}

/// A position in the chain of reference operands.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Chain(u32);

impl Chain {
    pub(super) const EMPTY: Chain = Chain(END);
}

impl StackMaps {
    /// Reserves memory for `ops` instructions and a typical number of their maps.
    pub(super) fn reserve(&mut self, ops: usize) {
        self.chains.reserve(ops);
        self.cells.reserve(ops / 4);
    }

    /// Adds a cell for `register` on top of `below`.
    pub(super) fn push(&mut self, register: u16, below: Chain) -> Chain {
        self.cells.push(Cell {
            register,
            below: below.0,
        });
        Chain(self.cells.len() as u32 - 1)
    }

    /// Whether the module has more than [`MAX_CELLS`] cells.
    pub(super) fn are_too_large(&self) -> bool {
        self.cells.len() > MAX_CELLS
    }

    /// Records the map of instruction `pc`. A second record for an instruction
    /// replaces the first.
    pub(super) fn record(&mut self, pc: u32, chain: Chain) {
        let at = pc as usize;
        if at >= self.chains.len() {
            self.chains.resize(at + 1, NO_MAP);
        }
        self.chains[at] = chain.0;
    }

    /// Gives the map of instruction `pc`, if any, to the instructions `to`,
    /// which come after all others.
    pub(super) fn repeat(&mut self, pc: u32, to: Range<u32>) {
        let chain = self.chain(pc);
        debug_assert!(self.chains.len() <= to.start as usize);
        self.chains.resize(to.start as usize, NO_MAP);
        self.chains.resize(to.end as usize, chain);
    }

    fn chain(&self, pc: u32) -> u32 {
        self.chains.get(pc as usize).copied().unwrap_or(NO_MAP)
    }
    /// The registers of a frame of `body` that hold locals of reference type.
    pub fn locals_of(&self, body: &Body) -> &[Range<u16>] {
        &self.locals[body.ref_locals.start as usize..body.ref_locals.end as usize]
    }

    /// The operand registers that may hold references at instruction `pc`, from
    /// the top of the stack down. Empty if the instruction has no map.
    pub fn operands_at(&self, pc: u32) -> impl Iterator<Item = u16> + '_ {
        let mut at = self.chain(pc);
        std::iter::from_fn(move || {
            let cell = self.cells.get(at as usize)?;
            at = cell.below;
            Some(cell.register)
        })
    }

    /// Calls `visit` for every register of a frame of `body` that may hold a
    /// reference at instruction `pc`. If the instruction has no map, visits
    /// only the locals and returns false.
    pub fn visit(&self, body: &Body, pc: u32, mut visit: impl FnMut(u16)) -> bool {
        for range in self.locals_of(body) {
            range.clone().for_each(&mut visit);
        }
        self.operands_at(pc).for_each(visit);
        self.chain(pc) != NO_MAP
    }
}

/// The kind of a catch clause: exceptions caught, and values passed on.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum CatchKind {
    /// `catch`: one tag; passes the payload.
    One(u32),
    /// `catch_ref`: one tag; passes the payload and the exception.
    OneRef(u32),
    /// `catch_all`: any exception; passes nothing.
    All,
    /// `catch_all_ref`: any exception; passes the exception.
    AllRef,
}

#[derive(Copy, Clone, PartialEq, Eq, Debug)]
struct Catch {
    kind: CatchKind,
    target: u32,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Handler {
    parent: u32,
    catches: Range<u32>,
    register: u16,
}

/// All exception handlers of a module: a tree of `try_table`s, and the
/// innermost handler of every stretch of code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Handlers {
    /// The first instruction of each stretch and the innermost handler from
    /// there on.
    stretches: Vec<(u32, u32)>,
    handlers: Vec<Handler>,
    catches: Vec<Catch>,
}

/// The clauses of one handler, in the order in which they are tried.
pub struct Catches<'a> {
    catches: &'a [Catch],
    /// First of the registers that receive the caught values.
    pub register: u16,
}

impl Catches<'_> {
    /// The kind and the target of each clause.
    pub fn iter(&self) -> impl Iterator<Item = (CatchKind, u32)> + '_ {
        self.catches.iter().map(|c| (c.kind, c.target))
    }
}

impl Handlers {
    /// The id of "no handler".
    pub(super) const NONE: u32 = END;

    /// Adds a handler inside `parent`.
    pub(super) fn add(
        &mut self,
        parent: u32,
        register: u16,
        catches: impl Iterator<Item = (CatchKind, u32)>,
    ) -> u32 {
        let start = self.catches.len() as u32;
        self.catches
            .extend(catches.map(|(kind, target)| Catch { kind, target }));
        self.handlers.push(Handler {
            parent,
            catches: start..self.catches.len() as u32,
            register,
        });
        self.handlers.len() as u32 - 1
    }

    /// Makes `handler` the innermost from instruction `pc` on.
    pub(super) fn from(&mut self, pc: u32, handler: u32) {
        match self.stretches.last_mut() {
            Some(last) if last.0 == pc => last.1 = handler,
            _ => self.stretches.push((pc, handler)),
        }
    }

    /// Gives the handlers around instruction `pc` to the instructions from `to`
    /// on, which come after all others.
    pub(super) fn repeat(&mut self, pc: u32, to: u32) {
        let handler = self.innermost(pc);
        self.from(to, handler);
    }

    /// The innermost handler around instruction `pc`.
    fn innermost(&self, pc: u32) -> u32 {
        let after = self.stretches.partition_point(|s| s.0 <= pc);
        self.stretches[..after].last().map_or(END, |s| s.1)
    }

    /// The handlers around instruction `pc`, innermost first.
    pub fn around(&self, pc: u32) -> impl Iterator<Item = Catches<'_>> {
        let mut at = self.innermost(pc);
        std::iter::from_fn(move || {
            let handler = self.handlers.get(at as usize)?;
            at = handler.parent;
            Some(Catches {
                catches: &self.catches
                    [handler.catches.start as usize..handler.catches.end as usize],
                register: handler.register,
            })
        })
    }
}
