//! `gcdiff explain` for programs and browsers.

use crate::browser::Browser;
use crate::common::{Ran, Scratch, gcdiff, ours};
use serde_json::Value;
use std::path::Path;

/// A violation, a difference and a missing root: the fault and its witness.
const FINDINGS: [(&str, &str); 3] = [
    ("W1", "issue-10182"),
    ("X11", "packed-fields-out-of-range"),
    ("W20", "select-then-collect"),
];

fn explain(fault: &str, seed: &str, more: &[&str]) -> Ran {
    let file = ours(&format!("corpus/regressions/{seed}.wat"));
    gcdiff(&[&["explain", "--fault", fault, &file], more].concat())
}

/// The page of a finding, in a file.
fn page(scratch: &Scratch, fault: &str, seed: &str) -> String {
    let out = scratch.path(&format!("{fault}.html"));
    let ran = explain(fault, seed, &["--html", "--out", &out]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    std::fs::read_to_string(out).unwrap()
}

#[test]
fn a_page_has_cause_case_pictures_registers_and_ledger() {
    let scratch = Scratch::new("explain-page");
    let wanted: [&[&str]; 3] = [
        &[
            "after array.copy in function",
            "expected 2",
            "class=\"compared\"",
            "tr class=\"culprit\"",
        ],
        &[
            "after struct.get_u in function",
            "(the run that is wrong)",
            "(a run that is right)",
            "The pictures show the operation before it",
        ],
        &[
            "but the collector was shown no such root",
            "class=\"node changed wrong\"",
            "shown to the collection",
            "freed",
        ],
    ];
    for ((fault, seed), wanted) in FINDINGS.into_iter().zip(wanted) {
        let html = page(&scratch, fault, seed);
        let parts = [
            "id=\"cause\"",
            "id=\"case\"",
            "class=\"hit\"",
            "scene before",
            "scene after",
            "<svg class=\"graph\"",
            "type=\"range\"",
            "Registers and roots",
            "id=\"verdict\"",
            "gcdiff run ",
        ];
        for part in parts.iter().chain(wanted) {
            assert!(html.contains(part), "{fault}: {part}");
        }
        for loads in ["=\"http", "src=", "<link", "url(", "@import"] {
            assert!(!html.contains(loads), "{fault}: {loads}");
        }
        assert!(html.len() < 200_000, "{fault}: {} bytes", html.len());
    }
}

#[test]
fn a_page_is_no_larger_for_a_large_case_than_its_pictures_allow() {
    let scratch = Scratch::new("explain-large");
    // 400 objects in a list, of which the last is lost, and a frame with 200 locals.
    let case = format!(
        r#";;! fault = "W1"
(module
  (type $s (struct (field $next (mut (ref null $s)))))
  (type $list (array (mut (ref null $s))))
  (global $all (mut (ref null $s)) (ref.null $s))
  (func (export "f") (local $a (ref null $list)) (local $i i32) {}
    (loop $more
      (global.set $all (struct.new $s (global.get $all)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const 400))))
    (local.set $a (array.new $list (global.get $all) (i32.const 500)))
    (array.copy $list $list
      (local.get $a) (i32.const 0) (local.get $a) (i32.const 0) (i32.const 500))))
"#,
        "(local (ref null $s))".repeat(200)
    );
    let file = scratch.file("large.wat", case);
    let out = scratch.path("large.html");
    let ran = gcdiff(&["explain", &file, "--html", "--out", &out]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let html = std::fs::read_to_string(out).unwrap();
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
    assert!(html.contains(" more objects not shown"), "{html}");
}

#[test]
fn names_of_a_module_are_text() {
    let scratch = Scratch::new("explain-hostile");
    let name = "</script><script>alert(1)</script>\\u{202e}\\\"' onload=x";
    let case = format!(
        r#";;! fault = "W1"
(module
  (type $"{name}1" (struct (field $"{name}2" i32)))
  (type $"{name}3" (array (mut (ref null $"{name}1"))))
  (global $"{name}4" (mut (ref null $"{name}3")) (ref.null $"{name}3"))
  (func $"{name}5" (export "{name}6") (local $"{name}7" (ref null $"{name}3"))
    (local.set $"{name}7"
      (array.new_fixed $"{name}3" 1 (struct.new $"{name}1" (i32.const 7))))
    (global.set $"{name}4" (local.get $"{name}7"))
    (array.copy $"{name}3" $"{name}3"
      (local.get $"{name}7") (i32.const 0) (local.get $"{name}7") (i32.const 0) (i32.const 1))
    (global.set $"{name}4" (local.get $"{name}7"))))
"#
    );
    let file = scratch.file("hostile.wat", case);
    for format in ["--html", "--dot", "--json"] {
        let ran = gcdiff(&["explain", &file, format]);
        assert_eq!(ran.code, 1, "{format}: {}", ran.err);
        assert!(!ran.out.contains('\u{202e}'), "{format}");
        match format {
            "--html" => {
                assert!(!ran.out.contains("<script>alert"));
                assert!(ran.out.contains("&lt;script&gt;alert"));
                assert_eq!(ran.out.matches("<script").count(), 1);
                assert_eq!(ran.out.matches(" onload=x\"").count(), 0);
            }
            "--dot" => {
                for line in ran.out.lines() {
                    // Text is either in a string, which ends where it should, or in markup.
                    let strings = line.replace("\\\\", "").replace("\\\"", "");
                    assert_eq!(strings.matches('"').count() % 2, 0, "{line}");
                    assert!(!line.contains("label=<") || !line.contains("<script"));
                }
            }
            _ => drop(serde_json::from_str::<Value>(&ran.out).unwrap()),
        }
    }
}

#[test]
fn a_program_reads_cause_ledger_and_scenes() {
    let read = |fault, seed| -> Value {
        let ran = explain(fault, seed, &["--json"]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        serde_json::from_str(&ran.out).unwrap()
    };
    let count = read("W1", "issue-10182");
    assert_eq!(count["version"], 1);
    assert_eq!(count["cause"]["place"]["instruction"], "array.copy");
    let history = &count["histories"][0];
    let ledger = &history["ledger"];
    let culprit = ledger["culprit"].as_u64().unwrap() as usize;
    let entry = &ledger["entries"][culprit];
    assert_eq!(entry["breach"], "count");
    assert_ne!(entry["count"], entry["expected"]);
    assert_eq!(entry["events"][0]["kind"], "counted");
    // The picture shows the same object with the same counts.
    let scene = &history["scenes"][history["culprit"].as_u64().unwrap() as usize];
    let objects = scene["objects"].as_array().unwrap();
    let focus = objects
        .iter()
        .find(|object| object["focus"] == true)
        .unwrap();
    for key in ["address", "count", "expected"] {
        assert_eq!(focus[key], entry[key], "{key}");
    }

    let lost = read("W20", "select-then-collect");
    let violation = &lost["verdict"]["violation"];
    assert_eq!(violation["lost"]["set_by"]["instruction"], "select");
    assert_eq!(lost["cause"]["place"]["collection"], true);
    let history = &lost["histories"][0];
    let scene = &history["scenes"][history["culprit"].as_u64().unwrap() as usize];
    let registers = scene["frames"][0]["registers"].as_array().unwrap();
    let unshown = registers
        .iter()
        .filter(|register| register["shown"] == false);
    assert_eq!(unshown.count(), 1);

    let differ = read("X11", "packed-fields-out-of-range");
    assert_eq!(differ["cause"]["place"]["instruction"], "struct.get_u");
    assert_eq!(differ["unaudited"], Value::Null);
    assert_eq!(differ["histories"].as_array().unwrap().len(), 2);
}

#[test]
fn a_graph_has_the_object_its_roots_and_what_is_wrong() {
    for (fault, seed) in FINDINGS {
        let ran = explain(fault, seed, &["--dot"]);
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.out.starts_with("digraph heap {\n") && ran.out.ends_with("}\n"));
        // The object of the difference is dead before the next operation.
        assert_eq!(ran.out.contains(" -> "), fault != "X11", "{fault}");
        let clusters = ran.out.matches("subgraph cluster_").count();
        assert_eq!(clusters, if fault == "X11" { 2 } else { 1 });
        assert_eq!(ran.out.contains("crimson"), fault != "X11", "{fault}");
    }
}

#[test]
fn what_agrees_is_no_finding_in_any_format() {
    let scratch = Scratch::new("explain-agree");
    let file = scratch.file("empty.wat", "(module)");
    for (format, wanted) in [
        ("--html", "agree"),
        ("--dot", "digraph heap {\n}\n"),
        ("--json", "\"verdict\": \"agree\""),
    ] {
        let ran = gcdiff(&["explain", &file, format]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains(wanted), "{format}: {}", ran.out);
    }
    let ran = gcdiff(&["explain", &file, "--html", "--json"]);
    assert_eq!(ran.code, 2);
    let out = scratch.path("no/such/folder.html");
    let ran = gcdiff(&["explain", &file, "--html", "--out", &out]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("folder.html"), "{}", ran.err);
}

#[test]
fn a_browser_shows_the_pages() {
    let Some(browser) = Browser::find("explain") else {
        return;
    };
    let scratch = Scratch::new("explain-browser");
    for (fault, seed) in FINDINGS {
        page(&scratch, fault, seed);
        let path = Path::new(&scratch.path(&format!("{fault}.html"))).to_path_buf();
        let path = path.canonicalize().unwrap();
        let still = std::fs::read_to_string(&path).unwrap();
        let dom = browser.check(&path);
        // The script has made the controls usable.
        assert!(still.contains("<div class=\"controls\" hidden>"));
        assert!(dom.contains("<div class=\"controls\">"), "{fault}");
        // Two pictures of each run are shown, and those of the culprit.
        let shown = dom.matches("class=\"scene before\"").count();
        assert_eq!(shown, dom.matches("class=\"steps\"").count(), "{fault}");
    }
    // The same with another operation: the script shows other scenes.
    let path = scratch.path("W1.html");
    let html = std::fs::read_to_string(&path).unwrap();
    let pressed = html.replace(
        "</html>",
        "<script>document.querySelector('.back').click()</script></html>",
    );
    let moved = scratch.file("moved.html", pressed);
    let dom = browser.open(Path::new(&moved), &["--dump-dom"]);
    let after = |html: &str| {
        let (_, rest) = html.split_once("class=\"scene after\"").unwrap();
        rest.split_once("</small>").unwrap().0.to_string()
    };
    assert!(after(&html).contains("the culprit"));
    assert!(!after(&dom).contains("the culprit"), "{}", after(&dom));
}
