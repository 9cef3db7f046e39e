//! Guards: the module's own instructions, kept from trapping.
//!
//! Nearly every call of a function of wasm-smith ends in a trap, most of them at an `unreachable`
//! or in an endless loop, and the rest of the call is lost. In most modules a guard in front of
//! such an instruction replaces an operand that would trap: a null by a new object, an index by one
//! that is in bounds. Without a replacement, as for an `unreachable` or an endless loop, the
//! function returns: the caller does not notice, and the stack after a `return` is polymorphic,
//! too.
//!
//! Guards inspect the operator alone, never the types on the stack, so only operators with enough
//! type information can be guarded.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, RefType, ValType};
use wasmparser::{
    AbstractHeapType, FuncType, HeapType as ParsedHeap, Operator, RefType as ParsedRef,
    UnpackedIndex,
};

use super::emit::{Emitter, Role};
use super::inhabit::{self, Filler};
use super::layout::LEN;
use super::ref_types::nullable;
use super::survey::Survey;

/// Maximum number of iterations of all loops in one call, after which it returns.
const TURNS: i32 = 40;

/// The guards of one body.
pub(super) struct Guards<'a> {
    survey: &'a Survey,
    /// How to make the results of the function; `None` if that is not possible.
    results: Option<Vec<Filler>>,
    /// Whether guards are written at all.
    on: bool,
}

/// Whether an operator is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Kept, after the code that was written.
    Stays,
    /// Replaced by the code that was written.
    Goes,
}

impl<'a> Guards<'a> {
    /// The guards for a body of a function of type `ty`.
    pub(super) fn new(survey: &'a Survey, ty: &FuncType, on: bool) -> Guards<'a> {
        let results = ty.results().iter().map(|ty| Filler::of(survey, *ty));
        Guards {
            survey,
            results: if on { results.collect() } else { None },
            on,
        }
    }

    /// Whether guards are written at all.
    pub(super) fn are_on(&self) -> bool {
        self.on
    }

    /// Writes the code before `op`, or in its place. `dead` means that `op` is unreachable.
    pub(super) fn before(&self, e: &mut Emitter<'_>, op: &Operator<'_>, dead: bool) -> Fate {
        // A few operators are not guarded: traps must also be the same under all heaps.
        if !self.on || dead || e.choice.chance(1, 24) {
            return Fate::Stays;
        }
        match *op {
            Operator::Unreachable => {
                if let Some(results) = &self.results {
                    leave(e, results);
                    return Fate::Goes;
                }
            }
            Operator::StructGet {
                struct_type_index: ty,
                ..
            }
            | Operator::StructGetS {
                struct_type_index: ty,
                ..
            }
            | Operator::StructGetU {
                struct_type_index: ty,
                ..
            } => self.object(e, ty),
            Operator::StructSet {
                struct_type_index: ty,
                field_index,
            } => {
                if let Some(value) = self.field(ty, field_index) {
                    let value = e.temporary(Role::Value, value);
                    e.op().local_set(value);
                    self.object(e, ty);
                    e.op().local_get(value);
                }
            }
            Operator::ArrayGet {
                array_type_index: ty,
            }
            | Operator::ArrayGetS {
                array_type_index: ty,
            }
            | Operator::ArrayGetU {
                array_type_index: ty,
            } => self.element(e, ty),
            Operator::ArraySet {
                array_type_index: ty,
            } => {
                if let Some(value) = self.field(ty, 0) {
                    let value = e.temporary(Role::Value, value);
                    e.op().local_set(value);
                    self.element(e, ty);
                    e.op().local_get(value);
                }
            }
            Operator::ArrayLen => {
                let array = e.temporary(Role::Operand, ValType::Ref(RefType::ARRAYREF));
                e.unless_null(array, |e| e.new_refs(0));
            }
            Operator::I31GetS | Operator::I31GetU => {
                let value = e.temporary(Role::Operand, ValType::Ref(RefType::I31REF));
                e.unless_null(value, |e| e.i31());
            }
            Operator::RefCastNonNull { hty } => return self.cast(e, hty, false),
            Operator::RefCastNullable { hty } => return self.cast(e, hty, true),
            Operator::ThrowRef => {
                if let Some(results) = &self.results {
                    let exception = e.temporary(Role::Operand, ValType::EXNREF);
                    e.unless_null(exception, |e| {
                        leave(e, results);
                    });
                }
            }
            Operator::ArrayNew { .. } | Operator::ArrayNewDefault { .. } => {
                e.op().i32_const(63).i32_and();
            }
            Operator::ArrayNewData { .. } | Operator::ArrayNewElem { .. } => {
                // Segments are short: only an empty part is certainly in bounds.
                e.op().drop().drop().i32_const(0).i32_const(0);
            }
            Operator::TableInit { table, .. } if self.is_narrow(table) => {
                e.op().drop().drop().drop();
                e.op().i32_const(0).i32_const(0).i32_const(0);
            }
            Operator::TableCopy {
                dst_table,
                src_table,
            } if self.is_narrow(dst_table) && self.is_narrow(src_table) => {
                e.op().drop().drop().drop();
                e.op().i32_const(0).i32_const(0).i32_const(1);
            }
            Operator::TableGet { table } => self.index(e, table),
            Operator::TableSet { table } => {
                let known = self.survey.tables.get(table as usize);
                let ty = known.and_then(|t| RoundtripReencoder.ref_type(t.element_type).ok());
                if let Some(ty) = ty {
                    let value = e.temporary(Role::Value, ValType::Ref(ty));
                    e.op().local_set(value);
                    self.index(e, table);
                    e.op().local_get(value);
                }
            }
            Operator::I32DivS | Operator::I32DivU | Operator::I32RemS | Operator::I32RemU => {
                e.op().i32_const(1).i32_or();
            }
            Operator::I64DivS | Operator::I64DivU | Operator::I64RemS | Operator::I64RemU => {
                e.op().i64_const(1).i64_or();
            }
            _ => {}
        }
        Fate::Stays
    }

    /// Writes the code after `op`.
    pub(super) fn after(&self, e: &mut Emitter<'_>, op: &Operator<'_>, dead: bool) {
        if let (Operator::Loop { .. }, Some(results)) = (op, &self.results)
            && !dead
        {
            let turns = e.temporary(Role::Turns, ValType::I32);
            e.op()
                .local_get(turns)
                .i32_const(1)
                .i32_add()
                .local_tee(turns)
                .i32_const(TURNS)
                .i32_gt_u()
                .if_(BlockType::Empty);
            leave(e, results);
            e.op().end();
        }
    }

    /// The type that a value of a field, or of an element, has on the stack.
    fn field(&self, ty: u32, field: u32) -> Option<ValType> {
        use wasmparser::CompositeInnerType::{Array, Struct};
        let field = match &self.survey.types.get(ty as usize)?.composite_type.inner {
            Struct(ty) => *ty.fields.get(field as usize)?,
            Array(ty) => ty.0,
            _ => return None,
        };
        let unpacked = field.element_type.unpack();
        RoundtripReencoder.val_type(unpacked).ok()
    }

    /// Guards a reference on the stack to a struct of type `ty`.
    fn object(&self, e: &mut Emitter<'_>, ty: u32) {
        if self.is_inhabited(ty) {
            let object = e.temporary(Role::Operand, ValType::Ref(nullable(ty)));
            e.unless_null(object, |e| e.object(ty, 1));
        }
    }

    fn is_inhabited(&self, ty: u32) -> bool {
        matches!(self.survey.costs.get(ty as usize), Some(Some(_)))
    }

    /// Guards a reference to an array of type `ty` and an index on the stack.
    fn element(&self, e: &mut Emitter<'_>, ty: u32) {
        if !self.is_inhabited(ty) {
            return;
        }
        let index = e.temporary(Role::Index, ValType::I32);
        let array = e.temporary(Role::Operand, ValType::Ref(nullable(ty)));
        e.op()
            .local_set(index)
            .local_set(array)
            .block(BlockType::Empty)
            .block(BlockType::Empty)
            .local_get(array)
            .ref_is_null()
            .br_if(0)
            .local_get(index)
            .local_get(array)
            .array_len()
            .i32_lt_u()
            .br_if(1)
            .end();
        e.object(ty, 1);
        e.op()
            .local_set(array)
            .local_get(index)
            .i32_const(LEN as i32 - 1)
            .i32_and()
            .local_set(index)
            .end()
            .local_get(array)
            .local_get(index);
    }

    /// Whether a table has an element, and 32-bit indices.
    fn is_narrow(&self, table: u32) -> bool {
        let table = self.survey.tables.get(table as usize);
        table.is_some_and(|table| table.initial > 0 && !table.table64)
    }

    /// Guards an index into a table on the stack.
    fn index(&self, e: &mut Emitter<'_>, table: u32) {
        let Some(table) = self.survey.tables.get(table as usize) else {
            return;
        };
        match (i32::try_from(table.initial), table.table64) {
            (Ok(len @ 1..), false) => {
                e.op().i32_const(len).i32_rem_u();
            }
            (Ok(len @ 1..), true) => {
                e.op().i64_const(i64::from(len)).i64_rem_u();
            }
            _ => {}
        }
    }

    /// Guards a reference on the stack in the hierarchy of `to`: it is cast if that succeeds, and
    /// else replaced.
    fn cast(&self, e: &mut Emitter<'_>, to: ParsedHeap, null: bool) -> Fate {
        use AbstractHeapType::{Any, Array, Eq, I31, None as Bottom, Struct};
        let internal = match to {
            ParsedHeap::Abstract { shared, ty } => {
                !shared && matches!(ty, Any | Eq | I31 | Struct | Array | Bottom)
            }
            ParsedHeap::Concrete(UnpackedIndex::Module(ty)) => self.is_inhabited(ty),
            _ => false,
        };
        let target = ParsedRef::new(null, to);
        let sources = target.map(|target| inhabit::sources(self.survey, target));
        let (true, Some(sources), Ok(heap)) = (internal, sources, RoundtripReencoder.heap_type(to))
        else {
            return Fate::Stays;
        };
        if sources.is_empty() {
            return Fate::Stays;
        }
        let value = e.temporary(Role::Operand, ValType::Ref(RefType::ANYREF));
        let result = RefType {
            nullable: null,
            heap_type: heap,
        };
        e.op().local_tee(value);
        if null {
            e.op().ref_test_nullable(heap);
        } else {
            e.op().ref_test_non_null(heap);
        }
        e.op()
            .if_(BlockType::Result(ValType::Ref(result)))
            .local_get(value);
        if null {
            e.op().ref_cast_nullable(heap);
        } else {
            e.op().ref_cast_non_null(heap);
        }
        e.op().else_();
        e.one_of_sources(&sources, 1);
        e.op().end();
        Fate::Goes
    }
}

/// Returns with new values.
fn leave(e: &mut Emitter<'_>, results: &[Filler]) {
    for result in results {
        e.fill(result, 1);
    }
    e.op().return_();
}
