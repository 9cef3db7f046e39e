//! The appended items: types, tables, globals, segments, exports. Each function appends to a
//! section that may already have items of the module.

use wasm_encoder::{
    AbstractHeapType, CodeSection, CompositeInnerType, ConstExpr, DataSection, ElementSection,
    Elements, ExportKind, ExportSection, FuncType, FunctionSection, GlobalSection, GlobalType,
    HeapType, InstructionSink, RefType, StorageType, TableSection, TableType, TagKind, TagSection,
    TagType, TypeSection, ValType,
};

use super::choice::Choice;
use super::helpers;
use super::layout::{GROWN, LEN, Layout, NUMBERED};
use super::near;
use super::ref_types::nullable;
use super::scale::Scale;
use super::storage::{EVERY, MIXED};
use super::survey::Survey;
use super::type_parts::{array, field, object, packed, sub};
use crate::case::claims;
use crate::generate::Feature;

/// The types, in the order of [`super::layout::Types`].
pub(super) fn types(section: &mut TypeSection, layout: &Layout) {
    first_group(section, layout);
    signatures(section, layout);
    if let Some(twin) = &layout.twin {
        first_group(section, twin);
    }
    second_group(section, layout);
    if let Some(twin) = &layout.twin {
        second_group(section, twin);
    }
    layout.near.declare(section);
    if let Some(scale) = &layout.scale {
        large_types(section, layout, scale);
    }
}

/// The types of large items.
fn large_types(section: &mut TypeSection, layout: &Layout, scale: &Scale) {
    let eq = ValType::Ref(RefType::EQREF);
    let node = ValType::Ref(nullable(layout.types.node));
    let fields = |count| vec![field(eq); count as usize];
    let wide = sub(true, None, object(fields(scale.fields)));
    section.ty().subtype(&wide);
    for level in 0..scale.depth {
        let above = level.checked_sub(1).map(|above| scale.root + above);
        // A field more at some levels.
        let fields = fields(level / 8);
        section.ty().subtype(&sub(false, above, object(fields)));
    }
    let all = vec![eq; scale.params as usize];
    let mut func = |params: &[ValType], results: &[ValType]| {
        let ty = FuncType::new(params.iter().copied(), results.iter().copied());
        section.ty().func_type(&ty);
    };
    func(&all, &all);
    func(&[], &all);
    func(&all, &[]);
    func(&[ValType::I32, eq, node], &[eq]);
}

/// The structures and arrays that refer to each other.
fn first_group(section: &mut TypeSection, layout: &Layout) {
    let t = &layout.types;
    let eq = ValType::Ref(RefType::EQREF);
    let any = ValType::Ref(RefType::ANYREF);
    let node = ValType::Ref(nullable(t.node));
    let exn = ValType::Ref(layout.exn());
    let node_fields = vec![field(eq), field(node), field(ValType::I32)];
    let mut leaf_fields = node_fields.clone();
    leaf_fields.extend([
        field(ValType::EXTERNREF),
        field(ValType::Ref(nullable(t.refs))),
        field(ValType::I64),
    ]);
    section.ty().rec(vec![
        sub(false, None, object(node_fields)),
        sub(false, Some(t.node), object(leaf_fields)),
        array(field(eq)),
        array(field(node)),
        array(field(any)),
        sub(
            true,
            None,
            object(vec![field(exn), field(ValType::EXTERNREF)]),
        ),
    ]);
}

/// The others.
fn second_group(section: &mut TypeSection, layout: &Layout) {
    let any = ValType::Ref(RefType::ANYREF);
    let node = ValType::Ref(nullable(layout.types.node));
    let vector = match layout.features.has(Feature::Simd) {
        true => ValType::V128,
        false => ValType::I64,
    };
    let alone = |fields| sub(true, None, object(fields));
    section.ty().rec(vec![
        array(field(ValType::Ref(RefType::I31REF))),
        array(packed(StorageType::I8)),
        alone(vec![
            packed(StorageType::I8),
            packed(StorageType::I16),
            field(any),
        ]),
        alone(vec![]),
        alone(vec![field(node)]),
        alone(vec![field(vector), field(node), field(vector)]),
        array(field(vector)),
        alone(EVERY.map(|kind| packed(layout.storage(kind))).to_vec()),
    ]);
}

/// The types of functions.
fn signatures(section: &mut TypeSection, layout: &Layout) {
    let t = &layout.types;
    let eq = ValType::Ref(RefType::EQREF);
    let any = ValType::Ref(RefType::ANYREF);
    let node = ValType::Ref(nullable(t.node));
    let exn = ValType::Ref(layout.exn());
    section.ty().func_type(&FuncType::new([eq, node], [eq]));
    section.ty().func_type(&FuncType::new([eq], []));
    section.ty().func_type(&FuncType::new([], []));
    section.ty().func_type(&FuncType::new([], [eq, exn]));
    section.ty().func_type(&FuncType::new([eq], [ValType::I32]));
    section.ty().func_type(&FuncType::new([ValType::I32], []));
    section
        .ty()
        .func_type(&FuncType::new([eq, node], [eq, node]));
    let refs = ValType::Ref(nullable(t.refs));
    section
        .ty()
        .func_type(&FuncType::new([eq, node], [eq, node, eq, refs]));
    let func = |ty| CompositeInnerType::Func(ty);
    let open = func(FuncType::new([eq, node], [eq]));
    section.ty().subtype(&sub(false, None, open));
    let narrow = func(FuncType::new([any, eq], [node]));
    section.ty().subtype(&sub(true, Some(t.open), narrow));
    let mixed = MIXED.map(|kind| layout.value(kind));
    let i32 = ValType::I32;
    for ty in [
        FuncType::new(mixed, mixed),
        FuncType::new(mixed, []),
        FuncType::new([], mixed),
        FuncType::new([eq, i32], [eq]),
        FuncType::new([ValType::EXTERNREF], []),
    ] {
        section.ty().func_type(&ty);
    }
}

/// The types of the functions, in the order of [`super::layout::Funcs`].
pub(super) fn functions(section: &mut FunctionSection, layout: &Layout) {
    let t = &layout.types;
    section.function(t.join);
    section.function(t.join);
    section.function(t.payload);
    section.function(t.plain);
    section.function(t.look);
    section.function(t.choose);
    section.function(t.many);
    section.function(t.narrow);
    section.function(t.mixed);
    section.function(t.mixed);
    section.function(t.plain);
    section.function(t.indexed);
    section.function(t.foreign);
    for kind in near::Kind::FUNCS {
        section.function(layout.near.index(kind));
    }
    if let Some(scale) = &layout.scale {
        section.function(scale.func_type);
        section.function(scale.nested_type);
    }
}

/// The bodies, in the same order.
pub(super) fn code(section: &mut CodeSection, layout: &Layout, seed: u64) {
    section.function(&helpers::join(layout, seed));
    section.function(&helpers::relay(layout, seed));
    section.function(&helpers::thrower(layout, seed));
    section.function(&helpers::driver(layout, seed));
    section.function(&helpers::look(layout, seed));
    section.function(&helpers::trapper(layout, seed));
    section.function(&helpers::many(layout, seed));
    section.function(&helpers::narrow(layout, seed));
    section.function(&helpers::mixed(layout, seed));
    section.function(&helpers::pass(layout, seed));
    section.function(&helpers::known(layout, seed));
    section.function(&helpers::indexed(layout));
    section.function(&helpers::foreign(layout));
    for _ in near::Kind::FUNCS {
        section.function(&helpers::same());
    }
    if let Some(scale) = &layout.scale {
        section.function(&helpers::wide(layout, scale, seed));
        section.function(&helpers::nested(layout, scale, seed));
    }
}

/// The tables.
pub(super) fn tables(section: &mut TableSection, layout: &Layout, choice: &mut Choice) {
    let mut add = |element_type: RefType, object: bool| {
        let ty = TableType {
            element_type,
            table64: false,
            minimum: u64::from(LEN),
            maximum: Some(layout.table_max),
            shared: false,
        };
        if object {
            // All elements are one object: one reference count for many owners.
            section.table_with_init(ty, &expr(|i| i.struct_new_default(layout.types.node)));
        } else {
            section.table(ty);
        }
    };
    add(RefType::EQREF, choice.chance(1, 4));
    add(nullable(layout.types.node), choice.chance(1, 2));
    add(
        RefType::new_abstract(AbstractHeapType::None, true, false),
        false,
    );
    let ty = TableType {
        element_type: nullable(layout.types.open),
        table64: false,
        minimum: FUNCS,
        maximum: Some(FUNCS),
        shared: false,
    };
    section.table_with_init(ty, &ConstExpr::ref_func(layout.funcs.narrow));
    section.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: near::TABLE,
        maximum: None,
        shared: false,
    });
    section.table(TableType {
        element_type: RefType::EXTERNREF,
        table64: false,
        minimum: u64::from(GROWN),
        maximum: Some(u64::from(layout.grown_max)),
        shared: false,
    });
}

/// Length of the table of functions.
const FUNCS: u64 = 2;

/// The tags, if there are exceptions.
pub(super) fn tags(section: &mut TagSection, layout: &Layout) {
    if !layout.has_exceptions() {
        return;
    }
    let mut tag = |func_type_idx| {
        section.tag(TagType {
            kind: TagKind::Exception,
            func_type_idx,
        });
    };
    tag(layout.types.payload);
    tag(layout.types.payload);
    tag(layout.types.mixed_payload);
    if let Some(scale) = &layout.scale {
        tag(scale.payload);
    }
}

/// The globals, in the order of [`super::layout::Globals`].
pub(super) fn globals(section: &mut GlobalSection, layout: &Layout, choice: &mut Choice) {
    let t = &layout.types;
    let mut add = |val_type: ValType, mutable: bool, init: ConstExpr| {
        let ty = GlobalType {
            val_type,
            mutable,
            shared: false,
        };
        section.global(ty, &init);
    };
    add(
        ValType::Ref(nullable(t.node).nullable(false)),
        false,
        expr(|i| {
            i.i32_const(7)
                .ref_i31()
                .ref_null(HeapType::Concrete(t.node))
                .i32_const(42);
            i.struct_new(t.node)
        }),
    );
    add(
        ValType::Ref(RefType::EQREF),
        true,
        eq_constant(layout, choice),
    );
    let node = if choice.chance(1, 2) {
        // An immutable global is a constant, so two roots may begin with the same object.
        ConstExpr::global_get(layout.globals.fixed)
    } else {
        ConstExpr::ref_null(HeapType::Concrete(t.node))
    };
    add(ValType::Ref(nullable(t.node)), true, node);
    add(
        ValType::Ref(RefType::ANYREF),
        true,
        eq_constant(layout, choice),
    );
    let ext = if choice.chance(1, 2) {
        expr(|i| i.i32_const(0x4000_0000).ref_i31().extern_convert_any())
    } else {
        ConstExpr::ref_null(HeapType::EXTERN)
    };
    add(ValType::EXTERNREF, true, ext);
    let refs = if choice.chance(1, 2) {
        expr(|i| i.i32_const(LEN as i32).array_new_default(t.refs))
    } else {
        ConstExpr::ref_null(HeapType::Concrete(t.refs))
    };
    add(ValType::Ref(nullable(t.refs)), true, refs);
    add(ValType::I32, true, ConstExpr::i32_const(0));
    add(ValType::I32, true, ConstExpr::i32_const(0));
    let exn = layout.exn();
    add(ValType::Ref(exn), true, ConstExpr::ref_null(exn.heap_type));
    add(ValType::I32, true, ConstExpr::i32_const(0));
    for (ty, init) in layout.constants.globals(layout) {
        add(ValType::Ref(nullable(ty).nullable(false)), false, init);
    }
}

/// The element segments: two of eqrefs, one of nodes, and others for functions and large items.
pub(super) fn elements(section: &mut ElementSection, layout: &Layout, choice: &mut Choice) {
    for _ in 0..2 {
        let items: Vec<ConstExpr> = (0..LEN).map(|_| eq_constant(layout, choice)).collect();
        section.passive(Elements::Expressions(RefType::EQREF, items.into()));
    }
    let t = &layout.types;
    let items: Vec<ConstExpr> = (0..LEN)
        .map(|_| match choice.below(3) {
            0 => ConstExpr::global_get(layout.globals.fixed),
            1 => expr(|i| i.struct_new_default(t.leaf)),
            _ => expr(|i| i.struct_new_default(t.node)),
        })
        .collect();
    section.passive(Elements::Expressions(nullable(t.node), items.into()));
    let near = &layout.near;
    let funcs: Vec<u32> = (near.func..near.func + near::FUNCS).collect();
    let start = ConstExpr::i32_const(0);
    let all = [&funcs[..], &[layout.funcs.mixed]].concat();
    section.active(Some(near.table), &start, Elements::Functions(all.into()));
    let numbers = (0..LEN as i32).map(|i| expr(|code| code.i32_const(NUMBERED + i).ref_i31()));
    let numbers: Vec<ConstExpr> = numbers.collect();
    section.passive(Elements::Expressions(RefType::EQREF, numbers.into()));
    for _ in 0..2 {
        section.passive(Elements::Functions(funcs[..].into()));
    }
    // Code may refer to these.
    let funcs = [layout.funcs.mixed, layout.funcs.pass];
    section.declared(Elements::Functions(funcs[..].into()));
    if let Some(scale) = &layout.scale {
        let items = (0..scale.elements).map(|_| eq_constant(layout, choice));
        let items: Vec<ConstExpr> = items.collect();
        section.passive(Elements::Expressions(RefType::EQREF, items.into()));
    }
}

/// The data segments.
pub(super) fn data(section: &mut DataSection, layout: &Layout) {
    section.passive(layout.data_bytes);
    section.passive(layout.data_bytes);
}

/// Exports of items to be observed or called from outside.
pub(super) fn exports(section: &mut ExportSection, layout: &Layout, survey: &Survey) {
    let (g, f) = (&layout.globals, &layout.funcs);
    let all = [
        ("gc.eq", ExportKind::Global, g.eq),
        ("gc.node", ExportKind::Global, g.node),
        ("gc.any", ExportKind::Global, g.any),
        ("gc.ext", ExportKind::Global, g.ext),
        ("gc.refs", ExportKind::Global, g.refs),
        ("gc.digest", ExportKind::Global, g.digest),
        (claims::EXPORT, ExportKind::Global, g.contradictions),
        ("gc.eqs", ExportKind::Table, layout.eq_table),
        ("gc.nodes", ExportKind::Table, layout.node_table),
        ("gc.join", ExportKind::Func, f.join),
        ("gc.relay", ExportKind::Func, f.relay),
        ("gc.thrower", ExportKind::Func, f.thrower),
        ("gc.driver", ExportKind::Func, f.driver),
        ("gc.look", ExportKind::Func, f.look),
        ("gc.trapper", ExportKind::Func, f.trapper),
        // A trap ends the call, so the host calls it several times.
        ("gc.trapper2", ExportKind::Func, f.trapper),
        ("gc.trapper3", ExportKind::Func, f.trapper),
        ("gc.trapper4", ExportKind::Func, f.trapper),
        ("gc.trapper5", ExportKind::Func, f.trapper),
        ("gc.trapper6", ExportKind::Func, f.trapper),
        ("gc.known", ExportKind::Func, f.known),
        ("gc.foreign", ExportKind::Func, f.foreign),
        ("gc.many", ExportKind::Func, f.many),
    ];
    for (name, kind, index) in all {
        // Other exports rarely have such a name, and there are finitely many of them, so this ends.
        let mut name = name.to_owned();
        while survey.export_names.contains(&name) {
            name.push('\'');
        }
        section.export(&name, kind, index);
    }
}

/// A constant expression from its instructions.
pub(super) fn expr(
    build: impl for<'a, 'b> FnOnce(&'a mut InstructionSink<'b>) -> &'a mut InstructionSink<'b>,
) -> ConstExpr {
    let mut bytes = Vec::new();
    build(&mut InstructionSink::new(&mut bytes));
    ConstExpr::raw(bytes)
}

/// A constant eqref: an i31, an object, a shared object or null.
fn eq_constant(layout: &Layout, choice: &mut Choice) -> ConstExpr {
    let t = &layout.types;
    match choice.below(8) {
        0 => ConstExpr::ref_null(HeapType::Abstract {
            shared: false,
            ty: AbstractHeapType::Eq,
        }),
        1 | 2 => {
            let value = super::emit::i31_value(choice);
            expr(|i| i.i32_const(value).ref_i31())
        }
        3 => ConstExpr::global_get(layout.globals.fixed),
        4 => expr(|i| i.struct_new_default(t.node)),
        5 => expr(|i| i.struct_new_default(t.leaf)),
        6 => expr(|i| i.struct_new_default(t.empty)),
        // The elements of the new array share one new object.
        _ => expr(|i| {
            i.struct_new_default(t.leaf).i32_const(LEN as i32);
            i.array_new(t.refs)
        }),
    }
}
