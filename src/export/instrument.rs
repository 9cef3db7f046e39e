//! Fuel, depth, collections, canonical NaNs and strict vector instructions in the case's own code.

use super::asm::Asm;
use super::meter::Meter;
use super::nans::Float;
use super::points::Site;
use super::relaxed::Relaxed;
use super::unit::Unit;
use crate::module_ir::{Bodies, IrError, Module, Shape, allocates, each_operator, is_opener};
use wasmparser::{FunctionBody, Operator, StorageType, ValType};

/// Writes all functions of the case so that they pay for what they do, and every engine runs out at the
/// same place, collect where the schedule says, make NaNs canonical, and leave no choice to an engine.
///
/// # Errors
///
/// If a body is malformed.
pub(super) fn instrument<'a>(
    unit: &mut Unit<'a>,
    bodies: &Bodies<'a>,
    meter: &Meter,
) -> Result<(), IrError> {
    let mut code = OwnCode::default();
    for (func, body) in bodies {
        code.read(body, &unit.module)?;
        let asm = Writer::new(&unit.module, meter, *func, body)?.write(&code, body);
        if asm.most_bytes() > MOST_BYTES || asm.locals_declared() > MOST_LOCALS {
            return Err(IrError(format!(
                "function {func} has no room for a meter: validation allows {MOST_LOCALS} locals and \
                 {MOST_BYTES} bytes"
            )));
        }
        unit.define_whole(*func, asm);
    }
    Ok(())
}

/// Limits of wasmparser for a function.
const MOST_LOCALS: u32 = 50_000;
const MOST_BYTES: usize = 7_654_321;

/// The instructions of a body.
#[derive(Default)]
struct OwnCode {
    /// The offset of the body in the module.
    base: u64,
    /// Where the first one begins in the bytes of the body.
    start: usize,
    /// Those that are not only copied.
    marks: Vec<Mark>,
    /// What the function costs: the number of instructions that run at most once in it.
    cost: i32,
}

/// What has to be known of an instruction.
struct Mark {
    /// Its bytes among those of the body.
    start: usize,
    end: usize,
    /// What is written in its place.
    instead: Option<Instead>,
    calls: Option<Calls>,
    length: Option<Length>,
    allocates: bool,
    /// The cost of the loop that it begins.
    loop_cost: Option<i32>,
    float: Option<Float>,
}

/// An instruction that is not copied.
#[derive(Copy, Clone)]
enum Instead {
    // An index of a function, which is all that follows the opcode, is another in an exported module.
    Call(u32),
    ReturnCall(u32),
    Reference(u32),
    Strict(Relaxed),
}

/// Whether the callee has a frame above this one, or takes its place.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Calls {
    Above,
    InPlace,
}

impl OwnCode {
    fn read(&mut self, body: &FunctionBody<'_>, module: &Module<'_>) -> Result<(), IrError> {
        let base = body.range().start;
        let whole = body.as_bytes().len();
        self.base = base;
        let OwnCode {
            start, marks, cost, ..
        } = self;
        (*start, *cost) = (whole, 0);
        marks.clear();
        // The innermost loop of each open block.
        let mut open: Vec<Option<usize>> = vec![None];
        // The instruction before was the last mark.
        let mut is_marked = false;
        let reader = body.get_binary_reader_for_operators()?;
        each_operator(reader, |op, at| {
            let at = (at - base) as usize;
            *start = at.min(*start);
            if is_marked && let Some(before) = marks.last_mut() {
                before.end = at;
            }
            let innermost = open.last().copied().flatten();
            let of_loop = innermost.and_then(|at| marks[at].loop_cost.as_mut());
            *of_loop.unwrap_or(cost) += 1;
            let is_loop = matches!(op, Operator::Loop { .. });
            if is_opener(op) {
                open.push(if is_loop {
                    Some(marks.len())
                } else {
                    innermost
                });
            } else if matches!(op, Operator::End) {
                open.pop();
            }
            let mark = Mark {
                start: at,
                end: whole,
                instead: instead(op),
                calls: calls(op),
                length: length(op, module),
                allocates: allocates(op),
                // As in the engine, a round of an empty loop is not free.
                loop_cost: is_loop.then_some(1),
                float: Float::of(op),
            };
            is_marked = !mark.is_plain();
            if is_marked {
                marks.push(mark);
            }
        })?;
        Ok(())
    }
}

impl Mark {
    /// Whether the instruction is only copied.
    fn is_plain(&self) -> bool {
        self.instead.is_none()
            && self.calls.is_none()
            && self.length.is_none()
            && !self.allocates
            && self.loop_cost.is_none()
            && self.float.is_none()
    }
}

fn instead(op: &Operator<'_>) -> Option<Instead> {
    match op {
        Operator::Call { function_index } => Some(Instead::Call(*function_index)),
        Operator::ReturnCall { function_index } => Some(Instead::ReturnCall(*function_index)),
        Operator::RefFunc { function_index } => Some(Instead::Reference(*function_index)),
        _ => Relaxed::of(op).map(Instead::Strict),
    }
}

fn calls(op: &Operator<'_>) -> Option<Calls> {
    match op {
        Operator::Call { .. } | Operator::CallRef { .. } | Operator::CallIndirect { .. } => {
            Some(Calls::Above)
        }
        Operator::ReturnCall { .. }
        | Operator::ReturnCallRef { .. }
        | Operator::ReturnCallIndirect { .. } => Some(Calls::InPlace),
        _ => None,
    }
}

/// A function of the case being written.
struct Writer<'w> {
    meter: &'w Meter,
    func: u32,
    /// What entering costs besides the code, as in the engine of gcdiff.
    entry: i32,
    asm: Asm,
    depth: u32,
    /// Locals for the length of a bulk operation.
    length: u32,
    length64: u32,
    /// Locals for floats that may be NaN, by [`Float`].
    floats: [Option<u32>; 4],
    /// Locals for operands of a relaxed instruction.
    vectors: Option<[u32; 3]>,
}

impl<'w> Writer<'w> {
    fn new(
        module: &Module<'_>,
        meter: &'w Meter,
        func: u32,
        body: &FunctionBody<'_>,
    ) -> Result<Writer<'w>, IrError> {
        let ty = module.types.get(module.funcs[func as usize].ty as usize);
        let params = match ty.map(|ty| &ty.shape) {
            Some(Shape::Func(params, _)) => params.len(),
            _ => 0,
        };
        let mut asm = Asm::new(params);
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            asm.locals(count, ty);
        }
        asm.reserve(2 * body.as_bytes().len());
        Ok(Writer {
            meter,
            func,
            entry: 4 + (asm.locals_declared() / 16) as i32,
            depth: asm.local(ValType::I32),
            length: asm.local(ValType::I32),
            length64: asm.local(ValType::I64),
            asm,
            floats: [None; 4],
            vectors: None,
        })
    }

    fn write(mut self, code: &OwnCode, body: &FunctionBody<'_>) -> Asm {
        let bytes = body.as_bytes();
        self.asm.op().i32_const(code.cost + self.entry);
        self.asm.call(self.meter.enter);
        self.asm.op().local_set(self.depth);
        self.pass(Site::Entry(self.func));
        let mut copied = code.start;
        for mark in &code.marks {
            self.asm.copy(&bytes[copied..mark.start]);
            copied = mark.end;
            let site = Site::At(code.base as u32 + mark.start as u32);
            self.before(mark, site);
            match mark.instead {
                None => self.asm.copy(&bytes[mark.start..mark.end]),
                Some(Instead::Call(func)) => self.asm.call(func),
                Some(Instead::ReturnCall(func)) => self.asm.return_call(func),
                Some(Instead::Reference(func)) => self.asm.ref_func(func),
                Some(Instead::Strict(op)) => op.write(&mut self.asm, &mut self.vectors),
            }
            if let Some(cost) = mark.loop_cost {
                self.asm.op().i32_const(cost);
                self.asm.call(self.meter.burn);
                self.pass(site);
            }
            if let Some(float) = mark.float {
                let asm = &mut self.asm;
                let local = &mut self.floats[float as usize];
                let local = *local.get_or_insert_with(|| asm.local(float.ty()));
                float.canonical(asm, local);
            }
        }
        self.asm.copy(&bytes[copied..]);
        self.asm
    }

    /// What an instruction pays, and the depth of the frames that it calls.
    fn before(&mut self, mark: &Mark, site: Site) {
        if let Some(calls) = mark.calls {
            let mut op = self.asm.op();
            op.local_get(self.depth);
            if calls == Calls::InPlace {
                op.i32_const(1).i32_sub();
            }
            op.global_set(self.meter.depth);
        }
        if let Some(length) = &mark.length {
            self.pay(length);
        }
        if mark.allocates {
            if let Some(tick) = self.meter.tick {
                self.asm.call(tick);
            }
            self.pass(site);
        }
    }

    /// Collects at a safepoint if the schedule names it.
    fn pass(&mut self, site: Site) {
        if let Some(tick) = self.meter.at(site) {
            self.asm.call(tick);
        }
    }

    /// Pays for a bulk operation, whose length is on top of the stack and stays there.
    fn pay(&mut self, length: &Length) {
        let (local, pay) = match length.is_64 {
            true => (self.length64, self.meter.pay64),
            false => (self.length, self.meter.pay),
        };
        let mut op = self.asm.op();
        op.local_tee(local).local_get(local);
        if length.shift > 0 {
            match length.is_64 {
                true => op.i64_const(length.shift.into()).i64_shr_u(),
                false => op.i32_const(length.shift).i32_shr_u(),
            };
        }
        if length.factor > 1 {
            // No product overflows once the length has been paid for.
            self.asm.call(pay);
            let mut op = self.asm.op();
            op.local_get(local);
            match length.is_64 {
                true => op.i64_const((length.factor - 1).into()).i64_mul(),
                false => op.i32_const(length.factor - 1).i32_mul(),
            };
        }
        self.asm.call(pay);
    }
}

/// The length of a bulk operation, which is on top of the stack.
struct Length {
    is_64: bool,
    /// Its cost is the length, shifted to the right and multiplied.
    shift: i32,
    factor: i32,
}

fn length(op: &Operator<'_>, module: &Module<'_>) -> Option<Length> {
    let table = |index: u32| {
        module
            .tables
            .get(index as usize)
            .is_some_and(|t| t.ty.table64)
    };
    let memory = |index: u32| {
        module
            .memories
            .get(index as usize)
            .is_some_and(|m| m.ty.memory64)
    };
    let references = |is_64| Length {
        is_64,
        shift: 0,
        factor: 1,
    };
    // As in the engine of gcdiff, sixteen bytes cost as much as an element that is copied.
    let bytes = |is_64| Length {
        is_64,
        shift: 4,
        factor: 1,
    };
    let elements = |ty: u32| {
        let shape = module.types.get(ty as usize).map(|ty| &ty.shape);
        let shift = match shape {
            Some(Shape::Array(element)) => match element.element_type {
                StorageType::I8 => 4,
                StorageType::I16 => 3,
                StorageType::Val(ValType::I64 | ValType::F64) => 1,
                StorageType::Val(ValType::V128) => 0,
                StorageType::Val(_) => 2,
            },
            _ => 0,
        };
        Length {
            shift,
            ..references(false)
        }
    };
    Some(match op {
        Operator::ArrayNew { array_type_index }
        | Operator::ArrayNewDefault { array_type_index }
        | Operator::ArrayNewData {
            array_type_index, ..
        }
        | Operator::ArrayNewElem {
            array_type_index, ..
        }
        | Operator::ArrayInitData {
            array_type_index, ..
        } => elements(*array_type_index),
        Operator::ArrayFill { .. }
        | Operator::ArrayCopy { .. }
        | Operator::ArrayInitElem { .. }
        | Operator::TableInit { .. } => references(false),
        Operator::TableFill { table: index } | Operator::TableGrow { table: index } => {
            references(table(*index))
        }
        Operator::TableCopy {
            dst_table,
            src_table,
        } => references(table(*dst_table) && table(*src_table)),
        Operator::MemoryInit { .. } => bytes(false),
        Operator::MemoryFill { mem } => bytes(memory(*mem)),
        Operator::MemoryCopy { dst_mem, src_mem } => bytes(memory(*dst_mem) && memory(*src_mem)),
        // Pages are expensive: a module may grow to a few megabytes.
        Operator::MemoryGrow { mem } => Length {
            is_64: memory(*mem),
            shift: 0,
            factor: 64,
        },
        _ => return None,
    })
}
