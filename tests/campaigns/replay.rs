//! `gcdiff replay` and `gcdiff inputs`, end to end.

use crate::common::{Ran, Scratch, gcdiff, ours};
use std::path::PathBuf;

fn corpus(below: &str) -> String {
    ours(&format!("corpus/{below}"))
}

fn ended(ran: &Ran, code: i32) {
    assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
}

#[test]
fn the_corpus_agrees_and_a_fault_shows_in_it_whatever_the_number_of_jobs() {
    let ran = gcdiff(&["replay", &corpus("")]);
    ended(&ran, 0);
    assert!(
        ran.out.contains("0 findings") && ran.out.contains("0 could not be run"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("matrix"), "{}", ran.out);

    let with = |jobs: &str| {
        gcdiff(&[
            "replay",
            &corpus("regressions"),
            "--fault",
            "W1",
            "--jobs",
            jobs,
        ])
    };
    let one = with("1");
    ended(&one, 1);
    let findings: Vec<&str> = one
        .out
        .lines()
        .filter(|l| l.starts_with("finding "))
        .collect();
    assert!(!findings.is_empty());
    assert!(
        findings.is_sorted_by_key(|line| line.split("  ").last()),
        "{findings:?}"
    );
    assert!(one.out.contains("issue-10182.wat"), "{}", one.out);
    assert!(one.out.contains("| gcdiff run "), "{}", one.out);
    assert_eq!(one.out, with("3").out);
}

#[test]
fn inputs_of_a_target_are_written_judged_and_saved_as_cases() {
    let folder = Scratch::new("replay-inputs");
    let inputs = folder.0.join("inputs");
    let (inputs, saved) = (inputs.to_str().unwrap(), folder.0.join("saved"));
    ended(
        &gcdiff(&[
            "inputs",
            "--target",
            "differential",
            "--cases",
            "40",
            "--seed",
            "3",
            "--out",
            inputs,
        ]),
        0,
    );
    let replay = ["replay", "--target", "differential", inputs];
    let sound = gcdiff(&replay);
    ended(&sound, 0);
    assert!(sound.out.starts_with("40 inputs: "), "{}", sound.out);
    let save = ["--fault", "W1", "--save", saved.to_str().unwrap()];
    let faulty = gcdiff(&[&replay[..], &save].concat());
    ended(&faulty, 1);
    assert!(
        faulty
            .out
            .contains("fingerprint | count | smallest file | replay"),
        "{}",
        faulty.out
    );
    let files: Vec<PathBuf> = std::fs::read_dir(&saved)
        .unwrap()
        .map(|f| f.unwrap().path())
        .collect();
    // Each case is there as it was found, and reduced.
    let reduced = files
        .iter()
        .filter(|file| file.to_string_lossy().ends_with(".reduced.wat"));
    assert!(
        !files.is_empty() && 2 * reduced.count() == files.len(),
        "{files:?}"
    );
    // The header of each finding names the fault.
    let again = gcdiff(&["replay", saved.to_str().unwrap()]);
    ended(&again, 1);
    assert!(
        again.out.contains(&format!("{} findings", files.len())),
        "{}",
        again.out
    );
}

#[test]
fn modules_are_inputs_too() {
    let folder = Scratch::new("replay-modules");
    let seeds = corpus("seeds");
    let write = [
        "inputs",
        "--target",
        "module",
        "--cases",
        "3",
        "--from",
        &seeds,
        "--out",
        folder.str(),
    ];
    ended(&gcdiff(&write), 0);
    std::fs::write(folder.0.join("nonsense"), b"\0asm\x01\0\0\0\xff").unwrap();
    let ran = gcdiff(&["replay", "--target", "module", folder.str()]);
    ended(&ran, 0);
    assert!(ran.out.contains("0 findings"), "{}", ran.out);
    assert!(folder.0.join("list.wasm").exists());
}

#[test]
fn an_empty_folder_is_refused() {
    let (empty, out) = (Scratch::new("replay-empty"), Scratch::new("replay-none"));
    let inputs = ["inputs", "--target", "module", "--cases", "0", "--from"];
    let inputs = [&inputs[..], &[empty.str(), "--out", out.str()]].concat();
    for (args, wanted) in [
        (&["replay", empty.str()][..], "no file to replay"),
        (
            &["events", "--inputs", empty.str()],
            "no input below the given paths",
        ),
        (&inputs, "no module below the given paths"),
    ] {
        let ran = gcdiff(args);
        ended(&ran, 2);
        assert!(ran.err.contains(wanted), "{args:?}: {}", ran.err);
    }
}

/// Makes nested folders until the path is too long for the system, so that the
/// innermost one cannot be read. Returns the name that all of them have.
#[cfg(unix)]
fn too_deep(folder: &Scratch) -> String {
    let name = "d".repeat(200);
    let script = "cd \"$0\" && for i in $(seq 25); do mkdir $1 && cd ./$1 || exit 1; done";
    let made = std::process::Command::new("bash")
        .args(["-c", script, folder.str(), &name])
        .status();
    assert!(made.unwrap().success());
    name
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_hides_nothing_else() {
    let folder = Scratch::new("replay-deep");
    std::fs::write(folder.0.join("a.wat"), "(module)").unwrap();
    let deep = too_deep(&folder);
    std::fs::write(folder.0.join("z.wat"), "(module (func (export \"f\")))").unwrap();
    let named = |ran: &Ran| {
        ended(ran, 2);
        assert!(ran.err.contains(&deep), "{}", ran.err);
    };
    let ran = gcdiff(&["replay", folder.str()]);
    named(&ran);
    assert!(
        ran.out
            .contains("3 files: 2 agree, 0 findings, 0 say nothing, 1 could not be run"),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("1 of 3 files could not be run"));
    // A finding is still reported.
    std::fs::copy(
        corpus("regressions/issue-10182.wat"),
        folder.0.join("b.wat"),
    )
    .unwrap();
    let ran = gcdiff(&["replay", "--fault", "W1", folder.str()]);
    ended(&ran, 1);
    assert!(ran.err.contains(&deep), "{}", ran.err);
    std::fs::remove_file(folder.0.join("b.wat")).unwrap();

    // An invalid module does not hide the other files either.
    std::fs::write(folder.0.join("b.wat"), "(module").unwrap();
    let out = Scratch::new("replay-deep-inputs");
    let write = ["inputs", "--target", "module", "--cases", "0", "--from"];
    let ran = gcdiff(&[&write[..], &[folder.str(), "--out", out.str()]].concat());
    named(&ran);
    assert!(ran.err.contains("b.wat: "), "{}", ran.err);
    assert!(ran.err.contains("2 of 4 paths could not be read"));
    assert!(ran.out.starts_with("2 inputs in "), "{}", ran.out);
    assert!(out.0.join("a.wasm").exists() && out.0.join("z.wasm").exists());

    std::fs::remove_file(folder.0.join("b.wat")).unwrap();
    let ran = gcdiff(&["events", "--json", "--inputs", folder.str()]);
    named(&ran);
    assert!(ran.err.contains("1 of 3 paths could not be read"));
    assert!(ran.out.contains("\"inputs\": 2"), "{}", ran.out);
}

#[cfg(target_os = "linux")]
#[test]
fn every_name_of_a_module_gives_an_input() {
    use std::os::unix::ffi::OsStrExt;
    let (folder, out) = (
        Scratch::new("replay-names"),
        Scratch::new("replay-names-inputs"),
    );
    let not_unicode = std::ffi::OsStr::from_bytes(b"bad\xff.wat");
    std::fs::write(folder.0.join(not_unicode), "(module)").unwrap();
    // With the extension of a binary module, the second name is too long.
    for length in [235, 251] {
        let name = format!("{}.wat", "x".repeat(length));
        std::fs::write(folder.0.join(name), "(module (memory 1))").unwrap();
    }
    let write = ["inputs", "--target", "module", "--cases", "0", "--from"];
    let ran = gcdiff(&[&write[..], &[folder.str(), "--out", out.str()]].concat());
    ended(&ran, 0);
    assert!(ran.out.starts_with("3 inputs in "), "{}", ran.out);
    let entries = std::fs::read_dir(&out.0).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    let long = |length| format!("{}.wasm", "x".repeat(length));
    assert_eq!(names, ["bad\u{fffd}.wasm".into(), long(235), long(240)]);
}

/// The command printed for a finding repeats the options it was judged with.
#[test]
fn the_printed_command_gives_the_same_verdict() {
    let case = corpus("regressions/issue-10182.wat");
    let inputs = Scratch::new("replay-commands");
    let write = ["inputs", "--target", "module", "--cases", "0", "--from"];
    ended(
        &gcdiff(&[&write[..], &[&case, "--out", inputs.str()]].concat()),
        0,
    );
    let judging = "-C collector=null,drc --audit end --oracle results+zero+exact \
                   --reschedule false --fault W1 --timeout 50";
    let limits = "--limits fuel=100000,heap_bytes=2097152";
    for (target, file, options) in [
        ("", &case[..], format!("{judging} {limits}")),
        ("--target module ", inputs.str(), judging.into()),
    ] {
        let line = format!("replay {target}{file} {options}");
        let ran = gcdiff(&line.split_whitespace().collect::<Vec<_>>());
        ended(&ran, 1);
        let row = ran.out.lines().find(|line| line.contains(" | gcdiff "));
        let row = row.expect("a finding is in the table");
        let fingerprint = row.split(" | ").next().unwrap();
        let command = row.rsplit(" | gcdiff ").next().unwrap();
        assert!(command.ends_with(&options), "{command}");
        let again = gcdiff(&command.split_whitespace().collect::<Vec<_>>());
        ended(&again, 1);
        assert!(again.out.contains(fingerprint), "{}", again.out);
    }
}

#[cfg(unix)]
#[test]
fn a_file_is_judged_once_whatever_links_lead_to_it() {
    let folder = Scratch::new("replay-links");
    let (file, hard) = (folder.0.join("b.wat"), folder.0.join("c.wat"));
    std::fs::write(&file, "(module)").unwrap();
    std::fs::hard_link(&file, &hard).unwrap();
    std::os::unix::fs::symlink(&file, folder.0.join("d.wat")).unwrap();
    // The file is read although its first name does not have the extension of a
    // module.
    std::fs::hard_link(&file, folder.0.join("a.txt")).unwrap();
    for paths in [&[folder.str()][..], &[folder.str(), hard.to_str().unwrap()]] {
        let ran = gcdiff(&[&["replay"], paths].concat());
        ended(&ran, 0);
        assert!(ran.out.starts_with("1 file: 1 agree"), "{}", ran.out);
    }
    // Another file with the same contents counts as a separate input.
    std::fs::write(folder.0.join("e.wat"), "(module)").unwrap();
    let ran = gcdiff(&["replay", folder.str()]);
    assert!(ran.out.starts_with("2 files: 2 agree"), "{}", ran.out);
}
