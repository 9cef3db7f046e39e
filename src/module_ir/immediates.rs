//! Numbers in instructions that are no index: the offset and alignment of a memory access, and the
//! lanes of a vector.

use wasmparser::{MemArg, Operator, for_each_operator};

/// A number of an instruction, or a reference to it.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Immediate<T, L> {
    /// The offset and alignment of a memory access.
    Memory(T),
    /// The lane of a vector.
    Lane(L),
}

macro_rules! immediates {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($_:tt)*) )*) => {
        /// The numbers of an instruction that could be smaller.
        pub(crate) fn immediates(op: &Operator<'_>) -> Vec<Immediate<MemArg, u8>> {
            let mut found = Vec::new();
            match op {
                $( Operator::$op $({ $($arg),* })? => {
                    $($( immediates!(@note $arg found *$arg); )*)?
                } )*
                _ => {}
            }
            found
        }

        /// The same, to change them.
        pub(crate) fn immediates_mut<'o>(op: &'o mut Operator<'_>) -> Vec<Immediate<&'o mut MemArg, &'o mut u8>> {
            let mut found = Vec::new();
            match op {
                $( Operator::$op $({ $($arg),* })? => {
                    $($( immediates!(@note $arg found $arg); )*)?
                } )*
                _ => {}
            }
            found
        }
    };
    (@note memarg $found:ident $value:expr) => { $found.push(Immediate::Memory($value)) };
    (@note lanes $found:ident $value:expr) => {
        for lane in $value {
            $found.push(Immediate::Lane(lane));
        }
    };
    (@note lane $found:ident $value:expr) => { $found.push(Immediate::Lane($value)) };
    (@note $other:ident $found:ident $value:expr) => { let _ = &$value; };
}

for_each_operator!(immediates);
