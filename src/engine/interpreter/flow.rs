//! How execution goes on where it does not simply go on.

/// How a stretch of execution has ended that did not stop.
pub(super) enum Ended {
    /// The frame above the floor has returned.
    Left,
    /// A frame of another instance goes on; from its start, if it is new.
    Moved { entering: bool },
    /// An exception has come out of what took the place of the frame above the
    /// floor.
    Threw,
}

/// What follows an instruction that may change frames.
pub(super) enum Then {
    /// The next one.
    Next,
    /// The first of the running body.
    Enter,
    /// The one at which the running frame, which is another one now, is.
    Resume,
    /// None here.
    Ended(Ended),
}
