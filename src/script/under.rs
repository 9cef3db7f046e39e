//! Running a script under a collector by name, with audits.

use super::error::ScriptError;
use super::report::Report;
use super::{Options, run};
use crate::engine::Grain;
use crate::heap::Heap;
use crate::heap::copying::Copying;
use crate::heap::drc::Drc;
use crate::heap::null::Null;
use crate::oracle::{Auditor, Collector, Layers, MAX_BYTES, PolicyMaker, Timing};

/// What to audit with.
#[derive(Clone, Debug)]
pub struct Auditing {
    /// When to audit.
    pub timing: Timing,
    /// Which laws to check.
    pub layers: Layers,
    /// The policy of the counting heap, if not the sound one.
    pub policy: Option<PolicyMaker>,
}

impl Default for Auditing {
    fn default() -> Auditing {
        Auditing {
            timing: Timing::Sampled,
            layers: Layers::ALL,
            policy: None,
        }
    }
}

/// Runs the script `text` under a collector, and audits its heap. A script that
/// breaks the heap is run again with an audit at every operation, which names the
/// directive and the instruction.
pub fn run_under(
    text: &str,
    collector: Collector,
    auditing: Auditing,
    options: &Options,
) -> Result<Report, ScriptError> {
    let report = once(text, collector, &auditing, auditing.timing, options)?;
    let finest = Timing::At(Grain::Every);
    if report.is_broken && auditing.layers.audits() && auditing.timing != finest {
        let located = once(text, collector, &auditing, finest, options)?;
        if located.is_broken {
            return Ok(located);
        }
    }
    Ok(report)
}

/// Runs the script once, with audits as often as `timing` says.
fn once(
    text: &str,
    collector: Collector,
    auditing: &Auditing,
    timing: Timing,
    options: &Options,
) -> Result<Report, ScriptError> {
    let timing = match auditing.layers.audits() {
        true => timing,
        false => Timing::Never,
    };
    let auditor = &mut Auditor::new(timing).with_layers(auditing.layers);
    match (collector, &auditing.policy) {
        (Collector::Null, _) => run(text, Null::new(MAX_BYTES), options, auditor),
        (Collector::Drc, None) => run(text, Drc::new(MAX_BYTES), options, auditor),
        (Collector::Drc, Some(policy)) => {
            let heap: Box<dyn Heap> = Box::new(Drc::with_policy(MAX_BYTES, policy.make()));
            run(text, heap, options, auditor)
        }
        (Collector::Copying, _) => run(text, Copying::new(MAX_BYTES), options, auditor),
        (Collector::Model, _) => run(text, Collector::Model.heap(), options, auditor),
    }
}
