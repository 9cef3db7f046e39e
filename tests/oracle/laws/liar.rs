//! A heap that works correctly but misreports its state, for states that no raw
//! access to a heap can produce, and for programs that must see different
//! values.

use gcdiff::heap::{Block, GcRef, Heap, HeapError, HeapLayer, Reclaims};
use gcdiff::types::{Field, StorageKind};

/// The false reports. By default there are none.
#[derive(Clone, Default)]
pub struct Lies {
    /// The heap's name.
    pub name: Option<&'static str>,
    /// The kinds of garbage that a collection claims to free.
    pub reclaims: Option<Reclaims>,
    /// Edits the list of blocks.
    pub blocks: Option<fn(&mut Vec<Block>)>,
    /// Edits the free list.
    pub free_list: Option<fn(&mut Vec<Block>)>,
    /// The objects of which a queue owns counts.
    pub parked: Vec<GcRef>,
    /// The tag of every exception.
    pub tag: Option<u32>,
    /// Added to every number that the program reads from a field.
    pub more: u64,
}

/// A heap with its false reports.
pub struct Liar<H> {
    pub heap: H,
    pub lies: Lies,
}

impl<H> Liar<H> {
    /// A heap without false reports yet.
    pub fn new(heap: H) -> Liar<H> {
        let lies = Lies::default();
        Liar { heap, lies }
    }
}

impl<H: Heap> HeapLayer for Liar<H> {
    type Behind = H;

    fn behind(&self) -> &H {
        &self.heap
    }

    fn behind_mut(&mut self) -> &mut H {
        &mut self.heap
    }

    fn blocks(&self) -> Vec<Block> {
        let mut blocks = self.heap.blocks();
        if let Some(lie) = self.lies.blocks {
            lie(&mut blocks);
        }
        blocks
    }

    fn free_list(&self) -> Option<Vec<Block>> {
        let mut list = self.heap.free_list()?;
        if let Some(lie) = self.lies.free_list {
            lie(&mut list);
        }
        Some(list)
    }

    fn peek_word(&self, r: GcRef) -> Option<u32> {
        self.lies.tag.or(self.heap.peek_word(r))
    }

    fn name(&self) -> &'static str {
        self.lies.name.unwrap_or_else(|| self.heap.name())
    }

    fn reclaims(&self) -> Reclaims {
        self.lies.reclaims.unwrap_or(self.heap.reclaims())
    }

    fn parked(&self) -> Vec<GcRef> {
        self.lies.parked.clone()
    }

    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        let value = self.heap.get_field(r, field)?;
        match field.kind {
            StorageKind::B32 => Ok(value + self.lies.more),
            _ => Ok(value),
        }
    }
}
