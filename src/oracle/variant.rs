//! Variants: collectors of this crate with changes, as faults need them.

use super::collector::Collector;
use super::heap_subject::HeapSubject;
use super::subject::SharedSubject;
use crate::heap::Heap;
use crate::module::Module;
use std::fmt;
use std::sync::Arc;

/// A collector of this crate with another heap, another compiler, or both. It
/// keeps the collector's name.
#[derive(Clone)]
pub struct Variant {
    collector: Collector,
    heap: Arc<dyn Fn() -> Box<dyn Heap> + Send + Sync>,
    edit: Arc<Edit>,
}

/// Changes a compiled module.
type Edit = dyn Fn(&Arc<Module>) -> Arc<Module> + Send + Sync;

impl Variant {
    /// A variant whose heaps `heap` creates. They must be of the collector's kind.
    pub fn new(
        collector: Collector,
        heap: impl Fn() -> Box<dyn Heap> + Send + Sync + 'static,
    ) -> Variant {
        Variant {
            collector,
            heap: Arc::new(heap),
            edit: Arc::new(Arc::clone),
        }
    }

    /// The same variant, with compiled modules changed by `edit`, as if another
    /// compiler had generated the code.
    #[must_use]
    pub fn with_edit(
        self,
        edit: impl Fn(&Arc<Module>) -> Arc<Module> + Send + Sync + 'static,
    ) -> Variant {
        Variant {
            edit: Arc::new(edit),
            ..self
        }
    }

    /// The collector that it is a variant of.
    pub fn collector(&self) -> Collector {
        self.collector
    }

    /// A new heap.
    pub fn heap(&self) -> Box<dyn Heap> {
        (self.heap)()
    }

    /// A compiled module with the variant's changes.
    pub fn compiled(&self, module: &Arc<Module>) -> Arc<Module> {
        (self.edit)(module)
    }

    /// The variant as a subject.
    pub fn subject(&self) -> SharedSubject {
        Arc::new(HeapSubject::of_variant(self.clone()))
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Variant").field(&self.collector).finish()
    }
}
