//! A heap that does its work and lies about it: for pictures that no raw door
//! of a heap can paint, and for a program that sees something else.

use gcdiff::heap::{Block, GcRef, Heap, HeapError, HeapLayer, Reclaims};
use gcdiff::types::{Field, StorageKind};

/// What it lies about. By default nothing.
#[derive(Clone, Default)]
pub struct Lies {
    /// What it is called.
    pub name: Option<&'static str>,
    /// What a collection frees.
    pub reclaims: Option<Reclaims>,
    /// The blocks, given the true ones.
    pub blocks: Option<fn(&mut Vec<Block>)>,
    /// Whose counts a queue owns.
    pub parked: Vec<GcRef>,
    /// The tag of every exception.
    pub tag: Option<u32>,
    /// How much greater every number in a field reads, to the program only.
    pub more: u64,
}

/// A heap, and what it lies about.
pub struct Liar<H> {
    pub heap: H,
    pub lies: Lies,
}

impl<H> Liar<H> {
    /// A heap that is honest so far.
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
