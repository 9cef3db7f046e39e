//! A function of the client, in front of one of the module.

use super::interface::Interface;
use super::{Items, Shifted, TABLE};
use crate::case::claims::{self, Claim};
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{BlockType, Catch, Function, HeapType, RefType, ValType};
use wasmparser::ValType as Parsed;

/// How a function calls the one behind it.
#[derive(Copy, Clone, PartialEq, Eq)]
enum Way {
    /// A call and nothing else.
    Call,
    /// A tail call.
    TailCall,
    /// With checks in front and behind.
    Checked,
    /// The same, in the scope of a handler that throws the exception again.
    Handled,
}

/// The choices of a function: bits of a number that is different for each.
struct Choices(u64);

impl Choices {
    fn new(number: u32, func: u32) -> Choices {
        let seed = u64::from(number) << 32 | u64::from(func);
        let mixed = (seed ^ seed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        Choices(mixed ^ mixed >> 32)
    }

    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        let n = n.max(1) as u64;
        let chosen = self.0 % n;
        self.0 = (self.0 / n) ^ self.0.rotate_left(23);
        chosen as usize
    }
}

/// The function in front of function `func`.
pub(super) fn function(
    of: &Interface<'_>,
    items: &Items,
    func: u32,
    number: u32,
) -> Result<Function, Error> {
    let mut shifted = Shifted { by: items.shift };
    let none = (&[][..], &[][..]);
    let ty = of.func(items.funcs[func as usize]);
    let (params, results) = ty.map_or(none, |ty| (ty.params(), ty.results()));
    let mut choices = Choices::new(number, func);
    let way = [Way::Call, Way::TailCall, Way::Checked, Way::Handled][choices.below(4)];

    // Locals behind the parameters: one of each result, nullable, `anyref`, `exnref`.
    let first = params.len() as u32;
    let mut locals = Vec::new();
    for ty in results {
        locals.push(match shifted.val_type(*ty)? {
            ValType::Ref(ty) => ValType::Ref(RefType {
                nullable: true,
                ..ty
            }),
            other => other,
        });
    }
    let any = first + results.len() as u32;
    locals.push(ValType::Ref(super::ANY));
    let exception = any + 1;
    locals.push(ValType::EXNREF);
    let mut body = Body {
        of,
        items,
        any,
        code: Function::new_with_locals_types(locals),
    };

    if matches!(way, Way::Checked | Way::Handled) {
        for (i, ty) in (0..).zip(params) {
            body.check(i, *ty);
        }
        body.use_items(&mut choices, params);
    }
    if way == Way::Handled {
        // The block ends with the exception; a return leaves it otherwise.
        body.code
            .instructions()
            .block(BlockType::Result(ValType::EXNREF))
            .try_table(BlockType::Empty, [Catch::AllRef { label: 0 }]);
    }
    for i in 0..first {
        body.code.instructions().local_get(i);
    }
    match way {
        Way::TailCall => body.code.instructions().return_call(func),
        _ => body.code.instructions().call(func),
    };
    if matches!(way, Way::Checked | Way::Handled) {
        for i in (first..any).rev() {
            body.code.instructions().local_set(i);
        }
        for (i, ty) in (first..).zip(results) {
            body.check(i, *ty);
        }
        for (i, ty) in (first..).zip(results) {
            body.code.instructions().local_get(i);
            if matches!(ty, Parsed::Ref(ty) if !ty.is_nullable()) {
                body.code.instructions().ref_as_non_null();
            }
        }
    }
    if way == Way::Handled {
        body.code.instructions().return_().end().unreachable().end();
        body.code
            .instructions()
            .local_set(exception)
            .local_get(exception)
            .throw_ref();
    }
    body.code.instructions().end();
    Ok(body.code)
}

/// A body under construction.
struct Body<'a> {
    of: &'a Interface<'a>,
    items: &'a Items,
    /// The local of type `anyref`.
    any: u32,
    code: Function,
}

impl Body<'_> {
    /// Claims that the value of a local has the type of the client's own declaration.
    fn check(&mut self, local: u32, ty: Parsed) {
        let Parsed::Ref(ty) = ty else { return };
        if !self.of.is_below_any(ty) {
            return;
        }
        self.code
            .instructions()
            .local_get(local)
            .local_set(self.any);
        self.check_any(ty);
    }

    /// The same for the value of the local of type `anyref`, which is of type `ty` in the module.
    fn check_any(&mut self, ty: wasmparser::RefType) {
        let (Some(own), Some(noted)) = (self.of.object_type(ty), self.items.contradictions) else {
            return;
        };
        let shift = self.items.shift;
        let types = std::iter::successors(Some(own), |ty| self.of.supertype(*ty));
        for ty in types.take(3) {
            let mut code = self.code.instructions();
            code.local_get(self.any)
                .ref_test_nullable(HeapType::Concrete(ty + shift));
            claims::note(self.code.instructions(), Claim::Type, noted);
        }
    }

    /// Reads and writes globals and tables of both modules.
    fn use_items(&mut self, choices: &mut Choices, params: &[Parsed]) {
        let (global, table) = (self.items.global, self.items.table);
        let of_any = |ty: &Parsed| match ty {
            Parsed::Ref(ty) => self.of.is_below_any(*ty),
            _ => false,
        };
        if let Some(param) = params.iter().position(of_any) {
            let param = param as u32;
            self.code
                .instructions()
                .local_get(param)
                .global_set(global)
                .i32_const(choices.below(TABLE as usize) as i32)
                .local_get(param)
                .table_set(table);
        }
        if let Some((index, ty)) = choose(&self.items.globals, choices) {
            self.code
                .instructions()
                .global_get(index)
                .local_set(self.any);
            self.check_any(ty);
        }
        if let Some((from, ty)) = choose(&self.items.tables, choices) {
            let at = choices.below(3) as i32;
            // A part of the module's table, as far as it has one.
            self.code
                .instructions()
                .table_size(from)
                .i32_const(at + 2)
                .i32_ge_u()
                .if_(BlockType::Empty)
                .i32_const(1)
                .i32_const(at)
                .i32_const(2)
                .table_copy(table, from)
                .i32_const(at)
                .table_get(from)
                .local_set(self.any);
            self.check_any(ty);
            let noted = self.items.contradictions;
            // Other values cannot be compared.
            if let Some(noted) = noted.filter(|_| self.of.is_below_eq(ty)) {
                self.same_element();
                claims::note(self.code.instructions(), Claim::Bulk, noted);
            }
            self.code.instructions().end();
        }
        if choices.below(2) == 0 {
            let len = choices.below(self.items.segment as usize + 1) as i32;
            self.code
                .instructions()
                .i32_const(TABLE as i32 - len)
                .i32_const(0)
                .i32_const(len)
                .table_init(table, 0);
        }
        if choices.below(3) == 0 {
            self.code
                .instructions()
                .i32_const(TABLE as i32 - 1)
                .table_get(table)
                .global_set(global);
        }
    }

    /// Pushes whether element 1 of the client's table is the value of the local of type `anyref`.
    fn same_element(&mut self) {
        let eq = RefType::EQREF.heap_type;
        self.code
            .instructions()
            .i32_const(1)
            .table_get(self.items.table)
            .ref_cast_nullable(eq)
            .local_get(self.any)
            .ref_cast_nullable(eq)
            .ref_eq();
    }
}

/// One of several.
fn choose<T: Copy>(items: &[T], choices: &mut Choices) -> Option<T> {
    items.get(choices.below(items.len())).copied()
}
