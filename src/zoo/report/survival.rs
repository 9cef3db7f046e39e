//! The Kaplan-Meier estimator.

/// The share of trials that have not ended, by time.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The setup of the trials.
    pub label: String,
    /// The times at which the share falls, with the new shares.
    pub steps: Vec<(u64, f64)>,
    /// Whether some trials had not ended when the observation stopped.
    pub censored: bool,
}

impl Curve {
    /// The curve of trials that ended at these times. Trials without a time
    /// were stopped at the same time, later than all others.
    pub fn new(label: String, times: &[Option<u64>]) -> Curve {
        let mut ended: Vec<u64> = times.iter().copied().flatten().collect();
        ended.sort_unstable();
        let mut at_risk = times.len();
        let mut share = 1.0;
        let mut steps = Vec::new();
        for same in ended.chunk_by(|a, b| a == b) {
            share *= 1.0 - same.len() as f64 / at_risk as f64;
            at_risk -= same.len();
            steps.push((same[0], share));
        }
        Curve {
            label,
            steps,
            censored: at_risk > 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_falls_by_those_that_ended_of_those_at_risk() {
        let times = [Some(4), None, Some(1), Some(4), Some(9)];
        let curve = Curve::new("x".into(), &times);
        let expected = [(1, 0.8), (4, 0.4), (9, 0.2)];
        assert_eq!(curve.steps.len(), 3);
        for ((time, share), (t, s)) in curve.steps.iter().zip(expected) {
            assert!(*time == t && (share - s).abs() < 1e-12, "{curve:?}");
        }
        assert!(curve.censored);
        assert!(!Curve::new("y".into(), &[Some(1)]).censored);
        assert!(Curve::new("z".into(), &[]).steps.is_empty());
    }
}
