//! Values in words.

use crate::case::{Graph, Seen};
use crate::heap::Shape;
use crate::oracle::names::{Names, Space};

/// A value in words, with its type as far as it has one: `i31 7`, `struct $t`.
/// Objects of `graph` are named by their types alone.
pub fn show(value: Seen, graph: &Graph, names: &Names<'_>) -> String {
    match value {
        Seen::Bits(bits @ 0..=9) => format!("{bits}"),
        Seen::Bits(bits) => format!("{bits} ({bits:#x})"),
        Seen::Vector([low, high]) => format!("v128 {high:#018x}_{low:016x}"),
        Seen::Null => "null".into(),
        Seen::I31(value) => format!("i31 {value}"),
        Seen::Func(index) => names.item(Space::Func, index),
        Seen::Dangling => "a reference to no object".into(),
        Seen::Object(number) => {
            let Some(node) = graph.nodes.get(number as usize) else {
                return show(Seen::Dangling, graph, names);
            };
            match node.shape {
                Shape::Struct(id) => format!("struct {}", names.ty(id)),
                Shape::Array(id) => {
                    let len = graph.values_of(number).len();
                    format!("array {} of {len}", names.ty(id))
                }
                Shape::Exception(_) => names.item(Space::Tag, node.word),
                Shape::Extern => format!("extern {}", node.word),
            }
        }
    }
}
