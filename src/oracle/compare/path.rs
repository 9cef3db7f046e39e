//! Places in an observation, and paths to them in words.

use super::walk::Comparison;
use crate::heap::Shape;
use crate::module::names::{Space, quoted};

/// An action of the host.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Deed {
    /// A step of the plan, by its number, or instantiation.
    Step(u32),
    /// An action within a call of the host, by the number of that call.
    Within(u32),
}

/// A place outside the heap that holds a value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum Root {
    /// A result of a call.
    Result { of: Deed, index: u32 },
    /// The exception that a call threw.
    Exception { of: Deed },
    /// An argument of a call of the host.
    Argument { call: u32, index: u32 },
    /// A global.
    Global(u32),
    /// An element of a table.
    Element { table: u32, index: u32 },
    /// A reference that the host has kept.
    Kept(u32),
}

impl Root {
    /// The kind of a difference here.
    pub fn kind(self) -> &'static str {
        match self {
            Root::Result { .. } => "result",
            Root::Exception { .. } => "exception",
            Root::Argument { .. } => "host call",
            Root::Global(_) => "global",
            Root::Element { .. } => "table",
            Root::Kept(_) => "kept",
        }
    }
}

/// A place that holds a value.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) enum ValuePlace {
    /// Outside the heap.
    Root(Root),
    /// Inside two corresponding objects, by the number of their pair.
    Inside { pair: u32, index: u32 },
}

/// The number of steps at either end of a long path that are written out.
const ENDS: usize = 4;

impl Comparison<'_, '_> {
    /// The path to a place from outside the heap. Pairs are numbered breadth first,
    /// and each stores where it was met first, so there is no shorter path.
    pub(super) fn path(&self, place: ValuePlace) -> String {
        let mut steps = Vec::new();
        let mut at = place;
        let root = loop {
            match at {
                ValuePlace::Root(root) => break root,
                ValuePlace::Inside { pair, index } => {
                    steps.push((pair, index));
                    at = self.pair(pair).place;
                }
            }
        };
        steps.reverse();
        let mut path = self.root(root);
        let left_out = match steps.len() {
            n if n > 2 * ENDS + 1 => ENDS..n - ENDS,
            n => n..n,
        };
        for (i, (pair, index)) in steps.iter().enumerate() {
            if i == left_out.start {
                path.push_str(&format!(" -> ... {} steps ...", left_out.len()));
            }
            if !left_out.contains(&i) {
                let kind = match self.shape(*pair) {
                    Shape::Array(_) => "element",
                    _ => "field",
                };
                path.push_str(&format!(" -> {kind} {index}"));
            }
        }
        path
    }

    fn root(&self, root: Root) -> String {
        match root {
            Root::Result { of, index } => format!("result {index} of {}", self.deed_name(of)),
            Root::Exception { of } => format!("exception of {}", self.deed_name(of)),
            Root::Argument { call, index } => {
                format!("argument {index} of {}", self.host_call_name(call))
            }
            Root::Global(index) => self.names.place(Space::Global, index),
            Root::Element { table, index } => {
                let table = self.names.place(Space::Table, table);
                format!("{table} -> element {index}")
            }
            Root::Kept(index) => format!("kept reference {index}"),
        }
    }

    /// An action of the host, in words.
    pub(super) fn deed_name(&self, deed: Deed) -> String {
        match deed {
            Deed::Step(call) => self.call_name(call),
            Deed::Within(call) => format!("what the host did in {}", self.host_call_name(call)),
        }
    }

    /// A call from the host: `call 2 "f"`.
    fn call_name(&self, call: u32) -> String {
        match &self.a.seen.steps[call as usize].export {
            None => "instantiation".into(),
            Some(export) => format!("call {call} {}", quoted(export)),
        }
    }

    /// A call of the host: `host call 0 "m" "f"`.
    pub(super) fn host_call_name(&self, call: u32) -> String {
        let import = self.a.seen.host_calls[call as usize].import;
        match self.names.import(import) {
            Some(import) => format!("host call {call} {import}"),
            None => format!("host call {call}"),
        }
    }
}
