//! Arguments and results of calls.

use crate::engine::{Inspector, Stop, Store};
use crate::heap::{GcRef, Heap};
use crate::types::{HeapType, ValType};
use std::fmt;
use wast::core::WastArgCore;

/// A value with its type, in registers. The second register is the high half of a vector.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Value {
    pub ty: ValType,
    pub bits: [u64; 2],
}

impl Value {
    /// The low register as a reference into the heap.
    pub fn reference(&self) -> GcRef {
        GcRef::from_register(self.bits[0])
    }

    /// The sixteen bytes of a vector.
    pub fn bytes(&self) -> [u8; 16] {
        let [low, high] = self.bits;
        (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
    }
}

impl fmt::Display for Value {
    /// The value in the notation of scripts, floats with their bits, too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.bits[0];
        match self.ty {
            ValType::I32 => write!(f, "i32 {}", bits as u32 as i32),
            ValType::I64 => write!(f, "i64 {}", bits as i64),
            ValType::F32 => {
                let value = f32::from_bits(bits as u32);
                write!(f, "f32 {value} ({:#010x})", bits as u32)
            }
            ValType::F64 => write!(f, "f64 {} ({bits:#018x})", f64::from_bits(bits)),
            ValType::V128 => {
                let [low, high] = self.bits;
                write!(f, "v128 {low:#018x} {high:#018x}")
            }
            ValType::Ref(_) if bits == 0 => f.write_str("null"),
            ValType::Ref(ty) if ty.heap.top() == HeapType::Func => {
                write!(f, "function {}", bits - 1)
            }
            ValType::Ref(_) => write!(f, "ref {}", self.reference()),
        }
    }
}

/// The registers of a call's arguments, or in the inner error the argument that cannot be passed.
///
/// Each host value is a new object. All are held until the last is made, since allocating one may
/// collect, and are released before the call.
pub(super) fn arguments<H: Heap>(
    store: &mut Store<H>,
    args: &[&WastArgCore<'_>],
    inspector: &mut dyn Inspector<H>,
) -> Result<Vec<u64>, Stop> {
    let kept = store.handles();
    let mut registers = Vec::with_capacity(args.len());
    let mut held = Vec::new();
    for arg in args {
        match arg {
            WastArgCore::I32(x) => registers.push(u64::from(*x as u32)),
            WastArgCore::I64(x) => registers.push(*x as u64),
            WastArgCore::F32(x) => registers.push(u64::from(x.bits)),
            WastArgCore::F64(x) => registers.push(x.bits),
            WastArgCore::V128(x) => {
                let bits = u128::from_le_bytes(x.to_le_bytes());
                registers.extend([bits as u64, (bits >> 64) as u64]);
            }
            WastArgCore::RefNull(_) => registers.push(0),
            WastArgCore::RefExtern(host) | WastArgCore::RefHost(host) => {
                let new = store.new_extern(*host, inspector)?;
                held.push((registers.len(), store.add_handle(new)?));
                registers.push(0);
            }
        }
    }
    for (register, handle) in held {
        registers[register] = store.handle(handle).register();
    }
    store.pop_handles(kept)?;
    Ok(registers)
}

/// Whether an argument has the number type, or the hierarchy, of a parameter.
pub(super) fn fits(arg: &WastArgCore<'_>, ty: ValType) -> bool {
    match (arg, ty) {
        (WastArgCore::I32(_), ValType::I32)
        | (WastArgCore::I64(_), ValType::I64)
        | (WastArgCore::F32(_), ValType::F32)
        | (WastArgCore::F64(_), ValType::F64)
        | (WastArgCore::V128(_), ValType::V128) => true,
        (WastArgCore::RefNull(_), ValType::Ref(ty)) => ty.nullable,
        (WastArgCore::RefExtern(_), ValType::Ref(ty)) => ty.heap == HeapType::Extern,
        (WastArgCore::RefHost(_), ValType::Ref(ty)) => ty.heap == HeapType::Any,
        _ => false,
    }
}
