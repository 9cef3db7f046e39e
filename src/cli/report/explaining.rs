//! Explanations for pages, made by a thread of their own: a report is written between other work,
//! which must not wait.

use crate::cli::explain::explain_within;
use crate::cli::load::{Loaded, load_bytes};
use crate::cli::options::{Judging, Limiting};
use crate::explain::Explanation;
use crate::oracle::{Report, catch};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// What a page is made from: the number of the finding, its files, whether they are reduced.
pub(super) type Key = (u64, Vec<PathBuf>, bool);

/// An explanation, or why there is none.
pub(super) type Explained = Result<Explanation, String>;

/// Explaining one finding may take this long.
const LONGEST: Duration = Duration::from_secs(20);

/// How to judge findings again.
#[derive(Clone)]
pub(in crate::cli) struct Rejudging {
    pub judging: Judging,
    pub limiting: Limiting,
}

/// Explains texts of cases, in order, in the background.
pub(super) struct Explainer {
    requests: Sender<(Key, String)>,
    results: Receiver<(Key, Explained)>,
    pending: usize,
    done: BTreeMap<Key, Explained>,
    /// Those that were asked for.
    asked: BTreeSet<Key>,
}

impl Explainer {
    pub fn start(how: Rejudging) -> Explainer {
        let (requests, texts) = channel::<(Key, String)>();
        let (answers, results) = channel();
        std::thread::spawn(move || {
            for (key, text) in texts {
                // The next one must not be lost to a panic.
                let explained = catch(Report::Loud, || how.explain(&text));
                let explained = explained.unwrap_or_else(|panic| Err(panic.message));
                if answers.send((key, explained)).is_err() {
                    return;
                }
            }
        });
        Explainer {
            requests,
            results,
            pending: 0,
            done: BTreeMap::new(),
            asked: BTreeSet::new(),
        }
    }

    /// Asks for an explanation, once.
    pub fn ask(&mut self, key: &Key, text: &str) {
        if !self.asked.insert(key.clone()) {
            return;
        }
        if self.requests.send((key.clone(), text.to_string())).is_ok() {
            self.pending += 1;
        }
    }

    /// Whether it was asked for an explanation.
    pub fn is_asked(&self, key: &Key) -> bool {
        self.asked.contains(key)
    }

    /// Puts back an explanation that could not be used.
    pub fn put_back(&mut self, key: Key, explained: Explained) {
        self.done.insert(key, explained);
    }

    /// An explanation that has been made since. It is handed out once.
    pub fn take(&mut self, key: &Key) -> Option<Explained> {
        while let Ok((key, explained)) = self.results.try_recv() {
            self.pending -= 1;
            self.done.insert(key, explained);
        }
        self.done.remove(key)
    }

    /// Waits for what was asked for, until `end` or until `is_cut`.
    pub fn wait(&mut self, end: Instant, is_cut: impl Fn() -> bool) {
        while self.pending > 0 && Instant::now() < end && !is_cut() {
            match self.results.recv_timeout(Duration::from_millis(100)) {
                Ok((key, explained)) => {
                    self.pending -= 1;
                    self.done.insert(key, explained);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

impl Rejudging {
    /// What `gcdiff explain` says of a case with this text.
    fn explain(&self, text: &str) -> Explained {
        let loaded = load_bytes(text.as_bytes(), &self.judging, &self.limiting)?;
        let Loaded {
            case,
            module,
            options,
            ..
        } = loaded;
        let explained = explain_within(Some(LONGEST), &case, &module, &options);
        let explanation = explained.map_err(|error| error.to_string())?;
        match explanation.report.verdict.fingerprint() {
            Some(_) => Ok(explanation.with_lines(text, &module.wasm)),
            None => Err(format!("judged again: {}", explanation.report.verdict)),
        }
    }
}
