//! Values in words.

use crate::heap::Shape;
use crate::module::names::{Names, Space};
use crate::observe::{Graph, ObservedValue};
use crate::types::{HeapType, RefType, ValType};

/// A value of a type in words: integers with their sign, floats as floats. Bits
/// of more than one digit follow in hexadecimal.
pub fn show_as(
    value: ObservedValue,
    ty: Option<ValType>,
    graph: &Graph,
    names: &Names<'_>,
) -> String {
    let ObservedValue::Bits(bits) = value else {
        return show(value, graph, names);
    };
    let narrow = bits as u32;
    match ty {
        Some(ValType::I32) if narrow > 9 => format!("{} ({narrow:#x})", narrow as i32),
        Some(ValType::I64) if bits > 9 => format!("{} ({bits:#x})", bits as i64),
        Some(ValType::F32) => {
            let value = f32::from_bits(narrow);
            // As an f64 it would have more digits than needed.
            let shown = if value.is_nan() {
                "nan".into()
            } else {
                format!("{value:?}")
            };
            format!("{shown} ({narrow:#010x})")
        }
        Some(ValType::F64) => {
            let value = f64::from_bits(bits);
            let shown = if value.is_nan() {
                "nan".into()
            } else {
                format!("{value:?}")
            };
            format!("{shown} ({bits:#018x})")
        }
        _ => show(value, graph, names),
    }
}

/// The type of a thrown exception.
pub const EXCEPTION: ValType = ValType::Ref(RefType {
    nullable: false,
    heap: HeapType::Exn,
});

/// A value in words, with its type if it has one: `i31 7`, `struct $t`. Objects
/// of `graph` are named by their types only.
pub fn show(value: ObservedValue, graph: &Graph, names: &Names<'_>) -> String {
    match value {
        ObservedValue::Bits(bits @ 0..=9) => format!("{bits}"),
        ObservedValue::Bits(bits) => format!("{bits} ({bits:#x})"),
        ObservedValue::Vector([low, high]) => format!("v128 {high:#018x}_{low:016x}"),
        ObservedValue::Null => "null".into(),
        ObservedValue::Dropped => "a reference that was dropped since".into(),
        ObservedValue::NotKept => "a reference that was not kept".into(),
        // References are reduced to this where they are not compared.
        ObservedValue::Reference => "a reference".into(),
        ObservedValue::I31(value) => format!("i31 {value}"),
        ObservedValue::Func(index) => names.item(Space::Func, index),
        ObservedValue::Dangling => "a reference to no object".into(),
        ObservedValue::Object(number) => {
            let Some(node) = graph.nodes.get(number as usize) else {
                return show(ObservedValue::Dangling, graph, names);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_by_their_types() {
        for (bits, ty, shown) in [
            (7, ValType::I32, "7"),
            (0xffff_ffff, ValType::I32, "-1 (0xffffffff)"),
            (10, ValType::I64, "10 (0xa)"),
            (u64::MAX - 1, ValType::I64, "-2 (0xfffffffffffffffe)"),
            (0x3f80_0000, ValType::F32, "1.0 (0x3f800000)"),
            (0x3dcc_cccd, ValType::F32, "0.1 (0x3dcccccd)"),
            (0x7fa0_0001, ValType::F32, "nan (0x7fa00001)"),
            (1 << 63, ValType::F64, "-0.0 (0x8000000000000000)"),
        ] {
            let none = (&Graph::default(), &Names::none());
            assert_eq!(
                show_as(ObservedValue::Bits(bits), Some(ty), none.0, none.1),
                shown
            );
        }
    }
}
