//! A generator with the features that its modules may use.

use super::case::{GeneratedCase, case_of};
use super::{Features, Generator};
use std::fmt;

/// A generator, and the features that its modules may use.
///
/// Cases without a feature are not those with all features minus some: the same bytes make other
/// modules.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Profile {
    /// The generator.
    pub generator: Generator,
    /// The features.
    pub features: Features,
}

impl Profile {
    /// Draws a case; see [`case`](super::case()).
    ///
    /// # Errors
    ///
    /// If wasm-smith fails on the input.
    pub fn case(self, bytes: &[u8]) -> arbitrary::Result<GeneratedCase> {
        case_of(self, bytes)
    }

    /// The options of the command line that select it, each with a space before it: none for the
    /// default.
    pub fn options(self) -> String {
        let generator = match self.generator {
            Generator::Default => String::new(),
            other => format!(" --generator {other}"),
        };
        match self.features == Features::ALL {
            true => generator,
            false => format!("{generator} --without {}", self.features),
        }
    }
}

impl From<Generator> for Profile {
    /// The generator with all features.
    fn from(generator: Generator) -> Profile {
        Profile {
            generator,
            features: Features::ALL,
        }
    }
}

impl fmt::Display for Profile {
    /// The generator, and what is left out: `gc_ops without exceptions,simd`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.generator)?;
        match self.features == Features::ALL {
            true => Ok(()),
            false => write!(f, " without {}", self.features),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Feature;

    #[test]
    fn options_select_it() {
        let usual = Profile::default();
        assert_eq!(
            (usual.to_string(), usual.options()),
            ("default".into(), String::new())
        );
        let profile = Profile {
            generator: Generator::GcOps,
            features: Features::ALL
                .without(Feature::Exceptions)
                .without(Feature::Simd),
        };
        assert_eq!(profile.to_string(), "gc_ops without exceptions,simd");
        assert_eq!(
            profile.options(),
            " --generator gc_ops --without exceptions,simd"
        );
    }
}
