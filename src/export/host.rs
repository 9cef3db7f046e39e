//! The host inside the module: its functions, and the steps of the plan.

use super::asm::Asm;
use super::runtime::Runtime;
use super::seen::seen;
use super::unit::Unit;
use super::values::Values;
use crate::case::{Arg, Step};
use crate::module_ir::Shape;
use wasm_encoder::{BlockType, Catch};
use wasmparser::{ExternalKind, RefType, ValType};

/// An item that steps refer to, by its export's name.
pub(super) type Exported<'n> = dyn Fn(&str, ExternalKind) -> Option<u32> + 'n;

/// What a host function costs.
const HOST: i32 = 5;

/// Writes the steps and the functions of the host.
pub(super) struct Writer<'w, 'a> {
    pub unit: &'w mut Unit<'a>,
    pub runtime: &'w Runtime,
    pub values: &'w mut Values,
    pub exported: &'w Exported<'w>,
}

impl Writer<'_, '_> {
    /// A function for a step of the plan, which returns the digest. `number` varies what is made up.
    pub fn step(&mut self, step: &Step, number: i64) -> u32 {
        let name = format!("step{}", number + 1);
        let func = self.unit.reserve(&name, &[], &[ValType::I64]);
        let mut asm = Asm::new(0);
        let base = asm.local(ValType::I64);
        asm.op().i64_const(number).local_set(base);
        self.runtime.meter.begin(&mut asm);
        // Label 1 inside: a value is missing.
        asm.op().block(BlockType::Empty);
        let digest = self.runtime.digest;
        self.watched(&mut asm, true, &mut |writer, asm, none| {
            writer.perform(asm, step, (base, none));
            asm.op().global_get(digest).return_();
        });
        asm.op().end().i64_const(-1);
        self.unit.define(func, asm);
        func
    }

    /// A function that calls the start function of the case.
    pub fn start(&mut self, start: u32) -> u32 {
        let func = self.unit.reserve("start", &[], &[ValType::I64]);
        let mut asm = Asm::new(0);
        self.runtime.meter.refuel(&mut asm);
        let digest = self.runtime.digest;
        self.watched(&mut asm, true, &mut |_, asm, _| {
            asm.call(start);
            asm.op().global_get(digest).return_();
        });
        asm.op().i64_const(-1);
        self.unit.define(func, asm);
        func
    }

    /// Writes code that may throw. The host keeps the exception; then it is thrown again, or is no
    /// more. `inside` gets the label of the block around this.
    fn watched(
        &mut self,
        asm: &mut Asm,
        again: bool,
        inside: &mut dyn FnMut(&mut Self, &mut Asm, u32),
    ) {
        let Some(keep) = self.runtime.keep_exn else {
            inside(self, asm, 0);
            return;
        };
        let exnref = ValType::Ref(RefType::EXNREF);
        let exn = asm.local(exnref);
        asm.op().block(BlockType::Empty);
        asm.op()
            .block(BlockType::Result(wasm_encoder::ValType::EXNREF));
        asm.op()
            .try_table(BlockType::Empty, [Catch::AllRef { label: 0 }]);
        inside(self, asm, 3);
        asm.op().end().br(1).end();
        asm.op().local_tee(exn);
        asm.call(keep);
        if again {
            asm.op().local_get(exn).throw_ref();
        }
        asm.op().end();
    }

    /// Does a step. `base` varies what is made up; `none` is the label for a missing value.
    fn perform(&mut self, asm: &mut Asm, step: &Step, (base, none): (u32, u32)) {
        match step {
            Step::Call(call) => {
                let Some(func) = (self.exported)(&call.export, ExternalKind::Func) else {
                    return;
                };
                let (params, results) = self.signature(func);
                for (index, param) in params.iter().enumerate() {
                    let arg = call.args.get(index).copied().unwrap_or(Arg::Auto);
                    let seed = self.seed(asm, base, index as i64 + 2);
                    let (unit, runtime) = (&mut *self.unit, self.runtime);
                    self.values
                        .value(unit, runtime, asm, *param, (arg, seed, none));
                }
                asm.call(func);
                let locals: Vec<u32> = results.iter().map(|ty| asm.local(*ty)).collect();
                locals.iter().rev().for_each(|local| {
                    asm.op().local_set(*local);
                });
                for (local, ty) in locals.iter().zip(&results) {
                    asm.op().local_get(*local);
                    self.note(asm, *ty);
                }
            }
            Step::Global { export, value } => {
                let Some(global) = (self.exported)(export, ExternalKind::Global) else {
                    return;
                };
                let ty = self.unit.module.globals[global as usize].ty;
                match value {
                    None => {
                        asm.op().global_get(global);
                        self.note(asm, ty.content_type);
                    }
                    Some(_) if !ty.mutable => {}
                    Some(arg) => {
                        let seed = self.seed(asm, base, 1);
                        let wanted = (*arg, seed, none);
                        let (unit, runtime) = (&mut *self.unit, self.runtime);
                        self.values
                            .value(unit, runtime, asm, ty.content_type, wanted);
                        asm.op().global_set(global);
                    }
                }
            }
            Step::Table {
                export,
                index,
                value,
            } => {
                let Some(table) = (self.exported)(export, ExternalKind::Table) else {
                    return;
                };
                let ty = self.unit.module.tables[table as usize].ty;
                match ty.table64 {
                    true => asm.op().i64_const((*index).into()),
                    false => asm.op().i32_const(*index as i32),
                };
                let element = ValType::Ref(ty.element_type);
                match value {
                    None => {
                        asm.op().table_get(table);
                        self.note(asm, element);
                    }
                    Some(arg) => {
                        let seed = self.seed(asm, base, 1);
                        let wanted = (*arg, seed, none);
                        let (unit, runtime) = (&mut *self.unit, self.runtime);
                        self.values.value(unit, runtime, asm, element, wanted);
                        asm.op().table_set(table);
                    }
                }
            }
            Step::Drop(n) => {
                asm.op().i32_const(*n as i32);
                asm.call(self.runtime.drop);
            }
            Step::Collect => {
                asm.call(self.runtime.meter.collect);
            }
        }
    }

    /// A local with a number that depends on another and on the position of a value.
    fn seed(&mut self, asm: &mut Asm, base: u32, position: i64) -> u32 {
        let seed = asm.local(ValType::I64);
        asm.op().local_get(base).i64_const(position);
        asm.call(self.runtime.mix);
        asm.op().local_set(seed);
        seed
    }

    /// Takes a value from the stack, keeps it, and adds it to the digest.
    fn note(&mut self, asm: &mut Asm, ty: ValType) {
        seen(self.unit, self.runtime, asm, ty);
        asm.call(self.runtime.note);
    }

    fn signature(&self, func: u32) -> (Vec<ValType>, Vec<ValType>) {
        let module = &self.unit.module;
        let ty = module.funcs.get(func as usize).map_or(0, |func| func.ty);
        match module.types.get(ty as usize).map(|ty| &ty.shape) {
            Some(Shape::Func(params, results)) => (params.clone(), results.clone()),
            _ => (Vec::new(), Vec::new()),
        }
    }

    /// Writes a function of the host. `id` tells such functions apart.
    pub fn function(&mut self, func: u32, id: u32, acts: &[Step]) {
        let (params, results) = self.signature(func);
        let runtime = self.runtime;
        let mut asm = Asm::new(params.len());
        let depth = asm.local(ValType::I32);
        let (nth, base) = (asm.local(ValType::I64), asm.local(ValType::I64));
        asm.op().i32_const(HOST);
        asm.call(runtime.meter.enter);
        asm.op().local_set(depth);
        asm.add_one_to_global(runtime.calls);
        asm.op()
            .global_get(runtime.calls)
            .i64_extend_i32_u()
            .local_tee(nth);
        asm.op().i64_const(3);
        asm.call(runtime.mix);
        asm.op().local_set(base);
        for (param, ty) in (0..).zip(&params) {
            asm.op().local_get(param);
            self.note(&mut asm, *ty);
        }
        for (act, due) in acts.iter().zip(0..) {
            asm.op()
                .local_get(nth)
                .i64_const(1)
                .i64_sub()
                .i64_const(acts.len() as i64);
            asm.op()
                .i64_rem_u()
                .i64_const(due)
                .i64_eq()
                .if_(BlockType::Empty);
            asm.op().local_get(depth).global_set(runtime.meter.depth);
            self.watched(&mut asm, false, &mut |writer, asm, none| {
                writer.perform(asm, act, (base, none));
            });
            asm.op().end();
        }
        asm.op().block(BlockType::Empty);
        for (index, ty) in (0..).zip(&results) {
            let seed = asm.local(ValType::I64);
            asm.op()
                .local_get(nth)
                .i64_const(i64::from(id) << 8 | index);
            asm.call(runtime.mix);
            asm.op().local_set(seed);
            self.values
                .answer(self.unit, runtime, &mut asm, *ty, (seed, 0));
        }
        asm.op().return_().end().unreachable();
        self.unit.define(func, asm);
    }
}
