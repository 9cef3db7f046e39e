//! `--format json` of every command, against the tables of `docs/formats.md`.

use crate::common::{Ran, Scratch, gcdiff, ours};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The fields of each type of record, with whether they may be missing.
type Documented = BTreeMap<String, BTreeMap<String, bool>>;

/// Reads the tables below headings of the third level.
fn documented() -> Documented {
    let text = std::fs::read_to_string(ours("docs/formats.md")).unwrap();
    let mut types = Documented::new();
    let mut current = None;
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix('#') {
            let name = heading
                .strip_prefix("## `")
                .and_then(|rest| rest.strip_suffix('`'));
            current = name.map(String::from);
        }
        let (Some(name), Some(row)) = (&current, line.strip_prefix("| `")) else {
            continue;
        };
        let (field, rest) = row.split_once("` | ").unwrap();
        let kind = rest.split(" | ").next().unwrap();
        let fields = types.entry(name.clone()).or_default();
        fields.insert(field.into(), kind.ends_with("or missing"));
    }
    types
}

/// Collects the paths of the fields of a record. Objects whose fields are not documented are passed
/// over.
fn collect(
    value: &Value,
    path: &str,
    fields: &BTreeMap<String, bool>,
    seen: &mut BTreeSet<String>,
) {
    let is_inside = |path: &str| {
        let mut keys = fields.keys();
        keys.any(|key| {
            key.strip_prefix(path)
                .is_some_and(|rest| rest.starts_with(['.', '[']))
        })
    };
    if !path.is_empty() && !is_inside(path) && !path.ends_with("[]") {
        return;
    }
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let inner = match path {
                    "" => key.clone(),
                    path => format!("{path}.{key}"),
                };
                seen.insert(inner.clone());
                collect(value, &inner, fields, seen);
            }
        }
        Value::Array(list) => {
            let inner = format!("{path}[]");
            list.iter()
                .for_each(|value| collect(value, &inner, fields, seen));
        }
        _ => {}
    }
}

/// The records that a command prints. Standard output has nothing else.
fn records(ran: &Ran) -> Vec<Value> {
    let lines = ran.out.lines();
    let records = lines.map(|line| {
        assert!(line.starts_with("{\"schema\":1,\"type\":\""), "{line}");
        assert!(
            line.bytes().all(|byte| matches!(byte, b' '..=b'~')),
            "{line}"
        );
        serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))
    });
    records.collect()
}

/// The types of the records that a command prints.
fn types(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .map(|r| r["type"].as_str().unwrap())
        .collect()
}

#[test]
fn every_command_prints_the_records_that_are_documented() {
    let scratch = Scratch::new("formats");
    let agree = scratch.file("agree.wat", "(module (func (export \"f\")))");
    let broken = scratch.file("broken.wat", "(module");
    let script = "(module (func (export \"f\") (result i32) (i32.const 1)))
        (assert_return (invoke \"f\") (i32.const 2))
        (assert_malformed (module binary \"\") \"x\")
        (thread $t (module))";
    let script = scratch.file("script.wast", script);
    let w1 = ours("corpus/regressions/issue-10182.wat");
    let (found, reduced) = (scratch.path("found"), scratch.path("reduced.wat"));
    let (inputs, picked) = (scratch.path("inputs"), scratch.path("picked"));
    let exported = scratch.path("exported.js");
    let table = scratch.path("blame.md");
    let zoo = ["zoo", "--fault", "canary", "--seeds", "1", "--cases", "20"];
    let with = |more: &[&str]| {
        zoo.iter()
            .chain(more)
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let words = |line: &[&str]| line.iter().map(ToString::to_string).collect::<Vec<_>>();
    // The commands with the codes and the types of the records that they print.
    let commands: Vec<(Vec<String>, i32, &str)> = vec![
        (words(&["run", &agree]), 0, "verdict"),
        (words(&["run", "--fault", "W1", &w1]), 1, "verdict"),
        (words(&["run", &broken]), 2, "error"),
        (words(&["run", &agree, &broken]), 2, "verdict error error"),
        (
            words(&["replay", &agree, &broken]),
            2,
            "result result counts summary error",
        ),
        (
            words(&["replay", "--fault", "W1", &w1]),
            1,
            "result counts summary",
        ),
        (words(&["explain", "--fault", "W1", &w1]), 1, "explanation"),
        (words(&["explain", &agree]), 0, "explanation"),
        (
            words(&["reduce", "--fault", "W1", &w1, "--out", &reduced]),
            0,
            "reduced",
        ),
        (
            words(&["export", "--to", "js", &w1, "--out", &exported]),
            0,
            "export",
        ),
        (words(&["export", "--to", "wast", &w1]), 0, "export"),
        (
            words(&["wast", "-C", "collector=drc", &script]),
            1,
            "script",
        ),
        (words(&["generate", "--seed", "1"]), 0, "case"),
        (
            words(&[
                "inputs", "--target", "gc_ops", "--cases", "3", "--out", &inputs,
            ]),
            0,
            "inputs",
        ),
        (
            words(&["events", "--cases", "3", "--generator", "gc_ops,smith"]),
            0,
            "events events",
        ),
        (
            words(&["events", "--target", "gc_ops", "--inputs", &inputs]),
            0,
            "input-events",
        ),
        (
            words(&[
                "distill", "--cases", "5", "--size", "1", "--fault", "W1", "--out", &picked,
            ]),
            0,
            "picked set",
        ),
        (words(&["zoo", "--list", "--fault", "W1"]), 0, "fault"),
        (with(&[]), 0, "trials zoo"),
        (with(&["--blame", &table]), 0, "table"),
        (
            words(&[
                "fuzz",
                "--seed",
                "3",
                "--fault",
                "W1",
                "--cases",
                "1",
                "--seconds",
                "2",
                "--out",
                &found,
            ]),
            1,
            "",
        ),
    ];
    let documented = documented();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (mut args, code, wanted) in commands {
        args.extend(words(&["--format", "json"]));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ran = gcdiff(&args);
        assert_eq!(ran.code, code, "{args:?}: {}{}", ran.out, ran.err);
        let records = records(&ran);
        match args[0] {
            "fuzz" => {
                let types = types(&records);
                let (first, last) = types.split_at(types.len() - 2);
                let are_findings = first.iter().all(|name| *name == "finding");
                assert!(!first.is_empty() && are_findings, "{types:?}");
                assert_eq!(last, ["statistics", "summary"]);
            }
            _ => assert_eq!(types(&records).join(" "), wanted, "{args:?}"),
        }
        for record in &records {
            let name = record["type"].as_str().unwrap();
            let Some(fields) = documented.get(name) else {
                panic!("docs/formats.md has no record {name}");
            };
            collect(record, "", fields, seen.entry(name.into()).or_default());
        }
    }
    let common = ["schema", "type"].map(String::from);
    for (name, fields) in &documented {
        let seen = seen
            .get(name)
            .unwrap_or_else(|| panic!("no command prints {name}"));
        for field in seen.iter().filter(|field| !common.contains(field)) {
            assert!(
                fields.contains_key(field),
                "docs/formats.md: {name} has no {field}"
            );
        }
        for (field, _) in fields.iter().filter(|(_, is_optional)| !**is_optional) {
            assert!(seen.contains(field), "{name} is printed without {field}");
        }
    }
}

#[test]
fn a_record_of_a_finding_has_its_instruction_and_a_command_that_shows_it() {
    let scratch = Scratch::new("formats-finding");
    let out = scratch.path("found");
    let args = [
        "fuzz",
        "--seed",
        "1",
        "--cases",
        "3",
        "--fault",
        "W1",
        "--no-reduce",
    ];
    let ran = gcdiff(&[&args[..], &["--out", &out, "--format", "json"]].concat());
    let records = records(&ran);
    let first = &records[0];
    assert_eq!(
        (&first["seed"], &first["instruction"]),
        (&1.into(), &"array.copy".into())
    );
    let file = first["files"][0].as_str().unwrap();
    let text = std::fs::read_to_string(file).unwrap();
    let line = first["line"].as_u64().unwrap() as usize;
    let line = text.lines().nth(line - 1).unwrap();
    assert!(line.contains("array.copy"), "{line}");
    assert!(first["command"].as_str().unwrap().ends_with(file));
    let counts = records.iter().find(|r| r["type"] == "statistics").unwrap();
    let summary = records.last().unwrap();
    assert_eq!(counts["findings"], summary["findings"]);
    assert_eq!(counts["cases"], 3);
}

#[test]
fn the_json_of_run_is_the_record_without_its_envelope() {
    let file = ours("corpus/regressions/issue-10182.wat");
    let args = ["run", "--fault", "W1", &file];
    let document = gcdiff(&[&args[..], &["--json"]].concat()).out;
    let document: Value = serde_json::from_str(&document).unwrap();
    let ran = gcdiff(&[&args[..], &["--format", "json"]].concat());
    let mut record = records(&ran).remove(0);
    let fields = record.as_object_mut().unwrap();
    for envelope in ["schema", "type", "file", "recorded"] {
        assert!(fields.remove(envelope).is_some(), "{envelope}");
    }
    assert_eq!(record, document);
}

#[test]
fn a_campaign_as_sarif_has_a_result_for_each_fingerprint() {
    let scratch = Scratch::new("formats-sarif");
    let (out, sarif) = (scratch.path("found"), scratch.path("found.sarif"));
    let args = [
        "fuzz",
        "--seed",
        "1",
        "--cases",
        "8",
        "--fault",
        "W1",
        "--no-reduce",
    ];
    let ran = gcdiff(
        &[
            &args[..],
            &["--out", &out, "--format", "sarif", "--output", &sarif],
        ]
        .concat(),
    );
    assert_eq!(ran.code, 1, "{}", ran.err);
    let document: Value = serde_json::from_str(&std::fs::read_to_string(sarif).unwrap()).unwrap();
    let run = &document["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 2, "{document}");
    let mut all = 0;
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let fingerprint = result["partialFingerprints"]["gcdiff/v1"].as_str().unwrap();
        assert!(
            fingerprint.starts_with(result["ruleId"].as_str().unwrap()),
            "{result}"
        );
        assert!(
            ran.out.contains(&format!("\n{fingerprint} | ")),
            "{}",
            ran.out
        );
        let location = &result["locations"][0]["physicalLocation"];
        let path = location["artifactLocation"]["uri"].as_str().unwrap();
        let text = std::fs::read_to_string(path.strip_prefix("file://").unwrap()).unwrap();
        let line = location["region"]["startLine"].as_u64().unwrap() as usize;
        assert!(
            text.lines().nth(line - 1).unwrap().contains("array.copy"),
            "{result}"
        );
        all += result["occurrenceCount"].as_u64().unwrap();
    }
    let row = ran
        .out
        .lines()
        .find(|line| line.starts_with("findings "))
        .unwrap();
    assert_eq!(
        row.split_whitespace().nth(1),
        Some(&all.to_string()[..]),
        "{row}"
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}
