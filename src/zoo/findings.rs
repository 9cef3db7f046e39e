//! Findings of a fault among the cases of a seed.

use super::{Fault, Probe};
use crate::case::Case;
use crate::generate::{self, GeneratedCase, Generator};
use crate::jobs::{judge_generated, within};
use crate::oracle::Options;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Time that a verdict may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// The findings of a fault among the first `cases` cases of a seed, with the options that show them
/// and their fingerprints. Ends when `stop` is set.
pub(super) fn findings(
    fault: Fault,
    seed: u64,
    cases: u64,
    stop: &AtomicBool,
) -> impl Iterator<Item = (Case, Options, String)> + use<'_> {
    let all = fault.switch_on(Options::fuzzing(), &Probe::default());
    let cases = (0..cases).take_while(|_| !stop.load(Ordering::Relaxed));
    cases.filter_map(move |index| {
        let input = generate::input(seed, index);
        let made = Generator::Default.case(&input).ok()?;
        finding(Arc::new(made), all.clone())
    })
}

/// The case of a generated case with a finding, the options that show it, and its fingerprint.
fn finding(made: Arc<GeneratedCase>, all: Options) -> Option<(Case, Options, String)> {
    let (drawn, given) = (made.clone(), all.clone());
    let judged = within(Some(TIMEOUT), move |desk| {
        let watched = desk.watching(&given);
        let judged = judge_generated(&watched, &drawn).ok()?;
        let is_finding = judged.judged.verdict.is_finding();
        is_finding.then(|| judged.settle())
    });
    let (report, pins) = judged.ok()??;
    let options = all.for_header(&pins.header()).ok()?;
    Some((made.case.clone(), options, report.verdict.fingerprint()?))
}
