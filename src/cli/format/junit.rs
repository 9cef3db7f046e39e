//! Results as JUnit's XML, as servers of continuous integration read it.
//!
//! There are no times: the same files give the same document.

use super::JudgedCase;
use super::xml::Xml;

/// What a test case contains if it did not pass.
fn element(case: &JudgedCase) -> Option<&'static str> {
    match case.verdict {
        "agree" => None,
        "discard" | "nothing" => Some("skipped"),
        "error" => Some("error"),
        _ => Some("failure"),
    }
}

/// The document of a command.
pub(super) fn document(command: &str, cases: &[JudgedCase]) -> String {
    let count = |name: &str| {
        let counted = cases.iter().filter(|case| element(case) == Some(name));
        counted.count().to_string()
    };
    let (all, failures) = (cases.len().to_string(), count("failure"));
    let (errors, skipped) = (count("error"), count("skipped"));
    let name = format!("gcdiff {command}");
    let counts = [
        ("name", &name[..]),
        ("tests", &all),
        ("failures", &failures),
        ("errors", &errors),
        ("skipped", &skipped),
    ];
    let mut xml = Xml::new();
    xml.begin("testsuites", &counts);
    xml.begin("testsuite", &counts);
    for case in cases {
        test_case(&mut xml, &name, case);
    }
    xml.finish()
}

fn test_case(xml: &mut Xml, class: &str, case: &JudgedCase) {
    let line = case.line.map(|line| line.to_string());
    let mut attributes = vec![("classname", class), ("name", &case.name[..])];
    attributes.extend(case.file.as_deref().map(|file| ("file", file)));
    attributes.extend(line.as_deref().map(|line| ("line", line)));
    let Some(element) = element(case) else {
        return xml.element("testcase", &attributes, "");
    };
    xml.begin("testcase", &attributes);
    let mut text = case.text.clone();
    for (label, value) in [
        ("fingerprint", &case.fingerprint),
        ("replay", &case.command),
    ] {
        if let Some(value) = value {
            text.push_str(&format!("\n  {label:12} {value}"));
        }
    }
    let message = ("message", &case.message[..]);
    match element {
        "skipped" => xml.element(element, &[message], ""),
        _ => {
            let kind = case.rule.unwrap_or(case.verdict);
            xml.element(element, &[message, ("type", kind)], &text);
        }
    }
    xml.end();
}
