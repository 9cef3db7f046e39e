//! The text form of schedules.

use super::error::{CaseError, error};
use crate::engine::Schedule;

/// Parses `never`, `safepoints`, `allocations`, `allocations/N`, or a list of
/// safepoints `at:1,5,9`.
pub fn parse_schedule(text: &str) -> Result<Schedule, CaseError> {
    let parsed = match text {
        "never" => Some(Schedule::Never),
        "safepoints" => Some(Schedule::EverySafepoint),
        "allocations" => Some(Schedule::EveryAllocation(1)),
        _ => match (text.strip_prefix("allocations/"), text.strip_prefix("at:")) {
            (Some(n), _) => match n.parse() {
                Ok(n) if n > 0 => Some(Schedule::EveryAllocation(n)),
                _ => None,
            },
            (_, Some(list)) => {
                let list: Result<Vec<u64>, _> = list.split(',').map(str::parse).collect();
                // Safepoints are counted from 1.
                let in_order = |list: &Vec<u64>| list.is_sorted() && !list.contains(&0);
                list.ok().filter(in_order).map(Schedule::At)
            }
            _ => None,
        },
    };
    parsed.ok_or_else(|| {
        error(format!(
            "{text:?} is no schedule: expected never, safepoints, allocations, allocations/N, \
             or at:N,N,... in ascending order, counted from 1"
        ))
    })
}

/// Prints a schedule in the form that [`parse_schedule`] reads.
pub fn print_schedule(schedule: &Schedule) -> String {
    match schedule {
        Schedule::Never => "never".into(),
        Schedule::EverySafepoint => "safepoints".into(),
        Schedule::EveryAllocation(0 | 1) => "allocations".into(),
        Schedule::EveryAllocation(n) => format!("allocations/{n}"),
        // An empty list never collects.
        Schedule::At(list) if list.is_empty() => "never".into(),
        Schedule::At(list) => {
            // A collection scheduled before the first safepoint happens at the first.
            let list = list.iter().map(|at| at.max(&1).to_string());
            let list: Vec<String> = list.collect();
            format!("at:{}", list.join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_read_back_as_printed() {
        for schedule in [
            Schedule::Never,
            Schedule::EverySafepoint,
            Schedule::EveryAllocation(1),
            Schedule::EveryAllocation(3),
            Schedule::At(vec![1, 5, 5, 900]),
        ] {
            assert_eq!(parse_schedule(&print_schedule(&schedule)), Ok(schedule));
        }
        for bad in [
            "",
            "sometimes",
            "allocations/0",
            "at:",
            "at:0",
            "at:0,4",
            "at:3,1",
            "at:x",
        ] {
            assert!(parse_schedule(bad).is_err(), "{bad}");
        }
    }
}
