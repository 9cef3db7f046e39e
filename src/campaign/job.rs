//! The job of a campaign: from the number of a case to its verdict.

use super::prepare::Ahead;
use super::{Campaign, CampaignReport, Finding, Listener, Origin, Progress, Reducer, Reduction};
use crate::generate;
use crate::jobs::{Desk, Note, Pool, Work, judge_prepared};
use crate::oracle::{JudgeReport, Panic, Pins, Reason, Verdict, Violation};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// One job in so many reduces findings while the others judge cases.
const REDUCING: usize = 4;

/// Runs a campaign.
pub(super) fn run(
    campaign: &Campaign,
    progress: &Progress,
    listener: Box<dyn Listener>,
) -> CampaignReport {
    let reducer = campaign.reduce.then(|| {
        let options = campaign.options.clone();
        Reducer::new(options, campaign.timeout, progress.clone())
    });
    let kept = Arc::new(Shared {
        reducer,
        progress: progress.clone(),
        state: Mutex::new(State {
            listener,
            judged: campaign.start,
            judged_above: BTreeSet::new(),
            unsettled: BTreeMap::new(),
        }),
        changed: Condvar::new(),
    });
    let pool = Pool {
        jobs: campaign.jobs,
        first: campaign.start,
        items: campaign.end(),
        at_a_time: generate::SAME_SMITH,
        timeout: campaign.timeout,
        stop: progress.stop.clone(),
        interrupt: progress.interrupt.clone(),
    };
    let start = Instant::now();
    let gave_up = pool.run(Cases {
        campaign: campaign.clone(),
        progress: progress.clone(),
        kept: kept.clone(),
        ahead: Ahead::default(),
    });
    // Jobs that reduce judge nothing meanwhile.
    let reducing = kept
        .reducer
        .as_ref()
        .map(Reducer::spent)
        .unwrap_or_default();
    let reducing = reducing / campaign.jobs.clamp(1, 1 << 16) as u32;
    let judged_in = start.elapsed().saturating_sub(reducing);
    let reduced = kept.reducer.as_ref().map(|reducer| {
        reducer.finish(campaign.jobs.max(1), &|finding, reduction| {
            kept.reduced(finding, reduction);
        });
        reducer.take()
    });
    let outcome = std::mem::take(&mut *progress.lock());
    CampaignReport {
        judged_in,
        gave_up,
        reduced: reduced.unwrap_or_default(),
        ..outcome
    }
}

/// State that all jobs share.
struct Shared {
    /// Reduces settled findings, if the campaign does.
    reducer: Option<Reducer>,
    /// Has the report. If both are locked, `state` is locked first.
    progress: Progress,
    state: Mutex<State>,
    /// Notified when more cases are judged.
    changed: Condvar,
}

struct State {
    listener: Box<dyn Listener>,
    /// All cases below this are judged.
    judged: u64,
    /// Cases above `judged` that are judged, too.
    judged_above: BTreeSet<u64>,
    /// Findings that a lower case may still replace.
    unsettled: BTreeMap<u64, Finding>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks a case as judged, once its findings are recorded.
    fn judged(&self, index: u64) {
        let settled = self.lock().judged(index, &self.progress);
        if let Some(reducer) = &self.reducer {
            settled.into_iter().for_each(|finding| reducer.add(finding));
        }
    }

    fn reduced(&self, finding: &Finding, reduction: &Reduction) {
        let mut state = self.lock();
        // The finding is settled, so no lower case can take its place.
        let (key, reduced) = (finding.fingerprint.clone(), Ok(reduction.clone()));
        self.progress.lock().reduced.insert(key, reduced);
        state.listener.reduced(finding, reduction);
    }
}

impl State {
    /// Marks a case as judged. Returns the findings that no lower case can replace any more.
    fn judged(&mut self, index: u64, progress: &Progress) -> Vec<Finding> {
        let mut settled = Vec::new();
        self.judged_above.insert(index);
        while self.judged_above.remove(&self.judged) {
            self.judged += 1;
        }
        while let Some(first) = self.unsettled.first_entry()
            && *first.key() < self.judged
        {
            let finding = first.remove();
            if progress.lock().lowest(&finding.fingerprint) == Some(finding.number) {
                self.listener.settled(&finding);
                settled.push(finding);
            }
        }
        settled
    }
}

/// Marks a case as judged when dropped, even if its handling panics, since other jobs wait for it.
struct Judging<'a>(&'a Shared, u64);

impl Drop for Judging<'_> {
    fn drop(&mut self) {
        /// Notifies even if the listener panics.
        struct Notify<'a>(&'a Condvar);
        impl Drop for Notify<'_> {
            fn drop(&mut self) {
                self.0.notify_all();
            }
        }
        let _notify = Notify(&self.0.changed);
        match std::thread::panicking() {
            false => self.0.judged(self.1),
            // The campaign ends; no job must wait for a case.
            true => self.0.lock().judged = u64::MAX,
        }
    }
}

/// The cases of a campaign.
struct Cases {
    campaign: Campaign,
    progress: Progress,
    kept: Arc<Shared>,
    ahead: Ahead,
}

/// Result of a case.
enum CaseOutcome {
    /// The input gives no case.
    NotGenerated,
    /// A subject cannot run cases.
    CannotJudge(String),
    /// The verdict, and the heaps that a finding is about.
    JudgeReport(Box<(JudgeReport, Pins)>),
}

impl Work for Cases {
    type Output = CaseOutcome;

    fn work(&self, index: u64, desk: &Arc<Desk>) -> CaseOutcome {
        let campaign = &self.campaign;
        let Some(case) = self.ahead.take(campaign, index, desk) else {
            return CaseOutcome::NotGenerated;
        };
        let all = desk.watching(&campaign.options);
        let done = match judge_prepared(&all, &case.drawn, case.converted.as_ref()) {
            Ok(done) => done,
            Err(error) => return CaseOutcome::CannotJudge(error.to_string()),
        };
        let judged = match done.judged.verdict.is_finding() {
            false => (done.judged, Pins::default()),
            true => {
                desk.note_found(&done.judged.verdict, &done.options.pins());
                done.settle()
            }
        };
        CaseOutcome::JudgeReport(Box::new(judged))
    }

    fn deliver(&self, index: u64, done: Result<CaseOutcome, Panic>, note: Note) {
        let judging = Judging(&self.kept, index);
        let is_new = match done {
            Ok(CaseOutcome::NotGenerated) => {
                self.count(|outcome| outcome.statistics.not_generated += 1);
                false
            }
            Ok(CaseOutcome::CannotJudge(why)) => {
                self.count(|outcome| {
                    outcome.cannot_judge.get_or_insert(why);
                });
                self.progress.stop();
                false
            }
            Ok(CaseOutcome::JudgeReport(done)) => {
                let (judged, pins) = *done;
                self.count(|outcome| {
                    outcome.statistics.count(&judged);
                    // An interrupted case says nothing of the others.
                    if let Verdict::Discard(reason, why) = &judged.verdict
                        && *reason != Reason::Interrupted
                        && outcome
                            .first_discard
                            .as_ref()
                            .is_none_or(|first| index < first.0)
                    {
                        outcome.first_discard = Some((index, why.clone()));
                    }
                });
                judged.verdict.is_finding() && self.found(index, judged.verdict, pins, note)
            }
            Err(panic) => {
                // Panics of heaps are verdicts already.
                let violation = Violation::panic("gcdiff", panic);
                self.broke_off(index, violation, note)
            }
        };
        drop(judging);
        self.progress.cases.fetch_add(1, Ordering::Relaxed);
        if is_new {
            // Report the finding to the listener before this job goes on.
            let state = self.kept.lock();
            let waited = self.kept.changed.wait_while(state, |s| s.judged <= index);
            drop(waited);
        }
        // Whichever job is free reduces what any of them has settled. One that has taken more cases is
        // not: others may wait for these.
        let is_free = (index + 1).is_multiple_of(generate::SAME_SMITH);
        if let Some(reducer) = self.kept.reducer.as_ref().filter(|_| is_free) {
            let share = self.campaign.jobs.max(1).div_ceil(REDUCING);
            reducer.work(share, &|finding, reduction| {
                self.kept.reduced(finding, reduction);
            });
        }
    }

    fn overdue(&self, index: u64, note: Note) {
        let _judging = Judging(&self.kept, index);
        if let Some(found) = note.found.clone() {
            let (verdict, pins) = *found;
            self.count(|outcome| outcome.statistics.count_verdict(&verdict));
            self.found(index, verdict, pins, note);
            self.progress.cases.fetch_add(1, Ordering::Relaxed);
            return;
        }
        match note.overtime(self.campaign.timeout.unwrap_or_default()) {
            Verdict::Violation(violation) => {
                self.broke_off(index, *violation, note);
            }
            other => self.count(|outcome| outcome.statistics.count_verdict(&other)),
        }
        self.progress.cases.fetch_add(1, Ordering::Relaxed);
    }

    fn skipped(&self, index: u64) {
        self.ahead.forget(index);
        drop(Judging(&self.kept, index));
    }
}

impl Cases {
    fn count(&self, count: impl FnOnce(&mut CampaignReport)) {
        count(&mut self.progress.lock());
    }

    /// Records a case without a verdict of the oracle, as [`Cases::found`] does.
    fn broke_off(&self, index: u64, violation: Violation, note: Note) -> bool {
        self.count(|outcome| {
            outcome.statistics.cases += 1;
            outcome.statistics.findings += 1;
        });
        let all = &self.campaign.options;
        let pins = match &note.case {
            Some(drawn) => all.for_case(drawn.extra, drawn.reschedule).pins(),
            None => all.pins(),
        };
        let verdict = Verdict::Violation(Box::new(violation));
        self.found(index, verdict, pins, note)
    }

    /// Records a finding, and reports it to the listener if its fingerprint is new or its case the
    /// lowest with that fingerprint. Returns whether it was reported.
    fn found(&self, index: u64, verdict: Verdict, pins: Pins, note: Note) -> bool {
        let campaign = &self.campaign;
        self.progress.findings.fetch_add(1, Ordering::Relaxed);
        let origin = Origin::Campaign {
            seed: campaign.seed,
            profile: campaign.profile,
        };
        let case = note.case.map(|drawn| Arc::unwrap_or_clone(drawn).case);
        let finding = Finding {
            number: index,
            fault: campaign.fault.clone(),
            ..Finding::new(origin, verdict, case, pins)
        };
        if campaign.stop_at_first {
            self.progress.stop();
        }
        let mut state = self.kept.lock();
        let is_lowest = self.progress.lock().keep(&finding);
        if is_lowest {
            state.listener.found(&finding);
            state.unsettled.insert(index, finding);
        }
        is_lowest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::run_with;
    use crate::oracle::Options;
    use crate::zoo::{self, Probe};

    /// Compares what it is told with the report so far.
    struct Comparing(Progress);

    impl Listener for Comparing {
        fn found(&mut self, _: &Finding) {}

        fn settled(&mut self, finding: &Finding) {
            let report = self.0.report();
            let key = &finding.fingerprint;
            assert_eq!(report.findings[key].number, finding.number);
            assert!(report.counts[key] > 0 && report.statistics.findings > 0);
            assert!(report.statistics.cases > 0 && !report.reduced.contains_key(key));
        }

        fn reduced(&mut self, finding: &Finding, reduction: &Reduction) {
            let report = self.0.report();
            let reduced = report.reduced[&finding.fingerprint].as_ref().unwrap();
            assert_eq!(reduced.text, reduction.text);
            let fingerprint = reduction.verdict.fingerprint();
            assert_eq!(fingerprint.as_ref(), Some(&finding.fingerprint));
            assert!(reduction.verdict.blamed_line().is_some());
        }
    }

    #[test]
    fn the_report_so_far_has_what_the_listener_was_told() {
        let fault = zoo::fault("canary").unwrap();
        let options = fault.switch_on(Options::fuzzing(), &Probe::default());
        let campaign = Campaign::new(1, options)
            .with_cases(8)
            .with_jobs(2)
            .with_reduce(true);
        let progress = Progress::default();
        let report = run_with(&campaign, &progress, Comparing(progress.clone()));
        assert!(!report.findings.is_empty());
        assert!(report.reduced.keys().eq(report.findings.keys()));
        // It was handed over.
        assert_eq!(progress.report().statistics.cases, 0);
    }
}
