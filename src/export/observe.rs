//! The function that looks at the heap: it walks what globals, tables and the host's references
//! reach, and folds what it sees into numbers.

use super::asm::Asm;
use super::hierarchy::{Hierarchy, hierarchy};
use super::lookup::define_lookup;
use super::runtime::{EQ, EQREF, KEPT, Runtime};
use super::seen::seen;
use super::unit::{Slots, Unit};
use crate::module_ir::Shape;
use wasm_encoder::{BlockType, Catch, HeapType};
use wasmparser::{FieldType, RefType, StorageType, ValType};

/// The most objects and exceptions that are looked at, elements of a table, and of an array.
const OBJECTS: u32 = 256;
const EXCEPTIONS: u32 = 32;
const ELEMENTS: i32 = 64;

const ARRAY: HeapType = HeapType::Abstract {
    shared: false,
    ty: wasm_encoder::AbstractHeapType::Array,
};

/// Writes the function.
struct Observer<'o, 'a> {
    unit: &'o mut Unit<'a>,
    runtime: &'o Runtime,
    /// The objects seen, and their number.
    seen: Slots,
    /// The exceptions seen, if there are tags.
    exceptions: Option<Slots>,
    hash: u32,
    /// `(param i64)`: adds a number.
    fold: u32,
    /// `(param anyref)`: adds a reference.
    visit: u32,
}

/// Appends the function: it returns a digest of what it has seen, and the number of objects. It looks
/// at globals and tables below these numbers.
pub(super) fn append(unit: &mut Unit<'_>, runtime: &Runtime, globals: u32, tables: u32) -> u32 {
    use super::unit::constant;
    use wasmparser::Operator;
    let anyref = ValType::Ref(RefType::ANYREF);
    let seen = unit.slots("seen", RefType::EQREF, OBJECTS);
    let exceptions = runtime
        .kept_exn
        .map(|_| unit.slots("seen_exn", RefType::EXNREF, EXCEPTIONS));
    let hash = unit.global(
        "hash",
        ValType::I64,
        constant(Operator::I64Const { value: 0 }),
    );
    let fold = unit.reserve("fold", &[ValType::I64], &[]);
    let visit = unit.reserve("visit", &[anyref], &[]);
    let observe = unit.reserve("observe", &[], &[ValType::I64, ValType::I32]);
    let mut observer = Observer {
        unit,
        runtime,
        seen,
        exceptions,
        hash,
        fold,
        visit,
    };
    observer.define_fold();
    observer.define_visit();
    let object = observer.define_object();
    let exception = observer.define_exception();
    observer.define_observe(observe, object, exception, (globals, tables));
    observe
}

impl Observer<'_, '_> {
    fn define_fold(&mut self) {
        let mut asm = Asm::new(1);
        asm.op()
            .global_get(self.hash)
            .i64_const(5)
            .i64_rotl()
            .local_get(0)
            .i64_xor();
        asm.op()
            .i64_const(0x0100_0000_01b3)
            .i64_mul()
            .i64_const(1)
            .i64_add();
        asm.op().global_set(self.hash);
        self.unit.define(self.fold, asm);
    }

    /// Null, an i31, an object seen before, a new one: each is another number.
    fn define_visit(&mut self) {
        let lookup = self.unit.reserve("lookup", &[EQREF], &[ValType::I64]);
        define_lookup(self.unit, lookup, self.seen, OBJECTS);
        let mut asm = Asm::new(1);
        // Every object is one of the module.
        asm.op().local_get(0).ref_cast_nullable(EQ);
        asm.call(lookup);
        asm.call(self.fold);
        self.unit.define(self.visit, asm);
    }

    /// Takes a value from the stack and adds it.
    fn value(&mut self, asm: &mut Asm, ty: ValType) {
        let ValType::Ref(r) = ty else {
            // A number is no reference, so that nothing is kept here.
            seen(self.unit, self.runtime, asm, ty);
            asm.call(self.fold);
            return;
        };
        match hierarchy(&self.unit.module, r) {
            Hierarchy::Any => {
                asm.call(self.visit);
            }
            Hierarchy::Extern => {
                asm.op().any_convert_extern();
                asm.call(self.visit);
            }
            Hierarchy::Func => self.function(asm),
            Hierarchy::Exn => match self.exceptions {
                None => {
                    asm.op().ref_is_null().i64_extend_i32_u();
                    asm.call(self.fold);
                }
                Some(Slots { table, count }) => {
                    let exn = asm.local(ValType::Ref(RefType::EXNREF));
                    asm.op().local_tee(exn).ref_is_null().i64_extend_i32_u();
                    asm.call(self.fold);
                    asm.op().local_get(exn).ref_is_null().i32_eqz();
                    asm.op()
                        .global_get(count)
                        .i32_const(EXCEPTIONS as i32)
                        .i32_lt_u()
                        .i32_and();
                    asm.op().if_(BlockType::Empty);
                    asm.op().global_get(count).local_get(exn).table_set(table);
                    asm.add_one_to_global(count);
                    asm.op().end();
                }
            },
        }
    }

    /// Of a function, its type is visible.
    fn function(&mut self, asm: &mut Asm) {
        let func = asm.local(ValType::Ref(RefType::FUNCREF));
        asm.op().local_set(func);
        let types = self.unit.module.types.iter();
        let types = types
            .enumerate()
            .filter(|(_, ty)| matches!(ty.shape, Shape::Func(..)));
        let types: Vec<u32> = types.map(|(index, _)| index as u32).take(8).collect();
        asm.op().local_get(func).ref_is_null().i64_extend_i32_u();
        for (bit, ty) in (1_i64..).zip(types) {
            asm.op()
                .local_get(func)
                .ref_test_non_null(HeapType::Concrete(ty));
            asm.op()
                .i64_extend_i32_u()
                .i64_const(bit)
                .i64_shl()
                .i64_or();
        }
        asm.call(self.fold);
    }

    /// `(param eqref)`: adds the types and the contents of an object.
    fn define_object(&mut self) -> u32 {
        let func = self.unit.reserve("object", &[EQREF], &[]);
        let mut asm = Asm::new(1);
        let types = &self.unit.module.types;
        let depth = |index: usize| {
            let (mut at, mut depth) = (index, 0);
            while let Some(above) = types.get(at).and_then(|ty| ty.supertype)
                && (above as usize) < at
            {
                (at, depth) = (above as usize, depth + 1);
            }
            depth
        };
        let objects = 0..types.len();
        let objects = objects.filter(|index| !matches!(types[*index].shape, Shape::Func(..)));
        let mut objects: Vec<usize> = objects.collect();
        // The types that an object can be cast to: one bit each.
        asm.op().i64_const(0);
        for (bit, index) in objects.iter().enumerate() {
            asm.op()
                .local_get(0)
                .ref_test_non_null(HeapType::Concrete(*index as u32));
            asm.op()
                .i64_extend_i32_u()
                .i64_const(bit as i64 % 64)
                .i64_rotl()
                .i64_xor();
        }
        asm.call(self.fold);
        // Subtypes first: they have all the fields.
        objects.sort_by_key(|index| std::cmp::Reverse(depth(*index)));
        let shapes: Vec<(u32, Shape)> = objects
            .into_iter()
            .map(|index| (index as u32, types[index].shape.clone()))
            .collect();
        for (ty, shape) in shapes {
            asm.op()
                .local_get(0)
                .ref_test_non_null(HeapType::Concrete(ty))
                .if_(BlockType::Empty);
            match shape {
                Shape::Struct(fields) => {
                    for (index, field) in (0..).zip(fields) {
                        asm.op()
                            .local_get(0)
                            .ref_cast_non_null(HeapType::Concrete(ty));
                        match is_packed(&field) {
                            true => asm.op().struct_get_u(ty, index),
                            false => asm.op().struct_get(ty, index),
                        };
                        self.value(&mut asm, unpacked(&field));
                    }
                }
                Shape::Array(element) => self.elements(&mut asm, ty, &element),
                Shape::Func(..) => {}
            }
            asm.op().return_().end();
        }
        self.unit.define(func, asm);
        func
    }

    fn elements(&mut self, asm: &mut Asm, ty: u32, element: &FieldType) {
        let (index, len) = (asm.local(ValType::I32), asm.local(ValType::I32));
        asm.op()
            .local_get(0)
            .ref_cast_non_null(ARRAY)
            .array_len()
            .local_tee(len);
        asm.op().i64_extend_i32_u();
        asm.call(self.fold);
        asm.at_most(len, ELEMENTS);
        let end = |asm: &mut Asm| {
            asm.op().local_get(len);
        };
        asm.up_to(index, end, |asm| {
            let array = HeapType::Concrete(ty);
            asm.op().local_get(0).ref_cast_non_null(array);
            asm.op().local_get(index);
            match is_packed(element) {
                true => asm.op().array_get_u(ty),
                false => asm.op().array_get(ty),
            };
            self.value(asm, unpacked(element));
        });
    }

    /// `(param exnref)`: adds the tag and the values of an exception, which only a handler can see.
    fn define_exception(&mut self) -> Option<u32> {
        self.exceptions?;
        let exn = ValType::Ref(RefType::EXNREF);
        let func = self.unit.reserve("exception", &[exn], &[]);
        let mut asm = Asm::new(1);
        let tags = self.unit.module.tags.iter().map(|tag| tag.ty);
        let tags: Vec<(u32, Vec<ValType>)> = (0..)
            .zip(tags)
            .map(
                |(tag, ty)| match self.unit.module.types.get(ty as usize).map(|ty| &ty.shape) {
                    Some(Shape::Func(params, _)) => (tag, params.clone()),
                    _ => (tag, Vec::new()),
                },
            )
            .collect();
        for (tag, params) in tags {
            // Whether it has this tag: then its values, and no other.
            let block = match params.len() {
                0 => BlockType::Empty,
                _ => BlockType::FunctionType(self.unit.func_type(&[], &params)),
            };
            asm.op().block(BlockType::Empty).block(block);
            let catches = [Catch::One { tag, label: 0 }, Catch::All { label: 1 }];
            asm.op().try_table(BlockType::Empty, catches);
            asm.op().local_get(0).throw_ref().end().unreachable().end();
            let locals: Vec<u32> = params.iter().map(|ty| asm.local(*ty)).collect();
            for local in locals.iter().rev() {
                asm.op().local_set(*local);
            }
            asm.op().i64_const(tag.into());
            asm.call(self.fold);
            for (local, ty) in locals.iter().zip(&params) {
                asm.op().local_get(*local);
                self.value(&mut asm, *ty);
            }
            asm.op().return_().end();
        }
        asm.op().i64_const(-1);
        asm.call(self.fold);
        self.unit.define(func, asm);
        Some(func)
    }

    fn define_observe(
        &mut self,
        observe: u32,
        object: u32,
        exception: Option<u32>,
        (globals, tables): (u32, u32),
    ) {
        let mut asm = Asm::new(0);
        let (index, exn_index) = (asm.local(ValType::I32), asm.local(ValType::I32));
        let size = asm.local(ValType::I32);
        let runtime = self.runtime;
        // What was freed too early shows once it is gone.
        asm.call(runtime.meter.collect);
        asm.op()
            .i64_const(0)
            .global_set(self.hash)
            .global_get(runtime.digest);
        asm.call(self.fold);
        for global in 0..globals {
            let ty = self.unit.module.globals[global as usize].ty.content_type;
            asm.op().global_get(global);
            self.value(&mut asm, ty);
        }
        let own = (runtime.kept.table, KEPT as i32);
        let all = (0..tables).map(|table| (table, ELEMENTS)).chain([own]);
        let exns = runtime.kept_exn.map(|kept| (kept.table, KEPT as i32));
        for (table, most) in all.chain(exns).collect::<Vec<_>>() {
            let ty = self.unit.module.tables[table as usize].ty;
            asm.op().i32_const(0).local_set(index).table_size(table);
            if ty.table64 {
                asm.op().i32_wrap_i64();
            }
            asm.op().local_tee(size).i64_extend_i32_u();
            asm.call(self.fold);
            asm.at_most(size, most);
            let end = |asm: &mut Asm| {
                asm.op().local_get(size);
            };
            asm.up_to(index, end, |asm| {
                asm.op().local_get(index);
                if ty.table64 {
                    asm.op().i64_extend_i32_u();
                }
                asm.op().table_get(table);
                self.value(asm, ValType::Ref(ty.element_type));
            });
        }
        // What they reach, in the order in which it was found.
        let Slots { table: seen, count } = self.seen;
        asm.op().i32_const(0).local_set(index);
        asm.op().block(BlockType::Empty).loop_(BlockType::Empty);
        asm.op()
            .local_get(index)
            .global_get(count)
            .i32_lt_u()
            .if_(BlockType::Empty);
        asm.op().local_get(index).table_get(seen);
        asm.call(object);
        asm.op()
            .local_get(index)
            .i32_const(1)
            .i32_add()
            .local_set(index)
            .br(1)
            .end();
        if let (Some(exception), Some(Slots { table, count })) = (exception, self.exceptions) {
            asm.op()
                .local_get(exn_index)
                .global_get(count)
                .i32_lt_u()
                .if_(BlockType::Empty);
            asm.op().local_get(exn_index).table_get(table);
            asm.call(exception);
            asm.add_one(exn_index);
            asm.op().br(1).end();
        }
        asm.op().end().end();
        // The function holds on to nothing.
        asm.op().global_get(self.hash).local_get(index);
        asm.op()
            .i32_const(0)
            .ref_null(EQ)
            .i32_const(OBJECTS as i32)
            .table_fill(seen);
        asm.op().i32_const(0).global_set(count);
        if let Some(Slots { table, count }) = self.exceptions {
            let exn = HeapType::Abstract {
                shared: false,
                ty: wasm_encoder::AbstractHeapType::Exn,
            };
            asm.op()
                .i32_const(0)
                .ref_null(exn)
                .i32_const(EXCEPTIONS as i32)
                .table_fill(table);
            asm.op().i32_const(0).global_set(count);
        }
        self.unit.define(observe, asm);
    }
}

fn is_packed(field: &FieldType) -> bool {
    matches!(field.element_type, StorageType::I8 | StorageType::I16)
}

fn unpacked(field: &FieldType) -> ValType {
    match field.element_type {
        StorageType::I8 | StorageType::I16 => ValType::I32,
        StorageType::Val(ty) => ty,
    }
}
