//! The target `module`: any bytes. What is no module is refused; what is one is
//! run, every export once, with a collection before every allocation.

use super::{Bad, Look, Target};
use crate::case::{Case, Plan};
use crate::engine::{Limits, Schedule};
use crate::oracle::{Options, Verdict, judge};

pub(super) fn look(bytes: &[u8], options: &Options) -> Look {
    let case = Case {
        wasm: bytes.to_vec(),
        plan: Plan::EveryExport,
        host: Vec::new(),
        schedule: Schedule::EveryAllocation(1),
        limits: Limits::fuzzing(),
    };
    let own = options.for_case(0, false);
    let Ok(judged) = judge(&case, &own) else {
        return Look::Nothing;
    };
    match &judged.verdict {
        Verdict::Agree => Look::Good,
        Verdict::Discard(..) => Look::Nothing,
        finding => Look::Bad(Box::new(Bad {
            target: Target::Module,
            fingerprint: finding.fingerprint().unwrap_or_default(),
            what: finding.to_string(),
            case,
            pins: own.pins(),
            fault: None,
        })),
    }
}
