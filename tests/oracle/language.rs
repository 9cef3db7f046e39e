//! The law *language*: what all heaps share, and a case contradicts.

use gcdiff::case::{self, Call, Case, Plan, Step, claims};
use gcdiff::generate::{self, Generator, Profile};
use gcdiff::heap::{GcRef, Heap, HeapError, HeapLayer};
use gcdiff::oracle::{
    Collector, HeapSubject, Law, Layer, Layers, Options, SharedSubject, Verdict, judge,
};
use gcdiff::reduce::{Keep, SameFinding, Settings, reduce};
use gcdiff::types::{Field, StorageKind};

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

/// The module begins code that cannot trap, notes that one call is to end at a limit, and then a step
/// ends in some way.
fn unfinished(first: &str, second: &str) -> Verdict {
    let text = format!(
        r#"(module
             (type $a (array (mut i32)))
             (global $g (export "{}") (mut i32) (i32.const 0))
             (func $begin (global.set $g (i32.add (global.get $g) (i32.const 0x40_0000))))
             (func $ends (global.set $g (i32.add (global.get $g) (i32.const 0x1000))))
             (func (export "first") {first})
             (func (export "second") {second}))"#,
        claims::EXPORT
    );
    let (case, _) = case::read(text.as_bytes()).unwrap();
    verdict(&case, &Options::default())
}

#[test]
fn code_that_cannot_trap_comes_to_its_end_or_to_a_limit() {
    let trap = "(drop (array.get $a (array.new_default $a (i32.const 0)) (i32.const 0)))";
    let endless = "(loop (br 0))";
    let is_found = |first: &str, second: &str| match unfinished(first, second) {
        Verdict::Agree => false,
        verdict => {
            let fingerprint = verdict.fingerprint();
            assert_eq!(fingerprint.as_deref(), Some("language:completion:null"));
            true
        }
    };
    let begun = |end: &str| format!("(call $begin) {end}");
    assert!(!is_found("", ""));
    assert!(!is_found(trap, ""));
    assert!(is_found(&begun(trap), ""));
    assert!(is_found("", &begun(trap)));
    // A limit ends any code, and so does `unreachable` where limits are inside a module.
    assert!(!is_found(&begun(endless), ""));
    assert!(!is_found(&begun("(unreachable)"), ""));
    // Another call that ends at a limit hides nothing if it was to end so.
    assert!(is_found(&begun(trap), "(call $ends) (loop (br 0))"));
    assert!(is_found("(call $ends) (unreachable)", &begun(trap)));
    assert!(!is_found(&begun(trap), "(loop (br 0))"));
    assert!(!is_found("", "(call $ends) (loop (br 0))"));
}

/// The count of calls that were to end at a limit has ten bits. A case of a campaign ended 1,024 calls that
/// nobody had counted, and was taken for a finding.
#[test]
fn more_calls_may_end_at_a_limit_than_can_be_counted() {
    let text = format!(
        r#"(module
             (global $g (export "{}") (mut i32) (i32.const 0))
             (func (export "end") unreachable))"#,
        claims::EXPORT
    );
    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    for calls in [1, 1023, 1024, 1025, 2048] {
        let step = Step::Call(Call {
            export: "end".to_string(),
            args: Vec::new(),
        });
        case.plan = Plan::Steps(vec![step; calls]);
        assert_eq!(
            verdict(&case, &Options::default()),
            Verdict::Agree,
            "{calls}"
        );
    }
}

/// A bug that all heaps have, as if the interpreter had it.
#[derive(Copy, Clone, PartialEq)]
enum Bug {
    /// Copies within an array element by element, upwards.
    Upwards,
    /// Stores of references to fields do nothing.
    NoStores,
}

/// A heap with such a bug.
struct Buggy(Box<dyn Heap>, Bug);

impl HeapLayer for Buggy {
    type Behind = dyn Heap;

    fn behind(&self) -> &(dyn Heap + 'static) {
        &*self.0
    }

    fn behind_mut(&mut self) -> &mut (dyn Heap + 'static) {
        &mut *self.0
    }

    fn set_field(&mut self, r: GcRef, field: Field, value: u64) -> Result<(), HeapError> {
        match self.1 == Bug::NoStores && field.kind == StorageKind::Gc {
            true => Ok(()),
            false => self.0.set_field(r, field, value),
        }
    }

    fn copy(
        &mut self,
        dst: (GcRef, u32),
        src: (GcRef, u32),
        len: u32,
        kind: StorageKind,
    ) -> Result<(), HeapError> {
        if self.1 != Bug::Upwards {
            return self.0.copy(dst, src, len, kind);
        }
        (0..len).try_for_each(|i| {
            let (dst, src) = ((dst.0, dst.1 + i), (src.0, src.1 + i));
            self.0.copy(dst, src, 1, kind)
        })
    }
}

fn shared(bug: Bug) -> Options {
    let subject = |collector: Collector| -> SharedSubject {
        HeapSubject::shared(move || -> Box<dyn Heap> { Box::new(Buggy(collector.heap(), bug)) })
    };
    Options::fuzzing()
        .with_collectors([Collector::Null, Collector::Drc, Collector::Model].map(subject))
        .with_sometimes([])
}

/// The first case that is a finding, with its fingerprint.
fn found(generator: Generator, options: &Options) -> (Case, String) {
    let cases = (0..200).map(|index| {
        let drawn = Profile::from(generator).case(&generate::input(1, index));
        drawn.unwrap().case
    });
    let mut found = cases.filter_map(|case| {
        let fingerprint = verdict(&case, options).fingerprint()?;
        Some((case, fingerprint))
    });
    found.next().expect("the bug is found")
}

#[test]
fn a_bug_that_all_heaps_share_is_found_by_each_generator() {
    let options = shared(Bug::NoStores);
    for generator in [Generator::Default, Generator::GcOps] {
        let (_, fingerprint) = found(generator, &options);
        assert_eq!(fingerprint, "language:stored:null", "{generator}");
    }
}

#[test]
fn such_a_finding_is_reduced_without_edits_of_code() {
    let options = shared(Bug::Upwards);
    let (case, fingerprint) = found(Generator::Default, &options);
    assert_eq!(fingerprint, "language:bulk:null");
    let same = SameFinding::new(&case, options.clone(), Keep::Fingerprint, None).unwrap();
    let reduced = reduce(case.clone(), &same, &Settings::default(), &()).unwrap();
    assert!(reduced.case.wasm.len() < case.wasm.len());
    let again = verdict(&reduced.case, &options);
    assert_eq!(again.fingerprint(), Some(fingerprint));
    // An edit of code would have made a case that is wrong itself.
    assert_eq!(verdict(&reduced.case, &Options::default()), Verdict::Agree);
}
