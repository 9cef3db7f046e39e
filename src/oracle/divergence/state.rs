//! The state of a run between two operations, as plain data.

use super::reads::{NumberRead, ReadLog};
use crate::case::{self, Case};
use crate::engine::{Cause, Grain, Halt, Inspector, Location, Point, View};
use crate::heap::{CodePoint, GcRef, Heap};
use crate::module::{Module, Names};
use crate::observe::{Observation, observe_with};
use crate::oracle::compare::compare;
use std::sync::Arc;

/// The state of a run right before an operation, or at its end.
///
/// Two states are compared up to the addresses of objects, as observations are.
#[derive(Clone, Debug)]
pub struct RunState {
    /// The number of the operation, counted from 1. Collections are no operations: all heaps have
    /// the same operations, until they differ.
    pub operation: u64,
    /// Whether the run has ended: there is no such operation.
    pub ended: bool,
    /// The instructions that the frames are at, outermost first.
    pub frames: Vec<Location>,
    /// The registers of frames that hold references, by the index of the frame. Their values come
    /// last among the observation's kept references.
    pub registers: Vec<(u32, u16)>,
    /// The globals, tables, memories and kept references, and all that can be reached.
    pub observation: Observation,
    /// The number that the last operation has read from the heap, if it has.
    pub number: Option<u64>,
    /// The fuel that is left.
    pub fuel: u64,
    /// The number of calls that have ended with a trap, as far as operations were inspected.
    pub traps: u64,
    /// What has acted last.
    pub by: Option<Cause>,
    /// The number of safepoints so far.
    pub safepoint: u64,
    /// With a trail, a checksum for each operation until the state, up to a number of them: of the
    /// instructions that frames were at, of the number read, of the fuel, and of which registers and
    /// slots refer to the same object. Two runs may part and come together
    /// again, as after a trap that one of them lacks.
    pub trail: Vec<u64>,
    /// The references to objects in frames before all operations of the trail together.
    pub frame_references: u64,
    /// Of each operation of the trail, the step of the plan in which it happens, 0 outside all steps,
    /// and what it is.
    pub steps: Vec<(u32, OperationKind)>,
    /// [Until](Moment::Until) the state, the numbers that the run has read from objects, up to a number of
    /// them.
    pub reads: Vec<NumberRead>,
}

impl RunState {
    /// The register, with the index of its frame, that is kept reference number `index` of the
    /// observation.
    pub fn register(&self, index: usize) -> Option<(u32, u16)> {
        let handles = self.observation.kept.len() - self.registers.len();
        self.registers.get(index.checked_sub(handles)?).copied()
    }
}

/// What an operation is.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum OperationKind {
    /// An act of the embedder.
    Embedder,
    /// An instruction whose result is a number that depends on the heap.
    ReadsNumber,
    /// Another instruction.
    Instruction,
}

/// When to take a state.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Moment {
    /// Right before the operation with this number, counted from 1; or else at the end.
    Before(u64),
    /// The same, with a trail, and the numbers read.
    Until(u64),
    /// At the end, with a trail that covers all that can be reached, which takes long.
    EndOfThorough,
    /// At the read of a number from an object, counted from 1, before it goes on.
    Read(u64),
    /// Right before and right after a collection during this operation: the first that changes the
    /// state.
    CollectionIn(u64),
}

/// The most checksums of a trail, of eight bytes each.
const LONGEST_TRAIL: usize = 1 << 20;

/// The most registers and slots that a checksum covers.
const MOST_ROOTS: u32 = 256;

/// A word at a time: each is mixed in by an exclusive or and a multiplication.
struct Checksum(u64);

impl Default for Checksum {
    fn default() -> Checksum {
        Checksum(0xcbf2_9ce4_8422_2325)
    }
}

impl Checksum {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(29) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Numbers for up to [`MOST_ROOTS`] objects, from 1 on in the order in which they are met.
#[derive(Debug, Default)]
struct Known {
    /// The object at each place and its number. Empty places have a number that was given before
    /// `from`.
    places: Vec<(GcRef, u64)>,
    /// The numbers given before the last `clear`, and those given so far.
    from: u64,
    given: u64,
}

impl Known {
    fn clear(&mut self) {
        self.places
            .resize(4 * MOST_ROOTS as usize, (GcRef::NULL, 0));
        self.from = self.given;
    }

    fn number(&mut self, r: GcRef) -> u64 {
        let mask = self.places.len() - 1;
        let mut at = (r.0.wrapping_mul(0x9e37_79b1) >> 20) as usize & mask;
        // No more than a quarter of the places is taken.
        while self.places[at].1 > self.from && self.places[at].0 != r {
            at = (at + 1) & mask;
        }
        if self.places[at].1 <= self.from {
            self.given += 1;
            self.places[at] = (r, self.given);
        }
        self.places[at].1 - self.from
    }
}

/// Takes the state of a run at one moment, and stops it.
#[derive(Debug)]
pub(in crate::oracle) struct Camera {
    moment: Moment,
    known: Known,
    operations: u64,
    /// The number that the current operation reads.
    reads: Option<Reading>,
    trail: Vec<u64>,
    frame_references: u64,
    steps: Vec<(u32, OperationKind)>,
    log: ReadLog,
    /// The state before the collection that is about to run.
    before: Option<RunState>,
    /// The state; for a collection, the one after it.
    state: Option<RunState>,
}

impl Camera {
    pub fn new(moment: Moment) -> Camera {
        Camera {
            moment,
            known: Known::default(),
            operations: 0,
            reads: None,
            trail: Vec::new(),
            frame_references: 0,
            steps: Vec::new(),
            log: ReadLog::failing(match moment {
                Moment::Read(number) => Some(number),
                _ => None,
            }),
            before: None,
            state: None,
        }
    }

    /// The state of a run on a heap that `make` creates.
    pub fn of_run<H: Heap + 'static>(
        mut self,
        case: &Case,
        module: &Arc<Module>,
        make: &impl Fn() -> H,
    ) -> Option<RunState> {
        match self.moment {
            Moment::Until(_) | Moment::Read(_) => {
                let heap = self.log.before(make());
                case::run(case, module, heap, &mut self);
            }
            _ => {
                case::run(case, module, make(), &mut self);
            }
        }
        if self.state.is_some() || !matches!(self.moment, Moment::Until(_)) {
            return self.state;
        }
        // A heap that crashes, and a run that does not end, are not shown to an inspector. The last
        // operation before that stands for the end.
        let last = Camera::new(Moment::Before(self.operations));
        let state = last.of_run(case, module, make)?;
        Some(RunState {
            ended: true,
            trail: self.trail,
            frame_references: self.frame_references,
            steps: self.steps,
            reads: self.log.take(),
            ..state
        })
    }

    fn take<H: Heap>(&mut self, view: &View<'_, H>, ended: bool, by: Option<Cause>) {
        let mut registers = Vec::new();
        let mut values = Vec::new();
        let frames: Vec<Location> = view.frames().map(|frame| frame.location).collect();
        view.frame_references(|(frame, _), register, value| {
            registers.push((frame, register));
            values.push(value);
        });
        let number = self.number(view);
        let observation = observe_with(view.store, &values);
        self.state = observation.map(|observation| RunState {
            operation: self.operations,
            ended,
            frames,
            registers,
            observation,
            number,
            fuel: view.fuel(),
            traps: view.traps(),
            by,
            safepoint: view.store.safepoints(),
            trail: std::mem::take(&mut self.trail),
            frame_references: self.frame_references,
            steps: std::mem::take(&mut self.steps),
            reads: self.log.take(),
        });
    }

    /// Compares the state before a collection with the one after it. Keeps the latter if they differ.
    fn watch_collection<H: Heap>(&mut self, point: Point, view: &View<'_, H>) -> Result<(), Halt> {
        let is_end = matches!(point, Point::Collection | Point::End);
        if point == Point::Collecting || is_end {
            self.take(view, false, view.cause(point));
        }
        let taken = self.state.take();
        if point == Point::Collecting {
            self.before = taken;
        } else if let (true, Some(before), Some(after)) = (is_end, self.before.take(), taken)
            && compare(
                ("", &before.observation),
                ("", &after.observation),
                &Names::none(),
            )
            .is_some()
        {
            self.state = Some(after);
            return Err(Halt);
        }
        Ok(())
    }

    /// The number that the last operation has read.
    fn number<H: Heap>(&self, view: &View<'_, H>) -> Option<u64> {
        let reading = self.reads?;
        let frame = view.frames().nth(reading.frame)?;
        let (code, read) = (frame.code?, reading.at);
        // In another activation at the same depth the register holds anything. A call costs fuel.
        let same = (code.instance, code.body) == (read.instance, read.body)
            && code.pc > read.pc
            && view.fuel() == reading.fuel;
        // Nor is it a number any more if it may have been written to since, perhaps with an address.
        let since = read.pc as usize + 1..code.pc as usize;
        let ops = view
            .module(code.instance)
            .ops
            .get(since)
            .unwrap_or_default();
        let same = same && ops.iter().all(|op| op.a != reading.register);
        let register = frame.registers.get(usize::from(reading.register));
        register.copied().filter(|_| same)
    }

    /// Adds the operation that is about to begin to the trail.
    fn leave_trail<H: Heap>(&mut self, view: &View<'_, H>) {
        if self.trail.len() >= LONGEST_TRAIL {
            return;
        }
        let mut sum = Checksum::default();
        for frame in view.frames() {
            sum.add(u64::from(frame.location.instance) << 32 | u64::from(frame.location.offset));
        }
        sum.add(self.number(view).unwrap_or(0));
        sum.add(view.fuel());
        // Which registers and slots refer to the same object, whatever its address.
        let known = &mut self.known;
        known.clear();
        let mut left = MOST_ROOTS;
        let mut refer = |r: GcRef| {
            match r.is_object() {
                _ if left == 0 => return,
                true => sum.add(known.number(r)),
                false => sum.add(r.register() << 32),
            }
            left -= 1;
        };
        let mut in_frames = 0;
        view.frame_references(|_, _, r| {
            in_frames += u64::from(r.is_object());
            refer(r);
        });
        self.frame_references += in_frames;
        view.owners(|_, r| refer(r));
        if self.moment == Moment::EndOfThorough {
            self.take(view, false, None);
            if let Some(state) = self.state.take() {
                let mut seen = state.observation;
                seen.memories.clear();
                let text = format!("{seen:?}");
                let words = text.as_bytes().chunks(8).map(|chunk| {
                    let mut word = [0; 8];
                    word[..chunk.len()].copy_from_slice(chunk);
                    u64::from_le_bytes(word)
                });
                words.for_each(|word| sum.add(word));
                (self.trail, self.steps) = (state.trail, state.steps);
            }
        }
        self.trail.push(sum.0);
        let kind = match (view.frames().next().is_some(), number_read(view)) {
            (false, _) => OperationKind::Embedder,
            (true, Some(_)) => OperationKind::ReadsNumber,
            (true, None) => OperationKind::Instruction,
        };
        self.steps.push((view.store.deed().step.unwrap_or(0), kind));
    }
}

/// An operation that reads a number from the heap.
#[derive(Copy, Clone, Debug)]
struct Reading {
    /// The index of the frame, and the register, to which it goes.
    frame: usize,
    register: u16,
    /// Where the operation is.
    at: CodePoint,
    /// The fuel that is left.
    fuel: u64,
}

/// The number that the operation which is about to begin reads, if it does.
fn number_read<H: Heap>(view: &View<'_, H>) -> Option<Reading> {
    let (index, frame) = view.frames().enumerate().last()?;
    let code = frame.code?;
    let op = view.module(code.instance).ops.get(code.pc as usize)?;
    op.code.reads_number().then_some(Reading {
        frame: index,
        register: op.a,
        at: code,
        fuel: view.fuel(),
    })
}

impl<H: Heap> Inspector<H> for Camera {
    fn grain(&self) -> Grain {
        Grain::Every
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        if point == Point::Operation {
            self.operations += 1;
            self.log.operation();
        }
        if let (Moment::Read(_), Point::Corruption) = (self.moment, point) {
            self.take(&view, false, view.cause(point));
            return Err(Halt);
        }
        if let Moment::CollectionIn(number) = self.moment {
            return match self.operations == number {
                true => self.watch_collection(point, &view),
                false => Ok(()),
            };
        }
        let is_wanted = match (point, self.moment) {
            (Point::Operation, Moment::Before(number) | Moment::Until(number)) => {
                self.operations == number
            }
            // There is no such read.
            (Point::End, Moment::Read(_)) => return Err(Halt),
            // A run that stops in an operation does not reach the next one.
            (Point::End | Point::Corruption, _) => {
                self.operations += 1;
                true
            }
            _ => false,
        };
        if is_wanted {
            let ended = matches!(point, Point::End | Point::Corruption);
            self.take(&view, ended, view.cause(Point::Operation));
            return Err(Halt);
        }
        if point == Point::Operation {
            if matches!(self.moment, Moment::Until(_) | Moment::EndOfThorough) {
                self.leave_trail(&view);
            }
            self.reads = number_read(&view);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_numbered_in_the_order_in_which_they_are_met() {
        let mut known = Known::default();
        let objects: Vec<GcRef> = (1..=MOST_ROOTS).map(|n| GcRef(n * 0x1000)).collect();
        for _ in 0..3 {
            known.clear();
            for (object, number) in objects.iter().zip(1..) {
                assert_eq!(known.number(*object), number);
                assert_eq!(known.number(objects[0]), 1);
            }
            let last = known.number(objects[MOST_ROOTS as usize - 1]);
            assert_eq!(last, u64::from(MOST_ROOTS));
        }
    }
}
