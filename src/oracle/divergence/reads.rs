//! Reads of numbers from the heap, which are no operations for an inspector: the interpreter's fast
//! path does not stop at them. A heap in front of the subject's own heap notes them instead, and
//! fails at one of them to show the state of the run there.

use crate::heap::{GcRef, Heap, HeapError, HeapLayer, Place};
use crate::types::{Field, StorageKind};
use std::sync::{Arc, Mutex, PoisonError};

/// The most reads that are noted, of 24 bytes each.
const MOST: usize = 1 << 19;

/// A read of a number.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct NumberRead {
    /// The number of operations that have begun before it.
    pub after: u64,
    /// What was read, before it is extended to the width of the result.
    pub value: u128,
}

/// What a heap in front of another one notes, shared with the inspector of the run.
#[derive(Clone, Debug, Default)]
pub(super) struct ReadLog(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    operations: u64,
    reads: Vec<NumberRead>,
    /// The number of the read that fails, counted from 1.
    fails: Option<u64>,
}

impl ReadLog {
    /// A log whose heap fails at a read.
    pub fn failing(read: Option<u64>) -> ReadLog {
        let log = ReadLog::default();
        log.with(|noted| noted.fails = read);
        log
    }

    fn with<T>(&self, act: impl FnOnce(&mut Noted) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An operation begins.
    pub fn operation(&self) {
        self.with(|noted| noted.operations += 1);
    }

    /// The reads so far.
    pub fn take(&self) -> Vec<NumberRead> {
        self.with(|noted| std::mem::take(&mut noted.reads))
    }

    /// The same heap, which notes its reads here.
    pub fn before(&self, heap: impl Heap + 'static) -> Box<dyn Heap> {
        Box::new(Reads {
            heap: Box::new(heap),
            log: self.clone(),
        })
    }
}

/// A heap that notes reads of numbers.
struct Reads {
    heap: Box<dyn Heap>,
    log: ReadLog,
}

impl Reads {
    fn note(&self, r: GcRef, kind: StorageKind, value: u128) -> Result<(), HeapError> {
        // Edits of code use addresses at which no object is.
        if kind == StorageKind::Gc || self.heap.header(r).is_none() {
            return Ok(());
        }
        self.log.with(|noted| {
            if noted.reads.len() < MOST {
                let after = noted.operations;
                noted.reads.push(NumberRead { after, value });
            }
            match noted.fails {
                Some(read) if noted.reads.len() as u64 == read => {
                    Err(HeapError::corrupt(r.0, "stopped at a read"))
                }
                _ => Ok(()),
            }
        })
    }
}

impl HeapLayer for Reads {
    type Behind = dyn Heap;

    fn behind(&self) -> &(dyn Heap + 'static) {
        &*self.heap
    }

    fn behind_mut(&mut self) -> &mut (dyn Heap + 'static) {
        &mut *self.heap
    }

    fn get_field(&mut self, r: GcRef, field: Field) -> Result<u64, HeapError> {
        let value = self.heap.get_field(r, field)?;
        self.note(r, field.kind, value.into())?;
        Ok(value)
    }

    fn get_element(&mut self, r: GcRef, index: u32, kind: StorageKind) -> Result<u64, HeapError> {
        let value = self.heap.get_element(r, index, kind)?;
        self.note(r, kind, value.into())?;
        Ok(value)
    }

    fn load(&mut self, r: GcRef, place: Place) -> Result<u128, HeapError> {
        let value = self.heap.load(r, place)?;
        self.note(r, place.kind(), value)?;
        Ok(value)
    }
}
