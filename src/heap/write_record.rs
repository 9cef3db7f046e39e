//! A record of writes with their values, for explanations.

/// A write.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Write {
    /// Address of the first byte.
    pub at: u32,
    /// Number of bytes.
    pub len: u32,
    /// The first four bytes that were written, or fewer.
    pub word: u32,
}

/// The most writes that are kept between two operations. The later ones are lost.
const MAX: usize = 1 << 16;

/// The writes in order.
#[derive(Debug, Default)]
pub struct WriteRecord {
    writes: Vec<Write>,
    /// The last write, whose bytes are written when the next one begins.
    last: Option<(u32, u32)>,
}

impl WriteRecord {
    /// Notes a write that has just happened or is about to happen.
    pub fn note(&mut self, at: usize, len: usize, bytes: &[u8]) {
        self.settle(bytes);
        if self.writes.len() < MAX && len > 0 {
            self.last = Some((at as u32, len as u32));
        }
    }

    fn settle(&mut self, bytes: &[u8]) {
        if let Some(last) = self.last.take() {
            self.writes.push(settled(last, bytes));
        }
    }

    /// All writes.
    pub fn writes(&self, bytes: &[u8]) -> impl Iterator<Item = Write> {
        let last = self.last.map(|last| settled(last, bytes));
        self.writes.iter().copied().chain(last)
    }

    /// Empties the record.
    pub fn forget(&mut self) {
        self.writes.clear();
        self.last = None;
    }
}

fn settled((at, len): (u32, u32), bytes: &[u8]) -> Write {
    let start = at as usize;
    let end = (start + len.min(4) as usize).min(bytes.len());
    let mut word = [0; 4];
    if let Some(written) = bytes.get(start..end) {
        word[..written.len()].copy_from_slice(written);
    }
    let word = u32::from_le_bytes(word);
    Write { at, len, word }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_has_the_bytes_that_are_there_when_the_next_one_begins() {
        let mut record = WriteRecord::default();
        let mut bytes = [0; 8];
        record.note(0, 4, &bytes);
        bytes[0] = 7;
        record.note(7, 4, &bytes);
        bytes[0] = 9;
        bytes[7] = 1;
        let writes = |record: &WriteRecord| {
            let writes = record.writes(&bytes);
            writes.map(|w| (w.at, w.len, w.word)).collect::<Vec<_>>()
        };
        assert_eq!(writes(&record), [(0, 4, 7), (7, 4, 1)]);
        record.note(3, 0, &bytes);
        assert_eq!(writes(&record).len(), 2, "nothing was written");
        record.forget();
        assert_eq!(writes(&record), []);
    }
}
