//! Values of the host as values of Wasmtime, and back.

use crate::roots::{Object, Root, address};
use crate::state::{State, Value};
use gcdiff::types::{HeapType, RefType, ValType};
use std::rc::Rc;
use wasmtime::{AnyRef, AsContextMut, ExternRef, I31, Ref, Result, StoreContextMut, V128, Val};

/// A value as one of a type, in the present scope.
pub fn to_val(mut store: StoreContextMut<'_, State>, value: Value, ty: ValType) -> Result<Val> {
    Ok(match (value, ty) {
        (Value::Number([low, _]), ValType::I32) => Val::I32(low as i32),
        (Value::Number([low, _]), ValType::I64) => Val::I64(low as i64),
        (Value::Number([low, _]), ValType::F32) => Val::F32(low as u32),
        (Value::Number([low, _]), ValType::F64) => Val::F64(low),
        (Value::Number([low, high]), _) => {
            Val::V128(V128::from(u128::from(high) << 64 | u128::from(low)))
        }
        (Value::Null, ValType::Ref(ty)) => match hierarchy(ty) {
            HeapType::Func => Val::FuncRef(None),
            HeapType::Extern => Val::ExternRef(None),
            #[cfg(feature = "recent")]
            HeapType::Exn => Val::ExnRef(None),
            _ => Val::AnyRef(None),
        },
        (Value::Func(index), _) => Val::FuncRef(Some(store.data().funcs[index as usize].0)),
        (Value::I31(bits), ValType::Ref(ty)) => {
            let any = AnyRef::from_i31(&mut store, I31::wrapping_u32(bits));
            as_hierarchy(store, Object::Any(any), ty)?
        }
        (Value::Object(root), ValType::Ref(ty)) => {
            let object = object(&mut store, root);
            as_hierarchy(store, object, ty)?
        }
        (value, ty) => panic!("{value:?} is no {ty:?}"),
    })
}

/// A value as an element of a table.
pub fn to_ref(store: StoreContextMut<'_, State>, value: Value, ty: RefType) -> Result<Ref> {
    let val = to_val(store, value, ValType::Ref(ty))?;
    Ok(val
        .ref_()
        .expect("values of reference types are references"))
}

fn as_hierarchy(store: StoreContextMut<'_, State>, object: Object, ty: RefType) -> Result<Val> {
    Ok(match object {
        Object::Any(any) if hierarchy(ty) == HeapType::Extern => {
            Val::ExternRef(Some(ExternRef::convert_any(store, any)?))
        }
        Object::Any(any) => Val::AnyRef(Some(any)),
        #[cfg(feature = "recent")]
        Object::Exception(exn) => Val::ExnRef(Some(exn)),
    })
}

/// The top of a type's hierarchy.
fn hierarchy(ty: RefType) -> HeapType {
    ty.heap.top()
}

/// A reference in the present scope to the object of a temporary root.
pub fn object(store: &mut StoreContextMut<'_, State>, root: u32) -> Object {
    let root = Rc::clone(&store.data().temporaries[root as usize]);
    root.object(store)
}

/// A reference to an object as a value, with a temporary root.
pub fn of_object(mut store: StoreContextMut<'_, State>, object: Object) -> Result<Value> {
    let root = Rc::new(Root::new(object, &mut store)?);
    let temporaries = &mut store.data_mut().temporaries;
    temporaries.push(root);
    Ok(Value::Object(temporaries.len() as u32 - 1))
}

/// A value whose object has no root yet.
pub enum Unrooted {
    Value(Value),
    Object(Object),
}

/// Reads a value of Wasmtime.
pub fn unrooted(mut store: StoreContextMut<'_, State>, val: &Val) -> Result<Unrooted> {
    let value = match val {
        Val::I32(value) => Value::Number([u64::from(*value as u32), 0]),
        Val::I64(value) => Value::Number([*value as u64, 0]),
        Val::F32(bits) => Value::Number([u64::from(*bits), 0]),
        Val::F64(bits) => Value::Number([*bits, 0]),
        Val::V128(bits) => {
            let bits = bits.as_u128();
            Value::Number([bits as u64, (bits >> 64) as u64])
        }
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) => Value::Null,
        Val::FuncRef(Some(func)) => {
            let address = address(*func, store.as_context_mut());
            match store.data().func_index.get(&address) {
                Some(index) => Value::Func(*index),
                None => panic!("a reference to a function that the store does not have"),
            }
        }
        Val::ExternRef(Some(external)) => {
            let any = AnyRef::convert_extern(&mut store, *external)?;
            return unrooted(store, &Val::AnyRef(Some(any)));
        }
        Val::AnyRef(Some(any)) => match any.as_i31(&store)? {
            Some(i31) => Value::I31(i31.get_u32()),
            None => return Ok(Unrooted::Object(Object::Any(*any))),
        },
        #[cfg(feature = "recent")]
        Val::ExnRef(None) => Value::Null,
        #[cfg(feature = "recent")]
        Val::ExnRef(Some(exn)) => return Ok(Unrooted::Object(Object::Exception(*exn))),
        #[allow(unreachable_patterns)] // release 31 has no other
        other => panic!("{other:?} is of no type that modules have here"),
    };
    Ok(Unrooted::Value(value))
}

/// A value of Wasmtime, with a temporary root if it refers to an object.
pub fn of_val(mut store: StoreContextMut<'_, State>, val: &Val) -> Result<Value> {
    match unrooted(store.as_context_mut(), val)? {
        Unrooted::Value(value) => Ok(value),
        Unrooted::Object(object) => of_object(store, object),
    }
}
