//! What an exported case shows of a bug.

use super::Exported;
use crate::engine::Grain;
use crate::oracle::{JudgeError, Layer, Layers, Options, Reason, Timing, Verdict, judge};

/// What it takes to notice a bug by an exported case, the least first.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Shown {
    /// A call ends otherwise than it must.
    Results,
    /// The heap notices that it is corrupt, as a build with assertions does.
    Assertions,
    /// Only an audit shows it, as in `gcdiff wast --audit collection`.
    Audits,
    /// Nothing shows it: the exported case is another program than the case.
    Nothing,
    /// The run needs more memory or time than it may have, so that it is not known.
    Unknown,
}

impl Shown {
    /// The word for it in records.
    pub fn word(self) -> &'static str {
        match self {
            Shown::Results => "results",
            Shown::Assertions => "assertions",
            Shown::Audits => "audits",
            Shown::Nothing => "nothing",
            Shown::Unknown => "unknown",
        }
    }
}

impl Exported {
    /// What the exported case shows of the bug that is in the heaps of `options`.
    ///
    /// # Errors
    ///
    /// As [`judge`].
    pub fn shown(&self, options: &Options) -> Result<Shown, JudgeError> {
        let case = self.case();
        let verdict = |layers| -> Result<Verdict, JudgeError> {
            let options = Options {
                timing: Timing::At(Grain::Collection),
                layers,
                // A test runs once.
                reschedule: false,
                ..options.clone()
            };
            Ok(judge(&case, &options)?.verdict)
        };
        let ways = [
            (Shown::Results, Layers::RESULTS),
            (Shown::Assertions, Layers::RESULTS.with(Layer::Heap)),
            (Shown::Audits, Layers::ALL),
        ];
        for (shown, layers) in ways {
            match verdict(layers)? {
                // Another layer minds what the heap has noticed.
                Verdict::Agree | Verdict::Discard(Reason::Noticed, _) => {}
                Verdict::Discard(..) => return Ok(Shown::Unknown),
                _ => return Ok(shown),
            }
        }
        Ok(Shown::Nothing)
    }
}
