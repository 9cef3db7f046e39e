//! A writer of functions.

use crate::module_ir::Assembled;
use wasm_encoder::{BlockType, InstructionSink};
use wasmparser::ValType;

/// The opcodes of instructions that name a function.
const CALL: u8 = 0x10;
const RETURN_CALL: u8 = 0x12;
const REF_FUNC: u8 = 0xd2;

/// The code of a function.
#[derive(Debug, Default)]
pub(super) struct Asm {
    /// The number of parameters and locals.
    next: u32,
    code: Assembled,
}

impl Asm {
    /// An empty body of a function with so many parameters.
    pub fn new(params: usize) -> Asm {
        Asm {
            next: params as u32,
            ..Asm::default()
        }
    }

    /// A new local.
    pub fn local(&mut self, ty: ValType) -> u32 {
        self.locals(1, ty);
        self.next - 1
    }

    /// Some new locals of a type.
    pub fn locals(&mut self, count: u32, ty: ValType) {
        match self.code.locals.last_mut() {
            Some((before, same)) if *same == ty => *before += count,
            _ => self.code.locals.push((count, ty)),
        }
        self.next += count;
    }

    /// Adds one to a local.
    pub fn add_one(&mut self, local: u32) {
        let mut op = self.op();
        op.local_get(local).i32_const(1).i32_add().local_set(local);
    }

    /// Adds one to a global.
    pub fn add_one_to_global(&mut self, global: u32) {
        let mut op = self.op();
        op.global_get(global)
            .i32_const(1)
            .i32_add()
            .global_set(global);
    }

    /// Makes a local no larger than a number.
    pub fn at_most(&mut self, local: u32, most: i32) {
        let mut op = self.op();
        op.local_get(local).i32_const(most).local_get(local);
        op.i32_const(most).i32_lt_u().select().local_set(local);
    }

    /// Runs code for each value of a local, from what it is up to an end that the first function
    /// pushes.
    pub fn up_to(&mut self, index: u32, end: impl Fn(&mut Asm), code: impl FnOnce(&mut Asm)) {
        self.op().block(BlockType::Empty).loop_(BlockType::Empty);
        self.op().local_get(index);
        end(self);
        self.op().i32_ge_u().br_if(1);
        code(self);
        self.add_one(index);
        self.op().br(0).end().end();
    }

    /// The end of the code so far. Instructions that name a function have methods of their own, since its
    /// index may change.
    pub fn op(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.code.bytes)
    }

    /// Calls a function.
    pub fn call(&mut self, func: u32) {
        self.code.function(CALL, func);
    }

    /// Calls a function in place of this one.
    pub fn return_call(&mut self, func: u32) {
        self.code.function(RETURN_CALL, func);
    }

    /// Pushes a reference to a function.
    pub fn ref_func(&mut self, func: u32) {
        self.code.function(REF_FUNC, func);
    }

    /// The number of parameters and locals.
    pub fn locals_declared(&self) -> u32 {
        self.next
    }

    /// The most bytes that the body may have.
    pub fn most_bytes(&self) -> usize {
        self.code.most_bytes()
    }

    /// Makes room for some bytes.
    pub fn reserve(&mut self, bytes: usize) {
        self.code.bytes.reserve(bytes);
    }

    /// Instructions that name no function, as they are.
    pub fn copy(&mut self, bytes: &[u8]) {
        self.code.bytes.extend_from_slice(bytes);
    }

    /// The code.
    pub fn finish(self) -> Assembled {
        self.code
    }
}
