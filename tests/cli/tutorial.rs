//! `docs/own-collector.md`: its programs are those of `examples/tutorial/`, and its commands print what
//! it shows.
//!
//! The code of the document is also a documentation test of the library. `BLESS=1` writes the example
//! from the document, and its output into the document.

use crate::common::{Ran, Scratch, example, ours, program_in};
use crate::console::{hold, rewrite, words};
use std::cell::{Cell, RefCell};
use std::fs;

/// The steps, each with another `src/collect.rs`. The first is a module in `src/main.rs`.
const STEPS: [&str; 4] = ["nothing", "marks", "sweeps", "fixed"];

/// The program of the first step, and the module in it that becomes a file in the next.
fn with_a_file(main: &str) -> (String, String) {
    let (before, rest) = main.split_once("mod collect {\n").unwrap();
    let (module, after) = rest.split_once("\n}\n").unwrap();
    let lines = module
        .lines()
        .map(|line| line.strip_prefix("    ").unwrap_or(line));
    let module = lines.flat_map(|line| [line, "\n"]).collect();
    (format!("{before}mod collect;\n{after}"), module)
}

/// A file with the change of a block of the language `diff`.
fn patched(file: &str, diff: &str) -> String {
    let side = |mark: char| {
        let lines = diff.lines().filter_map(|line| line.strip_prefix(mark));
        lines.flat_map(|line| [line, "\n"]).collect::<String>()
    };
    let (old, new) = (side('-'), side('+'));
    assert_eq!(file.matches(&old).count(), 1, "{old}");
    file.replace(&old, &new)
}

fn hold_file(path: &str, new: &str) {
    let path = ours(path);
    hold(&path, &fs::read_to_string(&path).unwrap(), new);
}

#[test]
fn the_tutorial_shows_what_happens() {
    let path = ours("docs/own-collector.md");
    let document = fs::read_to_string(&path).unwrap();
    let folder = Scratch::new("tutorial");
    // What the reader builds has the name of her package.
    let program = folder.join(&format!("my-heap{}", std::env::consts::EXE_SUFFIX));
    fs::copy(example("tutorial"), &program).unwrap();
    let (step, commands) = (Cell::new(None), Cell::new(0));
    let next = || {
        step.set(Some(step.get().map_or(0, |step| step + 1)));
        STEPS[step.get().unwrap()]
    };
    let last = RefCell::new(String::new());
    let file = |name: &str, text: &str| match name {
        "Cargo.toml" => assert!(text.contains("opt-level = 1"), "{text}"),
        "src/main.rs" => {
            let (main, module) = with_a_file(text);
            hold_file("examples/tutorial/main.rs", &main);
            hold_file(&format!("examples/tutorial/collect/{}.rs", next()), &module);
        }
        "src/collect.rs" => {
            let text = match text.starts_with('-') {
                true => patched(&last.borrow(), text),
                false => text.to_string(),
            };
            hold_file(&format!("examples/tutorial/collect/{}.rs", next()), &text);
            last.replace(text);
        }
        name => panic!("{name}: no file of the tutorial"),
    };
    let run = |command: &str| {
        if let Some(name) = command.strip_prefix("cat ") {
            let out = fs::read_to_string(folder.join(name)).unwrap();
            return Some(Ran {
                code: 0,
                out,
                err: String::new(),
            });
        }
        // The document has a clone of gcdiff beside the package.
        let command = command
            .strip_prefix("cargo run -- ")?
            .replace("../gcdiff", &ours(""));
        let args = words(&command);
        let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
        if args[0] == "fuzz" {
            // A busy machine must not end a case.
            args.extend(["--timeout", "300"]);
        }
        commands.set(commands.get() + 1);
        let step = STEPS[step.get().expect("there is a program")];
        let ran = program_in(&program, &folder.0, &args, ("STEP", step));
        assert_eq!(
            ran.code,
            i32::from(ran.out.contains("fingerprint")),
            "{command}: {}",
            ran.err
        );
        // The document does not show exit codes.
        Some(Ran {
            code: 0,
            out: ran.out.replace(&ours(""), "../gcdiff"),
            err: ran.err,
        })
    };
    let new = rewrite(&document, file, run);
    hold(&path, &document, &new);
    assert_eq!(step.get(), Some(STEPS.len() - 1));
    assert!(commands.get() >= 6, "{}", commands.get());
}
