//! Signals, and standard output that is closed or full.

use super::{all_replay, command, is_case, names};
use crate::common::{Scratch, gcdiff};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Starts a campaign that would take an hour, and waits for its first finding.
fn long_campaign(out: &Path, stdout: Stdio) -> Child {
    let out = out.to_str().unwrap();
    let args = [
        "fuzz",
        "--fault",
        "canary",
        "--seconds",
        "3600",
        "--out",
        out,
    ];
    let child = command(&args)
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    while !names(Path::new(out)).iter().any(|name| is_case(name)) {
        assert!(start.elapsed() < Duration::from_secs(120), "no finding");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn send(signal: &str, child: &Child) {
    let killed = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Whether a signal is set in a mask of a process's status. `SigIgn:` lists
/// ignored signals, `SigCgt:` handled ones.
fn has_signal(process: &str, mask: &str, signal: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix(mask));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

/// Whether SIGHUP is ignored, as it is under `nohup`.
fn hangup_is_ignored() -> bool {
    has_signal("self", "SigIgn:", 1)
}

#[test]
fn signals_end_a_campaign_with_its_table_and_its_exit_code() {
    for signal in ["INT", "TERM", "HUP"] {
        if signal == "HUP" && hangup_is_ignored() {
            continue;
        }
        let scratch = Scratch::new(&format!("signal-{signal}"));
        let out = scratch.join("out");
        let child = long_campaign(&out, Stdio::piped());
        send(signal, &child);
        let Output { status, stdout, .. } = child.wait_with_output().unwrap();
        let stdout = text(&stdout);
        assert_eq!(status.code(), Some(1), "{signal}: {stdout}");
        // First the findings in the order in which they were made, then the
        // table.
        assert!(stdout.starts_with("case "), "{stdout}");
        for wanted in [
            "\n  fingerprint  ",
            "\n  replay       gcdiff run ",
            "\ncases  ",
            "\nfingerprint | count | lowest case | replay\n",
        ] {
            assert!(stdout.contains(wanted), "{signal}: {wanted}: {stdout}");
        }
        all_replay(&out);
    }
}

/// Waits until a process has installed its signal handlers.
fn wait_for_handlers(child: &Child) {
    // The last handler to be installed.
    let last = if hangup_is_ignored() { 15 } else { 1 };
    let start = Instant::now();
    while !has_signal(&child.id().to_string(), "SigCgt:", last) {
        if start.elapsed() > Duration::from_secs(60) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(100));
}

#[test]
fn signals_end_the_measuring_commands_with_the_figures_so_far() {
    let scratch = Scratch::new("measuring");
    let report = scratch.join("report.md");
    let report = report.to_str().unwrap();
    let events = ["events", "--cases", "100000000", "--generator", "ops"];
    let zoo = ["zoo", "--cases", "100000000", "--seeds", "5000"];
    for (args, wanted) in [
        (&events[..], "share of cases"),
        (&[&events[..], &["--report", report]].concat(), ""),
        (&zoo, "0 faults: "),
        (&[&zoo[..], &["--report", scratch.str()]].concat(), ""),
    ] {
        let child = command(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_for_handlers(&child);
        send("TERM", &child);
        let Output {
            status,
            stdout,
            stderr,
        } = child.wait_with_output().unwrap();
        let stderr = text(&stderr);
        assert_eq!(status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains("ended by a signal; "), "{args:?}: {stderr}");
        assert!(text(&stdout).contains(wanted), "{args:?}");
    }
    assert_eq!(names(&scratch.0), [""; 0]);
}

/// The first signal makes the campaign end and print its table. Nobody reads
/// its output, so it blocks until the second signal.
#[cfg(target_os = "linux")]
#[test]
fn a_second_signal_ends_a_command_at_once() {
    let scratch = Scratch::new("twice");
    let out = scratch.join("out");
    let (_unread, mut stdout) = std::io::pipe().unwrap();
    // Fill the pipe.
    std::io::Write::write_all(&mut stdout, &[b' '; 1 << 16]).unwrap();
    let mut child = long_campaign(&out, stdout.into());
    send("INT", &child);
    let id = child.id().to_string();
    while has_signal(&id, "ShdPnd:", 2) {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(child.try_wait().unwrap(), None);
    send("TERM", &child);
    let status = child.wait().unwrap();
    assert_eq!(status.code(), None, "{status}");
    for name in names(&out).iter().filter(|name| is_case(name)) {
        let ran = gcdiff(&["run", out.join(name).to_str().unwrap()]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    }
}

#[test]
fn a_killed_campaign_has_left_complete_findings() {
    let scratch = Scratch::new("killed");
    let out = scratch.join("out");
    let mut child = long_campaign(&out, Stdio::null());
    send("KILL", &child);
    assert_eq!(child.wait().unwrap().code(), None);
    for name in names(&out).iter().filter(|name| is_case(name)) {
        let ran = gcdiff(&["run", out.join(name).to_str().unwrap()]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    }
}

#[test]
fn a_replay_that_is_interrupted_shows_what_it_has() {
    let scratch = Scratch::new("replay");
    // Each file takes a while, so all of them would take very long.
    let slow = r#"(module (func (export "f") (loop (br 0))))"#;
    for i in 0..3000 {
        std::fs::write(scratch.join(&format!("{i:04}.wat")), slow).unwrap();
    }
    let findings = Scratch::new("replay-findings");
    std::fs::copy(finding(&findings), scratch.join("0000.wat")).unwrap();
    let args = ["replay", "--jobs", "1", scratch.str()];
    let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert!(line.starts_with("finding  "), "{line}");
    send("TERM", &child);
    let rest: Vec<String> = stdout.lines().map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let rest = rest.join("\n");
    assert!(rest.contains("fingerprint | count | "), "{rest}");
    assert!(!rest.contains("3000 files"), "{rest}");
}

#[test]
fn a_reader_that_goes_away_changes_no_exit_code() {
    let scratch = Scratch::new("closed");
    let out = scratch.join("out");
    let mut child = long_campaign(&out, Stdio::piped());
    // Read one line and close the pipe, as `head -n 1` does.
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    drop(stdout);
    assert!(line.starts_with("case "), "{line}");
    // The next finding makes the campaign notice that the pipe is closed. If
    // none comes, a signal ends it.
    std::thread::sleep(Duration::from_secs(1));
    if child.try_wait().unwrap().is_none() {
        send("INT", &child);
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    all_replay(&out);

    // The pipe is closed from the start.
    let (bad, good) = (finding(&scratch), good(&scratch));
    for (args, code) in [
        (["run", &bad], 1),
        (["replay", &bad], 1),
        (["run", &good], 0),
        (["zoo", "--list"], 0),
    ] {
        let mut child = command(&args).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{args:?}");
    }
}

/// Saves a case with a bad verdict, whose header names the fault, and returns
/// its path.
fn finding(scratch: &Scratch) -> String {
    let out = scratch.join("findings");
    let args = ["fuzz", "--fault", "canary", "--cases", "40", "--out"];
    let ran = gcdiff(&[&args[..], &[out.to_str().unwrap()]].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    let name = &names(&out)[0];
    out.join(name).to_str().unwrap().to_string()
}

/// Saves a case on which all heaps agree, and returns its path.
fn good(scratch: &Scratch) -> String {
    let path = scratch.join("good.wat");
    std::fs::write(&path, "(module (func (export \"f\")))").unwrap();
    path.to_str().unwrap().to_string()
}

#[test]
fn a_full_disk_behind_the_output_is_an_error_and_loses_no_finding() {
    let full = || match OpenOptions::new().write(true).open("/dev/full") {
        Ok(full) => Some(Stdio::from(full)),
        Err(_) => None,
    };
    let scratch = Scratch::new("full");
    let out = scratch.join("out");
    let (bad, good) = (finding(&scratch), good(&scratch));
    let out_arg = out.to_str().unwrap();
    let fuzz = ["fuzz", "--seed", "1", "--out", out_arg, "--cases"];
    for (args, code) in [
        ([&fuzz[..], &["40", "--fault", "canary"]].concat(), 1),
        ([&fuzz[..], &["3"]].concat(), 2),
        (vec!["run", &good], 2),
        (vec!["run", &bad], 1),
        (vec!["replay", &good], 2),
        (vec!["replay", &bad], 1),
        (vec!["wast", "tests/scripts/layouts.wast"], 2),
        (vec!["generate", "--seed", "1"], 2),
        (vec!["zoo", "--list"], 2),
        (vec!["events", "--cases", "1"], 2),
        (vec!["--version"], 2),
        (vec!["fuzz", "--help"], 2),
    ] {
        // Skip the test on systems without `/dev/full`.
        let Some(full) = full() else { return };
        let ran = command(&args)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdout(full)
            .output()
            .unwrap();
        let stderr = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.contains("standard output: "), "{args:?}: {stderr}");
    }
    all_replay(&out);
    // The error cannot be reported, but the command must not panic.
    let Some(full) = full() else { return };
    let ran = command(&["run", "no/such/file.wat"]).stderr(full).status();
    assert_eq!(ran.unwrap().code(), Some(2));
    assert!(File::open("/dev/full").is_ok());
}

/// A command that may write no more than 512 or 1024 bytes to a file.
fn in_small_files(args: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -f 1 && exec \"$0\" \"$@\""]);
    command.arg(env!("CARGO_BIN_EXE_gcdiff")).args(args);
    command
}

#[test]
fn a_limit_of_file_size_is_like_a_full_disk() {
    let scratch = Scratch::new("file-size");
    let out = scratch.join("out");
    let out_arg = out.to_str().unwrap();
    let fuzz = ["fuzz", "--fault", "canary", "--cases", "300", "--seed", "1"];
    let ran = in_small_files(&[&fuzz[..], &["--jobs", "1", "--out", out_arg]].concat())
        .output()
        .unwrap();
    let (stdout, stderr) = (text(&ran.stdout), text(&ran.stderr));
    assert_eq!(ran.status.code(), Some(1), "{stderr}");
    for wanted in ["  not saved    ", "\nfingerprint | count | lowest case | "] {
        assert!(stdout.contains(wanted), "{wanted}: {stdout}");
    }
    assert!(stderr.contains(" is not saved: "), "{stderr}");
    let left = names(&out);
    assert!(left.iter().all(|name| is_case(name)), "{left:?}");

    let report = scratch.join("report.md");
    let events = ["events", "--cases", "1", "--report"];
    let ran = in_small_files(&[&events[..], &[report.to_str().unwrap()]].concat())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2), "{}", text(&ran.stderr));
    assert!(text(&ran.stderr).contains("report.md: "));
    let stdout = File::create(scratch.join("stdout")).unwrap();
    let ran = in_small_files(&["zoo", "--list"])
        .stdout(stdout)
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2), "{}", text(&ran.stderr));
    assert!(text(&ran.stderr).contains("standard output: "));
    // No temporary file is left for a file that could not be written.
    let left = names(&scratch.0);
    assert!(!left.iter().any(|name| name.ends_with(".part")), "{left:?}");
}
