//! Values made up by the host: arguments, results of imports, imported globals.

use super::EmbedderStore;
use crate::engine::Stop;
use crate::types::{HeapType, RefType, ValType};

/// A fixed, well-mixed function of two numbers.
pub(super) fn mix(a: u64, b: u64) -> u64 {
    // The finaliser of SplitMix64.
    let mut z = a.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(b);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number of type `ty` derived from `seed`. Small numbers and boundary values
/// are frequent.
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

/// Makes a reference of type `ty`, not rooted. `None` if the host cannot make one.
pub(super) fn make<S: EmbedderStore>(
    store: &mut S,
    ty: RefType,
    seed: u64,
) -> Result<Option<S::Value>, Stop> {
    let types = &store.host().module.types;
    let of_zeros = match ty.heap {
        HeapType::Any | HeapType::Eq | HeapType::I31 => {
            let value = number(ValType::I32, seed) as u32;
            return Ok(Some(store.i31(value)));
        }
        HeapType::Extern => return store.new_extern((seed % 1000) as u32).map(Some),
        HeapType::Func | HeapType::ConcreteFunc(_) => return Ok(store.function(ty.heap, seed)),
        HeapType::ConcreteStruct(_) | HeapType::ConcreteArray(_) => {
            let id = ty.heap.concrete();
            id.filter(|id| types.entry(*id).is_defaultable)
        }
        HeapType::Struct => types.default_struct(),
        HeapType::Array => types.default_array(),
        HeapType::None
        | HeapType::NoFunc
        | HeapType::NoExtern
        | HeapType::Exn
        | HeapType::NoExn => None,
    };
    let made = of_zeros.map(|ty| store.new_default(ty, (seed % 3) as u32));
    made.transpose()
}
