//! Values whose types are known, and types to ask for.

use wasm_encoder::{AbstractHeapType, HeapType, RefType};

use super::super::super::emit::Emitter;
use super::super::super::layout::{LEN, Layout, Types};
use super::super::super::near::{self, Near};
use super::super::super::ref_types::{ARRAY, EQ, STRUCT, heap};
use super::super::hold::push_node;

/// A type of the appended items.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// One of [`objects`], by its place.
    Object(usize),
    /// One of [`funcs`], by its place.
    Func(usize),
    /// One that others nearly equal.
    Near(near::Kind),
}

/// The hierarchies of reference types that have tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hierarchy {
    Any,
    Func,
    Extern,
}

/// What is known of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Null,
    I31,
    /// An external value, made of an internal one.
    External,
    Type(Type),
}

/// A value in a local.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub(super) local: u32,
    /// The type of the local.
    pub(super) ty: RefType,
    pub(super) hierarchy: Hierarchy,
    pub(super) of: Of,
}

/// A type to ask for, and whether the value has it, null apart.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) heap: HeapType,
    pub(super) holds: bool,
}

/// Structures and arrays.
const OBJECTS: usize = 14;
/// The place of a type, and of its subtype.
const NODE: usize = 0;
const LEAF: usize = 1;
/// The first place of an array.
const ARRAYS: usize = 8;

fn objects(t: &Types) -> [u32; OBJECTS] {
    [
        t.node, t.leaf, t.packed, t.empty, t.box_, t.vector, t.holder, t.every, t.refs, t.nodes,
        t.anys, t.i31s, t.bytes, t.vectors,
    ]
}

/// Types of functions.
const FUNCS: usize = 10;
/// The places of the types of functions that code may refer to, and of a supertype of the second one.
const MIXED: usize = 7;
const OPEN: usize = 8;
const NARROW: usize = 9;

fn funcs(t: &Types) -> [u32; FUNCS] {
    [
        t.join, t.payload, t.plain, t.look, t.choose, t.pair, t.many, t.mixed, t.open, t.narrow,
    ]
}

impl Type {
    /// Its index, in one of its declarations.
    fn index(self, layout: &Layout, again: bool) -> u32 {
        let twin = layout.twin.as_ref().filter(|_| again);
        match self {
            Type::Object(at) => objects(&twin.map_or(layout.types, |twin| twin.types))[at],
            Type::Func(at) => funcs(&layout.types)[at],
            Type::Near(kind) => layout.near.index(kind),
        }
    }

    fn is_array(self) -> bool {
        match self {
            Type::Object(at) => at >= ARRAYS,
            Type::Func(_) => false,
            Type::Near(kind) => kind.is_array(),
        }
    }

    /// Whether every value of this type has the other one.
    fn is_below(self, other: Type) -> bool {
        match (self, other) {
            (Type::Near(kind), Type::Near(other)) => kind.is_below(other),
            (Type::Object(LEAF), Type::Object(NODE)) => true,
            (Type::Func(NARROW), Type::Func(OPEN)) => true,
            _ => self == other,
        }
    }
}

/// Makes a value, and puts it into a local of its type, or of a more general one.
pub(super) fn make(e: &mut Emitter<'_>) -> Made {
    let (hierarchy, of) = draw(e);
    let none = match hierarchy {
        Hierarchy::Any => AbstractHeapType::None,
        Hierarchy::Func => AbstractHeapType::NoFunc,
        Hierarchy::Extern => AbstractHeapType::NoExtern,
    };
    let own = match of {
        Of::Type(ty) => HeapType::Concrete(ty.index(e.layout, e.choice.chance(1, 2))),
        Of::I31 => HeapType::I31,
        Of::Null | Of::External => heap(none),
    };
    let general: &[HeapType] = match (hierarchy, of) {
        (Hierarchy::Any, Of::Type(ty)) if ty.is_array() => &[HeapType::ANY, EQ, ARRAY],
        (Hierarchy::Any, Of::Type(_)) => &[HeapType::ANY, EQ, STRUCT],
        (Hierarchy::Any, _) => &[HeapType::ANY, EQ],
        (Hierarchy::Func, _) => &[HeapType::FUNC],
        (Hierarchy::Extern, _) => &[HeapType::EXTERN],
    };
    let heap_type = match of != Of::External && e.choice.chance(1, 3) {
        true => own,
        false => e.choice.pick(general).unwrap_or(own),
    };
    let ty = RefType {
        nullable: true,
        heap_type,
    };
    match of {
        Of::Null => {
            e.op().ref_null(own);
        }
        Of::I31 if e.choice.chance(1, 3) => {
            // The one that is most like null.
            e.op().i32_const(0).ref_i31();
        }
        Of::I31 => e.i31(),
        Of::External => {
            let number = e.mark();
            push_node(e, number);
            e.op().extern_convert_any();
        }
        Of::Type(made) => new(e, made, own),
    }
    let local = e.known(false, ty);
    e.op().local_set(local);
    Made {
        local,
        ty,
        hierarchy,
        of,
    }
}

fn draw(e: &mut Emitter<'_>) -> (Hierarchy, Of) {
    match e.choice.below(16) {
        0 => (Hierarchy::Any, Of::Null),
        1 => (Hierarchy::Func, Of::Null),
        2 => (Hierarchy::Extern, Of::Null),
        3 => (Hierarchy::Extern, Of::External),
        4 | 5 => (Hierarchy::Any, Of::I31),
        6 => {
            // The functions that code may refer to.
            let func = e.choice.pick(&[NARROW, MIXED]).unwrap_or(NARROW);
            (Hierarchy::Func, Of::Type(Type::Func(func)))
        }
        7 | 8 => {
            let kind = e.choice.pick(&near::Kind::FUNCS);
            let kind = kind.unwrap_or(near::Kind::OpenFunc);
            (Hierarchy::Func, Of::Type(Type::Near(kind)))
        }
        9..=13 => {
            let kind = Near::pick(&mut e.choice, |kind| !kind.is_func());
            (Hierarchy::Any, Of::Type(Type::Near(kind)))
        }
        _ => {
            let at = e.choice.below(OBJECTS as u32) as usize;
            (Hierarchy::Any, Of::Type(Type::Object(at)))
        }
    }
}

/// Pushes a new object of this type, or a function.
fn new(e: &mut Emitter<'_>, made: Type, own: HeapType) {
    let HeapType::Concrete(index) = own else {
        return;
    };
    match made {
        Type::Func(at) => {
            let funcs = e.layout.funcs;
            let func = match at {
                NARROW => funcs.narrow,
                _ => funcs.mixed,
            };
            e.op().ref_func(func);
        }
        Type::Near(kind) if kind.is_func() => {
            let mut all = near::Kind::FUNCS.iter();
            let at = all.position(|other| *other == kind).unwrap_or(0);
            let first = e.layout.near.func;
            e.op().ref_func(first + at as u32);
        }
        Type::Near(near::Kind::NonNullStruct) => {
            let number = e.mark();
            e.op().i32_const(number);
            e.i31();
            e.op().struct_new(index);
        }
        Type::Near(near::Kind::NonNullHolder) => {
            let bytes = e.layout.near.index(near::Kind::Bytes);
            e.op().i32_const(1).array_new_default(bytes);
            e.op().struct_new(index);
        }
        Type::Near(near::Kind::NonNullRefs) => {
            e.i31();
            e.op().i32_const(LEN as i32).array_new(index);
        }
        _ if made.is_array() => {
            e.op().i32_const(LEN as i32).array_new_default(index);
        }
        _ => {
            e.op().struct_new_default(index);
        }
    }
}

/// Draws a type to ask for, in the hierarchy of the value.
pub(super) fn ask(e: &mut Emitter<'_>, made: &Made) -> Asked {
    use AbstractHeapType::{Any, Array, Eq, Extern, Func, I31, NoExtern, NoFunc, None, Struct};
    let abstracts: &[AbstractHeapType] = match made.hierarchy {
        Hierarchy::Any => &[Any, Eq, I31, Struct, Array, None],
        Hierarchy::Func => &[Func, NoFunc],
        Hierarchy::Extern => &[Extern, NoExtern],
    };
    // Null has every nullable type, the bottom types too.
    let bottom = match made.hierarchy {
        Hierarchy::Any => None,
        Hierarchy::Func => NoFunc,
        Hierarchy::Extern => NoExtern,
    };
    if e.choice.chance(1, if made.of == Of::Null { 3 } else { 12 }) {
        return Asked {
            heap: heap(bottom),
            holds: false,
        };
    }
    let chosen = match (e.choice.below(6), made.of) {
        (0 | 1, Of::Type(own)) => Some(own),
        (0..=3, _) if made.hierarchy != Hierarchy::Extern => Some(other(e, made)),
        _ => Option::None,
    };
    if let Some(ty) = chosen {
        let again = e.choice.chance(1, 2);
        return Asked {
            heap: HeapType::Concrete(ty.index(e.layout, again)),
            holds: matches!(made.of, Of::Type(own) if own.is_below(ty)),
        };
    }
    let ty = e.choice.pick(abstracts).unwrap_or(Any);
    let holds = match made.of {
        Of::Null => false,
        Of::I31 => matches!(ty, Any | Eq | I31),
        Of::External => ty == Extern,
        Of::Type(own) if made.hierarchy == Hierarchy::Any => match own.is_array() {
            true => matches!(ty, Any | Eq | Array),
            false => matches!(ty, Any | Eq | Struct),
        },
        Of::Type(_) => ty == Func,
    };
    Asked {
        heap: heap(ty),
        holds,
    }
}

/// Another type of the hierarchy, mostly one of the same kind.
fn other(e: &mut Emitter<'_>, made: &Made) -> Type {
    if let (Of::Type(Type::Near(own)), 0..=4) = (made.of, e.choice.below(6)) {
        return Type::Near(Near::like(&mut e.choice, own));
    }
    match made.hierarchy {
        Hierarchy::Func => Type::Func(e.choice.below(FUNCS as u32) as usize),
        _ => Type::Object(e.choice.below(OBJECTS as u32) as usize),
    }
}

/// Whether `to` is the type of a local, or one below it, so that a branch on a cast may name both.
pub(super) fn may_name(e: &Emitter<'_>, made: &Made, to: HeapType) -> bool {
    let t = &e.layout.types;
    match made.ty.heap_type {
        HeapType::ANY | HeapType::FUNC | HeapType::EXTERN => true,
        from if from == EQ => to != HeapType::ANY,
        HeapType::Concrete(from) => {
            to == HeapType::Concrete(from) || from == t.node && to == HeapType::Concrete(t.leaf)
        }
        from => to == from,
    }
}
