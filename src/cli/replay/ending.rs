//! The end of a replay: its table, its counts and its exit code.

use super::Replay;
use super::saved::Saved;
use crate::campaign::Reductions;
use crate::cli::format::JudgedCase;
use crate::cli::output::{complain, say};
use crate::cli::{CommandOutcome, findings, format, report};
use crate::page::{run::State, units};
use serde::Serialize;

/// The record of the counts.
#[derive(Serialize)]
struct CountsRecord {
    files: u64,
    agree: u64,
    findings: u64,
    inconclusive: u64,
    not_run: u64,
}

/// Reports why only `judged` of `all` files were judged.
fn cut_short(why: &str, judged: usize, all: usize) -> String {
    let left = all - judged;
    format!("{why}; {left} of {all} were not judged")
}

impl Replay {
    /// Prints the result of a replay that has judged so many of `all` files.
    pub(super) fn end(
        &self,
        judged: usize,
        all: usize,
        saved: &Saved,
        reductions: &Reductions,
    ) -> (Result<CommandOutcome, String>, State) {
        if let Some(shelf) = &saved.shelf {
            shelf.leave();
        }
        let is_found = self.stop_at_first && saved.tally.findings() > 0;
        let why = match is_found {
            true => "ended by the first finding",
            false => "ended by a signal",
        };
        let cut = (judged < all).then(|| cut_short(why, judged, all));
        let state = match &cut {
            Some(cut) => State::EndedEarly(cut.clone()),
            None => State::Ended,
        };
        let ended = self.print(saved, reductions, &state);
        let mut judged = saved.judged.clone();
        // A document of some of the files must not look like one of all.
        if let Some(cut) = &cut {
            let verdict = match is_found {
                true => "discard",
                false => "error",
            };
            judged.push(JudgedCase {
                name: "replay".into(),
                ..JudgedCase::without(None, verdict, cut)
            });
        }
        let document = self.format.finish("replay", &judged);
        let ended = report::outcome(ended, document);
        let ended = match (&saved.error, ended, cut) {
            // A finding decides the exit code even after an error.
            (Some(error), Ok(CommandOutcome::Finding), _) => {
                complain(error);
                Ok(CommandOutcome::Finding)
            }
            (_, Ok(CommandOutcome::Agree), Some(cut)) => Err(cut),
            (_, ended, cut) => {
                cut.iter().for_each(|cut| complain(cut));
                ended
            }
        };
        (ended, state)
    }

    /// Prints the table and the counts.
    fn print(
        &self,
        saved: &Saved,
        reductions: &Reductions,
        ended: &State,
    ) -> Result<CommandOutcome, String> {
        let rows = saved.rows(self, reductions);
        findings::table("smallest file", &rows);
        let tally = &saved.tally;
        let (all, what) = (tally.files(), self.items());
        let (findings, failed) = (tally.findings(), tally.not_run());
        say!(
            "{}: {} agree, {}, {} say nothing, {failed} could not be run",
            units::count(all, what),
            tally.agree,
            units::count(findings, "findings"),
            tally.inconclusive(),
        );
        let counts = CountsRecord {
            files: all,
            agree: tally.agree,
            findings,
            inconclusive: tally.inconclusive(),
            not_run: failed,
        };
        format::record("counts", &counts);
        findings::record(&rows, ended);
        match (findings, failed) {
            (0, 0) => Ok(CommandOutcome::Agree),
            (0, n) => Err(format!(
                "{n} of {} could not be run",
                units::count(all, what)
            )),
            _ => Ok(CommandOutcome::Finding),
        }
    }
}
