//! `gcdiff run`, `fuzz`, `replay` and `generate`: verdicts, blame and findings.

use crate::common::{Scratch, agrees, gcdiff};

/// A binary module has names but no line numbers.
#[test]
fn what_is_blamed_in_a_binary_module_is_named_without_a_line() {
    let folder = Scratch::new("lines");
    let text = r#"(module
      (type $pair (struct (field $left (mut anyref)) (field $right (mut anyref))))
      (global $g (mut (ref null $pair)) (ref.null $pair))
      (func $store (export "run")
        (global.set $g
          (struct.new $pair (ref.null any) (ref.null any)))
        (struct.set $pair $left
          (global.get $g)
          (struct.new $pair (ref.null any) (ref.null any)))))"#;
    let file = folder.file("named.wasm", wat::parse_str(text).unwrap());
    let ran = gcdiff(&["run", "--fault", "canary", &file]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let wanted = "first broken after struct.set in function $store at offset 0x";
    assert!(ran.out.contains(wanted), "{}", ran.out);
}

#[test]
fn a_campaign_finds_the_fault_and_saves_what_replays() {
    let folder = Scratch::new("fuzz");
    let out = folder.0.to_str().unwrap();
    let args = [
        "fuzz", "--seed", "1", "--cases", "50", "--jobs", "1", "--out", out,
    ];
    let ran = gcdiff(&[&args[..], &["--fault", "W1"]].concat());
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(":array.copy:drc"), "{}", ran.out);
    let saved: Vec<_> = std::fs::read_dir(&folder.0).unwrap().collect();
    assert!(!saved.is_empty());
    for entry in saved {
        let path = entry.unwrap().path();
        let path = path.to_str().unwrap();
        // The header names the fault, so the finding replays without options.
        let ran = gcdiff(&["run", path]);
        assert_eq!(ran.code, 1, "{path}: {}{}", ran.out, ran.err);
        assert!(
            ran.out.contains("first broken after array.copy"),
            "{}",
            ran.out
        );
    }
}

#[test]
fn a_campaign_gives_the_same_table_whatever_the_number_of_jobs() {
    let table = |jobs: &str| {
        let ran = gcdiff(&["fuzz", "--seed", "7", "--cases", "60", "--jobs", jobs]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        let rows = ran
            .out
            .lines()
            .filter(|l| !l.starts_with("cases per second"));
        rows.map(str::to_string).collect::<Vec<_>>()
    };
    let one = table("1");
    assert!(
        one[0].starts_with("cases ") && one[0].contains(" 60 "),
        "{one:?}"
    );
    for row in [
        "agreed",
        "findings",
        "allocated",
        "freed",
        "collected",
        "shared",
    ] {
        assert!(one.iter().any(|l| l.starts_with(row)), "{row}");
    }
    assert_eq!(one, table("3"));
}

#[test]
fn findings_replay_as_they_were_found() {
    let folder = Scratch::new("replayed");
    let out = folder.0.to_str().unwrap();
    let faults = [
        ("W1", "1"),
        ("W14", "1"),
        ("X11", "2"),
        ("D4", "1"),
        ("W24", "1"),
    ];
    for (fault, seed) in faults {
        let args = ["fuzz", "--seed", seed, "--cases", "60", "--fault", fault];
        let ran = gcdiff(&[&args[..], &["--out", out]].concat());
        assert_eq!(ran.code, 1, "{fault}: {}{}", ran.out, ran.err);
    }
    let ran = gcdiff(&["replay", out]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(!ran.out.contains("recorded"), "{}", ran.out);
    assert!(
        ran.out.contains(": 0 agree") && ran.out.contains(" 0 could not"),
        "{}",
        ran.out
    );
    assert_eq!(ran.err, "");
}

#[test]
fn what_a_seed_makes_is_printed_and_runs() {
    let folder = Scratch::new("generate");
    let first = gcdiff(&["generate", "--seed", "5"]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert_eq!(first.out, gcdiff(&["generate", "--seed", "5"]).out);
    assert_ne!(first.out, gcdiff(&["generate", "--seed", "6"]).out);
    let ops = gcdiff(&["generate", "--seed", "5", "--generator", "gc_ops"]);
    assert_ne!(first.out, ops.out);
    assert!(
        ops.out.contains("case 0 of seed 5, generator gc_ops"),
        "{}",
        ops.out
    );
    // Cases whose names contain line breaks.
    for case in ["676", "814", "1070"] {
        let made = gcdiff(&["generate", "--seed", "99", "--case", case]);
        let file = folder.file("odd.wat", &made.out);
        agrees(&["run", &file], "agree: null, drc");
    }
    let file = folder.file("seed5.wat", &first.out);
    agrees(&["run", &file], "agree: null, drc");
}
