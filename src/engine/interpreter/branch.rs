//! Conditions of branches.

use crate::engine::stack::Window;
use crate::module::{Code, Op};

/// Whether a branch is taken. `None` if the instruction is not a branch, or its
/// condition is not numeric.
///
/// Inlined into the loop in several places, one for each way to reach a branch,
/// so that the processor can predict each separately.
#[inline(always)]
pub(super) fn holds(op: &Op, regs: &Window) -> Option<bool> {
    let b = regs[usize::from(op.b)];
    let c = || regs[usize::from(op.c)];
    let (x, y, with) = (b as u32, || c() as u32, || op.compared());
    Some(match op.code {
        Code::Br => true,
        Code::BrIf => b != 0,
        Code::BrIfZero => b == 0,
        Code::BrI32Eq => x == y(),
        Code::BrI32Ne => x != y(),
        Code::BrI32LtS => (x as i32) < y() as i32,
        Code::BrI32LtU => x < y(),
        Code::BrI32GtS => x as i32 > y() as i32,
        Code::BrI32GtU => x > y(),
        Code::BrI32LeS => x as i32 <= y() as i32,
        Code::BrI32LeU => x <= y(),
        Code::BrI32GeS => x as i32 >= y() as i32,
        Code::BrI32GeU => x >= y(),
        Code::BrI32EqImm => x == with(),
        Code::BrI32NeImm => x != with(),
        Code::BrI32LtSImm => (x as i32) < with() as i32,
        Code::BrI32LtUImm => x < with(),
        Code::BrI32GtSImm => x as i32 > with() as i32,
        Code::BrI32GtUImm => x > with(),
        Code::BrI32LeSImm => x as i32 <= with() as i32,
        Code::BrI32LeUImm => x <= with(),
        Code::BrI32GeSImm => x as i32 >= with() as i32,
        Code::BrI32GeUImm => x >= with(),
        Code::BrI64Eq => b == c(),
        Code::BrI64Ne => b != c(),
        Code::BrI64LtS => (b as i64) < c() as i64,
        Code::BrI64LtU => b < c(),
        Code::BrI64GtS => b as i64 > c() as i64,
        Code::BrI64GtU => b > c(),
        Code::BrI64LeS => b as i64 <= c() as i64,
        Code::BrI64LeU => b <= c(),
        Code::BrI64GeS => b as i64 >= c() as i64,
        Code::BrI64GeU => b >= c(),
        _ => return None,
    })
}
