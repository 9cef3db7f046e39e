//! The log of changes, for audits that look at nothing else.

/// Part of a heap's memory that may have changed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Address of the first byte.
    pub at: u32,
    /// How many bytes were written. 0 if none were, but a block that starts
    /// here came into being or ceased to.
    pub len: u32,
}

/// The most entries kept: an audit that has to look at so many places may as
/// well look everywhere.
const MAX: usize = 1 << 16;

/// What changed, while somebody watches.
#[derive(Default)]
pub enum Log {
    /// Nobody watches.
    #[default]
    Off,
    /// The changes in order, some of them several times.
    Kept(Vec<Change>),
    /// There were more of them than are kept.
    Overflown,
}

impl Log {
    /// Starts the log if there is none, or stops it.
    pub fn watch(&mut self, on: bool) {
        match (on, &self) {
            (true, Log::Off) => *self = Log::Kept(Vec::new()),
            (true, _) => {}
            (false, _) => *self = Log::Off,
        }
    }

    /// Notes a change, if somebody watches.
    #[inline]
    pub fn note(&mut self, at: usize, len: usize) {
        if !matches!(self, Log::Off) {
            self.push(at as u32, len as u32);
        }
    }

    #[cold]
    fn push(&mut self, at: u32, len: u32) {
        let Log::Kept(changes) = self else { return };
        // Objects are written front to back, and a loop over an array writes to
        // one place many times.
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

    /// Calls `visit` with every change, or returns false if some are not known.
    pub fn changes(&self, visit: &mut dyn FnMut(Change)) -> bool {
        if let Log::Kept(changes) = self {
            changes.iter().copied().for_each(visit);
        }
        matches!(self, Log::Kept(_))
    }

    /// Starts over.
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
