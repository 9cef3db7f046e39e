//! Interfaces that a store calls during a run: the host, which answers imported
//! functions, and the inspector, through which the oracle observes the store.

use super::Store;
use super::view::View;
use crate::engine::actor::Location;
use crate::engine::inspection::{Grain, Halt, Point};
use crate::engine::limits::Resource;
use crate::engine::trap::{Stop, Trap};
use crate::heap::Heap;
use crate::types::TypeId;

/// The host and the inspector of a run.
///
/// Functions that may call a host function take both. Those that only collect
/// or inspect take the inspector alone.
pub struct Context<'a, H: Heap> {
    /// Answers imported functions.
    pub host: &'a mut dyn Host<H>,
    /// Looks at the store.
    pub inspector: &'a mut dyn Inspector<H>,
}

impl<'a, H: Heap> Context<'a, H> {
    /// A host and an inspector.
    pub fn new(host: &'a mut dyn Host<H>, inspector: &'a mut dyn Inspector<H>) -> Context<'a, H> {
        Context { host, inspector }
    }
}

/// A call from a module to a host function. Arguments and results are in
/// registers of the store; see [`Store::argument`] and [`Store::set_result`].
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct HostCall {
    /// The id that the host function was given when it was added.
    pub id: u32,
    /// Its type.
    pub ty: TypeId,
    pub(super) base: usize,
}

/// An embedder, which answers imported functions.
pub trait Host<H: Heap> {
    /// Answers a call. Results that are not set are zero or null. May call back
    /// into the store, with a [`Context`] of itself and `inspector`.
    fn call(
        &mut self,
        store: &mut Store<H>,
        call: HostCall,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop>;
}

/// A host without functions.
#[derive(Copy, Clone, Debug, Default)]
pub struct NoHost;

impl<H: Heap> Host<H> for NoHost {
    fn call(
        &mut self,
        _: &mut Store<H>,
        _: HostCall,
        _: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        Err(Trap::Host.into())
    }
}

/// An observer of a run.
pub trait Inspector<H: Heap> {
    /// How often to call [`Inspector::inspect`].
    fn grain(&self) -> Grain;

    /// Inspects the store. `Err` stops the run; the inspector remembers the reason.
    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt>;

    /// Bytes of memory that the run may take, if this is less than its limit.
    fn footprint(&self) -> u64 {
        u64::MAX
    }

    /// The resource that was not enough for an inspection, if the inspector
    /// stopped the run for this reason.
    fn over_budget(&self) -> Option<Resource> {
        None
    }

    /// Takes the reason, in words, why the inspector last stopped a run or would have
    /// stopped it. `line` maps instructions to lines of the modules' text.
    fn complaint(&mut self, line: &dyn Fn(Location) -> Option<u32>) -> Option<String> {
        let _ = line;
        None
    }

    /// Whether it is a failure if a heap finds itself corrupt. (This ends the
    /// run in any case.)
    fn minds_corruption(&self) -> bool {
        true
    }
}

/// An inspector that ignores everything.
#[derive(Copy, Clone, Debug, Default)]
pub struct NoInspector;

impl<H: Heap> Inspector<H> for NoInspector {
    fn grain(&self) -> Grain {
        Grain::End
    }

    fn inspect(&mut self, _: Point, _: View<'_, H>) -> Result<(), Halt> {
        Ok(())
    }
}
