//! Who a store turns to while it runs: the host, which answers imported
//! functions, and the inspector, which is the door for the oracle.

use super::Store;
use super::view::View;
use crate::engine::actor::Location;
use crate::engine::inspection::{Grain, Halt, Point};
use crate::engine::limits::Resource;
use crate::engine::trap::{Stop, Trap};
use crate::heap::Heap;
use crate::types::TypeId;

/// The two that a run is given to, as one value.
///
/// Whatever may call a host function takes both. What only collects or looks
/// takes the inspector alone.
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
    /// Which host function: the id it was given when it was linked.
    pub id: u32,
    /// Its type.
    pub ty: TypeId,
    pub(super) base: usize,
}

/// An embedder: whoever answers imported functions.
pub trait Host<H: Heap> {
    /// Answers a call. Results that are not set are zero or null. May call
    /// back into the store, with a [`Context`] of itself and `inspector`.
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

/// Someone who looks at a run.
pub trait Inspector<H: Heap> {
    /// How often to be called.
    fn grain(&self) -> Grain;

    /// Looks. `Err` stops the run; the inspector remembers why.
    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt>;

    /// Bytes of memory that the run may take, where that is less than its limits
    /// say.
    fn footprint(&self) -> u64 {
        u64::MAX
    }

    /// What looking would need more of than the run may have, if that is why the
    /// inspector has stopped it.
    fn over_budget(&self) -> Option<Resource> {
        None
    }

    /// Takes, in words, why the inspector has last stopped a run or would have.
    /// `line` knows the lines of instructions in the modules' text.
    fn complaint(&mut self, line: &dyn Fn(Location) -> Option<u32>) -> Option<String> {
        let _ = line;
        None
    }

    /// Whether it is a failure if a heap notices that it is corrupt. (It ends the
    /// run either way.)
    fn minds_corruption(&self) -> bool {
        true
    }
}

/// An inspector that does not look.
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
