//! A campaign of the default generator, with or without a fault.

use gcdiff::campaign::{Campaign, CampaignReport, Progress, run};
use gcdiff::generate::Generator;
use gcdiff::oracle::Options;
use gcdiff::zoo::{self, Probe};

/// Runs a campaign on all cores. One with a fault stops at the first finding.
pub fn campaign(seed: u64, cases: u64, fault: Option<&str>) -> CampaignReport {
    let fault = fault.map(|id| zoo::fault(id).expect("in the zoo"));
    let campaign = Campaign {
        seed,
        cases: Some(cases),
        jobs: std::thread::available_parallelism().map_or(1, usize::from),
        generator: Generator::Default,
        options: match fault {
            Some(fault) => fault.switch_on(Options::fuzzing(), &Probe::default()),
            None => Options::fuzzing(),
        },
        fault: fault.map(|f| f.id.to_string()),
        stop_at_first: fault.is_some(),
        timeout: None,
    };
    run(&campaign, &Progress::default())
}
