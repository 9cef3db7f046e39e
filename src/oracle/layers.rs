//! Parts of the oracle that can be switched off, to measure the worth of each.

use super::violation::Law;
use crate::observe::{Part, Parts};
use crate::unknown_name::UnknownName;
use std::fmt;
use std::str::FromStr;

/// A part of the oracle that can be left out.
///
/// The part that is always on is what other differential fuzzers of WebAssembly
/// compare, on release builds of collectors: how each call ended, its numbers,
/// and whether its references are null; numeric globals, memories; crashes
/// ([`HeapError::crash`](crate::heap::HeapError::crash)), panics
/// ([`Law::Panic`]) and runs that do not end ([`Law::Limits`]).
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Layer {
    /// Errors that a heap detects in its own state, as a build with assertions
    /// does ([`HeapError::Corrupt`](crate::heap::HeapError::Corrupt)). They end
    /// the run.
    ///
    /// A release build would not detect the error and run on, with unknown
    /// results. So without this layer such a run is compared with nothing, and
    /// the case is discarded unless another layer has a finding.
    Heap,
    /// The graph of reachable objects, and which of them globals, tables and
    /// results refer to.
    Graph,
    /// A law of the audit.
    Law(Law),
    /// A second run of each heap, with other collections.
    Schedule,
    /// Additional heaps on a share of the cases, among them the model.
    Votes,
}

impl Layer {
    /// All layers, in the order in which a report adds them.
    pub const ALL: [Layer; 12] = [
        Layer::Heap,
        Layer::Graph,
        Layer::Law(Law::Zero),
        Layer::Law(Law::Exact),
        Layer::Law(Law::Roots),
        Layer::Law(Law::Leak),
        Layer::Law(Law::Blocks),
        Layer::Law(Law::Type),
        Layer::Law(Law::Poison),
        Layer::Law(Law::Language),
        Layer::Schedule,
        Layer::Votes,
    ];

    /// The layer's name.
    pub fn name(self) -> &'static str {
        match self {
            Layer::Heap => "heap",
            Layer::Graph => "graph",
            Layer::Law(law) => law.name(),
            Layer::Schedule => "schedule",
            Layer::Votes => "votes",
        }
    }

    fn bit(self) -> u16 {
        let index = Layer::ALL.iter().position(|layer| *layer == self);
        index.map_or(0, |index| 1 << index)
    }
}

/// A set of layers. As text: `all`, or `results` and names joined by `+`.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Layers(u16);

impl Layers {
    /// The whole oracle.
    pub const ALL: Layers = Layers((1 << Layer::ALL.len()) - 1);
    /// Results and crashes only, without errors that a heap detects itself.
    pub const RESULTS: Layers = Layers(0);

    /// These layers and `layer`.
    pub fn with(self, layer: Layer) -> Layers {
        Layers(self.0 | layer.bit())
    }

    /// These layers without `layer`.
    pub fn without(self, layer: Layer) -> Layers {
        Layers(self.0 & !layer.bit())
    }

    /// Whether a layer is in the set.
    pub fn has(self, layer: Layer) -> bool {
        self.0 & layer.bit() != 0
    }

    /// Whether a law is checked. [`Law::Limits`] and [`Law::Panic`] always are.
    pub fn checks(self, law: Law) -> bool {
        matches!(law, Law::Limits | Law::Panic) || self.has(Layer::Law(law))
    }

    /// Whether any law is checked that needs an audit. [`Law::Language`] needs none: the case checks
    /// itself.
    pub fn audits(self) -> bool {
        let audited = Law::ALL.iter().filter(|law| **law != Law::Language);
        audited.copied().any(|law| self.has(Layer::Law(law)))
    }

    /// The parts of an observation that are compared.
    pub(super) fn parts(self) -> Parts {
        match self.has(Layer::Graph) {
            true => Parts::ALL,
            false => {
                let without = Parts::ALL.without(Part::Tables).without(Part::Kept);
                without.without(Part::Objects)
            }
        }
    }
}

impl fmt::Display for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Layers::ALL {
            return f.write_str("all");
        }
        f.write_str("results")?;
        let on = Layer::ALL.iter().filter(|layer| self.has(**layer));
        on.copied()
            .try_for_each(|layer| write!(f, "+{}", layer.name()))
    }
}

impl FromStr for Layers {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Layers, UnknownName> {
        let mut layers = Layers::RESULTS;
        for name in text.split('+') {
            let found = Layer::ALL.iter().find(|layer| layer.name() == name);
            layers = match (name, found) {
                ("all", _) => Layers::ALL,
                ("results", _) => layers,
                (_, Some(layer)) => layers.with(*layer),
                (_, None) => {
                    let layers = Layer::ALL.iter().map(|layer| layer.name());
                    let known = ["all", "results"].into_iter().chain(layers);
                    return Err(UnknownName::new("layer", name, known));
                }
            };
        }
        Ok(layers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_sets_are_the_same_thing() {
        for text in [
            "all",
            "results",
            "results+graph+zero",
            "results+votes",
            "results+heap",
        ] {
            assert_eq!(text.parse::<Layers>().unwrap().to_string(), text);
        }
        let every = Layer::ALL.iter().fold(Layers::RESULTS, |l, x| l.with(*x));
        assert_eq!(every, Layers::ALL);
        assert_eq!("zero+graph".parse(), "results+graph+zero".parse::<Layers>());
        assert_eq!("all".parse(), Ok(Layers::ALL));
        let message = "results+law".parse::<Layers>().unwrap_err().to_string();
        assert!(message.starts_with("no layer \"law\"; there are all, results, heap, graph, zero"));
        let some = Layers::ALL.without(Layer::Law(Law::Zero));
        assert!(!some.checks(Law::Zero) && some.checks(Law::Exact) && some.audits());
        assert!(!Layers::RESULTS.with(Layer::Graph).audits());
        assert!(!Layers::RESULTS.with(Layer::Law(Law::Language)).audits());
        assert!(Layers::RESULTS.checks(Law::Limits) && Layers::RESULTS.checks(Law::Panic));
    }
}
