//! The walk over two observations, side by side.

use super::Found;
use super::path::{Deed, Root, ValuePlace};
use super::report::{Flow, SAME, ending, found, lengths};
use crate::heap::Shape;
use crate::module::names::{Names, Space, quoted};
use crate::observe::{Graph, Node, Observation, ObservedValue, StepOutcome};

/// One of the observations, and the objects met so far.
pub(super) struct Side<'a> {
    pub seen: &'a Observation,
    /// For each object, the number of its pair, or [`NEW`].
    met: Vec<u32>,
}

/// An object that has not been met yet.
pub(super) const NEW: u32 = u32::MAX;

impl<'a> Side<'a> {
    fn new(seen: &'a Observation) -> Side<'a> {
        Side {
            seen,
            met: vec![NEW; seen.graph.nodes.len()],
        }
    }

    pub fn graph(&self) -> &'a Graph {
        &self.seen.graph
    }

    /// The value; an object that the graph does not have counts as dangling. An
    /// observation from another process may contain one.
    fn checked(&self, value: ObservedValue) -> ObservedValue {
        match value {
            ObservedValue::Object(number) if number as usize >= self.met.len() => {
                ObservedValue::Dangling
            }
            value => value,
        }
    }
}

/// Two corresponding objects.
#[derive(Copy, Clone, Debug)]
pub(super) struct Pair {
    a: u32,
    b: u32,
    /// Where the walk met them first.
    pub place: ValuePlace,
}

/// The walk, which ends at the first difference.
pub(super) struct Comparison<'a, 'm> {
    pub a: Side<'a>,
    pub b: Side<'a>,
    pub names: &'a Names<'m>,
    /// Pairs in the order of the walk; also its queue.
    pairs: Vec<Pair>,
}

impl<'a, 'm> Comparison<'a, 'm> {
    pub fn new(a: &'a Observation, b: &'a Observation, names: &'a Names<'m>) -> Self {
        Comparison {
            a: Side::new(a),
            b: Side::new(b),
            names,
            pairs: Vec::new(),
        }
    }

    /// The first difference.
    pub fn first(mut self) -> Option<Found> {
        self.walk().break_value()
    }

    pub fn pair(&self, pair: u32) -> Pair {
        self.pairs[pair as usize]
    }

    /// The type of the objects of a pair.
    pub fn shape(&self, pair: u32) -> Shape {
        self.a.graph().nodes[self.pair(pair).a as usize].shape
    }

    fn walk(&mut self) -> Flow {
        self.calls()?;
        self.host_calls()?;
        let (a, b) = (self.a.seen, self.b.seen);
        self.values(&a.globals, &b.globals, Root::Global)?;
        lengths("global", "globals", a.globals.len(), b.globals.len())?;
        self.tables()?;
        self.memories()?;
        self.values(&a.kept, &b.kept, Root::Kept)?;
        lengths("kept", "kept references", a.kept.len(), b.kept.len())?;
        self.heap()
    }

    fn calls(&mut self) -> Flow {
        let (a, b) = (&self.a.seen.steps, &self.b.seen.steps);
        for ((x, y), call) in a.iter().zip(b).zip(0..) {
            if x.export != y.export {
                let show = |export: &Option<String>| match export {
                    None => "instantiation".to_string(),
                    Some(export) => quoted(export),
                };
                let values = (show(&x.export), show(&y.export));
                return found("call", format!("call {call}"), values);
            }
            self.outcomes(&x.outcome, &y.outcome, Deed::Step(call))?;
        }
        lengths("call", "calls made", a.len(), b.len())
    }

    /// Compares how an action of the host ended.
    fn outcomes(&mut self, x: &StepOutcome, y: &StepOutcome, of: Deed) -> Flow {
        match (x, y) {
            (StepOutcome::Returned(x), StepOutcome::Returned(y)) => {
                self.values(x, y, |index| Root::Result { of, index })?;
                if x.len() == y.len() {
                    return SAME;
                }
                let what = format!("results of {}", self.deed_name(of));
                lengths("result", &what, x.len(), y.len())
            }
            (StepOutcome::Threw(x), StepOutcome::Threw(y)) => {
                self.meet(*x, *y, ValuePlace::Root(Root::Exception { of }))
            }
            (x, y) if x == y => SAME,
            (x, y) => {
                let kind = match (x, y) {
                    (StepOutcome::Trapped(_), _) | (_, StepOutcome::Trapped(_)) => "trap",
                    (StepOutcome::Threw(_), _) | (_, StepOutcome::Threw(_)) => "exception",
                    _ => "call",
                };
                let values = (
                    ending(x, self.a.graph(), self.names),
                    ending(y, self.b.graph(), self.names),
                );
                found(kind, self.deed_name(of), values)
            }
        }
    }

    fn host_calls(&mut self) -> Flow {
        let (a, b) = (self.a.seen, self.b.seen);
        for ((x, y), call) in a.host_calls.iter().zip(&b.host_calls).zip(0..) {
            if x.import != y.import {
                let show = |import| match self.names.import(import) {
                    Some(names) => names,
                    None => format!("import {import}"),
                };
                let values = (show(x.import), show(y.import));
                return found("host call", format!("host call {call}"), values);
            }
            self.values(&x.args, &y.args, |index| Root::Argument { call, index })?;
            if x.args.len() != y.args.len() {
                let what = format!("arguments of {}", self.host_call_name(call));
                lengths("host call", &what, x.args.len(), y.args.len())?;
            }
            match (&x.did, &y.did) {
                (Some(x), Some(y)) => self.outcomes(x, y, Deed::Within(call))?,
                (None, None) => {}
                (x, y) => {
                    let show = |did: &Option<_>| match did {
                        None => "nothing".to_string(),
                        Some(_) => "something".to_string(),
                    };
                    let what = self.deed_name(Deed::Within(call));
                    return found("host call", what, (show(x), show(y)));
                }
            }
        }
        let what = "calls to the host";
        lengths("host call", what, a.host_call_count, b.host_call_count)?;
        let (x, y) = (a.host_calls.len(), b.host_calls.len());
        lengths("host call", "calls to the host written down", x, y)
    }

    fn tables(&mut self) -> Flow {
        let (a, b) = (&self.a.seen.tables, &self.b.seen.tables);
        for ((x, y), table) in a.iter().zip(b).zip(0..) {
            self.values(x, y, |index| Root::Element { table, index })?;
            if x.len() != y.len() {
                let table = self.names.place(Space::Table, table);
                lengths("table", &format!("{table} -> size"), x.len(), y.len())?;
            }
        }
        lengths("table", "tables", a.len(), b.len())
    }

    fn memories(&mut self) -> Flow {
        let (a, b) = (&self.a.seen.memories, &self.b.seen.memories);
        for ((x, y), memory) in a.iter().zip(b).zip(0..) {
            if x == y {
                continue;
            }
            let name = self.names.place(Space::Memory, memory);
            if let Some((at, x, y)) = x.first_difference(y) {
                let show = |byte: u8| format!("{byte:#04x}");
                return found(
                    "memory",
                    format!("{name} -> byte {at:#x}"),
                    (show(x), show(y)),
                );
            }
            lengths("memory", &format!("{name} -> size"), x.length(), y.length())?;
        }
        lengths("memory", "memories", a.len(), b.len())
    }

    /// Compares the contents of objects, breadth first.
    fn heap(&mut self) -> Flow {
        let mut at = 0;
        while let Some(&Pair { a, b, place }) = self.pairs.get(at) {
            let pair = at as u32;
            let (mut x, mut y) = (self.a.graph().values_of(a), self.b.graph().values_of(b));
            let (in_a, in_b) = (x.len(), y.len());
            let skipped = x.skip_equal_numbers(&mut y);
            for ((x, y), index) in x.zip(y).zip(skipped..) {
                self.meet(x, y, ValuePlace::Inside { pair, index })?;
            }
            if in_a != in_b {
                // Objects of one type with different numbers of fields: a bug
                // of the engine.
                let what = format!("{} -> fields", self.path(place));
                lengths("heap", &what, in_a, in_b)?;
            }
            at += 1;
        }
        SAME
    }

    /// Compares the elements that both lists have.
    fn values(
        &mut self,
        x: &[ObservedValue],
        y: &[ObservedValue],
        root: impl Fn(u32) -> Root,
    ) -> Flow {
        for ((x, y), index) in x.iter().zip(y).zip(0..) {
            self.meet(*x, *y, ValuePlace::Root(root(index)))?;
        }
        SAME
    }

    /// Compares two values. Objects that were not met before correspond from
    /// now on; their contents are compared later.
    fn meet(&mut self, x: ObservedValue, y: ObservedValue, place: ValuePlace) -> Flow {
        let (x, y) = (self.a.checked(x), self.b.checked(y));
        let (ObservedValue::Object(a), ObservedValue::Object(b)) = (x, y) else {
            return match x == y {
                true => SAME,
                false => self.differ(x, y, place),
            };
        };
        let met = (self.a.met[a as usize], self.b.met[b as usize]);
        if met.0 == met.1 && met.0 != NEW {
            return SAME;
        }
        let node = self.a.graph().nodes[a as usize];
        if !alike((node, a, self.a.graph()), (b, self.b.graph())) {
            return self.differ(x, y, place);
        }
        if node.shape == Shape::Extern {
            return SAME;
        }
        if met != (NEW, NEW) {
            return self.differ_in_sharing((x, y), met, place);
        }
        let pair = self.pairs.len() as u32;
        self.a.met[a as usize] = pair;
        self.b.met[b as usize] = pair;
        self.pairs.push(Pair { a, b, place });
        SAME
    }
}

/// Whether two objects have the same type and agree in all that never changes.
fn alike((x, a, in_a): (Node, u32, &Graph), (b, in_b): (u32, &Graph)) -> bool {
    let y = in_b.nodes[b as usize];
    x.shape == y.shape
        && match x.shape {
            Shape::Struct(_) => true,
            Shape::Array(_) => in_a.values_of(a).len() == in_b.values_of(b).len(),
            Shape::Exception(_) | Shape::Extern => x.word == y.word,
        }
}
