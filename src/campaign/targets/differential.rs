//! The targets `differential` and `gc_ops`: a generated case, judged as in a campaign.

use super::{Bad, Look, Target};
use crate::campaign::job::settle;
use crate::generate::Drawn;
use crate::oracle::{Options, Verdict, judge_module};

pub(super) fn look(target: Target, drawn: Drawn, options: &Options) -> Look {
    let own = options.for_case(drawn.extra, drawn.reschedule);
    let Ok(judged) = judge_module(&drawn.case, &drawn.module, &own) else {
        return Look::Nothing;
    };
    match judged.verdict {
        Verdict::Agree => Look::Good,
        Verdict::Discard(..) => Look::Nothing,
        Verdict::Differ(_) | Verdict::Violation(_) => {
            let (verdict, pins) = settle(options, &own, &drawn, judged.verdict);
            Look::Bad(Box::new(Bad {
                target,
                fingerprint: verdict.fingerprint().unwrap_or_default(),
                what: verdict.to_string(),
                case: drawn.case,
                pins,
                fault: None,
            }))
        }
    }
}
