//! Judging: from a case to a verdict.

use super::audit::{Garbage, Timing};
use super::cause::with_cause;
use super::collector::Collector;
use super::heap_subject::over_budget;
use super::layers::{Layer, Layers};
use super::subject::{Failure, PlanError, RunOptions, SharedSubject, run_caught};
use super::variant::Variant;
use super::verdict::{Reason, Verdict};
use super::violation::{Law, Violation};
use super::votes::Votes;
use crate::case::{Case, RunStats};
use crate::engine::{Resource, Schedule};
use crate::heap::Reclaims;
use crate::module::{Module, ModuleError, footprint};
use crate::observe::Observation;
use std::fmt;
use std::sync::Arc;

/// How to judge. Start from [`Options::default`] or [`Options::fuzzing`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The heaps to run under and compare, in this order.
    pub collectors: Vec<SharedSubject>,
    /// In a campaign, heaps that join on a share of the cases. The bytes of a
    /// case decide whether they do.
    pub sometimes: Vec<SharedSubject>,
    /// When to audit.
    pub timing: Timing,
    /// The layers of the oracle that are on.
    pub layers: Layers,
    /// Whether heaps that free are run a second time, with other collections:
    /// an extra collection must change no observation. In a campaign, this
    /// applies to a share of the cases.
    pub reschedule: bool,
    /// Bytes of memory that a verdict may use at a time, if less than the
    /// limits of the case.
    pub footprint: u64,
    /// The form in which cases are judged, if it is not their own: see [`CaseForm`].
    pub form: Option<Arc<dyn CaseForm>>,
}

/// Another form of cases, in which they are judged: one that engines in other processes can run.
pub trait CaseForm: fmt::Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// The case in this form, with its module.
    ///
    /// # Errors
    ///
    /// Why there is none. Such a case is discarded.
    fn convert(&self, case: &Case, module: &Arc<Module>) -> Result<(Case, Arc<Module>), String>;

    /// Whether engines can show what a run has shown.
    ///
    /// # Errors
    ///
    /// Why they cannot. Then they are not asked, and the case is discarded unless the other runs differ.
    fn shows(&self, seen: &Observation) -> Result<(), String>;
}

/// Ten times what a generated case takes; a campaign judges one on every core.
const CAMPAIGN_FOOTPRINT: u64 = 128 << 20;

impl Default for Options {
    /// For a single case: the whole oracle.
    fn default() -> Options {
        Options {
            collectors: Collector::ALL.map(SharedSubject::from).to_vec(),
            sometimes: Vec::new(),
            timing: Timing::Sampled,
            layers: Layers::ALL,
            reschedule: true,
            footprint: u64::MAX,
            form: None,
        }
    }
}

impl Options {
    /// For a campaign: the counting and the null heap, and the others on a
    /// share of the cases. The counting heap comes first, since most findings need no other.
    pub fn fuzzing() -> Options {
        let [null, drc, rest @ ..] = Collector::ALL.map(SharedSubject::from);
        Options {
            collectors: vec![drc, null],
            sometimes: rest.to_vec(),
            footprint: CAMPAIGN_FOOTPRINT,
            ..Options::default()
        }
    }

    /// For a campaign about another engine: the model alone, once. It decides when they differ; campaigns
    /// without an engine judge the heaps of this crate, in less time.
    pub fn beside_engines() -> Options {
        Options {
            collectors: vec![Collector::Model.into()],
            reschedule: false,
            footprint: CAMPAIGN_FOOTPRINT,
            ..Options::default()
        }
    }

    /// Sets [`Options::collectors`].
    pub fn with_collectors(self, collectors: impl IntoIterator<Item = SharedSubject>) -> Options {
        Options {
            collectors: collectors.into_iter().collect(),
            ..self
        }
    }

    /// Sets [`Options::sometimes`].
    pub fn with_sometimes(self, sometimes: impl IntoIterator<Item = SharedSubject>) -> Options {
        Options {
            sometimes: sometimes.into_iter().collect(),
            ..self
        }
    }

    /// Sets [`Options::timing`].
    pub fn with_timing(self, timing: Timing) -> Options {
        Options { timing, ..self }
    }

    /// Sets [`Options::layers`].
    pub fn with_layers(self, layers: Layers) -> Options {
        Options { layers, ..self }
    }

    /// Sets [`Options::reschedule`].
    pub fn with_reschedule(self, reschedule: bool) -> Options {
        Options { reschedule, ..self }
    }

    /// Sets [`Options::footprint`].
    pub fn with_footprint(self, footprint: u64) -> Options {
        Options { footprint, ..self }
    }

    /// The same options, with variants in place of the collectors that they change.
    pub fn with_variants(self, variants: &[Variant]) -> Options {
        let subjects: Vec<SharedSubject> = variants.iter().map(Variant::subject).collect();
        self.with_subjects(&subjects)
    }

    /// The same options, with other subjects in place of those with the same names.
    pub fn with_subjects(mut self, others: &[SharedSubject]) -> Options {
        for subject in self.collectors.iter_mut().chain(&mut self.sometimes) {
            if let Some(other) = others.iter().find(|s| s.name() == subject.name()) {
                *subject = other.clone();
            }
        }
        self
    }

    /// The options for one case of a campaign: `extra` selects heaps of
    /// [`Options::sometimes`] to join, one bit for each.
    pub fn for_case(&self, extra: u8, reschedule: bool) -> Options {
        let mut collectors = self.collectors.clone();
        let sometimes = self.sometimes.iter().enumerate();
        let joining = sometimes.filter(|(i, _)| extra.checked_shr(*i as u32).unwrap_or(0) & 1 == 1);
        if self.layers.has(Layer::Votes) {
            collectors.extend(joining.map(|(_, subject)| subject.clone()));
        }
        Options {
            collectors,
            sometimes: Vec::new(),
            timing: self.timing,
            layers: self.layers,
            reschedule: self.reschedule && reschedule,
            footprint: self.footprint,
            form: self.form.clone(),
        }
    }
}

/// A verdict, with statistics and observations.
#[derive(Clone, Debug)]
pub struct JudgeReport {
    /// The verdict.
    pub verdict: Verdict,
    /// Statistics of each run with the case's own schedule, by the name of its heap, and of a
    /// failed run with another schedule. Where a heap has run twice, `work` and `audit_work` are
    /// the larger of both runs.
    pub stats: Vec<(String, RunStats)>,
    /// Whether objects were shared, and whether there was a cycle, at the end
    /// of the first run.
    pub shape: (bool, bool),
    /// Garbage of the counting heap at the end of its run, mostly cycles.
    pub garbage: Garbage,
    /// The completed runs, in order.
    pub runs: Vec<JudgeRun>,
    /// Their observations, without duplicates.
    pub observations: Vec<Observation>,
    /// The module of these runs, if it is that of another [form](Options::form).
    pub converted: Option<Arc<Module>>,
}

/// A completed run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JudgeRun {
    /// The name of its subject.
    pub subject: String,
    /// The schedule, if it is not the case's own.
    pub schedule: Option<Schedule>,
    /// Its observation: an index into [`JudgeReport::observations`].
    pub observation: usize,
}

impl JudgeRun {
    /// The case as this run executed it: with its schedule.
    pub fn case_of(&self, case: &Case) -> Case {
        let schedule = self.schedule.as_ref().unwrap_or(&case.schedule);
        Case {
            schedule: schedule.clone(),
            ..case.clone()
        }
    }
}

impl JudgeReport {
    /// A report with a verdict only.
    pub fn new(verdict: Verdict) -> JudgeReport {
        JudgeReport {
            verdict,
            stats: Vec::new(),
            shape: (false, false),
            garbage: Garbage::default(),
            runs: Vec::new(),
            observations: Vec::new(),
            converted: None,
        }
    }

    /// The observation of the first run, if it completed.
    pub fn observation(&self) -> Option<&Observation> {
        self.observations.first()
    }
}

/// A case that cannot be run at all.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum JudgeError {
    /// The module was refused.
    Module(ModuleError),
    /// The plan does not fit the module.
    Plan(String),
    /// There is no subject to run the case.
    NoSubjects,
}

impl From<PlanError> for JudgeError {
    fn from(error: PlanError) -> JudgeError {
        JudgeError::Plan(error.0)
    }
}

impl fmt::Display for JudgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JudgeError::Module(error) => error.fmt(f),
            JudgeError::Plan(message) => f.write_str(message),
            JudgeError::NoSubjects => f.write_str("there is no collector to judge"),
        }
    }
}

impl std::error::Error for JudgeError {}

/// Judges a case: compiles it once, runs and audits it under each collector,
/// and compares.
pub fn judge(case: &Case, options: &Options) -> Result<JudgeReport, JudgeError> {
    if footprint(&case.wasm) > case.limits.footprint.min(options.footprint) {
        let failure = over_budget(Resource::Memory);
        return Ok(JudgeReport::new(failure.into()));
    }
    let mut types = Arc::default();
    let module = Module::new(&case.wasm, &mut types).map_err(JudgeError::Module)?;
    judge_module(case, &Arc::new(module), options)
}

/// Judges a case whose module has been compiled.
pub fn judge_module(
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
) -> Result<JudgeReport, JudgeError> {
    match &options.form {
        None => judge_as_it_is(case, module, options),
        Some(form) => judge_converted(&form.convert(case, module), options),
    }
}

/// A case in the form of the options, with its module, or why there is none.
pub(crate) type Converted = Result<(Case, Arc<Module>), String>;

/// Judges a case that has been converted.
pub(crate) fn judge_converted(
    converted: &Converted,
    options: &Options,
) -> Result<JudgeReport, JudgeError> {
    match converted {
        Ok((case, module)) => {
            let judged = judge_as_it_is(case, module, options)?;
            Ok(JudgeReport {
                converted: Some(module.clone()),
                ..judged
            })
        }
        Err(why) => {
            let failure = Failure::Discard(Reason::Unsupported, why.clone());
            Ok(JudgeReport::new(failure.into()))
        }
    }
}

fn judge_as_it_is(
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
) -> Result<JudgeReport, JudgeError> {
    if options.collectors.is_empty() {
        return Err(JudgeError::NoSubjects);
    }
    let mut judged = JudgeReport::new(Verdict::Agree);
    judged.stats.reserve(options.collectors.len());
    let mut votes = Votes::default();
    let mut discarded = None;
    let most = case.limits.footprint.min(options.footprint);
    let footprint = most.saturating_sub(footprint(&case.wasm));
    let hidden = |seen: &Observation| options.form.as_ref()?.shows(seen).err();
    'subjects: for subject in &options.collectors {
        let is_engine = !subject.follows_schedules();
        if let (true, Some(why)) = (is_engine, votes.observations().find_map(hidden)) {
            discarded.get_or_insert(Failure::Discard(Reason::Unsupported, why));
            continue;
        }
        let frees = subject.reclaims() != Reclaims::Nothing && subject.follows_schedules();
        let mut schedule = None;
        loop {
            let other = schedule.as_ref().map(|schedule: &Schedule| Case {
                schedule: schedule.clone(),
                ..case.clone()
            });
            let run_options = RunOptions {
                timing: options.timing,
                layers: options.layers,
                // Observations of earlier runs still take memory.
                footprint: footprint.saturating_sub(votes.footprint()),
            };
            let case = other.as_ref().unwrap_or(case);
            let ran = run_caught(&**subject, case, module, &run_options)?;
            let is_first = schedule.is_none();
            if is_first || ran.result.is_err() {
                judged.stats.push((subject.name().into(), ran.stats));
            } else if let Some((_, stats)) = judged.stats.last_mut() {
                stats.work = stats.work.max(ran.stats.work);
                stats.audit_work = stats.audit_work.max(ran.stats.audit_work);
            }
            match ran.result {
                // The run has no vote, but the others may disagree.
                Err(failure @ Failure::Discard(..)) => {
                    discarded.get_or_insert(failure);
                    break;
                }
                Err(mut failure) => {
                    if let Failure::Violation(violation) = &mut failure {
                        violation.schedule = schedule;
                    }
                    judged.verdict = failure.into();
                    break 'subjects;
                }
                Ok(seen) => {
                    if is_engine && let Some(why) = hidden(&seen) {
                        discarded.get_or_insert(Failure::Discard(Reason::Unsupported, why));
                        break;
                    }
                    let seen = seen.only(options.layers.parts());
                    votes.add(&**subject, schedule.take(), seen);
                }
            }
            if !is_first {
                break;
            }
            if ran.garbage != Garbage::default() {
                judged.garbage = ran.garbage;
            }
            let reschedule = options.reschedule && options.layers.has(Layer::Schedule);
            if !(reschedule && frees) {
                break;
            }
            schedule = Some(rescheduled(&case.schedule, ran.stats.safepoints));
        }
    }
    let mut differ = None;
    if judged.verdict == Verdict::Agree {
        differ = votes.difference(module);
        if let (None, Some(discard)) = (&differ, discarded) {
            judged.verdict = discard.into();
        }
        if let Some(first) = votes.first() {
            judged.shape = (first.graph.has_sharing(), first.graph.has_cycle());
        }
        if differ.is_none() && options.layers.checks(Law::Language) {
            let contradicted = votes.contradicted(module);
            let violation = contradicted.map(|(run, claims)| Violation::language(&run, &claims));
            if let Some(violation) = violation {
                judged.verdict = Verdict::Violation(Box::new(violation));
            }
        }
    }
    (judged.runs, judged.observations) = votes.into_runs();
    if let Some((difference, (right, wrong))) = differ {
        let pair = (&judged.runs[right], &judged.runs[wrong]);
        judged.verdict = with_cause(difference, pair, case, module, options, footprint)?;
    }
    Ok(judged)
}

/// Number of collections added to a run that has none of its own.
const EXTRA: u64 = 16;

/// Another schedule for a run with `safepoints` safepoints: no collections
/// instead of some, or some, evenly spread, instead of none.
fn rescheduled(schedule: &Schedule, safepoints: u64) -> Schedule {
    match schedule {
        Schedule::Never => {
            let n = EXTRA.min(safepoints);
            // In this order of operations no product exceeds the number of
            // safepoints by much.
            let at = (1..=n).map(|i| (safepoints / n) * i);
            Schedule::At(at.collect())
        }
        _ => Schedule::Never,
    }
}
