//! Collections, and calls of the inspector.

use super::Store;
use super::context::Inspector;
use super::roots::StoreRoots;
use super::view::View;
use crate::engine::actor::{Act, Actor, Deed};
use crate::engine::inspection::{Grain, Halt, Point};
use crate::engine::trap::Stop;
use crate::heap::{Heap, HeapError, Reclaims};

impl<H: Heap> Store<H> {
    /// Announces the embedder's next action, so that changes to the heap are attributed
    /// to it. First calls the inspector, if its grain includes every operation.
    pub fn begin(&mut self, deed: Deed, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.deed = deed;
        self.inspect_operations = inspector.grain() >= Grain::Every;
        match self.inspect_operations {
            true => self.embedder_acts(inspector),
            false => Ok(()),
        }
    }

    /// Calls the inspector before the embedder continues with its action.
    #[cold]
    pub(super) fn embedder_acts(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.inspect(Point::Operation, inspector)?;
        self.last_actor = Some(Actor::Embedder(self.deed));
        Ok(())
    }

    /// Records the actor when the heap crashes or finds itself corrupt. Shows a
    /// corrupt heap to the inspector while the frames exist, since it may find
    /// the cause. A crash states its cause, and leaves the heap in an
    /// intermediate state. The run is over in both cases. Does nothing for any
    /// other `stop`, or if an inner call has done this already.
    pub fn inspect_corruption(&mut self, stop: &Stop, inspector: &mut dyn Inspector<H>) {
        let is_crash = match stop {
            Stop::Corrupt(corruption) => corruption.is_crash(),
            // The heap is sound, and the cause is known.
            Stop::NotFull(_) | Stop::TooMuch(_) => true,
            _ => return,
        };
        if self.corrupted.is_none() {
            let view = View {
                store: self,
                stack: &self.machine.stack,
            };
            self.corrupted = Some(view.cause(Point::Corruption));
            if !is_crash {
                let _ = self.inspect(Point::Corruption, inspector);
            }
        }
    }

    /// Collects now. The running frame, if any, must be in `current`.
    #[inline]
    pub fn collect(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.collect_unseen(inspector)?;
        // A collection that frees nothing needs no inspection, unless changes
        // are to be attributed to it.
        let shown = match self.heap.reclaims() {
            Reclaims::Nothing => self.inspect_operations,
            _ => inspector.grain() >= Grain::Collection,
        };
        if shown {
            self.inspect(Point::Collection, inspector)?;
        }
        Ok(())
    }

    /// Ends a run: collects a last time, and calls the inspector a last time.
    pub fn finish(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        let end = Deed {
            act: Act::End,
            ..Deed::default()
        };
        self.begin(end, inspector)?;
        self.collect_unseen(inspector)?;
        self.inspect(Point::End, inspector)
    }

    fn collect_unseen(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        if self.machine.clock.has_run_away() {
            return Err(Stop::RanAway);
        }
        if inspector.grain() >= Grain::Collecting {
            // Damage by the last operation must not be attributed to this collection.
            self.inspect(Point::Collecting, inspector)?;
        }
        self.spend(self.collection_work())?;
        let mut roots = StoreRoots {
            types: &self.types,
            instances: &mut self.instances,
            frames: &self.machine.frames,
            current: self.current,
            stack: &mut self.machine.stack,
            tables: &mut self.tables,
            globals: &self.globals,
            ref_globals: &mut self.ref_globals,
            handles: &mut self.handles,
            pending: &mut self.pending,
        };
        self.collecting = true;
        let collected = self.heap.collect(&mut roots);
        // A full heap is still sound, and a script goes on.
        if let Ok(()) | Err(HeapError::Full) = collected {
            self.collecting = false;
        }
        Ok(collected?)
    }

    /// Calls the inspector.
    pub fn inspect(&mut self, point: Point, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        let view = View {
            store: self,
            stack: &self.machine.stack,
        };
        let looked = inspector.inspect(point, view);
        if inspector.grain() >= Grain::Every {
            // From now on the heap records its changes until the next inspection.
            self.heap.watch(true);
            self.heap.forget_changes();
        }
        looked.map_err(|Halt| Stop::Inspector)
    }
}
