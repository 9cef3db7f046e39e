//! Explanations: a verdict, its cause, and what happened in the run that is to blame.

mod controls;
mod dot;
pub mod json;
pub mod picture;
mod text;

pub use controls::{Control, ControlVerdict};
pub(crate) use dot::left_out;
pub(crate) use text::{STEPS, symptom};

use crate::case::{Case, SourceMap, print_schedule};
use crate::module::Module;
use crate::oracle::{
    BrokenAt, Divergence, History, HistoryEnd, HistoryRequest, JudgeError, JudgeReport, JudgeRun,
    Law, Layer, Options, Report, RunOptions, Timing, Verdict, Violation, before_violation, catch,
    judge_module,
};
use std::sync::Arc;

/// What a case shows, and how it came to that.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Explanation {
    /// The verdict, with the runs.
    pub report: JudgeReport,
    /// The operation that caused it.
    pub cause: Option<RootCause>,
    /// The verdict on the same case without audits: how the bug shows in a release build. `None` for
    /// a difference, which needs no audit.
    pub without_audits: Option<Verdict>,
    /// What happened in the run that is to blame; for a difference, then in the one that is right.
    pub histories: Vec<History>,
    /// Why there is no explanation, if the case was only judged.
    pub unexplained: Option<String>,
    /// The same case without one instruction, for findings of engines that show only their end.
    pub controls: Vec<Control>,
}

/// The operation that caused a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RootCause {
    /// The instruction, collection or act of the embedder.
    pub place: BrokenAt,
    /// The number of operations up to then, if it is known. The first one is 1.
    pub operation: Option<u64>,
    /// The number of safepoints up to then, if it is known.
    pub safepoint: Option<u64>,
    /// Whether it is no operation, but comes after that one: a read of a number, or an instruction that
    /// was passed over or did not pay.
    pub is_between: bool,
    /// Whether it was found by a comparison with another heap: no law shows it. A law may be broken later,
    /// and about another object.
    pub is_compared: bool,
    /// What it did wrong, in words.
    pub words: String,
}

impl RootCause {
    /// Words for an operation that the heap itself has stopped halfway: no law needs to hold then, so
    /// that a broken one is no reason. `unaudited` is the verdict without audits.
    fn stopped_by(&mut self, unaudited: &Verdict, history: Option<&History>) {
        let Verdict::Violation(noticed) = unaudited else {
            return;
        };
        let ledger = history.and_then(|history| history.ledger.as_ref());
        let is_known = ledger.is_some_and(|ledger| ledger.culprit().is_some());
        let same = |place: &BrokenAt| {
            (place.site == self.place.site) && place.collection == self.place.collection
        };
        if !is_known && noticed.place.as_ref().is_some_and(same) {
            self.words.clone_from(&noticed.message);
        }
    }

    fn of(first: &Divergence) -> RootCause {
        let (right, wrong) = &first.values;
        RootCause {
            place: first.place.clone(),
            operation: Some(first.operation),
            safepoint: first.safepoint,
            is_between: first.is_between,
            is_compared: true,
            words: format!(
                "{}: {wrong} in {}, {right} in {}",
                first.what,
                name_of_run(&first.runs.1),
                name_of_run(&first.runs.0)
            ),
        }
    }
}

/// Judges a case whose module has been compiled, and repeats the blamed run to see what caused the
/// verdict.
///
/// # Errors
///
/// If the case cannot be judged.
pub fn explain(
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
) -> Result<Explanation, JudgeError> {
    let report = judge_module(case, module, options)?;
    explain_judged(case, module, options, report)
}

/// The same for a case that has been judged with these options.
///
/// # Errors
///
/// If the case cannot be judged.
pub fn explain_judged(
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
    report: JudgeReport,
) -> Result<Explanation, JudgeError> {
    let mut explanation = explain_runs(case, module, options, report)?;
    if explanation.report.verdict.is_language() {
        explanation.without_audits = None;
        let why = "no heap shows anything else, and the case knows its outcome: what is wrong is a part \
                   that all of these heaps share";
        explanation.unexplained = Some(why.into());
        return Ok(explanation);
    }
    let fingerprint = explanation.report.verdict.fingerprint();
    // Nothing but the verdict is known.
    if let (Some(fingerprint), None, true) = (
        fingerprint,
        &explanation.cause,
        explanation.histories.is_empty(),
    ) {
        explanation.without_audits = None;
        match controls::judge_controls(case, module, options, &fingerprint) {
            Ok(controls) => explanation.controls = controls,
            Err(why) => explanation.unexplained = Some(why),
        }
    }
    Ok(explanation)
}

/// What the runs show.
fn explain_runs(
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
    report: JudgeReport,
) -> Result<Explanation, JudgeError> {
    // The verdict is on the case in this form.
    if let Some(Ok((case, module))) = options.form.as_ref().map(|form| form.convert(case, module)) {
        let options = Options {
            form: None,
            ..options.clone()
        };
        return explain_runs(&case, &module, &options, report);
    }
    let stats = report.stats.iter().map(|(_, stats)| stats);
    let judged: u64 = stats.map(|stats| stats.work + stats.audit_work).sum();
    let scene = Repeat {
        case,
        module,
        options,
        work: LEAST_WORK.max(judged.saturating_mul(WORK_RATIO)),
    };
    let mut explanation = Explanation::of_verdict(report);
    match &explanation.report.verdict {
        Verdict::Violation(violation) => {
            explanation.histories.extend(scene.of_violation(violation));
            explanation.cause = cause_of(violation, explanation.histories.first());
            if let Some(first) = scene.earlier(violation, explanation.cause.as_ref()) {
                // The ledger is of the object that was noticed, the pictures are of the cause.
                let noticed = explanation.histories.pop();
                let history = scene.of_run(&first.runs.1, &first);
                explanation
                    .histories
                    .extend(history.map(|history| match noticed {
                        // The ledger goes on until then.
                        Some(noticed) => History {
                            end: noticed.end.max(history.end),
                            ledger: noticed.ledger,
                            ..history
                        },
                        None => history,
                    }));
                explanation.cause = Some(RootCause::of(&first));
            }
            let silent = without_laws(options);
            let verdict = judge_module(case, module, &silent)?.verdict;
            if let (Some(cause), None) = (&mut explanation.cause, &violation.lost) {
                cause.stopped_by(&verdict, explanation.histories.first());
            }
            explanation.without_audits = Some(verdict);
        }
        Verdict::Differ(difference) => {
            if difference.first.is_none() {
                let why = "no state between two operations shows where the runs part";
                explanation.unexplained = Some(why.into());
            }
            if let Some(first) = &difference.first {
                let (right, wrong) = &first.runs;
                let runs = [wrong, right].into_iter();
                let histories = runs.filter_map(|run| scene.of_run(run, first));
                explanation.histories.extend(histories);
                explanation.cause = Some(RootCause::of(first));
            }
        }
        Verdict::Agree | Verdict::Discard(..) => {}
    }
    Ok(explanation)
}

/// Options that compare results and heaps, and report the errors that heaps detect themselves, but
/// audit no law.
fn without_laws(options: &Options) -> Options {
    let laws = Law::ALL.iter().map(|law| Layer::Law(*law));
    let layers = laws.fold(options.layers, |layers, law| layers.without(law));
    let options = options.clone().with_timing(Timing::Never);
    options.with_layers(layers.with(Layer::Heap).with(Layer::Graph))
}

/// The name of a run: that of its subject, with its schedule if it is not the case's own.
fn name_of_run(run: &JudgeRun) -> String {
    match &run.schedule {
        Some(schedule) => format!("{} collecting {}", run.subject, print_schedule(schedule)),
        None => run.subject.clone(),
    }
}

/// The work for one look at all moments of a run, by the work of judging the case; and the least.
const WORK_RATIO: u64 = 4;
const LEAST_WORK: u64 = 8_000_000;

/// Repeats runs of a case.
struct Repeat<'a> {
    case: &'a Case,
    module: &'a Arc<Module>,
    options: &'a Options,
    /// See [`HistoryRequest::work`].
    work: u64,
}

impl Repeat<'_> {
    fn history(&self, run: &JudgeRun, request: HistoryRequest) -> Option<History> {
        let mut subjects = self.options.collectors.iter();
        let subject = subjects.find(|subject| subject.name() == run.subject)?;
        let case = run.case_of(self.case);
        let run_options = RunOptions {
            timing: self.options.timing,
            layers: self.options.layers,
            footprint: self.options.footprint,
        };
        // A collector that panics does so again.
        let history = || subject.history(&case, self.module, request, &run_options);
        let history = catch(Report::Quiet, history).ok()??;
        Some(History {
            run: name_of_run(run),
            ..history
        })
    }

    fn of_violation(&self, violation: &Violation) -> Option<History> {
        let run = JudgeRun {
            subject: violation.collector.clone(),
            schedule: violation.schedule().cloned(),
            observation: 0,
        };
        let request = HistoryRequest {
            object: violation.object,
            end: HistoryEnd::Moment(violation.moment().unwrap_or(u64::MAX)),
            work: self.work,
        };
        self.history(&run, request)
    }

    /// A cause that no law shows: where an access through a wrong reference breaks a law, the
    /// reference was wrong before; and where a run does not end, it has taken another way or has not
    /// paid for an operation.
    fn earlier(&self, violation: &Violation, cause: Option<&RootCause>) -> Option<Divergence> {
        let may_come_before = matches!(violation.law, Law::Poison | Law::Type | Law::Limits);
        if violation.lost.is_some() || violation.is_overtime() || !may_come_before {
            return None;
        }
        let first = before_violation(violation, self.case, self.module, self.options)?;
        let comes_first = |cause: &RootCause| {
            let order = |operation, place: &BrokenAt| (operation, !place.collection);
            let known = cause.operation.map(|n| order(n, &cause.place));
            known.is_some_and(|known| order(first.operation, &first.place) < known)
        };
        cause.is_none_or(comes_first).then_some(first)
    }

    fn of_run(&self, run: &JudgeRun, first: &Divergence) -> Option<History> {
        let request = HistoryRequest {
            object: None,
            end: HistoryEnd::Operation {
                number: first.operation,
                collection: first.safepoint,
            },
            work: self.work,
        };
        self.history(run, request)
    }
}

/// The cause of a violation: a root that a collection was not shown, the first entry of the ledger
/// with a breach, or else the first actor after which a law is broken.
fn cause_of(violation: &Violation, history: Option<&History>) -> Option<RootCause> {
    let ledger = history.and_then(|history| history.ledger.as_ref());
    let entry = ledger.and_then(|ledger| ledger.culprit());
    let scene = history.and_then(|history| history.scenes.get(history.culprit?));
    let numbers = entry.map(|entry| (entry.operation, entry.safepoint));
    let numbers = numbers.or(scene.map(|scene| (scene.operation, scene.safepoint)));
    // A crash leaves nothing to look at.
    let numbers = numbers.or(history.map(|history| history.end));
    let (place, words) = match (&violation.lost, entry) {
        (Some(lost), _) => (violation.place.clone()?, lost.to_string()),
        (None, Some(entry)) => (entry.place.clone()?, entry.mismatch()),
        (None, None) => (violation.place.clone()?, violation.message.clone()),
    };
    Some(RootCause {
        place,
        operation: numbers.map(|(operation, _)| operation),
        safepoint: numbers.map(|(_, safepoint)| safepoint),
        is_between: false,
        is_compared: false,
        words,
    })
}

/// A place that led to a scene or an entry, in words; none is the start of the run.
pub(crate) fn name_of_place(place: Option<&BrokenAt>) -> String {
    place.map_or_else(|| "at the start".into(), ToString::to_string)
}

impl Explanation {
    /// A verdict without an explanation.
    pub fn of_verdict(report: JudgeReport) -> Explanation {
        Explanation {
            report,
            cause: None,
            without_audits: None,
            histories: Vec::new(),
            unexplained: None,
            controls: Vec::new(),
        }
    }

    /// The same with lines of the case's text, which may be arbitrary.
    pub fn with_lines(mut self, text: &str, wasm: &[u8]) -> Explanation {
        let source = SourceMap::new(text, wasm);
        self.report.verdict = self.report.verdict.with_lines(text, wasm);
        let verdict = self.without_audits.take();
        self.without_audits = verdict.map(|verdict| verdict.with_lines(text, wasm));
        if let (Verdict::Violation(violation), Some(cause)) =
            (&self.report.verdict, &mut self.cause)
            && let Some(lost) = &violation.lost
        {
            cause.words = lost.to_string();
        }
        for history in &mut self.histories {
            history.find_lines(&source);
        }
        self.controls
            .iter_mut()
            .for_each(|control| control.find_line(&source));
        if let Some(cause) = &mut self.cause {
            cause.place.find_line(&source);
        }
        self
    }
}
