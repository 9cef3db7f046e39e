//! The README and the pages of `docs/` show what their commands print.

use crate::common::{Ran, Scratch, gcdiff_in, ours};
use crate::console::{hold, rewrite, words};

/// Runs the commands of a page in a folder with the files that the page shows, beside `corpus` and
/// `tests` of the repository. Returns the fingerprints that the commands print.
///
/// Commands of other programs are not run, nor are campaigns of some seconds, whose output varies.
fn run_page(page: &str) -> Vec<Option<String>> {
    let folder = Scratch::new(&format!("page-{}", page.replace('/', "-")));
    for shown in ["corpus", "tests"] {
        std::os::unix::fs::symlink(ours(shown), folder.join(shown)).unwrap();
    }
    let path = ours(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let mut fingerprints = Vec::new();
    let file = |name: &str, contents: &str| {
        folder.file(name, contents);
    };
    let run = |command: &str| {
        let args = command.strip_prefix("gcdiff ")?;
        if args.contains("--seconds") {
            return None;
        }
        let args = words(args);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ran = gcdiff_in(&folder.0, &args);
        let mut lines = ran.out.lines();
        let fingerprint = lines.find_map(|line| line.strip_prefix("  fingerprint  "));
        let expected = i32::from(fingerprint.is_some());
        assert_eq!(ran.code, expected, "{command}: {}{}", ran.out, ran.err);
        fingerprints.push(fingerprint.map(String::from));
        // Pages do not show exit codes.
        Some(Ran { code: 0, ..ran })
    };
    let new = rewrite(&text, file, run);
    hold(&path, &text, &new);
    fingerprints
}

#[test]
fn the_front_page_shows_what_happens() {
    // Results only, and the whole oracle.
    let found = Some("exact:array:array.copy:drc".to_string());
    assert_eq!(run_page("README.md"), [None, found]);
}

#[test]
fn pages_show_what_happens() {
    for page in [
        "docs/commands.md",
        "docs/engines.md",
        "docs/reduction.md",
        "docs/verdicts.md",
    ] {
        assert!(!run_page(page).is_empty(), "{page} has no command");
    }
}
