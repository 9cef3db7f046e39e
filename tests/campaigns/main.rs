//! Campaigns: findings, statistics, saved files, and replay.

#[path = "../common/campaign.rs"]
mod campaign;
#[path = "../common/mod.rs"]
mod common;
mod distill;
mod events;
mod export;
#[cfg(unix)]
mod findings;
mod generators;
mod harness;
mod reduce;
mod replay;
mod text_form;
mod zoo;
