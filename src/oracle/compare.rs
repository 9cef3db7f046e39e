//! Comparing two observations.

use super::verdict::Difference;
use crate::case::{Graph, Observation, Outcome, Seen};
use crate::heap::Shape;

/// The first difference between two observations, or `None` if an embedder
/// cannot tell them apart.
pub fn compare(
    a: (&'static str, &Observation),
    b: (&'static str, &Observation),
) -> Option<Difference> {
    let (path, values) = first(a.1, b.1)?;
    Some(Difference {
        collectors: (a.0, b.0),
        path,
        values,
    })
}

/// Where two observations differ, and what each shows there.
type Found = Option<(String, (String, String))>;

fn first(a: &Observation, b: &Observation) -> Found {
    if a == b {
        return None;
    }
    steps(a, b)
        .or_else(|| host_calls(a, b))
        .or_else(|| values("global", &a.globals, &b.globals, a, b))
        .or_else(|| tables(a, b))
        .or_else(|| memories(a, b))
        .or_else(|| values("kept reference", &a.kept, &b.kept, a, b))
        .or_else(|| graphs(a, b))
        .or_else(|| Some(("observation".into(), (format!("{a:?}"), format!("{b:?}")))))
}

fn steps(a: &Observation, b: &Observation) -> Found {
    for (i, (x, y)) in a.steps.iter().zip(&b.steps).enumerate() {
        if x.export != y.export {
            let show = |export: &Option<String>| match export {
                None => "instantiation".to_string(),
                Some(export) => format!("{export:?}"),
            };
            return Some((format!("call {i}"), (show(&x.export), show(&y.export))));
        }
        let name = match &x.export {
            None => "instantiation".to_string(),
            Some(export) => format!("call {i} of {export:?}"),
        };
        let found = match (&x.outcome, &y.outcome) {
            (Outcome::Returned(x), Outcome::Returned(y)) => {
                values(&format!("{name} -> result"), x, y, a, b)
            }
            (Outcome::Threw(x), Outcome::Threw(y)) => {
                let shown = || (show(*x, &a.graph), show(*y, &b.graph));
                (!same(*x, *y, &a.graph, &b.graph))
                    .then(|| (format!("{name} -> exception"), shown()))
            }
            (x, y) => (x != y).then(|| (name, (ending(x), ending(y)))),
        };
        if found.is_some() {
            return found;
        }
    }
    lengths("calls made", a.steps.len(), b.steps.len())
}

/// How a call ended, in words.
fn ending(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Returned(values) => format!("returned {} values", values.len()),
        Outcome::Trapped(trap) => format!("trapped: {trap}"),
        Outcome::Threw(_) => "threw an exception".into(),
        Outcome::NoArgument => "was not called: no argument fits".into(),
    }
}

fn host_calls(a: &Observation, b: &Observation) -> Found {
    for (i, (x, y)) in a.host_calls.iter().zip(&b.host_calls).enumerate() {
        if x.import != y.import {
            let show = |import: u32| format!("import {import}");
            return Some((format!("host call {i}"), (show(x.import), show(y.import))));
        }
        let found = values(
            &format!("host call {i} -> argument"),
            &x.args,
            &y.args,
            a,
            b,
        );
        if found.is_some() {
            return found;
        }
    }
    (a.host_call_count != b.host_call_count).then(|| {
        let counts = (a.host_call_count.to_string(), b.host_call_count.to_string());
        ("calls to the host".into(), counts)
    })
}

fn tables(a: &Observation, b: &Observation) -> Found {
    let pairs = a.tables.iter().zip(&b.tables).enumerate();
    pairs
        .map(|(i, (x, y))| values(&format!("table {i} -> element"), x, y, a, b))
        .find(Option::is_some)
        .unwrap_or_else(|| lengths("tables", a.tables.len(), b.tables.len()))
}

fn memories(a: &Observation, b: &Observation) -> Found {
    for (i, (x, y)) in a.memories.iter().zip(&b.memories).enumerate() {
        if x != y {
            if let Some(at) = (0..x.len().min(y.len())).find(|at| x[*at] != y[*at]) {
                let show = |byte: u8| format!("{byte:#04x}");
                return Some((
                    format!("memory {i} -> byte {at:#x}"),
                    (show(x[at]), show(y[at])),
                ));
            }
            return lengths(&format!("memory {i} -> size"), x.len(), y.len());
        }
    }
    lengths("memories", a.memories.len(), b.memories.len())
}

fn lengths(what: &str, x: usize, y: usize) -> Found {
    (x != y).then(|| (what.to_string(), (x.to_string(), y.to_string())))
}

fn values(what: &str, x: &[Seen], y: &[Seen], a: &Observation, b: &Observation) -> Found {
    let at = (0..x.len().min(y.len())).find(|i| !same(x[*i], y[*i], &a.graph, &b.graph));
    match at {
        Some(i) => Some((
            format!("{what} {i}"),
            (show(x[i], &a.graph), show(y[i], &b.graph)),
        )),
        None => lengths(&format!("{what}s"), x.len(), y.len()),
    }
}

/// Whether two values look alike by themselves. Objects are numbered in the
/// same order in both, so equal numbers mean the same place in the graph.
fn same(x: Seen, y: Seen, a: &Graph, b: &Graph) -> bool {
    match (x, y) {
        (Seen::Object(i), Seen::Object(j)) => {
            i == j && a.nodes[i as usize].shape == b.nodes[j as usize].shape
        }
        _ => x == y,
    }
}

/// The first object that differs, by number, and how.
fn graphs(a: &Observation, b: &Observation) -> Found {
    let (x, y) = (&a.graph, &b.graph);
    for i in 0..x.nodes.len().min(y.nodes.len()) as u32 {
        let nodes = (x.nodes[i as usize], y.nodes[i as usize]);
        if nodes.0.shape != nodes.1.shape || nodes.0.word != nodes.1.word {
            let shown = (show(Seen::Object(i), x), show(Seen::Object(i), y));
            return Some((path_to(i, a), shown));
        }
        let (xs, ys) = (x.values_of(i), y.values_of(i));
        let at = (0..xs.len().min(ys.len())).find(|j| xs[*j] != ys[*j]);
        if let Some(j) = at {
            let path = format!("{} -> {}", path_to(i, a), part(i, j, x));
            return Some((path, (show(xs[j], x), show(ys[j], y))));
        }
        if xs.len() != ys.len() {
            return lengths(&format!("{} -> length", path_to(i, a)), xs.len(), ys.len());
        }
    }
    lengths("reachable objects", x.nodes.len(), y.nodes.len())
}

/// How many steps of a path are written out.
const STEPS: usize = 16;

/// A way to an object from outside the heap.
fn path_to(node: u32, seen: &Observation) -> String {
    let mut steps = Vec::new();
    let mut at = node;
    loop {
        if let Some(root) = root_at(Seen::Object(at), seen) {
            steps.push(root);
            break;
        }
        if steps.len() == STEPS {
            steps.push("...".into());
            break;
        }
        // An object's number is greater than that of the object that led to it.
        let parent = (0..at).find_map(|parent| {
            let mut values = seen.graph.values_of(parent).iter();
            let place = values.position(|value| *value == Seen::Object(at))?;
            Some((parent, part(parent, place, &seen.graph)))
        });
        let Some((parent, part)) = parent else { break };
        steps.push(part);
        at = parent;
    }
    steps.push("heap".into());
    steps.reverse();
    steps.join(" -> ")
}

/// The first place outside the heap that holds a value.
fn root_at(value: Seen, seen: &Observation) -> Option<String> {
    let find = |values: &[Seen]| values.iter().position(|v| *v == value);
    if let Some(i) = find(&seen.globals) {
        return Some(format!("global {i}"));
    }
    let mut tables = seen.tables.iter().enumerate();
    let table = tables.find_map(|(i, table)| Some((i, find(table)?)));
    match table {
        Some((i, j)) => Some(format!("table {i} -> element {j}")),
        None => Some(format!("kept reference {}", find(&seen.kept)?)),
    }
}

/// What a value of an object is called.
fn part(node: u32, index: usize, graph: &Graph) -> String {
    match graph.nodes[node as usize].shape {
        Shape::Array(_) => format!("element {index}"),
        _ => format!("field {index}"),
    }
}

/// A value in words.
pub fn show(value: Seen, graph: &Graph) -> String {
    match value {
        Seen::Bits(bits @ 0..=9) => format!("{bits}"),
        Seen::Bits(bits) => format!("{bits} ({bits:#x})"),
        Seen::Vector([low, high]) => format!("v128 {high:#018x}_{low:016x}"),
        Seen::Null => "null".into(),
        Seen::I31(value) => format!("i31 {value}"),
        Seen::Func(index) => format!("function {index}"),
        Seen::Dangling => "a reference to no object".into(),
        Seen::Object(number) => {
            let node = graph.nodes[number as usize];
            match node.shape {
                Shape::Struct(id) => format!("object {number}: struct {id}"),
                Shape::Array(id) => {
                    let len = graph.values_of(number).len();
                    format!("object {number}: array {id} of {len}")
                }
                Shape::Exception(_) => format!("object {number}: exception of tag {}", node.word),
                Shape::Extern => format!("object {number}: extern {}", node.word),
            }
        }
    }
}
