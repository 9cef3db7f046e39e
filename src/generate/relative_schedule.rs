//! Generation of collection schedules that fit the length of a run.
//!
//! Most of a list of safepoints that was drawn without knowledge of the case lies after its end:
//! half of all generated runs pass fewer than a hundred. So the bytes choose *shares* of a run, and
//! a dry run under the null heap measures its length. Safepoints and allocations are the same under
//! every heap and every schedule, so one dry run is enough.

use crate::case::{self, Case};
use crate::engine::Schedule;
use crate::heap::null::Null;
use crate::module::Module;
use arbitrary::Unstructured;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A schedule relative to a run of unknown length.
///
/// Most schedules collect often, since bugs of a collector show when it runs. One in eight leaves
/// collection to the heap.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum RelativeSchedule {
    /// Leaves collection to the heap.
    Never,
    /// At every safepoint.
    Safepoints,
    /// Before every allocation.
    Allocations,
    /// Before every n-th allocation, where n is 1 plus this number modulo half the number of
    /// allocations, or modulo [`FAR`] if that is less.
    Every(u8),
    /// At these fractions of the run, in units of 1/65536.
    Shares([u16; SHARES]),
}

/// Number of safepoints chosen individually.
const SHARES: usize = 8;

/// Maximum number of allocations between collections.
const FAR: u64 = 32;

/// Allocations that are enough for the largest limit. A dry run that counts them goes no further.
const ENOUGH: u32 = 2 * FAR as u32;

/// Bytes of address space in a dry run: more than its budget allows to allocate.
const DRY: u32 = 16 << 20;

impl RelativeSchedule {
    /// Draws a schedule.
    pub(super) fn draw(u: &mut Unstructured<'_>) -> arbitrary::Result<RelativeSchedule> {
        Ok(match u.arbitrary::<u8>()? % 8 {
            0 | 1 => RelativeSchedule::Every(u.arbitrary()?),
            2 | 3 => RelativeSchedule::Allocations,
            4 => RelativeSchedule::Safepoints,
            5 | 6 => RelativeSchedule::Shares(u.arbitrary()?),
            _ => RelativeSchedule::Never,
        })
    }

    /// The schedule for a case, whose own schedule is not set yet.
    pub(super) fn schedule(&self, case: &Case, module: &Arc<Module>) -> Schedule {
        let dry = |case: &Case, enough| case::length(case, module, Null::new(DRY), enough);
        match self {
            RelativeSchedule::Never => Schedule::Never,
            RelativeSchedule::Safepoints => Schedule::EverySafepoint,
            RelativeSchedule::Allocations => Schedule::EveryAllocation(1),
            RelativeSchedule::Every(byte) => {
                // The next one fails, since a loop may make thousands.
                let mut short = case.clone();
                if short.limits.exhaust == 0 {
                    short.limits.exhaust = ENOUGH + 1;
                }
                let (_, allocations) = dry(&short, u64::from(ENOUGH));
                let limit = (allocations / 2).clamp(1, FAR);
                Schedule::EveryAllocation(1 + (u64::from(*byte) % limit) as u32)
            }
            RelativeSchedule::Shares(shares) => {
                let (safepoints, _) = dry(case, u64::MAX);
                let at = |share: &u16| 1 + ((u64::from(*share) * safepoints) >> 16);
                let mut list: Vec<u64> = shares.iter().map(at).collect();
                list.sort_unstable();
                list.dedup();
                Schedule::At(list)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::read;

    #[test]
    fn a_schedule_hits_the_run_it_is_made_for() {
        let text = r#"(module (type $s (struct))
            (func (export "f") (local i32)
              (loop
                (drop (struct.new $s))
                (local.set 0 (i32.add (local.get 0) (i32.const 1)))
                (br_if 0 (i32.lt_u (local.get 0) (i32.const 100))))))"#;
        let (case, _) = read(text.as_bytes()).unwrap();
        let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
        // The entry, and in each iteration the loop header and the allocation.
        let safepoints = 201;
        let shares = [0, 1, 0x4000, 0x8000, 0x8000, u16::MAX, 3, 9];
        let list = vec![1, 51, 101, safepoints];
        let schedule = RelativeSchedule::Shares(shares).schedule(&case, &module);
        assert_eq!(schedule, Schedule::At(list));
        for byte in 0..=u8::MAX {
            let schedule = RelativeSchedule::Every(byte).schedule(&case, &module);
            let n = u64::from(byte) % FAR + 1;
            assert_eq!(schedule, Schedule::EveryAllocation(n as u32));
        }
        let (empty, _) = read(b"(module)").unwrap();
        let module = Arc::new(Module::new(&empty.wasm, &mut Arc::default()).unwrap());
        let schedule = RelativeSchedule::Every(200).schedule(&empty, &module);
        assert_eq!(schedule, Schedule::EveryAllocation(1));
        let schedule = RelativeSchedule::Shares(shares).schedule(&empty, &module);
        assert_eq!(schedule, Schedule::At(vec![1]));
    }
}
