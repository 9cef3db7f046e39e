//! The engine: stores, instances, linking and the interpreter.
//!
//! All of it is generic over the [`Heap`](crate::heap::Heap) and monomorphised for
//! each: the same compiled module runs under any collector. All limits but two count
//! logical quantities, so that every heap exceeds them at the same instruction.
//!
//! Files import in one direction: plain data is below `store`, and
//! `interpreter` is above it. Within `store`, the data comes first, then the
//! traits that a store calls (`context`), then its methods by kind.

mod actor;
mod budget;
mod funcs;
mod inspection;
mod instance;
mod interpreter;
mod limits;
mod machine;
mod schedule;
mod stack;
mod storage;
mod store;
mod trap;

pub use actor::{Act, Actor, Cause, Deed, HostDeed, Location};
pub use funcs::Func;
pub use inspection::{Grain, Halt, Owner, Point};
pub use instance::{Extern, Instance, LinkError};
pub use limits::{CEILING, Limits, MAX_REENTRY, Resource};
pub use schedule::Schedule;
pub use storage::{Memory, Table};
pub use store::Store;
pub use store::context::{Context, Host, HostCall, Inspector, NoHost, NoInspector};
pub use store::view::{FrameView, View};
pub use trap::{Stop, Trap, Traps};
