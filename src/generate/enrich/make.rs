//! Values of the module's own types: each method pushes one and never traps.

use wasm_encoder::{Ieee32, Ieee64};
use wasmparser::{StorageType, ValType};

use super::emit::Emitter;
use super::inhabit::{Filler, Recipe, Source};
use super::layout::LEN;

impl Emitter<'_> {
    /// Pushes a value for a place of the module. For `depth` levels the source need not be the
    /// cheapest.
    pub(super) fn fill(&mut self, filler: &Filler, depth: u32) {
        match filler {
            Filler::Number(ty) => self.number(*ty),
            Filler::Reference(sources) => self.one_of_sources(sources, depth),
        }
    }

    /// Pushes a reference from one of these sources.
    pub(super) fn one_of_sources(&mut self, sources: &[Source], depth: u32) {
        let chosen = match depth {
            0 => sources.first().copied(),
            _ => self.choice.pick(sources),
        };
        if let Some(source) = chosen {
            self.source(source, depth.saturating_sub(1));
        }
    }

    /// Pushes a reference from `source`.
    fn source(&mut self, source: Source, depth: u32) {
        match source {
            Source::Null(heap) => {
                self.op().ref_null(heap);
            }
            Source::I31 => self.i31(),
            Source::Node => self.new_node(1.min(depth)),
            Source::Refs => self.new_refs(1.min(depth)),
            Source::Extern => {
                if self.choice.chance(1, 2) {
                    self.i31();
                } else {
                    self.new_node(0);
                }
                self.op().extern_convert_any();
            }
            Source::Func(func) => {
                self.op().ref_func(func);
            }
            Source::Object { ty, .. } => self.object(ty, depth),
        }
    }

    /// Pushes a new object of a type of the module; arrays are [`LEN`] long.
    pub(super) fn object(&mut self, ty: u32, depth: u32) {
        let layout = self.layout;
        let Some(Some(recipe)) = layout.recipes.get(ty as usize) else {
            return;
        };
        // If there are fields to fill, a default object is less interesting.
        let default = recipe.default && (depth == 0 || self.choice.chance(1, 3));
        if recipe.array {
            self.array(ty, recipe, default, depth);
        } else if default {
            self.op().struct_new_default(ty);
        } else {
            for field in &recipe.fields {
                self.fill(field, depth);
            }
            self.op().struct_new(ty);
        }
    }

    fn array(&mut self, ty: u32, recipe: &Recipe, default: bool, depth: u32) {
        let Some(element) = recipe.fields.first() else {
            return;
        };
        if default {
            self.op().i32_const(LEN as i32).array_new_default(ty);
        } else if depth > 0 && self.choice.chance(1, 3) {
            for _ in 0..LEN {
                self.fill(element, depth - 1);
            }
            self.op().array_new_fixed(ty, LEN);
        } else {
            self.fill(element, depth);
            self.op().i32_const(LEN as i32).array_new(ty);
        }
    }

    /// Pushes a number; for a packed field, mostly one that does not fit.
    fn number(&mut self, ty: StorageType) {
        let bits = self.choice.bits();
        let mut op = self.op();
        match ty {
            StorageType::I8 | StorageType::I16 => op.i32_const(bits as i32),
            StorageType::Val(ValType::I32) => op.i32_const(bits as i32 % 1000),
            StorageType::Val(ValType::I64) => op.i64_const(bits as i64),
            StorageType::Val(ValType::F32) => op.f32_const(Ieee32::from(bits as u8 as f32)),
            StorageType::Val(ValType::F64) => op.f64_const(Ieee64::from(f64::from(bits as u16))),
            StorageType::Val(ValType::V128) => op.v128_const(i128::from(bits)),
            // No number has another type.
            StorageType::Val(ValType::Ref(_)) => op.nop(),
        };
    }
}
