//! Results as SARIF 2.1.0, as servers that show static analysis read it.

use super::JudgedCase;
use crate::oracle::Law;
use crate::oracle::json::ascii;
use serde_json::{Value, json};
use std::path::Path;

/// The rules: a law each, a difference, and a failure of the enrichment.
fn rules() -> Vec<(&'static str, &'static str)> {
    let laws = Law::ALL.iter().map(|law| (law.name(), meaning(*law)));
    let others = [
        (
            "differ",
            "Heaps show different behaviour for the same module.",
        ),
        (
            "enrichment",
            "The generator makes an invalid module, or one that is not as it claims.",
        ),
    ];
    laws.chain(others).collect()
}

fn meaning(law: Law) -> &'static str {
    match law {
        Law::Blocks => "The blocks of a heap do not add up to its memory.",
        Law::Zero => "An object is in use, but its count is zero or it was freed.",
        Law::Roots => "The stack-root list is wrong, or a collection was not shown a root.",
        Law::Exact => "The count of an object is not the number of its owners.",
        Law::Leak => "An object that nothing reaches was not freed.",
        Law::Type => "A header names no type, or a reference leads to an object of a wrong type.",
        Law::Poison => "Free memory was written, or something read or wrote where no object is.",
        Law::Language => "A program observes what the language rules out.",
        Law::Limits => "A run does not end, or is ended too early.",
        Law::Panic => "A collector panics.",
    }
}

/// The document of a command.
pub(super) fn document(command: &str, cases: &[JudgedCase]) -> String {
    let rules = rules();
    let descriptors = rules.iter().map(|(id, meaning)| {
        json!({
            "id": id,
            "shortDescription": { "text": meaning },
            "defaultConfiguration": { "level": "error" },
        })
    });
    let result = |case: &JudgedCase| {
        let rule = case.rule?;
        let index = rules.iter().position(|(id, _)| *id == rule);
        Some(result(case, rule, index))
    };
    let is_error = |case: &&JudgedCase| case.verdict == "error";
    let notifications = cases.iter().filter_map(notification);
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gcdiff",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": descriptors.collect::<Vec<Value>>(),
            }},
            "automationDetails": { "id": format!("gcdiff/{command}/") },
            "invocations": [{
                "executionSuccessful": !cases.iter().any(|case| is_error(&case)),
                "toolExecutionNotifications": notifications.collect::<Vec<Value>>(),
            }],
            "results": cases.iter().filter_map(result).collect::<Vec<Value>>(),
        }],
    });
    format!("{}\n", ascii(&document))
}

fn result(case: &JudgedCase, rule: &str, index: Option<usize>) -> Value {
    let mut text = case.text.clone();
    if let Some(command) = &case.command {
        text.push_str(&format!("\n{command}"));
    }
    let mut result = json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": "error",
        "message": { "text": text },
        "locations": locations(case),
        "partialFingerprints": { "gcdiff/v1": case.fingerprint },
    });
    if let (Some(count), Some(fields)) = (case.count, result.as_object_mut()) {
        fields.insert("occurrenceCount".into(), count.into());
    }
    result
}

/// What the tool says of a case that it has no result for.
fn notification(case: &JudgedCase) -> Option<Value> {
    let level = match case.verdict {
        "error" => "error",
        "discard" => "note",
        _ => return None,
    };
    Some(json!({
        "level": level,
        "message": { "text": case.text },
        "locations": locations(case),
    }))
}

/// The instruction to blame, in its file.
fn locations(case: &JudgedCase) -> Vec<Value> {
    let Some(path) = &case.path else {
        return Vec::new();
    };
    let mut location = json!({ "artifactLocation": { "uri": uri(path) } });
    let is_binary = path
        .extension()
        .is_some_and(|extension| extension == "wasm");
    let region = match (case.line, case.offset) {
        (Some(line), _) => Some(json!({ "startLine": line })),
        (None, Some(offset)) if is_binary => Some(json!({ "byteOffset": offset, "byteLength": 1 })),
        _ => None,
    };
    if let (Some(region), Some(fields)) = (region, location.as_object_mut()) {
        fields.insert("region".into(), region);
    }
    vec![json!({ "physicalLocation": location })]
}

/// A path as a reference of URIs: relative to the folder of the command, if the path is.
fn uri(path: &Path) -> String {
    let mut uri = String::new();
    if path.is_absolute() {
        uri.push_str("file://");
        if !path.has_root() || !path.to_string_lossy().starts_with('/') {
            uri.push('/');
        }
    }
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(char::from(*byte)),
            b'/' | b'.' | b'-' | b'_' | b'~' => uri.push(char::from(*byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_valid_references() {
        assert_eq!(
            uri(Path::new("a b/größe#1?.wat")),
            "a%20b/gr%C3%B6%C3%9Fe%231%3F.wat"
        );
        // A colon would end the scheme of a URI.
        assert_eq!(uri(Path::new("c:d%\n")), "c%3Ad%25%0A");
    }

    #[cfg(unix)]
    #[test]
    fn an_absolute_path_is_a_file() {
        assert_eq!(uri(Path::new("/a/b.wat")), "file:///a/b.wat");
    }

    #[test]
    fn every_law_is_a_rule() {
        let rules = rules();
        for law in Law::ALL {
            assert!(rules.iter().any(|(id, _)| *id == law.name()));
        }
    }
}
