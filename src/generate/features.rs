//! Features of the language that generated modules use, for engines without some of them.

use crate::unknown_name::UnknownName;
use std::fmt;
use std::str::FromStr;

/// A feature of the language that modules can do without.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Feature {
    /// Tags, `throw`, `try_table` and exnref.
    Exceptions,
    /// `return_call` and its variants.
    TailCalls,
    /// v128 and its instructions.
    Simd,
    /// Vector instructions whose results may differ between engines.
    RelaxedSimd,
    /// Memories and tables with 64-bit indices.
    Memory64,
    /// More than one memory.
    MultiMemory,
}

impl Feature {
    /// All features.
    pub const ALL: [Feature; 6] = [
        Feature::Exceptions,
        Feature::TailCalls,
        Feature::Simd,
        Feature::RelaxedSimd,
        Feature::Memory64,
        Feature::MultiMemory,
    ];

    /// Its name, as spelled by `--without`.
    pub fn name(self) -> &'static str {
        match self {
            Feature::Exceptions => "exceptions",
            Feature::TailCalls => "tail-calls",
            Feature::Simd => "simd",
            Feature::RelaxedSimd => "relaxed-simd",
            Feature::Memory64 => "memory64",
            Feature::MultiMemory => "multi-memory",
        }
    }
}

impl FromStr for Feature {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Feature, UnknownName> {
        let found = Feature::ALL.into_iter().find(|f| f.name() == text);
        found.ok_or_else(|| UnknownName::new("feature", text, Feature::ALL.map(Feature::name)))
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The features that modules may use: all, unless some are left out.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Features {
    /// The features left out, one bit for each.
    left_out: u8,
}

impl Features {
    /// All features.
    pub const ALL: Features = Features { left_out: 0 };

    /// These features without one more.
    pub fn without(self, feature: Feature) -> Features {
        Features {
            left_out: self.left_out | 1 << feature as u8,
        }
    }

    /// Whether modules may use a feature. Relaxed vector instructions are no use without vectors.
    pub fn has(self, feature: Feature) -> bool {
        let is_in = |feature: Feature| self.left_out & 1 << feature as u8 == 0;
        is_in(feature) && (feature != Feature::RelaxedSimd || is_in(Feature::Simd))
    }

    /// The features that were left out.
    pub fn left_out(self) -> impl Iterator<Item = Feature> {
        let all = Feature::ALL.into_iter();
        all.filter(move |feature| self.left_out & 1 << *feature as u8 != 0)
    }
}

impl FromIterator<Feature> for Features {
    /// All features without these.
    fn from_iter<I: IntoIterator<Item = Feature>>(left_out: I) -> Features {
        let left_out = left_out.into_iter();
        left_out.fold(Features::ALL, Features::without)
    }
}

impl fmt::Display for Features {
    /// The features left out, separated by commas, as `--without` takes them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, feature) in self.left_out().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{feature}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for feature in Feature::ALL {
            assert_eq!(feature.to_string().parse(), Ok(feature));
            assert!(Features::ALL.has(feature));
            assert!(!Features::ALL.without(feature).has(feature));
        }
        let features: Features = [Feature::Simd, Feature::Exceptions].into_iter().collect();
        assert_eq!(features.to_string(), "exceptions,simd");
        assert!(!features.has(Feature::RelaxedSimd));
        let message = "gc".parse::<Feature>().unwrap_err().to_string();
        assert!(message.starts_with("no feature \"gc\"; there are exceptions, "));
    }
}
