//! The first operation after which two runs of a case differ.
//!
//! A difference shows where an embedder looks: in a result, a global, a table. The cause is earlier.
//! All correct heaps do the same operations, with the same state of the language in between: frames,
//! globals, tables, memories and the objects that they reach, up to addresses. So the states of a
//! right and of a wrong run are compared before an operation, and the operation is found by
//! bisection. A collection changes nothing in this sense, whenever it comes. Between two operations a
//! run can only compute, and read numbers from objects: these are compared, too.

mod differing;
mod reads;
mod state;

pub use reads::NumberRead;
pub(super) use state::Camera;
pub use state::{Moment, OperationKind, RunState};

use super::broken_at::{BrokenAt, Site};
use super::judge::JudgeRun;
use super::panics::{Report, catch};
use super::subject::{RunOptions, Subject};
use super::verdict::Difference;
use crate::case::Case;
use crate::engine::{Actor, Cause, Location};
use crate::module::Module;
use crate::module::names::Names;
use differing::{Found, first_difference};
use std::fmt;
use std::sync::Arc;

/// The operation that made a run differ from a right one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The operation, or the collection.
    pub place: BrokenAt,
    /// Its number in the run, counted from 1.
    pub operation: u64,
    /// For a collection, the number of its safepoint.
    pub safepoint: Option<u64>,
    /// Whether it is no operation, but comes after the last operation in common: a read of a number
    /// from an object, or an instruction that was passed over or did not pay.
    pub is_between: bool,
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

/// The most operations of all runs of a search together: if longer runs do not part early, they are not
/// searched, since a verdict waits for the result.
const MOST_OPERATIONS: u64 = 40_000_000;

/// The operations of runs that are ended early, since most differences are near the beginning: the trail of
/// a whole run takes longer than all else in a search.
const SHORT: [u64; 2] = [128, 2048];

/// About as many runs of each of the two are needed to bisect a run of the greatest length.
const MOST_RUNS: u64 = 20;

/// The most objects that all states of a run have together, for a trail of whole states.
const MOST_OBJECTS: u64 = 300_000;

/// The references in frames that count as one object: most frames refer to the same objects.
const FRAME_REFERENCES: u64 = 16;

/// Finds the operation after which the second run differs from the first, which is right. `None` if
/// a subject does not show its state, or no state and no number read differs. `difference` is what
/// their observations differ in, if it is known.
pub(super) fn diverge(
    right: ComparedRun<'_>,
    wrong: ComparedRun<'_>,
    difference: Option<&Difference>,
    module: &Arc<Module>,
    options: &RunOptions,
) -> Option<Divergence> {
    let both = Both {
        right,
        wrong,
        module,
        options,
    };
    let mut end = None;
    for number in [SHORT[0], SHORT[1], u64::MAX] {
        end = both.at(Moment::Until(number));
        // What comes after the first difference is of no use. In the middle of a run a heap may be too
        // large to be shown, or be broken.
        let is_enough =
            |end: &States| end.parted().is_some() || (end.right.ended && end.wrong.ended);
        if end.as_ref().is_some_and(is_enough) {
            break;
        }
    }
    let end = end?;
    if end.wrong.operation.saturating_mul(2 * MOST_RUNS) > MOST_OPERATIONS {
        return None;
    }
    let read = end.first_read();
    // Runs may have parted and come together again. A case with a violation is not worth as much.
    let most = difference.map_or(MOST_OBJECTS / 4, |_| MOST_OBJECTS);
    let parted = match (end.parted(), &end.found, read) {
        (None, None, None) if end.have_at_most(most) => both.at(Moment::EndOfThorough)?.parted(),
        (number, ..) => number,
    };
    let (high, differing) = match (parted, read) {
        (Some(number), _) => (number, both.at(Moment::Before(number))?),
        // A run that breaks a law may be stopped halfway, and then ends in another state in any case.
        (None, _) if end.found.is_some() && difference.is_some() => (end.wrong.operation, end),
        (None, Some(read)) => match both.at_read(read)? {
            // The states at the read are the same, so it is the read itself that is wrong.
            Err(divergence) => return Some(divergence),
            Ok(differing) => (read.wrong.after + 1, differing),
        },
        (None, None) => return both.last_number(&end, difference?),
    };
    let (low, differing) = both.bisect(high, differing)?;
    // A number that is read after the last operation in common may be the first that differs.
    if let Some(read) = read.filter(|read| read.right.after == low && read.wrong.after == low)
        && let Err(divergence) = both.at_read(read)?
    {
        return Some(divergence);
    }
    both.divergence(low, differing)
}

/// Two runs to compare.
struct Both<'a> {
    right: ComparedRun<'a>,
    wrong: ComparedRun<'a>,
    module: &'a Arc<Module>,
    options: &'a RunOptions,
}

/// The states of both at one moment.
struct States {
    right: RunState,
    wrong: RunState,
    /// What differs first.
    found: Option<Found>,
}

/// The first read of a number that gives two different ones.
#[derive(Copy, Clone)]
struct DifferingRead {
    /// Its number in both runs, counted from 1.
    number: u64,
    right: NumberRead,
    wrong: NumberRead,
}

impl States {
    /// Whether whole states have no more than so many objects together, so that all of them can be
    /// compared.
    fn have_at_most(&self, most: u64) -> bool {
        let objects = self.wrong.observation.graph.nodes.len() as u64 + 1;
        // What is held by frames alone, as in a deep recursion, is gone at the end.
        let in_frames = self.wrong.frame_references / FRAME_REFERENCES;
        self.wrong.operation.saturating_mul(objects).max(in_frames) <= most
    }

    /// The number of the first operation before which the checksums of both runs differ.
    fn parted(&self) -> Option<u64> {
        let both = self.right.trail.iter().zip(&self.wrong.trail);
        let parted = (1..).zip(both).find(|(_, (a, b))| a != b);
        parted.map(|(number, _)| number)
    }

    fn first_read(&self) -> Option<DifferingRead> {
        let both = self.right.reads.iter().zip(&self.wrong.reads);
        let (number, (right, wrong)) = (1..).zip(both).find(|(_, (a, b))| a != b)?;
        (right.after == wrong.after).then_some(DifferingRead {
            number,
            right: *right,
            wrong: *wrong,
        })
    }
}

impl Both<'_> {
    fn state(&self, run: &ComparedRun<'_>, moment: Moment) -> Option<RunState> {
        // A collector that panics has no state.
        let state = || {
            let subject = run.subject;
            subject.state(run.case, self.module, moment, self.options)
        };
        catch(Report::Quiet, state).ok()?
    }

    fn at(&self, moment: Moment) -> Option<States> {
        let right = self.state(&self.right, moment)?;
        let wrong = self.state(&self.wrong, moment)?;
        let found = first_difference(&right, &wrong, &Names::new(self.module), self.module);
        Some(States {
            right,
            wrong,
            found,
        })
    }

    /// The states at a read if they differ; or else the read as the cause.
    fn at_read(&self, read: DifferingRead) -> Option<Result<States, Divergence>> {
        let states = self.at(Moment::Read(read.number))?;
        if states.found.is_some() {
            return Some(Ok(states));
        }
        let values = (read.right.value, read.wrong.value);
        let place = BrokenAt::in_case(states.wrong.by?, self.wrong.case, self.module);
        Some(Err(Divergence {
            place,
            operation: read.wrong.after,
            safepoint: None,
            is_between: true,
            what: "the number read".into(),
            values: (number(values.0), number(values.1)),
            runs: self.runs(),
        }))
    }

    /// The last operation of the call whose end differs, if its result is a number. With the frame, the
    /// register of that number is gone before the next operation, and all else is the same.
    fn last_number(&self, end: &States, difference: &Difference) -> Option<Divergence> {
        if difference.path.contains("host call ") {
            return None;
        }
        let (_, rest) = difference.path.split_once("call ")?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let step: u32 = rest[..digits].parse().ok()?;
        let of_step =
            |(of, kind): &(u32, OperationKind)| *of == step && *kind != OperationKind::Embedder;
        let last = end.wrong.steps.iter().rposition(of_step)?;
        if end.wrong.steps[last].1 != OperationKind::ReadsNumber {
            return None;
        }
        let operation = last as u64 + 1;
        let next = self.state(&self.wrong, Moment::Before(operation + 1))?;
        Some(Divergence {
            place: BrokenAt::in_case(next.by?, self.wrong.case, self.module),
            operation,
            safepoint: None,
            is_between: false,
            what: difference.path.clone(),
            values: difference.values.clone(),
            runs: self.runs(),
        })
    }

    fn runs(&self) -> (JudgeRun, JudgeRun) {
        (self.right.run.clone(), self.wrong.run.clone())
    }

    /// The last operation before which states are the same, and the states that differ next. They
    /// differ before operation `high`, or are given.
    fn bisect(&self, mut high: u64, mut differing: States) -> Option<(u64, States)> {
        // Before the first operation there is nothing to differ.
        let mut low = 0;
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            let states = self.at(Moment::Before(middle))?;
            match states.found {
                Some(_) => (differing, high) = (states, middle),
                None => low = middle,
            }
        }
        Some((low, differing))
    }

    /// The operation, after which states differ, as the cause.
    fn divergence(&self, operation: u64, states: States) -> Option<Divergence> {
        let (what, values) = states.found?;
        // At a read, what has acted last is the read.
        let before = || self.state(&self.wrong, Moment::Before(operation + 1));
        let by = match states.wrong.operation == operation {
            true => before()?.by?,
            false => states.wrong.by?,
        };
        // Nothing else changes in a collection, so that the run is compared with itself.
        let collected = match operation {
            0 => None,
            _ => self.state(&self.wrong, Moment::CollectionIn(operation)),
        };
        let collection = collected.is_some();
        let safepoint = collected.as_ref().map(|state| state.safepoint);
        // A collection may come at a safepoint that is no operation, behind this one.
        let by = collected.and_then(|state| state.by).unwrap_or(by);
        let cause = Cause { collection, ..by };
        let mut place = BrokenAt::in_case(cause, self.wrong.case, self.module);
        let between = match collection {
            true => None,
            false => skipped(&states.right, &states.wrong, &place)
                .or_else(|| unpaid(&states.right, &states.wrong, &place)),
        };
        if let Some(at) = between {
            let actor = Actor::Instruction(at);
            place = BrokenAt::of(Cause { actor, ..cause }, self.module);
        }
        Some(Divergence {
            place,
            operation,
            safepoint,
            is_between: between.is_some(),
            what,
            values,
            runs: self.runs(),
        })
    }
}

/// A number in words, as an observation shows it.
fn number(value: u128) -> String {
    match value < 10 {
        true => value.to_string(),
        false => format!("{value} ({value:#x})"),
    }
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

/// The instruction before which the fuel left differs, if the last operation in common pays nothing
/// that depends on what it does: a loop or a branch in between has not paid.
fn unpaid(right: &RunState, wrong: &RunState, last: &BrokenAt) -> Option<Location> {
    let pays = matches!(&last.site, Site::Instruction(instruction)
        if ["array.", "memory.", "table.", "call", "return_call"]
            .iter()
            .any(|prefix| instruction.name.starts_with(prefix)));
    let at = wrong.frames.last().filter(|at| at.instance != u32::MAX)?;
    let same = (right.number, right.traps) == (wrong.number, wrong.traps);
    let is_in_code = matches!(last.site, Site::Instruction(_));
    let differs = right.fuel != wrong.fuel && right.frames == wrong.frames;
    (differs && same && is_in_code && !pays).then_some(*at)
}
