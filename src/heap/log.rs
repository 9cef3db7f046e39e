//! The log of changes, for audits that examine nothing else.

/// Part of a heap's memory that may have changed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Address of the first byte.
    pub at: u32,
    /// Number of bytes written; 0 if a block that starts here was added or
    /// removed.
    pub len: u32,
}

/// The most entries kept. An audit of more places may as well examine the whole
/// heap.
const MAX: usize = 1 << 16;

/// The changes, while the log is on.
#[derive(Default)]
pub enum Log {
    /// The log is off.
    #[default]
    Off,
    /// The changes in order, possibly with repetitions.
    Kept(Vec<Change>),
    /// More changes than are kept.
    Overflown,
}

impl Log {
    /// Starts the log unless it is on, or stops it.
    pub fn watch(&mut self, on: bool) {
        match (on, &self) {
            (true, Log::Off) => *self = Log::Kept(Vec::new()),
            (true, _) => {}
            (false, _) => *self = Log::Off,
        }
    }

    /// Logs a change, if the log is on.
    #[inline]
    pub fn note(&mut self, at: usize, len: usize) {
        if !matches!(self, Log::Off) {
            self.push(at as u32, len as u32);
        }
    }

    /// Logs a change in a log that is on.
    #[cold]
    pub fn push(&mut self, at: u32, len: u32) {
        let Log::Kept(changes) = self else { return };
        // Merges with the last change: objects are written front to back, and a
        // loop over an array writes to one place many times.
        if let Some(last) = changes.last_mut()
            && at >= last.at
            && at <= last.at + last.len
        {
            last.len = last.len.max(at - last.at + len);
            return;
        }
        match changes.len() < MAX {
            true => changes.push(Change { at, len }),
            false => *self = Log::Overflown,
        }
    }

    /// Calls `visit` with every change, or returns false if some were not kept.
    pub fn changes(&self, visit: &mut dyn FnMut(Change)) -> bool {
        if let Log::Kept(changes) = self {
            changes.iter().copied().for_each(visit);
        }
        matches!(self, Log::Kept(_))
    }

    /// Empties the log.
    pub fn forget(&mut self) {
        match self {
            Log::Off => {}
            Log::Kept(changes) => changes.clear(),
            Log::Overflown => *self = Log::Kept(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(log: &Log) -> Option<Vec<(u32, u32)>> {
        let mut list = Vec::new();
        let complete = log.changes(&mut |change| list.push((change.at, change.len)));
        complete.then_some(list)
    }

    #[test]
    fn changes_are_kept_while_somebody_watches() {
        let mut log = Log::default();
        log.note(16, 4);
        assert_eq!(listed(&log), None);
        log.watch(true);
        assert_eq!(listed(&log), Some(vec![]));
        for (at, len) in [(16, 4), (20, 4), (16, 2), (64, 0), (64, 8), (32, 4)] {
            log.note(at, len);
        }
        log.watch(true);
        assert_eq!(listed(&log), Some(vec![(16, 8), (64, 8), (32, 4)]));
        log.forget();
        assert_eq!(listed(&log), Some(vec![]));
        for i in 0..=MAX {
            log.note((i % 2) * 1000, 4);
        }
        assert_eq!(listed(&log), None, "too many");
        log.forget();
        assert_eq!(listed(&log), Some(vec![]));
        log.watch(false);
        assert_eq!(listed(&log), None);
    }
}
