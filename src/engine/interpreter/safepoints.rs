//! Moments at which something looks at the running frame: collections, and the
//! inspector.

use crate::engine::actor::Actor;
use crate::engine::inspection::Point;
use crate::engine::machine::Machine;
use crate::engine::store::Store;
use crate::engine::store::context::Inspector;
use crate::engine::trap::Stop;
use crate::heap::{GcRef, Heap, HeapError};
use crate::types::TypeId;

impl<H: Heap> Store<H> {
    /// Collects while the running frame is at a safepoint.
    #[cold]
    #[inline(never)]
    pub(super) fn collect_here(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.current = Some(self.machine.running);
        let done = self.collect(inspector);
        self.current = None;
        done
    }

    /// Before an instruction that touches the heap.
    #[inline]
    pub(super) fn touch(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        match self.inspect_operations {
            true => self.operation(inspector),
            false => Ok(()),
        }
    }

    /// Lets the inspector look before an instruction that touches the heap.
    #[cold]
    pub(super) fn operation(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.current = Some(self.machine.running);
        let looked = self.inspect(Point::Operation, inspector);
        self.current = None;
        looked?;
        let location = self.location(&self.machine.running);
        self.last_actor = Some(Actor::Instruction(location));
        Ok(())
    }

    /// Lets the inspector look if the heap has found itself corrupt in the running
    /// frame.
    #[cold]
    pub(super) fn stopped(&mut self, stop: Stop, inspector: &mut dyn Inspector<H>) -> Stop {
        self.current = Some(self.machine.running);
        self.inspect_corruption(&stop, inspector);
        self.current = None;
        stop
    }

    /// Allocates an object of a type, with `more` bytes of elements: lets the
    /// inspector look, charges the budget, passes a safepoint, and collects if
    /// there is no room. `new` is given the machine as it is after that, since a
    /// collection may change registers.
    #[inline]
    pub(super) fn allocate_here(
        &mut self,
        ty: TypeId,
        more: u64,
        inspector: &mut dyn Inspector<H>,
        new: impl Fn(&mut H, &Machine) -> Result<GcRef, HeapError>,
    ) -> Result<GcRef, Stop> {
        self.touch(inspector)?;
        let bytes = u64::from(self.object_bytes[ty.0 as usize]);
        self.charge_bytes(bytes + more)?;
        if self.machine.clock.allocation() || self.heap.wants_collection() {
            self.collect_here(inspector)?;
        }
        let mut made = new(&mut self.heap, &self.machine);
        if let Err(HeapError::Full) = made {
            self.collect_here(inspector)?;
            made = new(&mut self.heap, &self.machine);
        }
        Ok(made?)
    }
}
