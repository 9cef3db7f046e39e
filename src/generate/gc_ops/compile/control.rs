//! Blocks, loops, branches, handlers and exceptions.
//!
//! The operations of a function are a flat list in which some open a block and others close it.
//! Blocks left open are closed at the end, and a close without an open block does nothing, so every
//! list is well nested.

use super::body::{BUDGET, Body};
use super::env;
use crate::generate::gc_ops::program::{Heap, Op, OpKind, Ty};
use wasm_encoder::{BlockType, Catch, ValType};

/// Maximum depth of nested blocks; deeper ones are ignored. There is a loop counter for each level.
pub(super) const DEPTH: usize = 4;

/// Maximum number of times that the body of nested loops runs in all.
const TIMES: u64 = 24;

/// An open block.
pub(super) struct OpenBlock {
    pub open: Open,
    /// Number of labels in scope directly inside the label that leaves the block.
    pub exit: u32,
    /// How often the surrounding code runs.
    pub times: u64,
}

/// What is to be closed.
pub(super) enum Open {
    Block,
    If {
        has_else: bool,
    },
    Loop {
        counter: u32,
        params: Vec<Ty>,
    },
    Try {
        caught: Vec<Ty>,
    },
    /// Values wait under the block; see [`Body::hold`].
    Held {
        types: Vec<Ty>,
        twice: bool,
    },
}

impl Body<'_> {
    pub(super) fn open(&mut self, op: Op) {
        if self.frames.len() >= DEPTH {
            return;
        }
        let [a, b, c, _] = op.with;
        let exit = self.depth + 1;
        let times = self.times;
        let count = 2 + u64::from(a % 5);
        let may_loop = times * count <= TIMES && self.cost < BUDGET / 2;
        let open = match op.kind {
            OpKind::Loop if may_loop => {
                let counter = (self.slots.len() + self.frames.len()) as u32;
                self.i().i32_const(count as i32).local_set(counter);
                self.i().block(BlockType::Empty);
                let params = (c & 3 == 3).then(|| self.parameters(b)).flatten();
                let (ty, params) = params.unwrap_or((BlockType::Empty, Vec::new()));
                self.i().loop_(ty);
                self.depth += 2;
                self.times *= count;
                Open::Loop { counter, params }
            }
            OpKind::If => {
                self.value(Ty::I32);
                self.i().i32_const(1 + i32::from(b % 3)).i32_and();
                self.i().if_(BlockType::Empty);
                self.depth += 1;
                Open::If { has_else: false }
            }
            OpKind::Try => self.open_try(a, b, c),
            _ => {
                self.i().block(BlockType::Empty);
                self.depth += 1;
                Open::Block
            }
        };
        self.frames.push(OpenBlock { open, exit, times });
    }

    /// The handler leaves an inner block with the caught values; completion without an exception
    /// leaves the outer one.
    fn open_try(&mut self, how: u8, which: u8, fallback: u8) -> Open {
        let tags = &self.env.program.tags;
        let which = usize::from(which).checked_rem(tags.len());
        let with_tag = |tag: usize| (self.env.tag_type(tag), tags[tag].clone(), tag as u32);
        let exn = Ty::null(Heap::Exn);
        let (ty, caught, catch) = match (how % 4, which.map(with_tag)) {
            (0, Some((ty, caught, tag))) => {
                let ty = BlockType::FunctionType(ty + 1);
                (ty, caught, Catch::One { tag, label: 0 })
            }
            (1 | 2, Some((ty, mut caught, tag))) => {
                caught.push(exn);
                let ty = BlockType::FunctionType(ty + 2);
                (ty, caught, Catch::OneRef { tag, label: 0 })
            }
            (3, _) => {
                let ty = BlockType::Result(ValType::EXNREF);
                (ty, vec![exn], Catch::AllRef { label: 0 })
            }
            _ => (BlockType::Empty, Vec::new(), Catch::All { label: 0 }),
        };
        let all = Catch::All { label: 1 };
        // Half of the handlers of one tag let other exceptions pass.
        let mut catches = vec![catch];
        catches.extend((fallback & 1 == 0).then_some(all));
        self.i().block(BlockType::Empty).block(ty);
        self.i().try_table(BlockType::Empty, catches);
        self.depth += 3;
        Open::Try { caught }
    }

    pub(super) fn otherwise(&mut self) {
        if let Some(OpenBlock {
            open: Open::If { has_else },
            ..
        }) = self.frames.last_mut()
            && !*has_else
        {
            *has_else = true;
            self.i().else_();
        }
    }

    /// Closes the innermost block, if there is one.
    pub(super) fn close(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        match frame.open {
            Open::Block | Open::If { .. } => {
                self.i().end();
            }
            Open::Loop { counter, params } => {
                // New values for the next turn, or the same ones.
                if self.pick.one_in(2) {
                    self.put_all(params.clone());
                    for ty in &params {
                        self.value(*ty);
                    }
                }
                self.i().local_get(counter).i32_const(1).i32_sub();
                self.i().local_tee(counter).br_if(0).end();
                self.put_all(params);
                self.i().end();
            }
            Open::Held { types, twice } => {
                self.i().end();
                self.depth = frame.exit - 1;
                self.release(types, twice);
            }
            Open::Try { caught } => {
                self.i().end().br(1).end();
                for ty in caught.into_iter().rev() {
                    let choice = self.pick.bits() as u8;
                    self.put(ty, choice);
                }
                self.i().end();
            }
        }
        self.depth = frame.exit - 1;
        self.times = frame.times;
    }

    /// Branches out of one of the open blocks, sometimes.
    pub(super) fn leave(&mut self, choice: u8) {
        let Some(nth) = usize::from(choice).checked_rem(self.frames.len()) else {
            return;
        };
        let exit = self.frames[nth].exit;
        self.value(Ty::I32);
        let label = self.depth - exit;
        self.i().i32_const(3).i32_and().i32_eqz().br_if(label);
    }

    /// Throws, mostly inside a new handler: few of the operations before it opened one.
    pub(super) fn throw(&mut self, op: Op) {
        let [a, b, c, d] = op.with;
        let own = d % 4 != 0 && self.frames.len() < DEPTH;
        if own {
            let exit = self.depth + 1;
            let times = self.times;
            let open = self.open_try(c, b, d);
            self.frames.push(OpenBlock { open, exit, times });
        }
        let handled = self
            .frames
            .iter()
            .any(|f| matches!(f.open, Open::Try { .. }));
        let tags = &self.env.program.tags;
        self.begin();
        // An exception without a handler in this function mostly ends the call, so it is rarer.
        self.rarely(if handled { 1 } else { 7 });
        if op.kind == OpKind::ThrowRef {
            if let Some(slot) = self.slot(a, |ty| ty.heap() == Some(Heap::Exn)) {
                self.unless_null(slot);
                self.i().local_get(slot.index).throw_ref();
            }
        } else if let Some(tag) = usize::from(b).checked_rem(tags.len()) {
            for ty in &tags[tag] {
                self.value(*ty);
            }
            self.i().throw(tag as u32);
        }
        self.done();
        if own {
            self.close();
        }
    }

    /// Pushes a new exception, or null if there is no tag.
    pub(super) fn make_exception(&mut self) {
        let (tags, exn) = (&self.env.program.tags, ValType::EXNREF);
        let which = self.pick.below(tags.len());
        if let Some(params) = tags.get(which) {
            let catch = Catch::AllRef { label: 0 };
            self.i().block(BlockType::Result(exn));
            self.i().try_table(BlockType::Empty, [catch]);
            for ty in params {
                self.env.make(&mut self.code, *ty, 1, &mut self.pick);
            }
            self.i().throw(which as u32).end();
        }
        self.i().ref_null(env::heap_type(Heap::Exn));
        if !tags.is_empty() {
            self.i().end();
        }
    }

    pub(super) fn early_return(&mut self) {
        let results = &self.env.program.funcs[self.func].sig.results;
        self.begin();
        self.rarely(7);
        for ty in results {
            self.value(*ty);
        }
        self.i().return_();
        self.done();
    }
}
