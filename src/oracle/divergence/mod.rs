//! The first operation after which two runs of a case differ.
//!
//! A difference shows where an embedder looks: in a result, a global, a table. The cause is earlier.
//! All correct heaps do the same operations, with the same state of the language in between: frames,
//! globals, tables, memories and the objects that they reach, up to addresses. So the states of a
//! right and of a wrong run are compared before an operation, and the operation is found by
//! bisection. A collection changes nothing in this sense, whenever it comes.

mod state;

pub(super) use state::Camera;
pub use state::{Moment, RunState};

use super::broken_at::{BrokenAt, Site};
use super::compare::compare;
use super::judge::JudgeRun;
use super::subject::{RunOptions, Subject};
use super::verdict::Difference;
use crate::case::Case;
use crate::engine::{Actor, Cause, Location};
use crate::module::Module;
use crate::module::names::{Names, Space};
use std::fmt;
use std::sync::Arc;

/// The operation that made a run differ from a right one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The operation, or the collection.
    pub place: BrokenAt,
    /// Its number in the run, counted from 1.
    pub operation: u64,
    /// What differs after it, in words.
    pub what: String,
    /// The values in the right and in the wrong run.
    pub values: (String, String),
    /// The right and the wrong run.
    pub runs: (JudgeRun, JudgeRun),
}

impl fmt::Display for Divergence {
    /// Continues the phrase "first differs".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Divergence {
            place,
            what,
            values,
            ..
        } = self;
        write!(f, "{place}: {what}: {} / {}", values.0, values.1)
    }
}

/// A run to compare: a subject and the case, with the schedule of this run.
pub(super) struct ComparedRun<'a> {
    pub subject: &'a dyn Subject,
    pub case: &'a Case,
    pub run: &'a JudgeRun,
}

/// Finds the operation after which the second run differs from the first, which is right. `None` if
/// a subject does not show its state, or the states at the end are the same.
pub(super) fn diverge(
    right: ComparedRun<'_>,
    wrong: ComparedRun<'_>,
    difference: Option<&Difference>,
    module: &Arc<Module>,
    options: &RunOptions,
) -> Option<Divergence> {
    let state =
        |run: &ComparedRun<'_>, moment| run.subject.state(run.case, module, moment, options);
    let names = Names::new(module);
    let before = |number| {
        let moment = Moment::Before(number);
        let (a, b) = (state(&right, moment)?, state(&wrong, moment)?);
        let found = first_difference(&a, &b, &names, module);
        Some((a, b, found))
    };
    let parted = |a: &RunState, b: &RunState| {
        let both = a.trail.iter().zip(&b.trail);
        let parted = (1..).zip(both).find(|(_, (a, b))| a != b);
        parted.map(|(number, _)| number)
    };
    let (a, b, found) = before(u64::MAX)?;
    // Runs may have parted and come together again.
    let number = match (parted(&a, &b), &found) {
        (None, None) => {
            let last = Moment::EndOfThorough;
            let (a, b) = (state(&right, last)?, state(&wrong, last)?);
            match parted(&a, &b) {
                Some(number) => Some(number),
                None => {
                    let (number, difference) = last_in_step(&b, difference?)?;
                    let by = state(&wrong, Moment::Before(number + 1))?.by?;
                    return Some(Divergence {
                        place: BrokenAt::in_case(by, wrong.case, module),
                        operation: number,
                        what: difference.path.clone(),
                        values: difference.values.clone(),
                        runs: (right.run.clone(), wrong.run.clone()),
                    });
                }
            }
        }
        (number, _) => number,
    };
    let (mut found, mut high) = match number {
        Some(number) => {
            let (a, b, found) = before(number)?;
            ((a, b, found?), number)
        }
        None => {
            let end = b.operation;
            ((a, b, found?), end)
        }
    };
    // Before the first operation there is nothing to differ.
    let mut low = 0;
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        match before(middle)? {
            (a, b, Some(difference)) => {
                found = (a, b, difference);
                high = middle;
            }
            (_, _, None) => low = middle,
        }
    }
    let (right_state, wrong_state, (what, values)) = found;
    let by = wrong_state.by?;
    // Nothing else changes in a collection, so that the run is compared with itself.
    let collected = state(&wrong, Moment::CollectionIn(low));
    let collection = low > 0 && collected.is_some();
    let cause = Cause { collection, ..by };
    let mut place = BrokenAt::in_case(cause, wrong.case, module);
    if let (false, Some(skipped)) = (collection, skipped(&right_state, &wrong_state, &place)) {
        let actor = Actor::Instruction(skipped);
        place = BrokenAt::of(Cause { actor, ..cause }, module);
    }
    Some(Divergence {
        place,
        operation: low,
        what,
        values,
        runs: (right.run.clone(), wrong.run.clone()),
    })
}

/// The number of the last operation of the call whose end differs, if all states of both runs are the
/// same: what has gone wrong since is gone with the frame of the call.
fn last_in_step<'d>(end: &RunState, difference: &'d Difference) -> Option<(u64, &'d Difference)> {
    let (_, rest) = difference.path.split_once("call ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let step: u32 = rest[..digits].parse().ok()?;
    let last = |wanted: bool| {
        let mut steps = end.steps.iter();
        steps.rposition(|(of, is_instruction)| *of == step && *is_instruction == wanted)
    };
    let index = last(true).or_else(|| last(false))?;
    Some((index as u64 + 1, difference))
}

/// The instruction that the right run is at and the wrong run has passed without executing it, after
/// the last operation that both have in common. That operation is not to blame if the wrong run has
/// not trapped and the operation is no branch.
fn skipped(right: &RunState, wrong: &RunState, last: &BrokenAt) -> Option<Location> {
    let branches = matches!(&last.site, Site::Instruction(instruction)
        if instruction.name.starts_with("br_") || instruction.name.starts_with("throw"));
    let same = (right.number, right.traps) == (wrong.number, wrong.traps);
    let at = right.frames.last().filter(|at| at.instance != u32::MAX)?;
    (right.frames != wrong.frames && same && !branches).then_some(*at)
}

/// What differs first between two states, in words: where, and both values.
type Found = (String, (String, String));

fn first_difference(
    right: &RunState,
    wrong: &RunState,
    names: &Names<'_>,
    module: &Module,
) -> Option<Found> {
    if right.ended != wrong.ended || right.frames != wrong.frames {
        let place = |state: &RunState| match (state.ended, state.frames.last()) {
            (true, _) => "it ends".into(),
            (_, None) => "in the embedder".to_string(),
            (_, Some(at)) => super::instruction::instruction_at(module, *at).to_string(),
        };
        return Some(("the way on".into(), (place(right), place(wrong))));
    }
    if let (Some(a), Some(b)) = (right.number, wrong.number)
        && a != b
    {
        return Some(("the number read".into(), (a.to_string(), b.to_string())));
    }
    if right.fuel != wrong.fuel {
        let fuel = (right.fuel.to_string(), wrong.fuel.to_string());
        return Some(("the fuel left".into(), fuel));
    }
    let found = compare(
        ("right", &right.observation),
        ("wrong", &wrong.observation),
        names,
    )?;
    let path = match in_frame(&found.path, right) {
        Some((frame, register, rest)) => {
            let at = right.frames.get(frame as usize);
            let func = at.and_then(|at| at.func);
            let func = func.map_or("a constant expression".into(), |func| {
                names.item(Space::Func, func)
            });
            format!("register {register} of {func}{rest}")
        }
        None => found.path,
    };
    Some((path, found.values))
}

/// The register, with the index of its frame, at the root of a path, and the rest of the path.
fn in_frame<'p>(path: &'p str, state: &RunState) -> Option<(u32, u16, &'p str)> {
    let rest = path.strip_prefix("kept reference ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (index, rest) = rest.split_at(digits);
    let (frame, register) = state.register(index.parse().ok()?)?;
    Some((frame, register, rest))
}
