//! Data shared by the bodies of a program: its types, and the indices of its items in the module.

use crate::generate::gc_ops::lattice::{self, Order};
use crate::generate::gc_ops::program::{FieldStorage, Heap, Program, Shape, Sig, Ty, TypeDef};
use wasm_encoder::{
    AbstractHeapType, CompositeInnerType, CompositeType, FieldType, HeapType, RefType, StorageType,
    StructType, SubType, ValType,
};

/// The global into which numbers are folded.
pub(super) const DIGEST: u32 = 0;

/// A program, as the compiler uses it.
pub(super) struct Env<'a> {
    pub program: &'a Program,
    pub types: Vec<&'a TypeDef>,
    /// The subtype relation on heap types: queried for every slot of every operation.
    order: Order,
    /// Types by kind, to choose from.
    pub structs: Vec<u8>,
    pub arrays: Vec<u8>,
    /// Approximate number of instructions of a call of each function.
    pub costs: Vec<u64>,
}

impl<'a> Env<'a> {
    pub(super) fn new(program: &'a Program) -> Env<'a> {
        let types: Vec<&TypeDef> = program.groups.iter().flatten().collect();
        let of_kind = |is_struct: bool| {
            let indices = (0..types.len()).filter(|i| types[*i].shape.is_struct() == is_struct);
            indices.map(|i| i as u8).collect()
        };
        Env {
            program,
            order: Order::new(&types),
            structs: of_kind(true),
            arrays: of_kind(false),
            costs: vec![0; program.funcs.len()],
            types,
        }
    }

    /// The shape of a type of the program.
    pub(super) fn shape(&self, index: u8) -> &'a Shape {
        &self.types[usize::from(index)].shape
    }

    pub(super) fn fits(&self, a: Ty, b: Ty) -> bool {
        lattice::fits(|a, b| self.heap_fits(a, b), a, b)
    }

    pub(super) fn heap_fits(&self, a: Heap, b: Heap) -> bool {
        self.order.has(a, b)
    }

    pub(super) fn storage_fits(&self, a: FieldStorage, b: FieldStorage) -> bool {
        lattice::storage_fits(|a, b| self.heap_fits(a, b), a, b)
    }

    /// The types of all functions, in the order of their indices.
    pub(super) fn sigs(&self) -> impl Iterator<Item = &'a Sig> {
        let funcs = self.program.funcs.iter().map(|func| &func.sig);
        self.program.hosts.iter().chain(funcs)
    }

    /// The index of a function of the program; the host's functions come first.
    pub(super) fn func(&self, index: usize) -> u32 {
        (self.program.hosts.len() + index) as u32
    }

    /// The index of the type of a function.
    pub(super) fn sig_type(&self, func: u32) -> u32 {
        self.types.len() as u32 + func
    }

    /// The index of the type of a block that takes a function's parameters and results in the same.
    pub(super) fn block_type(&self, func: usize) -> u32 {
        self.tag_type(self.program.tags.len()) + func as u32
    }

    /// The global for claims that are contradicted.
    pub(super) fn contradictions(&self) -> u32 {
        global(self.program.globals.len() as u32)
    }

    /// The index of the type of a tag. It is followed by the types of two blocks: one that results
    /// in the tag's values, and one that results in these and the exception.
    pub(super) fn tag_type(&self, tag: usize) -> u32 {
        self.sig_type(self.func(self.program.funcs.len())) + 3 * tag as u32
    }
}

/// The index of a global of the program.
pub(super) fn global(index: u32) -> u32 {
    DIGEST + 1 + index
}

pub(super) fn heap_type(heap: Heap) -> HeapType {
    let ty = match heap {
        Heap::Any => AbstractHeapType::Any,
        Heap::Eq => AbstractHeapType::Eq,
        Heap::I31 => AbstractHeapType::I31,
        Heap::Struct => AbstractHeapType::Struct,
        Heap::Array => AbstractHeapType::Array,
        Heap::None => AbstractHeapType::None,
        Heap::Extern => AbstractHeapType::Extern,
        Heap::Exn => AbstractHeapType::Exn,
        Heap::Type(index) => return HeapType::Concrete(u32::from(index)),
    };
    HeapType::Abstract { shared: false, ty }
}

/// The type of a reference. For a number the result is never used.
pub(super) fn ref_type(ty: Ty) -> RefType {
    match ty {
        Ty::Ref { nullable, heap } => RefType {
            nullable,
            heap_type: heap_type(heap),
        },
        _ => RefType::EQREF,
    }
}

pub(super) fn val_type(ty: Ty) -> ValType {
    match ty {
        Ty::I32 => ValType::I32,
        Ty::I64 => ValType::I64,
        Ty::F64 => ValType::F64,
        Ty::Ref { .. } => ValType::Ref(ref_type(ty)),
    }
}

pub(super) fn sub_type(def: &TypeDef) -> SubType {
    let field = |field: &crate::generate::gc_ops::program::Field| FieldType {
        element_type: match field.storage {
            FieldStorage::I8 => StorageType::I8,
            FieldStorage::I16 => StorageType::I16,
            FieldStorage::Val(ty) => StorageType::Val(val_type(ty)),
        },
        mutable: field.mutable,
    };
    SubType {
        is_final: !def.open,
        supertype_idxs: def.parent.map(u32::from).into_iter().collect(),
        composite_type: CompositeType {
            inner: match &def.shape {
                Shape::Struct(fields) => CompositeInnerType::Struct(StructType {
                    fields: fields.iter().map(field).collect(),
                }),
                Shape::Array(element) => {
                    CompositeInnerType::Array(wasm_encoder::ArrayType(field(element)))
                }
            },
            shared: false,
            descriptor: None,
            describes: None,
        },
    }
}
