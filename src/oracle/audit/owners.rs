//! Who holds a reference to an object, in words.

use super::census::{Census, Object, references};
use crate::engine::View;
use crate::heap::{GcRef, Heap, Place, Shape};

/// How many owners are named.
const NAMED: usize = 16;

/// Everyone who holds `r`, counted or not, the list included.
pub(super) fn describe<H: Heap>(census: &Census, view: &View<'_, H>, r: GcRef) -> Vec<String> {
    let mut owners = Owners::default();
    let heap = &view.store.heap;
    let types = view.store.types();
    for object in &census.objects {
        references(heap, types, object, |place, held| {
            if held == r {
                let container = object.block.start;
                owners.add(|| match place {
                    Place::Field(f) => format!("field {} of {container:#x}", f.index),
                    Place::Element { index, .. } => format!("element {index} of {container:#x}"),
                });
            }
        });
    }
    view.owners(|owner, held| {
        if held == r {
            owners.add(|| owner.to_string());
        }
    });
    let members = census.list.iter().flat_map(|list| &list.members);
    for _ in members.filter(|member| **member == r) {
        owners.add(|| "the stack-root list".into());
    }
    view.frame_references(|location, register, held| {
        if held == r {
            owners.add(|| match location.func {
                Some(func) => format!("register {register} of function {func} (not counted)"),
                None if location.instance == u32::MAX => {
                    format!("register {register} of the host's call (not counted)")
                }
                None => format!("register {register} of a constant expression (not counted)"),
            });
        }
    });
    owners.finish()
}

#[derive(Default)]
struct Owners {
    named: Vec<String>,
    more: usize,
}

impl Owners {
    fn add(&mut self, name: impl FnOnce() -> String) {
        if self.named.len() < NAMED {
            self.named.push(name());
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.named.push(format!("and {} more", self.more));
        }
        self.named
    }
}

/// The type of an object, in words.
pub(super) fn type_of<H: Heap>(view: &View<'_, H>, object: &Object) -> String {
    let types = view.store.types();
    match object.header.shape {
        Some(Shape::Struct(id) | Shape::Array(id)) => types.describe(id),
        Some(Shape::Exception(id)) => format!("exception of {}", types.describe(id)),
        Some(Shape::Extern) => "extern".into(),
        None => "unknown".into(),
    }
}
