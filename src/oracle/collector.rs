//! The collectors of this crate, by name.

use super::heap_subject::HeapSubject;
use super::subject::SharedSubject;
use crate::heap::Heap;
use crate::heap::copying::Copying;
use crate::heap::drc::{Drc, Policy};
use crate::heap::model::Model;
use crate::heap::null::Null;
use std::fmt;
use std::sync::Arc;

/// A collector of this crate.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Collector {
    /// Never frees.
    Null,
    /// Deferred reference counting.
    Drc,
    /// Semi-space copying.
    Copying,
    /// The naive model.
    Model,
}

/// Makes the decisions of a counting heap: those of a fault.
#[derive(Clone)]
pub struct PolicyMaker(Arc<dyn Fn() -> Box<dyn Policy> + Send + Sync>);

impl PolicyMaker {
    /// A policy for every heap that is made.
    pub fn new(make: impl Fn() -> Box<dyn Policy> + Send + Sync + 'static) -> PolicyMaker {
        PolicyMaker(Arc::new(make))
    }

    /// One of them.
    pub fn make(&self) -> Box<dyn Policy> {
        (self.0)()
    }
}

impl fmt::Debug for PolicyMaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PolicyMaker")
    }
}

impl Collector {
    /// All collectors.
    pub const ALL: [Collector; 4] = [
        Collector::Null,
        Collector::Drc,
        Collector::Copying,
        Collector::Model,
    ];

    /// Its name, as `-C collector=` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Collector::Null => "null",
            Collector::Drc => "drc",
            Collector::Copying => "copying",
            Collector::Model => "model",
        }
    }

    /// A new heap of this kind, behind a pointer: for whatever stands in front
    /// of a heap.
    pub fn heap(self) -> Box<dyn Heap> {
        match self {
            Collector::Null => Box::new(Null::new(MAX_BYTES)),
            Collector::Drc => Box::new(Drc::new(MAX_BYTES)),
            Collector::Copying => Box::new(Copying::new(MAX_BYTES)),
            Collector::Model => Box::new(Model::new(MAX_BYTES)),
        }
    }

    /// The collector as a subject; the counting one with a policy that is not
    /// the sound one, if any is given.
    pub fn subject(self, policy: Option<PolicyMaker>) -> SharedSubject {
        match (self, policy) {
            (Collector::Null, _) => HeapSubject::shared(|| Null::new(MAX_BYTES)),
            (Collector::Drc, None) => HeapSubject::shared(|| Drc::new(MAX_BYTES)),
            (Collector::Drc, Some(policy)) => HeapSubject::shared(move || -> Box<dyn Heap> {
                Box::new(Drc::with_policy(MAX_BYTES, policy.make()))
            }),
            (Collector::Copying, _) => HeapSubject::shared(|| Copying::new(MAX_BYTES)),
            // Behind a pointer, as is whatever does not run on every case: each
            // copy of the interpreter takes the compiler half a minute.
            (Collector::Model, _) => Arc::new(HeapSubject::model(|| Collector::Model.heap())),
        }
    }
}

impl From<Collector> for SharedSubject {
    fn from(collector: Collector) -> SharedSubject {
        collector.subject(None)
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Collector {
    type Err = String;

    fn from_str(text: &str) -> Result<Collector, String> {
        let found = Collector::ALL.into_iter().find(|c| c.name() == text);
        found.ok_or_else(|| {
            let names: Vec<&str> = Collector::ALL.iter().map(|c| c.name()).collect();
            format!("no collector {text:?}; there are {}", names.join(", "))
        })
    }
}

/// Addresses of a heap stay below this. The logical budget is reached first,
/// unless a user raises that.
pub(crate) const MAX_BYTES: u32 = 0xffff_0000;
