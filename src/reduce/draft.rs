//! A case under edit, and what the passes know of it.

use super::view::View;
use crate::case::{Case, Plan, Step};
use crate::engine::{Limits, Schedule};
use crate::module_ir::{IrError, Module};
use wasmparser::WasmFeatures;

/// A case, its module taken apart.
#[derive(Clone, Debug)]
pub(super) struct Draft<'a> {
    pub module: Module<'a>,
    pub plan: Plan,
    pub host: Vec<Step>,
    pub schedule: Schedule,
    pub limits: Limits,
    pub client: Option<u32>,
}

impl<'a> Draft<'a> {
    /// Takes a case apart.
    pub fn of(case: &'a Case) -> Result<Draft<'a>, IrError> {
        Ok(Draft {
            module: Module::decode(&case.wasm)?,
            plan: case.plan.clone(),
            host: case.host.clone(),
            schedule: case.schedule.clone(),
            limits: case.limits,
            client: case.client,
        })
    }

    /// Puts the case together.
    pub fn case(&self) -> Result<Case, IrError> {
        Ok(Case {
            wasm: self.module.encode()?,
            plan: self.plan.clone(),
            host: self.host.clone(),
            schedule: self.schedule.clone(),
            limits: self.limits,
            client: self.client,
        })
    }
}

/// The smallest case so far, as the passes see it.
#[derive(Debug)]
pub(super) struct State<'a> {
    pub draft: Draft<'a>,
    pub view: View,
    pub cost: u64,
}

impl<'a> State<'a> {
    pub fn of(case: &'a Case, features: WasmFeatures) -> Result<State<'a>, IrError> {
        let draft = Draft::of(case)?;
        let view = View::new(&case.wasm, &draft.module, features)?;
        let cost = super::cost::cost(&draft);
        Ok(State { draft, view, cost })
    }
}

/// A change of a case. Returns `None` if it does not apply.
pub(super) type Edit = Box<dyn for<'a> Fn(&mut Draft<'a>) -> Option<()> + Send + Sync>;

/// Makes an edit of a closure.
pub(super) fn edit(
    change: impl for<'a> Fn(&mut Draft<'a>) -> Option<()> + Send + Sync + 'static,
) -> Edit {
    Box::new(change)
}
