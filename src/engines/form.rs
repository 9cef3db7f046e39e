//! The forms in which engines get cases.

use crate::case::Case;
use crate::export::{export_nameless, for_embedder};
use crate::module::Module;
use crate::observe::{Observation, StepOutcome};
use crate::oracle::CaseForm;
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
            Form::Exported => export_nameless(case, module).map(|exported| exported.case()),
            Form::Embedder => for_embedder(case, module),
        };
        let case = case.map_err(|error| error.to_string())?;
        let module = Module::of_valid(&case.wasm, &mut Arc::default());
        let module = module.map_err(|error| format!("the module in this form: {error}"))?;
        Ok((case, Arc::new(module)))
    }

    fn shows(&self, seen: &Observation) -> Result<(), String> {
        match (self, seen.steps.first().map(|step| &step.outcome)) {
            (Form::Embedder, Some(StepOutcome::Trapped(trap))) => Err(format!(
                "its instantiation traps ({trap}), and an embedder sees no instance"
            )),
            _ => Ok(()),
        }
    }
}
