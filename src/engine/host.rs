//! The world outside: imported functions.

use super::inspector::Inspector;
use super::store::Store;
use super::trap::{Stop, Trap};
use crate::heap::Heap;
use crate::types::TypeId;

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
    /// back into the store, passing itself and `inspector` on.
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
