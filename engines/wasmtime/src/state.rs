//! What a store carries: the host, its roots, and the module's items.

use crate::roots::Root;
use gcdiff::case::embedder::{Host, no_params_no_results};
use gcdiff::engine::Stop;
use gcdiff::export::TYPE;
use gcdiff::module::ExportItem;
use gcdiff::types::{TypeId, Types, ValType};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use wasmtime::{ArrayType, Extern, ExternType, Func, Global, HeapType, Memory, StructType, Table};

/// A value of the host. References to objects are numbers of roots that last for a step of the plan, or
/// for a call of the host.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// The halves of a number, of which only a vector has the second.
    Number([u64; 2]),
    Null,
    I31(u32),
    /// A function, by its index.
    Func(u32),
    /// A reference to an object.
    Object(u32),
}

/// The reference in a handle that is not null.
#[derive(Clone)]
pub enum HandleValue {
    I31(u32),
    Object(Rc<Root>),
}

/// The i31 of the lower 31 bits.
pub fn signed_i31(bits: u32) -> i32 {
    (bits << 1) as i32 >> 1
}

/// The data of a store.
pub struct State {
    pub host: Host,
    pub module: wasmtime::Module,
    /// gcdiff's types of the module, and that of functions without parameters and results.
    pub types: Arc<Types>,
    pub no_params_no_results: TypeId,
    /// Handles of the host.
    pub handles: Vec<Option<HandleValue>>,
    /// Roots of [`Value::Object`].
    pub temporaries: Vec<Rc<Root>>,
    /// The exception that ended the last call.
    pub exception: Option<Rc<Root>>,
    /// Results of the calls of the host that are being answered.
    pub results: Vec<Vec<Value>>,
    /// Imports so far.
    pub imports: Vec<Extern>,
    /// All functions so far: those of the module, then those of the host that are no imports.
    pub funcs: Vec<(Func, TypeId)>,
    /// Functions of the host that are no imports, before there is an instance.
    pub made: Vec<(Func, TypeId)>,
    /// Indices of functions by their addresses. An imported function has two.
    pub func_index: HashMap<usize, u32>,
    pub globals: BTreeMap<u32, Global>,
    pub tables: BTreeMap<u32, Table>,
    pub memories: BTreeMap<u32, Memory>,
    #[cfg(feature = "recent")]
    pub tags: BTreeMap<u32, wasmtime::Tag>,
    /// The types of structures and arrays.
    structs: Vec<(StructType, TypeId)>,
    arrays: Vec<(ArrayType, TypeId)>,
    pub is_instantiated: bool,
    /// Work of the host so far.
    pub work: u64,
    /// Why the run was given up.
    pub gave_up: Option<String>,
}

impl State {
    /// For a run of a module, before its imports are made.
    pub fn new(host: Host, module: wasmtime::Module) -> State {
        let mut types = Arc::clone(&host.module.types);
        let no_params_no_results = no_params_no_results(&mut types);
        let mut state = State {
            host,
            module: module.clone(),
            types,
            no_params_no_results,
            handles: Vec::new(),
            temporaries: Vec::new(),
            exception: None,
            results: Vec::new(),
            imports: Vec::new(),
            funcs: Vec::new(),
            made: Vec::new(),
            func_index: HashMap::new(),
            globals: BTreeMap::new(),
            tables: BTreeMap::new(),
            memories: BTreeMap::new(),
            #[cfg(feature = "recent")]
            tags: BTreeMap::new(),
            structs: Vec::new(),
            arrays: Vec::new(),
            is_instantiated: false,
            work: 0,
            gave_up: None,
        };
        for export in module.exports().filter(|e| e.name().starts_with(TYPE)) {
            let ExternType::Global(global) = export.ty() else {
                continue;
            };
            let heap = global.content().as_ref().map(|ty| ty.heap_type());
            let (Some(id), Some(heap)) = (state.type_of(export.name()), heap) else {
                continue;
            };
            match heap {
                HeapType::ConcreteStruct(ty) => state.structs.push((ty.clone(), id)),
                HeapType::ConcreteArray(ty) => state.arrays.push((ty.clone(), id)),
                _ => {}
            }
        }
        state
    }

    /// The type that an exported global refers to.
    fn type_of(&self, export: &str) -> Option<TypeId> {
        let own = &self.host.module;
        let ExportItem::Global(index) = own.export(export)? else {
            return None;
        };
        match own.globals.get(index as usize)?.value {
            ValType::Ref(ty) => ty.heap.concrete(),
            _ => None,
        }
    }

    /// gcdiff's type of a structure. `None` if it is no type of the module.
    pub fn struct_id(&self, ty: &StructType) -> Option<TypeId> {
        let mut structs = self.structs.iter();
        structs
            .find(|(known, _)| StructType::eq(known, ty))
            .map(|(_, id)| *id)
    }

    /// gcdiff's type of an array.
    pub fn array_id(&self, ty: &ArrayType) -> Option<TypeId> {
        let mut arrays = self.arrays.iter();
        arrays
            .find(|(known, _)| ArrayType::eq(known, ty))
            .map(|(_, id)| *id)
    }

    /// Wasmtime's type of a structure.
    pub fn struct_type(&self, id: TypeId) -> Option<StructType> {
        let mut structs = self.structs.iter();
        structs
            .find(|(_, known)| *known == id)
            .map(|(ty, _)| ty.clone())
    }

    /// Wasmtime's type of an array.
    pub fn array_type(&self, id: TypeId) -> Option<ArrayType> {
        let mut arrays = self.arrays.iter();
        arrays
            .find(|(_, known)| *known == id)
            .map(|(ty, _)| ty.clone())
    }
}

/// A stop of the host, on its way through code of the module.
#[derive(Debug)]
pub struct HostStop(pub Stop);

impl std::fmt::Display for HostStop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the host: {}", self.0)
    }
}

impl std::error::Error for HostStop {}
