//! The lines at the top of a script that begin with `;;!`.

use crate::case::{
    CaseError, HEADER_KEYS, Header, LimitsText, case_limits, header_text, parse_schedule,
    read_header, stray_header_lines,
};
use crate::engine::{Limits, Schedule};

/// Settings in the directive lines of a script; command-line options override them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Directives {
    /// Names of the collectors to run under.
    pub collectors: Option<Vec<String>>,
    /// When to collect.
    pub schedule: Option<Schedule>,
    /// The fault to switch on.
    pub fault: Option<String>,
    limits: Option<LimitsText>,
    judging: Header,
}

impl Directives {
    /// When to audit and with which layers, as a header for
    /// [`Options::pinned`](crate::oracle::Options::pinned).
    pub fn judging(&self) -> Header {
        self.judging.clone()
    }

    /// The limits of a run: those that are `given`, else those of the script, which must be below a
    /// ceiling, else `base`.
    pub fn limits(&self, given: &LimitsText, base: Limits) -> Result<Limits, CaseError> {
        case_limits(self.limits.as_ref(), given, base).map_err(|message| CaseError {
            message: format!("header: {message}"),
        })
    }
}

/// Reads the directive lines of a script: the header of a case, without a plan.
///
/// Other engines use such lines for directives with other keys. Lines are comments if none of the
/// keys is ours, or nearly ours. A header with one of our keys is an error if it also has other
/// keys, or has a value that does not exist, or if a line of it comes after other text.
pub fn directives(text: &str) -> Result<Directives, CaseError> {
    let error = |message: String| CaseError {
        message: format!("header: {message}"),
    };
    let mut stray = stray_header_lines(text);
    if let Some((line, _)) = stray.find(|(_, rest)| key(rest).is_some_and(is_ours)) {
        return Err(CaseError {
            message: format!(
                "line {line}: a header line, which begins with ;;!, belongs at the top, above all other text"
            ),
        });
    }
    let (toml_text, _) = header_text(text);
    if !toml_text.lines().filter_map(key).any(is_ours) {
        return Ok(Directives::default());
    }
    let header = read_header(text)?;
    for (is_there, what) in [
        (header.steps.is_some(), "plan: steps are for cases"),
        (
            !header.host.is_empty(),
            "plan for the host: host is for cases",
        ),
        (
            header.fingerprint.is_some(),
            "fingerprint: that is for cases",
        ),
        (
            header.reschedule.is_some(),
            "second run: reschedule is for cases",
        ),
    ] {
        if is_there {
            return Err(error(format!("a script has no {what}")));
        }
    }
    if let Some(limits) = &header.limits {
        limits.check()?;
    }
    let schedule = header.schedule.as_deref().map(parse_schedule);
    Ok(Directives {
        collectors: header.collectors,
        schedule: schedule.transpose().map_err(|e| error(e.message))?,
        fault: header.fault,
        limits: header.limits,
        judging: Header {
            audit: header.audit,
            oracle: header.oracle,
            ..Header::default()
        },
    })
}

/// The key of a line of TOML: of `key = value`, `[key]` or `[[key]]`.
fn key(line: &str) -> Option<&str> {
    let line = line.trim();
    let key = match line.strip_prefix('[') {
        Some(rest) => rest.trim_start_matches('[').split([']', '.']).next()?,
        None => line.split_once('=')?.0.split('.').next()?,
    };
    let key = key.trim().trim_matches(['"', '\'']);
    let is_key = !key.is_empty() && !key.contains(char::is_whitespace);
    is_key.then_some(key)
}

/// Whether a key is ours, or a near misspelling.
fn is_ours(key: &str) -> bool {
    let key = key.to_lowercase();
    HEADER_KEYS.iter().any(|known| {
        // One edit in a short key, two in a long one.
        let slips = if known.len() > 5 { 2 } else { 1 };
        key.len().abs_diff(known.len()) <= slips && distance(&key, known) <= slips
    })
}

/// Edit distance: letters changed, added, left out or swapped with the next.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = usize::from(a[i - 1] != b[j - 1]);
                let mut least = (rows[i - 1][j] + 1)
                    .min(rows[i][j - 1] + 1)
                    .min(rows[i - 1][j - 1] + change);
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    least = least.min(rows[i - 2][j - 2] + 1);
                }
                least
            };
        }
    }
    rows[a.len()][b.len()]
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
            ";;! not TOML at all\n(module)",
            ";;! target = \"x86_64\"\n;;! test = \"optimize\"\n;;! flags = \"-W gc\"\n(module)",
            ";;! hogs_memory = true\n(module)\n;;! simd = true\n;;! schedule of this test",
            ";; a license\n;;! gc = true\n(module)",
        ] {
            assert_eq!(directives(others), Ok(Directives::default()), "{others}");
        }
        for wrong in [
            ";;! schedule = \"hourly\"\n",
            ";;! schedule = safepoints\n",
            ";;! shcedule = \"safepoints\"\n",
            ";;! schedule = \"safepoints\"\n;;! colectors = [\"drc\"]\n",
            ";;! gc = true\n;;! schedule = \"safepoints\"\n",
            ";;! falt = \"W1\"\n",
            ";;! [limit]\n;;! fuel = 7\n",
            ";;! [limits]\n;;! fule = 7\n",
            ";;! limits = { frames = 0 }\n",
            ";;! [[host]]\n;;! collect = true\n",
            ";;! fingerprint = \"a\"\n",
            ";; a comment\n;;! schedule = \"safepoints\"\n",
            ";;! gc = true\n(module)\n;;! fault = \"W1\"\n",
            ";;! [[steps]]\n;;! call = \"f\"\n",
        ] {
            assert!(directives(wrong).is_err(), "{wrong}");
        }
    }
}
