//! Values that the host makes up: arguments, results of imports, imported
//! globals.

use crate::engine::{Inspector, Stop, Store};
use crate::heap::{GcRef, Heap};
use crate::types::{Composite, HeapType, RefType, TypeId, Types, ValType};

/// A fixed, well-mixed function of two numbers.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    // The finaliser of SplitMix64.
    let mut z = a.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(b);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number of type `ty` from `seed`, favouring small ones and edges.
pub(super) fn number(ty: ValType, seed: u64) -> u64 {
    const EDGES: [u64; 8] = [
        0,
        1,
        2,
        7,
        0x7fff_ffff,
        0xffff_ffff,
        0x4000_0000,
        0x3fff_ffff,
    ];
    let value = match seed % 4 {
        0 => EDGES[(seed >> 8) as usize % EDGES.len()],
        1 | 2 => (seed >> 8) % 16,
        _ => seed >> 3,
    };
    match ty {
        ValType::I32 => u64::from(value as u32),
        ValType::F32 => u64::from((value as u16 as f32).to_bits()),
        ValType::F64 => f64::from(value as u32).to_bits(),
        _ => value,
    }
}

/// A new reference of type `ty`, or `None` if the host cannot make one. The
/// result is not rooted.
pub(super) fn make<H: Heap>(
    store: &mut Store<H>,
    ty: RefType,
    seed: u64,
    inspector: &mut dyn Inspector<H>,
) -> Result<Option<u64>, Stop> {
    let made = match ty.heap {
        HeapType::Any | HeapType::Eq | HeapType::I31 => {
            Some(GcRef::i31(number(ValType::I32, seed) as u32).register())
        }
        HeapType::Extern => {
            let r = store.new_extern((seed % 1000) as u32, inspector)?;
            Some(r.register())
        }
        HeapType::ConcreteStruct(_) | HeapType::ConcreteArray(_) => {
            let types = store.types();
            match ty.heap.concrete().filter(|id| can_make(types, *id)) {
                Some(id) => Some(
                    store
                        .new_default(id, (seed % 3) as u32, inspector)?
                        .register(),
                ),
                None => None,
            }
        }
        HeapType::Struct | HeapType::Array => {
            let want_struct = ty.heap == HeapType::Struct;
            let types = store.types();
            let found = types.iter().map(|(id, _)| id).find(|id| {
                let is_struct = matches!(types.entry(*id).sub.composite, Composite::Struct(_));
                let is_func = matches!(types.entry(*id).sub.composite, Composite::Func(_));
                !is_func && is_struct == want_struct && can_make(types, *id)
            });
            match found {
                Some(id) => Some(
                    store
                        .new_default(id, (seed % 3) as u32, inspector)?
                        .register(),
                ),
                None => None,
            }
        }
        HeapType::Func | HeapType::ConcreteFunc(_) => {
            let fits = |index: &u32| store.matches(u64::from(*index) + 1, ty) == Ok(true);
            let count = store.funcs().len() as u32;
            // A type with no function of its own is told by trying them all.
            let start = (seed % u64::from(count.max(1))) as u32;
            let found = (start..count).chain(0..start).find(fits);
            found.map(|index| u64::from(index) + 1)
        }
        HeapType::None
        | HeapType::NoFunc
        | HeapType::NoExtern
        | HeapType::Exn
        | HeapType::NoExn => None,
    };
    Ok(made)
}

/// Whether every field of the type has a default value.
fn can_make(types: &Types, id: TypeId) -> bool {
    match &types.entry(id).sub.composite {
        Composite::Struct(fields) => fields.iter().all(|f| f.storage.unpacked().is_defaultable()),
        Composite::Array(element) => element.storage.unpacked().is_defaultable(),
        Composite::Func(_) => false,
    }
}
