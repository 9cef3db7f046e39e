use super::*;
use crate::generate::{self, input};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// A folder that is removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("gcdiff-targets-{}-{name}", std::process::id());
        Folder(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Counts the results of inputs: inconclusive, good, bad.
fn counts(target: FuzzTarget, inputs: impl Iterator<Item = Vec<u8>>) -> [usize; 3] {
    let options = target.options();
    let mut counts = [0; 3];
    for bytes in inputs {
        let at = match target.look(&bytes, &options, None) {
            CaseResult::Inconclusive(_) => 0,
            CaseResult::Agree => 1,
            CaseResult::Finding(bad) => panic!("{}: {}", bad.fingerprint, bad.evidence),
        };
        counts[at] += 1;
    }
    counts
}

/// Programs as libFuzzer would produce them: each a mutation of the previous one, with a new one
/// now and then.
fn programs(seed: u32, count: u32) -> impl Iterator<Item = Vec<u8>> {
    let (mut data, mut size) = (vec![0; 4096], 0);
    (0..count).map(move |i| {
        if i % 20 == 0 {
            size = 0;
        }
        let max = data.len();
        size = generate::gc_ops::mutate(&mut data, size, max, seed + i);
        data[..size].to_vec()
    })
}

#[test]
fn the_sound_engine_gives_no_finding() {
    let inputs = || (0..150).map(|i| input(77, i));
    let [_, good, _] = counts(FuzzTarget::Differential, inputs());
    assert!(good > 140, "{good}");
    let [_, good, _] = counts(FuzzTarget::GcOps, programs(77, 150));
    assert!(good > 140, "{good}");
    let [_, good, _] = counts(FuzzTarget::Enrich, inputs());
    assert!(good > 100, "{good}");
}

/// A fuzzer without a corpus begins with very short inputs, and must find the bug with them.
#[test]
fn short_inputs_find_the_seed_bug() {
    let options = FuzzTarget::Differential.options();
    let options = super::with_fault(options, crate::zoo::fault("W1"));
    let inputs = [&b""[..], b"\n", b"a", b"ab", b"abc", b"abcd"];
    let found = inputs.iter().filter(|bytes| {
        let look = FuzzTarget::Differential.look(bytes, &options, Some("W1"));
        matches!(look, CaseResult::Finding(_))
    });
    assert!(found.count() > 1);
}

#[test]
fn mutated_programs_find_the_seed_bug() {
    let options = super::with_fault(FuzzTarget::GcOps.options(), crate::zoo::fault("W1"));
    let found = programs(82, 30).filter(|bytes| {
        let look = FuzzTarget::GcOps.look(bytes, &options, Some("W1"));
        matches!(look, CaseResult::Finding(_))
    });
    assert!(found.count() > 5);
}

/// The additions change nothing, on many inputs, short ones included.
#[test]
fn what_is_appended_changes_nothing() {
    let inputs = (0..1_500).map(|i| {
        let mut bytes = input(78, i);
        bytes.truncate(bytes.len() * (1 + i as usize % 8) / 8);
        bytes
    });
    let [nothing, good, _] = counts(FuzzTarget::Enrich, inputs);
    assert!(good > 2 * nothing, "{good} compared, {nothing} not");
}

#[test]
fn a_change_of_the_original_is_noticed() {
    // If the enrichment of the original's own bodies were kept, this comparison would fail.
    let mut changed = 0;
    for index in 0..200 {
        let pair = generate::pair(&input(79, index)).unwrap();
        let enriched = pair.enriched().unwrap();
        let options = FuzzTarget::Enrich.options();
        if let CaseResult::Finding(bad) = enrich::same(&pair.plain, &enriched, &options) {
            assert!(
                bad.fingerprint.starts_with("enrich:"),
                "{}",
                bad.fingerprint
            );
            changed += 1;
        }
    }
    assert!(changed > 20, "{changed}");
}

#[test]
fn any_bytes_are_a_module_or_are_not() {
    let modules = (0..60).map(|i| {
        let mut wasm = generate::case(&input(80, i)).unwrap().case.wasm;
        // Every second module is damaged somewhere.
        if i % 2 == 1 {
            let at = (i as usize * 7919) % wasm.len();
            wasm[at] = wasm[at].wrapping_add(1 + i as u8);
        }
        wasm
    });
    let [nothing, good, _] = counts(FuzzTarget::Module, modules);
    assert!(good >= 25 && nothing > 0, "{good}, {nothing}");
    let odd: [&[u8]; 4] = [b"", b"\0asm", b"(module)", b"\xff\xfe"];
    let looked = odd.map(|bytes| FuzzTarget::GcOps.look(bytes, &FuzzTarget::GcOps.options(), None));
    assert!(
        looked
            .iter()
            .all(|look| !matches!(look, CaseResult::Finding(_)))
    );
    assert_eq!(
        counts(FuzzTarget::Module, odd.into_iter().map(<[u8]>::to_vec)),
        [4, 0, 0]
    );
}

#[test]
fn a_finding_is_reported_saved_and_replays() {
    let folder = Folder::new("report");
    let harness = Harness::new(FuzzTarget::Differential, Some("w1"), folder.0.clone()).unwrap();
    let found = (0..200).map(|i| input(81, i)).find_map(|bytes| {
        let caught = catch_unwind(AssertUnwindSafe(|| harness.check(&bytes)));
        caught.err()?.downcast::<String>().ok()
    });
    let report = found.expect("the seed bug is found");
    for wanted in [
        "(module",
        ";;! fault = \"W1\"",
        "fingerprint  ",
        "gcdiff run ",
    ] {
        assert!(report.contains(wanted), "{wanted}: {report}");
    }
    let path = report.rsplit("gcdiff run ").next().unwrap();
    let (case, header) = crate::case::read(&std::fs::read(path).unwrap()).unwrap();
    let options = with_fault(Options::default(), crate::zoo::fault("W1"));
    let judged = crate::oracle::judge(&case, &options).unwrap();
    assert!(judged.verdict.is_finding());
    assert_eq!(judged.verdict.fingerprint(), header.fingerprint);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let harness = Harness::new(FuzzTarget::Module, Some("W999"), PathBuf::new());
    let message = harness.unwrap_err().to_string();
    assert!(message.contains("no fault \"W999\""), "{message}");
    assert_eq!(
        "gc".parse::<FuzzTarget>().unwrap_err().to_string(),
        "no fuzz target \"gc\"; there are differential, gc_ops, module, enrich"
    );
    for target in FuzzTarget::ALL {
        assert_eq!(target.name().parse(), Ok(target));
    }
}
