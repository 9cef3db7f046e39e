//! The inspector that takes pictures.

use super::fields::places;
use super::follow::Follower;
use super::ledger::Ledger;
use super::scene::{
    Scene, SceneField, SceneFrame, SceneObject, SceneRegister, SceneRoot, SceneValue,
};
use super::window::Window;
use crate::case::Case;
use crate::engine::{Grain, Halt, Inspector, Point, View};
use crate::heap::{GcRef, Heap, Shape};
use crate::module::Module;
use crate::oracle::audit::is_moment;
use crate::oracle::broken_at::BrokenAt;
use crate::oracle::describe::Describer;
use crate::oracle::instruction::instruction_at;
use crate::oracle::violation::Holder;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Scenes before and after the culprit.
pub(super) const BEFORE: usize = 8;
const AFTER: usize = 8;

/// The most looks at states after the culprit: some are the same as the one before.
const LOOKS: usize = 64;

/// The most that a scene shows. Beyond that it says how many are left out.
const OBJECTS: usize = 24;
const FIELDS: u32 = 8;
const MORE_FIELDS: usize = 24;
const FRAMES: usize = 64;
const REGISTERS: usize = 256;
const ROOTS: usize = 256;

/// Takes pictures of the states around the culprit.
pub(super) struct Painter<'a> {
    window: Window,
    case: &'a Case,
    module: &'a Module,
    /// The addresses of the object concerned: from a moment on.
    focus: Vec<(u64, u32)>,
    moments: u64,
    operations: u64,
    follower: Follower,
    /// The names of locals, as far as they were needed.
    locals: BTreeMap<(u32, u16), Option<String>>,
    scenes: VecDeque<Scene>,
    culprit: Option<usize>,
    /// Looks at states after it.
    looks: usize,
}

impl<'a> Painter<'a> {
    pub fn new(
        window: Window,
        ledger: Option<&Ledger>,
        case: &'a Case,
        module: &'a Module,
    ) -> Painter<'a> {
        let entries = ledger.iter().flat_map(|ledger| &ledger.entries);
        Painter {
            window,
            case,
            module,
            focus: entries.map(|entry| (entry.moment, entry.address)).collect(),
            moments: 0,
            operations: 0,
            follower: Follower::default(),
            locals: BTreeMap::new(),
            scenes: VecDeque::new(),
            culprit: None,
            looks: 0,
        }
    }

    /// The number of operations so far.
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// The scenes, and the index of the one right after the culprit.
    pub fn finish(self) -> (Vec<Scene>, Option<usize>) {
        (self.scenes.into(), self.culprit)
    }

    /// The address of the object concerned. Before its allocation it is where it will be.
    fn focus(&self) -> Option<u32> {
        let known = self.focus.iter().rev().find(|(at, _)| *at <= self.moments);
        known.or(self.focus.first()).map(|(_, address)| *address)
    }

    fn paint<H: Heap>(&mut self, point: Point, view: &View<'_, H>) -> Scene {
        let focus = self.focus().map(GcRef);
        let words = Describer::new(view);
        let has_collected = matches!(point, Point::Collection | Point::End);
        let shown = view
            .store
            .heap
            .shown_roots()
            .filter(|_| has_collected)
            .cloned()
            .unwrap_or_default();
        let mut live: BTreeMap<u32, BTreeSet<u16>> = BTreeMap::new();
        view.frame_references(|(frame, _), register, _| {
            live.entry(frame).or_default().insert(register);
        });
        let frames: Vec<_> = view.frames().collect();
        let mut painted = Vec::new();
        for (index, frame) in frames.iter().enumerate().rev().take(FRAMES) {
            let is_innermost = index + 1 == frames.len();
            let live = live.get(&(index as u32));
            let is_live = |register: u16| live.is_some_and(|live| live.contains(&register));
            let all = frame.registers.iter().zip(0..);
            let wanted: Vec<(&u64, u16)> = all
                .filter(|(_, register)| is_innermost || is_live(*register))
                .collect();
            let registers = wanted.iter().take(REGISTERS).map(|(value, register)| {
                let (reference, func) = (is_live(*register), frame.location.func);
                SceneRegister {
                    index: *register,
                    local: func.and_then(|func| self.local(func, *register, view)),
                    value: match reference {
                        true => self.value(GcRef::from_register(**value)),
                        false => SceneValue::Bits(u128::from(**value)),
                    },
                    shown: match reference && !GcRef::from_register(**value).is_null() {
                        true => shown.has_register(value),
                        false => None,
                    },
                }
            });
            let registers: Vec<SceneRegister> = registers.collect();
            painted.push(SceneFrame {
                depth: index as u32 + 1,
                at: frame
                    .code
                    .map(|code| instruction_at(view.module(code.instance), frame.location)),
                more_registers: wanted.len() - registers.len(),
                registers,
            });
        }
        let mut roots = Vec::new();
        let mut more_roots = 0;
        view.owner_slots(|owner, slot| {
            if *slot == 0 {
                return;
            }
            if roots.len() >= ROOTS {
                more_roots += 1;
            } else {
                roots.push(SceneRoot {
                    words: words.owner(&owner),
                    value: self.value(GcRef(*slot)),
                    shown: shown.has_slot(slot),
                });
            }
        });
        let chosen = self.chosen(focus, view);
        let objects = chosen
            .iter()
            .map(|i| self.object(*i, &chosen, focus, view, &words));
        let mut objects: Vec<SceneObject> = objects.collect();
        objects.sort_by_key(|object| object.id);
        let cause = view.cause(point);
        Scene {
            place: cause.map(|cause| BrokenAt::in_case(cause, self.case, self.module)),
            // The one that is about to begin has not acted.
            operation: self.operations - u64::from(point == Point::Operation),
            safepoint: view.store.safepoints(),
            more_frames: frames.len() - painted.len(),
            frames: painted,
            roots,
            more_roots,
            more_objects: self.follower.census.objects.len() - objects.len(),
            freed: self.follower.freed.clone(),
            objects,
        }
    }

    fn local<H: Heap>(&mut self, func: u32, register: u16, view: &View<'_, H>) -> Option<String> {
        let name = self.locals.entry((func, register)).or_insert_with(|| {
            let holder = Holder::Frame {
                of: crate::oracle::violation::FrameOf::Function(func),
                register,
            };
            Describer::new(view).local(&holder)
        });
        name.clone()
    }

    /// The objects to show, by their places in the census: those next to the one concerned, nearest
    /// first, then those next to the registers of the innermost frame.
    fn chosen<H: Heap>(&self, focus: Option<GcRef>, view: &View<'_, H>) -> BTreeSet<usize> {
        let census = &self.follower.census;
        let mut holders: Vec<Vec<usize>> = vec![Vec::new(); census.objects.len()];
        for i in 0..census.objects.len() {
            census.targets(i).for_each(|target| holders[target].push(i));
        }
        let mut queue: VecDeque<usize> = focus.and_then(|r| census.find(r)).into_iter().collect();
        if let Some(r) = focus.filter(|r| census.find(*r).is_none()) {
            // What still refers to it.
            let objects = 0..census.objects.len();
            queue.extend(objects.filter(|i| census.held(*i).contains(&r)));
        }
        let mut chosen = BTreeSet::new();
        let mut spread = |queue: &mut VecDeque<usize>| {
            while let Some(next) = queue.pop_front() {
                if chosen.len() < OBJECTS && chosen.insert(next) {
                    queue.extend(census.targets(next).chain(holders[next].iter().copied()));
                }
            }
        };
        spread(&mut queue);
        // As far as there is room: what the innermost frame works with, then everything in a small
        // heap.
        let innermost = view.frames().count().saturating_sub(1) as u32;
        view.frame_references(|(frame, _), _, value| {
            if frame == innermost {
                queue.extend(census.find(value));
            }
        });
        if focus.is_none() && queue.is_empty() {
            view.owners(|_, value| queue.extend(census.find(value)));
        }
        spread(&mut queue);
        if census.objects.len() <= OBJECTS {
            queue.extend(0..census.objects.len());
            spread(&mut queue);
        }
        chosen
    }

    fn object<H: Heap>(
        &self,
        i: usize,
        chosen: &BTreeSet<usize>,
        focus: Option<GcRef>,
        view: &View<'_, H>,
        words: &Describer<'_, H>,
    ) -> SceneObject {
        let census = &self.follower.census;
        let object = &census.objects[i];
        let (r, header) = (object.reference(), object.header);
        let mut fields = Vec::new();
        let mut more_fields = 0;
        for (index, name, place) in places(view, &header, words) {
            let read = view.store.heap.peek_value(r, place);
            let value = match (place.kind(), read) {
                (_, None) => continue,
                (crate::types::StorageKind::Gc, Some(bits)) => self.value(GcRef(bits as u32)),
                (_, Some(bits)) => SceneValue::Bits(bits),
            };
            let target = match value {
                SceneValue::Object(_) => census.find(GcRef(read.unwrap_or(0) as u32)),
                _ => None,
            };
            let is_edge =
                target.is_some_and(|target| chosen.contains(&target)) && fields.len() < MORE_FIELDS;
            match index < FIELDS || is_edge {
                true => fields.push(SceneField { name, value }),
                false => more_fields += 1,
            }
        }
        SceneObject {
            id: self.follower.at(r.0).unwrap_or(0),
            address: r.0,
            ty: words.shape(header.shape),
            count: header.count,
            expected: census.owners_of(i),
            listed: census.listed[i] > 0,
            reachable: census.reachable[i],
            focus: Some(r) == focus,
            length: matches!(header.shape, Some(Shape::Array(_))).then_some(header.len),
            fields,
            more_fields,
        }
    }

    fn value(&self, r: GcRef) -> SceneValue {
        if r.is_null() {
            return SceneValue::Null;
        }
        if r.is_i31() {
            return SceneValue::I31(r.i31_signed());
        }
        match self.follower.census.find(r) {
            Some(_) => SceneValue::Object(self.follower.at(r.0).unwrap_or(0)),
            None => SceneValue::Stale(r.0),
        }
    }
}

impl<H: Heap> Inspector<H> for Painter<'_> {
    fn grain(&self) -> Grain {
        Grain::Every
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        if !is_moment(point) && point != Point::Corruption {
            return Ok(());
        }
        self.moments += u64::from(is_moment(point));
        self.operations += u64::from(point == Point::Operation);
        if !self.window.is_near(self.moments, self.operations) {
            return Ok(());
        }
        if !self.follower.look(point, &view) {
            return Err(Halt);
        }
        let (moments, operations) = (self.moments, self.operations);
        let safepoints = view.store.safepoints();
        let is_culprit = self.culprit.is_none()
            && self
                .window
                .is_culprit(point, moments, operations, safepoints);
        let scene = self.paint(point, &view);
        // Nothing happens between an operation that is about to begin and its collection.
        let is_new = |last: &Scene| {
            let place = last.place.clone();
            let same = Scene {
                place,
                operation: last.operation,
                safepoint: last.safepoint,
                freed: last.freed.clone(),
                ..scene.clone()
            };
            same != *last
        };
        if is_culprit || self.scenes.back().is_none_or(is_new) {
            if self.culprit.is_none() && self.scenes.len() > BEFORE {
                self.scenes.pop_front();
            }
            self.scenes.push_back(scene);
        }
        if is_culprit {
            self.culprit = Some(self.scenes.len() - 1);
        }
        self.looks += usize::from(self.culprit.is_some());
        let enough = |culprit| self.scenes.len() > culprit + AFTER || self.looks > LOOKS;
        match point == Point::Corruption || self.culprit.is_some_and(enough) {
            true => Err(Halt),
            false => Ok(()),
        }
    }
}
