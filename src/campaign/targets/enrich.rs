//! The target `enrich`: enriched modules are valid, and the additions alone change nothing. The
//! module's documentation lists what is compared.

use super::{CaseResult, FuzzTarget};
use crate::campaign::{Evidence, Finding};
use crate::case::Case;
use crate::engine::Trap;
use crate::generate;
use crate::module::{ExportItem, ExternType, Module};
use crate::observe::{Observation, StepOutcome};
use crate::oracle::{Names, Options, Verdict, compare, judge_module};
use crate::types::{HeapType, ValType};
use std::fmt;
use std::sync::Arc;

pub(super) fn look(bytes: &[u8], options: &Options) -> CaseResult {
    let Ok(pair) = generate::pair(bytes) else {
        return CaseResult::Inconclusive(None);
    };
    let (extended, enriched) = match (pair.extended(), pair.enriched()) {
        (Ok(extended), Ok(enriched)) => (extended, enriched),
        (Err(error), _) | (_, Err(error)) => return bad("enrich:refused", error, pair.plain),
    };
    if let Err(error) = Module::new(&enriched.wasm, &mut Arc::default()) {
        return bad("enrich:invalid", error, enriched);
    }
    same(&pair.plain, &extended, options)
}

/// Compares what two cases show of the items of the first.
pub(super) fn same(plain: &Case, extended: &Case, options: &Options) -> CaseResult {
    // Both use one registry, so that equal types have equal names.
    let mut types = Arc::default();
    let mut module = |case: &Case| Module::new(&case.wasm, &mut types).map(Arc::new);
    let Ok(original) = module(plain) else {
        return CaseResult::Inconclusive(None);
    };
    let other = match module(extended) {
        Ok(module) => module,
        Err(error) => return bad("enrich:invalid-additions", error, extended.clone()),
    };
    let names = Names::new(&other);
    let a = match run(plain, &original, options) {
        RunResult::Seen(seen) => *seen,
        // Then the pair is inconclusive.
        RunResult::Not | RunResult::Bad(_) => return CaseResult::Inconclusive(None),
    };
    let mut b = match run(extended, &other, options) {
        RunResult::Seen(seen) => *seen,
        RunResult::Not => return bad("enrich:not-run", "only the original runs", extended.clone()),
        RunResult::Bad(what) => return bad("enrich:broken", what, extended.clone()),
    };
    if starved(&a) || starved(&b) {
        return CaseResult::Inconclusive(None);
    }
    b.globals.truncate(a.globals.len());
    b.tables.truncate(a.tables.len());
    match compare(("original", &a), ("extended", &b), &names) {
        None => CaseResult::Agree,
        Some(_) if host_chooses(&original) => CaseResult::Inconclusive(None),
        Some(found) => {
            let fingerprint = format!("enrich:{}", found.kind.replace(' ', "-"));
            bad(&fingerprint, Verdict::Differ(found), extended.clone())
        }
    }
}

/// Whether the host may have to choose a function, or a struct or array of any type. It looks for a
/// fitting one among all that exist, those of the additions included.
fn host_chooses(module: &Module) -> bool {
    let chosen = |ty: &ValType| match ty {
        ValType::Ref(r) => matches!(
            r.heap,
            HeapType::Func | HeapType::ConcreteFunc(_) | HeapType::Struct | HeapType::Array
        ),
        _ => false,
    };
    let imported = module.imports.iter().any(|import| match import.ty {
        ExternType::Func(ty) => module.types.func(ty).results.iter().any(chosen),
        ExternType::Global(ty) => chosen(&ty.value),
        _ => false,
    });
    let exported = module.exports.iter().any(|export| match export.item {
        ExportItem::Func(i) => {
            let ty = module.funcs[i as usize];
            module.types.func(ty).params.iter().any(chosen)
        }
        ExportItem::Global(i) => chosen(&module.globals[i as usize].value),
        ExportItem::Table(i) => chosen(&ValType::Ref(module.tables[i as usize].element)),
        _ => false,
    });
    imported || exported
}

/// Result of a run.
enum RunResult {
    Seen(Box<Observation>),
    /// The host cannot satisfy the imports.
    Not,
    Bad(String),
}

fn run(case: &Case, module: &Arc<Module>, options: &Options) -> RunResult {
    match judge_module(case, module, options) {
        Err(error) => RunResult::Bad(error.to_string()),
        Ok(judged) => match (judged.verdict, judged.observations.into_iter().next()) {
            (Verdict::Agree, Some(seen)) => RunResult::Seen(Box::new(seen)),
            (Verdict::Agree | Verdict::Discard(..), _) => RunResult::Not,
            (finding, _) => RunResult::Bad(finding.to_string()),
        },
    }
}

/// Whether the instantiation ran out of fuel, which it shares with the additions.
fn starved(seen: &Observation) -> bool {
    let instantiation = seen.steps.first().map(|step| &step.outcome);
    instantiation == Some(&StepOutcome::Trapped(Trap::OutOfFuel))
}

fn bad(fingerprint: &str, what: impl fmt::Display, case: Case) -> CaseResult {
    CaseResult::Finding(Box::new(Finding {
        origin: FuzzTarget::Enrich.origin(),
        number: 0,
        fingerprint: fingerprint.to_string(),
        evidence: Evidence::Enrichment(what.to_string()),
        case: Some(case),
        fault: None,
        pins: FuzzTarget::Enrich.options().pins(),
    }))
}
