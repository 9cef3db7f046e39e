//! The header of a case in its text form.

use super::error::{CaseError, error};
use super::step_text::StepText;
use crate::engine::{Limits, MAX_REENTRY};
use serde::{Deserialize, Serialize};

/// The header of a case. Every field is optional.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// A description for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// The fault under which it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// The fingerprint of the finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// The collectors to compare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collectors: Option<Vec<String>>,
    /// When to audit: the name of a [`Timing`](crate::oracle::Timing).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit: Option<String>,
    /// The active [`Layers`](crate::oracle::Layers) of the oracle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oracle: Option<String>,
    /// Whether heaps that free run a second time, with other collections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reschedule: Option<bool>,
    /// See [`parse_schedule`](super::parse_schedule).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// The number of the client through which the host calls the module, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<u32>,
    /// Limits that differ from the default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<LimitsText>,
    /// The plan. Without one, every exported function is called once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<Vec<StepText>>,
    /// The host's acts during calls; see [`Case::host`](super::Case::host).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub host: Vec<StepText>,
}

/// The text form of [`Limits`].
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsText {
    /// Fuel per call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Frames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames: Option<usize>,
    /// Registers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registers: Option<usize>,
    /// Bytes allocated over the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heap_bytes: Option<u64>,
    /// Elements of all tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table_elements: Option<u64>,
    /// Bytes of all memories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Calls from the host that are active at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reentry: Option<usize>,
    /// Bytes of memory that the run may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footprint: Option<u64>,
    /// Estimated nanoseconds of the run; see [`Limits::work`](crate::engine::Limits::work).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<u64>,
    /// Bytes that a heap may take at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// Allocations of which every one in so many is refused once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuse: Option<u32>,
    /// Allocations of which every one in so many fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exhaust: Option<u32>,
    /// Bulk operations of which every one in so many collects in its middle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<u32>,
    /// Collections after which the schedule collects half as often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thin: Option<u32>,
}

/// A limit, or `None` if it has its default value.
fn beyond_default(limit: u64, default: u64) -> Option<u64> {
    (limit != default).then_some(limit)
}

/// A number, or `None` if it is 0: off.
fn switched_on(limit: u32) -> Option<u32> {
    (limit != 0).then_some(limit)
}

impl LimitsText {
    pub(super) fn of(limits: &Limits) -> LimitsText {
        LimitsText {
            fuel: Some(limits.fuel),
            frames: Some(limits.frames),
            registers: Some(limits.registers),
            heap_bytes: Some(limits.heap_bytes),
            table_elements: Some(limits.table_elements),
            memory_bytes: Some(limits.memory_bytes),
            reentry: Some(limits.reentry),
            footprint: beyond_default(limits.footprint, Limits::default().footprint),
            work: beyond_default(limits.work, Limits::default().work),
            capacity: switched_on(limits.capacity),
            refuse: switched_on(limits.refuse),
            exhaust: switched_on(limits.exhaust),
            inside: switched_on(limits.inside),
            thin: switched_on(limits.thin),
        }
    }

    /// Only those that are not the default.
    pub(super) fn beyond_default(self) -> LimitsText {
        let default = Limits::default();
        let sizes = |limit: Option<usize>, default| limit.filter(|limit| *limit != default);
        let counts = |limit: Option<u64>, default| limit.filter(|limit| *limit != default);
        LimitsText {
            fuel: counts(self.fuel, default.fuel),
            frames: sizes(self.frames, default.frames),
            registers: sizes(self.registers, default.registers),
            heap_bytes: counts(self.heap_bytes, default.heap_bytes),
            table_elements: counts(self.table_elements, default.table_elements),
            memory_bytes: counts(self.memory_bytes, default.memory_bytes),
            reentry: sizes(self.reentry, default.reentry),
            footprint: self.footprint,
            work: self.work,
            capacity: self.capacity,
            refuse: self.refuse,
            exhaust: self.exhaust,
            inside: self.inside,
            thin: self.thin,
        }
    }

    /// Refuses limits under which nothing can run, and those above the engine's
    /// maximum.
    pub(crate) fn check(&self) -> Result<(), CaseError> {
        let refuse = |what: String| Err(error(format!("header: limits: {what}")));
        let least = [
            ("fuel", self.fuel),
            ("frames", self.frames.map(|n| n as u64)),
            ("registers", self.registers.map(|n| n as u64)),
            ("reentry", self.reentry.map(|n| n as u64)),
        ];
        if let Some((name, _)) = least.into_iter().find(|(_, value)| *value == Some(0)) {
            return refuse(format!(
                "with {name} = 0 nothing can be called; the least is 1"
            ));
        }
        match self.reentry {
            Some(n) if n > MAX_REENTRY => refuse(format!(
                "reentry = {n} is more than {MAX_REENTRY}, the most there is"
            )),
            _ => Ok(()),
        }
    }

    /// Overrides `limits` with those that are given.
    pub fn apply(&self, limits: &mut Limits) {
        let default = *limits;
        *limits = Limits {
            fuel: self.fuel.unwrap_or(default.fuel),
            frames: self.frames.unwrap_or(default.frames),
            registers: self.registers.unwrap_or(default.registers),
            heap_bytes: self.heap_bytes.unwrap_or(default.heap_bytes),
            table_elements: self.table_elements.unwrap_or(default.table_elements),
            memory_bytes: self.memory_bytes.unwrap_or(default.memory_bytes),
            reentry: self.reentry.unwrap_or(default.reentry),
            footprint: self.footprint.unwrap_or(default.footprint),
            work: self.work.unwrap_or(default.work),
            capacity: self.capacity.unwrap_or(default.capacity),
            refuse: self.refuse.unwrap_or(default.refuse),
            exhaust: self.exhaust.unwrap_or(default.exhaust),
            inside: self.inside.unwrap_or(default.inside),
            thin: self.thin.unwrap_or(default.thin),
        };
    }
}
