//! New indices for the items that are left.

use std::collections::BTreeMap;
use wasm_encoder::reencode::Error;

/// The new index of each item of an index space; none if it is removed.
#[derive(Debug, Default)]
pub(super) struct Indices {
    new: Vec<Option<u32>>,
    /// Whether every item keeps its index.
    pub same: bool,
}

impl Indices {
    /// `items` are `(removed, position of the import)`.
    pub fn of(
        items: impl Iterator<Item = (bool, Option<u32>)>,
        aliases: &BTreeMap<u32, u32>,
    ) -> Indices {
        let items: Vec<_> = items.collect();
        let mut imported: Vec<(u32, usize)> = Vec::new();
        for (index, (removed, import)) in items.iter().enumerate() {
            if let (false, Some(position)) = (removed, import) {
                imported.push((*position, index));
            }
        }
        imported.sort_unstable();
        let mut new = vec![None; items.len()];
        let mut next = 0;
        let mut take = |index: usize| {
            new[index] = Some(next);
            next += 1;
        };
        imported.iter().for_each(|(_, index)| take(*index));
        for (index, (removed, import)) in items.iter().enumerate() {
            if !removed && import.is_none() {
                take(index);
            }
        }
        for (from, to) in aliases {
            if let Some(to) = new.get(*to as usize).copied()
                && let Some(from) = new.get_mut(*from as usize)
            {
                *from = to;
            }
        }
        let same = new.iter().enumerate().all(|(i, n)| *n == Some(i as u32));
        Indices { new, same }
    }

    pub fn get(&self, old: u32) -> Result<u32, Error<Dangling>> {
        let new = self.new.get(old as usize).copied().flatten();
        new.ok_or(Error::UserError(Dangling))
    }
}

/// A use of an item that is removed.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Dangling;
