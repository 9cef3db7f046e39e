//! The forms in which engines get cases.

use crate::case::{self, Case, Plan};
use crate::engine::NoInspector;
use crate::export::{Collect, export, for_embedder};
use crate::heap::null::Null;
use crate::module::Module;
use crate::observe::StepOutcome;
use crate::oracle::{CaseForm, MAX_BYTES};
use serde::Deserialize;
use std::sync::Arc;

/// A form in which engines get cases.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// [Exported](crate::export::export): the host is a part of the module, which observes itself.
    #[default]
    Exported,
    /// [For an embedder](crate::export::for_embedder): the runner is the host.
    Embedder,
}

impl CaseForm for Form {
    fn name(&self) -> &'static str {
        match self {
            Form::Exported => "exported",
            Form::Embedder => "embedder",
        }
    }

    fn convert(&self, case: &Case, module: &Arc<Module>) -> Result<(Case, Arc<Module>), String> {
        let case = match self {
            Form::Exported => export(case, module, Collect::Import).map(|exported| exported.case()),
            Form::Embedder => for_embedder(case, module),
        };
        let case = case.map_err(|error| error.to_string())?;
        let module = Module::of_valid(&case.wasm, &mut Arc::default());
        let module = module.map_err(|error| format!("the module in this form: {error}"))?;
        let module = Arc::new(module);
        if *self == Form::Embedder {
            instantiates(&case, &module)?;
        }
        Ok((case, module))
    }
}

/// Checks that the instantiation of a case ends well. If it does not, an embedder sees no instance.
fn instantiates(case: &Case, module: &Arc<Module>) -> Result<(), String> {
    let alone = Case {
        plan: Plan::Steps(Vec::new()),
        ..case.clone()
    };
    let run = case::run(&alone, module, Null::new(MAX_BYTES), &mut NoInspector);
    let seen = run.observation.map_err(|error| error.to_string())?;
    match seen.steps.first().map(|step| &step.outcome) {
        Some(StepOutcome::Trapped(trap)) => Err(format!(
            "its instantiation traps ({trap}), and an embedder sees no instance"
        )),
        _ => Ok(()),
    }
}
