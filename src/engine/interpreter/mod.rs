//! The interpreter: one loop over register code, monomorphised per heap.
//!
//! The loop ([`stretch`]) executes instructions that need no heap. Each of the
//! others is a function that the loop calls, so that the loop's state stays in
//! machine registers:
//!
//! | class | file |
//! |---|---|
//! | single objects | [`objects`], [`cast`] |
//! | whole arrays, memories and tables | [`arrays`], [`memories`], [`tables`] |
//! | calls that may leave the body | [`frames`] |
//! | exceptions | [`throw`] |
//!
//! These work on the [`Machine`](super::machine::Machine), which stores the
//! running frame for users of the whole stack: collections, audits and the host
//! ([`safepoints`]).
//!
//! The speed of the loop depends on the number of machine instructions for each
//! of its instructions, and on the distance between jumps. So registers are a
//! [`Window`](super::stack::Window) that needs no bounds check, and code is a
//! slice that gets shorter. After a jump, an addition or a load, the loop tries
//! a branch first, before it enters the big `match` again.

mod arrays;
mod branch;
mod cast;
mod float;
mod flow;
mod frames;
mod inside;
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
use flow::StretchEnd;
use std::sync::Arc;

impl<H: Heap> Store<H> {
    /// Runs a body until it returns. Its arguments are in registers from `base`
    /// on, where its results replace them.
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
        // One round per change of instance and per caught exception.
        loop {
            let instance = self.machine.running.instance;
            let module = Arc::clone(&self.instances[instance as usize].module);
            match self.stretch(&module, floor, entering, cx) {
                Ok(StretchEnd::Left) => return Ok(()),
                Ok(StretchEnd::Moved { entering: new }) => entering = new,
                Ok(StretchEnd::Threw) => return Err(Stop::Exception),
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
