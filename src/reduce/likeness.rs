//! Which reduced findings show the same bug.

use super::draft::Draft;
use crate::case::{Case, Plan, Step};
use crate::module::operator_name;
use crate::oracle::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::Operator;

/// What a finding shares with other findings of the same bug, from its reduced forms.
///
/// Two findings are taken for the same bug if
///
/// * the same instruction is to blame and their reduced cases differ in names, numbers, order and
///   plain values only: which constant, which local or global, which kind of new object; or
/// * the same heap is to blame and their reduced cases differ in the instruction to blame, too, but
///   have the same flow of control, which is more than a call; or
/// * one of them, reduced once more while it breaks the same law in the same heap, or shows
///   anything, gets the fingerprint or the reduced case of the other.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Likeness(BTreeSet<Trait>);

/// One common property.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Trait {
    Fingerprint(String),
    /// What is to blame, and all of the case.
    Shape(String, Shape),
    /// A heap that is to blame, and the case without the instruction that is.
    Context(String, Shape),
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
        self.0.insert(Trait::Fingerprint(fingerprint.clone()));
        // Without the instruction to blame, all cases that only make objects would be alike.
        let actor = verdict.blamed_actor();
        let heaps = verdict.blamed_heaps();
        let blamed = match actor {
            Some(actor) => format!("{actor}:{}", heaps.join("+")),
            None => fingerprint,
        };
        self.add_shape(case, &blamed, actor, &heaps);
    }

    fn add_shape(&mut self, case: &Case, blamed: &str, actor: Option<&str>, heaps: &[&str]) {
        let Some(shape) = Shape::of(case) else {
            return;
        };
        // A difference blames no instruction: any can be the one that sees it.
        let actors: BTreeSet<&str> = match actor {
            Some(actor) => BTreeSet::from([actor]),
            None => {
                let all = shape.funcs.iter().flatten().map(|(name, _)| name.as_str());
                all.filter(|name| !is_control(name) && !is_empty(name))
                    .chain([""])
                    .collect()
            }
        };
        for context in actors.into_iter().flat_map(|actor| shape.contexts(actor)) {
            let each = heaps.iter().map(|heap| heap.to_string());
            let each = each.map(|heap| Trait::Context(heap, context.clone()));
            self.0.extend(each);
        }
        self.0.insert(Trait::Shape(blamed.into(), shape));
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

/// A case without names, numbers, order and plain values.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Shape {
    /// How often each other instruction occurs in each function, sorted.
    funcs: Vec<Tally>,
    /// Segments, and steps of the plan and of the host, sorted.
    rest: Vec<String>,
}

type Tally = BTreeMap<String, usize>;

impl Shape {
    /// The shape of a case. `None` if its module cannot be taken apart.
    fn of(case: &Case) -> Option<Shape> {
        let draft = Draft::of(case).ok()?;
        let code = draft.module.funcs.iter().filter_map(|func| func.code());
        let mut funcs: Vec<Tally> = code.map(|code| tally(&code.ops)).collect();
        funcs.sort();
        let mut rest: Vec<String> = Vec::new();
        rest.extend(draft.module.elements.iter().map(|_| "elem".into()));
        rest.extend(draft.module.data.iter().map(|_| "data".into()));
        if let Plan::Steps(steps) = &draft.plan {
            rest.extend(steps.iter().map(|step| format!("step {}", kind(step))));
        }
        rest.extend(draft.host.iter().map(|step| format!("host {}", kind(step))));
        rest.sort();
        Some(Shape { funcs, rest })
    }

    /// The shape without one occurrence of an instruction, for each function that has it, if the
    /// flow of control is still more than a call: then the instruction is likely to see only what
    /// the flow of control has brought about.
    fn contexts(&self, instruction: &str) -> Vec<Shape> {
        let mut contexts = Vec::new();
        for func in 0..self.funcs.len() {
            let mut context = self.clone();
            let Some(count) = context.funcs[func].get_mut(instruction) else {
                continue;
            };
            *count -= 1;
            context.funcs[func].retain(|_, count| *count > 0);
            context.funcs.sort();
            contexts.push(context);
        }
        // An allocation, which is in no shape, or a collection.
        if contexts.is_empty() {
            contexts.push(self.clone());
        }
        contexts.retain(Shape::has_flow);
        contexts
    }

    /// Whether there are at least two instructions of control.
    fn has_flow(&self) -> bool {
        let all = self.funcs.iter().flatten();
        let control = all.filter(|(name, _)| is_control(name));
        control.map(|(_, count)| count).sum::<usize>() >= 2
    }
}

/// Whether an instruction reads nothing.
fn is_empty(name: &str) -> bool {
    ["else", "nop", "unreachable"].contains(&name)
}

fn is_control(name: &str) -> bool {
    let starts = [
        "loop", "block", "if", "br", "call", "return", "throw", "try",
    ];
    starts.iter().any(|start| name.starts_with(start))
}

/// How often each instruction occurs, but for those that only make values.
fn tally(ops: &[Operator<'_>]) -> Tally {
    let mut counts = Tally::new();
    for op in ops.iter().filter(|op| !is_plain(op)) {
        *counts.entry(operator_name(op)).or_default() += 1;
    }
    counts
}

/// Whether an instruction is on numbers only.
fn is_arithmetic(op: &Operator<'_>) -> bool {
    let name = operator_name(op);
    let is_number = ["i32.", "i64.", "f32.", "f64."];
    is_number.iter().any(|start| name.starts_with(start))
        && !name.contains("load")
        && !name.contains("store")
}

/// Whether an instruction makes a value, or moves one, and has no other effect.
fn is_plain(op: &Operator<'_>) -> bool {
    let is_other = matches!(
        op,
        Operator::End
            | Operator::Drop
            | Operator::V128Const { .. }
            | Operator::GlobalGet { .. }
            | Operator::TableGet { .. }
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
    );
    is_other || is_arithmetic(op)
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
        let (actor, heap) = blamed.split_once(':').unwrap();
        likeness.add_shape(&case, blamed, Some(actor), &[heap]);
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
    fn the_instruction_that_sees_what_the_flow_of_control_has_done_makes_no_difference() {
        let with = |text: &str| {
            format!(
                "(module (type $s (struct (field (mut eqref)))) (func $g)
                   (func (export \"f\") (local $r (ref null $s))
                     (loop (call $g) {text} (br_if 0 (i32.const 1)))))"
            )
        };
        let set = with("(struct.set $s 0 (local.get $r) (ref.null none))");
        let get = with("(drop (struct.get $s 0 (local.get $r)))");
        let all = [
            likeness(&set, "struct.set:drc"),
            likeness(&get, "struct.get:drc"),
            likeness(&get, "struct.get:copying"),
            // The instruction to blame is in no loop.
            likeness(&set.replace("(loop", "(block"), "struct.set:drc"),
        ];
        assert_eq!(clusters(&all), [vec![0, 1], vec![2], vec![3]]);
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
