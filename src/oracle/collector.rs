//! The collectors of this crate, by name.

use super::heap_subject::HeapSubject;
use super::subject::SharedSubject;
use crate::heap::Heap;
use crate::heap::copying::Copying;
use crate::heap::drc::Drc;
use crate::heap::model::Model;
use crate::heap::null::Null;
use crate::unknown_name::UnknownName;
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

    /// A new heap of this kind, behind a pointer, for heap layers.
    pub fn heap(self) -> Box<dyn Heap> {
        match self {
            Collector::Null => Box::new(Null::new(MAX_BYTES)),
            Collector::Drc => Box::new(Drc::new(MAX_BYTES)),
            Collector::Copying => Box::new(Copying::new(MAX_BYTES)),
            Collector::Model => Box::new(Model::new(MAX_BYTES)),
        }
    }

    /// The collector as a subject.
    pub fn subject(self) -> SharedSubject {
        match self {
            Collector::Null => HeapSubject::shared(|| Null::new(MAX_BYTES)),
            Collector::Drc => HeapSubject::shared(|| Drc::new(MAX_BYTES)),
            Collector::Copying => HeapSubject::shared(|| Copying::new(MAX_BYTES)),
            // The model does not run on every case, so it runs behind a pointer: each
            // copy of the interpreter takes the compiler half a minute.
            Collector::Model => Arc::new(HeapSubject::model(|| Collector::Model.heap())),
        }
    }
}

impl From<Collector> for SharedSubject {
    fn from(collector: Collector) -> SharedSubject {
        collector.subject()
    }
}

impl fmt::Display for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::str::FromStr for Collector {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Collector, UnknownName> {
        let found = Collector::ALL.into_iter().find(|c| c.name() == text);
        found
            .ok_or_else(|| UnknownName::new("collector", text, Collector::ALL.map(Collector::name)))
    }
}

/// The upper bound of heap addresses. The logical budget is reached first,
/// unless a user raises it.
pub(crate) const MAX_BYTES: u32 = 0xffff_0000;
