//! Parts of an observation. A subject may show only some of them.

use super::graph::Graph;
use super::observation::{Observation, StepOutcome};
use super::value::ObservedValue;
use crate::engine::Trap;

/// A part of an observation. Whether each call returned, trapped or threw is always shown.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Part {
    /// Which trap ended a call.
    TrapKinds,
    /// Values returned by calls.
    Results,
    /// Calls of the host with their arguments.
    HostCalls,
    /// Globals.
    Globals,
    /// Elements of tables.
    Tables,
    /// Bytes of memories.
    Memories,
    /// References that the host has kept.
    Kept,
    /// The objects that references refer to. Without them a reference in any
    /// part is only known to be null or not.
    Objects,
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 8] = [
        Part::TrapKinds,
        Part::Results,
        Part::HostCalls,
        Part::Globals,
        Part::Tables,
        Part::Memories,
        Part::Kept,
        Part::Objects,
    ];
}

/// A set of parts.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Parts(u16);

impl Parts {
    /// The whole observation.
    pub const ALL: Parts = Parts((1 << Part::ALL.len()) - 1);
    /// Only how each call ended.
    pub const OUTCOMES: Parts = Parts(1 << Part::TrapKinds as u16);

    /// The set with one more part.
    #[must_use]
    pub const fn with(self, part: Part) -> Parts {
        Parts(self.0 | 1 << part as u16)
    }

    /// The set without a part.
    #[must_use]
    pub const fn without(self, part: Part) -> Parts {
        Parts(self.0 & !(1 << part as u16))
    }

    /// Whether a part is in the set.
    pub const fn has(self, part: Part) -> bool {
        self.0 >> part as u16 & 1 == 1
    }

    /// The intersection of both sets.
    #[must_use]
    pub const fn and(self, other: Parts) -> Parts {
        Parts(self.0 & other.0)
    }

    /// Number of parts.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl Observation {
    /// The observation reduced to these parts, as from a subject that shows no others.
    #[must_use]
    pub fn only(self, parts: Parts) -> Observation {
        if parts == Parts::ALL {
            return self;
        }
        let mut seen = self;
        let (results, objects) = (parts.has(Part::Results), parts.has(Part::Objects));
        let kinds = parts.has(Part::TrapKinds);
        let coarse = |values: &mut Vec<ObservedValue>| match objects {
            true => {}
            false => values.iter_mut().for_each(|value| *value = value.coarse()),
        };
        let ended = |outcome: &mut StepOutcome| match outcome {
            StepOutcome::Returned(values) if !results => values.clear(),
            StepOutcome::Returned(values) => coarse(values),
            StepOutcome::Threw(value) if !objects => *value = value.coarse(),
            // Any kind stands for all.
            StepOutcome::Trapped(trap) if !kinds => *trap = Trap::Unreachable,
            StepOutcome::Threw(_) | StepOutcome::Trapped(_) | StepOutcome::NoArgument => {}
        };
        if !parts.has(Part::HostCalls) {
            seen.host_calls.clear();
            seen.host_call_count = 0;
        }
        for step in &mut seen.steps {
            ended(&mut step.outcome);
        }
        for call in &mut seen.host_calls {
            coarse(&mut call.args);
            call.did.iter_mut().for_each(ended);
        }
        for (part, values) in [
            (Part::Globals, &mut seen.globals),
            (Part::Kept, &mut seen.kept),
        ] {
            match parts.has(part) {
                true => coarse(values),
                false => values.clear(),
            }
        }
        match parts.has(Part::Tables) {
            true => seen.tables.iter_mut().for_each(coarse),
            false => seen.tables.clear(),
        }
        if !parts.has(Part::Memories) {
            seen.memories.clear();
        }
        if !objects {
            seen.graph = Graph::default();
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::Shape;
    use crate::observe::{MemoryBytes, ObservedHostCall, ObservedStep};

    fn trapped() -> ObservedStep {
        ObservedStep {
            export: Some("f".into()),
            outcome: StepOutcome::Trapped(Trap::CastFailure),
        }
    }

    fn whole() -> Observation {
        let mut graph = Graph::default();
        let object = ObservedValue::Object(graph.push(Shape::Extern, 3, &[]));
        Observation {
            steps: vec![
                ObservedStep {
                    export: None,
                    outcome: StepOutcome::Returned(vec![
                        object,
                        ObservedValue::Null,
                        ObservedValue::Bits(3),
                    ]),
                },
                trapped(),
            ],
            host_calls: vec![ObservedHostCall {
                import: 0,
                args: vec![object],
                act: None,
                did: Some(StepOutcome::Threw(object)),
            }],
            host_call_count: 1,
            globals: vec![ObservedValue::I31(4)],
            tables: vec![vec![ObservedValue::Func(1), ObservedValue::Dropped]],
            memories: vec![MemoryBytes::new(&[7])],
            kept: vec![object],
            graph,
        }
    }

    #[test]
    fn each_part_can_be_left_out_alone() {
        assert_eq!(whole().only(Parts::ALL), whole());
        let mut without: Vec<Observation> = Vec::new();
        for part in Part::ALL {
            let parts = Parts::ALL.without(part);
            assert!(!parts.has(part) && parts.with(part) == Parts::ALL);
            let seen = whole().only(parts);
            assert_ne!(seen, whole(), "{part:?}");
            // Reducing twice to the same parts changes nothing.
            assert_eq!(seen.clone().only(parts), seen);
            assert!(!without.contains(&seen), "{part:?}");
            without.push(seen);
        }
        let outcomes = whole().only(Parts::OUTCOMES);
        let returned = ObservedStep {
            export: None,
            outcome: StepOutcome::Returned(Vec::new()),
        };
        let nothing_else = Observation {
            steps: vec![returned, trapped()],
            ..Observation::default()
        };
        assert_eq!(outcomes, nothing_else);
    }

    #[test]
    fn without_objects_a_reference_is_null_or_not() {
        let seen = whole().only(Parts::ALL.without(Part::Objects));
        let values = vec![
            ObservedValue::Reference,
            ObservedValue::Null,
            ObservedValue::Bits(3),
        ];
        assert_eq!(seen.steps[0].outcome, StepOutcome::Returned(values));
        assert_eq!(
            seen.host_calls[0].did,
            Some(StepOutcome::Threw(ObservedValue::Reference))
        );
        assert_eq!(seen.globals, [ObservedValue::Reference]);
        assert_eq!(
            seen.tables,
            [[ObservedValue::Reference, ObservedValue::Dropped]]
        );
    }
}
