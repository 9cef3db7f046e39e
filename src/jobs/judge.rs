//! Judging a generated case: the call that campaigns, fuzz targets and trials
//! share.

use crate::generate::GeneratedCase;
use crate::oracle::{JudgeError, JudgeReport, Options, Pins, Verdict, judge_module};

/// A generated case with its verdict.
pub struct JudgedCase<'a> {
    /// The verdict and statistics.
    pub judged: JudgeReport,
    /// What it was judged with: of all options those that the case chooses.
    pub options: Options,
    all: &'a Options,
    drawn: &'a GeneratedCase,
}

/// Judges a generated case: with all heaps of `all` that run on every case, and
/// those of the others that its own bytes choose.
///
/// # Errors
///
/// If its plan does not fit its module.
pub fn judge_generated<'a>(
    all: &'a Options,
    drawn: &'a GeneratedCase,
) -> Result<JudgedCase<'a>, JudgeError> {
    let options = all.for_case(drawn.extra, drawn.reschedule);
    let judged = judge_module(&drawn.case, &drawn.module, &options)?;
    Ok(JudgedCase {
        judged,
        options,
        all,
        drawn,
    })
}

impl JudgedCase<'_> {
    /// The outcome, and the heaps that the verdict is about. Two heaps that differ
    /// are judged once more together with all others, which tell who is wrong.
    pub fn settle(mut self) -> (JudgeReport, Pins) {
        if let Verdict::Differ(_) = self.judged.verdict {
            let all = self.all.for_case(u8::MAX, self.drawn.reschedule);
            if let Ok(again) = judge_module(&self.drawn.case, &self.drawn.module, &all)
                && again.verdict.is_finding()
            {
                self.judged.verdict = again.verdict;
                return (self.judged, all.pins());
            }
        }
        let pins = self.options.pins();
        (self.judged, pins)
    }
}
