//! The registry of canonical types.

use super::layout::StructLayout;
use super::{Composite, FieldType, FuncType, HeapType, StorageType, SubType, ValType};
use std::collections::BTreeMap;
use std::fmt;

/// A canonical type: equal ids mean equivalent types, across modules.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TypeId(pub u32);

impl fmt::Display for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "$type{}", self.0)
    }
}

/// The properties of one type.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The type itself, with canonical references to other types.
    pub sub: SubType,
    /// Number of proper supertypes.
    pub depth: u32,
    /// Payload layout of the structure, or, for a function type, of an
    /// exception whose tag has that type. Empty for arrays.
    pub layout: StructLayout,
    /// Whether default values exist for all fields, or for the elements of an
    /// array.
    pub is_defaultable: bool,
    /// For a function type with a `v128` in its signature, the first register
    /// of every parameter, then of every result, counted from the first
    /// parameter. Without a `v128` every value takes one register.
    registers: Option<Box<[u32]>>,
    /// Start of this type's row in the flat table of supertypes.
    display: u32,
}

/// Canonical types, in order of first appearance. Ids are dense and stable:
/// interning more types never changes an earlier one.
#[derive(Clone, Default, Debug)]
pub struct Types {
    entries: Vec<Entry>,
    /// The chain of supertypes of every type, from the root down to itself
    /// (Cohen's display), so that a subtype test is one comparison.
    displays: Vec<TypeId>,
    /// The first id of each recursion group, by the group's encoding.
    groups: BTreeMap<Box<[u32]>, TypeId>,
    /// The first structure type whose fields all have default values.
    default_struct: Option<TypeId>,
    /// The first array type whose elements have a default value.
    default_array: Option<TypeId>,
}

/// See [`Entry::is_defaultable`].
fn is_defaultable(composite: &Composite) -> bool {
    let has_default = |field: &FieldType| field.storage.unpacked().is_defaultable();
    match composite {
        Composite::Struct(fields) => fields.iter().all(has_default),
        Composite::Array(element) => has_default(element),
        Composite::Func(_) => false,
    }
}

/// See [`Entry::registers`].
fn register_offsets(composite: &Composite) -> Option<Box<[u32]>> {
    let Composite::Func(func) = composite else {
        return None;
    };
    let values = || func.params.iter().chain(&func.results);
    values().any(|ty| *ty == ValType::V128).then(|| {
        let mut next = 0;
        let offsets = values().map(|ty| {
            let offset = next;
            next += ty.storage_kind().registers() as u32;
            offset
        });
        offsets.collect()
    })
}

impl Types {
    /// An empty registry.
    pub fn new() -> Types {
        Types::default()
    }

    /// The number of types.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry of `id`. Panics if `id` is not from this registry.
    pub fn entry(&self, id: TypeId) -> &Entry {
        &self.entries[id.0 as usize]
    }

    /// The entry of `id`, or `None` for an id that was never assigned (a
    /// corrupted object header may hold one).
    pub fn get(&self, id: TypeId) -> Option<&Entry> {
        self.entries.get(id.0 as usize)
    }

    /// Every type with its id, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TypeId, &Entry)> {
        (0u32..).map(TypeId).zip(&self.entries)
    }

    /// The function type `id`. Panics if it is of another kind.
    pub fn func(&self, id: TypeId) -> &FuncType {
        match &self.entry(id).sub.composite {
            Composite::Func(f) => f,
            other => panic!("{id} is not a function type but {other:?}"),
        }
    }

    /// The first register of value `index` of the function type `id`, counted
    /// from the first parameter: parameters come first, then results.
    pub fn register_of(&self, id: TypeId, index: usize) -> usize {
        match &self.entry(id).registers {
            Some(offsets) => offsets[index] as usize,
            None => index,
        }
    }

    /// The first structure type whose fields all have default values.
    pub fn default_struct(&self) -> Option<TypeId> {
        self.default_struct
    }

    /// The first array type whose elements have a default value.
    pub fn default_array(&self) -> Option<TypeId> {
        self.default_array
    }

    /// The chain of supertypes of `id`, from the root down to itself.
    pub fn ancestors(&self, id: TypeId) -> &[TypeId] {
        let entry = self.entry(id);
        let first = entry.display as usize;
        &self.displays[first..=first + entry.depth as usize]
    }

    /// The fields of the structure type `id`. Panics if it is of another kind.
    pub fn fields(&self, id: TypeId) -> &[FieldType] {
        match &self.entry(id).sub.composite {
            Composite::Struct(fields) => fields,
            other => panic!("{id} is not a structure type but {other:?}"),
        }
    }

    /// The element of the array type `id`. Panics if it is of another kind.
    pub fn element(&self, id: TypeId) -> FieldType {
        match &self.entry(id).sub.composite {
            Composite::Array(element) => *element,
            other => panic!("{id} is not an array type but {other:?}"),
        }
    }

    /// The id that the first type of the next new recursion group will get.
    /// References inside a group passed to [`Types::intern`] count from here.
    pub fn next_id(&self) -> TypeId {
        TypeId(self.entries.len() as u32)
    }

    /// Adds a recursion group, unless an equivalent one exists, and returns the
    /// id of its first type; the others follow.
    ///
    /// References to a type of the same group are written as
    /// [`Types::next_id`] plus its position; all others must be canonical.
    pub fn intern(&mut self, group: Vec<SubType>) -> TypeId {
        let first = self.next_id();
        let key = encode(first, &group);
        if let Some(&found) = self.groups.get(&key[..]) {
            return found;
        }
        for sub in group {
            let layout = match &sub.composite {
                Composite::Struct(fields) => StructLayout::of_struct(fields),
                Composite::Func(f) => StructLayout::of_exception(&f.params),
                Composite::Array(_) => StructLayout::default(),
            };
            let id = self.next_id();
            let display = self.displays.len() as u32;
            let depth = match sub.supertype {
                Some(parent) => {
                    let (from, n) = {
                        let parent = self.entry(parent);
                        (parent.display as usize, parent.depth as usize + 1)
                    };
                    self.displays.extend_from_within(from..from + n);
                    n as u32
                }
                None => 0,
            };
            self.displays.push(id);
            let is_defaultable = is_defaultable(&sub.composite);
            if is_defaultable {
                let first = match sub.composite {
                    Composite::Array(_) => &mut self.default_array,
                    _ => &mut self.default_struct,
                };
                first.get_or_insert(id);
            }
            self.entries.push(Entry {
                registers: register_offsets(&sub.composite),
                is_defaultable,
                sub,
                depth,
                layout,
                display,
            });
        }
        self.groups.insert(key.into(), first);
        first
    }

    /// The supertype of `id` at `depth` (0 is the root), if it has one there.
    #[inline]
    pub(super) fn ancestor(&self, id: TypeId, depth: u32) -> Option<TypeId> {
        let entry = self.entries.get(id.0 as usize)?;
        if depth > entry.depth {
            return None;
        }
        Some(self.displays[(entry.display + depth) as usize])
    }
}

/// Encodes a recursion group so that equal words mean equivalent groups:
/// references into the group are relative, all others canonical.
fn encode(first: TypeId, group: &[SubType]) -> Vec<u32> {
    let mut words = Vec::with_capacity(group.len() * 8);
    let reference = |id: TypeId| match id.0.checked_sub(first.0) {
        Some(inside) => (1 << 31) | inside,
        None => id.0,
    };
    let value = |words: &mut Vec<u32>, ty: ValType| match ty {
        ValType::I32 => words.push(0),
        ValType::I64 => words.push(1),
        ValType::F32 => words.push(2),
        ValType::F64 => words.push(3),
        ValType::V128 => words.push(4),
        ValType::Ref(r) => {
            let code = match r.heap {
                HeapType::Any => 0,
                HeapType::Eq => 1,
                HeapType::I31 => 2,
                HeapType::Struct => 3,
                HeapType::Array => 4,
                HeapType::None => 5,
                HeapType::Func => 6,
                HeapType::NoFunc => 7,
                HeapType::Extern => 8,
                HeapType::NoExtern => 9,
                HeapType::Exn => 10,
                HeapType::NoExn => 11,
                HeapType::ConcreteStruct(_)
                | HeapType::ConcreteArray(_)
                | HeapType::ConcreteFunc(_) => 12,
            };
            words.push(0x10 | (code << 8) | (u32::from(r.nullable) << 16));
            if let Some(id) = r.heap.concrete() {
                words.push(reference(id));
            }
        }
    };
    let field = |words: &mut Vec<u32>, f: &FieldType| {
        words.push(u32::from(f.mutable));
        match f.storage {
            StorageType::I8 => words.push(5),
            StorageType::I16 => words.push(6),
            StorageType::Val(v) => value(words, v),
        }
    };
    for sub in group {
        words.push(u32::from(sub.is_final));
        match sub.supertype {
            Some(id) => words.extend([1, reference(id)]),
            None => words.push(0),
        }
        match &sub.composite {
            Composite::Func(f) => {
                words.extend([0, f.params.len() as u32, f.results.len() as u32]);
                for v in f.params.iter().chain(&f.results) {
                    value(&mut words, *v);
                }
            }
            Composite::Struct(fields) => {
                words.extend([1, fields.len() as u32]);
                for f in fields {
                    field(&mut words, f);
                }
            }
            Composite::Array(element) => {
                words.push(2);
                field(&mut words, element);
            }
        }
    }
    words
}
