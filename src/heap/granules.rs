//! The block table: one word per granule of memory, beside the memory.
//!
//! The table holds the start, size and state of every block out of band. So a
//! freed block holds nothing but poison, and one load answers for any address
//! whether an allocated object starts there, and how large it is.

use super::log::Log;
use super::{Block, GRANULE, GcRef};
use crate::pool::Spare;

/// The longest table that is kept for another heap, in entries.
const KEPT: usize = 1 << 16;

thread_local! {
    /// Empty tables of dropped heaps.
    static SPARE: Spare<Vec<i32>> = const { Spare::new() };
}

/// For every granule: `n > 0` at the start of an allocated block of `n`
/// granules, `-n` at the start of a free one, 0 inside blocks and beyond the
/// last one.
pub struct Granules {
    table: Vec<i32>,
    end: u32,
    /// The entries that were set, while the log is on.
    pub(super) log: Log,
}

impl Drop for Granules {
    fn drop(&mut self) {
        self.table.clear();
        Spare::give_up_to(&SPARE, std::mem::take(&mut self.table), KEPT);
    }
}

impl Granules {
    /// A table without blocks. Granule 0 never belongs to one: address 0 is
    /// null.
    pub fn new() -> Granules {
        Granules {
            table: Spare::take(&SPARE),
            end: 1,
            log: Log::default(),
        }
    }

    /// The entry for an address; 0 if no block starts there.
    ///
    /// Rotating instead of shifting turns the bits below a granule into high
    /// bits of the index, so that i31s and misaligned addresses fail the same
    /// bounds check as addresses that are too high.
    #[inline]
    pub fn at(&self, r: GcRef) -> i32 {
        let index = r.0.rotate_right(GRANULE.trailing_zeros());
        self.table.get(index as usize).copied().unwrap_or(0)
    }

    /// Size in bytes of the allocated block that starts at `r`.
    pub fn size_of_block(&self, r: GcRef) -> Option<u32> {
        let granules = u32::try_from(self.at(r)).ok()?;
        (granules > 0).then(|| granules.saturating_mul(GRANULE))
    }

    /// Sets the entry of a granule, if the table has one.
    #[inline]
    pub fn set(&mut self, granule: u32, entry: i32) {
        if let Some(e) = self.table.get_mut(granule as usize) {
            *e = entry;
            self.log.note(granule as usize * GRANULE as usize, 0);
        }
    }

    /// The number of entries that the table has room for.
    pub fn capacity(&self) -> usize {
        self.table.len()
    }

    /// Makes room for entries below `granules`.
    pub fn reserve(&mut self, granules: usize) {
        if granules > self.table.len() {
            self.table.resize(granules, 0);
        }
    }

    /// The granule after the last block.
    #[inline]
    pub fn end(&self) -> u32 {
        self.end
    }

    /// Moves the end. Entries from there on must be 0.
    #[inline]
    pub fn set_end(&mut self, end: u32) {
        self.end = end;
    }

    /// Removes all blocks. The room for entries is kept.
    pub fn clear(&mut self) {
        let in_use = self.table.len().min(self.end as usize);
        self.table[..in_use].fill(0);
        self.end = 1;
    }

    /// The first block at or after a granule: its start and entry. Granules
    /// that belong to no block (in a damaged table) are skipped.
    pub fn next_block(&self, mut granule: u32) -> Option<(u32, i32)> {
        while granule < self.end {
            match self.table.get(granule as usize)? {
                0 => granule += 1,
                &entry => return Some((granule, entry)),
            }
        }
        None
    }

    /// The first free block at or after a granule that is not inside a block:
    /// its start and size.
    pub fn next_free(&self, granule: u32) -> Option<(u32, u32)> {
        let end = self.table.len().min(self.end as usize);
        let mut at = granule as usize;
        loop {
            match *self.table[..end].get(at)? {
                entry if entry < 0 => return Some((at as u32, entry.unsigned_abs())),
                entry => at += entry.max(1) as usize,
            }
        }
    }

    /// Every block in order of address.
    pub fn blocks(&self) -> Vec<Block> {
        // Room for the blocks of a small heap: most have three or four
        // granules.
        let mut blocks = Vec::with_capacity((self.end as usize / 3).min(1024));
        let mut granule = 1;
        while let Some((start, entry)) = self.next_block(granule) {
            blocks.push(Block {
                start: start * GRANULE,
                size: entry.unsigned_abs().saturating_mul(GRANULE),
                free: entry < 0,
            });
            granule = start.saturating_add(entry.unsigned_abs());
        }
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_starts_have_an_entry() {
        let mut granules = Granules::new();
        assert_eq!(granules.at(GcRef(16)), 0);
        granules.reserve(8);
        granules.set(1, 2);
        granules.set(3, -1);
        granules.set_end(4);
        for address in 0..256 {
            let expected = match address {
                16 => 2,
                48 => -1,
                _ => 0,
            };
            assert_eq!(granules.at(GcRef(address)), expected, "{address:#x}");
        }
        assert_eq!(granules.at(GcRef(u32::MAX)), 0);
        assert_eq!(granules.at(GcRef(0xdada_dada)), 0);
        let blocks = granules.blocks();
        assert_eq!(blocks.len(), 2);
        assert!(!blocks[0].free && blocks[0].start == 16 && blocks[0].size == 32);
        assert!(blocks[1].free && blocks[1].start == 48 && blocks[1].size == 16);
        granules.clear();
        assert!((0..256).all(|address| granules.at(GcRef(address)) == 0));
        assert_eq!((granules.end(), granules.blocks()), (1, Vec::new()));
    }

    #[test]
    fn free_blocks_are_found_behind_others() {
        let mut granules = Granules::new();
        granules.reserve(16);
        for (start, entry) in [(1, 2), (3, -1), (4, 3), (7, -2), (10, 1)] {
            granules.set(start, entry);
        }
        granules.set_end(11);
        assert_eq!(granules.next_free(1), Some((3, 1)));
        assert_eq!(granules.next_free(3), Some((3, 1)));
        assert_eq!(granules.next_free(4), Some((7, 2)));
        assert_eq!(
            granules.next_free(9),
            None,
            "a granule of no block is skipped"
        );
        assert_eq!(granules.next_free(u32::MAX), None);
        granules.set_end(7);
        assert_eq!(granules.next_free(4), None, "nothing starts at the end");
        granules.set_end(100);
        granules.set(10, i32::MAX);
        assert_eq!(granules.next_free(9), None, "nor behind the table");
    }

    #[test]
    fn a_damaged_table_still_ends() {
        let mut granules = Granules::new();
        granules.reserve(8);
        granules.set_end(8);
        granules.set(2, i32::MIN);
        granules.set(100, 1);
        assert_eq!(granules.blocks().len(), 1);
        granules.set(2, 0);
        assert!(granules.blocks().is_empty());
        granules.set_end(5);
        granules.set(5, 1);
        assert!(granules.blocks().is_empty(), "nothing starts at the end");
    }
}
