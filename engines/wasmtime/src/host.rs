//! A store of Wasmtime as the embedder of a case works with it.

use crate::convert::{object, of_object, of_val, to_ref, to_val};
use crate::ended::{Why, why};
use crate::roots::{Object, Root};
use crate::state::{Held, State, Value};
use gcdiff::case::RunError;
use gcdiff::case::embedder::{EmbedderStore, Host, Initial};
use gcdiff::engine::{Deed, Stop, Trap};
use gcdiff::module::{ExportItem, ExternType};
use gcdiff::observe::ObservedValue;
use gcdiff::types::{FuncType, HeapType, RefType, TypeId, ValType};
use std::rc::Rc;
use wasmtime::{
    ArrayRef, ArrayRefPre, AsContextMut, Error, ExternRef, Result, RootScope, StorageType,
    StoreContextMut, StructRef, StructRefPre, Val,
};

/// The outcome of a method of the host.
type Done<T> = std::result::Result<T, Stop>;

/// A store, from outside or in a call of the host.
pub struct HostStore<'a> {
    pub store: StoreContextMut<'a, State>,
}

impl HostStore<'_> {
    /// Ends the temporary roots from a number on.
    pub fn end_roots(&mut self, first: usize) {
        let state = self.store.data_mut();
        let first = first.min(state.temporaries.len());
        for root in state.temporaries.split_off(first) {
            Root::end(root, &mut self.store);
        }
    }

    /// What stops a run whose call or operation has failed.
    pub fn stop(&mut self, error: Error) -> Stop {
        match why(&error) {
            // Kinds of traps are not compared.
            Why::Trapped(_) => Stop::Trap(Trap::Unreachable),
            Why::Threw => {
                self.store.data_mut().exception = pending(&mut self.store);
                Stop::Exception
            }
            Why::Host(stop) => stop,
            Why::Limit(why) => {
                self.store.data_mut().gave_up = Some(why);
                Stop::Inspector
            }
        }
    }

    fn done<T>(&mut self, done: Result<T>) -> Done<T> {
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
        let ty = self.func_type(index);
        let (func, _) = self.store.data().funcs[index as usize];
        let mut scope = RootScope::new(&mut self.store);
        let args = args.iter().zip(&ty.params);
        let args = args.map(|(value, ty)| to_val(scope.as_context_mut(), *value, *ty));
        let args: Vec<Val> = args.collect::<Result<_>>()?;
        let mut results = vec![Val::I32(0); ty.results.len()];
        func.call(&mut scope, &args, &mut results)?;
        let results = results.iter();
        results
            .map(|val| of_val(scope.as_context_mut(), val))
            .collect()
    }

    fn func_type(&self, index: u32) -> FuncType {
        let state = self.store.data();
        let (_, ty) = state.funcs[index as usize];
        match ty {
            Some(ty) => state.own.types.func(ty).clone(),
            None => FuncType {
                params: Box::default(),
                results: Box::default(),
            },
        }
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
        let ty = state.own.globals[global as usize].value;
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
        let ty = state.own.tables[table as usize].element;
        let table = state.tables[&table];
        let mut scope = RootScope::new(&mut self.store);
        let element = to_ref(scope.as_context_mut(), value, ty)?;
        table.set(&mut scope, index.into(), element)
    }

    /// gcdiff's type of an object. An external value has none but `extern`.
    fn try_heap_type(&mut self, root: u32) -> Result<HeapType> {
        let mut scope = RootScope::new(&mut self.store);
        let any = match object(&mut scope.as_context_mut(), root) {
            Object::Any(any) => any,
            #[cfg(feature = "v48")]
            Object::Exception(_) => return Ok(HeapType::Exn),
        };
        let ty = any.ty(&scope)?;
        let state = scope.as_context_mut();
        let state = state.data();
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

    fn try_is_same(&mut self, a: u32, b: u32) -> Result<bool> {
        let mut scope = RootScope::new(&mut self.store);
        let mut store = scope.as_context_mut();
        let (a, b) = (object(&mut store, a), object(&mut store, b));
        a.is_same(&b, store)
    }
}

/// Takes the pending exception of a store.
#[cfg(feature = "v48")]
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

    fn number(&mut self, _: ValType, bits: u64) -> Value {
        Value::Number([bits, 0])
    }

    fn null(&mut self, _: RefType) -> Value {
        Value::Null
    }

    fn i31(&mut self, _: RefType, bits: u32) -> Value {
        Value::I31(bits << 1 >> 1)
    }

    fn function(&mut self, ty: HeapType, start: u64) -> Option<Value> {
        let state = self.store.data();
        let count = state.funcs.len() as u64;
        let start = (start % count.max(1)) as usize;
        let all = (start..count as usize).chain(0..start);
        let types = &state.own.types;
        let mut fitting = all.filter(|index| match (ty, state.funcs[*index].1) {
            (HeapType::Func, _) => true,
            (ty, Some(id)) => types.heap_matches(HeapType::ConcreteFunc(id), ty),
            (_, None) => false,
        });
        fitting.next().map(|index| Value::Func(index as u32))
    }

    fn new_extern(&mut self, id: u32) -> Done<Value> {
        let made = self.try_new_extern(id);
        self.done(made)
    }

    fn new_default(&mut self, ty: TypeId, len: u32) -> Done<Value> {
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
            Value::I31(bits) => ObservedValue::I31((bits << 1) as i32 >> 1),
            Value::Func(index) => ObservedValue::Func(index),
            Value::Object(_) => return None,
        })
    }

    fn is_same(&mut self, a: Value, b: Value) -> bool {
        match (a, b) {
            (Value::Object(a), Value::Object(b)) => {
                let same = self.try_is_same(a, b);
                same.unwrap_or_else(|error| panic!("{error:#}"))
            }
            (a, b) => a == b,
        }
    }

    fn as_type(&mut self, value: Value, ty: RefType) -> Done<Option<Value>> {
        use HeapType::{Any, Eq, Extern, I31};
        let matches = match value {
            Value::I31(_) => matches!(ty.heap, Any | Eq | Extern | I31),
            Value::Object(root) => {
                let known = self.try_heap_type(root);
                match (self.done(known)?, ty.heap) {
                    (HeapType::Exn, wanted) => wanted == HeapType::Exn,
                    // An internalised external value has the type `any` and no other.
                    (Extern, wanted) => matches!(wanted, Any | Extern),
                    (_, Extern) => true,
                    (known, wanted) => self.store.data().own.types.heap_matches(known, wanted),
                }
            }
            Value::Number(_) | Value::Null | Value::Func(_) => false,
        };
        Ok(matches.then_some(value))
    }

    fn handles(&self) -> usize {
        self.store.data().handles.len()
    }

    fn handle(&mut self, handle: u32) -> Option<Value> {
        let state = self.store.data_mut();
        Some(match state.handles[handle as usize].clone()? {
            Held::I31(bits) => Value::I31(bits),
            Held::Object(root) => {
                state.temporaries.push(root);
                Value::Object(state.temporaries.len() as u32 - 1)
            }
        })
    }

    fn add_handle(&mut self, reference: Value) -> Done<u32> {
        let state = self.store.data_mut();
        let held = match reference {
            Value::I31(bits) => Some(Held::I31(bits)),
            Value::Object(root) => {
                let root = &state.temporaries[root as usize];
                Some(Held::Object(Rc::clone(root)))
            }
            Value::Number(_) | Value::Null | Value::Func(_) => None,
        };
        state.handles.push(held);
        Ok(state.handles.len() as u32 - 1)
    }

    fn drop_handle(&mut self, handle: u32) -> Done<()> {
        let held = self.store.data_mut().handles[handle as usize].take();
        if let Some(Held::Object(root)) = held {
            Root::end(root, &mut self.store);
        }
        Ok(())
    }

    fn pop_handles(&mut self, keep: usize) -> Done<()> {
        for held in self.store.data_mut().handles.split_off(keep) {
            if let Some(Held::Object(root)) = held {
                Root::end(root, &mut self.store);
            }
        }
        Ok(())
    }

    fn take_exception(&mut self) -> Done<u32> {
        let state = self.store.data_mut();
        let exception = state.exception.take().map(Held::Object);
        state.handles.push(exception);
        Ok(state.handles.len() as u32 - 1)
    }

    fn import(&mut self, import: u32, ty: ExternType, initial: Initial<Value>) -> Done<()> {
        let made = self.try_import(import, ty, initial);
        self.done(made)
    }

    fn instantiate(&mut self) -> std::result::Result<(), RunError> {
        let done = self.try_instantiate();
        Ok(self.done(done)?)
    }

    fn call(&mut self, func: u32, args: &[Value]) -> Done<Vec<Value>> {
        let done = self.try_call(func, args);
        self.done(done)
    }

    fn set_result(&mut self, call: usize, index: usize, value: Value) -> Done<()> {
        self.store.data_mut().results[call][index] = value;
        Ok(())
    }

    fn global(&mut self, global: u32) -> Value {
        self.try_global(global)
            .unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn set_global(&mut self, global: u32, value: Value) -> Done<()> {
        let done = self.try_set_global(global, value);
        self.done(done)
    }

    fn element(&mut self, table: u32, index: u32) -> Option<Value> {
        let element = self.try_element(table, index);
        element.unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn set_element(&mut self, table: u32, index: u32, value: Value) -> Done<()> {
        let done = self.try_set_element(table, index, value);
        self.done(done)
    }

    fn collect(&mut self) -> Done<()> {
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

    fn begin(&mut self, deed: Deed) -> Done<()> {
        // What a step has made is no root after it, unless there is a handle.
        if deed.host_call.is_none() && self.store.data().results.is_empty() {
            self.end_roots(0);
        }
        Ok(())
    }
}

/// Collects.
#[cfg(feature = "v48")]
pub fn collect(store: &mut StoreContextMut<'_, State>) -> Result<()> {
    store.gc(None)
}

#[cfg(feature = "v31")]
pub fn collect(store: &mut StoreContextMut<'_, State>) -> Result<()> {
    store.gc();
    Ok(())
}
