//! Numbers and times as a reader expects them.

use std::time::Duration;

/// A number with its digits in groups of three.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun, given in the plural: `1 file`, `2 files`.
pub fn count(n: u64, nouns: &str) -> String {
    format!("{n} {}", noun(n, nouns))
}

/// The same, with the digits in groups of three.
pub fn grouped_count(n: u64, nouns: &str) -> String {
    format!("{} {}", number(n), noun(n, nouns))
}

/// A noun, given in the plural, after a number.
fn noun(n: u64, nouns: &str) -> &str {
    let singular = nouns.strip_suffix('s').filter(|_| n == 1);
    singular.unwrap_or(nouns)
}

/// A number for the axis of a chart.
pub fn short_number(n: f64) -> String {
    let (scaled, unit) = match n {
        n if n >= 1e9 => (n / 1e9, " G"),
        n if n >= 1e6 => (n / 1e6, " M"),
        n if n >= 1e4 => (n / 1e3, " k"),
        n => (n, ""),
    };
    // An axis has at most one decimal, which is not shown if it is 0.
    let text = format!("{scaled:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    format!("{text}{unit}")
}

/// A share of a total in percent, with enough digits to tell a rare event from none.
pub fn percent(part: u64, total: u64) -> String {
    let share = part as f64 * 100.0 / total.max(1) as f64;
    match part {
        0 => "0 %".into(),
        _ if share < 0.1 => "< 0.1 %".into(),
        _ => format!("{share:.1} %"),
    }
}

/// A time in its two largest units.
pub fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) if seconds < 10 => format!("{:.1} s", time.as_secs_f64()),
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {seconds} s"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_as_a_reader_expects_them() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(number),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [0, 1, 2000].map(|n| grouped_count(n, "files")),
            ["0 files", "1 file", "2,000 files"]
        );
        let axis = [0.0, 0.5, 2000.0, 20_000.0, 1_500_000.0].map(short_number);
        assert_eq!(axis, ["0", "0.5", "2000", "20 k", "1.5 M"]);
        assert_eq!(
            [(0, 0), (0, 9), (1, 5000), (1, 3), (3, 3)].map(|(a, b)| percent(a, b)),
            ["0 %", "0 %", "< 0.1 %", "33.3 %", "100.0 %"]
        );
        let times = [0.25, 42.9, 61.0, 3661.0, 90_000.0];
        assert_eq!(
            times.map(|s| time(Duration::from_secs_f64(s))),
            ["0.2 s", "42 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]
        );
    }
}
