//! Code that is written as bytes, before the indices of functions are known.

use super::encode::Encoder;
use super::indices::Dangling;
use wasm_encoder::Encode;
use wasm_encoder::reencode::{Error, Reencode};
use wasmparser::ValType;

/// The code of a function as bytes. Functions are all that it names by another index than the module
/// has in the end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Assembled {
    /// The types of locals, without the parameters: how many of each, in order.
    pub locals: Vec<(u32, ValType)>,
    /// The instructions with their `end`, without the indices of functions.
    pub bytes: Vec<u8>,
    /// Where the index of a function belongs, in ascending order, and which one it is.
    funcs: Vec<(usize, u32)>,
}

impl Assembled {
    /// An instruction whose only immediate is the index of a function.
    pub fn function(&mut self, opcode: u8, func: u32) {
        self.bytes.push(opcode);
        self.funcs.push((self.bytes.len(), func));
    }

    /// The most bytes that the body may have: an index or a number of locals takes up to five.
    pub fn most_bytes(&self) -> usize {
        self.bytes.len() + 5 * self.funcs.len() + 11 * self.locals.len() + 5
    }

    /// The body as it is in a code section, without its size.
    pub(super) fn encode(&self, e: &mut Encoder) -> Result<Vec<u8>, Error<Dangling>> {
        let mut out =
            Vec::with_capacity(self.bytes.len() + 3 * (self.funcs.len() + self.locals.len()) + 2);
        self.locals.len().encode(&mut out);
        for (count, ty) in &self.locals {
            count.encode(&mut out);
            e.val_type(*ty)?.encode(&mut out);
        }
        let mut done = 0;
        for (at, func) in &self.funcs {
            out.extend_from_slice(&self.bytes[done..*at]);
            e.function_index(*func)?.encode(&mut out);
            done = *at;
        }
        out.extend_from_slice(&self.bytes[done..]);
        Ok(out)
    }
}
