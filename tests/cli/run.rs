//! `gcdiff run`, `fuzz`, `replay` and `generate`: verdicts, blame and findings.

use crate::common::{Scratch, agrees, gcdiff, ours, refused};
use crate::seed_bug;

#[test]
fn the_seed_bug_is_seen_with_its_fault_and_only_by_the_counting_heap() {
    let file = seed_bug();
    agrees(&["run", &file], "agree: null, drc");
    let ran = gcdiff(&["run", "--fault", "W1", &file]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for wanted in [
        "law \"exact\"",
        "the count of 0x10 is too low: 1, but it has 2 owners",
        "$a (array (mut (ref eq)))",
        "count        1, expected 2",
        "owners       element 0 of 0x30",
        "reached by   global $g -> element 0",
        "first broken after array.copy in function \"run\" at line 15 (offset 0x44)",
    ] {
        assert!(ran.out.contains(wanted), "{wanted}: {}", ran.out);
    }
    agrees(
        &["run", "--fault", "W1", "-C", "collector=null", &file],
        "agree: null\n",
    );
    for audit in ["auto", "end", "collection", "call", "every"] {
        agrees(&["run", "--audit", audit, &file], "agree");
        let ran = gcdiff(&["run", "--audit", audit, "--fault", "W1", &file]);
        assert_eq!(ran.code, 1, "{audit}");
    }
}

/// The commands of the README that run a seed, and what it says that they print.
#[test]
fn the_front_page_shows_what_happens() {
    let readme = include_str!("../../README.md");
    let mut fingerprints = Vec::new();
    for block in readme.split("```console\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        let (command, output) = block.split_once('\n').unwrap();
        let Some(args) = command.strip_prefix("$ cargo run --release -- run ") else {
            continue;
        };
        let args: Vec<String> = args
            .split(' ')
            .map(|arg| match arg.ends_with(".wat") {
                true => ours(arg),
                false => arg.to_string(),
            })
            .collect();
        let args: Vec<&str> = std::iter::once("run")
            .chain(args.iter().map(String::as_str))
            .collect();
        let ran = gcdiff(&args);
        assert_eq!(ran.out, output, "{command}");
        let fingerprint = output
            .lines()
            .find_map(|l| l.strip_prefix("  fingerprint  "));
        assert_eq!(ran.code, i32::from(fingerprint.is_some()), "{command}");
        fingerprints.push(fingerprint);
    }
    // Sound; with the bug, results alone; with the bug, the whole oracle.
    assert_eq!(
        fingerprints,
        [None, None, Some("exact:array:array.copy:drc")]
    );
}

/// What README says of a fuzzer that compares results: it misses the seed bug,
/// on both seeds.
#[test]
fn results_alone_miss_the_seed_bug() {
    for name in ["issue-10182", "array-copy-of-objects"] {
        let file = ours(&format!("corpus/regressions/{name}.wat"));
        let with = |oracle| gcdiff(&["run", "--fault", "W1", "--oracle", oracle, &file]);
        for missing in ["results", "results+heap"] {
            let ran = with(missing);
            assert_eq!(ran.code, 0, "{name}: {}{}", ran.out, ran.err);
            let first = ran.out.lines().next();
            assert_eq!(first, Some("agree: null, drc, copying, model"), "{name}");
        }
        for finding in ["all", "results+zero", "results+graph"] {
            assert_eq!(with(finding).code, 1, "{name}: {finding}");
        }
    }
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
        // The header names the fault, so the finding replays by itself.
        let ran = gcdiff(&["run", path]);
        assert_eq!(ran.code, 1, "{path}: {}{}", ran.out, ran.err);
        assert!(
            ran.out.contains("first broken after array.copy"),
            "{}",
            ran.out
        );
    }
}

/// A place in a module is told by function and line, whatever stands before it in
/// the file; the fingerprint does not depend on either.
#[test]
fn what_is_blamed_is_named_with_its_line() {
    let folder = Scratch::new("lines");
    let module = "(module
      (type $pair (struct (field $left (mut anyref)) (field $right (mut anyref))))
      (global $g (mut (ref null $pair)) (ref.null $pair))
      NAMED
        (global.set $g
          (struct.new $pair (ref.null any) (ref.null any)))
        (struct.set $pair $left
          (global.get $g)
          (struct.new $pair (ref.null any) (ref.null any)))))";
    let named = module.replace("NAMED", "(func $store (export \"run\")");
    let unnamed = module.replace("NAMED", "(export \"run\" (func 0))\n(func");
    let header = ";;! schedule = \"safepoints\"\n\n;; A comment.\n";
    for (text, place) in [
        (named.clone(), "function $store at line 7 (offset 0x"),
        (
            format!("{header}{named}"),
            "function $store at line 10 (offset 0x",
        ),
        (unnamed, "function \"run\" at line 8 (offset 0x"),
    ] {
        let file = folder.file("named.wat", &text);
        let ran = gcdiff(&["run", "--fault", "canary", &file]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        let wanted = format!("first broken after struct.set in {place}");
        assert!(ran.out.contains(&wanted), "{wanted}: {}", ran.out);
        assert!(
            ran.out.contains("owners       field $left of 0x"),
            "{}",
            ran.out
        );
        let fingerprint = "fingerprint  exact:struct:struct.set:drc";
        assert!(ran.out.contains(fingerprint), "{}", ran.out);
    }
    // The binary module has its names, but no lines.
    let wasm = folder.0.join("named.wasm");
    std::fs::write(&wasm, wat::parse_str(&named).unwrap()).unwrap();
    let ran = gcdiff(&["run", "--fault", "canary", wasm.to_str().unwrap()]);
    let wanted = "first broken after struct.set in function $store at offset 0x";
    assert!(ran.out.contains(wanted), "{}", ran.out);
}

/// The embedder is blamed for what it does, and not the place of an earlier trap.
#[test]
fn steps_are_blamed_as_steps() {
    let folder = Scratch::new("steps");
    let text = r#";;! [[steps]]
;;! call = "make"
;;! [[steps]]
;;! call = "trap"
;;! [[steps]]
;;! drop = 0
;;! [[steps]]
;;! collect = true
(module
  (type $a (array (mut anyref)))
  (func (export "make") (result anyref)
    (array.new_fixed $a 2 (ref.i31 (i32.const 5)) (ref.i31 (i32.const 5))))
  (func (export "trap") (drop (i64.trunc_f32_u (f32.const -5)))))"#;
    let file = folder.file("steps.wat", text);
    for fault in ["W5", "D6"] {
        let ran = gcdiff(&["run", "--fault", fault, &file]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        let wanted = "first broken by the collection in step 4, collect";
        assert!(ran.out.contains(wanted), "{fault}: {}", ran.out);
        assert!(ran.out.contains(":collection:drc"), "{fault}: {}", ran.out);
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
fn a_header_pins_what_the_verdict_depends_on() {
    let folder = Scratch::new("pins");
    let seed = std::fs::read_to_string(seed_bug()).unwrap();
    let with = |lines: &str| folder.file("pinned.wat", format!("{lines}\n{seed}"));
    let file = with(";;! fault = \"W1\"\n;;! fingerprint = \"other\"");
    let ran = gcdiff(&["run", &file]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out
            .contains("\n  recorded     other, which is another\n"),
        "{}",
        ran.out
    );
    agrees(
        &["run", "--fault", "none", &file],
        "recorded     other, not seen now",
    );
    let ran = gcdiff(&["replay", "--fault", "none", &file]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("(recorded: other)"), "{}", ran.out);
    let ran = gcdiff(&["replay", &file]);
    assert!(
        ran.code == 1 && ran.out.contains("(recorded: other)"),
        "{}",
        ran.out
    );
    // Without audits the fault shows nowhere in what the layers on record compare.
    let quiet = ";;! fault = \"W1\"\n;;! collectors = [\"null\", \"drc\"]";
    let file = with(&format!("{quiet}\n;;! oracle = \"results\""));
    agrees(&["run", &file], "agree: null, drc\n");
    let file = with(quiet);
    assert_eq!(gcdiff(&["run", &file]).code, 1);
    let file = with(";;! audit = \"hourly\"");
    refused(&["run", &file], "header: no time to audit \"hourly\"");
    let file = with(";;! oracle = \"all+nothing\"");
    refused(&["run", &file], "header: no layer \"nothing\"");
}

#[test]
fn findings_replay_as_they_were_found() {
    let folder = Scratch::new("replayed");
    let out = folder.0.to_str().unwrap();
    for fault in ["W1", "W14", "X11", "D4", "W24"] {
        let args = ["fuzz", "--seed", "3", "--cases", "60", "--fault", fault];
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
    let ops = gcdiff(&["generate", "--seed", "5", "--generator", "ops"]);
    assert_ne!(first.out, ops.out);
    assert!(
        ops.out.contains("case 0 of seed 5, generator ops"),
        "{}",
        ops.out
    );
    // Names with line breaks.
    for case in ["676", "814", "1070"] {
        let made = gcdiff(&["generate", "--seed", "99", "--case", case]);
        let file = folder.file("odd.wat", &made.out);
        agrees(&["run", &file], "agree: null, drc");
    }
    let file = folder.file("seed5.wat", &first.out);
    agrees(&["run", &file], "agree: null, drc");
}
