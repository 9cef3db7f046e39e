//! The store: state shared by all instances.

mod allocate;
mod call;
mod charges;
mod collect;
pub(super) mod context;
mod handles;
mod initialise;
mod items;
mod link;
mod roots;
mod tables;
pub(super) mod view;

use super::actor::{Actor, Cause, Deed, Location};
use super::budget::Budget;
use super::funcs::{Func, FuncsByType};
use super::instance::Instance;
use super::limits::Limits;
use super::machine::{Frame, Machine};
use super::schedule::Schedule;
use super::storage::{GlobalSlot, Memory, Table};
use crate::heap::{GcRef, Heap, HeapError, Shape};
use crate::module::{GlobalType, Module};
use crate::types::{HeapType, RefType, TypeId, Types, ValType};
use std::sync::Arc;

/// A store: a heap, instances, and the state of execution.
#[derive(Debug)]
pub struct Store<H> {
    /// The heap.
    pub heap: H,
    /// Registers, frames, budgets, linear memories and numbers.
    pub(super) machine: Machine,
    pub(super) types: Arc<Types>,
    pub(super) instances: Vec<Instance>,
    pub(super) funcs: Vec<Func>,
    pub(super) tables: Vec<Table>,
    pub(super) globals: Vec<GlobalSlot>,
    pub(super) ref_globals: Vec<u32>,
    /// Types of the tags.
    pub(super) tags: Vec<TypeId>,
    /// References held by the host; null where dropped.
    pub(super) handles: Vec<u32>,
    /// The exception being thrown, or left by the last call.
    pub(super) pending: u32,
    /// The running frame, while the stack is examined.
    pub(super) current: Option<Frame>,
    /// Whether the running frame collects at its entry.
    pub(super) entering: bool,
    /// Calls from the host that are active.
    pub(super) depth: usize,
    /// The rest of the current advance on the heap's byte budget.
    pub(super) heap_left: u64,
    /// Other budgets of the run.
    pub(super) budget: Budget,
    /// The functions of each type; see [`Store::func_of_type`].
    pub(super) funcs_by_type: FuncsByType,
    /// Number of references in element segments that were never dropped.
    pub(super) segment_refs: usize,
    /// Number of elements of all tables of references into the heap.
    pub(super) gc_elements: usize,
    /// Bytes charged for an object of each type, without array elements.
    pub(super) object_bytes: Vec<u32>,
    /// Whether to inspect before every instruction that touches the heap.
    pub(super) inspect_operations: bool,
    /// The last actor on the heap; recorded only while inspecting.
    pub(super) last_actor: Option<Actor>,
    /// The embedder's current action.
    pub(super) deed: Deed,
    /// The last instruction of an edit that has touched the heap, if nothing else has since: depth,
    /// start of the edit, instruction. Recorded only while inspecting.
    pub(super) last_in_sequence: Option<(usize, u32, u32)>,
    /// Bytes that the heap's blocks may take, if that is limited.
    pub(super) capacity: u32,
    /// Whether a collection runs because the heap has reached its capacity.
    pub(super) full: bool,
    /// Whether the allocation that has begun is to fail for good.
    pub(super) exhausting: bool,
    /// Traps that have reached the embedder.
    pub(super) traps: u64,
    /// Whether a collection is running or has failed.
    pub(super) collecting: bool,
    /// Whether the heap has found itself corrupt, and the cause if known.
    corrupted: Option<Option<Cause>>,
    /// Scratch for bulk operations on slots.
    pub(super) scratch: Vec<u32>,
}

/// Bytes charged for every object besides its fields.
const OBJECT_BYTES: u32 = 16;

impl<H: Heap> Store<H> {
    /// An empty store over `heap`.
    pub fn new(mut heap: H, limits: Limits, schedule: Schedule) -> Store<H> {
        if limits.capacity > 0 {
            heap.set_capacity(limits.capacity);
        }
        let (budget, heap_left) = Budget::new(limits.heap_bytes, limits.work);
        Store {
            heap,
            machine: Machine::new(limits, schedule),
            types: Arc::default(),
            instances: Vec::new(),
            funcs: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            ref_globals: Vec::new(),
            tags: Vec::new(),
            handles: Vec::new(),
            pending: 0,
            current: None,
            entering: false,
            depth: 0,
            heap_left,
            budget,
            funcs_by_type: FuncsByType::default(),
            segment_refs: 0,
            gc_elements: 0,
            object_bytes: Vec::new(),
            inspect_operations: false,
            last_actor: None,
            deed: Deed::default(),
            last_in_sequence: None,
            capacity: limits.capacity,
            full: false,
            exhausting: false,
            traps: 0,
            collecting: false,
            corrupted: None,
            scratch: Vec::new(),
        }
    }

    /// Adds the types of a registry. Registries only grow, so of two versions
    /// of one registry the longer has all types of both.
    pub(crate) fn add_types(&mut self, types: &Arc<Types>) {
        if types.len() > self.object_bytes.len() {
            self.types = Arc::clone(types);
            let known = self.object_bytes.len();
            self.object_bytes.extend(
                types
                    .iter()
                    .skip(known)
                    .map(|(_, entry)| entry.layout.size + OBJECT_BYTES),
            );
            self.heap.add_types(types);
        }
    }

    /// The types that the store's instances use.
    pub fn types(&self) -> &Arc<Types> {
        &self.types
    }

    /// The instances, in order of instantiation.
    pub fn instances(&self) -> &[Instance] {
        &self.instances
    }

    /// The function at store index `index`.
    pub fn func(&self, index: u32) -> Option<Func> {
        self.funcs.get(index as usize).copied()
    }

    /// All functions.
    pub fn funcs(&self) -> &[Func] {
        &self.funcs
    }

    /// The limits of the run.
    pub fn limits(&self) -> &Limits {
        &self.machine.limits
    }

    /// The first function of type `ty` or a subtype from index `start` on,
    /// wrapping around.
    pub fn func_of_type(&mut self, ty: HeapType, start: u32) -> Option<u32> {
        match ty {
            HeapType::Func => {
                let count = self.funcs.len() as u32;
                (count > 0).then_some(if start < count { start } else { 0 })
            }
            HeapType::ConcreteFunc(id) => {
                self.funcs_by_type.learn(&self.funcs, &self.types);
                self.funcs_by_type.first(id, start)
            }
            _ => None,
        }
    }

    /// All tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// All memories.
    pub fn memories(&self) -> &[Memory] {
        &self.machine.memories
    }

    /// The type and the register value of every global. For a `v128`, the low half.
    pub fn globals(&self) -> impl ExactSizeIterator<Item = (GlobalType, u64)> + '_ {
        self.globals
            .iter()
            .map(|global| (global.ty, self.global_value(global)))
    }

    /// The type and the register value of a global.
    pub fn global(&self, index: u32) -> Option<(GlobalType, u64)> {
        let global = self.globals.get(index as usize)?;
        Some((global.ty, self.global_value(global)))
    }

    fn global_value(&self, global: &GlobalSlot) -> u64 {
        match global.ty.value {
            ValType::Ref(_) => u64::from(self.ref_globals[global.slot as usize]),
            _ => self.machine.num_globals[global.slot as usize],
        }
    }

    /// The type of a global.
    pub fn global_type(&self, global: u32) -> Option<GlobalType> {
        self.globals.get(global as usize).map(|global| global.ty)
    }

    /// The types of all tags.
    pub fn tags(&self) -> &[TypeId] {
        &self.tags
    }

    /// The high half of a `v128` global, else zero.
    pub fn global_high(&self, global: u32) -> u64 {
        match self.globals[global as usize] {
            g if g.ty.value == ValType::V128 => self.machine.num_globals[g.slot as usize + 1],
            _ => 0,
        }
    }

    /// Safepoints passed so far.
    pub fn safepoints(&self) -> u64 {
        self.machine.clock.safepoints()
    }

    /// Whether a collection runs because the heap has reached the capacity that it may have: what it
    /// does not free now makes the heap larger.
    pub fn is_full(&self) -> bool {
        self.full
    }

    /// The safepoints, at most the first 256, at which the schedule
    /// [`EveryAllocation`](super::Schedule::EveryAllocation) has collected.
    pub fn collected_before_allocations(&self) -> &[u64] {
        self.machine.clock.fired()
    }

    /// The cause, if known, of a corruption that the heap has found. Acts of
    /// the embedder are known only while inspecting with
    /// [`Grain::Every`](super::Grain::Every).
    pub fn corrupted_by(&self) -> Option<Cause> {
        self.corrupted.flatten()
    }

    /// The embedder's current action.
    pub fn deed(&self) -> Deed {
        self.deed
    }

    /// The location that a frame has reached.
    pub(super) fn location(&self, frame: &Frame) -> Location {
        if frame.body == Frame::HOST {
            return Location {
                instance: u32::MAX,
                func: None,
                offset: 0,
            };
        }
        let module = &self.instances[frame.instance as usize].module;
        let body = &module.bodies[frame.body as usize];
        Location {
            instance: frame.instance,
            func: body.ty.map(|_| body.func),
            offset: module.offsets.get(frame.pc as usize).copied().unwrap_or(0),
        }
    }

    /// Whether a non-null reference of the internal, external or exception
    /// hierarchy has the given heap type.
    pub(super) fn object_matches(&self, r: GcRef, ty: HeapType) -> Result<bool, HeapError> {
        if r.is_i31() {
            return Ok(matches!(
                ty,
                HeapType::Any | HeapType::Extern | HeapType::Eq | HeapType::I31
            ));
        }
        Ok(match self.heap.shape(r)? {
            Shape::Struct(id) => match ty {
                HeapType::Extern => true,
                ty => self.types.heap_matches(HeapType::ConcreteStruct(id), ty),
            },
            Shape::Array(id) => match ty {
                HeapType::Extern => true,
                ty => self.types.heap_matches(HeapType::ConcreteArray(id), ty),
            },
            Shape::Exception(_) => ty == HeapType::Exn,
            // An internalised external value has the type `any` and no other.
            Shape::Extern => matches!(ty, HeapType::Extern | HeapType::Any),
        })
    }

    /// Whether a register holds a value of the reference type.
    pub fn matches(&self, register: u64, ty: RefType) -> Result<bool, HeapError> {
        if register == 0 {
            return Ok(ty.nullable);
        }
        if !ty.heap.is_gc() {
            return Ok(self.func(register as u32 - 1).is_some_and(|f| {
                self.types
                    .heap_matches(HeapType::ConcreteFunc(f.ty()), ty.heap)
            }));
        }
        self.object_matches(GcRef::from_register(register), ty.heap)
    }

    /// The module of an instance.
    pub fn module(&self, instance: u32) -> &Arc<Module> {
        &self.instances[instance as usize].module
    }
}
