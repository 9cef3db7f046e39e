//! Limits that headers and options may set.

use super::File;
use crate::common::{gcdiff, refused};

#[test]
fn headers_ask_for_no_more_than_the_ceiling() {
    for (limit, parts) in [
        (
            "table_elements = 1152921504606846976",
            "(table i64 1152921504606846975 anyref)",
        ),
        (
            "memory_bytes = 18446744073709551615",
            "(memory i64 281474976710656)",
        ),
        // A number of bytes that overflows when doubled.
        (
            "memory_bytes = 18446744073709551615",
            "(memory i64 140737488355328)",
        ),
        ("registers = 1152921504606846976", ""),
        ("frames = 1152921504606846976", ""),
        ("heap_bytes = 1152921504606846976", ""),
        ("fuel = 1152921504606846976", ""),
        ("footprint = 1152921504606846976", ""),
        ("work = 1152921504606846976", ""),
    ] {
        let text = format!(";;! [limits]\n;;! {limit}\n(module {parts})");
        let file = File::new("greedy-header.wat", &text);
        let wanted = format!("--limits {}", limit.replace(" = ", "="));
        refused(&["run", file.path()], &wanted);
        refused(&["wast", file.path()], &wanted);
        let ran = gcdiff(&["replay", file.path()]);
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(&wanted), "{}", ran.err);
        // The user may raise the limit. The run then completes, or is discarded
        // because it needs too much memory.
        let raised = limit.replace(" = ", "=");
        let ran = gcdiff(&["run", "--limits", &raised, file.path()]);
        assert!(matches!(ran.code, 0 | 2), "{}{}", ran.out, ran.err);
        if ran.code == 2 {
            assert!(ran.err.contains("discard: too much memory"), "{}", ran.err);
        }
    }
}

/// A header may take many times as much memory as its text.
#[test]
fn a_header_cannot_be_of_any_size() {
    let acts = "{drop=1},".repeat(600_000);
    let file = File::new("acts.wat", format!(";;! host = [{acts}]\n(module)"));
    refused(&["run", file.path()], "bytes, and may have 4194304");
}
