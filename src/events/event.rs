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

            /// Whether it is a collection in some state.
            pub fn is_collection(self) -> bool {
                (Event::CollectRoots..=Event::CollectHandle).contains(&self)
            }

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
    /// An array is allocated with two or more elements that refer to one object.
    NewCopies "new-array-of-one-object";
    /// An array is allocated from a list of values that includes an object.
    NewFixed "new-array-fixed";
    /// A structure is allocated with values for more than 32 registers.
    NewWide "new-wide-struct";
    /// An array is allocated from a list of more than 16 values.
    NewLongFixed "new-long-array-fixed";
    /// An exception with more than eight values is allocated.
    NewWideException "new-wide-exception";
    /// An array of numbers is allocated.
    NewNumbers "new-numbers";
    /// An exception is allocated.
    NewException "new-exception";
    /// An external value is allocated.
    NewExtern "new-extern";
    /// An object is allocated at the address of an earlier one.
    Reuse "reuse";
    /// A reference to an object is read from a field.
    ReadField "read-field";
    /// A reference to an object is read from an element.
    ReadElement "read-element";
    /// A reference to an object is read from a global.
    ReadGlobal "read-global";
    /// A reference to an object is read from a table.
    ReadTable "read-table";
    /// The host passes a reference to an object.
    FromHost "from-host";
    /// A reference to an object that has survived a collection is read.
    Survivor "survived-1";
    /// A reference to an object that has survived four collections is read.
    Survivor4 "survived-4";
    /// A reference to an object that has survived sixteen collections is read.
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
    /// A reference is written over an i31.
    OverI31 "over-i31";
    /// A reference to an object is overwritten with the same reference.
    SelfStore "self-store";
    /// The last reference to an object outside frames is overwritten.
    OverLast "over-last-owner";
    /// An object is stored in a field or an element of itself.
    StoreInItself "store-in-itself";
    /// A store closes a cycle of two or more objects.
    Cycle "cycle";
    /// An object is stored in an older one that has survived a collection.
    YoungInOld "young-in-old";
    /// An i31 at an edge of its range, or -1, is stored.
    I31Edge "i31-edge";
    /// A reference is filled into two or more elements.
    Fill "array-fill";
    /// A reference is filled into elements, the first of which is not element 0.
    FillMiddle "array-fill-middle";
    /// A reference is filled over references to objects.
    FillOver "array-fill-over-objects";
    /// References are copied between elements of arrays.
    Copy "array-copy";
    /// Two or more references to objects are copied.
    CopyObjects "array-copy-objects";
    /// References are copied over references to objects.
    CopyOver "array-copy-over-objects";
    /// References are copied onto themselves.
    CopySelf "array-copy-self";
    /// References are copied within an array to overlapping later elements.
    CopyUp "array-copy-up";
    /// References are copied within an array to overlapping earlier elements.
    CopyDown "array-copy-down";
    /// References are copied between arrays of different types.
    CopyBetween "array-copy-between-types";
    /// References from a segment, including one to an object, are written to elements.
    InitElements "array-init-elem";
    /// References from a segment are written over references to objects.
    InitOver "array-init-elem-over-objects";
    /// A bulk operation on references has length 0.
    EmptyBulk "empty-bulk";
    /// A reference to an object is filled into two or more elements of a table.
    TableFill "table-fill";
    /// A bulk operation overwrites elements of a table, including a reference to an object.
    TableOver "table-bulk-over-objects";
    /// References, including one to an object, are copied to a table.
    TableCopy "table-copy";
    /// A table grows, and its new elements refer to an object.
    TableGrow "table-grow";
    /// An instruction reads from an element segment.
    Segment "segment";
    /// An instruction reads from a dropped element segment.
    SegmentAfterDrop "segment-after-drop";
    /// An element segment with objects is dropped.
    ElemDrop "elem-drop";
    /// An element segment that is empty or already dropped is dropped.
    ElemDropAgain "elem-drop-again";
    /// The host drops a handle to an object.
    HostDrops "host-drops";
    /// A cast or test finds that an object has the type.
    CastHit "cast-hit";
    /// A cast or test finds that an object does not have the type.
    CastMiss "cast-miss";
    /// A cast or test is applied to null.
    CastNull "cast-null";
    /// A cast or test is applied to an i31.
    CastI31 "cast-i31";
    /// An exception that carries a reference to an object is allocated.
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
    /// One write frees two or more objects, or a collection frees more objects than leave the stack-root list.
    FreeChain "free-chain";
    /// More than thirty objects are freed at once.
    FreeMany "free-many";
    /// A collection runs while a frame refers to an object.
    CollectRoots "collect-roots";
    /// A collection runs while three or more frames refer to objects.
    CollectDeep "collect-deep";
    /// A collection runs in a callee while a caller refers to an object.
    CollectAcrossCall "collect-across-call";
    /// A collection runs at a loop header while the frame refers to an object.
    CollectAtLoop "collect-at-loop";
    /// A collection runs at the entry of a function that was passed an object.
    CollectAtEntry "collect-at-entry";
    /// A collection runs while an object is referenced only by an operand of a frame.
    CollectOperand "collect-operand";
    /// A collection runs while four or more operands of a frame refer to objects.
    CollectOperands "collect-four-operands";
    /// A collection runs at the header of a loop while an operand refers to an object.
    CollectLoopOperand "collect-loop-operand";
    /// A collection runs while sixteen or more frames refer to objects.
    CollectManyFrames "collect-sixteen-frames";
    /// A collection runs in the scope of a handler whose frame refers to an object.
    CollectInHandler "collect-in-handler";
    /// A collection runs while an object is referenced only by frames.
    CollectOnlyStack "collect-only-stack";
    /// A collection runs in a function of the host.
    CollectInHost "collect-in-host";
    /// A collection runs in a call that a function of the host has made.
    CollectInReentry "collect-in-reentry";
    /// A collection runs while a segment holds an object.
    CollectSegment "collect-segment";
    /// A collection runs while a handle of the host holds an object.
    CollectHandle "collect-handle";
    /// Called code allocates.
    AllocateInCall "allocate-in-call";
    /// A call returns.
    Return "return";
    /// A call ends with an uncaught exception.
    Uncaught "uncaught";
    /// A call ends with a trap.
    Trap "trap";
    /// A call ends with a trap before called code has allocated anything.
    TrapFirst "trap-first";
    /// An allocation is refused, and tried again after a collection.
    Refused "allocation-refused";
    /// An allocation is refused for good.
    Exhausted "heap-exhausted";
    /// The heap becomes larger, since a collection did not make room for an allocation.
    Grown "heap-grown";
    /// A collection runs inside a bulk operation.
    CollectInside "collect-inside";
    /// An object is asked for that is larger than the address space.
    TooLarge "too-large-object";
}
