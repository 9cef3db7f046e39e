//! A program as a predicate: it is called with a candidate's path, and exit code 0 keeps the
//! candidate.

use super::{Answer, Predicate, Progress, ReduceError};
use crate::case::{self, Case, Header, Style};
use crate::process_group::{grouped, kill_group};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use wasmparser::{Validator, WasmFeatures};

/// The form in which a program gets candidates.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Form {
    /// A binary module.
    Wasm,
    /// A text module, with the header of the case if it has one.
    Wat,
}

/// A program that decides which candidates are kept.
#[derive(Debug)]
pub struct Program {
    command: String,
    form: Form,
    timeout: Duration,
    header: Header,
    folder: PathBuf,
    next: AtomicU64,
}

/// How a program ends.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Ending {
    Success,
    /// With this exit code, if the program was not ended by a signal.
    Failure(Option<i32>),
    TimedOut,
}

impl Program {
    /// A shell command, in which `{}` stands for the path of the candidate; without `{}`, the path
    /// is added at the end. Candidates are written into a temporary folder. The case is tried
    /// twice; a signal that `progress` reports ends this.
    ///
    /// # Errors
    ///
    /// If the module is not valid; or if the command cannot be run, does not end within `timeout`,
    /// does not keep the case itself, or answers differently the second time.
    pub fn new(
        command: &str,
        form: Form,
        timeout: Duration,
        case: &Case,
        header: Header,
        progress: &dyn Progress,
    ) -> Result<Program, ReduceError> {
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let valid = validator.validate_all(&case.wasm);
        valid.map_err(|e| ReduceError(format!("the input is no valid module: {e}")))?;
        // Another program of this process has another folder.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = format!("gcdiff-reduce-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        let made = std::fs::create_dir_all(&folder);
        made.map_err(|e| ReduceError(format!("the folder for candidates: {e}")))?;
        let program = Program {
            command: command.into(),
            form,
            timeout,
            header,
            folder,
            next: AtomicU64::new(0),
        };
        let run = |case| {
            let ran = program.run(case, &|| progress.is_stopped());
            ran.map_err(|e| ReduceError(format!("{command}: {e}")))
        };
        let first = run(case)?;
        // It is not waited for twice.
        let second = match first {
            Ending::TimedOut => first,
            _ => run(case)?,
        };
        match (first, second) {
            (Ending::Success, Ending::Success) => Ok(program),
            (Ending::TimedOut, _) | (_, Ending::TimedOut) if progress.is_stopped() => {
                Err(ReduceError(format!(
                    "{command}: ended by a signal while it was called with the input itself"
                )))
            }
            (Ending::TimedOut, _) | (_, Ending::TimedOut) => Err(ReduceError(format!(
                "{command}: it has not ended within {} s on the input itself (--timeout)",
                timeout.as_secs_f64()
            ))),
            (Ending::Failure(code), Ending::Failure(_)) => {
                let code = match code {
                    Some(127) => "its exit code is 127: the shell finds no such program".into(),
                    Some(code) => format!("its exit code is {code}, not 0"),
                    None => "it was ended by a signal".into(),
                };
                Err(ReduceError(format!(
                    "{command}: it does not keep the input itself: {code}"
                )))
            }
            _ => Err(ReduceError(format!(
                "{command}: it answers differently when it is called twice with the input"
            ))),
        }
    }

    /// The contents of a candidate's file.
    ///
    /// # Errors
    ///
    /// If the module cannot be printed.
    pub fn contents(&self, case: &Case) -> Result<Vec<u8>, String> {
        match self.form {
            Form::Wasm => Ok(case.wasm.clone()),
            Form::Wat => {
                let text = case::write_with(case, &self.header, Style::Plain, "");
                Ok(text.map_err(|e| e.to_string())?.into_bytes())
            }
        }
    }

    /// Calls the program with a case. It is ended once `is_stopped`.
    fn run(&self, case: &Case, is_stopped: &dyn Fn() -> bool) -> Result<Ending, String> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let extension = match self.form {
            Form::Wasm => "wasm",
            Form::Wat => "wat",
        };
        let path = self.folder.join(format!("candidate-{number}.{extension}"));
        let contents = self.contents(case)?;
        std::fs::write(&path, contents).map_err(|e| e.to_string())?;
        let answer = self.call(&path, is_stopped).map_err(|e| e.to_string());
        let _ = std::fs::remove_file(&path);
        answer
    }

    fn call(&self, path: &Path, is_stopped: &dyn Fn() -> bool) -> io::Result<Ending> {
        let path = format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
        let line = match self.command.contains("{}") {
            true => self.command.replace("{}", &path),
            false => format!("{} {path}", self.command),
        };
        let mut command = shell(&line);
        command.stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn()?;
        Ok(match wait(child, self.timeout, is_stopped)? {
            Some(status) if status.success() => Ending::Success,
            Some(status) => Ending::Failure(status.code()),
            None => Ending::TimedOut,
        })
    }
}

/// The command that runs a line of shell text, in a process group of its own.
#[cfg(unix)]
fn shell(line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]);
    grouped(&mut command);
    command
}

#[cfg(not(unix))]
fn shell(line: &str) -> Command {
    let mut command = Command::new("cmd");
    command.args(["/C", line]);
    command
}

/// Waits for a process, until it is stopped. `None` if it had to be killed, with what it started.
fn wait(
    mut child: Child,
    timeout: Duration,
    is_stopped: &dyn Fn() -> bool,
) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() >= timeout || is_stopped() {
            kill_group(child.id());
            let _ = child.kill();
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Predicate for Program {
    fn keeps(&self, case: &Case) -> Answer {
        let mut validator = Validator::new_with_features(self.features());
        if validator.validate_all(&case.wasm).is_err() {
            return Answer::Reject;
        }
        // A candidate in progress is judged to the end.
        match self.run(case, &|| false) {
            Ok(Ending::Success) => Answer::Keep,
            Ok(Ending::TimedOut) => Answer::TimedOut,
            Ok(Ending::Failure(_)) | Err(_) => Answer::Reject,
        }
    }

    fn features(&self) -> WasmFeatures {
        WasmFeatures::all()
    }
}
