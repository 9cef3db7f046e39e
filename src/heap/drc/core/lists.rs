//! The two lists that run through headers: the stack-root list, and the queue
//! of dead objects.

use super::Core;
use crate::heap::{GcRef, HeapError};

impl Core {
    /// First member of the stack-root list.
    #[inline]
    pub fn list_head(&self) -> GcRef {
        self.list_head
    }

    /// Raw: sets the first member.
    #[inline]
    pub fn set_list_head(&mut self, head: GcRef) {
        self.list_head = head;
    }

    /// Length of the stack-root list, as recorded.
    #[inline]
    pub fn list_len(&self) -> u32 {
        self.list_len
    }

    /// Raw: sets the recorded length.
    #[inline]
    pub fn set_list_len(&mut self, len: u32) {
        self.list_len = len;
    }

    /// Puts the object at `r` in front of the stack-root list. The caller adds
    /// the count that the list owns.
    #[inline]
    pub fn link(&mut self, r: GcRef) -> Result<(), HeapError> {
        self.set_next(r, self.list_head)?;
        self.set_listed(r, true)?;
        self.list_head = r;
        self.list_len = self.list_len.saturating_add(1);
        Ok(())
    }

    /// Puts a new object in front of the stack-root list, which becomes its
    /// only owner.
    #[inline]
    pub fn link_new(&mut self, r: GcRef) -> Result<(), HeapError> {
        self.init_header(r, self.list_head)?;
        self.list_head = r;
        self.list_len = self.list_len.saturating_add(1);
        Ok(())
    }

    /// Removes a member from the stack-root list: its predecessor `last`, or
    /// the head if `last` is null, now links to `next`. The member itself does
    /// not change.
    #[inline]
    pub fn link_past(&mut self, last: GcRef, next: GcRef) -> Result<(), HeapError> {
        if last.is_null() {
            self.list_head = next;
        } else {
            self.set_next(last, next)?;
        }
        self.list_len = self.list_len.saturating_sub(1);
        Ok(())
    }

    /// Queues an object without owners to be freed.
    #[inline]
    pub fn push_dead(&mut self, r: GcRef) -> Result<(), HeapError> {
        if self.is_listed(r)? {
            return Err(HeapError::corrupt(r.0, "dies in the stack-root list"));
        }
        self.set_next(r, self.dead)?;
        self.dead = r;
        Ok(())
    }

    /// Whether objects are queued to be freed.
    #[inline]
    pub fn has_dead(&self) -> bool {
        !self.dead.is_null()
    }

    /// The next object to be freed.
    #[inline]
    pub fn pop_dead(&mut self) -> Result<Option<GcRef>, HeapError> {
        if self.dead.is_null() {
            return Ok(None);
        }
        let r = self.dead;
        self.dead = self.next(r)?;
        Ok(Some(r))
    }
}
