//! Running a script under a collector of this crate, or on the heaps of a subject, with audits.

use super::error::ScriptError;
use super::report::Report;
use super::runner::run_compiled;
use super::{Options, run};
use crate::engine::Grain;
use crate::heap::copying::Copying;
use crate::heap::drc::Drc;
use crate::heap::null::Null;
use crate::oracle::{Auditor, Collector, Layers, MAX_BYTES, Subject, Timing, Variant};

/// Settings of the audit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Auditing {
    /// When to audit.
    pub timing: Timing,
    /// Which laws to check.
    pub layers: Layers,
    /// Variants with a fault, which run in the place of collectors of this crate.
    pub variants: Vec<Variant>,
}

impl Auditing {
    /// Sets [`Auditing::timing`].
    pub fn with_timing(self, timing: Timing) -> Auditing {
        Auditing { timing, ..self }
    }

    /// Sets [`Auditing::layers`].
    pub fn with_layers(self, layers: Layers) -> Auditing {
        Auditing { layers, ..self }
    }

    /// Sets [`Auditing::variants`].
    pub fn with_variants(self, variants: Vec<Variant>) -> Auditing {
        Auditing { variants, ..self }
    }
}

impl Default for Auditing {
    fn default() -> Auditing {
        Auditing {
            timing: Timing::Sampled,
            layers: Layers::ALL,
            variants: Vec::new(),
        }
    }
}

/// Runs the script `text` under a collector, and audits its heap. A script that breaks the heap is
/// run again with an audit at every operation, which names the directive and the instruction.
pub fn run_under(
    text: &str,
    collector: Collector,
    auditing: Auditing,
    options: &Options,
) -> Result<Report, ScriptError> {
    let once = |timing| once(text, collector, &auditing, timing, options);
    located(&auditing, once(auditing.timing)?, |finest| {
        Some(once(finest))
    })
}

/// Runs the script `text` on heaps of a subject, as [`run_under`] does. `None` if the subject has no
/// heap on the engine of this crate ([`Subject::heap`]).
///
/// ```
/// use gcdiff::heap::drc::Drc;
/// use gcdiff::oracle::HeapSubject;
/// use gcdiff::script::{Auditing, Options, run_on};
///
/// let mine = HeapSubject::new(|| Drc::new(1 << 20));
/// let text = "(module (func (export \"f\"))) (assert_return (invoke \"f\"))";
/// let report = run_on(text, &mine, Auditing::default(), &Options::default());
/// // The module and its assertion.
/// assert_eq!(report.unwrap()?.passed, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run_on(
    text: &str,
    subject: &dyn Subject,
    auditing: Auditing,
    options: &Options,
) -> Option<Result<Report, ScriptError>> {
    let once = |timing| {
        let heap = subject.heap()?;
        Some(run(text, heap, options, &mut auditor(&auditing, timing)))
    };
    let report = once(auditing.timing)?;
    Some(report.and_then(|report| located(&auditing, report, once)))
}

/// The report of a run. If the run has broken the heap, that of another run, with an audit at every
/// operation.
fn located(
    auditing: &Auditing,
    report: Report,
    again: impl FnOnce(Timing) -> Option<Result<Report, ScriptError>>,
) -> Result<Report, ScriptError> {
    let finest = Timing::At(Grain::Every);
    if report.is_broken
        && auditing.layers.audits()
        && auditing.timing != finest
        && let Some(located) = again(finest)
    {
        let located = located?;
        if located.is_broken {
            return Ok(located);
        }
    }
    Ok(report)
}

fn auditor(auditing: &Auditing, timing: Timing) -> Auditor {
    let timing = match auditing.layers.audits() {
        true => timing,
        false => Timing::Never,
    };
    Auditor::new(timing).with_layers(auditing.layers)
}

/// Runs the script once, with audits as often as `timing` says.
fn once(
    text: &str,
    collector: Collector,
    auditing: &Auditing,
    timing: Timing,
    options: &Options,
) -> Result<Report, ScriptError> {
    let auditor = &mut auditor(auditing, timing);
    let mut variants = auditing.variants.iter();
    if let Some(variant) = variants.find(|v| v.collector() == collector) {
        let compiled = |module: &_| variant.compiled(module);
        return run_compiled(text, variant.heap(), &compiled, options, auditor);
    }
    match collector {
        Collector::Null => run(text, Null::new(MAX_BYTES), options, auditor),
        Collector::Drc => run(text, Drc::new(MAX_BYTES), options, auditor),
        Collector::Copying => run(text, Copying::new(MAX_BYTES), options, auditor),
        Collector::Model => run(text, Collector::Model.heap(), options, auditor),
    }
}
