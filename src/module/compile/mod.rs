//! From validated operators to register code, in one pass.
//!
//! The compiler is fed operators that have just been validated, so it keeps no
//! types, only what code generation needs: for every operand where its value is
//! ([`stack`]), and for every block where it ends ([`control`]). Code that
//! cannot be reached is skipped.

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

/// An error on its way out. Nearly every step of the compiler may fail, and
/// hardly any does: what they return must fit registers.
type Refused = Box<ModuleError>;

/// The output: tables that all bodies of a module share.
#[derive(Default)]
pub(super) struct Output {
    pub ops: Vec<Op>,
    pub offsets: Vec<u32>,
    pub maps: StackMaps,
    pub handlers: Handlers,
    pub bodies: Vec<Body>,
}

impl Output {
    /// Makes room for a code section of `bytes` bytes and `bodies` bodies.
    /// Neither may exceed the number of bytes that the module has.
    pub fn reserve(&mut self, bytes: usize, bodies: usize) {
        self.bodies.reserve(bodies);
        self.ops.reserve(bytes / 2);
        self.offsets.reserve(bytes / 2);
        self.maps.reserve(bytes / 2);
    }
}

/// What the compiler looks up about the module around a body.
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

    /// The engine's form of a heap type that validation has accepted.
    fn heap_type(&self, ty: wasmparser::HeapType) -> HeapType {
        super::decode::heap_type(ty, &|index| self.types.concrete(self.type_id(index)))
    }

    /// The engine's form of a value type that validation has accepted.
    fn value_type(&self, ty: wasmparser::ValType) -> ValType {
        super::decode::value_type(ty, &|index| self.types.concrete(self.type_id(index)))
    }
}

/// The scratch memory of a compiler, reused from body to body.
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
    /// How many registers it takes.
    width: u8,
    /// Whether it is a reference into the heap.
    gc: bool,
}

/// A run of locals declared together.
#[derive(Copy, Clone)]
struct LocalRun {
    /// Index of the first.
    index: u32,
    /// The first; the others are like it.
    first: Local,
}

/// Compiles one body.
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
    /// Nesting depth of blocks inside code that cannot be reached, plus one;
    /// zero in live code.
    dead: u32,
    /// Instructions before this one are fixed: a branch may lead behind them.
    fence: usize,
    /// How many entries, from the bottom, have a valid chain.
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
            // Parameters come from a function type of at most 1,000.
            let _ = compiler.declare(1, *param);
        }
        compiler
    }

    /// Declares `count` locals of type `ty`.
    pub fn locals(&mut self, count: u32, ty: wasmparser::ValType) -> Result<(), Refused> {
        self.declare(count, self.env.value_type(ty))
    }

    fn declare(&mut self, count: u32, ty: ValType) -> Result<(), Refused> {
        let (gc, width) = (ty.is_gc(), ty.lane().registers() as u8);
        if count == 0 {
            return Ok(());
        }
        let next = self.locals_declared();
        match self.scratch.runs.last_mut() {
            // One run for neighbours that are alike keeps the search short.
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

    /// A local by its index.
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

    /// Compiles the body of function `func`, of type `ty`, behind its locals.
    /// Every operator is validated before it is compiled.
    pub fn function(
        mut self,
        (func, ty): (u32, TypeId),
        mut reader: BinaryReader<'_>,
        validator: &mut FuncValidator<ValidatorResources>,
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
        reader.finish_expression(&both)?;
        let params = registers(&self.env.types.func(ty).params) as u16;
        self.close_body(params, Some(ty), func, ref_locals)
    }

    /// Compiles a constant expression, which has been validated.
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

    /// Begins a body whose locals are known; returns where its locals are that
    /// hold references.
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
        // Entering a frame and clearing its locals is work that is paid for,
        // too: a function that only calls itself must not outlive others.
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

    /// The error for an operator of a proposal that is switched off. Validation
    /// refuses those first, so this is for proposals newer than this code.
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
