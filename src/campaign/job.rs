//! What a job of a campaign does: a case from its number to its verdict.

use super::desk::{Desk, Note};
use super::pool::{Pool, Work};
use super::{Campaign, Finding, Outcome, Progress};
use crate::generate::{self, Drawn};
use crate::oracle::{Judged, Options, Panic, Subject, Verdict, Violation, judge_module};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

/// Who is told of findings.
pub(super) type Found = Box<dyn FnMut(&Finding, Option<u64>) + Send>;

/// Runs a campaign.
pub(super) fn run(campaign: &Campaign, progress: &Progress, found: Found) -> Outcome {
    let kept = Arc::new(Mutex::new((Outcome::default(), found)));
    let pool = Pool {
        jobs: campaign.jobs,
        items: campaign.cases,
        timeout: campaign.timeout,
        stop: progress.stop.clone(),
    };
    let gave_up = pool.run(Cases {
        campaign: campaign.clone(),
        progress: progress.clone(),
        kept: kept.clone(),
    });
    let outcome = std::mem::take(&mut kept.lock().unwrap_or_else(PoisonError::into_inner).0);
    Outcome { gave_up, ..outcome }
}

/// The cases of a campaign.
struct Cases {
    campaign: Campaign,
    progress: Progress,
    kept: Arc<Mutex<(Outcome, Found)>>,
}

/// What comes of a case.
enum Done {
    /// The input makes no case.
    NotGenerated,
    /// The verdict, and the heaps that a finding is about.
    Judged(Box<Judged>, Vec<&'static str>),
}

impl Work for Cases {
    type Done = Done;

    fn work(&self, index: u64, desk: &Arc<Desk>) -> Done {
        let campaign = &self.campaign;
        let input = generate::input(campaign.seed, index);
        let Ok(drawn) = campaign.generator.case(&input) else {
            return Done::NotGenerated;
        };
        let drawn = Arc::new(drawn);
        desk.note_case(&drawn);
        let all = desk.watching(&campaign.options);
        let options = all.for_case(drawn.extra, drawn.reschedule);
        let Ok(mut judged) = judge_module(&drawn.case, &drawn.module, &options) else {
            return Done::NotGenerated;
        };
        let mut collectors = Vec::new();
        if judged.verdict.is_finding() {
            let (verdict, names) = settle(&all, &options, &drawn, judged.verdict);
            (judged.verdict, collectors) = (verdict, names);
        }
        Done::Judged(Box::new(judged), collectors)
    }

    fn deliver(&self, index: u64, done: Result<Done, Panic>, note: Note) {
        match done {
            Ok(Done::NotGenerated) => self.count(|outcome| outcome.statistics.not_generated += 1),
            Ok(Done::Judged(judged, collectors)) => {
                self.count(|outcome| outcome.statistics.count(&judged));
                if judged.verdict.is_finding() {
                    self.found(index, judged.verdict, collectors, note);
                }
            }
            Err(panic) => {
                // The heaps' own panics are verdicts already.
                let violation = Violation::panic("gcdiff", panic);
                self.broke_off(index, violation, note);
            }
        }
        self.progress.cases.fetch_add(1, Ordering::Relaxed);
    }

    fn overdue(&self, index: u64, note: Note) {
        let seconds = self.campaign.timeout.unwrap_or_default().as_secs_f64();
        let violation = Violation::overtime(note.blamed(), seconds);
        self.broke_off(index, violation, note);
        self.progress.cases.fetch_add(1, Ordering::Relaxed);
    }
}

impl Cases {
    fn count(&self, count: impl FnOnce(&mut Outcome)) {
        count(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner).0);
    }

    /// Keeps a case that has no verdict of the oracle.
    fn broke_off(&self, index: u64, violation: Violation, note: Note) {
        self.count(|outcome| {
            outcome.statistics.cases += 1;
            outcome.statistics.findings += 1;
        });
        let all = &self.campaign.options;
        let collectors = match &note.case {
            Some(drawn) => names(&all.for_case(drawn.extra, drawn.reschedule)),
            None => names(all),
        };
        let verdict = Verdict::Violation(Box::new(violation));
        self.found(index, verdict, collectors, note);
    }

    /// Keeps a finding, and tells whoever wants to know.
    fn found(&self, index: u64, verdict: Verdict, collectors: Vec<&'static str>, note: Note) {
        let campaign = &self.campaign;
        self.progress.findings.fetch_add(1, Ordering::Relaxed);
        let finding = Finding {
            seed: campaign.seed,
            index,
            generator: campaign.generator,
            fingerprint: verdict.fingerprint().unwrap_or_default(),
            verdict,
            case: note.case.map(|drawn| Arc::unwrap_or_clone(drawn).case),
            fault: campaign.fault.clone(),
            collectors,
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, found) = &mut *kept;
        if let (true, earlier) = outcome.keep(&finding) {
            found(&finding, earlier);
        }
        if campaign.stop_at_first {
            self.progress.stop();
        }
    }
}

fn names(options: &Options) -> Vec<&'static str> {
    options.collectors.iter().map(Subject::name).collect()
}

/// The verdict on a case that was judged badly with `options`, and the heaps it
/// is about. Two heaps that differ are judged once more together with all others
/// of `all`, which tell who is wrong.
pub(super) fn settle(
    all: &Options,
    options: &Options,
    drawn: &Drawn,
    verdict: Verdict,
) -> (Verdict, Vec<&'static str>) {
    if let Verdict::Differ(_) = verdict {
        let all = all.for_case(u8::MAX, drawn.reschedule);
        if let Ok(again) = judge_module(&drawn.case, &drawn.module, &all)
            && again.verdict.is_finding()
        {
            return (again.verdict, names(&all));
        }
    }
    (verdict, names(options))
}
