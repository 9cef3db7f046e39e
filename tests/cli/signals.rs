//! Signals that ask a command to end.
#![cfg(unix)]

use crate::common::Scratch;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// Answers the request that asks whether it works, and no other one.
const SILENT: &str = r#"read -r line
echo 'start 0'
echo '{"case":0,"refused":"no module"}'
read -r line
: > "$1"
exec sleep 3600
"#;

/// Dies of each case but the fourth, which it does not answer.
const SILENT_ONCE: &str = r#"while read -r line; do
  number=${line#*'"case":'}
  number=${number%%,*}
  echo "start $number"
  if [ "$number" -gt 0 ]; then
    echo x >> "$1.count"
    if [ "$(wc -l < "$1.count")" -eq 4 ]; then : > "$1"; exec sleep 3600; fi
    echo 'fatal: lost' >&2
    exit 3
  fi
  echo '{"case":0,"refused":"no module"}'
done
"#;

/// What is on disk then says what the case shows.
#[test]
fn a_reduction_ends_though_an_engine_does_not_answer() {
    let scratch = Scratch::new("silent-reduction");
    let (script, asked) = (scratch.path("silent.sh"), scratch.join("asked"));
    fs::write(&script, SILENT_ONCE).unwrap();
    let code = "(drop (i32.const 1)) (drop (i32.const 2)) (drop (i32.const 3))";
    let module = format!("(module (func (export \"f\") {code}) (func (export \"g\") {code}))");
    let case = scratch.file("case.wat", module);
    let reduced = scratch.path("reduced.wat");
    let engine = format!("silent=sh {script} {}", asked.display());
    let child = Command::new(env!("CARGO_BIN_EXE_gcdiff"))
        .args([
            "--no-config",
            "reduce",
            &case,
            "-o",
            &reduced,
            "--jobs",
            "1",
        ])
        .args(["--engine", &engine, "--timeout", "600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = interrupted(child, &asked);
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{said}");
    let line = String::from_utf8_lossy(&ended.stdout);
    assert!(line.trim_end().ends_with("not finished"), "{line}");
    let text = fs::read_to_string(&reduced).unwrap();
    let fingerprint = ";;! fingerprint = \"engine:silent:crash:fatal-lost\"";
    assert!(text.contains(fingerprint), "{text}");
}

/// What a command has printed that is interrupted once there is this file.
fn interrupted(mut child: Child, asked: &Path) -> Output {
    while !asked.exists() {
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut kill = Command::new("kill");
    let killed = kill.args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    child.wait_with_output().unwrap()
}

/// The rest of the module's cases is not judged, and an engine that does not answer is not waited for.
#[test]
fn a_campaign_ends_though_an_engine_does_not_answer() {
    let scratch = Scratch::new("silent-engine");
    let (script, asked) = (scratch.path("silent.sh"), scratch.join("asked"));
    fs::write(&script, SILENT).unwrap();
    let engine = format!("silent=sh {script} {}", asked.display());
    let child = Command::new(env!("CARGO_BIN_EXE_gcdiff"))
        .args(["--no-config", "fuzz", "--cases", "6", "--jobs", "1"])
        .args(["--engine", &engine, "--timeout", "600"])
        .args(["--out", &scratch.path("out")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = interrupted(child, &asked);
    let table = String::from_utf8_lossy(&ended.stdout);
    let said = String::from_utf8_lossy(&ended.stderr);
    let number = |row: &str| {
        let line = table
            .lines()
            .find(|line| line.trim_start().starts_with(row));
        let line = line.unwrap_or_else(|| panic!("{row}: {table}{said}"));
        let words: Vec<&str> = line.split_whitespace().collect();
        words[words.len() - 3].parse::<u64>().unwrap()
    };
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert_eq!((number("cases"), number("interrupted")), (1, 1), "{table}");
    assert!(said.contains("gcdiff: ended by a signal"), "{said}");
}
