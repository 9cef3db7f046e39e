//! `--report`: the pages of a campaign and of a replay.
//!
//! `in_browser` looks at them with a browser, if there is one.

mod in_browser;
mod replay;

use crate::common::{Ran, Scratch, gcdiff};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A campaign that finds something in every case or so.
fn campaign(scratch: &Scratch, more: &[&str]) -> Ran {
    let (out, report) = (scratch.path("out"), scratch.path("report"));
    let args = ["fuzz", "--seed", "3", "--out", &out, "--report", &report];
    gcdiff(&[&args[..], more].concat())
}

const CANARY: [&str; 4] = ["--fault", "canary", "--cases", "40"];

fn index(scratch: &Scratch) -> String {
    fs::read_to_string(scratch.join("report/index.html")).unwrap()
}

/// The files that the links of a page lead to.
fn targets(page: &Path) -> BTreeSet<PathBuf> {
    let html = fs::read_to_string(page).unwrap();
    let links = html.split("href=\"").skip(1);
    let links = links.map(|rest| rest.split('"').next().unwrap());
    let mut found = BTreeSet::new();
    for link in links {
        match link.strip_prefix('#') {
            Some(id) => assert!(html.contains(&format!("id=\"{id}\"")), "{link}"),
            None => {
                let path = page.parent().unwrap().join(decoded(link));
                let path = path.canonicalize();
                found.insert(path.unwrap_or_else(|e| panic!("{}: {link}: {e}", page.display())));
            }
        }
    }
    found
}

/// A link as a path.
fn decoded(link: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = link.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        (bytes, rest) = match first {
            b'%' => {
                let hex = std::str::from_utf8(&behind[..2]).unwrap();
                let byte = u8::from_str_radix(hex, 16).unwrap();
                ([&bytes[..], &[byte]].concat(), &behind[2..])
            }
            byte => ([&bytes[..], &[*byte]].concat(), behind),
        };
    }
    String::from_utf8(bytes).unwrap()
}

/// Asserts that a page and all pages that it links to load nothing, and that all links lead to
/// files. Returns the pages of findings.
fn check(scratch: &Scratch) -> Vec<PathBuf> {
    let top = scratch.join("report/index.html").canonicalize().unwrap();
    let is_page = |path: &PathBuf| path.extension().is_some_and(|e| e == "html");
    let pages: Vec<PathBuf> = targets(&top).into_iter().filter(is_page).collect();
    for page in pages.iter().chain([&top]) {
        let html = fs::read_to_string(page).unwrap();
        // An address in the text of a case is text.
        for loads in ["=\"http", "src=", "<link", "url(", "@import"] {
            assert!(!html.contains(loads), "{}: {loads}", page.display());
        }
        assert!(html.ends_with("</html>"), "{}", page.display());
        if page != &top {
            assert!(targets(page).contains(&top), "{}", page.display());
        }
    }
    pages
}

#[test]
fn a_campaign_has_a_page_and_each_finding_has_one() {
    let scratch = Scratch::new("report of a campaign");
    let ran = campaign(&scratch, &CANARY);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let pages = check(&scratch);
    let html = index(&scratch);
    for wanted in [
        ">ended</span>",
        "gcdiff fuzz --seed 3 --out ",
        "<td>canary</td>",
        "<code>reuse</code>",
        "40 cases, which ran once more with a recorder.",
        "<figcaption>cases judged</figcaption>",
    ] {
        assert!(html.contains(wanted), "{wanted}");
    }
    assert!(!html.contains("http-equiv=\"refresh\""));
    // Each fingerprint of the table has a page, with a line that is blamed, and its files are
    // linked.
    let rows = ran.out.lines().filter(|line| line.starts_with("  exact:"));
    let fingerprints: Vec<&str> = rows
        .map(|row| row.trim().split(' ').next().unwrap())
        .collect();
    assert!(fingerprints.len() > 1 && fingerprints.len() == pages.len());
    for fingerprint in fingerprints {
        assert!(
            html.contains(&format!("html\">{fingerprint}</a>")),
            "{fingerprint}"
        );
    }
    let out = fs::read_dir(scratch.join("out")).unwrap();
    let out: BTreeSet<PathBuf> = out
        .map(|f| f.unwrap().path().canonicalize().unwrap())
        .collect();
    let links = targets(&scratch.join("report/index.html"));
    assert!(links.is_superset(&out), "{links:?}");
    for page in pages {
        let html = fs::read_to_string(&page).unwrap();
        assert_eq!(
            html.matches("class=\"hit\"").count(),
            1,
            "{}",
            page.display()
        );
        assert!(html.contains("gcdiff run ") && html.contains("Reduced case"));
        // Each is explained.
        for part in ["id=\"cause\"", "<svg class=\"graph\"", "class=\"culprit\""] {
            assert!(html.contains(part), "{}: {part}", page.display());
        }
    }
}

#[test]
fn a_report_changes_neither_the_table_nor_the_findings() {
    let (with, without) = (Scratch::new("report-with"), Scratch::new("report-without"));
    let said = |scratch: &Scratch, ran: &Ran| {
        let out = ran.out.replace(scratch.str(), "");
        let lines = out.lines().filter(|l| !l.starts_with("cases per second"));
        lines.map(str::to_string).collect::<Vec<_>>()
    };
    let ran = campaign(&with, &CANARY);
    let out = without.path("out");
    let plain = gcdiff(&[&["fuzz", "--seed", "3", "--out", &out], &CANARY[..]].concat());
    assert_eq!(said(&with, &ran), said(&without, &plain));
    let files = |scratch: &Scratch| {
        let files = fs::read_dir(scratch.join("out")).unwrap();
        let read = |path: PathBuf| {
            (
                path.file_name().unwrap().to_owned(),
                fs::read(path).unwrap(),
            )
        };
        files
            .map(|f| read(f.unwrap().path()))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(files(&with), files(&without));
}

#[test]
fn without_reductions_the_page_shows_the_cases_as_they_were_found() {
    let scratch = Scratch::new("report-unreduced");
    let ran = campaign(&scratch, &[&CANARY[..], &["--no-reduce"]].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    for page in check(&scratch) {
        let html = fs::read_to_string(page).unwrap();
        assert!(!html.contains("Reduced case") && !html.contains(".reduced.wat"));
        assert_eq!(html.matches("class=\"hit\"").count(), 1);
    }
}

#[test]
fn a_campaign_that_finds_nothing_has_a_page_that_says_so() {
    let scratch = Scratch::new("report-sound");
    let ran = campaign(&scratch, &["--cases", "20"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(check(&scratch).is_empty());
    assert!(index(&scratch).contains("None in 20 cases."));
    let files = fs::read_dir(scratch.join("report")).unwrap();
    assert_eq!(files.count(), 1);
    // The folder is used again, and the page replaced.
    let ran = campaign(&scratch, &CANARY);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(!check(&scratch).is_empty());
}

#[test]
fn a_folder_that_will_not_do_is_refused_before_the_first_case() {
    let scratch = Scratch::new("report-refused");
    let file = scratch.file("file", "kept");
    let case = scratch.file("case.wat", "(module)");
    fs::create_dir_all(scratch.join("taken/index.html")).unwrap();
    let (below, taken) = (scratch.path("file/below"), scratch.path("taken"));
    let out = scratch.path("out");
    for bad in [&file[..], &below, &taken, "/proc/no/folder"] {
        // Would run practically for ever if it started.
        let fuzz = [
            "fuzz",
            "--cases",
            "100000000",
            "--out",
            &out,
            "--report",
            bad,
        ];
        for args in [&fuzz[..], &["replay", &case, "--report", bad]] {
            let ran = gcdiff(args);
            assert_eq!(ran.code, 2, "{args:?}: {}{}", ran.out, ran.err);
            let wanted = format!("gcdiff: --report {bad}: ");
            assert!(ran.err.starts_with(&wanted), "{args:?}: {}", ran.err);
            assert_eq!((ran.out.as_str(), ran.err.lines().count()), ("", 1));
        }
    }
    // Nothing was left behind.
    assert!(!scratch.join("out").exists());
    assert_eq!(fs::read_dir(scratch.join("taken")).unwrap().count(), 1);
    assert_eq!(fs::read(file).unwrap(), b"kept");
}

#[cfg(unix)]
#[test]
fn the_page_is_loaded_again_while_the_campaign_runs_and_a_signal_ends_both() {
    use std::process::{Command, Stdio};
    let scratch = Scratch::new("report-signal");
    let (out, report) = (scratch.path("out"), scratch.path("report"));
    let args = [
        "fuzz",
        "--seconds",
        "3600",
        "--out",
        &out,
        "--report",
        &report,
        "--format",
        "junit",
    ];
    let mut child = Command::new(env!("CARGO_BIN_EXE_gcdiff"))
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first version is there before the first case is judged, and always complete.
    let page = scratch.join("report/index.html");
    while !page.exists() {
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let html = index(&scratch);
    assert!(html.contains("http-equiv=\"refresh\"") && html.contains(">running</span>"));
    assert!(html.contains("Judging cases.") && html.ends_with("</html>"));
    let mut kill = Command::new("kill");
    let killed = kill.args(["-INT", &child.id().to_string()]).status();
    assert!(killed.unwrap().success());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("gcdiff: ended by a signal"), "{said}");
    // A document of a campaign that was cut short does not look like one that has passed.
    let document = String::from_utf8_lossy(&ended.stdout);
    assert!(
        document.contains("<error message=\"Ended by a signal.\""),
        "{document}"
    );
    let html = index(&scratch);
    assert!(!html.contains("http-equiv=\"refresh\"") && html.contains(">ended early</span>"));
    assert!(html.contains("Ended by a signal."));
    let left = fs::read_dir(scratch.join("report")).unwrap();
    assert_eq!(left.count(), 1);
}

#[cfg(unix)]
#[test]
fn a_report_that_cannot_be_written_is_an_error_and_hides_no_finding() {
    use std::process::Command;
    // The shell limits the size of files to 512 or 1024 bytes, so that no page can be written.
    let with = |name: &str, more: &[&str]| {
        let scratch = Scratch::new(name);
        let (out, report) = (scratch.path("out"), scratch.path("report"));
        let args = [
            "fuzz",
            "--seed",
            "3",
            "--no-reduce",
            "--out",
            &out,
            "--report",
            &report,
        ];
        let ran = Command::new("sh")
            .args(["-c", "ulimit -f 1 && exec \"$0\" \"$@\""])
            .arg(env!("CARGO_BIN_EXE_gcdiff"))
            .args([&args[..], more].concat())
            .output()
            .unwrap();
        let err = String::from_utf8(ran.stderr).unwrap();
        assert!(
            err.contains(&format!("gcdiff: --report {report}: ")),
            "{err}"
        );
        // Neither a page nor a part of one is left, nor the folder.
        assert!(!scratch.join("report").exists());
        ran.status.code()
    };
    assert_eq!(with("report-full", &["--cases", "3"]), Some(2));
    assert_eq!(with("report-full-found", &CANARY), Some(1));
}
