//! Programs that call `gcdiff::cli::main_with`. `cases/own_collector.md` has more.

use crate::common::{Ran, Scratch, example, ours, program_in};
use gcdiff::heap::drc::Drc;
use gcdiff::oracle::HeapSubject;
use std::process::{Command, ExitCode};

/// Runs the example in a folder.
fn own_collector(folder: &Scratch, args: &[&str]) -> Ran {
    let program = example("own_collector");
    // A busy machine must not end a case.
    let timeout: &[&str] = match args[0] {
        "fuzz" => &["--timeout", "300"],
        _ => &[],
    };
    let args = &[args, timeout].concat();
    program_in(&program, &folder.0, args, ("RUST_BACKTRACE", "0"))
}

/// The paths of the findings, in a folder.
fn findings(folder: &Scratch) -> Vec<String> {
    let files = std::fs::read_dir(folder.join("findings")).unwrap();
    let mut files: Vec<String> = files
        .map(|file| file.unwrap().path().to_str().unwrap().to_string())
        .collect();
    files.sort();
    files
}

#[test]
fn findings_of_a_campaign_replay_are_reduced_and_explained() {
    let folder = Scratch::new("own-campaign");
    let args = ["fuzz", "-C", "collector=null,sliding", "--cases", "60"];
    let ran = own_collector(&folder, &[&args[..], &["--seed", "1"]].concat());
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains(":array.copy:sliding"), "{}", ran.out);
    // The commands that are printed name this program.
    let command = "\n  replay       own_collector run findings/";
    assert!(ran.out.contains(command), "{}", ran.out);
    assert!(!ran.out.contains("gcdiff"), "{}", ran.out);
    let findings = findings(&folder);
    assert!(findings.len() >= 2, "{findings:?}");
    for path in &findings {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(
            text.contains(";;! collectors = [\"null\", \"sliding\"]"),
            "{text}"
        );
        let ran = own_collector(&folder, &["run", path]);
        assert_eq!(ran.code, 1, "{path}: {}{}", ran.out, ran.err);
        assert!(
            ran.out.contains("first broken after array.copy"),
            "{}",
            ran.out
        );
        assert!(!ran.out.contains("recorded"), "{}", ran.out);
        let ran = own_collector(&folder, &["run", "--json", path]);
        assert!(ran.out.contains("\"sliding\""), "{}", ran.out);
        // The same case without the bug.
        let fixed = ["run", "-C", "collector=null,sliding-fixed", path];
        let ran = own_collector(&folder, &fixed);
        assert_eq!(ran.code, 0, "{path}: {}{}", ran.out, ran.err);
    }
    let ran = own_collector(&folder, &["replay", "findings"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let count = findings.len();
    assert!(
        ran.out
            .contains(&format!("{count} files: 0 agree, {count} findings")),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("| own_collector run findings/"),
        "{}",
        ran.out
    );
    let found = findings
        .iter()
        .find(|path| !path.contains(".reduced."))
        .unwrap();
    let ran = own_collector(&folder, &["reduce", found, "--out", "small.wat"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let ran = own_collector(&folder, &["explain", "small.wat"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("ledger of the object") && ran.out.contains("in heap sliding"),
        "{}",
        ran.out
    );
    let ran = own_collector(&folder, &["explain", "--html", "small.wat"]);
    assert!(
        ran.out.contains("own_collector run small.wat"),
        "the page has no command"
    );
}

#[test]
fn own_collectors_are_on_every_case_of_a_campaign() {
    let folder = Scratch::new("own-every-case");
    let ran = own_collector(
        &folder,
        &["fuzz", "--cases", "20", "--seed", "1", "--no-reduce"],
    );
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let all =
        |line: &str| line.starts_with("ran under more than two heaps") && line.ends_with("100.0 %");
    assert!(ran.out.lines().any(all), "{}", ran.out);
    let found = findings(&folder);
    assert!(!found.is_empty());
    for path in found {
        let text = std::fs::read_to_string(path).unwrap();
        let start = ";;! collectors = [\"drc\", \"null\", \"sliding\", \"sliding-fixed\"";
        assert!(text.contains(start), "{text}");
    }
}

#[test]
fn the_heap_of_the_example_is_sound() {
    let folder = Scratch::new("own-mark-sweep");
    let run = |args: &[&str]| {
        let program = example("mark_sweep");
        program_in(&program, &folder.0, args, ("RUST_BACKTRACE", "0"))
    };
    let ran = run(&["fuzz", "--cases", "200"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let agreed = |line: &str| line.starts_with("agreed ") && line.contains(" 200 ");
    assert!(ran.out.lines().any(agreed), "{}", ran.out);
    let ran = run(&["wast", &ours("tests/scripts/lifetime.wast")]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("lifetime.wast: mark-sweep: "),
        "{}",
        ran.out
    );
}

#[test]
fn help_names_the_program_and_its_collectors() {
    let folder = Scratch::new("own-help");
    let help = |command: &str| {
        let ran = own_collector(&folder, &[command, "--help"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(
            ran.out.contains(&format!("Usage: own_collector {command}")),
            "{}",
            ran.out
        );
        assert!(!ran.out.contains("`gcdiff "), "{}", ran.out);
        ran.out
    };
    for command in ["run", "replay", "reduce", "explain", "wast", "fuzz"] {
        let text = help(command);
        assert!(
            text.contains("null, drc, copying, model, sliding, sliding-fixed"),
            "{text}"
        );
    }
    for command in ["zoo", "events", "distill", "export"] {
        let text = help(command);
        assert!(
            text.contains("take no part: sliding, sliding-fixed."),
            "{text}"
        );
    }
    let ran = own_collector(&folder, &["--help"]);
    assert!(
        ran.out
            .contains("Collectors of this program: sliding, sliding-fixed."),
        "{}",
        ran.out
    );
}

/// A program whose collector has the name of one of gcdiff.
#[test]
#[ignore = "another test runs it in a process of its own"]
fn program_with_a_name_that_is_taken() {
    let code = gcdiff::cli::main_with([HeapSubject::shared(|| Drc::new(1 << 20))]);
    println!("it was refused: {}", code == ExitCode::from(2));
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let name = "own_collector::program_with_a_name_that_is_taken";
    let mut test = Command::new(std::env::current_exe().unwrap());
    let ran = test
        .args(["--exact", name, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8(ran.stdout).unwrap(),
        String::from_utf8(ran.stderr).unwrap(),
    );
    assert!(out.contains("it was refused: true"), "{out}{err}");
    let message = "collector \"drc\" of this program: drc is a collector of gcdiff";
    assert!(err.contains(message), "{out}{err}");
}
