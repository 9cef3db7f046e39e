//! Descriptions of types and slots with the names of the modules in a store.

use super::violation::{FrameOf, Holder, Part};
use crate::engine::{Extern, Owner, View};
use crate::heap::{Heap, Shape};
use crate::module::names::{Names, Space};
use crate::module::{self, ExportItem};
use crate::types::{Composite, FieldType, HeapType, StorageType, TypeId, Types, ValType};

/// The largest number of fields or parameters that are spelled out.
const SHOWN: usize = 8;

/// Descriptions of the contents of a store. Names are read only when needed,
/// which is when a law is broken.
pub(super) struct Describer<'a, H> {
    view: &'a View<'a, H>,
    types: &'a Types,
    /// The names of each instance.
    names: Vec<Names<'a>>,
}

impl<'a, H: Heap> Describer<'a, H> {
    pub fn new(view: &'a View<'a, H>) -> Describer<'a, H> {
        let instances = view.store.instances().iter();
        Describer {
            view,
            types: view.store.types(),
            names: instances.map(|i| Names::new(i.module())).collect(),
        }
    }

    /// A type by its name, or by its index in the first module that has it.
    fn ty(&self, id: TypeId) -> String {
        match self.names.iter().find(|names| names.knows(id)) {
            Some(names) => names.ty(id),
            None => id.0.to_string(),
        }
    }

    /// A heap type in the text format: `$leaf`, or `any`.
    pub fn heap_type(&self, ty: HeapType) -> String {
        module::heap_type(ty, &|id| self.ty(id))
    }

    fn value_type(&self, ty: ValType) -> String {
        module::value_type(ty, &|id| self.ty(id))
    }

    fn field(&self, field: &FieldType) -> String {
        let storage = match field.storage {
            StorageType::Val(ty) => self.value_type(ty),
            packed => packed.to_string(),
        };
        match field.mutable {
            true => format!("(mut {storage})"),
            false => storage,
        }
    }

    /// The name and the definition of a type: `$pair (struct i32 (mut (ref null
    /// any)))`, or `type 3 (...)` if it has no name.
    fn composite(&self, id: TypeId) -> String {
        let name = match self.ty(id) {
            name if name.starts_with('$') => name,
            index => format!("type {index}"),
        };
        let list = |keyword: &str, items: Vec<String>, len: usize| {
            let dots = if len > items.len() { " ..." } else { "" };
            let items = items.iter().map(|item| format!(" {item}"));
            format!("{name} ({keyword}{}{dots})", items.collect::<String>())
        };
        match &self.types.entry(id).sub.composite {
            Composite::Struct(fields) => {
                let shown = fields.iter().take(SHOWN).map(|field| self.field(field));
                list("struct", shown.collect(), fields.len())
            }
            Composite::Array(element) => list("array", vec![self.field(element)], 1),
            Composite::Func(func) => {
                let params = func.params.iter().take(SHOWN);
                let shown = params.map(|param| self.value_type(*param));
                list("func", shown.collect(), func.params.len())
            }
        }
    }

    /// The type of an object.
    pub fn shape(&self, shape: Option<Shape>) -> String {
        let known = |id| self.types.get(id).is_some();
        match shape {
            Some(Shape::Struct(id) | Shape::Array(id)) if known(id) => self.composite(id),
            Some(Shape::Exception(id)) if known(id) => {
                format!("exception of {}", self.composite(id))
            }
            Some(Shape::Extern) => "extern".into(),
            _ => "unknown".into(),
        }
    }

    /// The name of a field, if it has one.
    pub fn field_name(&self, shape: Option<Shape>, index: u32) -> Option<String> {
        let Some(Shape::Struct(id)) = shape else {
            return None;
        };
        let names = self.names.iter().find(|names| names.knows(id))?;
        names.field(id, index)
    }

    /// A slot outside the heap: `global "g"`.
    pub fn owner(&self, owner: &Owner) -> String {
        match (owner, self.part_of_owner(owner)) {
            (Owner::Global(_), Some((_, name))) => name,
            (Owner::Table(_, j) | Owner::Segment(_, _, j), Some((_, name))) => {
                format!("element {j} of {name}")
            }
            (other, _) => other.to_string(),
        }
    }

    /// The named parts that a holder mentions.
    pub fn parts(&self, holder: &Holder) -> Vec<(Part, String)> {
        match holder {
            Holder::Slot(owner) => self.part_of_owner(owner).into_iter().collect(),
            Holder::Frame {
                of: FrameOf::Function(func),
                register,
            } => {
                let Some(names) = self.names_of_frames(*func) else {
                    return Vec::new();
                };
                let local = names.local(*func, *register);
                let local = local.map(|name| (Part::Register(*func, *register), name));
                let func = (Part::Function(*func), names.item(Space::Func, *func));
                local.into_iter().chain([func]).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The local in a register of a frame, if it is one.
    pub fn local(&self, holder: &Holder) -> Option<String> {
        let parts = self.parts(holder).into_iter();
        let mut locals = parts.filter(|(part, _)| matches!(part, Part::Register(..)));
        locals.next().map(|(_, name)| name)
    }

    fn part_of_owner(&self, owner: &Owner) -> Option<(Part, String)> {
        if let Owner::Segment(instance, segment, _) = owner {
            let name = self.names.get(*instance as usize)?;
            let name = name.place(Space::Segment, *segment);
            return Some((Part::Segment(*instance, *segment), name));
        }
        let (part, space, wanted) = match owner {
            Owner::Global(i) => (Part::Global(*i), Space::Global, Extern::Global(*i)),
            Owner::Table(i, _) => (Part::Table(*i), Space::Table, Extern::Table(*i)),
            _ => return None,
        };
        let instances = self.view.store.instances().iter().zip(&self.names);
        let mut found = instances.filter_map(|(instance, names)| {
            let module = instance.module();
            let (count, item): (usize, fn(u32) -> ExportItem) = match space {
                Space::Global => (module.globals.len(), ExportItem::Global),
                _ => (module.tables.len(), ExportItem::Table),
            };
            let mut indices = 0..count as u32;
            let index = indices.find(|index| instance.item(item(*index)) == Some(wanted))?;
            Some(names.place(space, index))
        });
        Some((part, found.next()?))
    }

    /// The names of the instance that has frames of function `func`; `None` if
    /// several instances have some.
    fn names_of_frames(&self, func: u32) -> Option<&Names<'a>> {
        let mut found: Option<u32> = None;
        let mut several = false;
        self.view.frame_references(|(_, location), _, _| {
            if location.func == Some(func) {
                several |= found.is_some_and(|instance| instance != location.instance);
                found = Some(location.instance);
            }
        });
        self.names.get(found? as usize).filter(|_| !several)
    }
}
