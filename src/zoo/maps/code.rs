//! Reading compiled code, as needed for faulty maps.

use crate::module::{Body, Code, Module, Op};
use std::ops::Range;

/// The instructions of a body: from its first to the one before the next body.
pub fn of_body(module: &Module, body: &Body) -> Range<u32> {
    let after = module.body_at(body.entry).map_or(0, |index| index + 1);
    let end = module.bodies.get(after).map(|next| next.entry);
    body.entry..end.unwrap_or(module.ops.len() as u32)
}

/// Whether an instruction jumps to its immediate.
pub fn is_branch(op: Op) -> bool {
    let code = op.code as u16;
    code == Code::Br as u16 || (Code::BrIf as u16..=Code::BrI64GeU as u16).contains(&code)
}

/// Whether an instruction never continues with the next one.
pub fn ends_a_stretch(op: Op) -> bool {
    matches!(
        op.code,
        Code::Br
            | Code::BrTable
            | Code::Return
            | Code::ReturnOne
            | Code::ReturnMany
            | Code::ReturnCall
            | Code::ReturnCallImport
            | Code::ReturnCallIndirect
            | Code::ReturnCallRef
            | Code::Throw
            | Code::ThrowRef
            | Code::Unreachable
    )
}

/// Whether an instruction overwrites a register.
pub fn writes(op: Op, register: u16) -> bool {
    match op.code {
        // Results and the callee's frame overwrite the registers from the
        // arguments on.
        Code::Call | Code::CallImport | Code::CallIndirect | Code::CallRef => op.a <= register,
        Code::MoveMany => (u32::from(op.a)..u32::from(op.a) + op.imm).contains(&register.into()),
        code => code.has_destination() && op.a == register,
    }
}

/// The loops of a body: from the header to the last branch back to it.
pub fn loops(module: &Module, body: &Body) -> Vec<Range<u32>> {
    let range = of_body(module, body);
    let headers = range
        .clone()
        .filter(|pc| module.ops[*pc as usize].code == Code::Loop);
    let back = |header: u32| {
        let mut branches = range.clone().rev();
        branches.find(|pc| {
            let op = module.ops[*pc as usize];
            is_branch(op) && op.imm == header && *pc > header
        })
    };
    let ends = headers.filter_map(|header| Some(header..back(header)? + 1));
    ends.collect()
}
