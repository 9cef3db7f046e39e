//! `gcdiff generate`: the case of a seed.

use super::CommandOutcome;
use super::format::{self, RecordFormat};
use super::output::say;
use super::profile::ProfileOptions;
use crate::case::{self, Header};
use crate::generate;
use clap::Args;
use serde::Serialize;

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

    #[command(flatten)]
    format: RecordFormat,
}

/// The record of a generated case.
#[derive(Serialize)]
struct CaseRecord {
    seed: u64,
    case: u64,
    about: String,
    text: String,
}

impl Generate {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.format.format.apply();
        let input = generate::input(self.seed, self.case);
        let profile = self.profile.profile();
        let origin = generate::origin(profile, self.seed, self.case);
        let drawn = profile.case(&input);
        let drawn = drawn.map_err(|_| format!("{origin}: there is no module"))?;
        let header = Header {
            about: Some(origin.clone()),
            ..Header::default()
        };
        let case = case::plain(drawn.case, &drawn.module);
        let text = case::write(&case, &header).map_err(|e| e.to_string())?;
        say!("{text}");
        let record = CaseRecord {
            seed: self.seed,
            case: self.case,
            about: origin,
            text,
        };
        format::record("case", &record);
        Ok(CommandOutcome::Agree)
    }
}
