//! A runner's process.

use super::protocol::{Answer, Request};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest line that a runner may write; a longer one is cut, and then no answer.
const LINE: u64 = 1 << 20;

/// The last bytes of standard error that are kept.
const SAID: usize = 1 << 14;

/// Lines that may wait to be read.
const WAITING: usize = 16;

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NoAnswer {
    /// The process has ended: how, and what it said last.
    Died(String, String),
    /// It did not answer in time.
    TimedOut,
    /// It answered something else.
    Nonsense(String),
}

/// A process that answers requests, one after the other.
pub(super) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    said: Arc<Mutex<VecDeque<u8>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts a runner.
    ///
    /// # Errors
    ///
    /// If there is no such program.
    pub fn start(command: &[String]) -> std::io::Result<Process> {
        let (program, args) = command.split_first().ok_or(std::io::ErrorKind::NotFound)?;
        let mut child = Command::new(program)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (sender, lines) = sync_channel(WAITING);
        let said: Arc<Mutex<VecDeque<u8>>> = Arc::default();
        let mut threads = Vec::new();
        if let Some(stdout) = stdout {
            threads.push(std::thread::spawn(move || {
                let mut stdout = BufReader::new(stdout);
                loop {
                    let mut line = Vec::new();
                    match stdout.by_ref().take(LINE).read_until(b'\n', &mut line) {
                        Ok(1..) => {}
                        Ok(0) | Err(_) => break,
                    }
                    let line = String::from_utf8_lossy(&line).trim_end().to_string();
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            }));
        }
        if let Some(mut stderr) = stderr {
            let said = said.clone();
            threads.push(std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(n @ 1..) = stderr.read(&mut buffer) {
                    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                    said.extend(&buffer[..n]);
                    let more = said.len().saturating_sub(SAID);
                    said.drain(..more);
                }
            }));
        }
        Ok(Process {
            child,
            stdin,
            lines,
            said,
            threads,
        })
    }

    /// Sends a request and waits for the answer.
    pub fn ask(&mut self, request: &Request, timeout: Duration) -> Result<Answer, NoAnswer> {
        let line = serde_json::to_string(request).unwrap_or_default() + "\n";
        // A process that has ended does not read. What it said is found below.
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(line.as_bytes());
            let _ = stdin.flush();
        }
        let end = Instant::now() + timeout;
        let started = format!("start {}", request.case);
        let mut has_started = false;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = match self.lines.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => return Err(NoAnswer::TimedOut),
                Err(RecvTimeoutError::Disconnected) => return Err(self.died()),
            };
            has_started |= line == started;
            if !has_started || !line.starts_with('{') {
                continue;
            }
            return match serde_json::from_str::<Answer>(&line) {
                Ok(answer) if answer.case == request.case => Ok(answer),
                Ok(answer) => {
                    let (seen, asked) = (answer.case, request.case);
                    let words = format!("an answer to case {seen}, not to case {asked}");
                    Err(NoAnswer::Nonsense(words))
                }
                Err(error) => Err(NoAnswer::Nonsense(error.to_string())),
            };
        }
    }

    /// How the process ended, and what it said last.
    fn died(&mut self) -> NoAnswer {
        let ended = match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        // Its standard error ends with it.
        self.threads.drain(..).for_each(|thread| {
            let _ = thread.join();
        });
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let said: Vec<u8> = said.drain(..).collect();
        NoAnswer::Died(ended, String::from_utf8_lossy(&said).into_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A process that waits for a request ends when there are no more; another one is ended.
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
