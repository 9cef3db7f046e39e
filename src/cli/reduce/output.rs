//! The smallest case so far, on disk.

use super::super::file;
use super::super::signals::Signals;
use crate::case::{Case, Header, Style, write_with};
use crate::escape;
use crate::oracle::Options;
use crate::reduce::{self, Form, Keep, Progress, audited_as_before, text};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Writes cases to the file of the result.
pub(super) struct Writer<'a> {
    pub out: &'a Path,
    pub form: Form,
    pub header: &'a Header,
    /// How to judge, to say what the case shows: as the finding was, and with more audits.
    pub options: Option<(&'a Options, &'a Options)>,
    pub keep: Keep,
    pub timeout: Option<Duration>,
}

impl Writer<'_> {
    /// Writes a case. If it is `finished`, no pass makes it smaller.
    pub fn write(&self, case: &Case, finished: bool) -> Result<(), String> {
        if self.form == Form::Wasm {
            let written = crate::campaign::replace(self.out, &case.wasm);
            return written.map_err(|e| format!("{}: {e}", escape::path(self.out)));
        }
        let text = match self.options {
            Some(both) => {
                let options = audited_as_before(case, both, self.keep, self.timeout);
                let header = Header {
                    audit: options.pins().header().audit,
                    ..reduce::header(self.header, finished)
                };
                text(case, &header, &options)
            }
            // As the program has got it.
            None => write_with(case, self.header, Style::Plain, ""),
        };
        file::write(self.out, &text.map_err(|e| e.to_string())?)
    }
}

impl Progress for Signals {
    fn accepted(&self, _: &str, _: &Case, _: u64) {}

    fn is_stopped(&self) -> bool {
        self.any()
    }
}

/// Watches a reduction: keeps the smallest case on disk, and ends it at a signal.
pub(super) struct Watch<'a> {
    pub signals: &'a Signals,
    pub until: Option<Instant>,
    pub writer: &'a Writer<'a>,
    /// The time of the next write.
    pub next: Mutex<Instant>,
}

/// The same, without keeping anything on disk.
pub(super) struct Quiet<'a>(pub &'a Watch<'a>);

impl Progress for Quiet<'_> {
    fn accepted(&self, _: &str, _: &Case, _: u64) {}

    fn is_stopped(&self) -> bool {
        self.0.is_stopped()
    }
}

/// Time between two writes of the smallest case so far, at least; and as a multiple of the time
/// that a write takes, since it judges the case.
const BETWEEN: Duration = Duration::from_millis(500);
const LONGER: u32 = 10;

impl Progress for Watch<'_> {
    fn accepted(&self, _: &str, best: &Case, _: u64) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let start = Instant::now();
        if start < *next {
            return;
        }
        // An error comes again at the end, where it decides the exit code.
        let _ = self.writer.write(best, false);
        *next = Instant::now() + BETWEEN.max(start.elapsed() * LONGER);
    }

    fn is_stopped(&self) -> bool {
        self.signals.any() || self.until.is_some_and(|until| Instant::now() >= until)
    }
}
