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
        .or_else(|| {
            a.tables
                .iter()
                .zip(&b.tables)
                .enumerate()
                .find_map(|(i, (x, y))| values(&format!("table {i} -> element"), x, y, a, b))
        })
        .or_else(|| memories(a, b))
        .or_else(|| values("kept reference", &a.kept, &b.kept, a, b))
        .or_else(|| graphs(a, b))
        .or_else(|| Some(("observation".into(), (format!("{a:?}"), format!("{b:?}")))))
}

fn steps(a: &Observation, b: &Observation) -> Found {
    for (i, (x, y)) in a.steps.iter().zip(&b.steps).enumerate() {
        let name = match &x.export {
            None => "instantiation".to_string(),
            Some(export) => format!("call {i} of {export:?}"),
        };
        if let (Outcome::Returned(x), Outcome::Returned(y)) = (&x.outcome, &y.outcome) {
            let found = values(&format!("{name} -> result"), x, y, a, b);
            if found.is_some() {
                return found;
            }
        } else if x.outcome != y.outcome {
            let show = |outcome: &Outcome| match outcome {
                Outcome::Returned(values) => format!("returned {} values", values.len()),
                Outcome::Trapped(trap) => format!("trapped: {trap}"),
                Outcome::Threw(_) => "threw an exception".to_string(),
                Outcome::NoArgument => "was not called: no argument fits".to_string(),
            };
            return Some((name, (show(&x.outcome), show(&y.outcome))));
        }
    }
    lengths("calls made", a.steps.len(), b.steps.len())
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
    lengths("calls to the host", a.host_calls.len(), b.host_calls.len())
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
    None
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
    let (a, b) = (&a.graph, &b.graph);
    for i in 0..a.nodes.len().min(b.nodes.len()) {
        let (x, y) = (a.nodes[i], b.nodes[i]);
        let name = format!("{} -> object {i}", root_of(i as u32, a));
        if x.shape != y.shape || x.word != y.word {
            let show = |graph: &Graph| show(Seen::Object(i as u32), graph);
            return Some((name, (show(a), show(b))));
        }
        let (xs, ys) = (a.values_of(i as u32), b.values_of(i as u32));
        let at = (0..xs.len().min(ys.len())).find(|j| xs[*j] != ys[*j]);
        if let Some(j) = at {
            let part = match x.shape {
                Shape::Array(_) => "element",
                _ => "field",
            };
            return Some((
                format!("{name} -> {part} {j}"),
                (show(xs[j], a), show(ys[j], b)),
            ));
        }
        if xs.len() != ys.len() {
            return lengths(&format!("{name} -> length"), xs.len(), ys.len());
        }
    }
    lengths("reachable objects", a.nodes.len(), b.nodes.len())
}

/// How an object is reached: the chain of objects down to it.
fn root_of(node: u32, graph: &Graph) -> String {
    let mut chain = Vec::new();
    let mut at = node;
    // An object's number is greater than that of the object that led to it.
    while let Some(parent) = (0..at).find(|p| graph.values_of(*p).contains(&Seen::Object(at))) {
        chain.push(parent);
        at = parent;
        if chain.len() == 16 {
            break;
        }
    }
    let mut text = "heap".to_string();
    for parent in chain.iter().rev() {
        text.push_str(&format!(" -> object {parent}"));
    }
    text
}

/// A value in words.
pub fn show(value: Seen, graph: &Graph) -> String {
    match value {
        Seen::Bits(bits @ 0..=9) => format!("{bits}"),
        Seen::Bits(bits) => format!("{bits} ({bits:#x})"),
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
