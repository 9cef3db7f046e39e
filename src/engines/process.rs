//! A runner's process.

use super::interrupt::Interrupt;
use super::protocol::{Answer, Request, line};
use crate::process_group::{Guard, grouped, kill_group};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest line that a runner may write. Observations have the bytes of memories.
const LINE: u64 = 16 << 20;

/// Bytes that are read at once: as many as a pipe holds on Linux.
const BUFFER: usize = 1 << 16;

/// The last bytes of standard error that are kept.
const SAID: usize = 1 << 14;

/// How long a process that has closed its output has to end, and its last words have to arrive.
const GRACE: Duration = Duration::from_secs(2);

/// How often to look whether a process that is silent still lives.
const LOOK: Duration = Duration::from_millis(100);

/// The most characters of a runner's words in a message.
const WORDS: usize = 200;

/// Lines that may wait to be read.
const WAITING: usize = 16;

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NoAnswer {
    /// The process has ended: how, and what it said last.
    Died(String, String),
    /// The same, after it had answered another case, and before it has begun this one.
    DiedBefore(String, String),
    /// The same, before it has begun this case, or any other.
    NotBegun(String, String),
    /// It has ended without an error after another case, as a runner for one case a process does.
    Done,
    /// It did not answer in time: what it did instead.
    TimedOut(String),
    /// Its answer is longer than [`LINE`].
    TooLong,
    /// It answered something else.
    Nonsense(String),
    /// Nobody waits for it any longer.
    Interrupted,
}

/// A process that answers requests, one after the other.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    _guard: Guard,
    /// Requests for the thread that writes them: a process that does not read must not stop this one.
    requests: Sender<String>,
    /// Lines of its output; `None` for one that is too long.
    lines: Receiver<Option<String>>,
    /// What it has said since it was asked last.
    said: Arc<Mutex<VecDeque<u8>>>,
    /// What it had said when it was asked last, since it was asked before.
    said_before: VecDeque<u8>,
    /// The thread that reads standard error.
    listener: Option<JoinHandle<()>>,
    /// Whether it has answered a request.
    has_answered: bool,
}

impl Process {
    /// Starts a runner, in a folder or in that of this process.
    ///
    /// # Errors
    ///
    /// If there is no such program.
    pub fn start(command: &[String], folder: Option<&Path>) -> std::io::Result<Process> {
        let (program, args) = command.split_first().ok_or(std::io::ErrorKind::NotFound)?;
        let mut starting = Command::new(program);
        if let Some(folder) = folder {
            // A path that is relative is so to that folder; a plain name is looked up.
            if Path::new(program).components().count() > 1 {
                starting = Command::new(folder.join(program));
            }
            starting.current_dir(folder);
        }
        grouped(&mut starting);
        let mut child = starting
            .args(args)
            // Only the line that says why counts, and a backtrace takes longer than a case.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let guard = Guard::new(child.id());
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (sender, lines) = sync_channel(WAITING);
        let said: Arc<Mutex<VecDeque<u8>>> = Arc::default();
        let (requests, to_write) = channel::<String>();
        if let Some(mut stdin) = stdin {
            std::thread::spawn(move || {
                for line in to_write {
                    // A process that has ended does not read.
                    if stdin
                        .write_all(line.as_bytes())
                        .and_then(|()| stdin.flush())
                        .is_err()
                    {
                        break;
                    }
                }
            });
        }
        if let Some(stdout) = stdout {
            std::thread::spawn(move || {
                let mut stdout = BufReader::with_capacity(BUFFER, stdout);
                loop {
                    let mut line = Vec::new();
                    match stdout.by_ref().take(LINE).read_until(b'\n', &mut line) {
                        Ok(1..) => {}
                        Ok(0) | Err(_) => break,
                    }
                    let is_whole = line.ends_with(b"\n");
                    // Half a line is what a process that has died has left.
                    if !is_whole && (line.len() as u64) < LINE {
                        break;
                    }
                    if sender.send(is_whole.then(|| text_of(line))).is_err() || !is_whole {
                        break;
                    }
                }
            });
        }
        let listener = stderr.map(|mut stderr| {
            let said = said.clone();
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                while let Ok(n @ 1..) = stderr.read(&mut buffer) {
                    let mut said = lock(&said);
                    said.extend(&buffer[..n]);
                    let more = said.len().saturating_sub(SAID);
                    said.drain(..more);
                }
            })
        });
        Ok(Process {
            child,
            _guard: guard,
            requests,
            lines,
            said,
            said_before: VecDeque::new(),
            listener,
            has_answered: false,
        })
    }

    /// Sends a request and waits for the answer, or until nobody does.
    pub fn ask(
        &mut self,
        request: &Request,
        wasm: &[u8],
        timeout: Duration,
        interrupt: &Interrupt,
    ) -> Result<Answer, NoAnswer> {
        let line = line(request, wasm);
        // What it said of an earlier case is not about this one. It is about a death between the two
        // cases: which came first, the answer or those words, nobody knows, as they have a pipe each.
        if self.has_answered {
            self.said_before = std::mem::take(&mut *lock(&self.said));
        }
        // Lines that nobody has asked for.
        while let Ok(Some(_)) = self.lines.try_recv() {}
        // What a process that has ended said is found below.
        let _ = self.requests.send(line);
        let begin = Instant::now();
        let started = format!("start {}", request.case);
        let mut has_started = false;
        let mut ignored: Option<String> = None;
        loop {
            if interrupt.is_over() {
                return Err(NoAnswer::Interrupted);
            }
            if begin.elapsed() >= timeout {
                return Err(NoAnswer::TimedOut(waited_for(has_started, ignored)));
            }
            let line = match self.next_line(timeout.saturating_sub(begin.elapsed())) {
                Ok(Some(line)) => line,
                Ok(None) => return Err(NoAnswer::TooLong),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => {
                    let is_success = self.ended_well();
                    let (ended, said) = self.died(has_started);
                    return Err(match (has_started, self.has_answered) {
                        (true, _) => NoAnswer::Died(ended, said),
                        (false, false) => NoAnswer::NotBegun(ended, said),
                        (false, true) if is_success => NoAnswer::Done,
                        // By something that went on after the answer.
                        (false, true) => NoAnswer::DiedBefore(ended, said),
                    });
                }
            };
            has_started |= line == started;
            if !line.starts_with('{') {
                if line != started {
                    ignored = Some(line);
                }
                continue;
            }
            let answer = serde_json::from_str::<Answer>(&line);
            if !has_started {
                if answer.is_ok_and(|answer| answer.case == request.case) {
                    let words = format!("an answer without the line {started:?} before it");
                    return Err(NoAnswer::Nonsense(words));
                }
                ignored = Some(line);
                continue;
            }
            return match answer {
                Ok(answer) if answer.case == request.case => {
                    self.has_answered = true;
                    Ok(answer)
                }
                Ok(answer) => {
                    let (seen, asked) = (answer.case, request.case);
                    let words = format!("an answer to case {seen}, not to case {asked}");
                    Err(NoAnswer::Nonsense(words))
                }
                Err(error) => Err(NoAnswer::Nonsense(near(&line, &error))),
            };
        }
    }

    /// The next line, within some time, or as long as the process lives. What it has started may hold its
    /// output open.
    fn next_line(&mut self, timeout: Duration) -> Result<Option<String>, RecvTimeoutError> {
        let has_ended = !matches!(self.child.try_wait(), Ok(None));
        // What it has written may still be on its way.
        let most = if has_ended { GRACE } else { LOOK };
        match self.lines.recv_timeout(timeout.min(most)) {
            Err(RecvTimeoutError::Timeout) if has_ended => Err(RecvTimeoutError::Disconnected),
            line => line,
        }
    }

    /// Whether the process ends by itself, and without an error.
    fn ended_well(&mut self) -> bool {
        let begin = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) if begin.elapsed() < GRACE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                _ => return false,
            }
        }
    }

    /// How the process ended, and what it said last: since it was asked, if it has started with that.
    fn died(&mut self, has_started: bool) -> (String, String) {
        let begin = Instant::now();
        let mut wait_for = |is_done: &mut dyn FnMut(&mut Child) -> bool| {
            while !is_done(&mut self.child) && begin.elapsed() < GRACE {
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        wait_for(&mut |child| !matches!(child.try_wait(), Ok(None)));
        let listener = self.listener.take();
        wait_for(&mut |_| listener.as_ref().is_none_or(JoinHandle::is_finished));
        let ended = match self.child.try_wait() {
            Ok(Some(status)) => status.to_string(),
            Ok(None) => CLOSED.into(),
            Err(error) => error.to_string(),
        };
        let before = std::mem::take(&mut self.said_before);
        let said: Vec<u8> = before
            .into_iter()
            .filter(|_| !has_started)
            .chain(lock(&self.said).drain(..))
            .collect();
        (ended, String::from_utf8_lossy(&said).into_owned())
    }
}

/// A line without its end. Bytes that are no text are replaced.
fn text_of(line: Vec<u8>) -> String {
    let mut text = match String::from_utf8(line) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    text.truncate(text.trim_end().len());
    if text.starts_with(char::is_whitespace) {
        text = text.trim_start().into();
    }
    text
}

/// How a process ended that goes on, but cannot answer.
pub(super) const CLOSED: &str = "it has closed its output";

/// What a process did until its time was over.
fn waited_for(has_started: bool, ignored: Option<String>) -> String {
    let begun = match has_started {
        true => "it has begun the case",
        false => "it has not begun the case (is its output flushed?)",
    };
    match ignored {
        None => begun.into(),
        Some(line) => format!("{begun}; its last line is no answer: {}", cut(&line)),
    }
}

/// The first characters of a text.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(WORDS) {
        None => text.into(),
        Some((end, _)) => format!("{}...", &text[..end]),
    }
}

/// Why a line is no answer, with what is around the error.
fn near(line: &str, error: &serde_json::Error) -> String {
    let before = error.column().saturating_sub(WORDS / 4);
    let around: String = line.chars().skip(before).take(WORDS / 2).collect();
    format!("{error}, near {around}")
}

fn lock<T>(said: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Process {
    fn drop(&mut self) {
        // What it has started would go on, and hold the pipes, also after its own end.
        kill_group(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
