//! The files that commands write, and their names.

use super::{all_replay, command, names};
use crate::common::{Scratch, gcdiff};
use std::fs;
use std::path::Path;
use std::process::Command;

fn campaign<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let args = [
        "fuzz", "--fault", "W1", "--seed", "1", "--cases", "60", "--out", out,
    ];
    [&args[..], more].concat()
}

#[test]
fn the_same_is_on_disk_and_in_the_table_whatever_the_number_of_jobs() {
    let scratch = Scratch::new("jobs");
    let with = |jobs: &str| {
        let out = scratch.join(jobs);
        let ran = gcdiff(&campaign(out.to_str().unwrap(), &["--jobs", jobs]));
        assert_eq!(ran.code, 1, "{}", ran.err);
        let files = names(&out);
        let contents: Vec<String> = files
            .iter()
            .map(|name| fs::read_to_string(out.join(name)).unwrap())
            .collect();
        let printed = ran.out.replace(out.to_str().unwrap(), "OUT");
        let table = printed.split("fingerprint | count").nth(1).unwrap();
        // Each finding is in the table, and on disk as it was found and reduced.
        let members = table.lines().filter(|line| line.starts_with("  "));
        assert_eq!(2 * members.count(), files.len(), "{table}");
        let clusters = table.lines().filter(|line| line.starts_with("cluster "));
        assert!(clusters.clone().count() > 0, "{table}");
        for cluster in clusters {
            assert!(cluster.contains(" instructions | "), "{cluster}");
            assert!(cluster.ends_with(".reduced.wat"), "{cluster}");
        }
        let lines = printed
            .lines()
            .filter(|l| !l.starts_with("cases per second"));
        (
            files,
            contents,
            lines.map(str::to_string).collect::<Vec<_>>(),
        )
    };
    let one = with("1");
    assert_eq!(one, with("4"));
    assert!(one.0.iter().all(|name| name.contains(".seed1-case")));
}

#[test]
fn nothing_is_reduced_if_it_is_not_wanted() {
    let scratch = Scratch::new("unreduced");
    let out = scratch.join("out");
    let ran = gcdiff(&campaign(out.to_str().unwrap(), &["--no-reduce"]));
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(!ran.out.contains("cluster"), "{}", ran.out);
    let files = names(&out);
    assert!(!files.is_empty());
    assert!(files.iter().all(|name| !name.ends_with(".reduced.wat")));
}

#[test]
fn a_folder_that_will_not_do_is_refused_before_the_first_case() {
    let scratch = Scratch::new("refused");
    let file = scratch.join("file");
    fs::write(&file, "kept").unwrap();
    let (file, below) = (file.to_str().unwrap(), scratch.join("file/below"));
    let below = below.to_str().unwrap();
    let input = scratch.join("case.wat");
    fs::write(&input, "(module)").unwrap();
    let input = input.to_str().unwrap();
    // Each command would run practically for ever if it started.
    let long = ["--cases", "100000000"];
    for bad in [file, below, "/proc/no/folder"] {
        for args in [
            [&["fuzz", "--out", bad], &long[..]].concat(),
            [&["zoo", "--report", bad], &long[..]].concat(),
            [&["inputs", "--target", "gc_ops", "--out", bad], &long[..]].concat(),
            vec!["replay", "--target", "module", "--save", bad, input],
        ] {
            let ran = gcdiff(&args);
            assert_eq!(ran.code, 2, "{args:?}: {}{}", ran.out, ran.err);
            assert!(ran.err.contains(bad), "{args:?}: {}", ran.err);
            assert_eq!((ran.out.as_str(), ran.err.lines().count()), ("", 1));
        }
    }
    for bad in [scratch.str(), below] {
        let ran = gcdiff(&[&["events", "--report", bad], &long[..]].concat());
        assert_eq!(ran.code, 2, "{}", ran.err);
    }
    assert_eq!(fs::read(file).unwrap(), b"kept");
    assert_eq!(names(&scratch.0), ["case.wat", "file"]);
    // A user who can write to read-only folders is not refused (root, for
    // example).
    let locked = scratch.join("locked");
    fs::create_dir(&locked).unwrap();
    let mut permissions = fs::metadata(&locked).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&locked, permissions).unwrap();
    if fs::write(locked.join("probe"), "").is_err() {
        let ran = gcdiff(&[&["fuzz", "--out", locked.to_str().unwrap()], &long[..]].concat());
        assert_eq!(ran.code, 2, "{}", ran.err);
    }
}

#[test]
fn a_campaign_without_findings_leaves_no_folder() {
    let scratch = Scratch::new("clean");
    let out = scratch.join("a/b");
    let ran = gcdiff(&["fuzz", "--cases", "5", "--out", out.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(names(&scratch.0), [""; 0]);
}

#[test]
fn what_is_in_the_folder_stays_as_it_is() {
    let scratch = Scratch::new("edited");
    let args = campaign(scratch.str(), &[]);
    assert_eq!(gcdiff(&args).code, 1);
    let first = names(&scratch.0);
    // Running the same campaign again adds nothing.
    assert_eq!(gcdiff(&args).code, 1);
    assert_eq!(names(&scratch.0), first);
    // An edited file is kept, and the case is saved beside it.
    let is_original = |name: &&String| !name.ends_with(".reduced.wat");
    let original = first.iter().find(is_original).unwrap();
    let edited = scratch.join(original);
    let own = fs::read(&edited).unwrap();
    fs::write(&edited, ";; looked at\n(module)").unwrap();
    let ran = gcdiff(&args);
    assert_eq!(ran.code, 1);
    assert_eq!(fs::read(&edited).unwrap(), b";; looked at\n(module)");
    let again = scratch.join(&original.replace(".wat", "-2.wat"));
    assert_eq!(fs::read(&again).unwrap(), own);
    assert!(ran.out.contains(again.to_str().unwrap()), "{}", ran.out);
    // Findings of another seed have different names.
    let mut other = args.clone();
    other[4] = "2";
    assert_eq!(gcdiff(&other).code, 1);
    let all = names(&scratch.0);
    assert!(all.iter().any(|name| name.contains("seed2")), "{all:?}");
    assert!(first.iter().all(|name| all.contains(name)), "{all:?}");
    fs::remove_file(&edited).unwrap();
    all_replay(&scratch.0);
}

#[test]
fn campaigns_share_a_folder_at_the_same_time() {
    let scratch = Scratch::new("shared");
    let campaigns = ["canary", "W1", "W1", "D1"].map(|fault| {
        let mut args = campaign(scratch.str(), &["--jobs", "2"]);
        args[2] = fault;
        let child = command(&args).stdout(std::process::Stdio::piped()).spawn();
        child.unwrap()
    });
    let mut tables = String::new();
    for campaign in campaigns {
        let ran = campaign.wait_with_output().unwrap();
        assert_eq!(ran.status.code(), Some(1));
        tables.push_str(&String::from_utf8(ran.stdout).unwrap());
    }
    all_replay(&scratch.0);
    // Every case named in a table exists.
    let rows = tables
        .lines()
        .filter(|line| line.contains(" | gcdiff run "));
    let files: Vec<&str> = rows.filter_map(|row| row.rsplit(' ').next()).collect();
    assert!(files.len() > 3, "{tables}");
    for file in files {
        assert!(Path::new(file).is_file(), "{file}");
    }
}

#[test]
fn printed_commands_are_for_a_shell() {
    let scratch = Scratch::new("two words, it's $HOME;");
    let ran = gcdiff(&campaign(scratch.str(), &[]));
    assert_eq!(ran.code, 1, "{}", ran.err);
    let commands: Vec<&str> = ran
        .out
        .lines()
        .filter_map(|line| line.strip_prefix("  replay       gcdiff "))
        .collect();
    assert!(!commands.is_empty(), "{}", ran.out);
    let listed = gcdiff(&["replay", scratch.str()]);
    let rows = listed.out.lines();
    let listed: Vec<&str> = rows
        .filter_map(|row| row.split(" | gcdiff ").nth(1))
        .collect();
    // One for each fingerprint, whose case is there twice: as it was found, and reduced.
    assert_eq!(2 * listed.len(), names(&scratch.0).len());
    for command in commands.iter().chain(&listed) {
        let script = format!("{} {command}", env!("CARGO_BIN_EXE_gcdiff"));
        let code = Command::new("bash").args(["-c", &script]).output().unwrap();
        assert_eq!(code.status.code(), Some(1), "{script}");
    }
}

#[test]
fn a_replay_judges_regular_files_each_once() {
    let scratch = Scratch::new("links");
    let inner = scratch.join("a/b");
    fs::create_dir_all(&inner).unwrap();
    fs::write(scratch.join("a/one.wat"), "(module)").unwrap();
    fs::write(inner.join("two.wat"), "(module (func (export \"f\")))").unwrap();
    let link = |to: &Path, at: &str| std::os::unix::fs::symlink(to, scratch.join(at)).unwrap();
    // Two links to a parent folder, one to itself, one to a missing target, and
    // second paths to a file and to a folder.
    link(&scratch.0, "a/up.wat");
    link(&scratch.0, "a/b/up");
    link(Path::new("self.wat"), "self.wat");
    link(Path::new("nowhere.wat"), "broken.wat");
    link(Path::new("a/one.wat"), "again.wat");
    link(&inner, "c");
    let made = Command::new("mkfifo")
        .arg(scratch.join("pipe.wat"))
        .status();
    assert!(made.unwrap().success());
    link(Path::new("/dev/zero"), "zero.wat");
    link(Path::new("/dev/null"), "null.wasm");
    for target in [&[][..], &["--target", "module"]] {
        let ran = gcdiff(&[&["replay", scratch.str(), scratch.str()], target].concat());
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert!(
            ran.out.contains("2 files: ") || ran.out.contains("2 inputs: "),
            "{}",
            ran.out
        );
    }
    let out = scratch.join("inputs");
    let out = out.to_str().unwrap();
    let from = [
        "inputs",
        "--target",
        "module",
        "--cases",
        "0",
        "--from",
        scratch.str(),
    ];
    let ran = gcdiff(&[&from[..], &["--out", out]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(names(Path::new(out)).len(), 2);
    for named in ["pipe.wat", "zero.wat"] {
        let ran = gcdiff(&["replay", scratch.join(named).to_str().unwrap()]);
        assert_eq!(ran.code, 2, "{}", ran.out);
        assert!(
            ran.err.contains("neither a regular file nor a folder"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn inputs_with_one_name_do_not_overwrite_each_other() {
    let scratch = Scratch::new("inputs");
    for (folder, export) in [("a", "f"), ("b", "g")] {
        fs::create_dir(scratch.join(folder)).unwrap();
        let module = format!("(module (func (export {export:?})))");
        fs::write(scratch.join(folder).join("x.wat"), module).unwrap();
    }
    let out = scratch.join("out");
    let from = [
        "inputs",
        "--target",
        "module",
        "--cases",
        "0",
        "--from",
        scratch.str(),
    ];
    for _ in 0..2 {
        let ran = gcdiff(&[&from[..], &["--out", out.to_str().unwrap()]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        fs::remove_dir_all(scratch.join("a")).unwrap_or_default();
        assert_eq!(names(&out), ["x-2.wasm", "x.wasm"]);
    }
}

#[test]
fn a_case_says_which_revision_makes_it() {
    let version = gcdiff(&["--version"]).out;
    let revision = gcdiff::generate::revision();
    assert!(version.contains(&revision), "{version}");
    let generated = gcdiff(&["generate", "--seed", "3", "--case", "4"]).out;
    let about = generated
        .lines()
        .find(|line| line.contains("about"))
        .unwrap();
    assert!(
        about.contains("case 4 of seed 3") && about.contains(&revision),
        "{about}"
    );
}
