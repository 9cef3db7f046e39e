//! Fixed inputs generate the same cases as before. `tests/pinned.txt` has a
//! checksum of each case's module, plan and schedule.
//!
//! A change of a generator or an upgrade of wasm-smith changes the meaning of
//! seeds, saved inputs and fuzz corpora. Such a change may be intended, but
//! must be noticed. `BLESS=1 cargo test --test pinned` updates the file.

use gcdiff::case::{self, Header};
use gcdiff::generate;
use std::fmt::Write;

const TITLE: &str = "# Checksums of what fixed inputs generate (BLESS=1 cargo test --test pinned writes this file).\n\
                     # input, module, plan with host and limits, schedule\n";

/// FNV-1a, which is short and gives the same results on every platform.
fn checksum(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

/// Named inputs: those of campaigns, truncated ones, and uniform ones.
fn inputs() -> Vec<(String, Vec<u8>)> {
    let mut inputs = Vec::new();
    for index in 0..14 {
        inputs.push((format!("seed-1-case-{index}"), generate::input(1, index)));
    }
    for len in [0, 1, 40, 200, 600] {
        let mut bytes = generate::input(2, len);
        bytes.truncate(len as usize);
        inputs.push((format!("{len}-bytes"), bytes));
    }
    for byte in [0, 0x5a, 0xff] {
        inputs.push((format!("600-times-{byte:#04x}"), vec![byte; 600]));
    }
    inputs
}

#[test]
fn fixed_inputs_generate_what_they_did() {
    let mut table = TITLE.to_string();
    for (name, bytes) in inputs() {
        let Ok(drawn) = generate::case(&bytes) else {
            writeln!(table, "{name} nothing").unwrap();
            continue;
        };
        let text = case::write(&drawn.case, &Header::default()).unwrap();
        let header = text.lines().filter(|line| line.starts_with(";;!"));
        let (schedule, plan): (Vec<&str>, Vec<&str>) =
            header.partition(|line| line.starts_with(";;! schedule"));
        let plan = format!("{}\n{} {}", plan.join("\n"), drawn.extra, drawn.reschedule);
        let schedule = schedule.join("\n");
        let parts = [&drawn.case.wasm[..], plan.as_bytes(), schedule.as_bytes()];
        let [module, plan, schedule] = parts.map(checksum);
        writeln!(table, "{name} {module:016x} {plan:016x} {schedule:016x}").unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pinned.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let old: Vec<&str> = committed.lines().collect();
    let changed: Vec<&str> = table.lines().filter(|line| !old.contains(line)).collect();
    assert!(
        committed == table,
        "the same inputs generate different cases than before. If this is unintended, undo its \
         cause: a dependency (wasm-smith is pinned in Cargo.toml), the order of draws, the text \
         form of a header. If it is intended, run `BLESS=1 cargo test --test pinned`, commit \
         tests/pinned.txt, and expect old seeds and fuzz corpora to mean something else.\n\
         changed: {changed:#?}"
    );
}
