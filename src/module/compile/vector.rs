//! Vectors.

use super::super::code::Code;
use super::super::vector::{VectorBinary, VectorShift, VectorTernary, VectorTest, VectorUnary};
use super::{Compiler, Refused};
use wasmparser::{MemArg, Operator};

impl Compiler<'_> {
    /// Compiles an operator on vectors.
    pub(super) fn vector(&mut self, operator: &Operator<'_>) -> Result<(), Refused> {
        if let Some(operation) = VectorUnary::of(operator) {
            return self.vector_unary(operation);
        }
        if let Some(operation) = VectorBinary::of(operator) {
            return self.vector_and(Code::VectorBinary, operation as u32);
        }
        if let Some(operation) = VectorShift::of(operator) {
            return self.vector_and(Code::VectorShift, operation as u32);
        }
        if let Some(operation) = VectorTest::of(operator) {
            let b = self.pop_register();
            let a = self.push(false)?;
            self.op(Code::VectorTest, a, b, 0, operation as u32);
            return Ok(());
        }
        if let Some(operation) = VectorTernary::of(operator) {
            if let Operator::I8x16Shuffle { lanes } = operator {
                self.push_const_vector(u128::from_le_bytes(*lanes))?;
            }
            return self.vector_ternary(operation);
        }
        match *operator {
            Operator::V128Const { value } => {
                self.push_const_vector(u128::from_le_bytes(*value.bytes()))
            }
            Operator::I8x16Splat => self.splat(8),
            Operator::I16x8Splat => self.splat(16),
            Operator::I32x4Splat | Operator::F32x4Splat => self.splat(32),
            Operator::I64x2Splat | Operator::F64x2Splat => self.splat(64),
            Operator::I8x16ExtractLaneU { lane } => self.extract(8, lane),
            Operator::I8x16ExtractLaneS { lane } => {
                self.extract(8, lane)?;
                self.unary(Code::I32Extend8S)
            }
            Operator::I16x8ExtractLaneU { lane } => self.extract(16, lane),
            Operator::I16x8ExtractLaneS { lane } => {
                self.extract(16, lane)?;
                self.unary(Code::I32Extend16S)
            }
            Operator::I32x4ExtractLane { lane } | Operator::F32x4ExtractLane { lane } => {
                self.extract(32, lane)
            }
            Operator::I64x2ExtractLane { lane } | Operator::F64x2ExtractLane { lane } => {
                self.extract(64, lane)
            }
            Operator::I8x16ReplaceLane { lane } => self.replace(8, lane),
            Operator::I16x8ReplaceLane { lane } => self.replace(16, lane),
            Operator::I32x4ReplaceLane { lane } | Operator::F32x4ReplaceLane { lane } => {
                self.replace(32, lane)
            }
            Operator::I64x2ReplaceLane { lane } | Operator::F64x2ReplaceLane { lane } => {
                self.replace(64, lane)
            }
            _ => self.vector_access(operator),
        }
    }

    /// Compiles a load or store of a vector or of its lanes. Except for whole
    /// vectors, these combine a load or store of a number with an operation.
    fn vector_access(&mut self, operator: &Operator<'_>) -> Result<(), Refused> {
        use VectorUnary::*;
        match *operator {
            Operator::V128Load { memarg } => {
                let memory = self.memory(memarg)?;
                let address = self.pop();
                let (b, offset) = self.address(address, memory, memarg.offset);
                let a = self.push_vector()?;
                self.op(Code::Load128, a, b, memory, offset);
                Ok(())
            }
            Operator::V128Store { memarg } => self.store(Code::Store128, memarg),
            Operator::V128Load8x8S { memarg } => self.load_extend(memarg, I16x8ExtendLowI8x16S),
            Operator::V128Load8x8U { memarg } => self.load_extend(memarg, I16x8ExtendLowI8x16U),
            Operator::V128Load16x4S { memarg } => self.load_extend(memarg, I32x4ExtendLowI16x8S),
            Operator::V128Load16x4U { memarg } => self.load_extend(memarg, I32x4ExtendLowI16x8U),
            Operator::V128Load32x2S { memarg } => self.load_extend(memarg, I64x2ExtendLowI32x4S),
            Operator::V128Load32x2U { memarg } => self.load_extend(memarg, I64x2ExtendLowI32x4U),
            Operator::V128Load8Splat { memarg } => self.load_splat(Code::Load8, memarg, 8),
            Operator::V128Load16Splat { memarg } => self.load_splat(Code::Load16, memarg, 16),
            Operator::V128Load32Splat { memarg } => self.load_splat(Code::Load32, memarg, 32),
            Operator::V128Load64Splat { memarg } => self.load_splat(Code::Load64, memarg, 64),
            Operator::V128Load32Zero { memarg } => self.load_splat(Code::Load32, memarg, 128),
            Operator::V128Load64Zero { memarg } => self.load_splat(Code::Load64, memarg, 128),
            Operator::V128Load8Lane { memarg, lane } => {
                self.load_lane(Code::Load8, memarg, 8, lane)
            }
            Operator::V128Load16Lane { memarg, lane } => {
                self.load_lane(Code::Load16, memarg, 16, lane)
            }
            Operator::V128Load32Lane { memarg, lane } => {
                self.load_lane(Code::Load32, memarg, 32, lane)
            }
            Operator::V128Load64Lane { memarg, lane } => {
                self.load_lane(Code::Load64, memarg, 64, lane)
            }
            Operator::V128Store8Lane { memarg, lane } => {
                self.extract(8, lane)?;
                self.store(Code::Store8, memarg)
            }
            Operator::V128Store16Lane { memarg, lane } => {
                self.extract(16, lane)?;
                self.store(Code::Store16, memarg)
            }
            Operator::V128Store32Lane { memarg, lane } => {
                self.extract(32, lane)?;
                self.store(Code::Store32, memarg)
            }
            Operator::V128Store64Lane { memarg, lane } => {
                self.extract(64, lane)?;
                self.store(Code::Store64, memarg)
            }
            _ => Err(self.unsupported(operator)),
        }
    }

    fn vector_unary(&mut self, operation: VectorUnary) -> Result<(), Refused> {
        let b = self.pop_register();
        let a = self.push_vector()?;
        self.op(Code::VectorUnary, a, b, 0, operation as u32);
        Ok(())
    }

    /// Emits an operation from a vector and another operand to a vector.
    fn vector_and(&mut self, code: Code, imm: u32) -> Result<(), Refused> {
        let c = self.pop_register();
        let b = self.pop_register();
        let a = self.push_vector()?;
        self.op(code, a, b, c, imm);
        Ok(())
    }

    fn vector_ternary(&mut self, operation: VectorTernary) -> Result<(), Refused> {
        let third = u32::from(self.pop_register());
        self.vector_and(Code::VectorTernary, third << 16 | operation as u32)
    }

    /// Emits copies of a number's low `bits` bits; for 128, the number zero-extended.
    fn splat(&mut self, bits: u32) -> Result<(), Refused> {
        let b = self.pop_register();
        let a = self.push_vector()?;
        self.op(Code::Splat, a, b, 0, bits);
        Ok(())
    }

    /// Emits the extraction of a lane of `bits` bits, zero-extended.
    fn extract(&mut self, bits: u32, lane: u8) -> Result<(), Refused> {
        let b = self.pop_register();
        let a = self.push(false)?;
        self.op(Code::ExtractLane, a, b, u16::from(lane), bits);
        Ok(())
    }

    fn replace(&mut self, bits: u32, lane: u8) -> Result<(), Refused> {
        self.vector_and(Code::ReplaceLane, u32::from(lane) << 16 | bits)
    }

    fn load_splat(&mut self, code: Code, memarg: MemArg, bits: u32) -> Result<(), Refused> {
        self.load(code, memarg)?;
        self.splat(bits)
    }

    /// Loads half a vector and extends its lanes to a whole vector.
    fn load_extend(&mut self, memarg: MemArg, extend: VectorUnary) -> Result<(), Refused> {
        self.load(Code::Load64, memarg)?;
        // The register above the number is part of the frame. It is read as the
        // high half, but not used.
        self.vector_unary(extend)
    }

    fn load_lane(
        &mut self,
        code: Code,
        memarg: MemArg,
        bits: u32,
        lane: u8,
    ) -> Result<(), Refused> {
        // The vector stays in its registers, and the loaded number is above it.
        let vector = self.pop();
        self.load(code, memarg)?;
        let c = self.pop_register();
        let b = self.register(vector);
        let a = self.push_vector()?;
        let imm = u32::from(lane) << 16 | bits;
        self.op(Code::ReplaceLane, a, b, c, imm);
        Ok(())
    }
}
