//! The time of a campaign, for its report.

use super::saved::lock;
use crate::page::Timeline;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// When a campaign began, and what was done by when. No verdict depends on it.
pub(super) struct Clock {
    start: Instant,
    timeline: Mutex<Timeline>,
}

impl Clock {
    pub fn start() -> Clock {
        Clock {
            start: Instant::now(),
            timeline: Mutex::default(),
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Notes the number of cases done by now.
    pub fn note(&self, cases: u64) {
        lock(&self.timeline).note(self.elapsed().as_secs_f64(), cases);
    }

    /// Notes the number of cases at the end.
    pub fn end(&self, cases: u64) {
        lock(&self.timeline).end(self.elapsed().as_secs_f64(), cases);
    }

    /// Notes that a fingerprint was found.
    pub fn found(&self, fingerprint: &str) {
        lock(&self.timeline).found(self.elapsed().as_secs_f64(), fingerprint);
    }

    pub fn timeline(&self) -> Timeline {
        lock(&self.timeline).clone()
    }
}
