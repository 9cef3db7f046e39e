//! Clients: more modules in the store of a case, through which the host calls the first one.
//!
//! Types that are equal are one type, whichever module declares them, and what one module exports is
//! the same item in another. A case may have a client, which imports all that its module exports, and
//! exports a function of the same type for each function. The steps of the plan call these. On the way
//! a value is tested against the client's own declarations of its type, which have other indices,
//! stored in the client's own globals and tables, copied between the tables of both modules, and
//! exceptions pass through a handler. What the language fixes is a *claim* of the case's module
//! ([`claims`](super::claims)): the client notes a contradiction in the same global.
//!
//! A client follows from the module and a number. It exports the other items again, so that one number
//! in four can give it a client of its own: three modules, of which the host calls the last. The index
//! spaces of the case's module do not change, and its instance is the first of the store.

mod function;
mod interface;

use super::claims;
use crate::module::Module as Compiled;
use interface::{Interface, Item};
use std::cell::Cell;
use std::sync::Arc;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    FuncType, FunctionSection, GlobalSection, GlobalType, HeapType, ImportSection, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

/// The instance of the first client in its store. A second one follows it.
pub(crate) const FIRST: u32 = 1;

/// The name under which a client imports from the case's module.
const FROM: &str = "case";

/// Encodes types with the client's indices: they follow types of its own.
struct Shifted {
    by: u32,
}

impl Reencode for Shifted {
    type Error = std::convert::Infallible;

    fn type_index(&mut self, ty: u32) -> Result<u32, Error<Self::Error>> {
        Ok(ty + self.by)
    }
}

/// The items of a client that its functions use. Indices are those of the client.
struct Items {
    /// The imported functions: type, and whether it is of the case's module.
    funcs: Vec<u32>,
    /// Imported globals that hold references below `any`, and their types.
    globals: Vec<(u32, wasmparser::RefType)>,
    /// Imported tables of references below `any` with 32-bit indices, and their types.
    tables: Vec<(u32, wasmparser::RefType)>,
    /// Imported tags.
    tags: Vec<u32>,
    /// The imported global that notes contradictions.
    contradictions: Option<u32>,
    /// The client's own global and table of `anyref`.
    global: u32,
    table: u32,
    /// Elements of the client's segment.
    segment: u32,
    /// The difference between the index of a type here and in the case's module.
    shift: u32,
}

/// The elements of the client's own table.
const TABLE: u32 = 6;

const ANY: RefType = RefType {
    nullable: true,
    heap_type: HeapType::ANY,
};

/// The client of a module. `number` varies it.
///
/// # Errors
///
/// If the module cannot be decoded.
pub(crate) fn client(wasm: &[u8], number: u32) -> Result<Vec<u8>, String> {
    encode(wasm, number).map_err(|error| error.to_string())
}

/// The clients of a module, compiled: the first one imports from the module. One number in four gives
/// a second one, which imports from the first what that imports and exports again, and functions of
/// the first one in front of those of the module.
///
/// # Errors
///
/// As [`compiled`].
pub(crate) fn chain(of: &Compiled, number: u32) -> Result<Vec<Arc<Compiled>>, String> {
    let first = compiled(of, number)?;
    let mut clients = vec![Arc::clone(&first)];
    if number & SECOND == SECOND {
        clients.push(compiled(&first, number & !SECOND)?);
    }
    Ok(clients)
}

/// Bits of a number that are all set if there is a second client.
const SECOND: u32 = 0xc0;

/// The client of a module, compiled with the module's types.
///
/// # Errors
///
/// If that is impossible: the client of a valid module is valid.
fn compiled(of: &Compiled, number: u32) -> Result<Arc<Compiled>, String> {
    let mut kept = KEPT.take();
    let is_same = |kept: &Kept| kept.number == number && Arc::ptr_eq(&kept.of, &of.wasm);
    if !kept.iter().flatten().any(is_same) {
        let wasm = client(&of.wasm, number)?;
        let mut types = Arc::clone(&of.types);
        let module = Compiled::new(&wasm, &mut types).map_err(|error| error.to_string())?;
        kept.rotate_right(1);
        kept[0] = Some(Kept {
            of: Arc::clone(&of.wasm),
            number,
            client: Arc::new(module),
        });
    }
    let client = kept.iter().flatten().find(|kept| is_same(kept));
    let client = client.map(|kept| Arc::clone(&kept.client));
    KEPT.set(kept);
    client.ok_or_else(|| "the client was not kept".into())
}

/// A client of a thread, which several heaps run one after the other.
struct Kept {
    /// The bytes of the case's module, which no other module shares.
    of: Arc<[u8]>,
    number: u32,
    client: Arc<Compiled>,
}

thread_local! {
    /// The last clients: a case has at most two.
    static KEPT: Cell<[Option<Kept>; 2]> = const { Cell::new([None, None]) };
}

fn encode(wasm: &[u8], number: u32) -> Result<Vec<u8>, Error> {
    let of = Interface::read(wasm)?;
    // Types of the client's own, which move all others.
    let own = 1 + number % 3;
    let mut shifted = Shifted { by: own };
    let mut types = TypeSection::new();
    for i in 0..own {
        let params = vec![ValType::I64; 17 + i as usize];
        types.ty().func_type(&FuncType::new(params, []));
    }
    for group in &of.groups {
        let subs = group.types().cloned().map(|ty| shifted.sub_type(ty));
        let subs = subs.collect::<Result<Vec<_>, _>>()?;
        match group.is_explicit_rec_group() {
            true => types.ty().rec(subs),
            false => subs.iter().for_each(|ty| types.ty().subtype(ty)),
        }
    }

    let mut imports = ImportSection::new();
    let mut items = Items {
        funcs: Vec::new(),
        globals: Vec::new(),
        tables: Vec::new(),
        tags: Vec::new(),
        contradictions: None,
        global: 0,
        table: 0,
        segment: 0,
        shift: own,
    };
    let (mut globals, mut tables, mut memories, mut tags) = (0, 0, 0, 0);
    let mut exports = ExportSection::new();
    let mut names = Vec::new();
    for (name, item) in &of.exports {
        let entity = match *item {
            Item::Func(ty) => {
                items.funcs.push(ty);
                names.push(*name);
                EntityType::Function(ty + own)
            }
            Item::Table(ty) => {
                if of.is_below_any(ty.element_type) && !ty.table64 {
                    items.tables.push((tables, ty.element_type));
                }
                exports.export(name, ExportKind::Table, tables);
                tables += 1;
                EntityType::Table(shifted.table_type(ty)?)
            }
            Item::Memory(ty) => {
                exports.export(name, ExportKind::Memory, memories);
                memories += 1;
                EntityType::Memory(shifted.memory_type(ty)?)
            }
            Item::Global(ty) => {
                match ty.content_type {
                    wasmparser::ValType::Ref(ty) if of.is_below_any(ty) => {
                        items.globals.push((globals, ty));
                    }
                    wasmparser::ValType::I32 if ty.mutable && *name == claims::EXPORT => {
                        items.contradictions = Some(globals);
                    }
                    _ => {}
                }
                exports.export(name, ExportKind::Global, globals);
                globals += 1;
                EntityType::Global(shifted.global_type(ty)?)
            }
            Item::Tag(ty) => {
                items.tags.push(ty);
                exports.export(name, ExportKind::Tag, tags);
                tags += 1;
                EntityType::Tag(shifted.tag_type(wasmparser::TagType {
                    kind: wasmparser::TagKind::Exception,
                    func_type_idx: ty,
                })?)
            }
        };
        imports.import(FROM, name, entity);
    }
    (items.global, items.table) = (globals, tables);

    let mut own_globals = GlobalSection::new();
    let ty = GlobalType {
        val_type: ValType::Ref(ANY),
        mutable: true,
        shared: false,
    };
    own_globals.global(ty, &ConstExpr::ref_null(HeapType::ANY));
    let mut own_tables = TableSection::new();
    own_tables.table(TableType {
        element_type: ANY,
        table64: false,
        minimum: TABLE.into(),
        maximum: None,
        shared: false,
    });
    let mut elements = ElementSection::new();
    let segment = segment(&of, own);
    items.segment = segment.len() as u32;
    elements.passive(Elements::Expressions(ANY, segment.into()));

    let (mut funcs, mut code) = (FunctionSection::new(), CodeSection::new());
    for (i, name) in (0..).zip(&names) {
        let ty = items.funcs[i as usize];
        funcs.function(ty + own);
        code.function(&function::function(&of, &items, i, number)?);
        exports.export(name, ExportKind::Func, items.funcs.len() as u32 + i);
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&funcs)
        .section(&own_tables)
        .section(&own_globals)
        .section(&exports)
        .section(&elements)
        .section(&code);
    Ok(module.finish())
}

/// Objects of the client's own: of the first types of the module that have defaults, and an i31.
fn segment(of: &Interface<'_>, shift: u32) -> Vec<ConstExpr> {
    let mut items = vec![ConstExpr::extended([
        wasm_encoder::Instruction::I32Const(-7),
        wasm_encoder::Instruction::RefI31,
    ])];
    for ty in of.defaultable().take(3) {
        let new = wasm_encoder::Instruction::StructNewDefault(ty + shift);
        items.push(ConstExpr::extended([new]));
    }
    items
}
