//! The engine's code: a flat array of twelve-byte register instructions.
//!
//! A frame consists of 64-bit registers: parameters, other locals, then one
//! *home* for every position of the operand stack. The compiler translates
//! stack code to register code by tracking where each operand is. A `local.get`
//! or a constant emits nothing until its value is needed in its home.
//!
//! Branch targets, calls and types are resolved at compile time. Stack maps,
//! handlers and source offsets do not fit an instruction: they are in side
//! tables of the [`Module`](super::Module), out of the interpreter's way.

/// One instruction. The code determines the meaning of the fields. By
/// convention `a` is the register written, `b` and `c` are registers read, and
/// `imm` is an immediate, an index, a [`TypeId`](crate::types::TypeId) or a
/// branch target.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Op {
    /// The operation.
    pub code: Code,
    /// Second register.
    pub b: u16,
    /// Third register.
    pub c: u16,
    /// First register, usually the destination. It comes here so that the parts
    /// of both kinds of constants are adjacent.
    pub a: u16,
    /// Immediate.
    pub imm: u32,
}

impl Op {
    /// An instruction with all its fields.
    pub fn new(code: Code, a: u16, b: u16, c: u16, imm: u32) -> Op {
        Op { code, a, b, c, imm }
    }

    /// Sets register `a` to a 64-bit constant.
    pub fn constant(a: u16, bits: u64) -> Op {
        Op::new(
            Code::Const,
            a,
            (bits >> 32) as u16,
            (bits >> 48) as u16,
            bits as u32,
        )
    }

    /// A branch to `target` that compares register `b` with a constant.
    pub fn compare(code: Code, b: u16, with: u32, target: u32) -> Op {
        Op::new(code, (with >> 16) as u16, b, with as u16, target)
    }

    /// The constant of a branch that compares with a constant.
    #[inline]
    pub fn compared(self) -> u32 {
        u32::from(self.a) << 16 | u32::from(self.c)
    }

    /// Whether it may put a reference to an object into a register. Registers
    /// behind the first one of a call are its arguments and then its results.
    pub fn sets_reference(self, register: u16) -> SetsReference {
        use Code::*;
        match self.code {
            Move if register == self.a => SetsReference::Moved(self.b),
            MoveMany => match register.checked_sub(self.a) {
                Some(index) if u32::from(index) < self.imm => SetsReference::Moved(self.b + index),
                _ => SetsReference::Not,
            },
            Call | CallImport | CallIndirect | CallRef if register >= self.a => SetsReference::Made,
            Select | GlobalGetRef | TableGet | StructNew | StructNewDefault | StructGetGc
            | ArrayNew | ArrayNewWide | ArrayNewDefault | ArrayNewFixed | ArrayNewData
            | ArrayNewElem | ArrayGetGc
                if register == self.a =>
            {
                SetsReference::Made
            }
            _ => SetsReference::Not,
        }
    }

    /// The constant of a [`Code::Const`].
    #[inline]
    pub fn bits(self) -> u64 {
        u64::from(self.imm) | u64::from(self.b) << 32 | u64::from(self.c) << 48
    }
}

/// How an instruction puts a reference to an object into a register.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum SetsReference {
    /// Not at all.
    Not,
    /// From another register.
    Moved(u16),
    /// It makes it, reads it or gets it from a call.
    Made,
}

macro_rules! codes {
    ($( $(#[$doc:meta])* $name:ident ),* $(,)?) => {
        /// The instruction set. Codes named like a WebAssembly instruction have
        /// its meaning: operands are `b` then `c`, in stack order, and the
        /// result goes to `a`.
        #[derive(Copy, Clone, PartialEq, Eq, Debug)]
        #[repr(u16)]
        #[allow(missing_docs, reason = "the names are those of the specification")]
        pub enum Code { $( $(#[$doc])* $name ),* }
    };
}

codes! {
    // --- Control. None of these has its destination in `a`.
    Unreachable,
    /// Loop header: charges `imm` fuel; a safepoint.
    Loop,
    /// Jumps to `imm`.
    Br,
    /// Jumps to `imm` if `b` is not zero (not null).
    BrIf,
    /// Jumps to `imm` if `b` is zero (null).
    BrIfZero,
    BrI32Eq, BrI32Ne, BrI32LtS, BrI32LtU, BrI32GtS, BrI32GtU, BrI32LeS, BrI32LeU, BrI32GeS, BrI32GeU,
    /// Compares `b` with the constant in `a` and `c`; see [`Op::compared`].
    BrI32EqImm, BrI32NeImm, BrI32LtSImm, BrI32LtUImm, BrI32GtSImm, BrI32GtUImm, BrI32LeSImm, BrI32LeUImm,
    BrI32GeSImm, BrI32GeUImm,
    BrI64Eq, BrI64Ne, BrI64LtS, BrI64LtU, BrI64GtS, BrI64GtU, BrI64LeS, BrI64LeU, BrI64GeS, BrI64GeU,
    /// Continues at one of the `imm + 1` following instructions, selected by
    /// `b`. The last is the default.
    BrTable,
    /// Executes the next instruction if `b` has type `imm` (see [`CastTarget`];
    /// null matches if `c` is 1), else skips it.
    BrOnCast, BrOnCastFail, BrOnCastFunc, BrOnCastFailFunc,
    Return,
    /// Returns register `b`.
    ReturnOne,
    /// Returns `imm` registers from `b` on.
    ReturnMany,
    /// Calls body `imm` of this module. Arguments and results are in registers
    /// from `a` on, and `a` becomes the callee's register 0.
    Call,
    /// Calls imported function `imm`.
    CallImport,
    /// Calls element `b` of table `c`, which must have type `imm`.
    CallIndirect,
    /// Calls function reference `b`.
    CallRef,
    ReturnCall, ReturnCallImport, ReturnCallIndirect, ReturnCallRef,
    /// Throws tag `imm`, payload from `b` on.
    Throw,
    /// Throws exception `b`.
    ThrowRef,
    /// Copies `imm` registers from `b` on to `a` on.
    MoveMany,
    /// An additional operand of the previous instruction. Does nothing.
    Extra,
    /// Computes an address for an access to a 64-bit memory. Sets `a` to the
    /// address `b` plus the offset in `imm` and `c`, or traps if the sum is
    /// beyond every memory.
    Address64,
    /// Traps if `b` is null.
    RefAsNonNull,
    /// Traps unless `b` has type `imm` (null matches if `c` is 1).
    RefCast, RefCastFunc,
    GlobalSet,
    /// Sets a reference global; `c` is 1 if the reference may point into the heap.
    GlobalSetRef,
    GlobalSetWide,
    /// Stores `c` at address `b` + `imm` of memory `a`.
    Store8, Store16, Store32, Store64, Store128,
    /// Stores the sign-extended 16 bits of `c` at address `b` + `imm` of memory `a`.
    Store8Imm, Store16Imm, Store32Imm, Store64Imm,
    /// Operands from `b` on; memory `imm`.
    MemoryFill,
    /// Operands from `b` on; to memory `a`, from memory `imm`.
    MemoryCopy,
    /// Operands from `b` on; to memory `a`, from data segment `imm`.
    MemoryInit,
    DataDrop,
    /// Sets element `b` of table `imm` to `c`.
    TableSet,
    /// Operands from `b` on; table `imm`.
    TableFill,
    /// Operands from `b` on; to table `a`, from table `imm`.
    TableCopy,
    /// Operands from `b` on; to table `a`, from element segment `imm`.
    TableInit,
    ElemDrop,
    /// Sets field `c`, at payload offset `imm`, of structure `b` to `a`.
    StructSet8, StructSet16, StructSet32, StructSet64, StructSetWide, StructSetGc, StructSetFunc,
    /// Sets element `c` of array `b` to `a`.
    ArraySet8, ArraySet16, ArraySet32, ArraySet64, ArraySetWide, ArraySetGc, ArraySetFunc,
    /// Operands from `b` on; array type `imm`.
    ArrayFill, ArrayCopy,
    /// Operands from `b` on; array type `imm`; the segment in an [`Code::Extra`].
    ArrayInitData, ArrayInitElem,

    // --- All following instructions write register `a` and no other. Vectors
    // --- take two registers; operands are read before anything is written.
    /// The constant in `imm`, `b` and `c`; see [`Op::bits`].
    Const,
    Move,
    /// `b` if register `imm` is not zero, else `c`.
    Select, SelectWide,
    GlobalGet, GlobalGetWide,
    /// A reference global. Passes the read barrier if `c` is 1, which means
    /// that it may hold an object.
    GlobalGetRef,
    /// Loads from address `b` + `imm` of memory `c`, zero-extended unless the
    /// name says otherwise.
    Load8, Load16, Load32, Load64, Load128, Load8S32, Load16S32, Load8S64, Load16S64, Load32S64,
    MemorySize, MemoryGrow,
    TableGet, TableSize,
    /// Grows table `imm` by `c` elements of value `b`.
    TableGrow,
    RefFunc, RefIsNull,
    /// Whether `b` has type `imm` (null matches if `c` is 1).
    RefTest, RefTestFunc,
    RefI31, I31GetS, I31GetU,
    /// A structure of type `imm`. Its fields are in `c` registers from `b` on.
    StructNew, StructNewDefault,
    /// Field `c`, at payload offset `imm`, of structure `b`.
    StructGet8S, StructGet8U, StructGet16S, StructGet16U, StructGet32, StructGet64, StructGetWide, StructGetGc,
    StructGetFunc,
    /// An array of `c` copies of `b`; type `imm`.
    ArrayNew, ArrayNewWide,
    /// An array of length `b`; type `imm`.
    ArrayNewDefault,
    /// An array of type `imm`. Its elements are in `c` registers from `b` on.
    ArrayNewFixed,
    /// An array from a segment: offset `b`, length `c`, type `imm`. The segment
    /// is in an [`Code::Extra`].
    ArrayNewData, ArrayNewElem,
    /// Element `c` of array `b`.
    ArrayGet8S, ArrayGet8U, ArrayGet16S, ArrayGet16U, ArrayGet32, ArrayGet64, ArrayGetWide, ArrayGetGc, ArrayGetFunc,
    ArrayLen,

    /// The operation `imm`, a [`VectorUnary`](super::VectorUnary).
    VectorUnary,
    /// The operation `imm`, a [`VectorBinary`](super::VectorBinary).
    VectorBinary,
    /// The operation in the low half of `imm`, a
    /// [`VectorTernary`](super::VectorTernary). The high half is the register
    /// of the third operand.
    VectorTernary,
    /// The operation `imm`, a [`VectorShift`](super::VectorShift); `c` is a number.
    VectorShift,
    /// The operation `imm`, a [`VectorTest`](super::VectorTest). The result is
    /// a number.
    VectorTest,
    /// Copies of the low `imm` bits of number `b`. If `imm` is 128, `b` zero-extended.
    Splat,
    /// Lane `c`, of `imm` bits, of vector `b`, zero-extended.
    ExtractLane,
    /// Vector `b` with a lane replaced by number `c`. The low half of `imm` is
    /// the width of a lane in bits, the high half is its index.
    ReplaceLane,

    I32Eq, I32Ne, I32LtS, I32LtU, I32GtS, I32GtU, I32LeS, I32LeU, I32GeS, I32GeU,
    I32EqImm, I32NeImm, I32LtSImm, I32LtUImm, I32GtSImm, I32GtUImm, I32LeSImm, I32LeUImm, I32GeSImm, I32GeUImm,
    I64Eqz,
    I64Eq, I64Ne, I64LtS, I64LtU, I64GtS, I64GtU, I64LeS, I64LeU, I64GeS, I64GeU,
    F32Eq, F32Ne, F32Lt, F32Gt, F32Le, F32Ge, F64Eq, F64Ne, F64Lt, F64Gt, F64Le, F64Ge,

    I32Clz, I32Ctz, I32Popcnt, I32Extend8S, I32Extend16S,
    I64Clz, I64Ctz, I64Popcnt, I64Extend8S, I64Extend16S, I64Extend32S,
    I32Add, I32Sub, I32Mul, I32DivS, I32DivU, I32RemS, I32RemU,
    I32And, I32Or, I32Xor, I32Shl, I32ShrS, I32ShrU, I32Rotl, I32Rotr,
    I64Add, I64Sub, I64Mul, I64DivS, I64DivU, I64RemS, I64RemU,
    I64And, I64Or, I64Xor, I64Shl, I64ShrS, I64ShrU, I64Rotl, I64Rotr,
    /// With `imm` as second operand, sign-extended to the type's width.
    I32AddImm, I32MulImm, I32AndImm, I32OrImm, I32XorImm, I32ShlImm, I32ShrSImm, I32ShrUImm,
    I64AddImm, I64MulImm, I64AndImm, I64OrImm, I64XorImm, I64ShlImm, I64ShrSImm, I64ShrUImm,
    /// `I32AddImm` fused with the branch behind it: `BrIf`, `BrI32NeImm`,
    /// `BrI32LtSImm` or `BrI32LtUImm` on the sum. Most loops close with this
    /// pair. No branch targets the second instruction.
    I32CountIf, I32CountNe, I32CountLtS, I32CountLtU,

    F32Abs, F32Neg, F32Ceil, F32Floor, F32Trunc, F32Nearest, F32Sqrt,
    F32Add, F32Sub, F32Mul, F32Div, F32Min, F32Max, F32Copysign,
    F64Abs, F64Neg, F64Ceil, F64Floor, F64Trunc, F64Nearest, F64Sqrt,
    F64Add, F64Sub, F64Mul, F64Div, F64Min, F64Max, F64Copysign,

    I32WrapI64, I64ExtendI32S,
    I32TruncF32S, I32TruncF32U, I32TruncF64S, I32TruncF64U, I64TruncF32S, I64TruncF32U, I64TruncF64S, I64TruncF64U,
    I32TruncSatF32S, I32TruncSatF32U, I32TruncSatF64S, I32TruncSatF64U,
    I64TruncSatF32S, I64TruncSatF32U, I64TruncSatF64S, I64TruncSatF64U,
    F32ConvertI32S, F32ConvertI32U, F32ConvertI64S, F32ConvertI64U, F32DemoteF64,
    F64ConvertI32S, F64ConvertI32U, F64ConvertI64S, F64ConvertI64U, F64PromoteF32,
}

impl Code {
    /// Whether register `a` is only written, so that the destination can be changed.
    pub fn has_destination(self) -> bool {
        self as u16 >= Code::Const as u16
    }

    /// Whether this is a branch, a loop header or a call, none of which touches the heap.
    pub fn is_control(self) -> bool {
        let is_cast = matches!(self, Code::BrOnCast | Code::BrOnCastFail);
        (self as u16) < Code::Throw as u16 && !is_cast
    }

    /// Whether this instruction reads the heap and its result, in one register, is no reference.
    pub fn reads_number(self) -> bool {
        use Code::*;
        matches!(
            self,
            RefTest
                | ArrayLen
                | StructGet8S
                | StructGet8U
                | StructGet16S
                | StructGet16U
                | StructGet32
                | StructGet64
                | StructGetFunc
                | ArrayGet8S
                | ArrayGet8U
                | ArrayGet16S
                | ArrayGet16U
                | ArrayGet32
                | ArrayGet64
                | ArrayGetFunc
        )
    }

    /// The fused form of an `I32AddImm` in front of this branch on its sum.
    pub fn count_form(self) -> Option<Code> {
        use Code::*;
        Some(match self {
            BrIf => I32CountIf,
            BrI32NeImm => I32CountNe,
            BrI32LtSImm => I32CountLtS,
            BrI32LtUImm => I32CountLtU,
            _ => return None,
        })
    }

    /// The branches that fuse with this comparison: on true and on false. The
    /// flag is set if the second operand is in `imm`.
    pub fn branch_forms(self) -> Option<(Code, Code, bool)> {
        use Code::*;
        Some(match self {
            RefIsNull => (BrIfZero, BrIf, false),
            I32Eq => (BrI32Eq, BrI32Ne, false),
            I32Ne => (BrI32Ne, BrI32Eq, false),
            I32LtS => (BrI32LtS, BrI32GeS, false),
            I32LtU => (BrI32LtU, BrI32GeU, false),
            I32GtS => (BrI32GtS, BrI32LeS, false),
            I32GtU => (BrI32GtU, BrI32LeU, false),
            I32LeS => (BrI32LeS, BrI32GtS, false),
            I32LeU => (BrI32LeU, BrI32GtU, false),
            I32GeS => (BrI32GeS, BrI32LtS, false),
            I32GeU => (BrI32GeU, BrI32LtU, false),
            I32EqImm => (BrI32EqImm, BrI32NeImm, true),
            I32NeImm => (BrI32NeImm, BrI32EqImm, true),
            I32LtSImm => (BrI32LtSImm, BrI32GeSImm, true),
            I32LtUImm => (BrI32LtUImm, BrI32GeUImm, true),
            I32GtSImm => (BrI32GtSImm, BrI32LeSImm, true),
            I32GtUImm => (BrI32GtUImm, BrI32LeUImm, true),
            I32LeSImm => (BrI32LeSImm, BrI32GtSImm, true),
            I32LeUImm => (BrI32LeUImm, BrI32GtUImm, true),
            I32GeSImm => (BrI32GeSImm, BrI32LtSImm, true),
            I32GeUImm => (BrI32GeUImm, BrI32LtUImm, true),
            I64Eqz => (BrIfZero, BrIf, false),
            I64Eq => (BrI64Eq, BrI64Ne, false),
            I64Ne => (BrI64Ne, BrI64Eq, false),
            I64LtS => (BrI64LtS, BrI64GeS, false),
            I64LtU => (BrI64LtU, BrI64GeU, false),
            I64GtS => (BrI64GtS, BrI64LeS, false),
            I64GtU => (BrI64GtU, BrI64LeU, false),
            I64LeS => (BrI64LeS, BrI64GtS, false),
            I64LeU => (BrI64LeU, BrI64GtU, false),
            I64GeS => (BrI64GeS, BrI64LtS, false),
            I64GeU => (BrI64GeU, BrI64LtU, false),
            _ => return None,
        })
    }

    /// The form of this binary instruction with its second operand in `imm`.
    pub fn immediate_form(self) -> Option<Code> {
        use Code::*;
        Some(match self {
            I32Eq => I32EqImm,
            I32Ne => I32NeImm,
            I32LtS => I32LtSImm,
            I32LtU => I32LtUImm,
            I32GtS => I32GtSImm,
            I32GtU => I32GtUImm,
            I32LeS => I32LeSImm,
            I32LeU => I32LeUImm,
            I32GeS => I32GeSImm,
            I32GeU => I32GeUImm,
            I32Add => I32AddImm,
            I32Mul => I32MulImm,
            I32And => I32AndImm,
            I32Or => I32OrImm,
            I32Xor => I32XorImm,
            I32Shl => I32ShlImm,
            I32ShrS => I32ShrSImm,
            I32ShrU => I32ShrUImm,
            I64Add => I64AddImm,
            I64Mul => I64MulImm,
            I64And => I64AndImm,
            I64Or => I64OrImm,
            I64Xor => I64XorImm,
            I64Shl => I64ShlImm,
            I64ShrS => I64ShrSImm,
            I64ShrU => I64ShrUImm,
            _ => return None,
        })
    }

    /// The form of this store with a small constant as its value.
    pub fn store_immediate(self) -> Option<Code> {
        Some(match self {
            Code::Store8 => Code::Store8Imm,
            Code::Store16 => Code::Store16Imm,
            Code::Store32 => Code::Store32Imm,
            Code::Store64 => Code::Store64Imm,
            _ => return None,
        })
    }

    /// Whether the operands may be swapped.
    pub fn is_commutative(self) -> bool {
        use Code::*;
        matches!(
            self,
            I32Eq
                | I32Ne
                | I32Add
                | I32Mul
                | I32And
                | I32Or
                | I32Xor
                | I64Add
                | I64Mul
                | I64And
                | I64Or
                | I64Xor
        )
    }
}

/// The target type of a cast or test, packed into an immediate.
///
/// The operand's hierarchy is known from validation. Functions have separate
/// instructions, and in the external and exception hierarchies the result
/// depends only on whether the value is null.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct CastTarget(pub u32);

impl CastTarget {
    /// Every non-null value: `any`, `extern`, `exn`, `func`.
    pub const TOP: CastTarget = CastTarget(u32::MAX);
    /// No non-null value: `none` and the other bottom types.
    pub const BOTTOM: CastTarget = CastTarget(u32::MAX - 1);
    /// `eq`: i31, structures and arrays.
    pub const EQ: CastTarget = CastTarget(u32::MAX - 2);
    /// `i31`.
    pub const I31: CastTarget = CastTarget(u32::MAX - 3);
    /// `struct`.
    pub const STRUCT: CastTarget = CastTarget(u32::MAX - 4);
    /// `array`.
    pub const ARRAY: CastTarget = CastTarget(u32::MAX - 5);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_takes_twelve_bytes_and_a_constant_fits() {
        assert_eq!(size_of::<Op>(), 12);
        for bits in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            assert_eq!(Op::constant(3, bits).bits(), bits);
            let with = bits as u32;
            assert_eq!(Op::compare(Code::BrI32EqImm, 3, with, 7).compared(), with);
        }
    }
}
