//! Generation of pairs from bytes: a module, and the same module with the additions of the
//! enrichment.
//!
//! Pairs serve to test whether the additions alone change anything. The plan names only exports of
//! the original, so it fits both, and so does a comparison of the original's items.

use super::Features;
use super::case::PLAN;
use super::enrich::{self, EnrichError};
use super::plan::Exports;
use super::smith;
use crate::case::Case;
use crate::engine::{Limits, Schedule};
use crate::module::Module;
use arbitrary::Unstructured;
use std::sync::Arc;

/// A module of wasm-smith, a plan, and the input of the enrichment.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The original, and a plan.
    pub plain: Case,
    choices: Vec<u8>,
}

impl Pair {
    /// The original with all additions and no other change, and the same plan.
    ///
    /// # Errors
    ///
    /// None on a module of wasm-smith, unless the enrichment has a bug.
    pub fn extended(&self) -> Result<Case, EnrichError> {
        self.with(enrich::extend(&self.plain.wasm, &mut self.choices()))
    }

    /// The enriched original: with the same additions, and with sequences, guards and moved
    /// segments.
    ///
    /// # Errors
    ///
    /// As [`Pair::extended`].
    pub fn enriched(&self) -> Result<Case, EnrichError> {
        self.with(enrich::enrich(
            &self.plain.wasm,
            Features::ALL,
            &mut self.choices(),
        ))
    }

    fn choices(&self) -> Unstructured<'_> {
        Unstructured::new(&self.choices)
    }

    fn with(&self, wasm: Result<Vec<u8>, EnrichError>) -> Result<Case, EnrichError> {
        Ok(Case {
            wasm: wasm?,
            ..self.plain.clone()
        })
    }
}

/// Draws a pair.
///
/// # Errors
///
/// If wasm-smith fails on the input.
pub fn pair(bytes: &[u8]) -> arbitrary::Result<Pair> {
    let (plan, rest) = bytes.split_at(PLAN.min(bytes.len() / 8));
    let mut rest = Unstructured::new(rest);
    let choices = enrich::INPUT.min(rest.len() / 4);
    let choices = rest.bytes(choices)?.to_vec();
    let wasm = smith::module(Features::ALL, &mut rest)?;
    let module =
        Module::new(&wasm, &mut Arc::default()).map_err(|_| arbitrary::Error::IncorrectFormat)?;
    let exports = Exports::of(&module);
    let mut u = Unstructured::new(plan);
    let plain = Case {
        host: exports.host(&mut u)?,
        plan: exports.plan(&mut u)?,
        schedule: Schedule::Never,
        limits: limits(),
        client: None,
        wasm,
    };
    Ok(Pair { plain, choices })
}

/// The additions use up a part of each budget for a whole run, so these are larger than usual. The
/// fuel of a call, which they do not use, keeps runs short, and cannot use up these budgets.
fn limits() -> Limits {
    let ample = Limits::default();
    Limits {
        heap_bytes: ample.heap_bytes,
        table_elements: ample.table_elements,
        memory_bytes: ample.memory_bytes,
        ..Limits::fuzzing()
    }
}
