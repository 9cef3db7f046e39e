//! The kinds of events that a collector sees.

/// Declares [`Event`], with its names and meanings.
macro_rules! events {
    ($($(#[doc = $doc:literal])+ $id:ident $name:literal;)*) => {
        /// An event that a collector has to handle. Each occurrence in a run is
        /// counted.
        #[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Event {
            $($(#[doc = $doc])+ $id,)*
        }

        impl Event {
            /// All events, in the order of their numbers.
            pub const ALL: &[Event] = &[$(Event::$id),*];

            /// Its name in tables.
            pub fn name(self) -> &'static str {
                match self {
                    $(Event::$id => $name,)*
                }
            }

            /// Its meaning, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Event::$id => concat!($($doc),+).trim_ascii(),)*
                }
            }
        }
    };
}

events! {
    /// A structure is allocated.
    NewStruct "new-struct";
    /// A structure is allocated with an object in one of its fields.
    NewStructWith "new-struct-with-object";
    /// A structure is allocated with a number that does not fit its packed field.
    PackedOutOfRange "packed-out-of-range";
    /// An array of references is allocated.
    NewReferences "new-references";
    /// An array is allocated whose elements, two or more, are one object.
    NewCopies "new-array-of-one-object";
    /// An array is allocated from a list of values with an object among them.
    NewFixed "new-array-fixed";
    /// An array of numbers is allocated.
    NewNumbers "new-numbers";
    /// An exception is allocated.
    NewException "new-exception";
    /// An external value is allocated.
    NewExtern "new-extern";
    /// An object is allocated where another one was before.
    Reuse "reuse";
    /// A reference to an object is read from a field.
    ReadField "read-field";
    /// A reference to an object is read from an element.
    ReadElement "read-element";
    /// A reference to an object is read from a global.
    ReadGlobal "read-global";
    /// A reference to an object is read from a table.
    ReadTable "read-table";
    /// The host hands in a reference to an object.
    FromHost "from-host";
    /// An object is read that has survived a collection since it was made.
    Survivor "survived-1";
    /// An object is read that has survived four collections.
    Survivor4 "survived-4";
    /// An object is read that has survived sixteen collections.
    Survivor16 "survived-16";
    /// A reference is written to a field.
    WriteField "write-field";
    /// A reference is written to an element.
    WriteElement "write-element";
    /// A reference is written to a global.
    WriteGlobal "write-global";
    /// A reference is written to a table.
    WriteTable "write-table";
    /// A reference to an object is written over one to another object.
    OverObject "object-over-object";
    /// A null is written over a reference to an object.
    NullOverObject "null-over-object";
    /// An i31 is written over a reference to an object.
    I31OverObject "i31-over-object";
    /// Something is written over an i31.
    OverI31 "over-i31";
    /// The reference to an object is written that is there already.
    SelfStore "self-store";
    /// The last owner of an object, frames aside, is overwritten.
    OverLast "over-last-owner";
    /// An object is stored in a field or an element of itself.
    StoreInItself "store-in-itself";
    /// A store closes a cycle of two objects or more.
    Cycle "cycle";
    /// An object is stored in an older one that has survived a collection.
    YoungInOld "young-in-old";
    /// An i31 at an edge of its range, or -1, is stored.
    I31Edge "i31-edge";
    /// References are filled into two elements or more.
    Fill "array-fill";
    /// References are filled in, and not from element 0 on.
    FillMiddle "array-fill-middle";
    /// References are filled over those to objects.
    FillOver "array-fill-over-objects";
    /// References are copied from elements to elements.
    Copy "array-copy";
    /// Two references or more to objects are copied.
    CopyObjects "array-copy-objects";
    /// References are copied over those to objects.
    CopyOver "array-copy-over-objects";
    /// References are copied onto themselves.
    CopySelf "array-copy-self";
    /// References are copied within an array to overlapping later elements.
    CopyUp "array-copy-up";
    /// References are copied within an array to overlapping earlier elements.
    CopyDown "array-copy-down";
    /// References are copied between arrays of different types.
    CopyBetween "array-copy-between-types";
    /// References of a segment, with an object among them, go to elements.
    InitElements "array-init-elem";
    /// References of a segment go over those to objects.
    InitOver "array-init-elem-over-objects";
    /// A bulk operation on references has length 0.
    EmptyBulk "empty-bulk";
    /// An object is filled into two elements of a table or more.
    TableFill "table-fill";
    /// Elements of a table with an object among them are overwritten at once.
    TableOver "table-bulk-over-objects";
    /// References with an object among them are copied to a table.
    TableCopy "table-copy";
    /// A table grows by an object.
    TableGrow "table-grow";
    /// References are taken from an element segment.
    Segment "segment";
    /// References are to be taken from a dropped segment.
    SegmentAfterDrop "segment-after-drop";
    /// An element segment with objects is dropped.
    ElemDrop "elem-drop";
    /// An element segment is dropped that has been dropped already.
    ElemDropAgain "elem-drop-again";
    /// The host lets go of an object.
    HostDrops "host-drops";
    /// A cast or test finds that an object has the type.
    CastHit "cast-hit";
    /// A cast or test finds that an object does not have the type.
    CastMiss "cast-miss";
    /// A cast or test is asked about null.
    CastNull "cast-null";
    /// A cast or test is asked about an i31.
    CastI31 "cast-i31";
    /// An exception that carries a reference to an object is made.
    ThrowObject "throw-object";
    /// An exception is caught.
    Catch "catch";
    /// An exception is caught together with a reference to it.
    CatchRef "catch-ref";
    /// An exception is thrown again.
    Rethrow "rethrow";
    /// An exception is stored in an object, a global or a table.
    StoreException "store-exception";
    /// A tail call passes a reference to an object.
    TailCall "tail-call-object";
    /// A write frees an object.
    FreeByWrite "free-by-write";
    /// A collection frees an object.
    FreeBySweep "free-by-sweep";
    /// An object is freed together with one that it alone kept.
    FreeChain "free-chain";
    /// An object is freed together with more than thirty others.
    FreeMany "free-many";
    /// A collection runs while a frame refers to an object.
    CollectRoots "collect-roots";
    /// A collection runs while three frames or more refer to objects.
    CollectDeep "collect-deep";
    /// A collection runs in a callee while a caller refers to an object.
    CollectAcrossCall "collect-across-call";
    /// A collection runs at a loop header while the frame refers to an object.
    CollectAtLoop "collect-at-loop";
    /// A collection runs at the entry of a function with an object for an argument.
    CollectAtEntry "collect-at-entry";
    /// A collection runs in reach of a handler while its frame refers to an object.
    CollectInHandler "collect-in-handler";
    /// A collection runs while an object is referred to by frames alone.
    CollectOnlyStack "collect-only-stack";
    /// A collection runs while the host has been called.
    CollectInHost "collect-in-host";
    /// A collection runs in a call that the host makes while it has been called itself.
    CollectInReentry "collect-in-reentry";
    /// A collection runs while a segment holds an object.
    CollectSegment "collect-segment";
    /// A collection runs while a handle of the host holds an object.
    CollectHandle "collect-handle";
    /// Called code allocates.
    AllocateInCall "allocate-in-call";
    /// A call returns.
    Return "return";
    /// A call ends with an exception that nobody caught.
    Uncaught "uncaught";
    /// A call ends with a trap.
    Trap "trap";
    /// A call ends with a trap before called code has allocated anything.
    TrapFirst "trap-first";
}
