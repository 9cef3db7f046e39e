//! The free list: free blocks by size.
//!
//! *Segregated fits*: for every small size a stack ("bin") of block addresses,
//! with a bitmap to find the next size that has any, and one ordered set for
//! all larger blocks. The smallest larger block may be kept in front of the
//! set: the remainder of a split is again the smallest, so consecutive
//! allocations do not touch the set. All of it lies out of band and can be
//! rebuilt from the block table of the [`Space`], which is authoritative.
//!
//! A freed block is not merged with its neighbours at once.
//! [`FreeList::coalesce`] merges all free blocks in one pass over the block
//! table, whose cost is amortised over the blocks freed since the last pass.

use crate::heap::space::Space;
use crate::heap::{Block, GRANULE, GcRef};
use std::collections::BTreeSet;

/// Blocks of up to this many granules have a bin for their size.
const BINS: usize = 64;

/// The free blocks of a space.
pub struct FreeList {
    /// Bin `i` holds the start granules of free blocks of `i + 1` granules.
    bins: [Vec<u32>; BINS],
    /// Bit `i` is set if bin `i` is not empty.
    occupied: u64,
    /// Size and start of a larger free block that sorts before all of `large`.
    front: Option<(u32, u32)>,
    /// Size and start of the other larger free blocks.
    large: BTreeSet<(u32, u32)>,
    /// Blocks freed since the last pass that merged them.
    freed: usize,
}

impl FreeList {
    /// No free blocks.
    pub fn new() -> FreeList {
        FreeList {
            bins: [const { Vec::new() }; BINS],
            occupied: 0,
            front: None,
            large: BTreeSet::new(),
            freed: 0,
        }
    }

    /// Allocates a block: a free one of exactly the right size, else the front
    /// of the smallest larger one.
    #[inline]
    pub fn take(&mut self, space: &mut Space, granules: u32) -> Option<GcRef> {
        let (start, size) = match self.find_small(granules) {
            Some(found) => found,
            None => self.find_large(granules)?,
        };
        let (rest, behind) = (size - granules, start + granules);
        let table = space.granules_mut();
        table.set(start, granules as i32);
        if rest > 0 {
            table.set(behind, -(rest as i32));
            self.insert(behind, rest);
        }
        Some(GcRef(start * GRANULE))
    }

    /// Removes a block of at least `granules` granules from a bin and returns
    /// its start and size.
    #[inline]
    fn find_small(&mut self, granules: u32) -> Option<(u32, u32)> {
        let wanted = granules.max(1) as usize;
        if wanted > BINS {
            return None;
        }
        let fitting = self.occupied >> (wanted - 1);
        if fitting == 0 {
            return None;
        }
        let bin = wanted - 1 + fitting.trailing_zeros() as usize;
        let start = self.bins[bin].pop()?;
        if self.bins[bin].is_empty() {
            self.occupied &= !(1 << bin);
        }
        Some((start, bin as u32 + 1))
    }

    /// Removes the smallest of the larger blocks with at least `granules`
    /// granules and returns its start and size.
    #[inline]
    fn find_large(&mut self, granules: u32) -> Option<(u32, u32)> {
        let (size, start) = match self.front.take_if(|(size, _)| *size >= granules) {
            Some(block) => block,
            None => {
                let block = *self.large.range((granules, 0)..).next()?;
                self.large.remove(&block);
                block
            }
        };
        Some((start, size))
    }

    /// Frees the block that starts at `start`, and marks it free in the block
    /// table. The size is not checked.
    #[inline]
    pub fn put(&mut self, space: &mut Space, start: u32, granules: u32) {
        space.granules_mut().set(start, -(granules as i32));
        self.insert(start, granules);
        self.freed += 1;
    }

    #[inline]
    fn insert(&mut self, start: u32, granules: u32) {
        let bin = granules.wrapping_sub(1) as usize;
        if bin < BINS {
            self.bins[bin].push(start);
            self.occupied |= 1 << bin;
        } else {
            self.insert_large((granules, start));
        }
    }

    #[inline]
    fn insert_large(&mut self, block: (u32, u32)) {
        let first = self.front.as_ref().or_else(|| self.large.first());
        if first.is_some_and(|first| *first < block) {
            self.large.insert(block);
        } else if let Some(second) = self.front.replace(block) {
            self.large.insert(second);
        }
    }

    /// All blocks in the list.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        let bins = self.bins.iter().zip(1..);
        let small = bins.flat_map(|(bin, size)| bin.iter().map(move |start| (size, *start)));
        let large = self.front.iter().chain(&self.large).copied();
        small.chain(large).map(|(granules, start)| Block {
            start: start * GRANULE,
            size: granules * GRANULE,
            free: true,
        })
    }

    /// The number of blocks freed since the last call of
    /// [`FreeList::coalesce`].
    #[inline]
    pub fn freed(&self) -> usize {
        self.freed
    }

    /// Merges neighbouring free blocks. A free block at the very end becomes
    /// unallocated memory again.
    pub fn coalesce(&mut self, space: &mut Space) {
        while self.occupied != 0 {
            self.bins[self.occupied.trailing_zeros() as usize].clear();
            self.occupied &= self.occupied - 1;
        }
        self.front = None;
        self.large.clear();
        self.freed = 0;

        let mut granule = 1;
        while let Some((start, size)) = space.granules().next_free(granule) {
            granule = start.saturating_add(size);
            while let Some((next, entry)) = space.granules().next_block(granule) {
                if entry > 0 || next != granule {
                    break;
                }
                space.granules_mut().set(next, 0);
                granule = next.saturating_add(entry.unsigned_abs());
            }
            if granule >= space.granules().end() {
                space.granules_mut().set(start, 0);
                space.granules_mut().set_end(start);
            } else {
                let size = granule - start;
                space.granules_mut().set(start, -(size as i32));
                self.insert(start, size);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::Block;
    use crate::heap::testing::Random;
    use std::collections::BTreeMap;

    /// Blocks as a naive allocator sees them: allocated ones by address.
    #[derive(Default)]
    struct Model(BTreeMap<u32, u32>);

    impl Model {
        fn add(&mut self, start: u32, size: u32) {
            let before = self.0.range(..start + size).next_back();
            assert!(before.is_none_or(|(s, n)| s + n <= start), "overlap");
            self.0.insert(start, size);
        }

        fn check(&self, space: &Space) {
            let blocks = space.granules().blocks();
            let (start, end) = space.extent();
            let mut at = start;
            for block in &blocks {
                assert_eq!(block.start, at);
                at += block.size;
            }
            assert_eq!(at, end);
            let allocated = |b: &&Block| !b.free;
            let allocated = blocks.iter().filter(allocated);
            assert!(allocated.map(|b| (b.start, b.size)).eq(self.0.clone()));
        }
    }

    #[test]
    fn random_use_matches_a_naive_model() {
        for seed in 0..60 {
            let mut random = Random(seed);
            let mut space = Space::new(1 << 16);
            let mut free = FreeList::new();
            let mut model = Model::default();
            for _ in 0..400 {
                match random.below(20) {
                    0..=10 => {
                        let large = if random.below(6) == 0 { 120 } else { 5 };
                        let n = 1 + random.below(large) as u32;
                        let before = space.granules().blocks();
                        let fits = |b: &&Block| b.free && b.size >= n * GRANULE;
                        let best = before.iter().filter(fits).map(|b| b.size).min();
                        let reused = free.take(&mut space, n);
                        let size = |r: GcRef| before.iter().find(|b| b.start == r.0).unwrap().size;
                        assert_eq!(reused.map(size), best, "{n} granules");
                        if let Some(r) = reused.or_else(|| space.bump(n)) {
                            model.add(r.0, n * GRANULE);
                        }
                    }
                    11..=18 if !model.0.is_empty() => {
                        let nth = random.below(model.0.len());
                        let (&start, &size) = model.0.iter().nth(nth).unwrap();
                        model.0.remove(&start);
                        free.put(&mut space, start / GRANULE, size / GRANULE);
                    }
                    19 => {
                        free.coalesce(&mut space);
                        let blocks = space.granules().blocks();
                        assert!(blocks.windows(2).all(|w| !(w[0].free && w[1].free)));
                        assert!(blocks.last().is_none_or(|b| !b.free));
                    }
                    _ => {}
                }
                model.check(&space);
            }
            // Every free byte can be found again.
            for (start, size) in std::mem::take(&mut model.0) {
                free.put(&mut space, start / GRANULE, size / GRANULE);
            }
            free.coalesce(&mut space);
            assert_eq!(space.extent(), (GRANULE, GRANULE));
            assert_eq!(free.take(&mut space, 1), None);
        }
    }

    #[test]
    fn the_best_fit_is_split_and_the_rest_is_found() {
        let mut space = Space::new(1 << 16);
        let mut free = FreeList::new();
        let blocks: Vec<GcRef> = [100, 1, 70, 1, 8, 1, 64, 1]
            .map(|n| space.bump(n).unwrap())
            .into();
        for (i, n) in [(0, 100), (2, 70), (4, 8), (6, 64)] {
            free.put(&mut space, blocks[i].0 / GRANULE, n);
        }
        assert_eq!(free.take(&mut space, 64), Some(blocks[6]));
        assert_eq!(free.take(&mut space, 6), Some(blocks[4]));
        assert_eq!(free.take(&mut space, 2), Some(GcRef(blocks[4].0 + 96)));
        assert_eq!(free.take(&mut space, 65), Some(blocks[2]));
        assert_eq!(free.take(&mut space, 5), Some(GcRef(blocks[2].0 + 65 * 16)));
        assert_eq!(free.take(&mut space, 101), None);
        assert_eq!(free.take(&mut space, 100), Some(blocks[0]));
        assert_eq!(free.take(&mut space, 1), None);
    }
}
