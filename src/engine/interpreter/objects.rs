//! Instructions on objects, tables, segments and whole memories, which leave the
//! frames as they are.

use super::vector;
use crate::engine::storage::range;
use crate::engine::store::Store;
use crate::engine::store::context::Inspector;
use crate::engine::trap::{Stop, Trap};
use crate::heap::{Fact, GcRef, Heap, HeapError, Place};
use crate::module::{Code, Module, Op, Target};
use crate::types::{Field, Lane, TypeId};

/// The object in a register, which must not be null.
#[inline]
fn object(register: u64) -> Result<GcRef, Stop> {
    match GcRef::from_register(register) {
        r if r.is_null() => Err(Trap::NullReference.into()),
        r => Ok(r),
    }
}

// What follows is called from the loop and not made part of it: the loop has few
// registers of the machine, and what a heap does with its bytes would take them.

/// A lane that is known when this is compiled.
pub(super) trait Known {
    const LANE: Lane;
}

macro_rules! known {
    ($($lane:ident),*) => {
        $(pub(super) struct $lane;
        impl Known for $lane {
            const LANE: Lane = Lane::$lane;
        })*
    };
}

known!(B8, B16, B32, B64, B128, Gc, Func);

/// The field that an instruction names.
#[inline]
fn field<L: Known>(op: &Op) -> Field {
    Field {
        index: u32::from(op.c),
        offset: op.imm,
        lane: L::LANE,
    }
}

/// `struct.get`, before any extension of the value.
#[inline(never)]
pub(super) fn get_field<H: Heap, L: Known>(
    heap: &mut H,
    container: u64,
    op: &Op,
) -> Result<u64, Stop> {
    Ok(heap.get_field(object(container)?, field::<L>(op))?)
}

/// `struct.set`.
#[inline(never)]
pub(super) fn set_field<H: Heap, L: Known>(
    heap: &mut H,
    container: u64,
    op: &Op,
    value: u64,
) -> Result<(), Stop> {
    Ok(heap.set_field(object(container)?, field::<L>(op), value)?)
}

/// An array, and an index into it that is within its bounds.
#[inline]
fn element<H: Heap>(heap: &H, array: u64, index: u64) -> Result<(GcRef, u32), Stop> {
    let (r, index) = (object(array)?, index as u32);
    match index < heap.array_len(r)? {
        true => Ok((r, index)),
        false => Err(Trap::ArrayOutOfBounds.into()),
    }
}

/// `array.get`, before any extension of the value.
#[inline(never)]
pub(super) fn get_element<H: Heap, L: Known>(
    heap: &mut H,
    array: u64,
    index: u64,
) -> Result<u64, Stop> {
    let (r, index) = element(heap, array, index)?;
    Ok(heap.get_element(r, index, L::LANE)?)
}

/// `array.set`.
#[inline(never)]
pub(super) fn set_element<H: Heap, L: Known>(
    heap: &mut H,
    array: u64,
    index: u64,
    value: u64,
) -> Result<(), Stop> {
    let (r, index) = element(heap, array, index)?;
    Ok(heap.set_element(r, index, L::LANE, value)?)
}

impl<H: Heap> Store<H> {
    /// Executes `op`, the running frame's instruction. Returns false, having
    /// done nothing, if it is none of these.
    #[inline]
    pub(super) fn object_op(
        &mut self,
        op: Op,
        module: &Module,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<bool, Stop> {
        let instance = self.machine.running.instance;
        macro_rules! a {
            () => {
                self.machine.register(op.a)
            };
        }
        macro_rules! b {
            () => {
                self.machine.register(op.b)
            };
        }
        macro_rules! c {
            () => {
                self.machine.register(op.c)
            };
        }
        macro_rules! set {
            ($value:expr) => {{
                let value = $value;
                self.machine.set_register(op.a, value);
            }};
        }
        // Before an instruction that touches the heap.
        macro_rules! touch {
            () => {
                if self.inspect_operations {
                    self.operation(inspector)?;
                }
            };
        }
        // Prepares an allocation of type `op.imm` with `$more` bytes of
        // elements: audit, budget, safepoint.
        macro_rules! allocation {
            ($more:expr) => {{
                touch!();
                let bytes = u64::from(self.object_bytes[op.imm as usize]);
                self.charge_bytes(bytes + $more)?;
                if self.machine.clock.allocation() || self.heap.wants_collection() {
                    self.collect_here(inspector)?;
                }
            }};
        }
        // Allocates, after a collection if there is no room.
        macro_rules! allocate {
            ($new:expr) => {{
                let mut new = $new;
                if let Err(HeapError::Full) = new {
                    self.collect_here(inspector)?;
                    new = $new;
                }
                set!(new?.register());
            }};
        }
        // The operand behind the instruction.
        macro_rules! extra {
            () => {
                module.ops[self.machine.running.pc as usize + 1].imm
            };
        }
        match op.code {
            Code::Extra => {}
            Code::RefCastFunc => {
                if !self.is_func(b!(), Target(op.imm), op.c) {
                    return Err(Trap::CastFailure.into());
                }
            }
            Code::MemoryFill => self.memory_fill(instance, op)?,
            Code::MemoryCopy => self.memory_copy(instance, op)?,
            Code::MemoryInit => self.memory_init(instance, op)?,
            Code::DataDrop => {
                self.instances[instance as usize].dropped[op.imm as usize] = true;
            }
            Code::TableFill => {
                touch!();
                let [start, value, n] = self.machine.three(op.b);
                let table = self.table(instance, op.imm);
                self.table_fill(table, start, value, n)?;
            }
            Code::TableCopy => {
                touch!();
                let [to, from, n] = self.machine.three(op.b);
                let src = self.table(instance, op.imm);
                let dst = self.table(instance, u32::from(op.a));
                self.table_copy((dst, to), (src, from), n)?;
            }
            Code::TableInit => {
                touch!();
                let [to, from, n] = self.machine.three(op.b);
                let table = u32::from(op.a);
                self.table_init(instance, table, op.imm, to, from, n)?;
            }
            Code::ElemDrop => {
                touch!();
                self.elem_drop(instance, op.imm)?;
            }
            Code::StructSetWide => {
                touch!();
                let r = object(b!())?;
                let value = vector::get(self.machine.registers(), op.a);
                let place = Place::Field(field::<B128>(&op));
                self.heap.store(r, place, value)?;
            }
            Code::ArraySetWide => {
                touch!();
                let (r, index) = element(&self.heap, b!(), c!())?;
                let lane = Lane::B128;
                let place = Place::Element { index, lane };
                self.heap
                    .store(r, place, vector::get(self.machine.registers(), op.a))?;
            }
            Code::ArrayFill => {
                touch!();
                self.array_fill(op)?;
            }
            Code::ArrayCopy => {
                touch!();
                self.array_copy(op)?;
            }
            Code::ArrayInitData => {
                touch!();
                let segment = extra!();
                self.array_init_data(instance, op, segment)?;
            }
            Code::ArrayInitElem => {
                touch!();
                let segment = extra!();
                self.array_init_elem(instance, op, segment)?;
            }
            Code::MemorySize => {
                let memory = self.memory(instance, op.imm as u16);
                set!(self.machine.memories[memory].pages());
            }
            Code::MemoryGrow => {
                let memory = self.memory(instance, op.imm as u16);
                set!(self.memory_grow(memory, b!())?);
            }
            Code::TableSize => {
                let table = self.table(instance, op.imm);
                set!(self.tables[table].elements.len() as u64);
            }
            Code::TableGrow => {
                touch!();
                let table = self.table(instance, op.imm);
                let grown = self.table_grow(table, b!(), c!());
                set!(grown?);
            }
            Code::RefTestFunc => {
                set!(u64::from(self.is_func(b!(), Target(op.imm), op.c)));
            }
            Code::StructNewDefault => {
                allocation!(0);
                allocate!(self.heap.new_struct_default(TypeId(op.imm)));
            }
            Code::StructGetWide => {
                let r = object(b!())?;
                let place = Place::Field(field::<B128>(&op));
                let value = self.heap.load(r, place)?;
                vector::put(self.machine.registers_mut(), op.a, value);
            }
            Code::ArrayNew => {
                let len = c!() as u32;
                let ty = TypeId(op.imm);
                self.charge_elements(ty, len)?;
                allocation!(self.element_bytes(ty, len));
                allocate!(self.heap.new_array(ty, len, b!()));
            }
            Code::ArrayNewWide => {
                let len = c!() as u32;
                let ty = TypeId(op.imm);
                self.charge_elements(ty, len)?;
                allocation!(self.element_bytes(ty, len));
                // The array's register may be one of these two.
                let value = vector::get(self.machine.registers(), op.b);
                allocate!(self.heap.new_array_default(ty, len));
                let r = GcRef::from_register(a!());
                self.heap.fill(r, 0, len, Lane::B128, value)?;
            }
            Code::ArrayNewDefault => {
                let len = b!() as u32;
                let ty = TypeId(op.imm);
                self.charge_elements(ty, len)?;
                allocation!(self.element_bytes(ty, len));
                allocate!(self.heap.new_array_default(ty, len));
            }
            Code::ArrayNewFixed => {
                let ty = TypeId(op.imm);
                let len = u32::from(op.c) / self.element_registers(ty);
                allocation!(self.element_bytes(ty, len));
                let elements = usize::from(op.b)..usize::from(op.b) + usize::from(op.c);
                allocate!(
                    self.heap
                        .new_array_fixed(ty, &self.machine.registers()[elements.clone()])
                );
            }
            Code::ArrayNewData => {
                let ty = TypeId(op.imm);
                let (offset, len) = (b!() as u32, c!() as u32);
                let segment = extra!();
                let bytes = self.data_range(instance, segment, ty, offset, len)?;
                self.charge_elements(ty, len)?;
                allocation!(self.element_bytes(ty, len));
                allocate!(self.heap.new_array_default(ty, len));
                let r = GcRef::from_register(a!());
                let lane = self.element_lane(ty);
                self.heap.init_data(r, 0, lane, &module.wasm[bytes])?;
            }
            Code::ArrayNewElem => {
                let ty = TypeId(op.imm);
                let (offset, len) = (b!() as u32, c!() as u32);
                let segment = extra!() as usize;
                self.note_segment(instance, segment as u32);
                let total = self.instances[instance as usize].elements[segment]
                    .refs
                    .len();
                let Some(range) = range(offset.into(), len.into(), total) else {
                    return Err(Trap::TableOutOfBounds.into());
                };
                self.charge_elements(ty, len)?;
                allocation!(self.element_bytes(ty, len));
                allocate!(self.heap.new_array_default(ty, len));
                let r = GcRef::from_register(a!());
                let lane = self.element_lane(ty);
                let refs = &self.instances[instance as usize].elements[segment].refs;
                let references = &refs[range];
                self.heap.init_elements(r, 0, lane, references)?;
                if lane == Lane::Gc {
                    self.heap.note(Fact::SegmentCopied { references });
                }
            }
            Code::ArrayGetWide => {
                let (r, index) = element(&self.heap, b!(), c!())?;
                let lane = Lane::B128;
                let place = Place::Element { index, lane };
                let value = self.heap.load(r, place)?;
                vector::put(self.machine.registers_mut(), op.a, value);
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
