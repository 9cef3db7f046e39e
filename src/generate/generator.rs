//! Generators, by name: the usual one, and what it is measured against.

use super::case::{GeneratedCase, case_of};
use crate::unknown_name::UnknownName;
use std::fmt;
use std::str::FromStr;

/// How bytes become cases.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Generator {
    /// What campaigns use: in three of four cases a module of wasm-smith, mostly
    /// enriched, with a schedule of collections, and else what [`Generator::Ops`]
    /// makes.
    #[default]
    Default,
    /// Modules as wasm-smith makes them, with the same schedule.
    Smith,
    /// The same modules without a schedule: they are collected when a heap asks.
    SmithNever,
    /// Programs of operations on the heap, and what they say of plan and
    /// schedule.
    Ops,
}

impl Generator {
    /// All generators.
    pub const ALL: [Generator; 4] = [
        Generator::Default,
        Generator::Smith,
        Generator::SmithNever,
        Generator::Ops,
    ];

    /// Its name, as `--generator` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Generator::Default => "default",
            Generator::Smith => "smith",
            Generator::SmithNever => "smith-never",
            Generator::Ops => "ops",
        }
    }

    /// Draws a case; see [`case`](super::case()).
    ///
    /// # Errors
    ///
    /// When wasm-smith gives up on the input.
    pub fn case(self, bytes: &[u8]) -> arbitrary::Result<GeneratedCase> {
        case_of(self, bytes)
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
        // Its functions have such names, and no others do.
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
        let message = "mutatis".parse::<Generator>().unwrap_err().to_string();
        assert_eq!(
            message,
            "no generator \"mutatis\"; there are default, smith, smith-never, ops"
        );
    }
}
