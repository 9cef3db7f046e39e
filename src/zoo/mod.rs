//! The zoo: real bugs of real collectors, each rebuilt as a fault that can be
//! switched on, and trials of how fast each is noticed.
//!
//! The letter of an id says where the bug comes from:
//!
//! * W: Wasmtime;
//! * D: derived by analogy, from what goes wrong in collectors elsewhere;
//! * X: another engine, runtime or tool;
//! * B: a barrier that Wasmtime left out;
//! * G: gcdiff itself: not known from anywhere.
//!
//! The canary is so plain that a harness which misses it is broken. A suffix
//! names another place with the same bug: W1 is in `array.copy`, W1-const in
//! constant expressions, W1-segment in copies from element segments, W1-host in
//! calls of the host.
//!
//! Production code knows nothing of faults. A fault is one of three things:
//!
//! * a policy of the counting or of the copying heap that overrides one hook
//!   with the bug's logic (`drc`, `copying`);
//! * a *faulty heap*: a layer in front of a heap, which replaces one operation, or
//!   hands on wrong roots (`faulty_heap`, `maps`);
//! * a faulty heap with edited code: sequences of the engine's own instructions in
//!   the place of others, as another compiler once generated them. Where a wrong
//!   step must be counted, they call the faulty heap.
//!
//! Each tells a [`Probe`] when its code runs, and when what it does is not what
//! the right code would have done. Each has a witness in `corpus/regressions/`.
//!
//! Some are in one collector, as the bug was. Those of code that all collectors
//! share are in all but the model, and only that tells.
//!
//! # Bugs that are smaller here
//!
//! * W13: a heap here belongs to one store. It begins with what an earlier one
//!   would have left.
//! * W28: there is one stack. Its outermost frame stands for a suspended one.
//! * W36, W37: sizes of gigabytes are beyond the budget of a case. What wraps
//!   has eight and sixteen bits.
//! * W1: `AnyRef::from_raw` did not count. The handle of an external value did,
//!   so Wasmtime was right about those. Here every object loses a count.
//! * W17, W47: a crash ends the process. Here it ends the run
//!   ([`HeapError::crash`](crate::heap::HeapError::crash)).
//!
//! # Bugs that cannot be had here
//!
//! * D1 in `struct.set`: what is stored comes from a frame, so the stack-root
//!   list owns it, and giving up the old value first cannot free it. What
//!   `array.copy` and `table.copy` store does not pass through a frame.
//! * W9, the half about frames: whatever is thrown has come from a frame, and no
//!   collection comes between a throw and its handler, so that a caught exception
//!   is in the stack-root list already.
//! * X12, cycles are never freed: that is how this collector is meant to be. The
//!   law *leak* tells cycles from leaks.
//! * X17, a slot that still shows the old value while that is freed: nothing
//!   runs while an object is freed, and the container is in a frame.

mod copying;
mod drc;
mod faulty_heap;
mod fields;
mod maps;
mod probe;
mod report;
mod summary;
mod table;
mod trial;
mod trials;

use crate::heap::{copying as moving, drc as counting};
use crate::module::Module;
use crate::oracle::{Collector, MAX_BYTES, Options, Variant};
use faulty_heap::{HeapFault, faulty_heap};
pub use probe::Probe;
pub use report::{Report, setups};
use std::sync::Arc;
pub use summary::{Quantiles, Summary};
pub use table::FAULTS;
pub use trial::{Setup, Trial, quantile};
pub use trials::{Tally, Trials, Tried};

/// A fault.
#[derive(Copy, Clone, Debug)]
pub struct Fault {
    /// Its id, as `--fault` spells it.
    pub id: &'static str,
    /// What it does.
    pub mechanism: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    kind: Kind,
}

/// What a fault is made of.
#[derive(Copy, Clone, Debug)]
enum Kind {
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
    /// The same options with the fault in all heaps that have it. `probe` will
    /// tell how far it gets.
    pub fn switch_on(&self, options: Options, probe: &Probe) -> Options {
        options.with_variants(&self.variants(probe))
    }

    /// The collectors that have the fault, with it. This is the one way to switch
    /// a fault on, whether one module runs or many in one store.
    pub fn variants(&self, probe: &Probe) -> Vec<Variant> {
        let probe = probe.clone();
        match self.kind {
            Kind::Counting(make) => vec![Variant::new(Collector::Drc, move || {
                let policy = make(probe.clone());
                Box::new(counting::Drc::with_policy(MAX_BYTES, policy))
            })],
            Kind::Copying(make) => vec![Variant::new(Collector::Copying, move || {
                let policy = make(probe.clone());
                Box::new(moving::Copying::with_policy(MAX_BYTES, policy))
            })],
            Kind::Layer(collectors, edit, make) => {
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

/// The fault with this id, in any case of letters.
pub fn fault(id: &str) -> Option<Fault> {
    let mut faults = FAULTS.iter().copied();
    faults.find(|f| f.id.eq_ignore_ascii_case(id))
}
