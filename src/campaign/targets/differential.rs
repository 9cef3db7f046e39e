//! The targets `differential` and `gc_ops`: a generated case, judged as in a campaign.

use super::{CaseResult, FuzzTarget};
use crate::campaign::Finding;
use crate::generate::GeneratedCase;
use crate::jobs::judge_generated;
use crate::oracle::{Options, Verdict};

pub(super) fn look(target: FuzzTarget, drawn: GeneratedCase, options: &Options) -> CaseResult {
    let Ok(done) = judge_generated(options, &drawn) else {
        return CaseResult::Inconclusive(None);
    };
    match done.judged.verdict {
        Verdict::Agree => CaseResult::Agree,
        Verdict::Discard(reason, _) => CaseResult::Inconclusive(Some(reason)),
        Verdict::Differ(_) | Verdict::Violation(_) => {
            let (judged, pins) = done.settle();
            let (origin, case) = (target.origin(), Some(drawn.case));
            let finding = Finding::new(origin, judged.verdict, case, pins);
            CaseResult::Finding(Box::new(finding))
        }
    }
}
