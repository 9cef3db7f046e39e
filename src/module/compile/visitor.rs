//! The validator, if there is one, and the compiler as one visitor: reads, validates
//! and compiles each operator once.

use super::{Compiler, Refused};
use wasmparser::{
    FrameKind, FrameStack, FuncValidator, Operator, ValidatorResources, VisitOperator,
    VisitSimdOperator,
};

/// The validator and the compiler of a body. Without a validator, the body is valid.
pub(super) struct Both<'v, 'c, 'a> {
    pub validator: Option<&'v mut FuncValidator<ValidatorResources>>,
    pub compiler: &'c mut Compiler<'a>,
}

impl FrameStack for Both<'_, '_, '_> {
    fn current_frame(&self) -> Option<FrameKind> {
        match &self.validator {
            Some(validator) => validator.get_control_frame(0).map(|frame| frame.kind),
            // The reader asks only at an `else`.
            None => Some(FrameKind::If),
        }
    }
}

/// Defines a method for each operator, using the validator's `$visitor`.
macro_rules! both {
    ($visitor:ident $(
        @$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*)
    )*) => {
        $(
            fn $visit(&mut self $($(, $arg: $ty)*)?) -> Result<(), Refused> {
                let offset = self.compiler.offset;
                if let Some(validator) = &mut self.validator {
                    validator.$visitor(offset).$visit($($($arg.clone()),*)?)?;
                }
                self.compiler.step(&Operator::$op $({ $($arg),* })?)
            }
        )*
    };
}

macro_rules! plain {
    ($($operators:tt)*) => { both! { visitor $($operators)* } };
}

macro_rules! simd {
    ($($operators:tt)*) => { both! { simd_visitor $($operators)* } };
}

// Cloning is needed for some arguments; nearly all others are `Copy`.
#[allow(clippy::clone_on_copy)]
impl<'a> VisitOperator<'a> for Both<'_, '_, '_> {
    type Output = Result<(), Refused>;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Self::Output>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(plain);
}

#[allow(clippy::clone_on_copy)]
impl VisitSimdOperator<'_> for Both<'_, '_, '_> {
    wasmparser::for_each_visit_simd_operator!(simd);
}
