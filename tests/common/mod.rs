//! Helpers shared by the tests of the command line.

// Each test binary uses part of this module; only `cli` uses all of it.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

/// The exit code and output of a command.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(output: Output) -> Ran {
        let err = String::from_utf8(output.stderr).unwrap();
        let Some(code) = output.status.code() else {
            panic!("killed by a signal: {err}");
        };
        Ran {
            code,
            out: String::from_utf8(output.stdout).unwrap(),
            err,
        }
    }
}

/// `gcdiff`, whatever the user's terminal and settings are.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gcdiff"));
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

/// Runs `gcdiff` with these arguments.
pub fn gcdiff(args: &[&str]) -> Ran {
    Ran::of(program().args(args).output().unwrap())
}

/// Runs `gcdiff` in a folder. Above it, there may be a `gcdiff.toml` of the user's.
pub fn gcdiff_in(folder: &Path, args: &[&str]) -> Ran {
    let mut command = program();
    if !folder.join("gcdiff.toml").is_file() {
        command.arg("--no-config");
    }
    Ran::of(command.current_dir(folder).args(args).output().unwrap())
}

/// Builds an example of this crate in the way in which `gcdiff` was built, unless that is done. Returns
/// its path.
pub fn example(name: &str) -> PathBuf {
    static BUILT: Mutex<BTreeMap<String, PathBuf>> = Mutex::new(BTreeMap::new());
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = built.get(name) {
        return path.clone();
    }
    let folder = Path::new(env!("CARGO_BIN_EXE_gcdiff")).parent().unwrap();
    let profile = match folder.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        profile => profile,
    };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.args(["build", "--quiet", "--message-format", "json"]);
    cargo.args(["--example", name, "--profile", profile]);
    let ran = Ran::of(
        cargo
            .arg("--target-dir")
            .arg(folder.parent().unwrap())
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let messages = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap());
    let mut programs = messages.filter_map(|message: serde_json::Value| {
        let is_it = message["target"]["name"] == name;
        message["executable"]
            .as_str()
            .filter(|_| is_it)
            .map(PathBuf::from)
    });
    let path = programs.next().expect("cargo names the program");
    built.insert(name.to_string(), path.clone());
    path
}

/// Runs a program in a folder, with an environment variable.
pub fn program_in(program: &Path, folder: &Path, args: &[&str], variable: (&str, &str)) -> Ran {
    let mut command = Command::new(program);
    command.env(variable.0, variable.1);
    Ran::of(command.current_dir(folder).args(args).output().unwrap())
}

/// Runs `gcdiff` with this standard input.
pub fn gcdiff_with(input: &[u8], args: &[&str]) -> Ran {
    let mut command = program();
    command.args(args).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that does not read its input closes it.
    let _ = child.stdin.take().unwrap().write_all(input);
    Ran::of(child.wait_with_output().unwrap())
}

/// Runs `gcdiff` in an address space of this many megabytes.
#[cfg(target_os = "linux")]
pub fn within(megabytes: u64, args: &[&str]) -> Ran {
    let kilobytes = megabytes << 10;
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("ulimit -v {kilobytes} && exec \"$0\" \"$@\""))
        .arg(env!("CARGO_BIN_EXE_gcdiff"))
        .args(args);
    Ran::of(shell.output().unwrap())
}

/// Asserts that all heaps agree and that the output contains `wanted`.
#[track_caller]
pub fn agrees(args: &[&str], wanted: &str) {
    let ran = gcdiff(args);
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.out, ran.err);
    assert!(ran.out.contains(wanted), "{args:?}: {}", ran.out);
}

/// Asserts that the command fails with one line that contains `wanted`.
#[track_caller]
pub fn refused(args: &[&str], wanted: &str) {
    let ran = gcdiff(args);
    assert_eq!(ran.code, 2, "{args:?}: {}{}", ran.out, ran.err);
    assert!(ran.err.contains(wanted), "{args:?}: {}", ran.err);
    let lines = ran.err.trim_end().lines().count();
    assert_eq!(lines, 1, "{args:?}: {}", ran.err);
    assert_eq!(ran.out, "", "{args:?}");
}

/// The path of a file or folder of the repository.
pub fn ours(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    path.to_str().unwrap().to_string()
}

/// A temporary folder, removed when the test ends. Tests of one binary run at
/// the same time, so each must use a different name.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Scratch {
        let name = format!("gcdiff-test-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // May be left over from an earlier process with the same id.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn str(&self) -> &str {
        self.0.to_str().unwrap()
    }

    pub fn path(&self, name: &str) -> String {
        self.join(name).to_str().unwrap().to_string()
    }

    /// Writes a file and returns its path.
    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        std::fs::write(self.join(name), contents).unwrap();
        self.path(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
