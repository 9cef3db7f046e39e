//! The engine: stores, instances, linking and the interpreter.
//!
//! Everything is generic over the [`Heap`](crate::heap::Heap), and monomorphised
//! for each: the same compiled module runs under any collector. All limits
//! count logical quantities, so that every heap runs out at the same
//! instruction.

mod allocate;
mod budget;
mod call;
mod funcs;
mod host;
mod initialise;
mod inspector;
mod instance;
mod interpreter;
mod items;
mod limits;
mod machine;
mod roots;
mod schedule;
mod stack;
mod storage;
mod store;
mod trap;

pub use budget::Resource;
pub use host::{Host, HostCall, NoHost};
pub use inspector::{
    Act, Actor, Cause, Deed, Grain, Halt, HostDeed, Inspector, Location, NoInspector, Owner, Point,
    View,
};
pub use instance::{Extern, Instance, LinkError};
pub use limits::{CEILING, Limits, MAX_REENTRY};
pub use schedule::Schedule;
pub use storage::{Memory, PAGE, Table};
pub use store::{Func, Store};
pub use trap::{Stop, Trap};
