//! References, structures, arrays, casts.

use super::super::code::{CastTarget, Code};
use super::{Compiler, Refused};
use crate::types::{Field, HeapType, StorageKind, TypeId};
use wasmparser::Operator;

/// Extension of a packed field; other fields ignore it.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Sign {
    Signed,
    Unsigned,
}

impl Compiler<'_> {
    /// Compiles `operator` if it works on references. Returns whether it does.
    pub(super) fn references(&mut self, operator: &Operator<'_>) -> Result<bool, Refused> {
        let env = self.env;
        match *operator {
            Operator::RefNull { hty } => self.push_const(0, env.heap_type(hty).is_gc())?,
            Operator::RefIsNull => self.unary(Code::RefIsNull)?,
            Operator::RefFunc { function_index } => {
                let a = self.push(false)?;
                self.op(Code::RefFunc, a, 0, 0, function_index);
            }
            // References are compared as 64-bit registers with a zero upper half.
            Operator::RefEq => self.binary(Code::I64Eq)?,
            Operator::RefAsNonNull => self.check(Code::RefAsNonNull, false, 0)?,
            Operator::BrOnNull { relative_depth } => self.br_on_null(relative_depth)?,
            Operator::BrOnNonNull { relative_depth } => self.br_on_non_null(relative_depth),
            // Both hierarchies share one representation.
            Operator::AnyConvertExtern | Operator::ExternConvertAny => {}
            Operator::RefI31 => {
                let b = self.pop_register();
                let a = self.push(true)?;
                self.op(Code::RefI31, a, b, 0, 0);
            }
            Operator::I31GetS => self.unary(Code::I31GetS)?,
            Operator::I31GetU => self.unary(Code::I31GetU)?,
            Operator::RefTestNonNull { hty } => self.test(hty, false)?,
            Operator::RefTestNullable { hty } => self.test(hty, true)?,
            Operator::RefCastNonNull { hty } => self.cast(hty, false)?,
            Operator::RefCastNullable { hty } => self.cast(hty, true)?,
            Operator::BrOnCast {
                relative_depth,
                to_ref_type,
                ..
            } => {
                let (func, ty) = self.cast_target(to_ref_type.heap_type());
                let code = if func {
                    Code::BrOnCastFunc
                } else {
                    Code::BrOnCast
                };
                self.br_on_cast(code, to_ref_type.is_nullable(), ty, relative_depth);
            }
            Operator::BrOnCastFail {
                relative_depth,
                to_ref_type,
                ..
            } => {
                let (func, ty) = self.cast_target(to_ref_type.heap_type());
                let code = if func {
                    Code::BrOnCastFailFunc
                } else {
                    Code::BrOnCastFail
                };
                self.br_on_cast(code, to_ref_type.is_nullable(), ty, relative_depth);
            }
            Operator::StructNew { struct_type_index } => {
                let ty = env.type_id(struct_type_index);
                let n = env.types.fields(ty).len();
                self.allocate_from(Code::StructNew, ty, n)?;
            }
            Operator::StructNewDefault { struct_type_index } => {
                let ty = env.type_id(struct_type_index);
                self.map();
                let a = self.push(true)?;
                self.op(Code::StructNewDefault, a, 0, 0, ty.0);
            }
            Operator::StructGet {
                struct_type_index,
                field_index,
            }
            | Operator::StructGetU {
                struct_type_index,
                field_index,
            } => self.struct_get(struct_type_index, field_index, Sign::Unsigned)?,
            Operator::StructGetS {
                struct_type_index,
                field_index,
            } => self.struct_get(struct_type_index, field_index, Sign::Signed)?,
            Operator::StructSet {
                struct_type_index,
                field_index,
            } => self.struct_set(struct_type_index, field_index)?,
            Operator::ArrayNew { array_type_index } => {
                let ty = env.type_id(array_type_index);
                let b = self.settle(2);
                let c = self.top_home();
                self.map();
                self.truncate(self.height() - 2);
                let a = self.push(true)?;
                let code = match env.types.element(ty).storage.storage_kind() {
                    StorageKind::B128 => Code::ArrayNewWide,
                    _ => Code::ArrayNew,
                };
                self.op(code, a, b, c, ty.0);
            }
            Operator::ArrayNewDefault { array_type_index } => {
                let ty = env.type_id(array_type_index);
                let b = self.pop_register();
                self.map();
                let a = self.push(true)?;
                self.op(Code::ArrayNewDefault, a, b, 0, ty.0);
            }
            Operator::ArrayNewFixed {
                array_type_index,
                array_size,
            } => {
                let ty = env.type_id(array_type_index);
                self.allocate_from(Code::ArrayNewFixed, ty, array_size as usize)?;
            }
            Operator::ArrayNewData {
                array_type_index,
                array_data_index,
            } => self.array_new_segment(Code::ArrayNewData, array_type_index, array_data_index)?,
            Operator::ArrayNewElem {
                array_type_index,
                array_elem_index,
            } => self.array_new_segment(Code::ArrayNewElem, array_type_index, array_elem_index)?,
            Operator::ArrayGet { array_type_index } | Operator::ArrayGetU { array_type_index } => {
                self.array_get(array_type_index, Sign::Unsigned)?;
            }
            Operator::ArrayGetS { array_type_index } => {
                self.array_get(array_type_index, Sign::Signed)?;
            }
            Operator::ArraySet { array_type_index } => self.array_set(array_type_index)?,
            Operator::ArrayLen => self.unary(Code::ArrayLen)?,
            Operator::ArrayFill { array_type_index } => {
                self.array_bulk(Code::ArrayFill, 4, array_type_index, None);
            }
            Operator::ArrayCopy {
                array_type_index_dst,
                ..
            } => self.array_bulk(Code::ArrayCopy, 5, array_type_index_dst, None),
            Operator::ArrayInitData {
                array_type_index,
                array_data_index,
            } => self.array_bulk(
                Code::ArrayInitData,
                4,
                array_type_index,
                Some(array_data_index),
            ),
            Operator::ArrayInitElem {
                array_type_index,
                array_elem_index,
            } => self.array_bulk(
                Code::ArrayInitElem,
                4,
                array_type_index,
                Some(array_elem_index),
            ),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Emits an instruction that either traps or leaves its operand unchanged.
    fn check(&mut self, code: Code, nullable: bool, imm: u32) -> Result<(), Refused> {
        let entry = self.pop();
        let b = self.register(entry);
        self.push_again(entry)?;
        if code == Code::RefCast {
            self.map();
        }
        self.op(code, 0, b, u16::from(nullable), imm);
        Ok(())
    }

    /// The target of a cast, and whether it is a function type.
    fn cast_target(&self, ty: wasmparser::HeapType) -> (bool, u32) {
        let ty = self.env.heap_type(ty);
        let target = match ty {
            HeapType::Any | HeapType::Func | HeapType::Extern | HeapType::Exn => CastTarget::TOP,
            HeapType::None | HeapType::NoFunc | HeapType::NoExtern | HeapType::NoExn => {
                CastTarget::BOTTOM
            }
            HeapType::Eq => CastTarget::EQ,
            HeapType::I31 => CastTarget::I31,
            HeapType::Struct => CastTarget::STRUCT,
            HeapType::Array => CastTarget::ARRAY,
            HeapType::ConcreteStruct(id)
            | HeapType::ConcreteArray(id)
            | HeapType::ConcreteFunc(id) => CastTarget(id.0),
        };
        (ty.top() == HeapType::Func, target.0)
    }

    fn cast(&mut self, ty: wasmparser::HeapType, nullable: bool) -> Result<(), Refused> {
        let (func, target) = self.cast_target(ty);
        let code = if func {
            Code::RefCastFunc
        } else {
            Code::RefCast
        };
        self.check(code, nullable, target)
    }

    fn test(&mut self, ty: wasmparser::HeapType, nullable: bool) -> Result<(), Refused> {
        let (func, target) = self.cast_target(ty);
        let code = if func {
            Code::RefTestFunc
        } else {
            Code::RefTest
        };
        let entry = self.pop();
        let b = self.register(entry);
        self.push_again(entry)?;
        self.map();
        self.pop();
        let a = self.push(false)?;
        self.op(code, a, b, u16::from(nullable), target);
        Ok(())
    }

    /// Emits an allocation from `n` consecutive operands; `c` is the number of
    /// their registers.
    fn allocate_from(&mut self, code: Code, ty: TypeId, n: usize) -> Result<(), Refused> {
        let b = self.settle(n);
        let registers = self.registers_from(b);
        self.map();
        self.truncate(self.height() - n);
        let a = self.push(true)?;
        self.op(code, a, b, registers, ty.0);
        Ok(())
    }

    fn array_new_segment(&mut self, code: Code, ty: u32, segment: u32) -> Result<(), Refused> {
        let ty = self.env.type_id(ty);
        let c = self.pop_register();
        let b = self.pop_register();
        self.map();
        let a = self.push(true)?;
        self.op(code, a, b, c, ty.0);
        self.op(Code::Extra, 0, 0, 0, segment);
        Ok(())
    }

    fn field(&self, ty: u32, index: u32) -> Field {
        let id = self.env.type_id(ty);
        self.env.types.entry(id).layout.fields[index as usize]
    }

    fn struct_get(&mut self, ty: u32, index: u32, sign: Sign) -> Result<(), Refused> {
        let field = self.field(ty, index);
        let code = match (field.kind, sign) {
            (StorageKind::B8, Sign::Signed) => Code::StructGet8S,
            (StorageKind::B8, Sign::Unsigned) => Code::StructGet8U,
            (StorageKind::B16, Sign::Signed) => Code::StructGet16S,
            (StorageKind::B16, Sign::Unsigned) => Code::StructGet16U,
            (StorageKind::B32, _) => Code::StructGet32,
            (StorageKind::B64, _) => Code::StructGet64,
            (StorageKind::Gc, _) => Code::StructGetGc,
            (StorageKind::Func, _) => Code::StructGetFunc,
            (StorageKind::B128, _) => Code::StructGetWide,
        };
        let entry = self.pop();
        let b = self.register(entry);
        if field.kind == StorageKind::Gc {
            self.push_again(entry)?;
            self.map();
            self.pop();
        }
        let a = self.push_kind(field.kind)?;
        self.op(code, a, b, field.index as u16, field.offset);
        Ok(())
    }

    fn struct_set(&mut self, ty: u32, index: u32) -> Result<(), Refused> {
        let field = self.field(ty, index);
        let code = match field.kind {
            StorageKind::B8 => Code::StructSet8,
            StorageKind::B16 => Code::StructSet16,
            StorageKind::B32 => Code::StructSet32,
            StorageKind::B64 => Code::StructSet64,
            StorageKind::Gc => Code::StructSetGc,
            StorageKind::Func => Code::StructSetFunc,
            StorageKind::B128 => Code::StructSetWide,
        };
        let value = self.pop();
        let object = self.pop();
        let a = self.register(value);
        let b = self.register(object);
        self.push_again(object)?;
        self.push_again(value)?;
        self.map();
        self.truncate(self.height() - 2);
        self.op(code, a, b, field.index as u16, field.offset);
        Ok(())
    }

    fn array_get(&mut self, ty: u32, sign: Sign) -> Result<(), Refused> {
        let kind = self.element(ty);
        let code = match (kind, sign) {
            (StorageKind::B8, Sign::Signed) => Code::ArrayGet8S,
            (StorageKind::B8, Sign::Unsigned) => Code::ArrayGet8U,
            (StorageKind::B16, Sign::Signed) => Code::ArrayGet16S,
            (StorageKind::B16, Sign::Unsigned) => Code::ArrayGet16U,
            (StorageKind::B32, _) => Code::ArrayGet32,
            (StorageKind::B64, _) => Code::ArrayGet64,
            (StorageKind::Gc, _) => Code::ArrayGetGc,
            (StorageKind::Func, _) => Code::ArrayGetFunc,
            (StorageKind::B128, _) => Code::ArrayGetWide,
        };
        let index = self.pop();
        let array = self.pop();
        let c = self.register(index);
        let b = self.register(array);
        if kind == StorageKind::Gc {
            self.push_again(array)?;
            self.map();
            self.pop();
        }
        let a = self.push_kind(kind)?;
        self.op(code, a, b, c, 0);
        Ok(())
    }

    fn array_set(&mut self, ty: u32) -> Result<(), Refused> {
        let code = match self.element(ty) {
            StorageKind::B8 => Code::ArraySet8,
            StorageKind::B16 => Code::ArraySet16,
            StorageKind::B32 => Code::ArraySet32,
            StorageKind::B64 => Code::ArraySet64,
            StorageKind::Gc => Code::ArraySetGc,
            StorageKind::Func => Code::ArraySetFunc,
            StorageKind::B128 => Code::ArraySetWide,
        };
        let value = self.pop();
        let index = self.pop();
        let array = self.pop();
        let a = self.register(value);
        let c = self.register(index);
        let b = self.register(array);
        self.push_again(array)?;
        self.push_again(index)?;
        self.push_again(value)?;
        self.map();
        self.truncate(self.height() - 3);
        self.op(code, a, b, c, 0);
        Ok(())
    }

    /// Emits a bulk operation on an array with `n` consecutive operands.
    fn array_bulk(&mut self, code: Code, n: usize, ty: u32, segment: Option<u32>) {
        let ty = self.env.type_id(ty);
        let b = self.settle(n);
        self.map();
        self.truncate(self.height() - n);
        self.op(code, 0, b, 0, ty.0);
        if let Some(segment) = segment {
            self.op(Code::Extra, 0, 0, 0, segment);
        }
    }

    fn element(&self, ty: u32) -> StorageKind {
        self.env
            .types
            .element(self.env.type_id(ty))
            .storage
            .storage_kind()
    }
}
