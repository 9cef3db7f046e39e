//! Campaigns of the default generator, with or without a fault.

use gcdiff::campaign::{Campaign, CampaignReport, Progress, run};
use gcdiff::oracle::Options;
use gcdiff::zoo::{self, Probe};

/// Runs a campaign on all cores. With a fault, it stops at the first finding.
pub fn campaign(seed: u64, cases: u64, fault: Option<&str>) -> CampaignReport {
    let fault = fault.map(|id| zoo::fault(id).expect("in the zoo"));
    let campaign = Campaign::new(
        seed,
        match fault {
            Some(fault) => fault.switch_on(Options::fuzzing(), &Probe::default()),
            None => Options::fuzzing(),
        },
    )
    .with_cases(cases)
    .with_fault(fault.map(|f| f.id.to_string()))
    .with_stop_at_first(fault.is_some());
    run(&campaign, &Progress::default())
}
