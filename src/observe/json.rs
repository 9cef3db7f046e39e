//! The JSON form of an observation, for exchange with other processes.
//!
//! ```
//! use gcdiff::case::read;
//! use gcdiff::engine::NoInspector;
//! use gcdiff::heap::null::Null;
//! use gcdiff::module::Module;
//! use gcdiff::observe::JsonObservation;
//! use std::sync::Arc;
//!
//! let text = b"(module (type $s (struct (field i8)))
//!   (func (export \"f\") (result anyref) (struct.new $s (i32.const 7))))";
//! let (case, _) = read(text).unwrap();
//! let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
//! let run = gcdiff::case::run(&case, &module, Null::new(1 << 16), &mut NoInspector);
//! let seen = run.observation.unwrap();
//! let json = serde_json::to_string(&JsonObservation::new(&seen, &module)).unwrap();
//! assert_eq!(json, r#"{"version":1,"#.to_string()
//!     + r#""steps":[{"export":null,"outcome":{"returned":[]}},"#
//!     + r#"{"export":"f","outcome":{"returned":[{"object":0}]}}],"#
//!     + r#""host_calls":[],"host_call_count":0,"globals":[],"tables":[],"memories":[],"#
//!     + r#""kept":[{"object":0}],"objects":[{"struct":0,"values":["0x7"]}]}"#);
//! let back: JsonObservation = serde_json::from_str(&json).unwrap();
//! assert_eq!(back.observation(&module).unwrap(), seen);
//! ```
//!
//! | key | meaning |
//! |---|---|
//! | `version` | 1. It increases when a reader of the old form would misread the new one |
//! | `steps` | instantiation, for which `export` is null, then each step of the plan, and how it ended: `{"returned": [VALUE, ...]}`, `{"trapped": "unreachable"}` or another [`Trap`] in its own words, `{"threw": VALUE}`, or `"no_argument"` where no argument fits |
//! | `host_calls` | calls of imported functions in order: `import` is an index among the module's imports, `args` are values; `act` and `did` are null, or what the host did in that call and how it ended |
//! | `host_call_count` | how many calls there were; only the first few thousand are in `host_calls` |
//! | `globals`, `tables` | values of all globals, elements of all tables, imported ones first |
//! | `memories` | bytes of each memory: `{"size": BYTES, "data": [[OFFSET, "00ff"], ...]}`, where data is in hexadecimal, two digits a byte, in the order of offsets, without overlaps, and within the size. All else is zero. A text with all bytes is read, too |
//! | `kept` | references that the host has kept, in the order in which it met them |
//! | `objects` | the objects behind all references, in any order; `{"object": N}` is the N-th from 0 |
//!
//! A VALUE is one of: `null`; the bits of a number as text, `"0x2a"`; `{"v128":
//! "0x..."}` with the first lane last; `{"i31": -3}`; `{"func": N}`, a function
//! by its index in the module; `{"object": N}`; or one of the words
//! `"dangling"` (a reference to no object), `"dropped"` (the host has dropped
//! it since), `"not kept"` (the host keeps no more references), `"reference"`
//! (known only to be non-null).
//!
//! An object is `{"struct": T, "values": [...]}`, `{"array": T, "values":
//! [...]}`, `{"exception": TAG, "type": T, "values": [...]}`, or `{"extern":
//! N}` where N is the host's id of the value. T is the lowest index of the type
//! in the module, or null if the object's header names no type of the module.
//! Packed fields are zero-extended. `"cut": true` marks an object that could be
//! read only up to its last value.

use super::graph::{Graph, Node};
use super::memory::MemoryBytes;
use super::observation::{Observation, ObservedHostCall, ObservedStep};
use super::packed::{Formats, StorageKinds, pack};
use super::value::ObservedValue;
use crate::heap::Shape;
use crate::module::Module;
use crate::types::{Composite, StorageKind, TypeId};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::HashMap;
use std::fmt;

#[cfg(doc)]
use crate::engine::Trap;

/// The version of the form that this crate writes and reads.
pub const VERSION: u32 = 1;

/// An observation in its JSON form. The table in the [module's documentation](self)
/// lists its keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonObservation {
    version: u32,
    steps: Vec<ObservedStep>,
    host_calls: Vec<ObservedHostCall>,
    host_call_count: u64,
    globals: Vec<ObservedValue>,
    tables: Vec<Vec<ObservedValue>>,
    #[serde(deserialize_with = "memories")]
    memories: Vec<MemoryBytes>,
    kept: Vec<ObservedValue>,
    objects: Vec<JsonObject>,
}

/// Memories, whose errors say which one it is.
fn memories<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MemoryBytes>, D::Error> {
    struct Memories;

    impl<'de> Visitor<'de> for Memories {
        type Value = Vec<MemoryBytes>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of memories")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut memories = Vec::new();
            loop {
                match seq.next_element() {
                    Ok(Some(memory)) => memories.push(memory),
                    Ok(None) => return Ok(memories),
                    Err(error) => {
                        let number = memories.len();
                        return Err(A::Error::custom(format_args!("memory {number}: {error}")));
                    }
                }
            }
        }
    }

    deserializer.deserialize_seq(Memories)
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged, try_from = "Keys")]
enum JsonObject {
    Struct {
        r#struct: Option<u32>,
        values: Vec<ObservedValue>,
        #[serde(skip_serializing_if = "is_false")]
        cut: bool,
    },
    Array {
        array: Option<u32>,
        values: Vec<ObservedValue>,
        #[serde(skip_serializing_if = "is_false")]
        cut: bool,
    },
    Exception {
        exception: u32,
        r#type: Option<u32>,
        values: Vec<ObservedValue>,
        #[serde(skip_serializing_if = "is_false")]
        cut: bool,
    },
    Extern {
        r#extern: u32,
    },
}

/// The keys of objects of any kind. To read all of them and then look which there are takes a third of the
/// time of trying one kind after the other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(default, deserialize_with = "present")]
    r#struct: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    array: Option<Option<u32>>,
    #[serde(default, deserialize_with = "present")]
    exception: Option<u32>,
    r#type: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    r#extern: Option<u32>,
    #[serde(default, deserialize_with = "present")]
    values: Option<Vec<ObservedValue>>,
    #[serde(default, deserialize_with = "present")]
    cut: Option<bool>,
}

/// The value of a key that is present. Where it may be null, that is not the same as an absent key.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

impl TryFrom<Keys> for JsonObject {
    type Error = &'static str;

    fn try_from(keys: Keys) -> Result<JsonObject, &'static str> {
        let cut = keys.cut.unwrap_or_default();
        let kinds = (keys.r#struct, keys.array, keys.exception, keys.r#extern);
        match (kinds, keys.values, keys.r#type) {
            ((Some(r#struct), None, None, None), Some(values), None) => Ok(JsonObject::Struct {
                r#struct,
                values,
                cut,
            }),
            ((None, Some(array), None, None), Some(values), None) => {
                Ok(JsonObject::Array { array, values, cut })
            }
            ((None, None, Some(exception), None), Some(values), r#type) => {
                Ok(JsonObject::Exception {
                    exception,
                    r#type,
                    values,
                    cut,
                })
            }
            ((None, None, None, Some(r#extern)), None, None) if keys.cut.is_none() => {
                Ok(JsonObject::Extern { r#extern })
            }
            _ => Err(
                "expected an object with the keys struct and values, array and values, exception, \
                 type and values, or extern",
            ),
        }
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

/// JSON that is not an observation of a run of the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonError {
    /// The position, and what was expected there.
    pub message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for JsonError {}

fn error<T>(message: String) -> Result<T, JsonError> {
    Err(JsonError { message })
}

impl JsonObservation {
    /// The JSON form of an observation of a run of `module`.
    pub fn new(seen: &Observation, module: &Module) -> JsonObservation {
        let objects = 0..seen.graph.nodes.len();
        let indices = indices(module);
        JsonObservation {
            version: VERSION,
            steps: seen.steps.clone(),
            host_calls: seen.host_calls.clone(),
            host_call_count: seen.host_call_count,
            globals: seen.globals.clone(),
            tables: seen.tables.clone(),
            memories: seen.memories.clone(),
            kept: seen.kept.clone(),
            objects: objects.map(|n| object(&seen.graph, n, &indices)).collect(),
        }
    }

    /// The observation of a run of `module`. References to missing objects
    /// become [`ObservedValue::Dangling`] when they are compared.
    ///
    /// # Errors
    ///
    /// If the version is unknown, or the form does not fit the module's types.
    pub fn observation(self, module: &Module) -> Result<Observation, JsonError> {
        if self.version != VERSION {
            return error(format!(
                "version {}: this program reads version {VERSION}",
                self.version
            ));
        }
        let mut graph = Graph::default();
        let mut formats = Formats::default();
        for (number, object) in self.objects.into_iter().enumerate() {
            add(&mut graph, &mut formats, object, module).map_err(|message| JsonError {
                message: format!("object {number}: {message}"),
            })?;
        }
        Ok(Observation {
            steps: self.steps,
            host_calls: self.host_calls,
            host_call_count: self.host_call_count,
            globals: self.globals,
            tables: self.tables,
            memories: self.memories,
            kept: self.kept,
            graph,
        })
    }
}

/// The lowest index in the module of each of its types.
fn indices(module: &Module) -> HashMap<TypeId, u32> {
    let mut indices = HashMap::new();
    for (id, index) in module.type_ids.iter().zip(0..) {
        indices.entry(*id).or_insert(index);
    }
    indices
}

fn object(graph: &Graph, number: usize, indices: &HashMap<TypeId, u32>) -> JsonObject {
    let index = |id: TypeId| indices.get(&id).copied();
    let node = graph.nodes[number];
    let cut = graph.packed(number).0.cut;
    let mut values: Vec<ObservedValue> = graph.values_of(number as u32).collect();
    if cut {
        // Drop the value that could not be read.
        values.pop();
    }
    match node.shape {
        Shape::Struct(id) => JsonObject::Struct {
            r#struct: index(id),
            values,
            cut,
        },
        Shape::Array(id) => JsonObject::Array {
            array: index(id),
            values,
            cut,
        },
        Shape::Exception(id) => JsonObject::Exception {
            exception: node.word,
            r#type: index(id),
            values,
            cut,
        },
        Shape::Extern => JsonObject::Extern {
            r#extern: node.word,
        },
    }
}

/// Adds an object to a graph, packed as the walk over a heap packs it.
fn add(
    graph: &mut Graph,
    formats: &mut Formats,
    object: JsonObject,
    module: &Module,
) -> Result<(), String> {
    let id = |index: Option<u32>| {
        let id = index.and_then(|index| module.type_ids.get(index as usize));
        id.copied().ok_or_else(|| match index {
            Some(index) => format!("the module has no type {index}"),
            None => "its type is not one of the module's".to_string(),
        })
    };
    let (shape, word, values, cut) = match object {
        JsonObject::Struct {
            r#struct,
            values,
            cut,
        } => (Shape::Struct(id(r#struct)?), 0, values, cut),
        JsonObject::Array { array, values, cut } => (Shape::Array(id(array)?), 0, values, cut),
        JsonObject::Exception {
            exception,
            r#type,
            values,
            cut,
        } => (Shape::Exception(id(r#type)?), exception, values, cut),
        JsonObject::Extern { r#extern } => (Shape::Extern, r#extern, Vec::new(), false),
    };
    let entry = match shape {
        Shape::Struct(id) | Shape::Array(id) | Shape::Exception(id) => module.types.get(id),
        Shape::Extern => None,
    };
    let fields = entry.map_or(&[][..], |entry| &entry.layout.fields[..]);
    let composite = entry.map(|entry| &entry.sub.composite);
    let fits = match (shape, composite) {
        (Shape::Struct(_), Some(Composite::Struct(_)))
        | (Shape::Exception(_), Some(Composite::Func(_))) => match cut {
            true => values.len() < fields.len(),
            false => values.len() == fields.len(),
        },
        (Shape::Array(_), Some(Composite::Array(_))) | (Shape::Extern, None) => true,
        _ => return Err("its type is of another kind".into()),
    };
    if !fits {
        return Err(format!(
            "{} values, but its type has {} fields",
            values.len(),
            fields.len()
        ));
    }
    let element = match composite {
        Some(Composite::Array(element)) => Some(element.storage.storage_kind()),
        _ => None,
    };
    let start = graph.bytes.len();
    for (at, value) in values.iter().enumerate() {
        let kind = element.or_else(|| fields.get(at).map(|field| field.kind));
        let packed = kind.is_some_and(|kind| pack_as(kind, *value, &mut graph.bytes));
        if !packed {
            return Err(format!("value {at} is not of the type of its field"));
        }
    }
    let read = values.len();
    let at = cut.then_some(match element {
        Some(_) => 0,
        None => read as u32,
    });
    let format = formats.number(&mut graph.formats, (shape, at), || match element {
        Some(kind) => StorageKinds::All(kind),
        None => StorageKinds::Each(fields[..read].iter().map(|field| field.kind).collect()),
    });
    graph.nodes.push(Node {
        shape,
        word,
        format,
        start,
    });
    Ok(())
}

/// Appends a value in the width of its storage kind. Returns false if it does not fit.
fn pack_as(kind: StorageKind, value: ObservedValue, out: &mut Vec<u8>) -> bool {
    match (kind, value) {
        (
            StorageKind::Gc,
            ObservedValue::Null
            | ObservedValue::I31(_)
            | ObservedValue::Object(_)
            | ObservedValue::Dangling,
        )
        | (StorageKind::Func, ObservedValue::Null | ObservedValue::Func(_))
        | (StorageKind::B128, ObservedValue::Vector(_)) => pack(value, out),
        (
            StorageKind::B8 | StorageKind::B16 | StorageKind::B32 | StorageKind::B64,
            ObservedValue::Bits(bits),
        ) => {
            let width = kind.width() as usize;
            let bytes = bits.to_le_bytes();
            if bytes[width..].iter().any(|byte| *byte != 0) {
                return false;
            }
            out.extend_from_slice(&bytes[..width]);
        }
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_of_one_kind() {
        let read = |text: &str| serde_json::from_str::<JsonObject>(text);
        for text in [
            r#"{"struct":0,"values":["0x7"]}"#,
            r#"{"values":[],"struct":null}"#,
            r#"{"array":1,"values":[null],"cut":true}"#,
            r#"{"exception":0,"type":2,"values":[]}"#,
            r#"{"exception":0,"values":[]}"#,
            r#"{"extern":3}"#,
        ] {
            let object = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let again = serde_json::to_string(&object).unwrap();
            assert_eq!(read(&again).unwrap(), object, "{text}");
        }
        for text in [
            "{}",
            r#"{"values":[]}"#,
            r#"{"struct":0}"#,
            r#"{"struct":0,"values":null}"#,
            r#"{"struct":0,"struct":0,"values":[]}"#,
            r#"{"struct":0,"array":null,"values":[]}"#,
            r#"{"struct":0,"type":1,"values":[]}"#,
            r#"{"exception":null,"type":1,"values":[]}"#,
            r#"{"extern":null}"#,
            r#"{"extern":0,"cut":false}"#,
            r#"{"extern":0,"values":[]}"#,
            r#"{"object":0}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
