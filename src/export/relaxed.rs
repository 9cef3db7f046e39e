//! Relaxed SIMD, whose results may differ between engines.
//!
//! The specification lets an engine choose what they give (specification 4.3.5, "Relaxed Operations").
//! In an exported module the instructions are replaced by those whose result is that of the
//! deterministic profile, which is what the engine of this crate gives.

use super::asm::Asm;
use wasmparser::{Operator, ValType};

/// A relaxed instruction, by what takes its place.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Relaxed {
    Swizzle,
    TruncF32x4S,
    TruncF32x4U,
    TruncF64x2S,
    TruncF64x2U,
    MaddF32x4,
    NmaddF32x4,
    MaddF64x2,
    NmaddF64x2,
    Select,
    MinF32x4,
    MaxF32x4,
    MinF64x2,
    MaxF64x2,
    Q15Mulr,
    Dot,
    DotAdd,
}

impl Relaxed {
    /// What takes the place of an instruction, if that is relaxed.
    pub fn of(op: &Operator<'_>) -> Option<Relaxed> {
        use Operator::*;
        Some(match op {
            I8x16RelaxedSwizzle => Relaxed::Swizzle,
            I32x4RelaxedTruncF32x4S => Relaxed::TruncF32x4S,
            I32x4RelaxedTruncF32x4U => Relaxed::TruncF32x4U,
            I32x4RelaxedTruncF64x2SZero => Relaxed::TruncF64x2S,
            I32x4RelaxedTruncF64x2UZero => Relaxed::TruncF64x2U,
            F32x4RelaxedMadd => Relaxed::MaddF32x4,
            F32x4RelaxedNmadd => Relaxed::NmaddF32x4,
            F64x2RelaxedMadd => Relaxed::MaddF64x2,
            F64x2RelaxedNmadd => Relaxed::NmaddF64x2,
            I8x16RelaxedLaneselect
            | I16x8RelaxedLaneselect
            | I32x4RelaxedLaneselect
            | I64x2RelaxedLaneselect => Relaxed::Select,
            F32x4RelaxedMin => Relaxed::MinF32x4,
            F32x4RelaxedMax => Relaxed::MaxF32x4,
            F64x2RelaxedMin => Relaxed::MinF64x2,
            F64x2RelaxedMax => Relaxed::MaxF64x2,
            I16x8RelaxedQ15mulrS => Relaxed::Q15Mulr,
            I16x8RelaxedDotI8x16I7x16S => Relaxed::Dot,
            I32x4RelaxedDotI8x16I7x16AddS => Relaxed::DotAdd,
            _ => return None,
        })
    }

    /// Writes what takes its place. The locals are those of the function for this purpose, which are
    /// declared when one is needed first.
    pub fn write(self, asm: &mut Asm, locals: &mut Option<[u32; 3]>) {
        let mut local =
            |asm: &mut Asm| *locals.get_or_insert_with(|| [0; 3].map(|_| asm.local(ValType::V128)));
        match self {
            Relaxed::Swizzle => _ = asm.op().i8x16_swizzle(),
            Relaxed::TruncF32x4S => _ = asm.op().i32x4_trunc_sat_f32x4_s(),
            Relaxed::TruncF32x4U => _ = asm.op().i32x4_trunc_sat_f32x4_u(),
            Relaxed::TruncF64x2S => _ = asm.op().i32x4_trunc_sat_f64x2_s_zero(),
            Relaxed::TruncF64x2U => _ = asm.op().i32x4_trunc_sat_f64x2_u_zero(),
            Relaxed::Select => _ = asm.op().v128_bitselect(),
            Relaxed::MinF32x4 => _ = asm.op().f32x4_min(),
            Relaxed::MaxF32x4 => _ = asm.op().f32x4_max(),
            Relaxed::MinF64x2 => _ = asm.op().f64x2_min(),
            Relaxed::MaxF64x2 => _ = asm.op().f64x2_max(),
            Relaxed::Q15Mulr => _ = asm.op().i16x8_q15mulr_sat_s(),
            Relaxed::MaddF32x4 | Relaxed::NmaddF32x4 | Relaxed::MaddF64x2 | Relaxed::NmaddF64x2 => {
                let [factor, addend, _] = local(asm);
                let mut op = asm.op();
                op.local_set(addend);
                // The product is rounded before the sum.
                match self {
                    Relaxed::MaddF32x4 => op.f32x4_mul().local_get(addend).f32x4_add(),
                    Relaxed::MaddF64x2 => op.f64x2_mul().local_get(addend).f64x2_add(),
                    Relaxed::NmaddF32x4 => {
                        op.local_set(factor).f32x4_neg().local_get(factor);
                        op.f32x4_mul().local_get(addend).f32x4_add()
                    }
                    _ => {
                        op.local_set(factor).f64x2_neg().local_get(factor);
                        op.f64x2_mul().local_get(addend).f64x2_add()
                    }
                };
            }
            Relaxed::Dot => {
                let [left, right, _] = local(asm);
                dot(asm, left, right);
            }
            Relaxed::DotAdd => {
                let [left, right, addend] = local(asm);
                asm.op().local_set(addend);
                dot(asm, left, right);
                let mut op = asm.op();
                op.i32x4_extadd_pairwise_i16x8_s().local_get(addend);
                op.i32x4_add();
            }
        }
    }
}

/// The products of signed bytes, of which each two neighbours are added and saturate.
fn dot(asm: &mut Asm, left: u32, right: u32) {
    let mut op = asm.op();
    op.local_set(right).local_tee(left).local_get(right);
    op.i16x8_extmul_low_i8x16_s()
        .i32x4_extadd_pairwise_i16x8_s();
    op.local_get(left).local_get(right);
    op.i16x8_extmul_high_i8x16_s()
        .i32x4_extadd_pairwise_i16x8_s();
    // Narrowing is what saturates.
    op.i16x8_narrow_i32x4_s();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::for_embedder;
    use crate::module::Module;
    use crate::module_ir::{self, each_operator};
    use crate::observe::StepOutcome;
    use crate::oracle::{Options, judge};
    use std::sync::Arc;

    /// Each of them, and its number of operands.
    const ALL: [(&str, usize); 20] = [
        ("i8x16.relaxed_swizzle", 2),
        ("i32x4.relaxed_trunc_f32x4_s", 1),
        ("i32x4.relaxed_trunc_f32x4_u", 1),
        ("i32x4.relaxed_trunc_f64x2_s_zero", 1),
        ("i32x4.relaxed_trunc_f64x2_u_zero", 1),
        ("f32x4.relaxed_madd", 3),
        ("f32x4.relaxed_nmadd", 3),
        ("f64x2.relaxed_madd", 3),
        ("f64x2.relaxed_nmadd", 3),
        ("i8x16.relaxed_laneselect", 3),
        ("i16x8.relaxed_laneselect", 3),
        ("i32x4.relaxed_laneselect", 3),
        ("i64x2.relaxed_laneselect", 3),
        ("f32x4.relaxed_min", 2),
        ("f32x4.relaxed_max", 2),
        ("f64x2.relaxed_min", 2),
        ("f64x2.relaxed_max", 2),
        ("i16x8.relaxed_q15mulr_s", 2),
        ("i16x8.relaxed_dot_i8x16_i7x16_s", 2),
        ("i32x4.relaxed_dot_i8x16_i7x16_add_s", 3),
    ];

    /// Operands for which engines may differ: lanes that are out of range, no numbers, zeros of two
    /// signs, products that are rounded, sums that overflow.
    const OPERANDS: [&str; 6] = [
        "(v128.const i8x16 -128 -128 127 1 0 16 255 15 -128 127 -128 -128 8 9 -1 -128)",
        "(v128.const i16x8 -32768 -32768 1 255 256 32767 -1 0x8080)",
        "(v128.const f32x4 nan -0.0 3e9 -1.5)",
        "(v128.const f32x4 0x1.000002p+0 0.0 -3e9 5e9)",
        "(v128.const f64x2 nan -1e300)",
        "(v128.const f64x2 0x1.0000000000001p+0 -0.0)",
    ];

    /// The engine's own results, which the official suite checks, are those of what takes their place.
    #[test]
    fn strict_instructions_give_what_the_deterministic_profile_gives() {
        let mut text = String::from("(module");
        let count = OPERANDS.len();
        for (name, operands) in ALL {
            for set in 0..count * count {
                let of = |k: usize| OPERANDS[[set % count, set / count, (set + k) % count][k]];
                let code: Vec<&str> = (0..operands).map(of).collect();
                let code = code.join(" ");
                text +=
                    &format!("\n(func (export \"{name} {set}\") (result v128) ({name} {code}))");
            }
        }
        let (case, _) = crate::case::read((text + ")").as_bytes()).unwrap();
        let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
        assert_eq!(relaxed(&case.wasm), ALL.len() * count * count);
        let written = for_embedder(&case, &module).unwrap();
        assert_eq!(relaxed(&written.wasm), 0);

        let outcomes = |case: &crate::case::Case| {
            let report = judge(case, &Options::default()).unwrap();
            let steps = report.observation().unwrap().steps.clone();
            let named = |name: &Option<String>| name.as_ref().is_some_and(|n| n.contains('x'));
            let steps = steps.into_iter().filter(|step| named(&step.export));
            steps.map(|step| (step.export, step.outcome)).collect()
        };
        let own: Vec<(Option<String>, StepOutcome)> = outcomes(&case);
        assert_eq!(own.len(), ALL.len() * count * count);
        let others: Vec<(Option<String>, StepOutcome)> = outcomes(&written);
        for (own, other) in own.iter().zip(&others) {
            assert_eq!(own, other);
        }
        assert_eq!(own.len(), others.len());
    }

    /// The number of relaxed instructions of a module.
    fn relaxed(wasm: &[u8]) -> usize {
        let mut count = 0;
        let (_, bodies) = module_ir::Module::decode_items(wasm).unwrap();
        for (_, body) in bodies {
            let reader = body.get_binary_reader_for_operators().unwrap();
            each_operator(reader, |op, _| {
                count += usize::from(Relaxed::of(op).is_some())
            })
            .unwrap();
        }
        count
    }
}
