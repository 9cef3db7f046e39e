//! `gcdiff generate`: the case that a seed makes.

use super::Ended;
use super::output::say;
use crate::case::{self, Header};
use crate::generate::{self, Generator};
use clap::Args;

/// Print the module that a seed makes, with its plan and schedule
///
/// The output is a case that `gcdiff run` takes.
#[derive(Args)]
pub(super) struct Generate {
    /// The seed, as for `gcdiff fuzz`.
    #[arg(long)]
    seed: u64,

    /// Which case of that seed.
    #[arg(long, default_value_t = 0)]
    case: u64,
}

impl Generate {
    pub(super) fn main(self) -> Result<Ended, String> {
        let input = generate::input(self.seed, self.case);
        let drawn = generate::case(&input)
            .map_err(|_| format!("case {} of seed {} makes no module", self.case, self.seed))?;
        let header = Header {
            about: Some(generate::origin(Generator::Default, self.seed, self.case)),
            ..Header::default()
        };
        say!(
            "{}",
            case::write(&drawn.case, &header).map_err(|e| e.to_string())?
        );
        Ok(Ended::Agree)
    }
}
