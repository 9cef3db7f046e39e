//! All operators except numeric and vector operators and those on the
//! garbage-collected heap.

use super::super::code::Code;
use super::stack::Entry;
use super::{Compiler, Refused};
use crate::types::ValType;
use wasmparser::{MemArg, MemArgTarget, Operator};

impl Compiler<'_> {
    /// Compiles one operator in live code.
    pub(super) fn operator(&mut self, operator: &Operator<'_>) -> Result<(), Refused> {
        // The most frequent ones first.
        match *operator {
            Operator::LocalGet { local_index } => {
                return self.push_local(self.local(local_index));
            }
            Operator::LocalSet { local_index } => {
                self.pop_into_local(self.local(local_index).register);
                return Ok(());
            }
            Operator::LocalTee { local_index } => {
                let local = self.local(local_index);
                self.pop_into_local(local.register);
                return self.push_local(local);
            }
            _ => {}
        }
        if self.numeric(operator)? || self.references(operator)? {
            return Ok(());
        }
        let env = self.env;
        match *operator {
            Operator::Nop => {}
            Operator::Unreachable => {
                self.op(Code::Unreachable, 0, 0, 0, 0);
                self.die();
            }
            Operator::Block { blockty } => self.block(blockty),
            Operator::Loop { blockty } => self.loop_(blockty),
            Operator::If { blockty } => self.if_(blockty),
            Operator::Else => self.else_()?,
            Operator::End => self.end()?,
            Operator::TryTable { ref try_table } => self.try_table(try_table)?,
            Operator::Throw { tag_index } => self.throw(tag_index),
            Operator::ThrowRef => {
                let b = self.pop_register();
                self.map();
                self.op(Code::ThrowRef, 0, b, 0, 0);
                self.die();
            }
            Operator::Br { relative_depth } => {
                self.br(relative_depth);
                self.die();
            }
            Operator::BrIf { relative_depth } => self.br_if(relative_depth),
            Operator::BrTable { ref targets } => self.br_table(targets)?,
            Operator::Return => {
                self.return_();
                self.die();
            }
            Operator::Call { function_index } => {
                let (code, imm) = self.callee(function_index, Code::Call, Code::CallImport);
                self.call(code, env.funcs[function_index as usize], 0, 0, imm)?;
            }
            Operator::ReturnCall { function_index } => {
                let (code, imm) =
                    self.callee(function_index, Code::ReturnCall, Code::ReturnCallImport);
                self.tail_call(code, env.funcs[function_index as usize], 0, 0, imm);
            }
            Operator::CallIndirect {
                type_index,
                table_index,
            } => {
                let b = self.pop_register();
                let ty = env.type_id(type_index);
                self.call(Code::CallIndirect, ty, b, table_index as u16, ty.0)?;
            }
            Operator::ReturnCallIndirect {
                type_index,
                table_index,
            } => {
                let b = self.pop_register();
                let ty = env.type_id(type_index);
                self.tail_call(Code::ReturnCallIndirect, ty, b, table_index as u16, ty.0);
            }
            Operator::CallRef { type_index } => {
                let b = self.pop_register();
                let ty = env.type_id(type_index);
                self.call(Code::CallRef, ty, b, 0, ty.0)?;
            }
            Operator::ReturnCallRef { type_index } => {
                let b = self.pop_register();
                let ty = env.type_id(type_index);
                self.tail_call(Code::ReturnCallRef, ty, b, 0, ty.0);
            }
            Operator::Drop => {
                self.pop();
            }
            Operator::Select | Operator::TypedSelect { .. } => self.select()?,
            Operator::GlobalGet { global_index } => {
                let ty = env.globals[global_index as usize].value;
                let code = match ty {
                    ValType::Ref(_) => Code::GlobalGetRef,
                    ValType::V128 => Code::GlobalGetWide,
                    _ => Code::GlobalGet,
                };
                if ty.is_gc() {
                    self.map();
                }
                let a = self.push_value(ty)?;
                self.op(code, a, 0, u16::from(ty.is_gc()), global_index);
            }
            Operator::GlobalSet { global_index } => {
                let ty = env.globals[global_index as usize].value;
                let b = self.peek_register()?;
                if ty.is_gc() {
                    self.map();
                }
                self.pop();
                let code = match ty {
                    ValType::Ref(_) => Code::GlobalSetRef,
                    ValType::V128 => Code::GlobalSetWide,
                    _ => Code::GlobalSet,
                };
                self.op(code, 0, b, u16::from(ty.is_gc()), global_index);
            }
            _ => return self.storage(operator),
        }
        Ok(())
    }

    /// Brings the top operand into a register and keeps it on the stack, so
    /// that the stack map of the instruction still covers it.
    fn peek_register(&mut self) -> Result<u16, Refused> {
        let entry = self.pop();
        let register = self.register(entry);
        self.push_again(entry)?;
        Ok(register)
    }

    /// The instruction that calls a function, and its immediate: the index of
    /// the body or of the import.
    fn callee(&self, func: u32, own: Code, import: Code) -> (Code, u32) {
        match func.checked_sub(self.env.imported_funcs) {
            Some(index) => (own, self.env.first_body + index),
            None => (import, func),
        }
    }

    fn select(&mut self) -> Result<(), Refused> {
        let condition = self.pop_register();
        let right = self.pop();
        let left = self.pop();
        let b = self.register(left);
        let c = self.register(right);
        let (code, a) = match left.is_wide() {
            true => (Code::SelectWide, self.push_vector()?),
            false => (Code::Select, self.push(left.gc || right.gc)?),
        };
        self.op(code, a, b, c, u32::from(condition));
        Ok(())
    }

    /// The memory accessed by a load or store. Validation allows at most 100.
    pub(super) fn memory(&self, memarg: MemArg) -> Result<u16, Refused> {
        match memarg.target {
            MemArgTarget::Memory(index) => Ok(index as u16),
            _ => Err(self.refuse("loads and stores on arrays".into())),
        }
    }

    /// The register and the offset of a memory access, given the popped address
    /// and the instruction's offset. For a 64-bit memory, first computes their
    /// sum in the home of the address, which has no other user. So accesses do
    /// not depend on the width of addresses.
    pub(super) fn address(&mut self, address: Entry, memory: u16, offset: u64) -> (u16, u32) {
        let b = self.register(address);
        if !self.env.memories[usize::from(memory)].index64 {
            return (b, offset as u32);
        }
        // Any greater offset is equally out of bounds.
        let offset = offset.min(1 << 47);
        let home = address.home();
        let high = (offset >> 32) as u16;
        self.op(Code::Address64, home, b, high, offset as u32);
        (home, 0)
    }

    pub(super) fn load(&mut self, code: Code, memarg: MemArg) -> Result<(), Refused> {
        let memory = self.memory(memarg)?;
        let address = self.pop();
        let (b, offset) = self.address(address, memory, memarg.offset);
        let a = self.push(false)?;
        self.op(code, a, b, memory, offset);
        Ok(())
    }

    pub(super) fn store(&mut self, code: Code, memarg: MemArg) -> Result<(), Refused> {
        let memory = self.memory(memarg)?;
        let value = self.pop();
        let constant = Self::constant(value).and_then(|bits| match code {
            Code::Store8 | Code::Store16 => Some(bits as u16),
            Code::Store32 => i16::try_from(bits as i32).ok().map(|bits| bits as u16),
            _ => i16::try_from(bits as i64).ok().map(|bits| bits as u16),
        });
        let (code, c) = match (code.store_immediate(), constant) {
            (Some(code), Some(constant)) => (code, constant),
            _ => (code, self.register(value)),
        };
        let address = self.pop();
        let (b, offset) = self.address(address, memory, memarg.offset);
        self.op(code, memory, b, c, offset);
        Ok(())
    }

    /// Emits an instruction with three consecutive operands and no result.
    fn bulk(&mut self, code: Code, a: u32, imm: u32, touches_heap: bool) {
        let b = self.settle(3);
        if touches_heap {
            self.map();
        }
        self.truncate(self.height() - 3);
        self.op(code, a as u16, b, 0, imm);
    }

    /// Compiles operators on memories and tables.
    fn storage(&mut self, operator: &Operator<'_>) -> Result<(), Refused> {
        let env = self.env;
        match *operator {
            Operator::I32Load { memarg } | Operator::F32Load { memarg } => {
                self.load(Code::Load32, memarg)?;
            }
            Operator::I64Load { memarg } | Operator::F64Load { memarg } => {
                self.load(Code::Load64, memarg)?;
            }
            Operator::I32Load8S { memarg } => self.load(Code::Load8S32, memarg)?,
            Operator::I32Load8U { memarg } | Operator::I64Load8U { memarg } => {
                self.load(Code::Load8, memarg)?;
            }
            Operator::I32Load16S { memarg } => self.load(Code::Load16S32, memarg)?,
            Operator::I32Load16U { memarg } | Operator::I64Load16U { memarg } => {
                self.load(Code::Load16, memarg)?;
            }
            Operator::I64Load8S { memarg } => self.load(Code::Load8S64, memarg)?,
            Operator::I64Load16S { memarg } => self.load(Code::Load16S64, memarg)?,
            Operator::I64Load32S { memarg } => self.load(Code::Load32S64, memarg)?,
            Operator::I64Load32U { memarg } => self.load(Code::Load32, memarg)?,
            Operator::I32Store { memarg }
            | Operator::F32Store { memarg }
            | Operator::I64Store32 { memarg } => self.store(Code::Store32, memarg)?,
            Operator::I64Store { memarg } | Operator::F64Store { memarg } => {
                self.store(Code::Store64, memarg)?;
            }
            Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => {
                self.store(Code::Store8, memarg)?;
            }
            Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => {
                self.store(Code::Store16, memarg)?;
            }
            Operator::MemorySize { mem } => {
                let a = self.push(false)?;
                self.op(Code::MemorySize, a, 0, 0, mem);
            }
            Operator::MemoryGrow { mem } => {
                let b = self.pop_register();
                let a = self.push(false)?;
                self.op(Code::MemoryGrow, a, b, 0, mem);
            }
            Operator::MemoryFill { mem } => self.bulk(Code::MemoryFill, 0, mem, false),
            Operator::MemoryCopy { dst_mem, src_mem } => {
                self.bulk(Code::MemoryCopy, dst_mem, src_mem, false);
            }
            Operator::MemoryInit { data_index, mem } => {
                self.bulk(Code::MemoryInit, mem, data_index, false);
            }
            Operator::DataDrop { data_index } => {
                self.op(Code::DataDrop, 0, 0, 0, data_index);
            }
            Operator::TableGet { table } => {
                let gc = env.tables[table as usize].element.heap.is_gc();
                let b = self.pop_register();
                if gc {
                    self.map();
                }
                let a = self.push(gc)?;
                self.op(Code::TableGet, a, b, 0, table);
            }
            Operator::TableSet { table } => {
                let value = self.pop();
                let index = self.pop();
                let c = self.register(value);
                let b = self.register(index);
                self.push_again(index)?;
                self.push_again(value)?;
                self.map();
                self.pop();
                self.pop();
                self.op(Code::TableSet, 0, b, c, table);
            }
            Operator::TableSize { table } => {
                let a = self.push(false)?;
                self.op(Code::TableSize, a, 0, 0, table);
            }
            Operator::TableGrow { table } => {
                let b = self.settle(2);
                self.map();
                self.truncate(self.height() - 2);
                let a = self.push(false)?;
                self.op(Code::TableGrow, a, b, b + 1, table);
            }
            Operator::TableFill { table } => self.bulk(Code::TableFill, 0, table, true),
            Operator::TableCopy {
                dst_table,
                src_table,
            } => self.bulk(Code::TableCopy, dst_table, src_table, true),
            Operator::TableInit { elem_index, table } => {
                self.bulk(Code::TableInit, table, elem_index, true);
            }
            Operator::ElemDrop { elem_index } => {
                self.map();
                self.op(Code::ElemDrop, 0, 0, 0, elem_index);
            }
            _ => return self.vector(operator),
        }
        Ok(())
    }
}
