//! From a difference to its cause: a law that the wrong run breaks, or the operation after which it
//! differs.

use super::audit::Timing;
use super::collector::Collector;
use super::divergence::{ComparedRun, Divergence, diverge};
use super::judge::{JudgeRun, Options};
use super::subject::{Failure, PlanError, RunOptions, SharedSubject, run_caught};
use super::verdict::{Difference, Verdict};
use super::violation::Violation;
use crate::case::Case;
use crate::engine::{Grain, Schedule};
use crate::module::Module;
use std::sync::Arc;

fn compared<'a>((subject, case): &'a (&SharedSubject, Case), run: &'a JudgeRun) -> ComparedRun<'a> {
    ComparedRun {
        subject: &***subject,
        case,
        run,
    }
}

/// The verdict on a difference between two completed runs, of which the first is right.
///
/// A heap that breaks a law shows it at once only if it is audited then. An audit at every moment
/// finds a law that was broken and holds again, as when memory that was freed too early is used for
/// another object.
pub(super) fn with_cause(
    difference: Difference,
    (right, wrong): (&JudgeRun, &JudgeRun),
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
    footprint: u64,
) -> Result<Verdict, PlanError> {
    let run = |run: &JudgeRun| {
        let subjects = options.collectors.iter();
        let subject = subjects.clone().find(|s| s.name() == run.subject)?;
        Some((subject, run.case_of(case)))
    };
    let (right_run, wrong_run) = (right, wrong);
    let (Some(right), Some(wrong)) = (run(right), run(wrong)) else {
        return Ok(Verdict::Differ(difference));
    };
    let run_options = RunOptions {
        timing: Timing::At(Grain::Every),
        layers: options.layers,
        footprint,
    };
    // Where several heaps are wrong in the same way, the fault is in none of them.
    if difference.wrong.len() == 1 && options.layers.audits() && options.timing != Timing::Never {
        let schedule = wrong_run.schedule.clone();
        let (subject, case) = &wrong;
        let ran = run_caught(&***subject, case, module, &run_options)?;
        if let Err(Failure::Violation(mut violation)) = ran.result {
            violation.schedule = schedule;
            violation.noticed = Some(Box::new(difference));
            return Ok(Verdict::Violation(violation));
        }
    }
    let first = diverge(
        compared(&right, right_run),
        compared(&wrong, wrong_run),
        Some(&difference),
        module,
        &run_options,
    );
    Ok(Verdict::Differ(Difference {
        first: first.map(Box::new),
        ..difference
    }))
}

/// The operation after which the run that breaks a law first differs from one of the model. It comes
/// before the violation where a wrong reference is well typed for the audit, and only its use is an
/// error. `None` if there is no such operation.
pub(crate) fn before_violation(
    violation: &Violation,
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
) -> Option<Divergence> {
    let mut subjects = options.collectors.iter();
    let subject = subjects.find(|subject| subject.name() == violation.collector)?;
    let model = SharedSubject::from(Collector::Model);
    let run = |subject: &SharedSubject, schedule: Option<Schedule>| JudgeRun {
        subject: subject.name().into(),
        schedule,
        observation: 0,
    };
    let runs = (run(&model, None), run(subject, violation.schedule.clone()));
    let run_options = RunOptions {
        timing: options.timing,
        layers: options.layers,
        footprint: options.footprint,
    };
    let wrong = runs.1.case_of(case);
    let (right, wrong) = ((&model, case.clone()), (subject, wrong));
    diverge(
        compared(&right, &runs.0),
        compared(&wrong, &runs.1),
        None,
        module,
        &run_options,
    )
}
