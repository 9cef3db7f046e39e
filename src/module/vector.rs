//! Vector operations of the engine's instructions.
//!
//! One instruction per number of operands selects among these by its immediate,
//! so that the interpreter's loop stays small. In the deterministic profile
//! most *relaxed* operations are aliases of strict ones.

use wasmparser::Operator;

macro_rules! operations {
    ($( $(#[$doc:meta])* $kind:ident { $($name:ident $(= $relaxed:ident)*)* } )*) => { $(
        $(#[$doc])*
        #[derive(Copy, Clone, PartialEq, Eq, Debug)]
        #[allow(missing_docs, reason = "the names are those of the specification")]
        pub enum $kind { $($name),* }

        impl $kind {
            const ALL: &[$kind] = &[$($kind::$name),*];

            /// The operation of an operator, if it is of this kind.
            pub(super) fn of(operator: &Operator<'_>) -> Option<$kind> {
                match operator {
                    $( Operator::$name { .. } $(| Operator::$relaxed)* => Some($kind::$name), )*
                    _ => None,
                }
            }

            /// The operation selected by the low half of an immediate.
            pub fn selected(imm: u32) -> $kind {
                Self::ALL[usize::from(imm as u16)]
            }
        }
    )* };
}

operations! {
    /// Operations from a vector to a vector.
    VectorUnary {
        V128Not I8x16Abs I16x8Abs I32x4Abs I64x2Abs I8x16Neg I16x8Neg I32x4Neg I64x2Neg I8x16Popcnt
        I16x8ExtendLowI8x16S I16x8ExtendHighI8x16S I16x8ExtendLowI8x16U I16x8ExtendHighI8x16U
        I32x4ExtendLowI16x8S I32x4ExtendHighI16x8S I32x4ExtendLowI16x8U I32x4ExtendHighI16x8U
        I64x2ExtendLowI32x4S I64x2ExtendHighI32x4S I64x2ExtendLowI32x4U I64x2ExtendHighI32x4U
        I16x8ExtAddPairwiseI8x16S I16x8ExtAddPairwiseI8x16U
        I32x4ExtAddPairwiseI16x8S I32x4ExtAddPairwiseI16x8U
        F32x4Abs F32x4Neg F32x4Sqrt F32x4Ceil F32x4Floor F32x4Trunc F32x4Nearest
        F64x2Abs F64x2Neg F64x2Sqrt F64x2Ceil F64x2Floor F64x2Trunc F64x2Nearest
        I32x4TruncSatF32x4S = I32x4RelaxedTruncF32x4S
        I32x4TruncSatF32x4U = I32x4RelaxedTruncF32x4U
        I32x4TruncSatF64x2SZero = I32x4RelaxedTruncF64x2SZero
        I32x4TruncSatF64x2UZero = I32x4RelaxedTruncF64x2UZero
        F32x4ConvertI32x4S F32x4ConvertI32x4U F64x2ConvertLowI32x4S F64x2ConvertLowI32x4U
        F32x4DemoteF64x2Zero F64x2PromoteLowF32x4
    }

    /// Operations from two vectors to a vector.
    VectorBinary {
        V128And V128AndNot V128Or V128Xor
        I8x16Swizzle = I8x16RelaxedSwizzle
        I8x16Eq I8x16Ne I8x16LtS I8x16LtU I8x16GtS I8x16GtU I8x16LeS I8x16LeU I8x16GeS I8x16GeU
        I16x8Eq I16x8Ne I16x8LtS I16x8LtU I16x8GtS I16x8GtU I16x8LeS I16x8LeU I16x8GeS I16x8GeU
        I32x4Eq I32x4Ne I32x4LtS I32x4LtU I32x4GtS I32x4GtU I32x4LeS I32x4LeU I32x4GeS I32x4GeU
        I64x2Eq I64x2Ne I64x2LtS I64x2GtS I64x2LeS I64x2GeS
        F32x4Eq F32x4Ne F32x4Lt F32x4Gt F32x4Le F32x4Ge F64x2Eq F64x2Ne F64x2Lt F64x2Gt F64x2Le F64x2Ge
        I8x16Add I8x16AddSatS I8x16AddSatU I8x16Sub I8x16SubSatS I8x16SubSatU
        I8x16MinS I8x16MinU I8x16MaxS I8x16MaxU I8x16AvgrU
        I16x8Add I16x8AddSatS I16x8AddSatU I16x8Sub I16x8SubSatS I16x8SubSatU I16x8Mul
        I16x8MinS I16x8MinU I16x8MaxS I16x8MaxU I16x8AvgrU
        I16x8Q15MulrSatS = I16x8RelaxedQ15mulrS
        I32x4Add I32x4Sub I32x4Mul I32x4MinS I32x4MinU I32x4MaxS I32x4MaxU
        I64x2Add I64x2Sub I64x2Mul
        I8x16NarrowI16x8S I8x16NarrowI16x8U I16x8NarrowI32x4S I16x8NarrowI32x4U
        I16x8ExtMulLowI8x16S I16x8ExtMulHighI8x16S I16x8ExtMulLowI8x16U I16x8ExtMulHighI8x16U
        I32x4ExtMulLowI16x8S I32x4ExtMulHighI16x8S I32x4ExtMulLowI16x8U I32x4ExtMulHighI16x8U
        I64x2ExtMulLowI32x4S I64x2ExtMulHighI32x4S I64x2ExtMulLowI32x4U I64x2ExtMulHighI32x4U
        I32x4DotI16x8S I16x8RelaxedDotI8x16I7x16S
        F32x4Add F32x4Sub F32x4Mul F32x4Div
        F32x4Min = F32x4RelaxedMin
        F32x4Max = F32x4RelaxedMax
        F32x4PMin F32x4PMax
        F64x2Add F64x2Sub F64x2Mul F64x2Div
        F64x2Min = F64x2RelaxedMin
        F64x2Max = F64x2RelaxedMax
        F64x2PMin F64x2PMax
    }

    /// Operations from three vectors to a vector. The third operand of a
    /// shuffle contains its lane indices, one byte each.
    VectorTernary {
        I8x16Shuffle
        V128Bitselect = I8x16RelaxedLaneselect = I16x8RelaxedLaneselect = I32x4RelaxedLaneselect
            = I64x2RelaxedLaneselect
        F32x4RelaxedMadd F32x4RelaxedNmadd F64x2RelaxedMadd F64x2RelaxedNmadd
        I32x4RelaxedDotI8x16I7x16AddS
    }

    /// Operations from a vector and a number to a vector.
    VectorShift {
        I8x16Shl I8x16ShrS I8x16ShrU I16x8Shl I16x8ShrS I16x8ShrU
        I32x4Shl I32x4ShrS I32x4ShrU I64x2Shl I64x2ShrS I64x2ShrU
    }

    /// Operations from a vector to an `i32`.
    VectorTest {
        V128AnyTrue I8x16AllTrue I16x8AllTrue I32x4AllTrue I64x2AllTrue
        I8x16Bitmask I16x8Bitmask I32x4Bitmask I64x2Bitmask
    }
}
