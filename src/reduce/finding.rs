//! A finding made small, with what says which bug it shows.

use super::likeness::Likeness;
use super::{
    Answer, Keep, Predicate, Progress, ReduceError, Reduced, SameFinding, Settings, reduce,
    with_names,
};
use crate::case::Case;
use crate::oracle::Options;
use std::time::Duration;

/// A reduced finding.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReducedFinding {
    /// The smallest case with the same fingerprint, with names.
    pub case: Case,
    /// Its cost, by which findings of the same bug are compared.
    pub cost: u64,
    /// The fingerprint.
    pub fingerprint: String,
    /// Number of candidates that were judged.
    pub tried: u64,
    /// Whether the reduction ended by itself.
    pub finished: bool,
    /// What it shares with other findings of the same bug.
    pub likeness: Likeness,
}

/// Reduces a finding while it keeps its fingerprint. To learn which other findings show the same
/// bug, it is reduced twice more: from the start, while it breaks the same law in the same heap;
/// and from the reduced case, which has little but this bug, while it shows anything.
///
/// # Errors
///
/// If the case shows no finding under `options`, does not end within `timeout`, or cannot be
/// reduced.
pub fn reduce_finding(
    case: Case,
    options: &Options,
    timeout: Option<Duration>,
    settings: &Settings,
    progress: &dyn Progress,
) -> Result<ReducedFinding, ReduceError> {
    let same = SameFinding::new(&case, options.clone(), Keep::Fingerprint, timeout)?;
    let fingerprint = same.key().to_string();
    let reduced = reduce(case.clone(), &same, settings, progress)?;
    let mut likeness = Likeness::of(&fingerprint);
    if reduced.finished {
        let mut add = |case: &Case, keep| {
            let same = SameFinding::new(case, options.clone(), keep, timeout).ok()?;
            // A failure here loses nothing but what it would say of the bug.
            let reduced = reduce(case.clone(), &same, settings, progress).ok()?;
            let verdict = same.verdict(&reduced.case)?;
            reduced
                .finished
                .then(|| likeness.add(&reduced.case, &verdict))
        };
        add(&case, Keep::Law);
        add(&reduced.case, Keep::Any);
        if let Some(verdict) = same.verdict(&reduced.case) {
            likeness.add(&reduced.case, &verdict);
        }
    }
    Ok(ReducedFinding {
        case: confirmed(&reduced, &same, true)?,
        cost: reduced.cost,
        fingerprint,
        tried: reduced.tried,
        finished: reduced.finished,
        likeness,
    })
}

/// The case of a reduction, judged once more; with names if it is kept with them, too.
///
/// # Errors
///
/// If the case is not kept any more: its predicate does not always answer the same.
pub fn confirmed(
    reduced: &Reduced,
    predicate: &dyn Predicate,
    names: bool,
) -> Result<Case, ReduceError> {
    let keeps = |case: &Case| predicate.keeps(case) == Answer::Keep;
    if !keeps(&reduced.case) {
        return Err(ReduceError(
            "the smallest case was kept once, and is not kept now: the same question has two answers"
                .into(),
        ));
    }
    if names {
        let named = with_names(reduced.case.clone());
        if keeps(&named) {
            return Ok(named);
        }
    }
    Ok(reduced.case.clone())
}
