//! Pictures of a heap between two operations, as plain data.

use crate::oracle::broken_at::{BrokenAt, Instruction};

/// The state around an object between two operations: all frames and slots outside the heap, and the
/// objects next to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scene {
    /// The actor that led to it.
    pub place: Option<BrokenAt>,
    /// The number of operations so far.
    pub operation: u64,
    /// The number of safepoints so far.
    pub safepoint: u64,
    /// The frames, innermost first.
    pub frames: Vec<SceneFrame>,
    /// Frames that are left out.
    pub more_frames: usize,
    /// The slots outside the heap that hold references, without those that hold null.
    pub roots: Vec<SceneRoot>,
    /// Slots that are left out.
    pub more_roots: usize,
    /// Objects, by their numbers.
    pub objects: Vec<SceneObject>,
    /// Allocated objects that are left out.
    pub more_objects: usize,
    /// The numbers of objects that the actor has freed.
    pub freed: Vec<u64>,
}

/// A frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SceneFrame {
    /// Its number, from 1 for the outermost.
    pub depth: u32,
    /// The instruction that it is at; `None` for the arguments of a call to the host.
    pub at: Option<Instruction>,
    /// Its registers: all of the innermost frame, and those of the others that hold references.
    pub registers: Vec<SceneRegister>,
    /// Registers that are left out.
    pub more_registers: usize,
}

/// A register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SceneRegister {
    /// Its index.
    pub index: u16,
    /// The local that it holds: `local $a`.
    pub local: Option<String>,
    /// What it holds. A register that is no live reference holds a number.
    pub value: SceneValue,
    /// Right after a collection, whether the collection was shown this live reference.
    pub shown: Option<bool>,
}

/// A slot outside the heap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SceneRoot {
    /// The slot, in words.
    pub words: String,
    /// What it holds.
    pub value: SceneValue,
    /// Right after a collection, whether the collection was shown this slot.
    pub shown: Option<bool>,
}

/// A value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum SceneValue {
    /// Null.
    Null,
    /// An i31.
    I31(i32),
    /// An object, by its number.
    Object(u64),
    /// An address at which no object starts.
    Stale(u32),
    /// Anything else, as bits.
    Bits(u128),
}

/// An object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SceneObject {
    /// Its number, which it keeps when it is moved. Those of the first scene are in the order of
    /// addresses, later ones in that of allocation.
    pub id: u64,
    /// Its address.
    pub address: u32,
    /// Its type, in words.
    pub ty: String,
    /// Its reference count, in a counting heap.
    pub count: Option<u32>,
    /// The count that its owners require.
    pub expected: u32,
    /// Whether it is in the stack-root list.
    pub listed: bool,
    /// Whether it can be reached from outside the heap.
    pub reachable: bool,
    /// Whether it is the object that the finding is about.
    pub focus: bool,
    /// The length of an array.
    pub length: Option<u32>,
    /// The first fields or elements, and those behind that refer to objects.
    pub fields: Vec<SceneField>,
    /// Fields that are left out.
    pub more_fields: u32,
}

/// A field or element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SceneField {
    /// Its name or index.
    pub name: String,
    /// What it holds.
    pub value: SceneValue,
}

impl SceneValue {
    /// The object that it refers to.
    pub fn object(self) -> Option<u64> {
        match self {
            SceneValue::Object(id) => Some(id),
            _ => None,
        }
    }
}

impl std::fmt::Display for SceneValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SceneValue::Null => f.write_str("null"),
            SceneValue::I31(value) => write!(f, "i31 {value}"),
            SceneValue::Object(id) => write!(f, "object {id}"),
            SceneValue::Stale(address) => write!(f, "{address:#x}, where no object is"),
            SceneValue::Bits(bits) if *bits < 1 << 20 => write!(f, "{bits}"),
            SceneValue::Bits(bits) => write!(f, "{bits:#x}"),
        }
    }
}
