//! Judging a generated case: the call shared by campaigns, fuzz targets and trials.

use crate::generate::GeneratedCase;
use crate::oracle::{
    Converted, JudgeError, JudgeReport, Options, Pins, Verdict, judge_converted, judge_module,
};

/// A generated case with its verdict.
pub struct JudgedCase<'a> {
    /// The verdict and statistics.
    pub judged: JudgeReport,
    /// Options it was judged with: the part of all options that the case chooses.
    pub options: Options,
    all: &'a Options,
    drawn: &'a GeneratedCase,
}

/// Judges a generated case: with all heaps of `all` that run on every case, and those of the others
/// that the case's bytes choose.
///
/// # Errors
///
/// If its plan does not fit its module.
pub fn judge_generated<'a>(
    all: &'a Options,
    drawn: &'a GeneratedCase,
) -> Result<JudgedCase<'a>, JudgeError> {
    judge_prepared(all, drawn, None)
}

/// The same for a case that may have been converted.
pub(crate) fn judge_prepared<'a>(
    all: &'a Options,
    drawn: &'a GeneratedCase,
    converted: Option<&Converted>,
) -> Result<JudgedCase<'a>, JudgeError> {
    let options = all.for_case(drawn.extra, drawn.reschedule);
    let judged = match converted {
        None => judge_module(&drawn.case, &drawn.module, &options)?,
        Some(converted) => judge_converted(converted, &options)?,
    };
    Ok(JudgedCase {
        judged,
        options,
        all,
        drawn,
    })
}

impl JudgedCase<'_> {
    /// The outcome, and the heaps that the verdict is about. If two heaps differ, or agree on what
    /// contradicts the case, the case is judged once more with all others, to find out which are
    /// wrong.
    pub fn settle(mut self) -> (JudgeReport, Pins) {
        let verdict = &self.judged.verdict;
        if matches!(verdict, Verdict::Differ(_)) || verdict.is_language() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate;

    /// It was only an error if the case was to be converted still.
    #[test]
    fn nobody_to_judge_is_an_error_in_any_form() {
        let drawn = generate::case(&generate::input(1, 1)).unwrap();
        let options = Options {
            collectors: Vec::new(),
            ..Options::default()
        };
        let converted = Ok((drawn.case.clone(), drawn.module.clone()));
        for converted in [None, Some(&converted)] {
            let judged = judge_prepared(&options, &drawn, converted);
            assert!(matches!(judged, Err(JudgeError::NoSubjects)));
        }
    }
}
