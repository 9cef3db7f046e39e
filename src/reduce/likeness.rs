//! Which reduced findings show the same bug.

use super::draft::Draft;
use crate::case::{Case, Plan, Step};
use crate::module::operator_name;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use wasmparser::Operator;

/// What a finding shares with other findings of the same bug, from its reduced forms.
///
/// Two findings are taken for the same bug if their reduced cases differ in names, numbers and
/// order only, or if one of them, reduced further while it breaks the same law in the same heap,
/// gets the fingerprint of the other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Likeness(BTreeSet<Trait>);

/// One common property.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Trait {
    Fingerprint(String),
    Shape(String),
}

impl Likeness {
    /// A finding that is not reduced: it is like those that are reduced to its fingerprint.
    pub fn of(fingerprint: &str) -> Likeness {
        let fingerprint = Trait::Fingerprint(fingerprint.into());
        Likeness(BTreeSet::from([fingerprint]))
    }

    /// Adds a reduced case, and the fingerprint that it shows.
    pub(super) fn add(&mut self, case: &Case, fingerprint: &str) {
        self.0.insert(Trait::Fingerprint(fingerprint.into()));
        self.0.extend(shape(case).map(Trait::Shape));
    }
}

/// Groups findings that show the same bug: lists of positions, each in ascending order, in the
/// order of their first ones.
pub fn clusters<'a>(findings: impl IntoIterator<Item = &'a Likeness>) -> Vec<Vec<usize>> {
    // Each cluster with all that its members have.
    let mut clusters: Vec<(Vec<usize>, BTreeSet<&Trait>)> = Vec::new();
    for (index, likeness) in findings.into_iter().enumerate() {
        let mut traits: BTreeSet<&Trait> = likeness.0.iter().collect();
        let mut members = vec![index];
        clusters.retain_mut(|(others, theirs)| {
            let is_apart = traits.is_disjoint(theirs);
            if !is_apart {
                members.append(others);
                traits.append(theirs);
            }
            is_apart
        });
        members.sort_unstable();
        clusters.push((members, traits));
    }
    let mut clusters: Vec<Vec<usize>> = clusters.into_iter().map(|(members, _)| members).collect();
    clusters.sort_unstable();
    clusters
}

/// A case without names, numbers and order: how often each instruction occurs in each function,
/// and the steps. `None` if the module cannot be taken apart.
fn shape(case: &Case) -> Option<String> {
    let draft = Draft::of(case).ok()?;
    let mut items: Vec<String> = Vec::new();
    for func in draft.module.funcs.iter().filter_map(|func| func.code()) {
        let counted = |op: &&Operator<'_>| !matches!(op, Operator::End);
        items.push(format!("func {}", tally(func.ops.iter().filter(counted))));
    }
    for global in &draft.module.globals {
        items.push(format!("global {}", tally(&global.init)));
    }
    for table in &draft.module.tables {
        items.push(format!("table {}", tally(table.init.iter().flatten())));
    }
    items.extend(draft.module.elements.iter().map(|_| "elem".into()));
    items.extend(draft.module.data.iter().map(|_| "data".into()));
    if let Plan::Steps(steps) = &draft.plan {
        items.extend(steps.iter().map(|step| format!("step {}", kind(step))));
    }
    items.extend(draft.host.iter().map(|step| format!("host {}", kind(step))));
    items.sort();
    Some(items.join("\n"))
}

/// How often each instruction occurs.
fn tally<'a, 'b: 'a>(ops: impl IntoIterator<Item = &'a Operator<'b>>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for op in ops {
        *counts.entry(operator_name(op)).or_default() += 1;
    }
    counts.iter().fold(String::new(), |mut out, (name, count)| {
        let _ = write!(out, " {count} {name}");
        out
    })
}

fn kind(step: &Step) -> &'static str {
    match step {
        Step::Call(_) => "call",
        Step::Global { value: None, .. } => "global.get",
        Step::Global { .. } => "global.set",
        Step::Table { value: None, .. } => "table.get",
        Step::Table { .. } => "table.set",
        Step::Drop(_) => "drop",
        Step::Collect => "collect",
    }
}
