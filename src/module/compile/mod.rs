//! The compiler from validated operators to register code, in one pass.
//!
//! The compiler receives operators that were just validated, so it stores no
//! types, only the data for code generation: the location of every operand's
//! value ([`stack`]), and the end of every block ([`control`]). Unreachable
//! code is skipped.

mod branch;
mod call;
mod control;
mod gc;
mod numeric;
mod operators;
mod stack;
mod vector;
mod visitor;

use super::code::{Code, Op};
use super::maps::{Chain, Handlers, StackMaps};
use super::{Body, GlobalType, MemoryType, ModuleError, TableType, operator_name};
use crate::types::{HeapType, TypeId, Types, ValType, registers};
use control::Ctrl;
use stack::Entry;
use std::ops::Range;
use visitor::Both;
use wasmparser::{
    BinaryReader, FuncValidator, Operator, OperatorsReader, ValidatorResources, WasmFeatures,
};

/// A compile error. It is boxed because nearly every step may fail but hardly
/// any does, and results must fit registers.
type Refused = Box<ModuleError>;

/// The output: tables shared by all bodies of a module.
#[derive(Default)]
pub(super) struct Output {
    pub ops: Vec<Op>,
    pub offsets: Vec<u32>,
    pub maps: StackMaps,
    pub handlers: Handlers,
    pub bodies: Vec<Body>,
}

impl Output {
    /// Reserves memory for a code section of `bytes` bytes and `bodies` bodies.
    /// Neither number may exceed the module's size in bytes.
    pub fn reserve(&mut self, bytes: usize, bodies: usize) {
        self.bodies.reserve(bodies);
        self.ops.reserve(bytes / 2);
        self.offsets.reserve(bytes / 2);
        self.maps.reserve(bytes / 2);
    }
}

/// The module-level data that a body refers to.
pub(super) struct Env<'a> {
    pub types: &'a Types,
    pub type_ids: &'a [TypeId],
    pub funcs: &'a [TypeId],
    pub tables: &'a [TableType],
    pub memories: &'a [MemoryType],
    pub globals: &'a [GlobalType],
    pub tags: &'a [TypeId],
    pub imported_funcs: u32,
    pub first_body: u32,
}

impl Env<'_> {
    fn type_id(&self, index: u32) -> TypeId {
        self.type_ids[index as usize]
    }

    /// Converts a validated heap type to the engine's form.
    fn heap_type(&self, ty: wasmparser::HeapType) -> HeapType {
        super::decode::heap_type(ty, &|index| self.types.concrete(self.type_id(index)))
    }

    /// Converts a validated value type to the engine's form.
    fn value_type(&self, ty: wasmparser::ValType) -> ValType {
        super::decode::value_type(ty, &|index| self.types.concrete(self.type_id(index)))
    }
}

/// Scratch memory of the compiler, reused from body to body.
#[derive(Default)]
pub(super) struct Scratch {
    stack: Vec<Entry>,
    deferred: Vec<u32>,
    ctrls: Vec<Ctrl>,
    regions: Vec<u32>,
    runs: Vec<LocalRun>,
}

/// A local.
#[derive(Copy, Clone, PartialEq, Eq)]
struct Local {
    /// Its register, the first of two for a vector.
    register: u16,
    /// Number of its registers.
    width: u8,
    /// Whether it is a reference into the heap.
    gc: bool,
}

/// Consecutive locals with the same properties.
#[derive(Copy, Clone)]
struct LocalRun {
    /// Index of the first local.
    index: u32,
    /// The first local; the others have the same width and kind.
    first: Local,
}

/// The compiler of one body.
pub(super) struct Compiler<'a> {
    env: &'a Env<'a>,
    out: &'a mut Output,
    scratch: &'a mut Scratch,
    /// Offset of the operator being compiled.
    offset: u64,
    /// The body's first instruction.
    entry: u32,
    /// Registers taken by locals.
    locals: u16,
    /// One past the highest register used.
    frame: u32,
    /// Results of the body.
    results: &'a [ValType],
    /// Nesting depth of blocks in unreachable code, plus one. Zero in live code.
    dead: u32,
    /// Instructions before this index must not change: a branch may target the
    /// instruction after them.
    fence: usize,
    /// Number of entries, from the bottom, with a valid chain.
    mapped: usize,
    /// The innermost handler.
    handler: u32,
}

impl<'a> Compiler<'a> {
    /// Starts a body with the given parameters and locals (counts and types).
    pub fn new(
        env: &'a Env<'a>,
        out: &'a mut Output,
        scratch: &'a mut Scratch,
        params: &[ValType],
        results: &'a [ValType],
    ) -> Compiler<'a> {
        scratch.stack.clear();
        scratch.deferred.clear();
        scratch.ctrls.clear();
        scratch.regions.clear();
        scratch.regions.push(0);
        scratch.runs.clear();
        let mut compiler = Compiler {
            env,
            out,
            scratch,
            offset: 0,
            entry: 0,
            locals: 0,
            frame: 0,
            results,
            dead: 0,
            fence: 0,
            mapped: 0,
            handler: Handlers::NONE,
        };
        for param in params {
            // Validation limits a function type to 1,000 parameters.
            let _ = compiler.declare(1, *param);
        }
        compiler
    }

    /// Declares `count` locals of type `ty`.
    pub fn locals(&mut self, count: u32, ty: wasmparser::ValType) -> Result<(), Refused> {
        self.declare(count, self.env.value_type(ty))
    }

    fn declare(&mut self, count: u32, ty: ValType) -> Result<(), Refused> {
        let (gc, width) = (ty.is_gc(), ty.storage_kind().registers() as u8);
        if count == 0 {
            return Ok(());
        }
        let next = self.locals_declared();
        match self.scratch.runs.last_mut() {
            // Merging similar neighbours keeps the search short.
            Some(run) if run.first.gc == gc && run.first.width == width => {}
            _ => self.scratch.runs.push(LocalRun {
                index: next,
                first: Local {
                    register: self.locals,
                    width,
                    gc,
                },
            }),
        }
        let registers = u64::from(count) * u64::from(width) + u64::from(self.locals);
        self.locals = u16::try_from(registers).map_err(|_| self.frame_too_large())?;
        Ok(())
    }

    fn locals_declared(&self) -> u32 {
        self.scratch.runs.last().map_or(0, |run| {
            run.index + u32::from((self.locals - run.first.register) / u16::from(run.first.width))
        })
    }

    /// The local with an index.
    fn local(&self, index: u32) -> Local {
        let runs = &self.scratch.runs;
        let run = match runs.len() {
            1 => runs[0],
            _ => runs[runs.partition_point(|r| r.index <= index) - 1],
        };
        let before = (index - run.index) as u16 * u16::from(run.first.width);
        Local {
            register: run.first.register + before,
            ..run.first
        }
    }

    /// Compiles the body of function `func` of type `ty`, after its locals.
    /// With a validator, every operator is validated before it is compiled; without one, all are valid.
    pub fn function(
        mut self,
        (func, ty): (u32, TypeId),
        mut reader: BinaryReader<'_>,
        validator: Option<&mut FuncValidator<ValidatorResources>>,
    ) -> Result<(), Refused> {
        let ref_locals = self.open_body();
        let mut both = Both {
            validator,
            compiler: &mut self,
        };
        while !reader.eof() {
            both.compiler.offset = reader.original_position();
            reader.visit_operator(&mut both)??;
        }
        if both.validator.is_some() {
            reader.finish_expression(&both)?;
        }
        let params = registers(&self.env.types.func(ty).params) as u16;
        self.close_body(params, Some(ty), func, ref_locals)
    }

    /// Compiles a validated constant expression.
    pub fn constant_expression(mut self, reader: &mut OperatorsReader<'_>) -> Result<(), Refused> {
        let ref_locals = self.open_body();
        while !reader.eof() {
            self.offset = reader.original_position();
            let operator = reader.read()?;
            self.step(&operator)?;
        }
        reader.finish()?;
        self.close_body(0, None, u32::MAX, ref_locals)
    }

    /// Begins a body after its locals. Returns the range of its reference
    /// locals in [`StackMaps::locals`].
    fn open_body(&mut self) -> Range<u32> {
        let entry = self.pc();
        let first_range = self.out.maps.locals.len() as u32;
        for (i, run) in self.scratch.runs.iter().enumerate() {
            if run.first.gc {
                let end = match self.scratch.runs.get(i + 1) {
                    Some(next) => next.first.register,
                    None => self.locals,
                };
                self.out.maps.locals.push(run.first.register..end);
            }
        }
        self.frame = u32::from(self.locals);
        self.entry = entry;
        self.fence = entry as usize;
        self.out.maps.record(entry, Chain::EMPTY);
        self.open_outermost();
        first_range..self.out.maps.locals.len() as u32
    }

    /// Compiles the next operator.
    fn step(&mut self, operator: &Operator<'_>) -> Result<(), Refused> {
        if let Some(cost) = self.scratch.regions.last_mut() {
            *cost = cost.saturating_add(1);
        }
        if self.dead > 0 {
            self.skip(operator)?;
        } else {
            self.operator(operator)?;
        }
        if self.out.maps.are_too_large() {
            return Err(self.refuse("the module's stack maps are too large".into()));
        }
        Ok(())
    }

    /// Ends a body.
    fn close_body(
        self,
        params: u16,
        ty: Option<TypeId>,
        func: u32,
        ref_locals: Range<u32>,
    ) -> Result<(), Refused> {
        let frame = u16::try_from(self.frame).map_err(|_| self.frame_too_large())?;
        // Entering a frame and clearing its locals costs fuel, too: otherwise a
        // function that only calls itself would run longer than others.
        let cost = self.scratch.regions[0].saturating_add(4 + u32::from(self.locals) / 16);
        self.out.bodies.push(Body {
            entry: self.entry,
            params,
            locals: self.locals,
            frame,
            cost,
            ref_locals,
            ty,
            func,
        });
        Ok(())
    }

    /// Refuses the module for a limit of this engine.
    #[cold]
    fn refuse(&self, message: String) -> Refused {
        Box::new(ModuleError::Unsupported {
            offset: self.offset,
            message,
        })
    }

    #[cold]
    fn frame_too_large(&self) -> Refused {
        let message = "the function needs more than 65,535 registers for locals and operands";
        self.refuse(message.into())
    }

    /// The error for an operator that the compiler does not know. Validation
    /// rejects disabled proposals first, so only operators newer than this code
    /// get here.
    fn unsupported(&self, operator: &Operator<'_>) -> Refused {
        self.refuse(format!("unknown instruction {}", operator_name(operator)))
    }

    fn pc(&self) -> u32 {
        self.out.ops.len() as u32
    }

    fn emit(&mut self, op: Op) -> u32 {
        let pc = self.pc();
        self.out.ops.push(op);
        self.out.offsets.push(self.offset as u32);
        pc
    }

    fn op(&mut self, code: Code, a: u16, b: u16, c: u16, imm: u32) -> u32 {
        self.emit(Op::new(code, a, b, c, imm))
    }
}

/// The proposals that the engine runs.
pub(crate) fn features() -> WasmFeatures {
    WasmFeatures::WASM3.difference(WasmFeatures::THREADS)
}
