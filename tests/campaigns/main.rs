//! Campaigns: what they find, keep and count, and what judges it again.

#[path = "../common/campaign.rs"]
mod campaign;
#[path = "../common/mod.rs"]
mod common;
mod events;
#[cfg(unix)]
mod findings;
mod generators;
mod harness;
mod replay;
mod text_form;
mod zoo;
