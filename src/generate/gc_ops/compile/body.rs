//! The body of a function: its slots, and how operations read, write and guard them.

use super::control::OpenBlock;
use super::env::{DIGEST, Env, val_type};
use crate::generate::gc_ops::pick::Pick;
use crate::generate::gc_ops::program::{Heap, Op, OpKind, Ty};
use wasm_encoder::{BlockType, Function, InstructionSink, ValType};

/// Approximate limit of instructions per call, nested calls included: well below the usual fuel.
pub(super) const BUDGET: u64 = 5_000;

/// A slot used by an operation.
#[derive(Copy, Clone, Debug)]
pub(super) struct OperandSlot {
    pub index: u32,
    pub ty: Ty,
}

impl OperandSlot {
    /// The type of the program that it refers to, or type 0 if it refers to none.
    pub(super) fn type_index(self) -> u8 {
        match self.ty.heap() {
            Some(Heap::Type(index)) => index,
            _ => 0,
        }
    }
}

/// A body that is being compiled.
pub(super) struct Body<'a> {
    pub env: &'a Env<'a>,
    pub func: usize,
    pub slots: Vec<Ty>,
    pub code: Vec<u8>,
    pub frames: Vec<OpenBlock>,
    /// Labels in scope, except for the function's own.
    pub depth: u32,
    /// Choices of the current operation.
    pub pick: Pick,
    /// Approximate number of instructions executed up to this point.
    pub cost: u64,
    /// How often the code at this point is executed.
    pub times: u64,
}

impl<'a> Body<'a> {
    /// Compiles a function. Also returns the approximate number of instructions of a call.
    pub(super) fn compile(env: &'a Env<'a>, func: usize) -> (Function, u64) {
        let def = &env.program.funcs[func];
        let params = def.sig.params.len();
        let mut body = Body {
            env,
            func,
            slots: def.sig.params.iter().chain(&def.slots).copied().collect(),
            code: Vec::with_capacity(2048),
            frames: Vec::new(),
            depth: 0,
            pick: Pick::new(func as u32),
            cost: 0,
            times: 1,
        };
        body.fill_slots(params);
        body.account(0);
        for op in &def.ops {
            let start = body.code.len();
            body.op(*op);
            body.account(start);
        }
        while !body.frames.is_empty() {
            body.close();
        }
        for ty in &def.sig.results {
            body.value(*ty);
        }
        body.i().end();
        let counters = super::control::DEPTH as u32;
        let slots = body.slots.iter().skip(params).map(|ty| (1, val_type(*ty)));
        let mut function =
            Function::new(slots.chain([(counters, ValType::I32)]).collect::<Vec<_>>());
        function.raw(body.code);
        (function, body.cost)
    }

    /// The instruction sink.
    pub(super) fn i(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code)
    }

    /// Counts the instructions emitted from `start` on. An instruction is about two bytes long.
    fn account(&mut self, start: usize) {
        self.cost += self.times * (self.code.len() - start) as u64 / 2;
    }

    /// Initialises slots: those that cannot be null must have a value, and most others get one, so
    /// that few operations find null.
    fn fill_slots(&mut self, params: usize) {
        for index in params..self.slots.len() {
            let ty = self.slots[index];
            self.pick = Pick::new((index + 64 * self.func) as u32);
            if !ty.has_default() || (ty.is_ref() && !self.pick.one_in(8)) {
                self.make(ty, 2);
                self.i().local_set(index as u32);
            }
        }
    }

    /// Pushes a new value.
    pub(super) fn make(&mut self, ty: Ty, budget: u8) {
        match ty.heap() {
            Some(Heap::Exn) if budget > 0 && !self.pick.one_in(4) => self.make_exception(),
            _ => self.env.make(&mut self.code, ty, budget, &mut self.pick),
        }
    }

    /// A slot for which `will_do` holds.
    pub(super) fn slot(&self, choice: u8, will_do: impl Fn(Ty) -> bool) -> Option<OperandSlot> {
        // There are fewer than sixty-four slots.
        let all = self.slots.iter().enumerate();
        let mut mask = all.fold(0u64, |mask, (i, ty)| mask | u64::from(will_do(*ty)) << i);
        let nth = u32::from(choice).checked_rem(mask.count_ones())?;
        for _ in 0..nth {
            mask &= mask - 1;
        }
        let index = mask.trailing_zeros();
        Some(OperandSlot {
            index,
            ty: *self.slots.get(index as usize)?,
        })
    }

    /// Pushes a value of type `ty`: mostly the content of a slot, or else a new value.
    pub(super) fn value(&mut self, ty: Ty) {
        let choice = self.pick.bits() as u8;
        let wanted = ty.or_null();
        let env = self.env;
        let slot = self.slot(choice, |slot| env.fits(slot, wanted));
        let Some(slot) = slot.filter(|_| choice % 8 != 7) else {
            return self.make(ty, 1);
        };
        if env.fits(slot.ty, ty) {
            self.i().local_get(slot.index);
        } else {
            // A null is replaced by a new object.
            self.i()
                .block(BlockType::Result(val_type(ty)))
                .local_get(slot.index)
                .br_on_non_null(0);
            self.make(ty, 0);
            self.i().end();
        }
    }

    /// Pops a value of type `ty` into a slot, and folds numbers into the digest.
    pub(super) fn put(&mut self, ty: Ty, choice: u8) {
        let env = self.env;
        match self.slot(choice, |slot| env.fits(ty, slot)) {
            Some(slot) if ty.is_ref() => {
                self.i().local_set(slot.index);
            }
            Some(slot) => {
                self.i().local_tee(slot.index);
                self.fold(ty);
            }
            None => self.fold(ty),
        }
    }

    /// Pops a value and folds it into the digest, if it is a number.
    pub(super) fn fold(&mut self, ty: Ty) {
        match ty {
            Ty::I32 => self.i(),
            Ty::I64 => {
                self.i().i32_wrap_i64();
                self.i()
            }
            Ty::F64 => {
                // The interesting bits are in the upper half.
                self.i()
                    .i64_reinterpret_f64()
                    .i64_const(32)
                    .i64_shr_u()
                    .i32_wrap_i64();
                self.i()
            }
            Ty::Ref { .. } => {
                self.i().drop();
                return;
            }
        }
        .global_get(DIGEST)
        .i32_const(31)
        .i32_mul()
        .i32_add()
        .global_set(DIGEST);
    }

    /// Opens a block that an operation can leave early. Closed by [`Body::done`].
    pub(super) fn begin(&mut self) {
        self.depth += 1;
        self.i().block(BlockType::Empty);
    }

    /// Closes the block that [`Body::begin`] opened.
    pub(super) fn done(&mut self) {
        self.depth -= 1;
        self.i().end();
    }

    /// Leaves the operation if the slot holds null.
    pub(super) fn unless_null(&mut self, slot: OperandSlot) {
        if slot.ty.has_default() {
            self.i().local_get(slot.index).ref_is_null().br_if(0);
        }
    }

    /// Leaves the operation unless the masked bits of a number have a chosen value: half of the
    /// time, or nearly always, depending on the mask.
    pub(super) fn rarely(&mut self, mask: i32) {
        let value = self.pick.bits() as i32 & mask;
        self.value(Ty::I32);
        self.i().i32_const(mask).i32_and();
        self.i().i32_const(value).i32_ne().br_if(0);
    }

    fn op(&mut self, op: Op) {
        use OpKind::*;
        let [a, b, c, d] = op.with;
        self.pick = Pick::new(u32::from_le_bytes([b, d, a, c]));
        match op.kind {
            Number => self.number(a, c),
            StructNew | StructNewDefault => self.struct_new(op),
            StructGet | StructSet | SelfSet => self.struct_access(op),
            ArrayNew | ArrayNewDefault | ArrayNewFixed | ArrayNewData | ArrayNewElem => {
                self.array_new(op);
            }
            ArrayGet | ArraySet | ArrayLen | ArrayFill => self.array_access(op),
            ArrayCopy | ArrayCopySelf => self.array_copy(op),
            ArrayInitData | ArrayInitElem => self.array_init(op),
            I31New | I31Get | RefEq | ToExtern | ToAny | Select | LocalCopy | Null | Drop => {
                self.reference(op);
            }
            Digest => self.digest(a),
            RefTest | RefCast | BrOnCast | BrOnCastFail => self.cast(op),
            BrOnNull | BrOnNonNull => self.null_branch(op),
            GlobalGet | GlobalSet => self.global(op),
            TableGet | TableSet | TableFill | TableGrow | TableCopy | TableInit => self.table(op),
            ElemDrop | DataDrop => self.drop_segment(op),
            Block | Loop | If | Try => self.open(op),
            Else => self.otherwise(),
            End => self.close(),
            Break => self.leave(a),
            Throw | ThrowRef => self.throw(op),
            Return => self.early_return(),
            Call | CallRef | ReturnCall | ReturnCallRef => self.call(op),
            CallHost => self.call_host(a, c),
            Hold => self.hold(op),
            Reread => self.reread(op),
        }
    }
}
