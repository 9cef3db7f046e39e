//! Manual pages and scripts of completions.

use crate::common::{Ran, Scratch, gcdiff, refused};
use std::collections::BTreeMap;
use std::process::Command;

/// The commands that the help of gcdiff lists.
fn commands() -> Vec<String> {
    let help = gcdiff(&["--help"]).out;
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let (list, _) = list.split_once("\n\n").unwrap();
    let names = list.lines().map(|line| line.split_whitespace().next());
    let names = names.map(|name| name.unwrap().to_string());
    let names: Vec<_> = names.filter(|name| name != "help").collect();
    assert!(names.len() > 10, "{names:?}");
    names
}

/// The output of a command that must succeed, the same twice.
#[track_caller]
fn printed(args: &[&str]) -> String {
    let Ran { code, out, err } = gcdiff(args);
    assert_eq!((code, &err[..]), (0, ""), "{args:?}");
    assert_eq!(gcdiff(args).out, out, "{args:?}");
    out
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = Scratch::new("man");
    let out = folder.path("a/b");
    let read = || {
        printed(&["man", "--out", &out]);
        let pages = std::fs::read_dir(&out).unwrap().map(|page| {
            let path = page.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            (name, std::fs::read_to_string(path).unwrap())
        });
        pages.collect::<BTreeMap<_, _>>()
    };
    let mut pages = read();
    // Pages that are there are replaced.
    assert_eq!(read(), pages);
    let program = pages.remove("gcdiff.1").unwrap();
    assert_eq!(printed(&["man"]), program);
    for command in commands() {
        let page = pages.remove(&format!("gcdiff-{command}.1"));
        let page = page.unwrap_or_else(|| panic!("{command} has no page"));
        assert!(page.starts_with(".ie"), "{page}");
        assert!(
            page.contains(&format!("\n.TH gcdiff-{command} 1 ")),
            "{page}"
        );
        assert!(
            page.contains(&format!("\\fBgcdiff {command}\\fR")),
            "{page}"
        );
        // The page of gcdiff refers to those of the commands.
        let name = command.replace('-', "\\-");
        assert!(
            program.contains(&format!("gcdiff\\-{name}(1)")),
            "{program}"
        );
        assert_eq!(printed(&["man", &command]), page);
    }
    // No page is about anything else.
    assert!(pages.is_empty(), "{:?}", pages.keys());
}

#[test]
fn pages_that_cannot_be_printed_or_written_are_refused() {
    refused(
        &["man", "walk"],
        "no command \"walk\"; there are run, replay",
    );
    let folder = Scratch::new("no-man");
    let file = folder.file("file", "");
    refused(&["man", "--out", &file], "--out ");
    assert_eq!(gcdiff(&["man", "run", "--out", folder.str()]).code, 2);
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        for command in commands() {
            assert!(script.contains(&command), "{shell} lacks {command}");
        }
    }
    assert_eq!(gcdiff(&["completions", "abc"]).code, 2);
}

#[cfg(unix)]
#[test]
fn bash_accepts_its_completions_and_completes() {
    let folder = Scratch::new("bash");
    let script = folder.file("gcdiff.bash", printed(&["completions", "bash"]));
    let bash = |args: &[&str]| {
        let ran = Command::new("bash").args(args).output().unwrap();
        assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}");
        String::from_utf8(ran.stdout).unwrap()
    };
    bash(&["-n", &script]);
    let complete = format!(
        ". '{script}'\nCOMP_WORDS=(gcdiff fuzz --sec) COMP_CWORD=2\n\
         _gcdiff gcdiff --sec fuzz\necho \"${{COMPREPLY[@]}}\""
    );
    assert_eq!(bash(&["-c", &complete]), "--seconds\n");
}
