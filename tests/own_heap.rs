//! The other way in: a heap that shares nothing with those of the crate. This
//! one is written from outside, on public items alone: a mark-sweep collector
//! whose objects are Rust values in numbered slots.

use gcdiff::campaign::{Campaign, Outcome, Progress, run};
use gcdiff::case;
use gcdiff::engine::{Grain, Schedule};
use gcdiff::heap::{
    Block, GRANULE, GcRef, Header, Heap, HeapError, Inspect, Place, Reclaims, RootList, Roots,
    Shape, Stats,
};
use gcdiff::oracle::{Collector, Difference, Options, Subject, Timing, Verdict, judge};
use gcdiff::types::{Composite, Field, Lane, TypeId, Types};
use std::ops::Range;

type Done = Result<(), HeapError>;

/// What is wrong with the collector.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Bug {
    Nothing,
    /// Marking stops one short of the end of an array.
    LastElement,
    /// Marking starts from frames only.
    Slots,
    /// Sweeping leaves objects alone that hold no values.
    Empty,
    /// Copying within an array overwrites what it has yet to read.
    Overlap,
}

/// An object. Values are kept wide, whatever their lane.
struct Object {
    shape: Shape,
    /// The tag of an exception, the host's name of an external value.
    word: u32,
    /// How each field is stored; of an array, one entry for all elements.
    lanes: Vec<Lane>,
    values: Vec<u128>,
    marked: bool,
}

/// The heap: object `n` has the address `16 * (n + 1)`.
struct MarkSweep {
    bug: Bug,
    /// The same for every type.
    types: Vec<Vec<Lane>>,
    slots: Vec<Option<Object>>,
    /// Numbers of empty slots.
    empty: Vec<usize>,
    /// Objects allocated since the last collection.
    fresh: usize,
    stats: Stats,
}

const MAX_OBJECTS: usize = 1 << 20;
/// So many allocations call for a collection.
const FRESH: usize = 500;

fn bad<T>(r: GcRef, what: &'static str) -> Result<T, HeapError> {
    Err(HeapError::corrupt(r.0, what))
}

/// The number of the slot that an address belongs to.
fn number(r: GcRef) -> Option<usize> {
    let at_start = r.is_object() && r.0.is_multiple_of(GRANULE);
    at_start.then(|| (r.0 / GRANULE) as usize - 1)
}

fn address(n: usize) -> u32 {
    GRANULE * (n as u32 + 1)
}

/// The bits of a value that its lane has room for.
fn cut(lane: Lane, value: u128) -> u128 {
    match lane.width() {
        16 => value,
        width => value & ((1 << (8 * width)) - 1),
    }
}

impl Object {
    fn index(place: Place) -> usize {
        match place {
            Place::Field(field) => field.index as usize,
            Place::Element { index, .. } => index as usize,
        }
    }

    /// How the value at a place is stored; `None` if there is none.
    fn lane(&self, place: Place) -> Option<Lane> {
        match (self.shape, place) {
            (Shape::Array(_), Place::Element { .. }) => self.lanes.first().copied(),
            (Shape::Struct(_) | Shape::Exception(_), Place::Field(field)) => {
                self.lanes.get(field.index as usize).copied()
            }
            _ => None,
        }
    }

    fn get(&self, place: Place) -> Option<u128> {
        let fits = self.lane(place)? == place.lane();
        let value = self.values.get(Self::index(place)).copied();
        value.filter(|_| fits)
    }

    fn set(&mut self, place: Place, value: u128) -> Option<()> {
        self.get(place)?;
        self.values[Self::index(place)] = cut(place.lane(), value);
        Some(())
    }

    /// The references in it.
    fn references(&self) -> impl DoubleEndedIterator<Item = GcRef> + '_ {
        let is_array = matches!(self.shape, Shape::Array(_));
        let lane = move |i: usize| self.lanes.get(if is_array { 0 } else { i });
        let values = self.values.iter().enumerate();
        let references = values.filter(move |(i, _)| lane(*i) == Some(&Lane::Gc));
        references.map(|(_, value)| GcRef(*value as u32))
    }
}

impl MarkSweep {
    fn new(bug: Bug) -> MarkSweep {
        MarkSweep {
            bug,
            types: Vec::new(),
            slots: Vec::new(),
            empty: Vec::new(),
            fresh: 0,
            stats: Stats::default(),
        }
    }

    fn find(&self, r: GcRef) -> Option<&Object> {
        self.slots.get(number(r)?)?.as_ref()
    }

    fn object(&self, r: GcRef) -> Result<&Object, HeapError> {
        self.find(r).map_or_else(|| bad(r, "no object"), Ok)
    }

    fn object_mut(&mut self, r: GcRef) -> Result<&mut Object, HeapError> {
        let slot = number(r).and_then(|n| self.slots.get_mut(n));
        slot.and_then(Option::as_mut)
            .map_or_else(|| bad(r, "no object"), Ok)
    }

    fn read(&self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        let value = self.object(r)?.get(place);
        value.map_or_else(|| bad(r, "no such value"), Ok)
    }

    fn write(&mut self, r: GcRef, place: Place, value: u128) -> Done {
        let done = self.object_mut(r)?.set(place, value);
        done.map_or_else(|| bad(r, "no such value"), Ok)
    }

    /// Elements of an array, all of which must be there and stored like this.
    fn elements(
        &mut self,
        r: GcRef,
        start: u32,
        len: usize,
        lane: Lane,
    ) -> Result<&mut [u128], HeapError> {
        let array = self.object_mut(r)?;
        let start = start as usize;
        let range: Range<usize> = start..start.saturating_add(len);
        if !matches!(array.shape, Shape::Array(_)) || array.lanes != [lane] {
            return bad(r, "no array of this kind");
        }
        let elements = array.values.get_mut(range);
        elements.map_or_else(|| bad(r, "no such elements"), Ok)
    }

    fn lanes(&self, ty: TypeId) -> Result<Vec<Lane>, HeapError> {
        let lanes = self.types.get(ty.0 as usize).cloned();
        lanes.map_or_else(|| bad(GcRef::NULL, "no such type"), Ok)
    }

    fn add(
        &mut self,
        shape: Shape,
        word: u32,
        lanes: Vec<Lane>,
        values: Vec<u128>,
    ) -> Result<GcRef, HeapError> {
        let n = match self.empty.pop() {
            Some(n) => n,
            None if self.slots.len() < MAX_OBJECTS => {
                self.slots.push(None);
                self.slots.len() - 1
            }
            None => return Err(HeapError::Full),
        };
        self.slots[n] = Some(Object {
            shape,
            word,
            lanes,
            values,
            marked: false,
        });
        self.fresh += 1;
        self.stats.allocated += 1;
        Ok(GcRef(address(n)))
    }

    /// A structure or an exception.
    fn add_fields(
        &mut self,
        shape: Shape,
        ty: TypeId,
        word: u32,
        registers: &[u64],
    ) -> Result<GcRef, HeapError> {
        let lanes = self.lanes(ty)?;
        let values = values(lanes.iter().copied(), registers)?;
        self.add(shape, word, lanes, values)
    }

    fn element(&self, ty: TypeId) -> Result<Lane, HeapError> {
        let lane = self.lanes(ty)?.first().copied();
        lane.map_or_else(|| bad(GcRef::NULL, "no such array type"), Ok)
    }

    fn add_array(&mut self, ty: TypeId, values: Vec<u128>) -> Result<GcRef, HeapError> {
        let lanes = self.lanes(ty)?;
        self.add(Shape::Array(ty), 0, lanes, values)
    }

    /// Marks what `work` refers to, and everything that hangs off it.
    fn mark(&mut self, mut work: Vec<GcRef>) -> Done {
        while let Some(r) = work.pop() {
            if !r.is_object() {
                continue;
            }
            let bug = self.bug;
            let object = self.object_mut(r)?;
            if std::mem::replace(&mut object.marked, true) {
                continue;
            }
            let is_array = matches!(object.shape, Shape::Array(_));
            let left_out = usize::from(bug == Bug::LastElement && is_array);
            work.extend(object.references().rev().skip(left_out));
        }
        Ok(())
    }

    fn sweep(&mut self) {
        for (n, slot) in self.slots.iter_mut().enumerate() {
            let Some(object) = slot else { continue };
            let spared = self.bug == Bug::Empty && object.values.is_empty();
            if !std::mem::take(&mut object.marked) && !spared {
                *slot = None;
                self.empty.push(n);
                self.stats.freed += 1;
            }
        }
    }
}

/// The values in a row of registers: two for each `v128`, one for all others.
fn values(lanes: impl Iterator<Item = Lane>, registers: &[u64]) -> Result<Vec<u128>, HeapError> {
    let mut registers = registers.iter().map(|register| u128::from(*register));
    let value = |lane: Lane| {
        let low = registers.next()?;
        let high = match lane {
            Lane::B128 => registers.next()?,
            _ => 0,
        };
        Some(cut(lane, high << 64 | low))
    };
    let values: Option<Vec<u128>> = lanes.map(value).collect();
    values.map_or_else(|| bad(GcRef::NULL, "too few registers"), Ok)
}

impl Heap for MarkSweep {
    fn add_types(&mut self, types: &Types) {
        for (_, entry) in types.iter().skip(self.types.len()) {
            self.types.push(match &entry.sub.composite {
                Composite::Array(element) => vec![element.storage.lane()],
                _ => entry.layout.fields.iter().map(|f| f.lane).collect(),
            });
        }
    }

    fn wants_collection(&self) -> bool {
        self.fresh >= FRESH
    }

    fn collect(&mut self, roots: &mut dyn Roots) -> Done {
        let mut work = Vec::new();
        roots.stack(&mut |register| work.push(GcRef::from_register(*register)));
        if self.bug != Bug::Slots {
            roots.slots(&mut |slot| work.push(GcRef(*slot)));
        }
        self.mark(work)?;
        self.sweep();
        self.fresh = 0;
        self.stats.collections += 1;
        Ok(())
    }

    fn new_struct(&mut self, ty: TypeId, fields: &[u64]) -> Result<GcRef, HeapError> {
        self.add_fields(Shape::Struct(ty), ty, 0, fields)
    }

    fn new_struct_default(&mut self, ty: TypeId) -> Result<GcRef, HeapError> {
        let lanes = self.lanes(ty)?;
        let values = vec![0; lanes.len()];
        self.add(Shape::Struct(ty), 0, lanes, values)
    }

    fn new_array(&mut self, ty: TypeId, len: u32, init: u64) -> Result<GcRef, HeapError> {
        let value = cut(self.element(ty)?, init.into());
        self.add_array(ty, vec![value; len as usize])
    }

    fn new_array_default(&mut self, ty: TypeId, len: u32) -> Result<GcRef, HeapError> {
        self.add_array(ty, vec![0; len as usize])
    }

    fn new_array_fixed(&mut self, ty: TypeId, elements: &[u64]) -> Result<GcRef, HeapError> {
        let lane = self.element(ty)?;
        let len = elements.len() / lane.registers();
        let values = values(std::iter::repeat_n(lane, len), elements)?;
        self.add_array(ty, values)
    }

    fn new_exception(&mut self, ty: TypeId, tag: u32, payload: &[u64]) -> Result<GcRef, HeapError> {
        self.add_fields(Shape::Exception(ty), ty, tag, payload)
    }

    fn new_extern(&mut self, host: u32) -> Result<GcRef, HeapError> {
        self.add(Shape::Extern, host, Vec::new(), Vec::new())
    }

    fn shape(&self, r: GcRef) -> Result<Shape, HeapError> {
        Ok(self.object(r)?.shape)
    }

    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        Ok(self.read(r, Place::Field(field))? as u64)
    }

    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Done {
        self.write(r, Place::Field(field), value.into())
    }

    fn get_vector(&self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        self.read(r, place)
    }

    fn set_vector(&mut self, r: GcRef, place: Place, value: u128) -> Done {
        self.write(r, place, value)
    }

    fn array_len(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.object(r)? {
            array if matches!(array.shape, Shape::Array(_)) => Ok(array.values.len() as u32),
            _ => bad(r, "no array"),
        }
    }

    fn get_element(&mut self, r: GcRef, index: u32, lane: Lane) -> Result<u64, HeapError> {
        Ok(self.read(r, Place::Element { index, lane })? as u64)
    }

    fn set_element(&mut self, r: GcRef, index: u32, lane: Lane, v: u64) -> Done {
        self.write(r, Place::Element { index, lane }, v.into())
    }

    fn fill(&mut self, r: GcRef, start: u32, len: u32, lane: Lane, value: u64) -> Done {
        let value = cut(lane, value.into());
        self.elements(r, start, len as usize, lane)?.fill(value);
        Ok(())
    }

    fn fill_vector(&mut self, r: GcRef, start: u32, len: u32, value: u128) -> Done {
        self.elements(r, start, len as usize, Lane::B128)?
            .fill(value);
        Ok(())
    }

    fn copy(&mut self, dst: (GcRef, u32), src: (GcRef, u32), len: u32, lane: Lane) -> Done {
        let len = len as usize;
        if self.bug == Bug::Overlap && dst.0 == src.0 {
            for i in 0..len as u32 {
                let value = self.elements(src.0, src.1 + i, 1, lane)?[0];
                self.elements(dst.0, dst.1 + i, 1, lane)?[0] = value;
            }
            return Ok(());
        }
        let values = self.elements(src.0, src.1, len, lane)?.to_vec();
        self.elements(dst.0, dst.1, len, lane)?
            .copy_from_slice(&values);
        Ok(())
    }

    fn init_data(&mut self, r: GcRef, start: u32, lane: Lane, data: &[u8]) -> Done {
        let width = lane.width() as usize;
        let elements = self.elements(r, start, data.len() / width, lane)?;
        for (element, bytes) in elements.iter_mut().zip(data.chunks_exact(width)) {
            let bytes = bytes.iter().rev();
            *element = bytes.fold(0, |value, byte| value << 8 | u128::from(*byte));
        }
        Ok(())
    }

    fn init_elements(&mut self, r: GcRef, start: u32, lane: Lane, refs: &[u32]) -> Done {
        let elements = self.elements(r, start, refs.len(), lane)?;
        for (element, value) in elements.iter_mut().zip(refs) {
            *element = u128::from(*value);
        }
        Ok(())
    }

    fn exception_tag(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.object(r)? {
            object if matches!(object.shape, Shape::Exception(_)) => Ok(object.word),
            _ => bad(r, "no exception"),
        }
    }

    fn extern_host(&self, r: GcRef) -> Result<u32, HeapError> {
        match self.object(r)? {
            object if object.shape == Shape::Extern => Ok(object.word),
            _ => bad(r, "no external value"),
        }
    }

    // A collector that moves nothing and counts nothing needs no barriers.

    fn expose(&mut self, _: GcRef) -> Done {
        Ok(())
    }

    fn write_slot(&mut self, slot: &mut u32, new: GcRef) -> Done {
        *slot = new.0;
        Ok(())
    }

    fn init_slot(&mut self, slot: &mut u32, new: GcRef) -> Done {
        *slot = new.0;
        Ok(())
    }

    fn drop_slots(&mut self, slots: &mut [u32]) -> Done {
        slots.fill(GcRef::NULL.0);
        Ok(())
    }

    fn fill_slots(&mut self, slots: &mut [u32], value: GcRef) -> Done {
        slots.fill(value.0);
        Ok(())
    }

    fn copy_slots(&mut self, dst: &mut [u32], src: &[u32]) -> Done {
        for (slot, value) in dst.iter_mut().zip(src) {
            *slot = *value;
        }
        Ok(())
    }

    fn grow_slots(&mut self, slots: &mut [u32], value: GcRef) -> Done {
        slots.fill(value.0);
        Ok(())
    }
}

impl Inspect for MarkSweep {
    fn name(&self) -> &'static str {
        "mark-sweep"
    }

    fn extent(&self) -> (u32, u32) {
        (address(0), address(self.slots.len()))
    }

    fn blocks(&self) -> Vec<Block> {
        let slots = self.slots.iter().enumerate();
        let block = |(n, slot): (usize, &Option<Object>)| Block {
            start: address(n),
            size: GRANULE,
            free: slot.is_none(),
        };
        slots.map(block).collect()
    }

    fn header(&self, r: GcRef) -> Option<Header> {
        let object = self.find(r)?;
        Some(Header {
            shape: Some(object.shape),
            len: match object.shape {
                Shape::Array(_) => object.values.len() as u32,
                _ => 0,
            },
            count: None,
            listed: false,
        })
    }

    fn peek(&self, r: GcRef, place: Place) -> Option<u64> {
        Some(self.find(r)?.get(place)? as u64)
    }

    fn peek_high(&self, r: GcRef, place: Place) -> Option<u64> {
        Some((self.find(r)?.get(place)? >> 64) as u64)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        let object = self.find(r)?;
        let has_word = matches!(object.shape, Shape::Exception(_) | Shape::Extern);
        has_word.then_some(object.word)
    }

    fn bytes(&self, _: Block) -> Option<&[u8]> {
        None
    }

    fn header_size(&self) -> Option<u32> {
        None
    }

    fn is_counting(&self) -> bool {
        false
    }

    fn reclaims(&self) -> Reclaims {
        Reclaims::Everything
    }

    fn root_list(&self) -> Option<RootList> {
        None
    }

    fn stats(&self) -> Stats {
        self.stats
    }
}

/// Judged together with two heaps of the crate, which outvote it.
fn options(bug: Bug) -> Options {
    let own = Subject::new(move || MarkSweep::new(bug));
    Options {
        collectors: vec![Collector::Null.into(), Collector::Drc.into(), own],
        ..Options::default()
    }
}

fn campaign(bug: Bug, cases: u64) -> Outcome {
    let campaign = Campaign {
        seed: 7,
        cases: Some(cases),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        options: options(bug),
        fault: None,
        stop_at_first: bug != Bug::Nothing,
    };
    run(&campaign, &Progress::default())
}

#[test]
fn a_sound_heap_gives_no_finding() {
    let outcome = campaign(Bug::Nothing, 600);
    for finding in outcome.findings.values() {
        println!("case {}: {}", finding.index, finding.verdict);
    }
    assert!(outcome.findings.is_empty());
    let statistics = &outcome.statistics;
    assert!(statistics.agreed > 590, "{statistics}");
    assert_eq!(statistics.voted, statistics.cases, "{statistics}");
}

#[test]
fn it_agrees_on_a_seed_at_every_grain() {
    let seed = include_str!("../corpus/regressions/array-copy-onto-itself.wat");
    let (mut case, _) = case::read(seed.as_bytes()).unwrap();
    let own = case.schedule.clone();
    for schedule in [own, Schedule::Never, Schedule::EverySafepoint] {
        case.schedule = schedule;
        let options = Options {
            timing: Timing::At(Grain::Every),
            ..options(Bug::Nothing)
        };
        let judged = judge(&case, &options).unwrap();
        assert_eq!(judged.verdict, Verdict::Agree);
        let (name, facts) = judged.facts[2];
        assert_eq!(name, "mark-sweep");
        assert!(facts.heap.freed > 0, "{facts:?}");
    }
}

/// Something is found, nothing that is found is blamed on another heap, and
/// there is a finding whose fingerprint starts like this.
fn found(bug: Bug, start: &str) {
    let outcome = campaign(bug, 600);
    for finding in outcome.findings.values() {
        println!("case {}: {}", finding.index, finding.verdict);
        let blamed = match &finding.verdict {
            Verdict::Violation(violation) => violation.collector,
            Verdict::Differ(Difference {
                odd, collectors, ..
            }) => odd.as_ref().unwrap_or(&collectors.1),
            other => panic!("{other} is no finding"),
        };
        // What follows the name is the schedule of a second run.
        assert_eq!(blamed.split(' ').next(), Some("mark-sweep"));
    }
    let mut fingerprints = outcome.findings.keys();
    assert!(fingerprints.any(|f| f.starts_with(start)));
}

#[test]
fn a_mark_phase_that_forgets_an_element_is_found() {
    found(Bug::LastElement, "type:");
}

#[test]
fn a_mark_phase_that_forgets_a_kind_of_root_is_found() {
    found(Bug::Slots, "type:");
}

#[test]
fn a_sweep_that_forgets_a_kind_of_object_is_found() {
    found(Bug::Empty, "leak:");
}

/// No law is broken here: only the comparison can tell.
#[test]
fn a_copy_that_reads_what_it_has_written_is_the_odd_one_out() {
    let text = r#"(module
        (type $refs (array (mut anyref)))
        (func (export "run") (result (ref $refs))
          (local $a (ref $refs))
          (local.set $a (array.new_fixed $refs 3
            (ref.i31 (i32.const 1)) (ref.i31 (i32.const 2)) (ref.i31 (i32.const 3))))
          (array.copy $refs $refs
            (local.get $a) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 2))
          (local.get $a)))"#;
    let (case, _) = case::read(text.as_bytes()).unwrap();
    let options = Options {
        reschedule: false,
        ..options(Bug::Overlap)
    };
    let verdict = judge(&case, &options).unwrap().verdict;
    let Verdict::Differ(difference) = &verdict else {
        panic!("{verdict}");
    };
    assert_eq!(difference.odd.as_deref(), Some("mark-sweep"));
    let values = ("i31 2".to_string(), "i31 1".to_string());
    assert_eq!(difference.values, values, "{verdict}");
}
