//! Generators by name: the default, and those it is compared with.

use super::case::{GeneratedCase, case_of};
use crate::unknown_name::UnknownName;
use std::fmt;
use std::str::FromStr;

/// A way to make cases from bytes.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Generator {
    /// Used by campaigns: three of four cases are modules of wasm-smith, mostly enriched, with a
    /// schedule of collections. The others are those of [`Generator::GcOps`].
    #[default]
    Default,
    /// Plain modules of wasm-smith, with the same schedule.
    Smith,
    /// The same modules without a schedule: collections happen only when a heap asks.
    SmithNever,
    /// Typed programs of operations on the heap, with their plan and schedule.
    GcOps,
}

/// An earlier name of [`Generator::GcOps`], which the commands in old findings use.
const OLD_GC_OPS: &str = "ops";

impl Generator {
    /// All generators.
    pub const ALL: [Generator; 4] = [
        Generator::Default,
        Generator::Smith,
        Generator::SmithNever,
        Generator::GcOps,
    ];

    /// Its name, as spelled by `--generator`.
    pub fn name(self) -> &'static str {
        match self {
            Generator::Default => "default",
            Generator::Smith => "smith",
            Generator::SmithNever => "smith-never",
            Generator::GcOps => "gc_ops",
        }
    }

    /// Draws a case; see [`case`](super::case()).
    ///
    /// # Errors
    ///
    /// If wasm-smith fails on the input.
    pub fn case(self, bytes: &[u8]) -> arbitrary::Result<GeneratedCase> {
        case_of(self.into(), bytes)
    }
}

impl fmt::Display for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Generator {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Generator, UnknownName> {
        if text == OLD_GC_OPS {
            return Ok(Generator::GcOps);
        }
        let found = Generator::ALL.into_iter().find(|g| g.name() == text);
        found
            .ok_or_else(|| UnknownName::new("generator", text, Generator::ALL.map(Generator::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Schedule;
    use crate::generate::{case, input};

    #[test]
    fn the_baselines_are_the_modules_that_are_enriched_otherwise() {
        let (mut enriched, mut structured) = (0, 0);
        // Only functions of structured programs have such names.
        let is_structured =
            |drawn: &GeneratedCase| drawn.case.wasm.windows(3).any(|w| w == b"\x02f0");
        for index in 0..40 {
            let bytes = input(8, index);
            let usual = Generator::Default.case(&bytes).unwrap();
            assert_eq!(usual.case.wasm, case(&bytes).unwrap().case.wasm);
            let smith = Generator::Smith.case(&bytes).unwrap();
            if is_structured(&usual) {
                structured += 1;
                continue;
            }
            let never = Generator::SmithNever.case(&bytes).unwrap();
            assert_eq!(smith.case.wasm, never.case.wasm);
            assert_eq!(never.case.schedule, Schedule::Never);
            assert!(smith.case.wasm.len() <= usual.case.wasm.len());
            enriched += u32::from(smith.case.wasm != usual.case.wasm);
        }
        assert!(enriched > 20, "{enriched}");
        assert!((5..15).contains(&structured), "{structured}");
    }

    #[test]
    fn names_are_read_back() {
        for generator in Generator::ALL {
            assert_eq!(generator.to_string().parse(), Ok(generator));
        }
        assert_eq!("ops".parse(), Ok(Generator::GcOps));
        let message = "mutatis".parse::<Generator>().unwrap_err().to_string();
        assert_eq!(
            message,
            "no generator \"mutatis\"; there are default, smith, smith-never, gc_ops"
        );
    }
}
