//! Values made up by the host: arguments, results of imports, imported globals.

use crate::engine::{Inspector, Stop, Store};
use crate::heap::{GcRef, Heap};
use crate::types::{HeapType, RefType, TypeId, ValType};

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
            let id = ty.heap.concrete();
            let id = id.filter(|id| store.types().entry(*id).is_defaultable);
            new_default(store, id, seed, inspector)?
        }
        HeapType::Struct => {
            let id = store.types().default_struct();
            new_default(store, id, seed, inspector)?
        }
        HeapType::Array => {
            let id = store.types().default_array();
            new_default(store, id, seed, inspector)?
        }
        HeapType::Func | HeapType::ConcreteFunc(_) => {
            let count = store.funcs().len() as u32;
            let start = (seed % u64::from(count.max(1))) as u32;
            let found = store.func_of_type(ty.heap, start);
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

/// A new object with default values, or `None` without a type.
fn new_default<H: Heap>(
    store: &mut Store<H>,
    ty: Option<TypeId>,
    seed: u64,
    inspector: &mut dyn Inspector<H>,
) -> Result<Option<u64>, Stop> {
    match ty {
        Some(ty) => {
            let made = store.new_default(ty, (seed % 3) as u32, inspector)?;
            Ok(Some(made.register()))
        }
        None => Ok(None),
    }
}
