//! The README and the pages of `docs/` show what their commands print, and commands that run.

use crate::common::{Ran, Scratch, gcdiff_in, ours};
use crate::console::{hold, rewrite, words};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// Runs the commands of a page in a folder with the files that the page shows, beside `corpus` and
/// `tests` of the repository. Returns the fingerprints that the commands print.
///
/// Commands of other programs are not run. The rate of a campaign stays as the page shows it.
fn run_page(page: &str) -> Vec<Option<String>> {
    let folder = Scratch::new(&format!("page-{}", page.replace('/', "-")));
    for shown in ["corpus", "tests"] {
        symlink(ours(shown), folder.join(shown)).unwrap();
    }
    let path = ours(page);
    let text = std::fs::read_to_string(&path).unwrap();
    let rate = text.lines().find(|line| line.starts_with(RATE));
    let rate = rate.unwrap_or_default();
    let mut fingerprints = Vec::new();
    let file = |name: &str, contents: &str| {
        folder.file(name, contents);
    };
    let run = |command: &str| {
        let args = words(command.strip_prefix("gcdiff ")?);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let ran = gcdiff_in(&folder.0, &args);
        let mut lines = ran.out.lines();
        let fingerprint = lines.find_map(|line| line.strip_prefix("  fingerprint  "));
        let expected = i32::from(fingerprint.is_some());
        assert_eq!(ran.code, expected, "{command}: {}{}", ran.out, ran.err);
        fingerprints.push(fingerprint.map(String::from));
        let out = ran.out.lines().map(|line| match line.starts_with(RATE) {
            true => rate,
            false => line,
        });
        Some(Ran {
            out: out.flat_map(|line| [line, "\n"]).collect(),
            // Pages do not show exit codes.
            code: 0,
            err: ran.err,
        })
    };
    let new = rewrite(&text, file, run);
    hold(&path, &text, &new);
    fingerprints
}

/// The begin of the line of a campaign that varies.
const RATE: &str = "cases per second";

#[test]
fn the_front_page_shows_what_happens() {
    // Results only, and the whole oracle.
    let found = Some("exact:array:array.copy:drc".to_string());
    assert_eq!(run_page("README.md"), [None, found, None]);
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

/// The commands of `gcdiff` in blocks of shell commands, which show no output. Scripts are run by
/// other tests.
fn shell_commands(page: &str) -> Vec<&str> {
    let mut commands = Vec::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if line != "```sh" || lines.peek().is_some_and(|line| line.starts_with("#!")) {
            continue;
        }
        let block = lines.by_ref().take_while(|line| *line != "```");
        commands.extend(block.filter(|line| line.starts_with("gcdiff ")));
    }
    commands
}

/// A folder with the files that the commands of all pages name.
fn folder_for_commands() -> Scratch {
    let folder = Scratch::new("page-commands");
    for folder_name in ["findings", "campaign/artifacts"] {
        std::fs::create_dir_all(folder.join(folder_name)).unwrap();
    }
    symlink(ours("corpus"), folder.join("corpus")).unwrap();
    let args = ["fuzz", "--fault", "W1", "--cases", "5", "--stop-at-first"];
    assert_eq!(
        gcdiff_in(&folder.0, &[&args[..], &["--out", "found"]].concat()).code,
        1
    );
    let found = std::fs::read_dir(folder.join("found")).unwrap();
    let mut found: Vec<_> = found.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    for name in [
        "finding.wat",
        "finding.reduced.wat",
        "findings/NAME.wat",
        "findings/NAME.reduced.wat",
    ] {
        std::fs::copy(&found[0], folder.join(name)).unwrap();
    }
    folder.file("campaign/artifacts/crash-1", [7; 300]);
    folder.file("big.wasm", b"\0asm\x01\0\0\0");
    let script = folder.file("still-crashes.sh", "#!/bin/sh\ntest -s \"$1\"\n");
    std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// The code with which a command of a page ends. Of a command with an engine only the options are
/// checked, since engines are not part of the repository. Campaigns are short.
fn code_of(command: &str, folder: &Path) -> i32 {
    let command = command.split(['#', '|', '>']).next().unwrap_or_default();
    let mut args = words(command);
    args.remove(0);
    for i in 0..args.len() {
        match args[i].as_str() {
            "--seconds" => (args[i], args[i + 1]) = ("--cases".into(), "20".into()),
            "--cases" | "--size" => args[i + 1] = "20".into(),
            _ => {}
        }
    }
    if args.contains(&"--engine".into()) {
        args.push("--help".into());
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = gcdiff_in(folder, &args);
    assert!(ran.code < 2, "{command}: {}{}", ran.out, ran.err);
    ran.code
}

#[test]
fn commands_of_pages_run() {
    let folder = folder_for_commands();
    let pages = std::fs::read_dir(ours("docs")).unwrap();
    let mut pages: Vec<_> = pages.map(|entry| entry.unwrap().path()).collect();
    pages.push(ours("README.md").into());
    pages.sort();
    let mut codes = std::collections::BTreeMap::<i32, Vec<String>>::new();
    for page in pages.iter().filter(|page| page.extension().is_some()) {
        for command in shell_commands(&std::fs::read_to_string(page).unwrap()) {
            let code = code_of(command, &folder.0);
            codes.entry(code).or_default().push(command.into());
        }
    }
    // A case that was found shows its finding, and a fault is found.
    let finds = |command: &String| {
        let shows = ["NAME", "--fault", "gcdiff explain"];
        shows.iter().any(|part| command.contains(part))
    };
    assert!(codes[&1].iter().all(finds), "{codes:#?}");
    assert!(!codes[&0].iter().any(finds), "{codes:#?}");
    assert!(codes[&0].len() > 15, "{codes:#?}");
}
