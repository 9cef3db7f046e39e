//! The interpreter: one loop over register code, monomorphised per heap.
//!
//! Instructions that need no heap are part of the loop ([`stretch`]). Each of the
//! others has a function, which the loop calls, to keep its own state in registers
//! of the processor:
//!
//! | class | file |
//! |---|---|
//! | single objects | [`objects`], [`cast`] |
//! | whole arrays, memories and tables | [`arrays`], [`memories`], [`tables`] |
//! | calls that may leave the body | [`frames`] |
//! | exceptions | [`throw`] |
//!
//! For them everything is in the [`Machine`](super::machine::Machine): whatever
//! looks at the stack as a whole (collections, audits, the host; [`safepoints`])
//! finds the running frame on record there.
//!
//! What limits the loop is how many instructions of the processor one of ours
//! takes, and how far it is from one jump to the next. So registers are a
//! [`Window`](super::stack::Window) that needs no check of an index, code is a slice that gets shorter,
//! and after a jump, an addition or a load a branch is looked for before the one
//! big `match` is entered again.

mod arrays;
mod branch;
mod cast;
mod float;
mod flow;
mod frames;
mod memories;
mod objects;
mod safepoints;
mod stretch;
mod tables;
mod throw;
mod vector;

use super::machine::Frame;
use super::store::Store;
use super::store::context::Context;
use super::trap::Stop;
use crate::heap::Heap;
use flow::Ended;
use std::sync::Arc;

impl<H: Heap> Store<H> {
    /// Runs a body whose arguments are in registers from `base` on, until it
    /// returns; its results are there then.
    pub(super) fn execute(
        &mut self,
        instance: u32,
        body: u32,
        base: usize,
        cx: &mut Context<'_, H>,
    ) -> Result<(), Stop> {
        let floor = self.machine.frames.len();
        self.machine.running = Frame {
            instance,
            body,
            pc: 0,
            base: base as u32,
            top: base as u32,
        };
        let mut entering = true;
        // One round per change of instance, and per exception.
        loop {
            let instance = self.machine.running.instance;
            let module = Arc::clone(&self.instances[instance as usize].module);
            match self.stretch(&module, floor, entering, cx) {
                Ok(Ended::Left) => return Ok(()),
                Ok(Ended::Moved { entering: new }) => entering = new,
                Ok(Ended::Threw) => return Err(Stop::Exception),
                Err(Stop::Exception) => {
                    match self.unwind(floor) {
                        Ok(()) => {}
                        Err(Stop::Exception) => return Err(Stop::Exception),
                        Err(stop) => return Err(self.stopped(stop, cx.inspector)),
                    }
                    entering = false;
                }
                Err(stop) => return Err(self.stopped(stop, cx.inspector)),
            }
        }
    }
}
