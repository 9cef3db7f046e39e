//! Each heap has one vote, even if it is run twice.

use super::odd::{difference, judged};
use gcdiff::oracle::Collector::{Copying, Drc, Model, Null};
use gcdiff::oracle::Verdict;

#[test]
fn a_heap_that_is_wrong_twice_is_one_odd_heap() {
    let heaps = [Null, Drc, Copying, Model];
    for wrong in 0..4 {
        let heaps: Vec<_> = (0..4).map(|i| (heaps[i], u64::from(i == wrong))).collect();
        let name = heaps[wrong].0.name();
        let found = difference(&heaps, true);
        assert_eq!(found.odd.as_deref(), Some(name));
        assert_eq!(found.collectors.1, name);
    }
}

#[test]
fn a_heap_that_is_run_twice_does_not_outvote_another() {
    for (heaps, names) in [
        ([(Null, 0), (Drc, 1)], ["null", "drc"]),
        ([(Drc, 1), (Null, 0)], ["drc", "null"]),
    ] {
        let found = difference(&heaps, true);
        assert_eq!(found.odd, None);
        assert_eq!(
            (&*found.collectors.0, &*found.collectors.1),
            (names[0], names[1])
        );
        let fingerprint = Verdict::Differ(found).fingerprint();
        assert_eq!(fingerprint, Some(format!("differ:struct.get:{}", names[1])));
    }
    let found = difference(&[(Null, 1), (Drc, 0), (Model, 1)], true);
    assert_eq!(found.odd.as_deref(), Some("drc"));
    assert!(matches!(
        judged(&[(Null, 0), (Drc, 0)], true),
        Verdict::Agree
    ));
}
