//! `gcdiff replay --report`.

use super::{check, index};
use crate::common::{Scratch, gcdiff, ours};
use std::fs;

#[test]
fn files_that_are_judged_have_the_same_page() {
    let scratch = Scratch::new("report-replay");
    let case = ours("corpus/regressions/issue-10182.wat");
    let copy = |name: &str| fs::copy(&case, scratch.join(name)).unwrap();
    // A name that would be markup, a link of its own, or the end of an attribute.
    copy("it's \"100%\" <script>.wat");
    copy("plain.wat");
    scratch.file("good.wat", "(module)");
    scratch.file("<b>bad.wat", "(module");
    let report = scratch.path("report");
    let args = [
        "replay",
        scratch.str(),
        "--fault",
        "W1",
        "--report",
        &report,
    ];
    let ran = gcdiff(&args);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let pages = check(&scratch);
    assert_eq!(pages.len(), 1);
    let html = index(&scratch);
    assert!(!html.contains("<script") && !html.contains("<b>"));
    for wanted in [
        "<h1>Replay",
        "2 findings",
        "<th scope=\"row\">could not be run</th><td class=\"number\">1</td>",
        "&lt;b&gt;bad.wat: expected `)`",
        "<td>--fault W1</td>",
        "it%27s%20%22100%25%22%20%3Cscript%3E.wat",
    ] {
        assert!(html.contains(wanted), "{wanted}");
    }
    assert!(!html.contains("id=\"rates\""));
    // The case is shown as it is in its file, with the blamed line.
    let page = fs::read_to_string(&pages[0]).unwrap();
    let text = fs::read_to_string(&case).unwrap();
    let comment = text.lines().next().unwrap().replace('"', "&quot;");
    assert!(page.contains(&comment), "{comment}");
    assert_eq!(page.matches("class=\"hit\"").count(), 1);
}

#[test]
fn inputs_of_a_fuzz_target_are_saved_reduced_and_shown() {
    let scratch = Scratch::new("report-inputs");
    let inputs = scratch.path("inputs");
    let write = [
        "inputs", "--target", "gc_ops", "--cases", "20", "--out", &inputs,
    ];
    assert_eq!(gcdiff(&write).code, 0);
    let (save, report) = (scratch.path("saved"), scratch.path("report"));
    let args = ["replay", "--target", "gc_ops", "--fault", "canary", &inputs];
    let more = ["--save", &save, "--report", &report];
    let ran = gcdiff(&[&args[..], &more].concat());
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let pages = check(&scratch);
    assert!(!pages.is_empty());
    assert!(index(&scratch).contains("<td>gc_ops</td>"));
    for page in pages {
        let html = fs::read_to_string(page).unwrap();
        assert!(html.contains("an input of the fuzz target gc_ops: "));
        assert!(html.contains("Reduced case") && html.contains(".reduced.wat"));
    }
}

#[test]
fn files_that_agree_have_a_page_without_findings() {
    let scratch = Scratch::new("report-agree");
    let case = scratch.file("good.wat", "(module)");
    let ran = gcdiff(&["replay", &case, "--report", &scratch.path("report")]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(check(&scratch).is_empty());
    assert!(index(&scratch).contains("None in 1 file."));
}
