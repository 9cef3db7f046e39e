//! The names of instructions.

use wasmparser::Operator;

/// The name of an instruction in the text format, without immediates.
pub(crate) fn operator_name(operator: &Operator<'_>) -> String {
    text_name(&format!("{operator:?}"))
}

/// Converts an operator's variant name to the name in the text format:
/// `ArrayNewFixed { .. }` to `array.new_fixed`, `I32Load8S` to `i32.load8_s`.
/// Exact for instructions on objects and tables, approximate for others.
fn text_name(debug: &str) -> String {
    let name = debug.split([' ', '(', '{']).next().unwrap_or(debug);
    let mut snake = String::new();
    for (i, c) in name.char_indices() {
        if c.is_ascii_uppercase() && i > 0 {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    // Instructions with these prefixes have a dot after the prefix.
    const KINDS: [&str; 13] = [
        "struct", "array", "ref", "i31", "table", "global", "local", "memory", "elem", "data",
        "any", "extern", "i32",
    ];
    const NUMBERS: [&str; 10] = [
        "i64", "f32", "f64", "v128", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2",
    ];
    for kind in KINDS.iter().chain(&NUMBERS) {
        if let Some(rest) = snake.strip_prefix(kind)
            && let Some(rest) = rest.strip_prefix('_')
        {
            // The parser has separate variant names for casts to nullable types.
            let rest = rest
                .trim_end_matches("_non_null")
                .trim_end_matches("_nullable");
            let rest = if snake == "ref_as_non_null" {
                "as_non_null"
            } else {
                rest
            };
            return format!("{kind}.{rest}");
        }
    }
    match &snake[..] {
        // The parser has a separate variant for the one with a type.
        "typed_select" | "typed_select_multi" => "select".into(),
        _ => snake,
    }
}

#[cfg(test)]
mod tests {
    use super::text_name;

    #[test]
    fn names_are_those_of_the_text_format() {
        for (variant, name) in [
            ("ArrayCopy { array_type_index_dst: 1 }", "array.copy"),
            (
                "StructNewDefault { struct_type_index: 1 }",
                "struct.new_default",
            ),
            ("RefCastNonNull { hty: x }", "ref.cast"),
            ("RefAsNonNull", "ref.as_non_null"),
            ("TypedSelect { ty: x }", "select"),
            ("TableGrow { table: 0 }", "table.grow"),
            ("CallIndirect { .. }", "call_indirect"),
            ("Loop { blockty: Empty }", "loop"),
            ("BrOnCastFail { .. }", "br_on_cast_fail"),
            ("AnyConvertExtern", "any.convert_extern"),
            ("I64x2ExtractLane { lane: 1 }", "i64x2.extract_lane"),
            ("F32x4Splat", "f32x4.splat"),
        ] {
            assert_eq!(text_name(variant), name);
        }
    }
}
