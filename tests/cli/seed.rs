//! `scripts/seed`: a finding becomes a regression of the corpus, reduced, and only if it holds.

use crate::common::{Scratch, gcdiff, ours};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A repository with the scripts and an empty corpus.
struct Repository(Scratch);

impl Repository {
    fn new(name: &str) -> Repository {
        let scratch = Scratch::new(name);
        for folder in ["scripts", "corpus/regressions"] {
            std::fs::create_dir_all(scratch.0.join(folder)).unwrap();
        }
        for script in ["seed", "common.sh"] {
            let from = ours(&format!("scripts/{script}"));
            std::fs::copy(from, scratch.0.join("scripts").join(script)).unwrap();
        }
        Repository(scratch)
    }

    /// Calls the script. Returns its exit code, and what it has printed.
    fn seed(&self, args: &[&str]) -> (i32, String) {
        let ran = Command::new("bash")
            .arg(self.0.0.join("scripts/seed"))
            .args(args)
            .env("GCDIFF", env!("CARGO_BIN_EXE_gcdiff"))
            .output()
            .unwrap();
        let all = [ran.stdout, ran.stderr].concat();
        (ran.status.code().unwrap(), String::from_utf8(all).unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.0.join("corpus/regressions").join(name)
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let folder = std::fs::read_dir(self.path("")).unwrap();
        let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

/// The first finding of a campaign with W1, as it was generated.
fn finding(folder: &Path) -> String {
    let out = folder.to_str().unwrap();
    let args = [
        "fuzz", "--fault", "W1", "--seed", "3", "--jobs", "1", "--out", out,
    ];
    let ran = gcdiff(&[&args[..], &["--cases", "1", "--no-reduce"]].concat());
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let mut saved = std::fs::read_dir(folder).unwrap();
    let saved = saved.next().unwrap().unwrap().path();
    saved.to_str().unwrap().to_string()
}

#[test]
fn a_finding_becomes_a_small_regression_without_its_fault() {
    let repository = Repository::new("seed-finding");
    let folder = Scratch::new("seed-findings");
    let file = finding(&folder.0);
    let before = std::fs::read_to_string(&file).unwrap();
    let with = |more: &[&str], name: &str| {
        let args = ["--cause", "array.copy \"onto\" itself", "--fault", "W1"];
        repository.seed(&[&args[..], more, &[name, &file]].concat())
    };
    let (code, said) = with(&[], "small");
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("fingerprint  exact:struct:array.copy:drc"),
        "{said}"
    );
    let (code, said) = with(&["--no-reduce"], "large");
    assert_eq!(code, 0, "{said}");
    assert_eq!(repository.names(), ["large.wat", "small.wat"]);
    let (small, large) = (repository.text("small.wat"), repository.text("large.wat"));
    assert!(
        small.lines().count() < 30 && large.lines().count() > 500,
        "{small}"
    );
    for text in [&small, &large] {
        assert!(
            text.starts_with(";;! about = \"array.copy \\\"onto\\\" itself\"\n"),
            "{text}"
        );
        for gone in ["fault", "fingerprint", "collectors", "violation"] {
            let kept = text.lines().filter(|line| line.starts_with(";;"));
            assert!(!kept.collect::<String>().contains(gone), "{text}");
        }
    }
    // It runs as any case.
    let path = repository.path("small.wat");
    let path = path.to_str().unwrap();
    assert_eq!(gcdiff(&["run", path]).code, 0);
    assert_eq!(gcdiff(&["run", "--fault", "W1", path]).code, 1);
    // The finding is as it was, and so is a regression of this name.
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    let (code, said) = with(&[], "small");
    assert_eq!(
        (code, repository.text("small.wat") == small),
        (2, true),
        "{said}"
    );
    assert!(said.contains("is there already"), "{said}");
}

#[test]
fn nothing_is_written_unless_all_checks_pass() {
    let repository = Repository::new("seed-checks");
    let folder = Scratch::new("seed-checked");
    let file = finding(&folder.0);
    let agrees = ours("corpus/regressions/array-copy-of-nulls.wat");
    let fails = |args: &[&str], wanted: &str| {
        let (code, said) = repository.seed(args);
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.contains(wanted), "{args:?}: {said}");
        assert!(
            repository.names().is_empty(),
            "{args:?}: {:?}",
            repository.names()
        );
    };
    let cause = ["--cause", "a"];
    let with = |more: &[&'static str], name: &'static str, file: &str, wanted: &str| {
        fails(&[&cause[..], more, &[name, file]].concat(), wanted);
    };
    fails(&["a", &file], "what is the case about?");
    fails(&["--cause", "a", "a"], "a name and a file are needed");
    with(&[], "A b", &file, "lower-case letters");
    with(&[], "a", "/no/such/file", "is not a file");
    with(&["--fault"], "--cause", "a", "a name and a file are needed");
    // The fault of the header does not show on the sound engine; that fault is not another.
    with(&["--fault", "W2"], "a", &file, "the case is not reduced");
    with(&["--fault", "W2"], "a", &agrees, "fault W2 does not show");
    with(&["--fault", "nosuch"], "a", &file, "nosuch");
}
