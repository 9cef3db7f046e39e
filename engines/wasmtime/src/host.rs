//! A store of Wasmtime as the embedder of a case works with it.

use crate::convert::{of_object, of_val, to_ref, to_val};
use crate::failure::{CallFailure, call_failure};
use crate::roots::{Object, Root};
use crate::state::{HandleValue, State, Value, signed_i31};
use gcdiff::case::RunError;
use gcdiff::case::embedder::{EmbedderStore, Host, Initial};
use gcdiff::engine::{Stop, Trap};
use gcdiff::module::{ExportItem, ExternType};
use gcdiff::observe::ObservedValue;
use gcdiff::types::{HeapType, RefType, TypeId, ValType};
use std::rc::Rc;
use wasmtime::{
    ArrayRef, ArrayRefPre, AsContextMut, Error, ExternRef, Result, RootScope, StorageType,
    StoreContextMut, StructRef, StructRefPre, Val,
};

/// The most work of a host: some seconds.
const WORK: u64 = 200_000_000;

/// The outcome of a method of the host.
type HostResult<T> = std::result::Result<T, Stop>;

/// A store, from outside or in a call of the host.
pub struct HostStore<'a> {
    pub store: StoreContextMut<'a, State>,
}

/// Ends the temporary roots. No value is used any more after a call or a collection, so none of them has to
/// outlive it: an object that is still reached then is so by the module or by a handle.
pub fn end_temporaries(store: &mut StoreContextMut<'_, State>) {
    for root in std::mem::take(&mut store.data_mut().temporaries) {
        Root::end(root, &mut *store);
    }
}

impl HostStore<'_> {
    /// What stops a run whose call or operation has failed.
    pub fn stop(&mut self, error: Error) -> Stop {
        match call_failure(&error) {
            // Kinds of traps are not compared.
            CallFailure::Trapped(_) => Stop::Trap(Trap::Unreachable),
            CallFailure::Threw => {
                self.store.data_mut().exception = pending(&mut self.store);
                Stop::Exception
            }
            CallFailure::Host(stop) => stop,
            CallFailure::Limit(why) => {
                self.store.data_mut().gave_up = Some(why);
                Stop::GaveUp
            }
        }
    }

    fn done<T>(&mut self, done: Result<T>) -> HostResult<T> {
        done.map_err(|error| self.stop(error))
    }

    fn try_new_default(&mut self, id: TypeId, len: u32) -> Result<Value> {
        let state = self.store.data();
        let (of_struct, of_array) = (state.struct_type(id), state.array_type(id));
        let mut scope = RootScope::new(&mut self.store);
        let any = match (of_struct, of_array) {
            (Some(ty), _) => {
                let zeros: Vec<Val> = ty.fields().map(|f| zero(f.element_type())).collect();
                let pre = StructRefPre::new(&mut scope, ty);
                StructRef::new(&mut scope, &pre, &zeros)?.to_anyref()
            }
            (None, Some(ty)) => {
                let element = zero(&ty.element_type());
                let pre = ArrayRefPre::new(&mut scope, ty);
                ArrayRef::new(&mut scope, &pre, &element, len)?.to_anyref()
            }
            (None, None) => panic!("{id:?} is not exported"),
        };
        of_object(scope.as_context_mut(), Object::Any(any))
    }

    fn try_new_extern(&mut self, id: u32) -> Result<Value> {
        let mut scope = RootScope::new(&mut self.store);
        let external = ExternRef::new(&mut scope, id)?;
        of_val(scope.as_context_mut(), &Val::ExternRef(Some(external)))
    }

    fn try_call(&mut self, index: u32, args: &[Value]) -> Result<Vec<Value>> {
        let state = self.store.data();
        let (func, id) = state.funcs[index as usize];
        let ty = state.types.func(id).clone();
        let mut scope = RootScope::new(&mut self.store);
        let args = args.iter().zip(&ty.params);
        let args = args.map(|(value, ty)| to_val(scope.as_context_mut(), *value, *ty));
        let args: Vec<Val> = args.collect::<Result<_>>()?;
        end_temporaries(&mut scope.as_context_mut());
        let mut results = vec![Val::I32(0); ty.results.len()];
        func.call(&mut scope, &args, &mut results)?;
        let results = results.iter();
        results
            .map(|val| of_val(scope.as_context_mut(), val))
            .collect()
    }

    /// The value of a global in a new scope, with a temporary root.
    fn try_global(&mut self, global: u32) -> Result<Value> {
        let global = self.store.data().globals[&global];
        let mut scope = RootScope::new(&mut self.store);
        let val = global.get(&mut scope);
        of_val(scope.as_context_mut(), &val)
    }

    fn try_set_global(&mut self, global: u32, value: Value) -> Result<()> {
        let state = self.store.data();
        let ty = state.host.module.globals[global as usize].value;
        let global = state.globals[&global];
        let mut scope = RootScope::new(&mut self.store);
        let val = to_val(scope.as_context_mut(), value, ty)?;
        global.set(&mut scope, val)
    }

    fn try_element(&mut self, table: u32, index: u32) -> Result<Option<Value>> {
        let table = self.store.data().tables[&table];
        let mut scope = RootScope::new(&mut self.store);
        match table.get(&mut scope, index.into()) {
            None => Ok(None),
            Some(element) => of_val(scope.as_context_mut(), &element.into()).map(Some),
        }
    }

    fn try_set_element(&mut self, table: u32, index: u32, value: Value) -> Result<()> {
        let state = self.store.data();
        let ty = state.host.module.tables[table as usize].element;
        let table = state.tables[&table];
        let mut scope = RootScope::new(&mut self.store);
        let element = to_ref(scope.as_context_mut(), value, ty)?;
        table.set(&mut scope, index.into(), element)
    }

    /// gcdiff's type of an object. An external value has none but `extern`.
    fn heap_type(&mut self, root: &Root) -> Result<HeapType> {
        let mut scope = RootScope::new(&mut self.store);
        let any = match root.object(&mut scope) {
            Object::Any(any) => any,
            #[cfg(feature = "recent")]
            Object::Exception(_) => return Ok(HeapType::Exn),
        };
        let ty = any.ty(&scope)?;
        let store = scope.as_context_mut();
        let state = store.data();
        let known = match &ty {
            wasmtime::HeapType::ConcreteStruct(ty) => {
                state.struct_id(ty).map(HeapType::ConcreteStruct)
            }
            wasmtime::HeapType::ConcreteArray(ty) => {
                state.array_id(ty).map(HeapType::ConcreteArray)
            }
            _ => Some(HeapType::Extern),
        };
        Ok(known
            .unwrap_or_else(|| panic!("an object has the type {ty:?}, which the module has not")))
    }
}

/// Takes the pending exception of a store.
#[cfg(feature = "recent")]
fn pending(store: &mut StoreContextMut<'_, State>) -> Option<Rc<Root>> {
    let mut scope = RootScope::new(store);
    let exception = scope.as_context_mut().take_pending_exception()?;
    let root = Root::new(Object::Exception(exception), &mut scope);
    Some(Rc::new(
        root.expect("a reference that was just made is rooted"),
    ))
}

#[cfg(feature = "v31")]
fn pending(_: &mut StoreContextMut<'_, State>) -> Option<Rc<Root>> {
    None
}

/// The default value of a field.
fn zero(ty: &StorageType) -> Val {
    match ty {
        StorageType::I8 | StorageType::I16 => Val::I32(0),
        StorageType::ValType(ty) => default_of(ty),
    }
}

fn default_of(ty: &wasmtime::ValType) -> Val {
    match ty {
        wasmtime::ValType::I32 => Val::I32(0),
        wasmtime::ValType::I64 => Val::I64(0),
        wasmtime::ValType::F32 => Val::F32(0),
        wasmtime::ValType::F64 => Val::F64(0),
        wasmtime::ValType::V128 => Val::V128(0.into()),
        wasmtime::ValType::Ref(ty) => Val::null_ref(ty.heap_type()),
    }
}

impl EmbedderStore for HostStore<'_> {
    type Value = Value;
    /// The number of the calls that were being answered before.
    type Call = usize;

    fn host(&mut self) -> &mut Host {
        &mut self.store.data_mut().host
    }

    fn number(&mut self, bits: u64) -> Value {
        Value::Number([bits, 0])
    }

    fn null(&mut self) -> Value {
        Value::Null
    }

    fn i31(&mut self, bits: u32) -> Value {
        Value::I31(bits << 1 >> 1)
    }

    fn function(&mut self, ty: HeapType, start: u64) -> Option<Value> {
        let state = self.store.data();
        let count = state.funcs.len() as u64;
        let start = (start % count.max(1)) as usize;
        let mut all = (start..count as usize).chain(0..start);
        let found = all.find(|index| {
            let of_func = HeapType::ConcreteFunc(state.funcs[*index].1);
            ty == HeapType::Func || state.types.heap_matches(of_func, ty)
        });
        found.map(|index| Value::Func(index as u32))
    }

    fn new_extern(&mut self, id: u32) -> HostResult<Value> {
        let made = self.try_new_extern(id);
        self.done(made)
    }

    fn new_default(&mut self, ty: TypeId, len: u32) -> HostResult<Value> {
        let made = self.try_new_default(ty, len);
        self.done(made)
    }

    fn plain(&mut self, ty: ValType, value: Value) -> Option<ObservedValue> {
        Some(match value {
            Value::Number([low, high]) => match ty {
                ValType::V128 => ObservedValue::Vector([low, high]),
                _ => ObservedValue::Bits(low),
            },
            Value::Null => ObservedValue::Null,
            Value::I31(bits) => ObservedValue::I31(signed_i31(bits)),
            Value::Func(index) => ObservedValue::Func(index),
            Value::Object(_) => return None,
        })
    }

    fn handles(&self) -> usize {
        self.store.data().handles.len()
    }

    fn is_null(&self, handle: u32) -> bool {
        self.store.data().handles[handle as usize].is_none()
    }

    fn holds(&mut self, handle: u32, reference: Value) -> bool {
        let state = self.store.data();
        match (&state.handles[handle as usize], reference) {
            (Some(HandleValue::Object(held)), Value::Object(root)) => {
                let same = held.is_same(&state.temporaries[root as usize], &self.store);
                same.unwrap_or_else(|error| panic!("{error:#}"))
            }
            (Some(HandleValue::I31(held)), Value::I31(bits)) => *held == bits,
            _ => false,
        }
    }

    fn has_type(&mut self, handle: u32, ty: RefType) -> HostResult<bool> {
        use HeapType::{Any, Eq, Exn, Extern, I31};
        let root = match &self.store.data().handles[handle as usize] {
            None => return Ok(false),
            Some(HandleValue::I31(_)) => return Ok(matches!(ty.heap, Any | Eq | Extern | I31)),
            Some(HandleValue::Object(root)) => Rc::clone(root),
        };
        let known = self.heap_type(&root);
        Ok(match (self.done(known)?, ty.heap) {
            (Exn, wanted) => wanted == Exn,
            (Extern, wanted) => matches!(wanted, Any | Extern),
            (_, Extern) => true,
            (known, wanted) => self.store.data().types.heap_matches(known, wanted),
        })
    }

    fn handle(&mut self, handle: u32) -> Value {
        let state = self.store.data_mut();
        match state.handles[handle as usize].clone() {
            None => Value::Null,
            Some(HandleValue::I31(bits)) => Value::I31(bits),
            Some(HandleValue::Object(root)) => {
                state.temporaries.push(root);
                Value::Object(state.temporaries.len() as u32 - 1)
            }
        }
    }

    fn add_handle(&mut self, reference: Value) -> HostResult<u32> {
        let state = self.store.data_mut();
        let held = match reference {
            Value::I31(bits) => Some(HandleValue::I31(bits)),
            Value::Object(root) => {
                let root = &state.temporaries[root as usize];
                Some(HandleValue::Object(Rc::clone(root)))
            }
            Value::Number(_) | Value::Null | Value::Func(_) => None,
        };
        state.handles.push(held);
        Ok(state.handles.len() as u32 - 1)
    }

    fn drop_handle(&mut self, handle: u32) -> HostResult<()> {
        let held = self.store.data_mut().handles[handle as usize].take();
        if let Some(HandleValue::Object(root)) = held {
            Root::end(root, &mut self.store);
        }
        Ok(())
    }

    fn pop_handles(&mut self, keep: usize) -> HostResult<()> {
        for held in self.store.data_mut().handles.split_off(keep) {
            if let Some(HandleValue::Object(root)) = held {
                Root::end(root, &mut self.store);
            }
        }
        Ok(())
    }

    fn take_exception(&mut self) -> HostResult<u32> {
        let state = self.store.data_mut();
        let exception = state.exception.take().map(HandleValue::Object);
        state.handles.push(exception);
        Ok(state.handles.len() as u32 - 1)
    }

    fn import(&mut self, import: u32, ty: ExternType, initial: Initial<Value>) -> HostResult<()> {
        let made = self.try_import(import, ty, initial);
        self.done(made)
    }

    fn instantiate(&mut self) -> std::result::Result<(), RunError> {
        let done = self.try_instantiate();
        Ok(self.done(done)?)
    }

    fn call(&mut self, func: u32, args: &[Value]) -> HostResult<Vec<Value>> {
        let done = self.try_call(func, args);
        self.done(done)
    }

    fn set_result(&mut self, call: usize, index: usize, value: Value) -> HostResult<()> {
        self.store.data_mut().results[call][index] = value;
        Ok(())
    }

    fn global(&mut self, global: u32) -> Value {
        self.try_global(global)
            .unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn set_global(&mut self, global: u32, value: Value) -> HostResult<()> {
        let done = self.try_set_global(global, value);
        self.done(done)
    }

    fn element(&mut self, table: u32, index: u32) -> Option<Value> {
        let element = self.try_element(table, index);
        element.unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn set_element(&mut self, table: u32, index: u32, value: Value) -> HostResult<()> {
        let done = self.try_set_element(table, index, value);
        self.done(done)
    }

    fn collect(&mut self) -> HostResult<()> {
        end_temporaries(&mut self.store);
        let done = collect(&mut self.store);
        self.done(done)
    }

    fn has_item(&mut self, item: ExportItem) -> bool {
        let state = self.store.data();
        match item {
            ExportItem::Func(index) => state.is_instantiated && state.funcs.len() > index as usize,
            ExportItem::Global(index) => state.globals.contains_key(&index),
            ExportItem::Table(index) => state.tables.contains_key(&index),
            ExportItem::Memory(index) => state.memories.contains_key(&index),
            ExportItem::Tag(_) => true,
        }
    }

    fn spend(&mut self, work: u64) -> HostResult<()> {
        let state = self.store.data_mut();
        state.work += work;
        if state.work <= WORK {
            return Ok(());
        }
        state.gave_up = Some("the host has too much work with its references".into());
        Err(Stop::GaveUp)
    }
}

/// Collects.
#[cfg(feature = "recent")]
pub fn collect(store: &mut StoreContextMut<'_, State>) -> Result<()> {
    store.gc(None)
}

#[cfg(feature = "v31")]
pub fn collect(store: &mut StoreContextMut<'_, State>) -> Result<()> {
    store.gc();
    Ok(())
}
