//! The report on a campaign.

use super::clock::Clock;
use super::saved::SavedFindings;
use crate::campaign::{Campaign, CampaignReport, Evidence, Finding, Progress};
use crate::cli::findings::TableRow;
use crate::cli::report::{self, Report};
use crate::events::{Sample, Share};
use crate::page::run::{CountRow, EventShare, RunPage, State};
use crate::page::units;
use std::sync::Mutex;
use std::sync::atomic::Ordering;

/// Writes the report on a campaign while it runs, and at its end.
pub(super) struct CampaignReporter<'a> {
    report: Report,
    campaign: &'a Campaign,
    progress: &'a Progress,
    clock: &'a Clock,
    kept: &'a Mutex<SavedFindings>,
    sample: Sample,
}

impl<'a> CampaignReporter<'a> {
    /// Begins to count events, and writes a first version.
    pub fn start(
        report: Report,
        campaign: &'a Campaign,
        progress: &'a Progress,
        clock: &'a Clock,
        kept: &'a Mutex<SavedFindings>,
    ) -> CampaignReporter<'a> {
        let sample = Sample::start(
            Share::of(campaign.jobs),
            (campaign.profile, campaign.seed, campaign.start),
            campaign.timeout,
            &progress.cases,
        );
        let mut reporter = CampaignReporter {
            report,
            campaign,
            progress,
            clock,
            kept,
            sample,
        };
        reporter.look();
        reporter
    }

    /// Writes a new version if it is time for one.
    pub fn look(&mut self) {
        if !self.report.is_due() {
            return;
        }
        // A job that saves a finding need not be waited for: there will be another version.
        let Ok(kept) = self.kept.try_lock() else {
            return;
        };
        let so_far = self.progress.report();
        let rows = kept.rows(&so_far);
        drop(kept);
        let state = State::Running {
            doing: self.doing(&so_far),
            refresh: Report::refresh(),
        };
        self.write(&so_far, &rows, state, Vec::new());
    }

    /// Waits for the events of the last cases and for explanations unless `is_cut`, and writes the
    /// last version.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn end(
        mut self,
        report: &CampaignReport,
        rows: &[TableRow<'_>],
        state: State,
        problems: Vec<String>,
        is_cut: impl Fn() -> bool,
    ) -> Result<(), String> {
        self.clock.end(self.progress.cases.load(Ordering::Relaxed));
        self.sample.finish(&is_cut);
        self.report.explain(rows, &source, is_cut);
        self.write(report, rows, state, problems);
        self.report.finish()
    }

    fn write(
        &mut self,
        report: &CampaignReport,
        rows: &[TableRow<'_>],
        state: State,
        mut problems: Vec<String>,
    ) {
        let timeline = self.clock.timeline();
        let judged = report.statistics.cases;
        let seconds = match report.judged_in.as_secs_f64() {
            0.0 => timeline.busy(),
            judged_in => judged_in,
        };
        let (table, failed) = self.sample.so_far();
        if failed > 0 {
            problems.push(format!(
                "{failed} cases did not come to their end under the recorder of events, which is a bug of gcdiff"
            ));
        }
        let page = RunPage {
            title: "Campaign",
            command: report::command(),
            state,
            elapsed: self.clock.elapsed(),
            items: "cases",
            judged,
            rate: (seconds > 0.0).then(|| judged as f64 / seconds),
            found: report.statistics.findings,
            origin: "lowest case",
            clusters: self.report.clusters(rows, &source),
            is_reduced: self.campaign.reduce,
            timeline: Some(timeline),
            counts: counts(report),
            events: Some(EventShare {
                table,
                share: self.sample.share().to_string(),
            }),
            settings: settings(self.campaign),
            problems,
        };
        self.report.write(&page);
    }

    /// What the campaign does now.
    fn doing(&self, so_far: &CampaignReport) -> String {
        let done = self.progress.cases.load(Ordering::Relaxed);
        let is_judging =
            !self.progress.is_stopped() && self.campaign.cases.is_none_or(|n| done < n);
        match (is_judging, self.campaign.cases) {
            (true, Some(all)) => format!("Judging {} cases.", units::number(all)),
            (true, None) => "Judging cases.".into(),
            (false, _) => format!(
                "All cases are judged. Findings are reduced: {} of {}.",
                self.progress.reduced.load(Ordering::Relaxed),
                so_far.findings.len()
            ),
        }
    }
}

/// The text of a finding, and its verdict with lines of this text.
fn source(finding: &Finding) -> (Option<String>, Evidence) {
    (finding.text().ok(), finding.shown())
}

fn counts(report: &CampaignReport) -> Vec<CountRow> {
    let rows = report.statistics.rows().into_iter();
    rows.map(|row| CountRow {
        name: row.name,
        count: row.count,
        meaning: row.meaning,
        is_part: row.reason.is_some(),
    })
    .collect()
}

fn settings(campaign: &Campaign) -> Vec<(&'static str, String)> {
    let options = &campaign.options;
    let names = |list: &[crate::oracle::SharedSubject]| {
        let names: Vec<&str> = list.iter().map(|subject| subject.name()).collect();
        names.join(", ")
    };
    let mut settings = vec![
        ("seed", campaign.seed.to_string()),
        ("first case", campaign.start.to_string()),
        ("generator", campaign.profile.to_string()),
        ("heaps", names(&options.collectors)),
    ];
    if !options.sometimes.is_empty() {
        settings.push(("heaps on a share of the cases", names(&options.sometimes)));
    }
    settings.extend([
        (
            "fault",
            campaign.fault.clone().unwrap_or_else(|| "none".into()),
        ),
        ("audits", options.timing.to_string()),
        ("oracle", options.layers.to_string()),
        (
            "second run with other collections",
            match options.reschedule {
                true => "on a share of the cases".into(),
                false => "no".to_string(),
            },
        ),
        ("jobs", campaign.jobs.to_string()),
        (
            "time limit per case",
            campaign.timeout.map_or_else(|| "none".into(), units::time),
        ),
    ]);
    settings
}
