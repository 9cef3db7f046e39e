//! How the cost of loading grows with the size of the module. The modules have
//! the shape of those that compilers from Kotlin, Dart, OCaml and Java emit:
//! thousands of types in deep hierarchies, and thousands of functions that
//! build, cast and mutate objects.
//!
//! The modules have 10 kB to 10 MB. Time and memory per byte should stay the
//! same from row to row.

use gcdiff::module::Module;
use std::sync::Arc;
use std::time::Instant;
use wasm_encoder::{
    CodeSection, CompositeInnerType, CompositeType, ExportKind, ExportSection, FieldType, FuncType,
    Function, FunctionSection, HeapType, Module as Encoder, RefType, StorageType, StructType,
    SubType, TypeSection, ValType,
};

/// Classes per recursion group.
const GROUP: u32 = 8;

fn reference(index: u32) -> ValType {
    ValType::Ref(RefType {
        nullable: true,
        heap_type: HeapType::Concrete(index),
    })
}

/// A class: a vtable slot, a number, and references to classes of its group.
fn class(index: u32, first: u32, parent: Option<u32>) -> SubType {
    let field = |ty, mutable| FieldType {
        element_type: StorageType::Val(ty),
        mutable,
    };
    // Subtypes repeat the fields of their parents, so classes further down a
    // chain are larger.
    let depth = index - first;
    let mut fields = vec![
        field(ValType::I32, true),
        field(reference(first), true),
        field(ValType::Ref(RefType::ANYREF), true),
    ];
    fields.extend((0..depth).map(|i| field(reference(first + i), true)));
    SubType {
        is_final: false,
        supertype_idxs: parent.into_iter().collect(),
        composite_type: CompositeType {
            inner: CompositeInnerType::Struct(StructType {
                fields: fields.into(),
            }),
            shared: false,
            descriptor: None,
            describes: None,
        },
    }
}

/// A module of `groups` recursion groups, with 16 functions for each.
fn module(groups: u32) -> Vec<u8> {
    let mut types = TypeSection::new();
    for group in 0..groups {
        let first = group * GROUP;
        types.ty().rec((0..GROUP).map(|i| {
            let parent = (i > 0).then(|| first + i - 1);
            class(first + i, first, parent)
        }));
    }
    let func = groups * GROUP;
    types.ty().func_type(&FuncType::new(
        [ValType::Ref(RefType::ANYREF), ValType::I32],
        [ValType::I32],
    ));
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    let mut exports = ExportSection::new();
    for index in 0..groups * 16 {
        functions.function(func);
        let ty = index % (groups * GROUP);
        code.function(&body(ty, index));
        if index % 64 == 0 {
            exports.export(&format!("f{index}"), ExportKind::Func, index);
        }
    }
    let mut encoder = Encoder::new();
    encoder
        .section(&types)
        .section(&functions)
        .section(&exports)
        .section(&code);
    encoder.finish()
}

/// A method that casts the receiver, builds and links an object, loops, and
/// calls another method.
fn body(ty: u32, index: u32) -> Function {
    let mut f = Function::new([(2, reference(ty)), (1, ValType::I32)]);
    let mut i = f.instructions();
    i.local_get(0)
        .ref_cast_nullable(HeapType::Concrete(ty))
        .local_set(2);
    i.struct_new_default(ty).local_tee(3);
    i.local_get(1).struct_set(ty, 0);
    i.loop_(wasm_encoder::BlockType::Empty);
    i.local_get(3).local_get(2).struct_set(ty, 2);
    i.local_get(2)
        .ref_is_null()
        .if_(wasm_encoder::BlockType::Empty);
    i.local_get(3).local_set(2).else_();
    i.local_get(2)
        .struct_get(ty, 0)
        .local_get(4)
        .i32_add()
        .local_set(4)
        .end();
    i.local_get(1)
        .i32_const(1)
        .i32_sub()
        .local_tee(1)
        .br_if(0)
        .end();
    if index > 0 {
        i.local_get(2).i32_const(0).call(index - 1).drop();
    }
    i.local_get(4).end();
    f
}

/// Resident memory of this process in bytes, if the system provides it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Prints the table.
pub fn table() {
    println!("| module | types | functions | load | per byte | wasmparser | memory | per byte |");
    println!("|---|---|---|---|---|---|---|---|");
    // The first load of a process allocates memory that later ones reuse.
    let mut kept = vec![Module::new(&module(20), &mut Arc::default()).expect("valid")];
    for groups in [5, 50, 500, 5_000] {
        let wasm = module(groups);
        let before = resident();
        let loaded = Module::new(&wasm, &mut Arc::default()).expect("valid");
        let after = resident();
        let bytes = wasm.len() as f64;
        let time = |work: &mut dyn FnMut()| {
            let rounds = (20_000_000.0 / bytes).clamp(3.0, 200.0) as usize;
            let mut times: Vec<f64> = (0..rounds)
                .map(|_| {
                    let start = Instant::now();
                    work();
                    start.elapsed().as_secs_f64()
                })
                .collect();
            times.sort_by(f64::total_cmp);
            times[rounds / 2]
        };
        let load = time(&mut || drop(Module::new(&wasm, &mut Arc::default())));
        let validate = time(&mut || drop(wasmparser::validate(&wasm)));
        let memory = match (before, after) {
            (Some(before), Some(after)) => after.saturating_sub(before) as f64,
            _ => f64::NAN,
        };
        println!(
            "| {:.0} kB | {} | {} | {:.2} ms | {:.0} ns | {:.2} ms | {:.1} MB | {:.1} |",
            bytes / 1e3,
            loaded.type_ids.len(),
            loaded.funcs.len(),
            load * 1e3,
            load * 1e9 / bytes,
            validate * 1e3,
            memory / 1e6,
            memory / bytes,
        );
        kept.push(loaded);
    }
}
