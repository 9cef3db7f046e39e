//! The lines at the top of a script that begin with `;;!`.

use crate::case::{CaseError, LimitsText, case_limits, parse_schedule, read_header};
use crate::engine::{Limits, Schedule};

/// What the directive lines of a script ask for; options override it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directives {
    /// The collectors to run under, by name.
    pub collectors: Option<Vec<String>>,
    /// When to collect.
    pub schedule: Option<Schedule>,
    /// The fault to switch on.
    pub fault: Option<String>,
    limits: Option<LimitsText>,
}

impl Directives {
    /// The limits that hold: those that are `given`, else those that the script
    /// asks for, which must be below a ceiling, else `base`.
    pub fn limits(&self, given: &LimitsText, base: Limits) -> Result<Limits, CaseError> {
        case_limits(self.limits.as_ref(), given, base).map_err(|message| CaseError {
            message: format!("header: {message}"),
        })
    }
}

/// Reads the directive lines of a script: the header of a case, without a
/// plan.
///
/// Other engines put directives of their own there, with other keys. Lines
/// that are no header of ours are comments. One that is, but asks for something
/// that does not exist, is an error.
pub fn directives(text: &str) -> Result<Directives, CaseError> {
    let Ok(header) = read_header(text) else {
        return Ok(Directives::default());
    };
    let error = |message: String| CaseError {
        message: format!("header: {message}"),
    };
    if header.steps.is_some() {
        return Err(error("a script has no plan".into()));
    }
    let schedule = header.schedule.as_deref().map(parse_schedule);
    Ok(Directives {
        collectors: header.collectors,
        schedule: schedule.transpose().map_err(error)?,
        fault: header.fault,
        limits: header.limits,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_header_is_read_and_others_are_comments() {
        let ours =
            directives(";;! schedule = \"safepoints\"\n;;! collectors = [\"drc\"]\n(module)");
        let ours = ours.unwrap();
        assert_eq!(ours.schedule, Some(Schedule::EverySafepoint));
        assert_eq!(ours.collectors, Some(vec!["drc".to_string()]));
        let limited = directives(";;! [limits]\n;;! fuel = 7\n").unwrap();
        let given = LimitsText::default();
        let limits = limited.limits(&given, Limits::default());
        assert_eq!(limits.unwrap().fuel, 7);
        let greedy = directives(";;! [limits]\n;;! memory_bytes = 1152921504606846976\n");
        let refused = greedy.unwrap().limits(&given, Limits::default());
        assert!(refused.unwrap_err().message.contains("--limits"));
        for others in [
            "",
            ";;! gc = true\n;;! simd = true\n(module)",
            ";;! gc = true\n;;! schedule = \"safepoints\"\n(module)",
            ";;! not TOML at all\n(module)",
        ] {
            assert_eq!(directives(others), Ok(Directives::default()), "{others}");
        }
        for wrong in [
            ";;! schedule = \"hourly\"\n",
            ";;! [[steps]]\n;;! call = \"f\"\n",
        ] {
            assert!(directives(wrong).is_err(), "{wrong}");
        }
    }
}
