//! Part-by-part comparison of observations. Each pair of observations below
//! differs in one part, and the difference must be found and named. They come
//! from modules that differ in one place, written `@`.

mod objects;
mod places;
mod steps;

use gcdiff::case;
use gcdiff::engine::{NoInspector, Schedule};
use gcdiff::heap::Heap;
use gcdiff::heap::drc::Drc;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::observe::Observation;
use gcdiff::oracle::{Difference, Names, compare};
use std::sync::Arc;

const TYPES: &str = r#"
    (type $word (struct (field i32)))
    (type $float (struct (field f32)))
    (type $pair (struct (field anyref) (field anyref)))
    (type $refs (array (mut anyref)))
    (type $bytes (array i8))
    (type $node (struct (field i32) (field (mut (ref null $node)))))
"#;

type Ran = (Observation, Arc<Module>);

fn observe(body: &str, heap: impl Heap, schedule: Schedule) -> Ran {
    // The text before the first parenthesis is a header.
    let (header, body) = body.split_at(body.find('(').unwrap_or(0));
    let text = format!("{header}(module {TYPES} {body})");
    let (mut case, _) = case::read(text.as_bytes()).unwrap();
    case.schedule = schedule;
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    let run = case::run(&case, &module, heap, &mut NoInspector);
    (run.observation.unwrap(), module)
}

fn seen(body: &str) -> Ran {
    observe(body, Null::new(1 << 20), Schedule::Never)
}

/// The difference. It must be the same if the two observations are swapped.
#[track_caller]
fn difference(a: &Observation, b: &Observation, names: &Names<'_>) -> Option<Difference> {
    let there = compare(("a", a), ("b", b), names);
    let back = compare(("b", b), ("a", a), names).map(|back| Difference {
        collectors: (back.collectors.1, back.collectors.0),
        values: (back.values.1, back.values.0),
        ..back
    });
    assert_eq!(there, back);
    if let Some(there) = &there {
        assert_eq!(there.collectors, ("a".to_string(), "b".to_string()));
    }
    there
}

#[track_caller]
fn assert_found(found: Option<Difference>, kind: &str, line: &str) {
    let found = found.expect("no difference");
    assert_eq!((found.kind, found.to_string()), (kind, line.to_string()));
}

/// Runs `body` with `@` replaced by each of two texts, and asserts the kind of
/// the only difference, and the line that shows its place and both values.
#[track_caller]
fn differ(body: &str, texts: (&str, &str), kind: &str, line: &str) {
    let [a, b] = [texts.0, texts.1].map(|text| body.replace('@', text));
    for body in [&a, &b] {
        // The same module on another heap, with other addresses, shows no
        // difference.
        let other = observe(body, Drc::new(1 << 20), Schedule::EveryAllocation(1));
        assert_eq!(difference(&seen(body).0, &other.0, &Names::none()), None);
    }
    let (a, module) = seen(&a);
    assert_found(
        difference(&a, &seen(&b).0, &Names::new(&module)),
        kind,
        line,
    );
}

/// Like [`differ`], with an observation that no run of these modules shows.
#[track_caller]
fn edited(body: &str, edit: impl Fn(&mut Observation), kind: &str, line: &str) {
    let (a, module) = seen(body);
    let mut b = a.clone();
    let names = Names::new(&module);
    assert_eq!(difference(&a, &b, &names), None);
    edit(&mut b);
    assert_found(difference(&a, &b, &names), kind, line);
}
