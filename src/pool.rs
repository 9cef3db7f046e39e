//! Memory kept between runs: buffers of a finished run are reused by the next one on the same
//! thread, instead of being allocated again.
//!
//! A run must not observe the reuse. So a buffer is handed on empty, or with contents that its next
//! owner would have written itself.

use std::cell::RefCell;
use std::thread::LocalKey;

/// Buffers kept of each kind: a verdict has few stores at a time.
const PIECES: usize = 4;

/// Unused buffers of one kind, in a thread-local variable.
pub(crate) struct Spare<T: 'static>(RefCell<Vec<T>>);

impl<T: Default> Spare<T> {
    pub(crate) const fn new() -> Spare<T> {
        Spare(RefCell::new(Vec::new()))
    }

    /// The buffer given back last, unchanged, or else a new one.
    pub(crate) fn take(spare: &'static LocalKey<Spare<T>>) -> T {
        let taken = spare.try_with(|spare| spare.0.borrow_mut().pop());
        taken.ok().flatten().unwrap_or_default()
    }

    /// Keeps a buffer, if there is room.
    pub(crate) fn give(spare: &'static LocalKey<Spare<T>>, piece: T) {
        // At the end of a thread the variable is gone, and the buffer is freed.
        let _ = spare.try_with(|spare| {
            let mut kept = spare.0.borrow_mut();
            if kept.len() < PIECES {
                kept.push(piece);
            }
        });
    }
}

impl<T> Spare<Vec<T>> {
    /// Keeps a buffer, if its capacity is at most `size` elements and there is room.
    pub(crate) fn give_up_to(spare: &'static LocalKey<Self>, piece: Vec<T>, size: usize) {
        if (1..=size).contains(&piece.capacity()) {
            Spare::give(spare, piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        static SPARE: Spare<Vec<u8>> = const { Spare::new() };
    }

    #[test]
    fn few_pieces_of_moderate_size_are_kept() {
        assert_eq!(Spare::take(&SPARE).capacity(), 0);
        Spare::give_up_to(&SPARE, vec![1; 10], 10);
        assert_eq!(Spare::take(&SPARE), [1; 10]);
        assert_eq!(Spare::take(&SPARE).capacity(), 0);
        Spare::give_up_to(&SPARE, vec![1; 11], 10);
        Spare::give_up_to(&SPARE, vec![], 10);
        assert_eq!(Spare::take(&SPARE).capacity(), 0);
        for _ in 0..2 * PIECES {
            Spare::give_up_to(&SPARE, vec![2], 10);
        }
        for _ in 0..PIECES {
            assert_eq!(Spare::take(&SPARE), [2]);
        }
        assert_eq!(Spare::take(&SPARE).capacity(), 0);
    }
}
