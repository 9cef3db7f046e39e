//! The fields and elements of an object, with names.

use crate::engine::View;
use crate::heap::{Header, Heap, Place, Shape};
use crate::oracle::describe::Describer;

/// The most fields of one object that are looked at.
const LOOKED_AT: u32 = 4096;

/// The fields or elements of an object: index, name, place.
pub(super) fn places<H: Heap>(
    view: &View<'_, H>,
    header: &Header,
    words: &Describer<'_, H>,
) -> Vec<(u32, String, Place)> {
    let types = view.store.types();
    match header.shape {
        Some(Shape::Struct(id) | Shape::Exception(id)) => {
            let Some(entry) = types.get(id) else {
                return Vec::new();
            };
            let fields = entry.layout.fields.iter().map(|field| {
                let name = words.field_name(header.shape, field.index);
                let name = name.unwrap_or_else(|| field.index.to_string());
                (field.index, name, Place::Field(*field))
            });
            fields.collect()
        }
        Some(Shape::Array(id)) if types.get(id).is_some() => {
            let kind = types.element(id).storage.storage_kind();
            let indices = 0..header.len.min(LOOKED_AT);
            let element = |index: u32| (index, index.to_string(), Place::Element { index, kind });
            indices.map(element).collect()
        }
        _ => Vec::new(),
    }
}
