//! The form in which engines get cases.

use crate::case::Case;
use crate::export::{Collect, export};
use crate::module::Module;
use crate::oracle::CaseForm;
use std::sync::Arc;

/// Judges cases in their [exported](crate::export) form.
#[derive(Copy, Clone, Debug)]
pub struct ExportedForm;

impl CaseForm for ExportedForm {
    fn convert(&self, case: &Case, module: &Arc<Module>) -> Result<(Case, Arc<Module>), String> {
        let exported = export(case, module, Collect::Import).map_err(|e| e.to_string())?;
        let case = exported.case();
        let module = Module::new(&case.wasm, &mut Arc::default());
        let module = module.map_err(|error| format!("the exported module: {error}"))?;
        Ok((case, Arc::new(module)))
    }
}
