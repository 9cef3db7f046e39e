//! The instructions of valid code, one after the other.

use wasmparser::{
    BinaryReader, BinaryReaderError, FrameKind, FrameStack, Operator, VisitOperator,
    VisitSimdOperator,
};

/// Calls `f` with each instruction of valid code, and the place where it begins in the bytes of the module.
///
/// To collect them in a list takes longer than to read them: an [`Operator`] is large, and is moved
/// several times.
///
/// # Errors
///
/// If the code is malformed.
pub(crate) fn each_operator<'a>(
    mut reader: BinaryReader<'a>,
    f: impl FnMut(&Operator<'a>, u64),
) -> Result<(), BinaryReaderError> {
    let mut each = Each { f, start: 0 };
    while !reader.eof() {
        each.start = reader.original_position();
        reader.visit_operator(&mut each)?;
    }
    Ok(())
}

struct Each<F> {
    f: F,
    start: u64,
}

impl<F> FrameStack for Each<F> {
    fn current_frame(&self) -> Option<FrameKind> {
        // The reader asks only at an `else`, which is where it should be.
        Some(FrameKind::If)
    }
}

/// Defines a method for each operator.
macro_rules! each {
    ($(
        @$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*)
    )*) => {
        $(
            fn $visit(&mut self $($(, $arg: $ty)*)?) {
                (self.f)(&Operator::$op $({ $($arg),* })?, self.start);
            }
        )*
    };
}

impl<'a, F: FnMut(&Operator<'a>, u64)> VisitOperator<'a> for Each<F> {
    type Output = ();

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = ()>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(each);
}

impl<'a, F: FnMut(&Operator<'a>, u64)> VisitSimdOperator<'a> for Each<F> {
    wasmparser::for_each_visit_simd_operator!(each);
}
