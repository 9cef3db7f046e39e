//! Points at which collections and the inspector examine the running frame.

use crate::engine::actor::Actor;
use crate::engine::inspection::Point;
use crate::engine::machine::Machine;
use crate::engine::store::Store;
use crate::engine::store::context::Inspector;
use crate::engine::trap::Stop;
use crate::heap::{GcRef, Heap, HeapError};
use crate::types::TypeId;

impl<H: Heap> Store<H> {
    /// Collects. The running frame is at a safepoint.
    #[cold]
    #[inline(never)]
    pub(super) fn collect_here(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        self.current = Some(self.machine.running);
        let done = self.collect(inspector);
        self.current = None;
        done
    }

    /// Collects at the entry of the running frame.
    #[cold]
    #[inline(never)]
    pub(super) fn collect_at_entry(
        &mut self,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.entering = true;
        let done = self.collect_here(inspector);
        self.entering = false;
        done
    }

    /// Prepares an allocation of the running frame that is special.
    #[cold]
    #[inline(never)]
    pub(super) fn special_allocation(
        &mut self,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.current = Some(self.machine.running);
        let done = self.before_allocation(inspector);
        self.current = None;
        done
    }

    /// Makes room for an allocation of the running frame that the heap has refused.
    #[cold]
    #[inline(never)]
    pub(super) fn make_room_here(
        &mut self,
        tries: &mut u32,
        bytes: u64,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        self.current = Some(self.machine.running);
        let done = self.make_room(tries, bytes, inspector);
        self.current = None;
        done
    }

    /// Inspects before an instruction that touches the heap, if requested.
    #[inline]
    pub(super) fn touch(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        match self.inspect_operations {
            true => self.operation(inspector),
            false => Ok(()),
        }
    }

    /// Calls the inspector before an instruction that touches the heap.
    #[cold]
    pub(super) fn operation(&mut self, inspector: &mut dyn Inspector<H>) -> Result<(), Stop> {
        if self.continues_a_sequence() {
            return Ok(());
        }
        self.current = Some(self.machine.running);
        let looked = self.inspect(Point::Operation, inspector);
        self.current = None;
        looked?;
        let location = self.location(&self.machine.running);
        self.last_actor = Some(Actor::Instruction(location));
        Ok(())
    }

    /// Whether the instruction belongs to an edit, and is not the first of it that touches the heap:
    /// the edit stands for one instruction.
    fn continues_a_sequence(&mut self) -> bool {
        let frame = self.machine.running;
        let module = &self.instances[frame.instance as usize].module;
        let Some(sequence) = module.sequence_at(frame.pc) else {
            self.last_in_sequence = None;
            return false;
        };
        let here = (self.machine.frames.len(), sequence.code.start, frame.pc);
        let last = self.last_in_sequence.replace(here);
        let continues = last
            .is_some_and(|(depth, start, pc)| (depth, start) == (here.0, here.1) && pc < frame.pc);
        continues || !sequence.is_operation
    }

    /// Calls the inspector if the heap has found itself corrupt in the running frame.
    #[cold]
    pub(super) fn stopped(&mut self, stop: Stop, inspector: &mut dyn Inspector<H>) -> Stop {
        self.current = Some(self.machine.running);
        self.inspect_corruption(&stop, inspector);
        self.current = None;
        stop
    }

    /// Allocates an object of a type, with `more` bytes of elements. Calls the
    /// inspector, charges the budget, passes a safepoint, and collects if there
    /// is no room. `new` receives the machine afterwards, since a collection
    /// may change registers.
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
            self.special_allocation(inspector)?;
        }
        let mut tries = 0;
        loop {
            match new(&mut self.heap, &self.machine) {
                Err(HeapError::Full) => self.make_room_here(&mut tries, bytes + more, inspector)?,
                made => return Ok(made?),
            }
        }
    }
}
