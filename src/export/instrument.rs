//! Fuel, depth, collections and canonical NaNs in the case's own code.

use super::asm::Asm;
use super::meter::Meter;
use super::nans::Float;
use super::unit::Unit;
use crate::module_ir::{Bodies, IrError, Module, Shape, allocates, is_opener};
use wasmparser::{FunctionBody, Operator, OperatorsReader, StorageType, ValType};

/// Writes all functions of the case so that they pay for what they do, and every engine runs out at the
/// same place, collect where the schedule says, and make NaNs canonical.
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
        code.read(body)?;
        let asm = Writer::new(&unit.module, meter, *func, body)?.write(&code, body);
        unit.define_whole(*func, asm);
    }
    Ok(())
}

/// The instructions of a body, and what belongs to each.
#[derive(Default)]
struct OwnCode<'a> {
    /// Each with its end in the bytes of the body.
    ops: Vec<(Operator<'a>, usize)>,
    /// The start of the first.
    start: usize,
    /// The cost of the function, and of the loop that each instruction is: the number of instructions
    /// that run at most once in it.
    costs: Vec<i32>,
}

impl<'a> OwnCode<'a> {
    fn read(&mut self, body: &FunctionBody<'a>) -> Result<(), IrError> {
        let base = body.range().start;
        let mut reader = body.get_operators_reader()?;
        let place = |reader: &OperatorsReader<'a>| reader.original_position() - base;
        self.start = place(&reader) as usize;
        self.ops.clear();
        self.costs.clear();
        self.costs.push(0);
        // The innermost loop of each open block, by the place of its cost.
        let mut open: Vec<usize> = vec![0];
        while !reader.eof() {
            let op = reader.read()?;
            let innermost = open.last().copied().unwrap_or_default();
            self.costs[innermost] += 1;
            self.costs.push(0);
            if is_opener(&op) {
                let is_loop = matches!(op, Operator::Loop { .. });
                open.push(if is_loop {
                    self.costs.len() - 1
                } else {
                    innermost
                });
            } else if matches!(op, Operator::End) {
                open.pop();
            }
            self.ops.push((op, place(&reader) as usize));
        }
        Ok(())
    }
}

/// A function of the case being written.
struct Writer<'w, 'a> {
    module: &'w Module<'a>,
    meter: &'w Meter,
    asm: Asm,
    depth: u32,
    /// Locals for the length of a bulk operation.
    length: u32,
    length64: u32,
    /// Locals for floats that may be NaN, by [`Float`].
    floats: [Option<u32>; 4],
}

impl<'w, 'a> Writer<'w, 'a> {
    fn new(
        module: &'w Module<'a>,
        meter: &'w Meter,
        func: u32,
        body: &FunctionBody<'a>,
    ) -> Result<Writer<'w, 'a>, IrError> {
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
        Ok(Writer {
            module,
            meter,
            depth: asm.local(ValType::I32),
            length: asm.local(ValType::I32),
            length64: asm.local(ValType::I64),
            asm,
            floats: [None; 4],
        })
    }

    fn write(mut self, code: &OwnCode<'a>, body: &FunctionBody<'a>) -> Asm {
        let bytes = body.as_bytes();
        self.asm.op().i32_const(code.costs[0]);
        self.asm.call(self.meter.enter);
        self.asm.op().local_set(self.depth);
        let mut start = code.start;
        for ((op, end), cost) in code.ops.iter().zip(&code.costs[1..]) {
            self.before(op);
            match op {
                // The index of a function is all that an exported module has changed.
                Operator::Call { function_index } => self.asm.call(*function_index),
                Operator::ReturnCall { function_index } => self.asm.return_call(*function_index),
                Operator::RefFunc { function_index } => self.asm.ref_func(*function_index),
                _ => self.asm.copy(&bytes[start..*end]),
            }
            start = *end;
            if let Operator::Loop { .. } = op {
                self.asm.op().i32_const(*cost);
                self.asm.call(self.meter.burn);
            }
            if let Some(float) = Float::of(op) {
                let asm = &mut self.asm;
                let local =
                    self.floats[float as usize].get_or_insert_with(|| asm.local(float.ty()));
                float.canonical(asm, *local);
            }
        }
        self.asm
    }

    /// What an instruction pays, and the depth of the frames that it calls.
    fn before(&mut self, op: &Operator<'_>) {
        match op {
            Operator::Call { .. } | Operator::CallRef { .. } | Operator::CallIndirect { .. } => {
                let mut op = self.asm.op();
                op.local_get(self.depth).global_set(self.meter.depth);
            }
            // The callee takes the place of this frame.
            Operator::ReturnCall { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::ReturnCallIndirect { .. } => {
                let mut op = self.asm.op();
                op.local_get(self.depth).i32_const(1).i32_sub();
                op.global_set(self.meter.depth);
            }
            _ => {}
        }
        if let Some(length) = length(op, self.module) {
            self.pay(&length);
        }
        if let (Some(tick), true) = (self.meter.tick, allocates(op)) {
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
    // Sixteen bytes cost as much as one reference.
    let bytes = |is_64| Length {
        is_64,
        shift: 4,
        factor: 1,
    };
    let elements = |ty: u32| {
        let is_ref = |ty: &StorageType| matches!(ty, StorageType::Val(ValType::Ref(_)));
        let shape = module.types.get(ty as usize).map(|ty| &ty.shape);
        match shape {
            Some(Shape::Array(element)) if !is_ref(&element.element_type) => Length {
                shift: 2,
                ..bytes(false)
            },
            _ => references(false),
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
        | Operator::ArrayFill { array_type_index }
        | Operator::ArrayInitData {
            array_type_index, ..
        }
        | Operator::ArrayInitElem {
            array_type_index, ..
        } => elements(*array_type_index),
        Operator::ArrayCopy {
            array_type_index_dst,
            ..
        } => elements(*array_type_index_dst),
        Operator::TableInit { .. } => references(false),
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
