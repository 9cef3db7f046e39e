//! The zoo: real bugs of collectors, each rebuilt as a fault that can be
//! switched on, and trials that measure how fast each is detected.
//!
//! The letter of a fault id names the origin of the bug:
//!
//! * W: Wasmtime;
//! * D: derived by analogy from bugs of other collectors;
//! * X: another engine, runtime or tool;
//! * B: a barrier that Wasmtime left out;
//! * G: found in gcdiff itself, not known from elsewhere.
//!
//! The canary is so simple that a harness which misses it is broken. A suffix
//! names another place with the same bug: W1 is in `array.copy`, W1-const in
//! constant expressions, W1-segment in copies from element segments, W1-host in
//! calls of the host. The code names each fault after its mechanism; [`FAULTS`]
//! has its id.
//!
//! Production code does not know of faults. A fault is one of three things:
//!
//! * a policy of the counting or of the copying heap that overrides one hook
//!   with the bug's logic (`drc`, `copying`);
//! * a *faulty heap*: a layer in front of a heap, which replaces one operation
//!   or passes on wrong roots (`faulty_heap`, `maps`);
//! * a faulty heap with edited code: some instructions of the engine are replaced
//!   by sequences of others, as another compiler once generated them. Where a
//!   wrong step must be counted, the sequence calls the faulty heap.
//!
//! Each fault reports to a [`Probe`] when its code runs, and when its effect
//! differs from that of the correct code. Each has a witness in `corpus/regressions/`.
//!
//! Some faults are in one collector, as the bug was. Faults of code that all
//! collectors share are in all collectors except the model, so that only the
//! model differs.
//!
//! # Bugs that are smaller here
//!
//! * W13: a heap here belongs to one store. It begins with the state that an
//!   earlier store would have left.
//! * W28: there is one stack. Its outermost frame stands for a suspended one.
//! * W36, W37: sizes of gigabytes exceed the budget of a case. The sizes that
//!   wrap have eight and sixteen bits here.
//! * W1: `AnyRef::from_raw` did not count. The handle of an external value did,
//!   so Wasmtime treated those correctly. Here every object loses a count.
//! * W17, W47: a crash ends the process. Here it ends the run
//!   ([`HeapError::crash`](crate::heap::HeapError::crash)).
//!
//! # Bugs that cannot be reproduced here
//!
//! * D1 in `struct.set`: the stored value comes from a frame, so the stack-root
//!   list owns it, and releasing the old value first cannot free it. The values
//!   that `array.copy` and `table.copy` store do not pass through a frame.
//! * W9, the half about frames: every thrown exception comes from a frame, and
//!   no collection runs between a throw and its handler, so a caught exception
//!   is already in the stack-root list.
//! * X12, cycles are never freed: that is by design in this collector. The law
//!   *leak* distinguishes cycles from leaks.
//! * W67, a collection that stops half way: collections here run to their end.
//! * X63, bulk stores that miss the remembered set: no heap here has generations.
//! * X67, one type with two identities in two modules: all modules of a store share one registry of
//!   types, which no heap sees. The client of a case claims that types are equal.
//! * X68, a slot of which only the lower half is cleared: a register that a map lists is written as a
//!   whole, and maps follow the static types. X1 is the other half, a slot that keeps its tag.
//! * X17, a slot that still shows the old value while its object is freed: no
//!   code runs while an object is freed, and the container is in a frame.

mod blame;
mod copying;
mod drc;
mod faulty_heap;
mod fields;
mod findings;
mod maps;
mod probe;
mod reduction;
mod report;
mod summary;
mod table;
mod trial;
mod trials;

use crate::heap::{copying as moving, drc as counting};
use crate::module::Module;
use crate::oracle::{Collector, MAX_BYTES, Options, Variant};
pub use blame::{Blame, BlameRow, BlameTally, BlameTrials, blame_on};
use faulty_heap::{HeapFault, faulty_heap};
pub use probe::Probe;
pub use reduction::{ClusterRow, ReductionTally, ReductionTrials, Row, Size};
pub use report::{Report, setups};
use std::sync::Arc;
pub(crate) use summary::{CpuToDetection, Quantiles, Summary};
pub use table::FAULTS;
pub use trial::{Setup, Trial, quantile};
pub use trials::{Tally, TrialResults, Trials};

/// A fault.
#[derive(Copy, Clone, Debug)]
pub struct Fault {
    /// Its id, as `--fault` spells it.
    pub id: &'static str,
    /// The mechanism of the bug.
    pub mechanism: &'static str,
    /// The origin of the bug.
    pub source: &'static str,
    kind: FaultKind,
}

/// The implementation of a fault.
#[derive(Copy, Clone, Debug)]
enum FaultKind {
    /// A policy of the counting heap.
    Counting(fn(Probe) -> Box<dyn counting::Policy>),
    /// A policy of the copying heap.
    Copying(fn(Probe) -> Box<dyn moving::Policy>),
    /// A fault in front of some collectors, and the edit of their compiled code.
    Layer(
        &'static [Collector],
        fn(&Arc<Module>) -> Arc<Module>,
        fn(Probe) -> Box<dyn HeapFault>,
    ),
}

impl Fault {
    /// The same options, with the fault in all heaps that have it. `probe`
    /// records its progress.
    pub fn switch_on(&self, options: Options, probe: &Probe) -> Options {
        options.with_variants(&self.variants(probe))
    }

    /// The collectors that have the fault, as variants. This is the only way to
    /// switch a fault on, for a single module and for several in one store.
    pub fn variants(&self, probe: &Probe) -> Vec<Variant> {
        let probe = probe.clone();
        match self.kind {
            FaultKind::Counting(make) => vec![Variant::new(Collector::Drc, move || {
                let policy = make(probe.clone());
                Box::new(counting::Drc::with_policy(MAX_BYTES, policy))
            })],
            FaultKind::Copying(make) => vec![Variant::new(Collector::Copying, move || {
                let policy = make(probe.clone());
                Box::new(moving::Copying::with_policy(MAX_BYTES, policy))
            })],
            FaultKind::Layer(collectors, edit, make) => {
                let variants = collectors.iter().map(|&collector| {
                    let probe = probe.clone();
                    let heap = move || faulty_heap(collector, make(probe.clone()));
                    Variant::new(collector, heap).with_edit(edit)
                });
                variants.collect()
            }
        }
    }
}

/// The fault with this id, ignoring case.
pub fn fault(id: &str) -> Option<Fault> {
    let mut faults = FAULTS.iter().copied();
    faults.find(|f| f.id.eq_ignore_ascii_case(id))
}
