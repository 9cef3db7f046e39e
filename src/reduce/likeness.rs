//! Which reduced findings show the same bug.

use super::draft::Draft;
use crate::case::{Case, Plan, Step};
use crate::module::operator_name;
use crate::oracle::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use wasmparser::Operator;

/// What a finding shares with other findings of the same bug, from its reduced forms.
///
/// Two findings are taken for the same bug if the same instruction is to blame and their reduced
/// cases differ in names, numbers, order and plain values only (which constant, which local, which
/// kind of new object); or if one of them, reduced once more while it breaks the same law in the
/// same heap, gets the fingerprint or the reduced case of the other.
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

    /// Adds a reduced case, and the verdict on it.
    pub(super) fn add(&mut self, case: &Case, verdict: &Verdict) {
        let Some(fingerprint) = verdict.fingerprint() else {
            return;
        };
        // Without the instruction to blame, all cases that only make objects would be alike.
        let blamed = match verdict.blamed_actor() {
            Some(actor) => format!("{actor}:{}", verdict.blamed_heaps().join("+")),
            None => fingerprint.clone(),
        };
        self.add_shape(case, &blamed);
        self.0.insert(Trait::Fingerprint(fingerprint));
    }

    fn add_shape(&mut self, case: &Case, blamed: &str) {
        let shape = shape(case).map(|shape| format!("{blamed}\n{shape}"));
        self.0.extend(shape.map(Trait::Shape));
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

/// A case without names, numbers, order and plain values: how often each other instruction occurs
/// in each function, and the steps. `None` if the module cannot be taken apart.
fn shape(case: &Case) -> Option<String> {
    let draft = Draft::of(case).ok()?;
    let mut items: Vec<String> = Vec::new();
    for func in draft.module.funcs.iter().filter_map(|func| func.code()) {
        items.push(format!("func {}", tally(&func.ops)));
    }
    items.extend(draft.module.globals.iter().map(|_| "global".into()));
    items.extend(draft.module.tables.iter().map(|_| "table".into()));
    items.extend(draft.module.elements.iter().map(|_| "elem".into()));
    items.extend(draft.module.data.iter().map(|_| "data".into()));
    if let Plan::Steps(steps) = &draft.plan {
        items.extend(steps.iter().map(|step| format!("step {}", kind(step))));
    }
    items.extend(draft.host.iter().map(|step| format!("host {}", kind(step))));
    items.sort();
    Some(items.join("\n"))
}

/// How often each instruction occurs, but for those that only make values.
fn tally(ops: &[Operator<'_>]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for op in ops.iter().filter(|op| !is_plain(op)) {
        *counts.entry(operator_name(op)).or_default() += 1;
    }
    counts.iter().fold(String::new(), |mut out, (name, count)| {
        let _ = write!(out, " {count} {name}");
        out
    })
}

/// Whether an instruction makes a value, or moves one, and has no other effect.
fn is_plain(op: &Operator<'_>) -> bool {
    matches!(
        op,
        Operator::End
            | Operator::Drop
            | Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::V128Const { .. }
            | Operator::RefNull { .. }
            | Operator::RefI31
            | Operator::LocalGet { .. }
            | Operator::LocalSet { .. }
            | Operator::LocalTee { .. }
            | Operator::StructNew { .. }
            | Operator::StructNewDefault { .. }
            | Operator::ArrayNew { .. }
            | Operator::ArrayNewDefault { .. }
            | Operator::ArrayNewFixed { .. }
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case;

    fn likeness(text: &str, blamed: &str) -> Likeness {
        let (case, _) = case::read(text.as_bytes()).unwrap();
        let mut likeness = Likeness::default();
        likeness.add_shape(&case, blamed);
        likeness
    }

    #[test]
    fn names_numbers_order_and_values_make_no_difference() {
        let set = likeness(
            "(module (type $s (struct (field (mut eqref))))
               (func (export \"f\")
                 (struct.set $s 0 (struct.new_default $s) (struct.new_default $s))))",
            "struct.set:drc",
        );
        let renamed = likeness(
            "(module (type $a (array i8)) (type $t (struct (field i32) (field (mut anyref))))
               (func (export \"run\") (local $r (ref null $t))
                 (local.set $r (struct.new_default $t))
                 (struct.set $t 1 (local.get $r) (array.new_fixed $a 1 (i32.const 7)))))",
            "struct.set:drc",
        );
        // The same code, but another instruction is to blame.
        let elsewhere = likeness(
            "(module (type $s (struct (field (mut eqref))))
               (func (export \"f\")
                 (struct.set $s 0 (struct.new_default $s) (struct.new_default $s))))",
            "struct.new_default:drc",
        );
        let twice = likeness(
            "(module (type $s (struct (field (mut eqref))))
               (func (export \"f\")
                 (struct.set $s 0 (struct.new_default $s) (struct.new_default $s))
                 (struct.set $s 0 (struct.new_default $s) (struct.new_default $s))))",
            "struct.set:drc",
        );
        let all = [&set, &elsewhere, &renamed, &twice];
        assert_eq!(clusters(all), [vec![0, 2], vec![1], vec![3]]);
    }

    #[test]
    fn findings_that_reduce_to_one_another_are_together() {
        let of = |fingerprints: &[&str]| {
            let of = |fingerprint: &&str| Trait::Fingerprint(fingerprint.to_string());
            Likeness(fingerprints.iter().map(of).collect())
        };
        let chain = [of(&["a"]), of(&["b", "c"]), of(&["d"]), of(&["c", "a"])];
        assert_eq!(clusters(&chain), [vec![0, 1, 3], vec![2]]);
        assert_eq!(clusters(&[Likeness::of("a"), Likeness::of("a")]), [[0, 1]]);
        assert!(clusters([]).is_empty());
    }
}
