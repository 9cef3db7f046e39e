//! `gcdiff explain`: what happened to the object that a finding is about.

use super::CommandOutcome;
use super::load::{Loaded, load};
use super::options::{Judging, Limiting};
use super::output::say;
use super::waiting::Waiting;
use crate::escape;
use crate::explain::explain;
use crate::jobs::within;
use crate::oracle::{JudgeReport, Verdict};
use clap::Args;
use std::path::PathBuf;

/// Explain a finding: the operation that caused it, and the life of the object
///
/// FILE is a case as for `gcdiff run`. Prints the verdict, the cause, and the ledger of the object
/// concerned: allocations, counts, owners, the stack-root list, moves and frees, each with the
/// instruction, collection or act of the embedder that did it. The first entry after which the count
/// and the owners do not match is marked.
#[derive(Args)]
pub(super) struct Explain {
    /// The case, .wat or .wasm.
    file: PathBuf,

    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    limiting: Limiting,
}

impl Explain {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        let name = escape::path(&self.file);
        let in_file = |message: String| format!("{name}: {message}");
        let Loaded {
            case,
            text,
            module,
            options,
            ..
        } = load(&self.file, &self.judging, &self.limiting)?;
        let (compiled, given) = (module.clone(), options.clone());
        let waiting = Waiting::for_(format!("explaining {name}"));
        let explained = within(self.judging.timeout(60), move |desk| {
            explain(&case, &compiled, &desk.watching(&given))
        });
        drop(waiting);
        let explanation = match explained {
            Ok(explained) => explained
                .map_err(|e| in_file(e.to_string()))?
                .with_lines(&text, &module.wasm),
            Err(verdict) => return Ok(print_verdict(&JudgeReport::new(*verdict).verdict)),
        };
        let verdict = &explanation.report.verdict;
        match verdict {
            Verdict::Discard(..) => return Err(in_file(verdict.to_string())),
            Verdict::Agree => {
                say!("agree: there is nothing to explain");
                return Ok(CommandOutcome::Agree);
            }
            _ => {}
        }
        let outcome = print_verdict(verdict);
        say!("{}", explanation.text().trim_end());
        Ok(outcome)
    }
}

fn print_verdict(verdict: &Verdict) -> CommandOutcome {
    say!("{verdict}");
    if let Some(fingerprint) = verdict.fingerprint() {
        say!("  fingerprint  {fingerprint}");
    }
    CommandOutcome::Finding
}
