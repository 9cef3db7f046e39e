//! Types in the text format, with the names of a module.

use super::names::Names;
use super::{ExternType, GlobalType, MemoryType, TableType};
use crate::types::{HeapType, TypeId, Types, ValType};

/// Maximum number of parameters or results shown.
const SHOWN: usize = 8;

/// A heap type, `any` or `$leaf`; `name` gives the names of defined types.
pub(crate) fn heap_type(ty: HeapType, name: &impl Fn(TypeId) -> String) -> String {
    match ty.concrete() {
        Some(id) => name(id),
        None => ty.to_string(),
    }
}

/// A value type, `i32` or `(ref null $leaf)`; `name` gives the names of defined types.
pub(crate) fn value_type(ty: ValType, name: &impl Fn(TypeId) -> String) -> String {
    match ty {
        ValType::Ref(r) if r.nullable => format!("(ref null {})", heap_type(r.heap, name)),
        ValType::Ref(r) => format!("(ref {})", heap_type(r.heap, name)),
        number => number.to_string(),
    }
}

impl Names<'_> {
    /// A value type: `(ref null $leaf)`, or `(ref null 3)` if type 3 has no name.
    pub(crate) fn value_type(&self, ty: ValType) -> String {
        value_type(ty, &|id| self.ty(id))
    }

    /// The type of an import: `(func (type $f) (param i32))`. `types` is the
    /// registry of the module's types.
    pub(crate) fn extern_type(&self, ty: ExternType, types: &Types) -> String {
        match ty {
            ExternType::Func(id) => format!("(func {})", self.signature(id, types)),
            ExternType::Tag(id) => format!("(tag {})", self.signature(id, types)),
            ExternType::Table(TableType {
                element,
                index64,
                min,
                max,
            }) => {
                let element = self.value_type(ValType::Ref(element));
                format!("(table {} {element})", limits(index64, min, max))
            }
            ExternType::Memory(MemoryType { index64, min, max }) => {
                format!("(memory {})", limits(index64, min, max))
            }
            ExternType::Global(GlobalType { value, mutable }) => {
                let value = self.value_type(value);
                match mutable {
                    true => format!("(global (mut {value}))"),
                    false => format!("(global {value})"),
                }
            }
        }
    }

    /// A function type: `(type $f) (param i32 i64) (result f32)`. The name is
    /// included, since types of the same structure may differ.
    fn signature(&self, id: TypeId, types: &Types) -> String {
        let ty = types.func(id);
        let list = |keyword: &str, types: &[ValType]| match types {
            [] => String::new(),
            types => {
                let shown = types.iter().take(SHOWN);
                let shown = shown.map(|ty| format!(" {}", self.value_type(*ty)));
                let dots = if types.len() > SHOWN { " ..." } else { "" };
                format!(" ({keyword}{}{dots})", shown.collect::<String>())
            }
        };
        let (params, results) = (list("param", &ty.params), list("result", &ty.results));
        format!("(type {}){params}{results}", self.ty(id))
    }
}

/// The limits of a table or a memory: `i64 1 10`.
fn limits(index64: bool, min: u64, max: Option<u64>) -> String {
    let index = if index64 { "i64 " } else { "" };
    let max = max.map_or_else(String::new, |max| format!(" {max}"));
    format!("{index}{min}{max}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::Module;
    use std::sync::Arc;

    /// The text of the type of the import `written` in a module with these types.
    fn shown(types: &str, written: &str) -> String {
        let text = format!("(module {types} (import \"m\" \"n\" {written}))");
        let wasm = wat::parse_str(&text).unwrap();
        let module = Module::new(&wasm, &mut Arc::default()).unwrap();
        Names::new(&module).extern_type(module.imports[0].ty, &module.types)
    }

    #[test]
    fn imports_are_shown_as_they_are_written() {
        let types = "(type $s (struct)) (type (struct (field i32))) \
                     (type $f (func (param i32 (ref null $s)) (result i64 (ref 1)))) (type (func))";
        for written in [
            "(func (type $f) (param i32 (ref null $s)) (result i64 (ref 1)))",
            "(func (type 3))",
            "(tag (type 3))",
            "(table 1 10 (ref null $s))",
            "(table i64 0 (ref null any))",
            "(memory 1)",
            "(memory i64 1 2)",
            "(global (mut (ref null $f)))",
            "(global f32)",
        ] {
            assert_eq!(shown(types, written), written);
        }
    }

    #[test]
    fn long_signatures_are_cut() {
        let written = format!("(func (type $f) (param{}))", " i32".repeat(9));
        let types = format!("(type $f (func (param{})))", " i32".repeat(9));
        let cut = format!("(func (type $f) (param{} ...))", " i32".repeat(8));
        assert_eq!(shown(&types, &written), cut);
    }
}
