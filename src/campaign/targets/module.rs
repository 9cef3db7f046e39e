//! The target `module`: any bytes. Bytes that are no module are refused; of a module, every export
//! is called once, with a collection before every allocation.

use super::{CaseResult, FuzzTarget};
use crate::campaign::Finding;
use crate::case::{Case, Plan};
use crate::engine::{Limits, Schedule};
use crate::oracle::{Law, Layer, Options, Verdict, judge};

pub(super) fn look(bytes: &[u8], options: &Options) -> CaseResult {
    let case = Case {
        wasm: bytes.to_vec(),
        plan: Plan::EveryExport,
        host: Vec::new(),
        schedule: Schedule::EveryAllocation(1),
        limits: Limits::fuzzing(),
        client: None,
    };
    let own = options.for_case(0, false);
    // Bytes that are not from a generator may claim anything.
    let own = own
        .clone()
        .with_layers(own.layers.without(Layer::Law(Law::Language)));
    let Ok(judged) = judge(&case, &own) else {
        return CaseResult::Inconclusive(None);
    };
    match judged.verdict {
        Verdict::Agree => CaseResult::Agree,
        Verdict::Discard(reason, _) => CaseResult::Inconclusive(Some(reason)),
        Verdict::Differ(_) | Verdict::Violation(_) => {
            let origin = FuzzTarget::Module.origin();
            let finding = Finding::new(origin, judged.verdict, Some(case), own.pins());
            CaseResult::Finding(Box::new(finding))
        }
    }
}
