//! What validation knows of each instruction: the operands that it takes, where
//! the code that makes them begins, and the types of its results.

use crate::module_ir::{Module, is_opener};
use std::collections::BTreeMap;
use wasmparser::types::CoreTypeId;
use wasmparser::{
    FuncToValidate, FunctionBody, HeapType, Operator, Parser, RefType, UnpackedIndex, ValType,
    ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// An instruction in its function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct OpView {
    /// Where the code that makes its operands and itself begins. Everything from there to the end
    /// of the instruction (for a block, its `end`) takes nothing from the stack.
    pub start: usize,
    /// One past its last instruction: for a block, past its `end`.
    pub end: usize,
    /// Number of operands.
    pub pops: usize,
    /// The types of its results. `None` is any type, in code that is not reachable.
    pub results: Vec<Option<ValType>>,
    /// For each operand that one stretch of code makes, this stretch; the last operand is last.
    /// Empty if operands come from instructions with several results.
    pub operands: Vec<(usize, usize)>,
    /// Whether the code can be reached, as far as validation knows.
    pub reachable: bool,
    /// The instruction that opened the innermost block around it.
    pub parent: Option<usize>,
    /// Whether it is an `else` or begins a handler.
    pub is_divider: bool,
}

/// The instructions of a function, with its parameters.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct FuncView {
    /// The types of parameters and locals.
    pub locals: Vec<ValType>,
    /// The instructions, with the last `end`.
    pub ops: Vec<OpView>,
}

/// All functions of a module, by index; `None` if imported.
#[derive(Clone, Debug, Default)]
pub(super) struct View {
    pub funcs: Vec<Option<FuncView>>,
}

impl View {
    /// Examines a valid module.
    ///
    /// # Errors
    ///
    /// If it is not valid with these features.
    pub fn new(
        wasm: &[u8],
        module: &Module<'_>,
        features: WasmFeatures,
    ) -> wasmparser::Result<View> {
        let mut validator = Validator::new_with_features(features);
        let mut bodies = Vec::new();
        let mut indices = BTreeMap::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match validator.payload(&payload?)? {
                ValidPayload::Func(func, body) => bodies.push((func, body)),
                ValidPayload::End(types) => {
                    let types = types.as_ref();
                    // The first of several equal ones.
                    for index in (0..module.types.len() as u32).rev() {
                        indices.insert(types.core_type_at_in_module(index), index);
                    }
                }
                _ => {}
            }
        }
        let mut view = View {
            funcs: vec![None; module.funcs.len()],
        };
        for (func, body) in bodies {
            let index = func.index as usize;
            let seen = Walk::function(func, &body, &indices)?;
            if let Some(slot) = view.funcs.get_mut(index) {
                *slot = Some(seen);
            }
        }
        Ok(view)
    }
}

/// A value on the stack: the stretch of code that makes it, unless it comes with others.
#[derive(Copy, Clone)]
struct Value {
    start: usize,
    end: usize,
    alone: bool,
}

/// An open block.
struct Open {
    at: usize,
    /// Values on the stack below its parameters.
    floor: usize,
    /// Where the code that makes its operands begins.
    start: usize,
    params: usize,
    /// Whether all operands are made by the code from its start on.
    whole: bool,
}

struct Walk<'a> {
    indices: &'a BTreeMap<CoreTypeId, u32>,
    view: FuncView,
    stack: Vec<Value>,
    open: Vec<Open>,
}

impl Walk<'_> {
    fn function(
        func: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        indices: &BTreeMap<CoreTypeId, u32>,
    ) -> wasmparser::Result<FuncView> {
        let mut validator = func.into_validator(Default::default());
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let mut walk = Walk {
            indices,
            view: FuncView::default(),
            stack: Vec::new(),
            open: Vec::new(),
        };
        let locals = (0..validator.len_locals()).map_while(|i| validator.get_local_type(i));
        walk.view.locals = locals.map(|ty| walk.in_module(ty)).collect();
        for op in body.get_operators_reader()?.into_iter_with_offsets() {
            let (op, offset) = op?;
            let arity = op.operator_arity(&validator);
            let frame = validator.get_control_frame(0);
            let reachable = frame.is_some_and(|frame| !frame.unreachable);
            validator.op(offset, &op)?;
            let (pops, pushes) = arity.unwrap_or((0, 0));
            let results = (0..pushes as usize).rev().map(|depth| {
                let ty = validator.get_operand_type(depth).flatten();
                ty.map(|ty| walk.in_module(ty))
            });
            let results = results.collect();
            walk.op(&op, pops as usize, results, reachable);
        }
        Ok(walk.view)
    }

    /// A type in terms of the module's indices.
    fn in_module(&self, ty: ValType) -> ValType {
        let ValType::Ref(reference) = ty else {
            return ty;
        };
        let heap = match reference.heap_type() {
            HeapType::Concrete(index) => HeapType::Concrete(self.index(index)),
            HeapType::Exact(index) => HeapType::Exact(self.index(index)),
            abstract_type => abstract_type,
        };
        RefType::new(reference.is_nullable(), heap).map_or(ty, ValType::Ref)
    }

    fn index(&self, index: UnpackedIndex) -> UnpackedIndex {
        match index {
            UnpackedIndex::Id(id) => match self.indices.get(&id) {
                Some(index) => UnpackedIndex::Module(*index),
                None => index,
            },
            index => index,
        }
    }

    fn op(
        &mut self,
        op: &Operator<'_>,
        pops: usize,
        results: Vec<Option<ValType>>,
        reachable: bool,
    ) {
        let at = self.view.ops.len();
        let parent = self.open.last().map(|open| open.at);
        let floor = self.open.last().map_or(0, |open| open.floor);
        let mut view = OpView {
            start: at,
            end: at + 1,
            pops,
            results,
            operands: Vec::new(),
            reachable,
            parent,
            is_divider: matches!(
                op,
                Operator::Else | Operator::Catch { .. } | Operator::CatchAll
            ),
        };
        match op {
            Operator::End => {
                view.pops = 0;
                let results = std::mem::take(&mut view.results);
                self.stack.truncate(floor);
                if let Some(open) = self.open.pop() {
                    let alone = results.len() == 1 && open.whole;
                    self.push(open.start, at + 1, results.len(), alone);
                    let opener = &mut self.view.ops[open.at];
                    opener.end = at + 1;
                    opener.results = results;
                }
            }
            Operator::Else | Operator::Catch { .. } | Operator::CatchAll => {
                view.pops = 0;
                let made = match self.open.last() {
                    Some(open) if matches!(op, Operator::Else) => open.params,
                    _ => view.results.len(),
                };
                view.results = Vec::new();
                self.stack.truncate(floor);
                self.push(at, at + 1, made, false);
            }
            _ => {
                let operands = self.take(pops, floor);
                view.start = operands.first().map_or(at, |value| value.start.min(at));
                if operands.len() == pops && operands.iter().all(|value| value.alone) {
                    view.operands = operands.iter().map(|v| (v.start, v.end)).collect();
                }
                if is_opener(op) {
                    // Its parameters are inside.
                    let params = std::mem::take(&mut view.results).len();
                    self.open.push(Open {
                        at,
                        floor: self.stack.len(),
                        start: view.start,
                        params,
                        whole: view.operands.len() == pops,
                    });
                    self.push(at, at + 1, params, false);
                } else {
                    let (start, made) = (view.start, view.results.len());
                    let whole = view.operands.len() == pops;
                    self.push(start, at + 1, made, made == 1 && whole);
                }
            }
        }
        self.view.ops.push(view);
    }

    /// Puts values on the stack. One that is not alone, or that is the parameter of a block, cannot
    /// be removed with the code before it.
    fn push(&mut self, start: usize, end: usize, count: usize, alone: bool) {
        let value = Value { start, end, alone };
        self.stack.extend(std::iter::repeat_n(value, count));
    }

    /// Takes operands off the stack: fewer than asked for only in code that is not reachable.
    fn take(&mut self, count: usize, floor: usize) -> Vec<Value> {
        let from = self
            .stack
            .len()
            .saturating_sub(count)
            .max(floor.min(self.stack.len()));
        self.stack.split_off(from)
    }
}
