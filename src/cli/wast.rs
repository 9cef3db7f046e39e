//! `gcdiff wast`: scripts of the official test suite's format.

use super::options::{Judging, Limiting, fault, list};
use super::output::say;
use super::waiting::Waiting;
use super::{Ended, file};
use crate::campaign::within;
use crate::case::parse_schedule;
use crate::engine::Schedule;
use crate::oracle::{Collector, PolicyMaker};
use crate::script::{self, Auditing, Options, Report};
use crate::zoo::{Fault, Probe};
use clap::Args;
use std::path::PathBuf;

/// Run WebAssembly scripts under several collectors, and audit
///
/// FILE is a script in the format of the official test suite, run in a store of
/// its own under each collector. It can import `spectest`, and from `wasmtime`
/// the function `gc`, which collects. Lines at the top that begin with `;;!`
/// may say `collectors`, `schedule`, `fault` and `limits`; options override
/// them. Exit code: 0 if everything passed, 1 if anything failed, 2 if a file
/// is no script.
#[derive(Args)]
pub(super) struct Wast {
    /// The scripts.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    #[command(flatten)]
    judging: Judging,

    #[command(flatten)]
    limiting: Limiting,

    /// When to collect: never, safepoints, allocations, allocations/N, or
    /// at:N,N,... (safepoints counted from 1).
    #[arg(long, value_parser = parse_schedule)]
    schedule: Option<Schedule>,
}

impl Wast {
    pub(super) fn main(self) -> Result<Ended, String> {
        let mut failed = false;
        let mut unreadable = Vec::new();
        for path in &self.files {
            let name = path.display().to_string();
            match self.script(path, &name) {
                Ok(passed) => failed |= !passed,
                Err(message) => unreadable.push(message),
            }
        }
        match (unreadable.is_empty(), failed) {
            (false, _) => Err(unreadable.join("\ngcdiff: ")),
            (true, true) => Ok(Ended::Finding),
            (true, false) => Ok(Ended::Agree),
        }
    }

    /// Runs one script under each collector; whether it passed.
    fn script(&self, path: &std::path::Path, name: &str) -> Result<bool, String> {
        let in_file = |message: String| format!("{name}: {message}");
        let text = String::from_utf8(file::read(path)?)
            .map_err(|e| in_file(format!("not UTF-8 text: {}", e.utf8_error())))?;
        let directives = script::directives(&text).map_err(|e| in_file(e.to_string()))?;
        let in_header = |message: String| in_file(format!("header: {message}"));
        let collectors = match (&self.judging.collectors, &directives.collectors) {
            (Some(given), _) => given.0.clone(),
            (None, Some(names)) => list(names.iter().map(String::as_str)).map_err(in_header)?,
            (None, None) => Collector::ALL.to_vec(),
        };
        let mut auditing = Auditing {
            timing: self.judging.audit.into(),
            layers: self.judging.oracle,
            policy: self.judging.fault.map(policy).transpose()?,
        };
        if let (None, Some(id)) = (self.judging.fault, &directives.fault) {
            let policy = fault(id).and_then(policy).map_err(in_header)?;
            auditing.policy = Some(policy);
        }
        let mut options = Options::default();
        options.limits = directives
            .limits(&self.limiting.limits, options.limits)
            .map_err(|e| in_file(e.to_string()))?;
        if let Some(schedule) = self.schedule.as_ref().or(directives.schedule.as_ref()) {
            options.schedule = schedule.clone();
        }
        let mut passed = true;
        for collector in collectors {
            let (text, auditing, options) = (text.clone(), auditing.clone(), options.clone());
            let waiting = Waiting::for_(format!("running {name} under {collector}"));
            let report = within(self.judging.timeout(60), move |desk| {
                desk.note_heap(Some(collector.name()));
                script::run_under(&text, collector, auditing, &options)
            });
            drop(waiting);
            match report {
                Ok(report) => {
                    let report = report.map_err(|e| in_file(e.to_string()))?;
                    print(name, collector, &report);
                    passed &= report.failures.is_empty();
                }
                Err(overtime) => {
                    say!("{name}: {collector}: {}", overtime.verdict());
                    passed = false;
                }
            }
        }
        Ok(passed)
    }
}

/// The policy of a fault: scripts run under nothing else, since other faults are
/// made for one module.
fn policy(fault: Fault) -> Result<PolicyMaker, String> {
    let policy = fault.policy(&Probe::default());
    policy.ok_or_else(|| {
        format!(
            "fault {} is not one of the counting heap's policy",
            fault.id
        )
    })
}

fn print(name: &str, collector: Collector, report: &Report) {
    say!("{name}: {collector}: {report}");
    for (reason, count) in report.reasons() {
        say!("  {count} skipped: {}", reason.text());
    }
    for failure in &report.failures {
        let message = failure.message.replace('\n', "\n    ");
        say!("  {name}:{}: {message}", failure.line);
    }
}
