//! Compilation of programs to modules.

mod arrays;
mod body;
mod calls;
mod control;
mod env;
mod held;
mod make;
mod refs;
mod state;
mod structs;

use super::pick::Pick;
use super::program::{Func, Program, Segment, Ty};
use crate::case::claims;
use body::Body;
use env::{DIGEST, Env};
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType,
    ExportKind, ExportSection, FunctionSection, GlobalSection, GlobalType, ImportSection, Module,
    TableSection, TableType, TagKind, TagSection, TagType, TypeSection, ValType,
};

/// Bytes of each data segment, and how many segments there are.
const DATA: usize = 64;
const DATA_SEGMENTS: u32 = 2;

impl Program {
    /// Compiles the program. The module is valid under the features of WebAssembly 3.0, and the
    /// same program always gives the same module.
    pub fn compile(&self) -> Vec<u8> {
        let mut env = Env::new(self);
        let mut bodies = Vec::with_capacity(self.funcs.len());
        // Callees first: their cost decides where they may be called.
        for index in (0..self.funcs.len()).rev() {
            let (body, cost) = Body::compile(&env, index);
            env.costs[index] = cost;
            bodies.push(body);
        }
        let mut code = CodeSection::new();
        bodies.iter().rev().for_each(|body| {
            code.function(body);
        });
        let mut module = Module::new();
        module
            .section(&self.types(&env))
            .section(&self.imports(&env))
            .section(&self.functions(&env))
            .section(&self.tables(&env));
        // An engine without exceptions refuses the section, even if it is empty.
        if !self.tags.is_empty() {
            module.section(&self.tags(&env));
        }
        module
            .section(&self.globals(&env))
            .section(&self.exports(&env))
            .section(&self.elements(&env))
            .section(&DataCountSection {
                count: DATA_SEGMENTS,
            })
            .section(&code)
            .section(&data());
        module.finish()
    }

    fn types(&self, env: &Env<'_>) -> TypeSection {
        let mut section = TypeSection::new();
        for group in &self.groups {
            section.ty().rec(group.iter().map(env::sub_type));
        }
        let func = |section: &mut TypeSection, params: &[Ty], results: &[Ty]| {
            let params = params.iter().map(|ty| env::val_type(*ty));
            section
                .ty()
                .function(params, results.iter().map(|ty| env::val_type(*ty)));
        };
        for sig in env.sigs() {
            func(&mut section, &sig.params, &sig.results);
        }
        for tag in &self.tags {
            func(&mut section, tag, &[]);
            // Block types of handlers, without the exception and with it.
            func(&mut section, &[], tag);
            let mut caught = tag.clone();
            caught.push(Ty::null(super::program::Heap::Exn));
            func(&mut section, &[], &caught);
        }
        for Func { sig, .. } in &self.funcs {
            func(&mut section, &sig.params, &sig.params);
        }
        section
    }

    fn imports(&self, env: &Env<'_>) -> ImportSection {
        let mut section = ImportSection::new();
        for (i, _) in self.hosts.iter().enumerate() {
            let ty = EntityType::Function(env.sig_type(i as u32));
            section.import("host", &format!("h{i}"), ty);
        }
        section
    }

    fn functions(&self, env: &Env<'_>) -> FunctionSection {
        let mut section = FunctionSection::new();
        for i in 0..self.funcs.len() {
            section.function(env.sig_type(env.func(i)));
        }
        section
    }

    fn tables(&self, env: &Env<'_>) -> TableSection {
        let mut section = TableSection::new();
        for (i, table) in self.tables.iter().enumerate() {
            let len = u64::from(table.len);
            let ty = TableType {
                element_type: env::ref_type(table.ty),
                table64: false,
                minimum: len,
                maximum: Some(len + 8),
                shared: false,
            };
            section.table_with_init(ty, &constant(env, table.ty, i as u32));
        }
        section
    }

    fn tags(&self, env: &Env<'_>) -> TagSection {
        let mut section = TagSection::new();
        for i in 0..self.tags.len() {
            section.tag(TagType {
                kind: TagKind::Exception,
                func_type_idx: env.tag_type(i),
            });
        }
        section
    }

    fn globals(&self, env: &Env<'_>) -> GlobalSection {
        let mut section = GlobalSection::new();
        let ty = |val_type, mutable| GlobalType {
            val_type,
            mutable,
            shared: false,
        };
        section.global(ty(ValType::I32, true), &ConstExpr::i32_const(0));
        for global in &self.globals {
            let init = constant(env, global.ty, u32::from(global.seed));
            section.global(ty(env::val_type(global.ty), global.mutable), &init);
        }
        section.global(ty(ValType::I32, true), &ConstExpr::i32_const(0));
        section
    }

    fn exports(&self, env: &Env<'_>) -> ExportSection {
        let mut section = ExportSection::new();
        for i in 0..self.funcs.len() {
            section.export(&format!("f{i}"), ExportKind::Func, env.func(i));
        }
        section.export("digest", ExportKind::Global, DIGEST);
        section.export(claims::EXPORT, ExportKind::Global, env.contradictions());
        for i in 0..self.globals.len() as u32 {
            section.export(&format!("g{i}"), ExportKind::Global, env::global(i));
        }
        for i in 0..self.tables.len() as u32 {
            section.export(&format!("t{i}"), ExportKind::Table, i);
        }
        section
    }

    fn elements(&self, env: &Env<'_>) -> ElementSection {
        let mut section = ElementSection::new();
        for Segment { ty, items } in &self.segments {
            let seeds = items.iter().enumerate();
            // Neighbours differ even if their seeds are equal.
            let items =
                seeds.map(|(i, seed)| constant(env, *ty, u32::from(*seed) + 256 * i as u32));
            let items: Vec<ConstExpr> = items.collect();
            section.passive(Elements::Expressions(env::ref_type(*ty), items.into()));
        }
        // Functions that are called by reference must be declared. This segment comes last, so that
        // no operation uses it.
        let all: Vec<u32> = (0..self.funcs.len()).map(|i| env.func(i)).collect();
        section.declared(Elements::Functions(all.into()));
        section
    }
}

/// A constant expression for an initial value.
fn constant(env: &Env<'_>, ty: Ty, seed: u32) -> ConstExpr {
    let mut code = Vec::new();
    env.make(&mut code, ty, 1, &mut Pick::new(seed));
    ConstExpr::raw(code)
}

fn data() -> DataSection {
    let mut section = DataSection::new();
    for segment in 0..DATA_SEGMENTS as usize {
        section.passive((0..DATA).map(|i| (i * 37 + segment * 101 + 129) as u8));
    }
    section
}
