//! Transfers of control between frames, and out of the loop.

/// The end of a stretch of execution without a stop.
pub(super) enum StretchEnd {
    /// The frame above the floor has returned.
    Left,
    /// A frame of another instance continues. `entering` is true at the start
    /// of its body.
    Moved { entering: bool },
    /// A host function, tail-called by the frame above the floor, threw an exception.
    Threw,
}

/// The continuation after an instruction that may change frames.
pub(super) enum Then {
    /// The next instruction.
    Next,
    /// The first instruction of the running body.
    Enter,
    /// The current instruction of the new running frame.
    Resume,
    /// Execution leaves the loop.
    Ended(StretchEnd),
}
