//! Collections, and the moments at which the inspector looks.

use super::Store;
use super::context::Inspector;
use super::roots::StoreRoots;
use super::view::View;
use crate::engine::actor::{Act, Actor, Deed};
use crate::engine::inspection::{Grain, Halt, Point};
use crate::engine::trap::Stop;
use crate::heap::{Heap, HeapError, Reclaims};

impl<H: Heap> Store<H> {
    /// Tells what the embedder does from now on, so that it is blamed for what
    /// it breaks. Lets the inspector look first, if it wants to look before every
    /// operation.
    pub fn begin(&mut self, deed: Deed, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.deed = deed;
        self.inspect_operations = inspector.grain() >= Grain::Every;
        match self.inspect_operations {
            true => self.embedder_acts(inspector),
            false => Ok(()),
        }
    }

    /// Lets the inspector look, before the embedder goes on with its deed.
    #[cold]
    pub(super) fn embedder_acts(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.inspect(Point::Operation, inspector)?;
        self.last_actor = Some(Actor::Embedder(self.deed));
        Ok(())
    }

    /// Notes who acted when the heap crashed or found itself corrupt. A corrupt
    /// heap is shown to the inspector, while the frames are still there: it may
    /// find out what has happened. A crash says so itself, and leaves the heap
    /// in the middle of something. The run is over either way. Does nothing if
    /// `stop` says otherwise, or if this was done already, further inside.
    pub fn inspect_corruption(&mut self, stop: &Stop, inspector: &mut dyn Inspector<H>) {
        if let (Stop::Corrupt(corruption), None) = (stop, self.corrupted) {
            let view = View {
                store: self,
                stack: &self.machine.stack,
            };
            self.corrupted = Some(view.cause(Point::Corruption));
            if !corruption.is_crash() {
                let _ = self.inspect(Point::Corruption, inspector);
            }
        }
    }

    /// Collects now. The running frame, if any, must be in `current`.
    #[inline]
    pub fn collect(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.collect_unseen(inspector)?;
        // What frees nothing has nothing to show, unless it is to be blamed.
        let shown = match self.heap.reclaims() {
            Reclaims::Nothing => self.inspect_operations,
            _ => inspector.grain() >= Grain::Collection,
        };
        if shown {
            self.inspect(Point::Collection, inspector)?;
        }
        Ok(())
    }

    /// Ends a run: collects once more, and lets the inspector look for the last
    /// time.
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
        if self.inspect_operations {
            // What the last operation broke is not to be blamed on this.
            self.inspect(Point::Operation, inspector)?;
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

    /// Lets the inspector look.
    pub fn inspect(&mut self, point: Point, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        let view = View {
            store: self,
            stack: &self.machine.stack,
        };
        let looked = inspector.inspect(point, view);
        if inspector.grain() >= Grain::Every {
            // From now on, whoever looks next can ask what has changed.
            self.heap.watch(true);
            self.heap.forget_changes();
        }
        looked.map_err(|Halt| Stop::Inspector)
    }
}
