//! The law *language*: what all heaps share, and a case contradicts.

use gcdiff::case::{self, Case, claims};
use gcdiff::generate;
use gcdiff::heap::{GcRef, Heap, HeapError, HeapLayer};
use gcdiff::oracle::{
    Collector, HeapSubject, Law, Layer, Layers, Options, SharedSubject, Verdict, judge,
};
use gcdiff::reduce::{Keep, SameFinding, Settings, reduce};
use gcdiff::types::StorageKind;

fn verdict(case: &Case, options: &Options) -> Verdict {
    judge(case, options).unwrap().verdict
}

/// A case that claims something wrong: with bits 4 and 0.
#[test]
fn contradictions_that_all_heaps_show_break_the_law() {
    let text = format!(
        r#"(module
             (global $g (export "{}") (mut i32) (i32.const 0))
             (func (export "run") (global.set $g (i32.const 17))))"#,
        claims::EXPORT
    );
    let (case, _) = case::read(text.as_bytes()).unwrap();
    let all = Options::default();
    let Verdict::Violation(violation) = verdict(&case, &all) else {
        panic!("no violation");
    };
    assert_eq!(violation.law, Law::Language);
    let shown = Verdict::Violation(violation);
    assert_eq!(
        shown.fingerprint().as_deref(),
        Some("language:operand+segment:null")
    );
    let without = Layers::ALL.without(Layer::Law(Law::Language));
    let without = all.clone().with_layers(without);
    assert_eq!(verdict(&case, &without), Verdict::Agree);
    // Another name, another meaning.
    let other = text.replace(claims::EXPORT, "contradictions");
    let (case, _) = case::read(other.as_bytes()).unwrap();
    assert_eq!(verdict(&case, &all), Verdict::Agree);
}

/// A heap that copies within an array element by element, upwards.
struct Upwards(Box<dyn Heap>);

impl HeapLayer for Upwards {
    type Behind = dyn Heap;

    fn behind(&self) -> &(dyn Heap + 'static) {
        &*self.0
    }

    fn behind_mut(&mut self) -> &mut (dyn Heap + 'static) {
        &mut *self.0
    }

    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        (0..len).try_for_each(|i| {
            let (dst, src) = ((dst.0, dst.1 + i), (src.0, src.1 + i));
            self.0.copy(dst, src, 1, kind)
        })
    }
}

/// All heaps have the bug, as if the interpreter had it.
fn shared() -> Options {
    let subject = |collector: Collector| -> SharedSubject {
        HeapSubject::shared(move || -> Box<dyn Heap> { Box::new(Upwards(collector.heap())) })
    };
    Options::fuzzing()
        .with_collectors([Collector::Null, Collector::Drc, Collector::Model].map(subject))
        .with_sometimes([])
}

#[test]
fn a_bug_that_all_heaps_share_is_found_and_reduced_without_edits_of_code() {
    let cases = (0..200).map(|index| generate::case(&generate::input(1, index)).unwrap().case);
    let options = shared();
    let found = cases
        .map(|case| (verdict(&case, &options), case))
        .find(|(verdict, _)| verdict.is_finding());
    let (verdict_on, case) = found.expect("the bug is found");
    let fingerprint = verdict_on.fingerprint().unwrap();
    assert_eq!(fingerprint, "language:bulk:null");
    let same = SameFinding::new(&case, options.clone(), Keep::Fingerprint, None).unwrap();
    let reduced = reduce(case.clone(), &same, &Settings::default(), &()).unwrap();
    assert!(reduced.case.wasm.len() < case.wasm.len());
    let again = verdict(&reduced.case, &options);
    assert_eq!(again.fingerprint(), Some(fingerprint));
    // An edit of code would have made a case that is wrong itself.
    assert_eq!(verdict(&reduced.case, &Options::default()), Verdict::Agree);
}
