//! Options that several commands share: colours, standard input, parts of campaigns.

use crate::common::{Ran, Scratch, gcdiff, gcdiff_with, ours, refused};
use std::process::Command;

const W1: &str = "corpus/regressions/issue-10182.wat";

fn colored(args: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gcdiff"));
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command.envs(variables.iter().copied());
    let output = command.args(args).output().unwrap();
    let (out, err) = (output.stdout, output.stderr);
    String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap()
}

#[test]
fn verdicts_and_help_are_coloured_if_they_are_to_be() {
    let file = ours(W1);
    let run = ["run", &file];
    let is_colored =
        |args: &[&str], variables: &[(&str, &str)]| colored(args, variables).contains("\u{1b}[");
    let with = |option| [&run[..], &[option]].concat();
    assert!(!is_colored(&run, &[]), "no terminal");
    assert!(is_colored(&run, &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_colored(
        &run,
        &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]
    ));
    assert!(is_colored(&with("--color=always"), &[("NO_COLOR", "1")]));
    assert!(!is_colored(
        &with("--color=never"),
        &[("CLICOLOR_FORCE", "1")]
    ));
    for args in [&["run", "--help"][..], &["--help"]] {
        let with = |option| [args, &[option]].concat();
        assert!(is_colored(&with("--color=always"), &[]), "{args:?}");
        assert!(is_colored(args, &[("CLICOLOR_FORCE", "1")]), "{args:?}");
        assert!(!is_colored(
            &with("--color=never"),
            &[("CLICOLOR_FORCE", "1")]
        ));
    }
    // A program reads it.
    assert!(!is_colored(
        &with("--format=json"),
        &[("CLICOLOR_FORCE", "1")]
    ));
}

#[test]
fn each_verdict_has_its_colour() {
    let scratch = Scratch::new("colours");
    let long = ";;! limits = { work = 1000 }
        (module (type $n (struct)) (func (export \"f\") (loop $l (drop (struct.new $n)) (br $l))))";
    let long = scratch.file("long.wat", long);
    let file = ours(W1);
    let green = colored(&["--color", "always", "run", &file], &[]);
    assert!(
        green.starts_with("\u{1b}[1m\u{1b}[32magree\u{1b}[0m: null"),
        "{green}"
    );
    let red = colored(&["--color", "always", "run", &file, "--fault", "W1"], &[]);
    assert!(
        red.starts_with("\u{1b}[1m\u{1b}[31mviolation\u{1b}[0m of law"),
        "{red}"
    );
    let yellow = colored(&["--color", "always", "run", &long], &[]);
    assert!(
        yellow.contains(": \u{1b}[1m\u{1b}[33mdiscard\u{1b}[0m: too long"),
        "{yellow}"
    );
}

#[test]
fn a_dash_is_standard_input() {
    let scratch = Scratch::new("stdin");
    let case = std::fs::read(ours(W1)).unwrap();
    let with = |args: &[&str], input: &[u8]| gcdiff_with(input, args);
    let same = |ran: &Ran, file: &str| ran.out.replace(file, "<stdin>");
    let file = ours(W1);
    for args in [
        &["run", "--fault", "W1"][..],
        &["explain", "--fault", "W1"],
        &["export", "--to", "wast"],
        &["run", "--fault", "W1", "--format", "github"],
        &["run", "--fault", "W1", "--format", "json"],
    ] {
        let ran = with(&[args, &["-"]].concat(), &case);
        let wanted = gcdiff(&[args, &[&file]].concat());
        assert_eq!(
            (ran.code, &ran.out),
            (wanted.code, &same(&wanted, &file)),
            "{args:?}"
        );
    }
    let ran = with(&["replay", "--fault", "W1", "-"], &case);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out
            .starts_with("finding  exact:array:array.copy:drc  <stdin>\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("| 1 | - | gcdiff run - --fault W1\n"),
        "{}",
        ran.out
    );
    let script = with(&["wast", "-C", "collector=drc", "-"], b"(module)");
    assert_eq!(script.out, "<stdin>: drc: 1 passed, 0 failed, 0 skipped\n");
    let broken = with(&["run", "-"], b"(module");
    assert_eq!((broken.code, broken.out), (2, String::new()));
    assert!(
        broken.err.starts_with("gcdiff: <stdin>: "),
        "{}",
        broken.err
    );
    let out = scratch.path("small.wat");
    let ran = with(&["reduce", "--fault", "W1", "-", "--out", &out], &case);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(gcdiff(&["run", &out]).code, 1);
    let ran = with(&["reduce", "--fault", "W1", "-"], &case);
    assert!(
        ran.code == 2 && ran.err.contains("needs --out"),
        "{}",
        ran.err
    );
}

#[test]
fn a_file_that_is_named_like_standard_input_is_a_file() {
    let scratch = Scratch::new("stdin-name");
    scratch.file("<stdin>", "(module (func (export \"g\")))");
    let mut command = Command::new(env!("CARGO_BIN_EXE_gcdiff"));
    command
        .current_dir(&scratch.0)
        .args(["--no-config", "run", "<stdin>"]);
    let output = command.output().unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("\"g\": returned"), "{out}");
}

/// The counts of a campaign by their names.
fn counts(args: &[&str]) -> (i32, Vec<(String, u64)>) {
    let scratch = Scratch::new(&format!("counts-{}", args.join("")));
    let out = scratch.path("found");
    let common = [
        "fuzz",
        "--seed",
        "3",
        "--fault",
        "W1",
        "--no-reduce",
        "--out",
        &out,
    ];
    let ran = gcdiff(&[&common[..], args].concat());
    let rows = ran.out.lines().filter(|line| line.ends_with(" %"));
    let rows = rows.map(|line| {
        let mut words = line.split_whitespace().rev().skip(2);
        let count = words.next().unwrap().parse().unwrap();
        (words.collect::<String>(), count)
    });
    (ran.code, rows.collect())
}

#[test]
fn the_tables_of_the_parts_of_a_campaign_add_up_to_its_table() {
    let (code, whole) = counts(&["--cases", "30"]);
    let (_, first) = counts(&["--cases", "13", "--jobs", "2"]);
    let (_, second) = counts(&["--start", "13", "--cases", "17", "--jobs", "1"]);
    assert!(code == 1 && whole.len() > 8, "{whole:?}");
    assert_eq!(whole[0], ("cases".to_string(), 30));
    for (name, count) in &whole {
        let of = |part: &[(String, u64)]| {
            let row = part.iter().find(|row| row.0 == *name);
            row.map_or(0, |row| row.1)
        };
        assert_eq!(of(&first) + of(&second), *count, "{name}");
    }
    refused_start();
}

fn refused_start() {
    let ran = gcdiff(&["fuzz", "--start", "18446744073709551615", "--cases", "1"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
}

#[test]
fn a_campaign_ends_at_the_first_finding_which_is_saved_and_reduced() {
    let scratch = Scratch::new("stop");
    let out = scratch.path("found");
    let args = [
        "fuzz",
        "--seed",
        "1",
        "--cases",
        "500",
        // The reduction ends after twice the time.
        "--seconds",
        "10",
        "--jobs",
        "1",
        "--fault",
        "W1",
    ];
    let ran = gcdiff(&[&args[..], &["--stop-at-first", "--out", &out]].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    let cases = ran
        .out
        .lines()
        .find(|line| line.starts_with("cases "))
        .unwrap();
    let cases: u64 = cases.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(cases < 20, "{}", ran.out);
    let files = std::fs::read_dir(&out).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(
        files.into_iter().any(|file| file.ends_with(".reduced.wat")),
        "{}",
        ran.out
    );
}

#[test]
fn a_replay_ends_at_the_first_finding() {
    let scratch = Scratch::new("stop-replay");
    let case = std::fs::read_to_string(ours(W1)).unwrap();
    for name in ["a.wat", "b.wat", "c.wat"] {
        scratch.file(name, &case);
    }
    let args = [
        "replay",
        "--fault",
        "W1",
        "--jobs",
        "1",
        "--stop-at-first",
        scratch.str(),
    ];
    let ran = gcdiff(&args);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("1 file: 0 agree, 1 finding,"),
        "{}",
        ran.out
    );
    assert!(
        ran.err
            .contains("ended by the first finding; 2 of 3 were not judged"),
        "{}",
        ran.err
    );
    refused(
        &["replay", "--stop-at-first", &scratch.path("none")],
        "No such file",
    );
}
