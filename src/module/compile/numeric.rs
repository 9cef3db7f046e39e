//! Numbers: constants, arithmetic, comparisons, conversions.

use super::super::code::Code;
use super::{Compiler, Refused};
use wasmparser::Operator;

impl Compiler<'_> {
    /// Emits an instruction with one operand and one result.
    pub(super) fn unary(&mut self, code: Code) -> Result<(), Refused> {
        let b = self.pop_register();
        let a = self.push(false)?;
        self.op(code, a, b, 0, 0);
        Ok(())
    }

    /// Emits an instruction with two operands and one result. The second
    /// operand may become an immediate.
    pub(super) fn binary(&mut self, code: Code) -> Result<(), Refused> {
        let mut right = self.pop();
        let mut left = self.pop();
        if code.is_commutative() && Self::constant(left).is_some() {
            std::mem::swap(&mut left, &mut right);
        }
        // Subtract a constant by adding its negative.
        let (form, value) = match (code, Self::constant(right)) {
            (Code::I32Sub, Some(bits)) => (
                Some(Code::I32AddImm),
                u64::from((bits as u32).wrapping_neg()),
            ),
            (Code::I64Sub, Some(bits)) => (Some(Code::I64AddImm), bits.wrapping_neg()),
            (code, Some(bits)) => (code.immediate_form(), bits),
            (_, None) => (None, 0),
        };
        let wide = form.is_some_and(|f| f as u16 >= Code::I64AddImm as u16);
        if let Some(form) = form
            && (!wide || i32::try_from(value as i64).is_ok())
        {
            let b = self.register(left);
            let a = self.push(false)?;
            self.op(form, a, b, 0, value as u32);
            return Ok(());
        }
        let b = self.register(left);
        let c = self.register(right);
        let a = self.push(false)?;
        self.op(code, a, b, c, 0);
        Ok(())
    }

    /// Compiles `operator` if it is numeric. Returns whether it is.
    pub(super) fn numeric(&mut self, operator: &Operator<'_>) -> Result<bool, Refused> {
        macro_rules! same_name {
            (unary: $($unary:ident)* ; binary: $($binary:ident)*) => {
                match operator {
                    $( Operator::$unary => self.unary(Code::$unary)?, )*
                    $( Operator::$binary => self.binary(Code::$binary)?, )*
                    Operator::I32Const { value } => self.push_const(u64::from(*value as u32), false)?,
                    Operator::I64Const { value } => self.push_const(*value as u64, false)?,
                    Operator::F32Const { value } => self.push_const(u64::from(value.bits()), false)?,
                    Operator::F64Const { value } => self.push_const(value.bits(), false)?,
                    Operator::I32Eqz => {
                        self.push_const(0, false)?;
                        self.binary(Code::I32Eq)?;
                    }
                    // An i32 is stored zero-extended, and a float as its bits.
                    Operator::I64ExtendI32U
                    | Operator::I32ReinterpretF32
                    | Operator::I64ReinterpretF64
                    | Operator::F32ReinterpretI32
                    | Operator::F64ReinterpretI64 => {}
                    _ => return Ok(false),
                }
            };
        }
        same_name! {
            unary: I64Eqz
                I32Clz I32Ctz I32Popcnt I32Extend8S I32Extend16S
                I64Clz I64Ctz I64Popcnt I64Extend8S I64Extend16S I64Extend32S
                F32Abs F32Neg F32Ceil F32Floor F32Trunc F32Nearest F32Sqrt
                F64Abs F64Neg F64Ceil F64Floor F64Trunc F64Nearest F64Sqrt
                I32WrapI64 I64ExtendI32S
                I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U
                I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U
                I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U
                I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U
                F32ConvertI32S F32ConvertI32U F32ConvertI64S F32ConvertI64U F32DemoteF64
                F64ConvertI32S F64ConvertI32U F64ConvertI64S F64ConvertI64U F64PromoteF32;
            binary:
                I32Eq I32Ne I32LtS I32LtU I32GtS I32GtU I32LeS I32LeU I32GeS I32GeU
                I64Eq I64Ne I64LtS I64LtU I64GtS I64GtU I64LeS I64LeU I64GeS I64GeU
                F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F64Eq F64Ne F64Lt F64Gt F64Le F64Ge
                I32Add I32Sub I32Mul I32DivS I32DivU I32RemS I32RemU
                I32And I32Or I32Xor I32Shl I32ShrS I32ShrU I32Rotl I32Rotr
                I64Add I64Sub I64Mul I64DivS I64DivU I64RemS I64RemU
                I64And I64Or I64Xor I64Shl I64ShrS I64ShrU I64Rotl I64Rotr
                F32Add F32Sub F32Mul F32Div F32Min F32Max F32Copysign
                F64Add F64Sub F64Mul F64Div F64Min F64Max F64Copysign
        }
        Ok(true)
    }
}
