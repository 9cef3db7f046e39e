//! The cases of a run over time.

/// How many cases were done at which time. It keeps a bounded number of moments, further apart the
/// longer the run takes.
#[derive(Clone, PartialEq, Debug)]
pub struct Timeline {
    /// Seconds since the start, and the cases done by then, both increasing.
    moments: Vec<(f64, u64)>,
    /// Seconds and a label for each thing that was found.
    found: Vec<(f64, String)>,
    /// Seconds between two moments.
    step: f64,
}

/// Number of moments at which every second one is dropped.
const MAX: usize = 480;

/// Number of marks that are kept.
const MAX_FOUND: usize = 200;

impl Default for Timeline {
    fn default() -> Timeline {
        Timeline {
            moments: vec![(0.0, 0)],
            found: Vec::new(),
            step: 0.25,
        }
    }
}

impl Timeline {
    /// Notes the number of cases done by now, unless the last moment was just before.
    pub fn note(&mut self, seconds: f64, cases: u64) {
        let last = self.moments.last().map_or(0.0, |(at, _)| *at);
        if seconds < last + self.step {
            return;
        }
        self.moments.push((seconds, cases));
        if self.moments.len() >= MAX {
            let mut index = 0;
            self.moments.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.step *= 2.0;
        }
    }

    /// Notes the number of cases at the end of the run.
    pub fn end(&mut self, seconds: f64, cases: u64) {
        if self.moments.last().is_some_and(|(at, _)| *at < seconds) {
            self.moments.push((seconds, cases));
        }
    }

    /// Seconds until the last case that is noted was done.
    pub fn busy(&self) -> f64 {
        let done = self.moments.last().map_or(0, |(_, cases)| *cases);
        let last = self.moments.iter().find(|(_, cases)| *cases == done);
        last.map_or(0.0, |(at, _)| *at)
    }

    /// Notes that something was found.
    pub fn found(&mut self, seconds: f64, label: &str) {
        if self.found.len() < MAX_FOUND {
            self.found.push((seconds, label.to_string()));
        }
    }

    /// The cases done, over time.
    pub(super) fn cases(&self) -> Vec<(f64, f64)> {
        self.moments
            .iter()
            .map(|(at, n)| (*at, *n as f64))
            .collect()
    }

    /// What was found, with the number of cases done at that time.
    pub(super) fn marks(&self) -> Vec<(f64, f64, &str)> {
        let found = self.found.iter();
        found
            .map(|(at, label)| (*at, self.at(*at), label.as_str()))
            .collect()
    }

    /// Cases per second until the last case was done, over `windows` windows of equal length or
    /// fewer.
    pub(super) fn rates(&self, windows: usize) -> Vec<(f64, f64)> {
        let end = self.busy();
        let moments = self.moments.partition_point(|(at, _)| *at <= end);
        let windows = windows.min(moments.saturating_sub(1));
        let length = end / windows.max(1) as f64;
        let rate = |window: usize| {
            let (from, to) = (window as f64 * length, (window + 1) as f64 * length);
            ((from + to) / 2.0, (self.at(to) - self.at(from)) / length)
        };
        (0..windows).map(rate).collect()
    }

    /// The cases done at a time, between two moments as if at an even rate.
    fn at(&self, seconds: f64) -> f64 {
        let next = self.moments.partition_point(|(at, _)| *at < seconds);
        let of = |index: usize| self.moments.get(index).map(|(at, n)| (*at, *n as f64));
        match (next.checked_sub(1).and_then(of), of(next)) {
            (Some((a, from)), Some((b, to))) => from + (to - from) * (seconds - a) / (b - a),
            (Some((_, n)), None) | (None, Some((_, n))) => n,
            (None, None) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_keeps_a_bounded_number_of_moments_and_its_rate() {
        let mut timeline = Timeline::default();
        // A day, looked at ten times a second: 50 cases per second, then 100.
        for tenth in 0..864_000_u64 {
            let seconds = tenth as f64 / 10.0;
            let cases = 50.0 * seconds + 50.0 * (seconds - 43_200.0).max(0.0);
            timeline.note(seconds, cases as u64);
        }
        let moments = timeline.cases();
        assert!(
            (MAX / 2 - 1..MAX).contains(&moments.len()),
            "{}",
            moments.len()
        );
        assert!(moments.is_sorted() && moments[0] == (0.0, 0.0));
        let rates = timeline.rates(60);
        assert_eq!(rates.len(), 60);
        assert!((rates[10].1 - 50.0).abs() < 0.5 && (rates[50].1 - 100.0).abs() < 0.5);
    }

    #[test]
    fn what_was_found_is_on_the_curve() {
        let mut timeline = Timeline::default();
        assert!(timeline.rates(60).is_empty());
        timeline.note(0.1, 5);
        assert_eq!(timeline.cases(), [(0.0, 0.0)]);
        timeline.note(2.0, 100);
        timeline.found(1.0, "a");
        timeline.found(9.0, "b");
        assert_eq!(timeline.marks(), [(1.0, 50.0, "a"), (9.0, 100.0, "b")]);
        assert_eq!(timeline.rates(60), [(1.0, 50.0)]);
        timeline.end(2.1, 100);
        timeline.end(2.1, 100);
        assert_eq!((timeline.cases().len(), timeline.busy()), (3, 2.0));
        (0..1000).for_each(|_| timeline.found(1.0, "c"));
        assert_eq!(timeline.marks().len(), MAX_FOUND);
    }
}
