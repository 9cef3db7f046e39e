//! Parts of programs, drawn at random: for the generator, and for insertions by a mutation.

use super::program::{
    Act, Field, FieldStorage, Func, Global, Heap, Op, OpKind, Shape, Sig, TableDef,
};
use super::program::{Segment, Ty, TypeDef};
use crate::case::Arg;
use crate::generate::enrich::choice::Choice;
use crate::generate::relative_schedule::RelativeSchedule;
use arbitrary::Unstructured;

/// A reference type in a program with `types` types; mostly to one of these.
pub(super) fn reference(c: &mut Choice, types: u32) -> Ty {
    let heap = match c.below(21) {
        0 | 1 => Heap::Any,
        2 | 3 => Heap::Eq,
        4 => Heap::I31,
        5 => Heap::Struct,
        6 => Heap::Array,
        7 => Heap::Extern,
        8 => Heap::Exn,
        9 => Heap::None,
        _ => Heap::Type(c.below(types.max(1)) as u8),
    };
    Ty::Ref {
        nullable: !c.chance(1, 5),
        heap,
    }
}

pub(super) fn ty(c: &mut Choice, types: u32) -> Ty {
    match c.below(12) {
        0 => Ty::I32,
        1 => Ty::I64,
        2 => Ty::F64,
        _ => reference(c, types),
    }
}

pub(super) fn field(c: &mut Choice, types: u32) -> Field {
    let storage = match c.below(12) {
        0 => FieldStorage::I8,
        1 => FieldStorage::I16,
        _ => FieldStorage::Val(ty(c, types)),
    };
    Field {
        storage,
        mutable: !c.chance(1, 8),
    }
}

pub(super) fn type_def(c: &mut Choice, types: u32) -> TypeDef {
    let shape = match c.chance(2, 5) {
        true => Shape::Array(field(c, types)),
        false => {
            let count = c.below(5);
            Shape::Struct((0..count).map(|_| field(c, types)).collect())
        }
    };
    TypeDef {
        open: c.chance(3, 4),
        parent: c.chance(2, 5).then(|| c.below(types.max(1)) as u8),
        shape,
    }
}

pub(super) fn table(c: &mut Choice, types: u32) -> TableDef {
    TableDef {
        ty: reference(c, types),
        len: c.range(4, 9) as u8,
    }
}

pub(super) fn global(c: &mut Choice, types: u32) -> Global {
    Global {
        ty: match c.chance(1, 6) {
            true => ty(c, types),
            false => reference(c, types),
        },
        mutable: !c.chance(1, 6),
        seed: c.below(256) as u8,
    }
}

pub(super) fn segment(c: &mut Choice, ty: Ty) -> Segment {
    let len = c.range(4, 6);
    Segment {
        ty,
        items: (0..len).map(|_| c.below(256) as u8).collect(),
    }
}

pub(super) fn sig(c: &mut Choice, types: u32) -> Sig {
    let (params, results) = (c.below(4), c.below(3));
    Sig {
        params: (0..params).map(|_| ty(c, types)).collect(),
        results: (0..results).map(|_| ty(c, types)).collect(),
    }
}

/// The signature of an imported function: up to five results, and now and then up to a dozen parameters
/// and results, since an engine may pass the later ones in another way.
pub(super) fn host(c: &mut Choice, types: u32) -> Sig {
    let (params, results) = match c.chance(1, 4) {
        true => (c.range(3, 12), c.range(5, 12)),
        false => (c.below(4), c.below(6)),
    };
    Sig {
        params: (0..params).map(|_| ty(c, types)).collect(),
        results: (0..results).map(|_| ty(c, types)).collect(),
    }
}

/// A function over types with the given shapes, with operations of the given kinds.
pub(super) fn func(c: &mut Choice, shapes: &[bool], sig: Sig, kinds: &[OpKind]) -> Func {
    let types = shapes.len() as u32;
    let mut slots = vec![Ty::I32, Ty::I32];
    // Two arrays and two structs of one type each, to copy between and to link.
    for is_struct in [false, true] {
        let all: Vec<u8> = (0..types as u8)
            .filter(|i| shapes[usize::from(*i)] == is_struct)
            .collect();
        if let Some(index) = c.pick(&all) {
            slots.extend([Ty::null(Heap::Type(index)); 2]);
        }
    }
    slots.push(Ty::null([Heap::Any, Heap::Eq][c.below(2) as usize]));
    // To rethrow a caught exception.
    slots.extend(c.chance(1, 4).then_some(Ty::null(Heap::Exn)));
    let others = c.range(2, 6);
    slots.extend((0..others).map(|_| ty(c, types)));
    let ops = c.range(16, 56);
    Func {
        sig,
        slots,
        ops: (0..ops).map(|_| op(c, kinds)).collect(),
    }
}

pub(super) fn op(c: &mut Choice, kinds: &[OpKind]) -> Op {
    Op {
        kind: c.pick(kinds).unwrap_or(OpKind::StructNew),
        with: (c.bits() as u32).to_le_bytes(),
    }
}

/// Every kind, repeated according to its weight.
pub(super) fn all_kinds() -> Vec<OpKind> {
    let repeated = |(kind, weight): &(OpKind, u8)| std::iter::repeat_n(*kind, usize::from(*weight));
    OpKind::ALL.iter().flat_map(repeated).collect()
}

pub(super) fn arg(c: &mut Choice) -> Arg {
    match c.below(16) {
        0 => Arg::Null,
        1 => Arg::I31([0, 1, -1, 0x3fff_ffff, -0x4000_0000][c.below(5) as usize]),
        2..=6 => Arg::Kept(c.below(16)),
        7 => Arg::Bits(c.bits() >> c.below(64)),
        8..=10 => Arg::Bits(u64::from(c.below(16))),
        _ => Arg::Auto,
    }
}

pub(super) fn call(c: &mut Choice, func: u8) -> Act {
    Act::Call(func, (0..4).map(|_| arg(c)).collect())
}

/// An action of the host in addition to its calls of every function.
pub(super) fn act(c: &mut Choice) -> Act {
    let which = c.below(256) as u8;
    match c.below(10) {
        0 | 1 => Act::Global(which, c.chance(1, 2).then(|| arg(c))),
        2..=4 => Act::Table(which, c.below(16) as u8, c.chance(1, 2).then(|| arg(c))),
        5 | 6 => Act::Drop(which % 16),
        7 => Act::Collect,
        _ => call(c, which),
    }
}

/// A schedule of collections, relative to a run of unknown length.
pub(super) fn relative_schedule(c: &mut Choice) -> RelativeSchedule {
    let bytes: Vec<u8> = (0..24).map(|_| c.below(256) as u8).collect();
    RelativeSchedule::draw(&mut Unstructured::new(&bytes)).unwrap_or(RelativeSchedule::Never)
}
