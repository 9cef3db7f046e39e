//! Everything that an embedder sees at the end of a run.

use crate::convert::{Unrooted, unrooted};
use crate::roots::{Object, Root};
use crate::state::{HandleValue, State, Value, signed_i31};
use gcdiff::heap::Shape;
use gcdiff::observe::{Graph, MemoryBytes, Observation, ObservedValue};
use gcdiff::types::StorageKind;
use std::collections::HashMap;
use std::rc::Rc;
use wasmtime::{AsContextMut, ExternRef, HeapType, Result, RootScope, StoreContextMut, Val};

/// The most bytes of memories, and the most values of objects and tables, in an answer.
const MEMORIES: usize = 4 << 20;
const VALUES: usize = 1 << 20;

/// Why there is no observation.
pub enum ObserveError {
    Error(wasmtime::Error),
    TooLarge(String),
}

impl From<wasmtime::Error> for ObserveError {
    fn from(error: wasmtime::Error) -> ObserveError {
        ObserveError::Error(error)
    }
}

/// Observes a store: everything but the steps that led to it.
pub fn observe(
    store: &mut StoreContextMut<'_, State>,
) -> std::result::Result<Observation, ObserveError> {
    let mut scope = RootScope::new(store);
    let mut walk = Walk {
        store: scope.as_context_mut(),
        numbers: HashMap::new(),
        objects: Vec::new(),
        values: 0,
    };
    let globals: Vec<_> = walk.store.data().globals.values().copied().collect();
    let mut seen = Observation::default();
    for global in globals {
        let val = global.get(&mut walk.store);
        seen.globals.push(walk.value(&val, None)?);
    }
    let tables: Vec<_> = walk.store.data().tables.values().copied().collect();
    for table in tables {
        let mut elements = Vec::new();
        for index in 0..table.size(&walk.store) {
            let element = table.get(&mut walk.store, index);
            let element = element.expect("the index is within the table");
            elements.push(walk.value(&element.into(), None)?);
        }
        seen.tables.push(elements);
    }
    let handles = walk.store.data().handles.clone();
    for handle in handles {
        let value = match handle {
            None => ObservedValue::Null,
            Some(HandleValue::I31(bits)) => ObservedValue::I31(signed_i31(bits)),
            Some(HandleValue::Object(root)) => walk.rooted(&root)?,
        };
        seen.kept.push(value);
    }
    let memories: Vec<_> = walk.store.data().memories.values().copied().collect();
    let bytes: usize = memories
        .iter()
        .map(|memory| memory.data_size(&walk.store))
        .sum();
    if bytes > MEMORIES {
        let why = format!("memories of {bytes} bytes are too large for an answer");
        return Err(ObserveError::TooLarge(why));
    }
    let memories = memories
        .iter()
        .map(|memory| MemoryBytes::new(memory.data(&walk.store)));
    seen.memories = memories.collect();
    seen.graph = walk.graph()?;
    Ok(seen)
}

/// Objects are numbered in the order in which references to them are met.
struct Walk<'a> {
    store: StoreContextMut<'a, State>,
    /// Numbers of objects by the hash of their identity.
    numbers: HashMap<u64, Vec<u32>>,
    objects: Vec<Object>,
    /// Values read so far.
    values: usize,
}

impl Walk<'_> {
    fn value(
        &mut self,
        val: &Val,
        packed: Option<StorageKind>,
    ) -> Result<ObservedValue, ObserveError> {
        self.values += 1;
        if self.values > VALUES {
            let why = format!("more than {VALUES} values are too many for an answer");
            return Err(ObserveError::TooLarge(why));
        }
        Ok(match unrooted(self.store.as_context_mut(), val)? {
            Unrooted::Object(object) => ObservedValue::Object(self.number(object)?),
            Unrooted::Value(Value::Number([low, high])) => match (val, packed) {
                (Val::V128(_), _) => ObservedValue::Vector([low, high]),
                (_, Some(StorageKind::B8)) => ObservedValue::Bits(low & 0xff),
                (_, Some(StorageKind::B16)) => ObservedValue::Bits(low & 0xffff),
                _ => ObservedValue::Bits(low),
            },
            Unrooted::Value(Value::Null) => ObservedValue::Null,
            Unrooted::Value(Value::I31(bits)) => ObservedValue::I31(signed_i31(bits)),
            Unrooted::Value(Value::Func(index)) => ObservedValue::Func(index),
            Unrooted::Value(Value::Object(_)) => unreachable!("objects are seen without roots"),
        })
    }

    fn rooted(&mut self, root: &Rc<Root>) -> Result<ObservedValue> {
        let object = root.object(&mut self.store);
        Ok(ObservedValue::Object(self.number(object)?))
    }

    fn number(&mut self, object: Object) -> Result<u32> {
        let hash = object.hash(&self.store)?;
        let same_hash = self.numbers.entry(hash).or_default();
        for number in same_hash.iter() {
            if self.objects[*number as usize].is_same(&object, &self.store)? {
                return Ok(*number);
            }
        }
        let number = self.objects.len() as u32;
        same_hash.push(number);
        self.objects.push(object);
        Ok(number)
    }

    /// Reads all objects that are reachable.
    fn graph(mut self) -> Result<Graph, ObserveError> {
        let mut graph = Graph::default();
        let mut next = 0;
        while let Some(object) = self.objects.get(next).copied() {
            next += 1;
            let (shape, word, values) = self.read(object)?;
            graph.push(shape, word, &values);
        }
        Ok(graph)
    }

    fn read(&mut self, object: Object) -> Result<(Shape, u32, Vec<ObservedValue>), ObserveError> {
        let any = match object {
            Object::Any(any) => any,
            #[cfg(feature = "recent")]
            Object::Exception(exception) => return self.read_exception(exception),
        };
        let own = std::sync::Arc::clone(&self.store.data().host.module);
        match any.ty(&self.store)? {
            HeapType::ConcreteStruct(ty) => {
                let id = self
                    .store
                    .data()
                    .struct_id(&ty)
                    .expect("the module has all types");
                let of_struct = any.unwrap_struct(&self.store)?;
                let fields = own.types.fields(id);
                let mut values = Vec::with_capacity(fields.len());
                for (index, field) in fields.iter().enumerate() {
                    let val = of_struct.field(&mut self.store, index)?;
                    values.push(self.value(&val, Some(field.storage.storage_kind()))?);
                }
                Ok((Shape::Struct(id), 0, values))
            }
            HeapType::ConcreteArray(ty) => {
                let id = self
                    .store
                    .data()
                    .array_id(&ty)
                    .expect("the module has all types");
                let array = any.unwrap_array(&self.store)?;
                let packed = own.types.element(id).storage.storage_kind();
                let mut values = Vec::new();
                for index in 0..array.len(&self.store)? {
                    let val = array.get(&mut self.store, index)?;
                    values.push(self.value(&val, Some(packed))?);
                }
                Ok((Shape::Array(id), 0, values))
            }
            _ => {
                let external = ExternRef::convert_any(&mut self.store, any)?;
                let data = external.data(&self.store)?;
                let id = data.and_then(|data| data.downcast_ref::<u32>());
                let id = *id.expect("the host makes all external values");
                Ok((Shape::Extern, id, Vec::new()))
            }
        }
    }

    #[cfg(feature = "recent")]
    fn read_exception(
        &mut self,
        exception: wasmtime::Rooted<wasmtime::ExnRef>,
    ) -> Result<(Shape, u32, Vec<ObservedValue>), ObserveError> {
        let tag = exception.tag(&mut self.store)?;
        let state = self.store.data();
        let mut tags = state.tags.iter();
        let found = tags.find(|(_, known)| wasmtime::Tag::eq(known, &tag, &self.store));
        let index = *found.expect("all tags are exported").0;
        let id = state.host.module.tags[index as usize];
        let count = state.types.func(id).params.len();
        let mut values = Vec::with_capacity(count);
        for field in 0..count {
            let val = exception.field(&mut self.store, field)?;
            values.push(self.value(&val, None)?);
        }
        Ok((Shape::Exception(id), index, values))
    }
}
