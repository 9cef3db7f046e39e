//! Reporting a difference.

use super::path::ValuePlace;
use super::walk::{Comparison, NEW};
use super::{EXCEPTION, Found, show, show_as};
use crate::module::names::Names;
use crate::observe::{Graph, ObservedValue, StepOutcome};
use std::ops::ControlFlow;

/// Whether to continue the walk.
pub(super) type Flow = ControlFlow<Found>;

/// No difference so far.
pub(super) const SAME: Flow = ControlFlow::Continue(());

impl Comparison<'_, '_> {
    /// Reports two values that look different.
    pub(super) fn differ(&self, x: ObservedValue, y: ObservedValue, place: ValuePlace) -> Flow {
        let ty = self.type_of(place);
        let shown = |names: &Names<'_>| {
            let a = show_as(x, ty, self.a.graph(), names);
            (a, show_as(y, ty, self.b.graph(), names))
        };
        let mut values = shown(self.names);
        if values.0 == values.1 {
            // Names need not be unique.
            values = shown(&self.names.numbers());
        }
        self.found_at(place, values)
    }

    /// Reports two objects that look alike, where at least one was paired
    /// before with another partner.
    pub(super) fn differ_in_sharing(
        &self,
        values: (ObservedValue, ObservedValue),
        met: (u32, u32),
        place: ValuePlace,
    ) -> Flow {
        let shown = |value: ObservedValue, graph: &Graph, pair: u32| {
            let what = show(value, graph, self.names);
            match pair {
                NEW => format!("{what}, another object"),
                pair => {
                    let first = self.path(self.pair(pair).place);
                    format!("{what}, the same object as {first}")
                }
            }
        };
        let values = (
            shown(values.0, self.a.graph(), met.0),
            shown(values.1, self.b.graph(), met.1),
        );
        self.found_at(place, values)
    }

    fn found_at(&self, place: ValuePlace, values: (String, String)) -> Flow {
        let kind = match place {
            ValuePlace::Root(root) => root.kind(),
            ValuePlace::Inside { .. } => "heap",
        };
        found(kind, self.path(place), values)
    }
}

/// The end of a call, in words.
pub(super) fn ending(outcome: &StepOutcome, graph: &Graph, names: &Names<'_>) -> String {
    match outcome {
        StepOutcome::Returned(values) if values.len() == 1 => "returned 1 value".into(),
        StepOutcome::Returned(values) => format!("returned {} values", values.len()),
        StepOutcome::Trapped(trap) => format!("trapped: {trap}"),
        StepOutcome::Threw(value) => {
            let shown = show_as(*value, Some(EXCEPTION), graph, names);
            format!("threw {shown}")
        }
        StepOutcome::NoArgument => "was not called: no argument fits".into(),
    }
}

pub(super) fn found(kind: &'static str, path: String, values: (String, String)) -> Flow {
    ControlFlow::Break(Found { kind, path, values })
}

/// Compares two lengths or numbers of items.
pub(super) fn lengths<N: PartialEq + ToString>(kind: &'static str, what: &str, x: N, y: N) -> Flow {
    match x == y {
        true => SAME,
        false => found(kind, what.to_string(), (x.to_string(), y.to_string())),
    }
}
