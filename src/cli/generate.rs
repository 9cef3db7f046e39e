//! `gcdiff generate`: the case of a seed.

use super::CommandOutcome;
use super::output::say;
use super::profile::ProfileOptions;
use crate::case::{self, Header};
use crate::generate;
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

    #[command(flatten)]
    profile: ProfileOptions,
}

impl Generate {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        let input = generate::input(self.seed, self.case);
        let profile = self.profile.profile();
        let origin = generate::origin(profile, self.seed, self.case);
        let drawn = profile.case(&input);
        let drawn = drawn.map_err(|_| format!("{origin}: there is no module"))?;
        let header = Header {
            about: Some(origin),
            ..Header::default()
        };
        let case = case::plain(drawn.case, &drawn.module);
        say!(
            "{}",
            case::write(&case, &header).map_err(|e| e.to_string())?
        );
        Ok(CommandOutcome::Agree)
    }
}
