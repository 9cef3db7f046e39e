//! A finding made small, with what says which bug it shows.

use super::likeness::Likeness;
use super::{
    Keep, Predicate, Progress, ReduceError, Reduced, SameFinding, Settings, reduce, with_names,
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

/// Reduces a finding while it keeps its fingerprint, and once more from the start while it breaks
/// the same law in the same heap, to learn which other findings show the same bug.
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
    let mut likeness = Likeness::default();
    likeness.add(&reduced.case, &fingerprint);
    if reduced.finished {
        // This says only more of the bug: without it, the finding is reduced all the same.
        let law = SameFinding::new(&case, options.clone(), Keep::Law, timeout).ok();
        let law = law.filter(|law| law.key() != same.key());
        let other = law.and_then(|law| {
            let other = reduce(case, &law, settings, progress).ok()?;
            let fingerprint = law.fingerprint(&other.case)?;
            other.finished.then_some((other.case, fingerprint))
        });
        if let Some((case, fingerprint)) = other {
            likeness.add(&case, &fingerprint);
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
    let keeps = |case: &Case| predicate.keeps(case) && predicate.confirms(case);
    // After verdicts that did not end, nothing is judged any more.
    if predicate.overdue() == 0 && !keeps(&reduced.case) {
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
