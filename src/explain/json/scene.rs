//! States of a heap as JSON.

use crate::oracle::json::JsonPlace;
use crate::oracle::{Scene, SceneFrame, SceneObject, SceneValue};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct JsonScene {
    place: Option<JsonPlace>,
    operation: u64,
    safepoint: u64,
    frames: Vec<JsonFrame>,
    more_frames: usize,
    roots: Vec<JsonRoot>,
    more_roots: usize,
    objects: Vec<JsonObject>,
    more_objects: usize,
    freed: Vec<u64>,
}

#[derive(Serialize)]
struct JsonFrame {
    depth: u32,
    place: Option<String>,
    registers: Vec<JsonRegister>,
    more_registers: usize,
}

#[derive(Serialize)]
struct JsonRegister {
    index: u16,
    local: Option<String>,
    value: JsonValue,
    shown: Option<bool>,
}

#[derive(Serialize)]
struct JsonRoot {
    root: String,
    value: JsonValue,
    shown: Option<bool>,
}

#[derive(Serialize)]
struct JsonObject {
    id: u64,
    address: u32,
    r#type: String,
    count: Option<u32>,
    expected: u32,
    listed: bool,
    reachable: bool,
    focus: bool,
    length: Option<u32>,
    fields: Vec<JsonField>,
    more_fields: u32,
}

#[derive(Serialize)]
struct JsonField {
    name: String,
    value: JsonValue,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum JsonValue {
    Null(bool),
    I31(i32),
    Object(u64),
    Stale(u32),
    Bits(String),
}

impl JsonScene {
    pub fn new(scene: &Scene) -> JsonScene {
        let roots = scene.roots.iter().map(|root| JsonRoot {
            root: root.words.clone(),
            value: JsonValue::new(root.value),
            shown: root.shown,
        });
        JsonScene {
            place: scene.place.as_ref().map(JsonPlace::new),
            operation: scene.operation,
            safepoint: scene.safepoint,
            frames: scene.frames.iter().map(JsonFrame::new).collect(),
            more_frames: scene.more_frames,
            roots: roots.collect(),
            more_roots: scene.more_roots,
            objects: scene.objects.iter().map(JsonObject::new).collect(),
            more_objects: scene.more_objects,
            freed: scene.freed.clone(),
        }
    }
}

impl JsonFrame {
    fn new(frame: &SceneFrame) -> JsonFrame {
        let registers = frame.registers.iter().map(|register| JsonRegister {
            index: register.index,
            local: register.local.clone(),
            value: JsonValue::new(register.value),
            shown: register.shown,
        });
        JsonFrame {
            depth: frame.depth,
            place: frame.at.as_ref().map(|at| format!("{} in {at}", at.name)),
            registers: registers.collect(),
            more_registers: frame.more_registers,
        }
    }
}

impl JsonObject {
    fn new(object: &SceneObject) -> JsonObject {
        let fields = object.fields.iter().map(|field| JsonField {
            name: field.name.clone(),
            value: JsonValue::new(field.value),
        });
        JsonObject {
            id: object.id,
            address: object.address,
            r#type: object.ty.clone(),
            count: object.count,
            expected: object.expected,
            listed: object.listed,
            reachable: object.reachable,
            focus: object.focus,
            length: object.length,
            fields: fields.collect(),
            more_fields: object.more_fields,
        }
    }
}

impl JsonValue {
    fn new(value: SceneValue) -> JsonValue {
        match value {
            SceneValue::Null => JsonValue::Null(true),
            SceneValue::I31(value) => JsonValue::I31(value),
            SceneValue::Object(id) => JsonValue::Object(id),
            SceneValue::Stale(address) => JsonValue::Stale(address),
            // Numbers of JSON have 53 bits in most readers.
            SceneValue::Bits(bits) => JsonValue::Bits(format!("{bits:#x}")),
        }
    }
}
