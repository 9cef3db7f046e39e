//! Commands and their exact output: the documents in `tests/cli/cases/`.
//!
//! `BLESS=1 cargo test --test cli cases` updates them.
//! [`console`](crate::console) describes their format.

use crate::common::{Scratch, example, gcdiff_in, ours, program_in};
use crate::console::{hold, rewrite, words};
use std::fs;

/// Defines a test for each document.
macro_rules! cases {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*
    };
}

cases! {
    bad_files
    blame
    configuration
    distill
    documents
    endless
    engine
    explain
    export
    headers
    invoke
    oracle_layers
    outputs
    own_collector
    proposals
    quiet
    reduce
    replay
    run_json
    several_files
    type_names
    usage
    wast_faults
    wast_linking
    wast_outcomes
    wast_unsupported
    wast_vectors
}

/// Runs the commands of a document in a folder that contains the document's
/// files, and the files of the repository that its commands name.
fn check(name: &str) {
    let path = ours(&format!("tests/cli/cases/{name}.md"));
    let old = fs::read_to_string(&path).unwrap();
    let scratch = Scratch::new(&format!("case-{name}"));
    let write = |name: &str, contents: &[u8]| {
        let path = scratch.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    };
    let run = |command: &str| {
        let words = words(command);
        let Some((first, args)) = words.split_first() else {
            panic!("{path}: there is no command");
        };
        for arg in args {
            if arg.starts_with("corpus/") || arg.starts_with("tests/") {
                write(arg, &fs::read(ours(arg)).unwrap());
            }
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        Some(match &first[..] {
            "gcdiff" => gcdiff_in(&scratch.0, &args),
            "own_collector" => {
                let program = example("own_collector");
                program_in(&program, &scratch.0, &args, ("RUST_BACKTRACE", "0"))
            }
            _ => panic!("{path}: {command}: only gcdiff and own_collector are run"),
        })
    };
    let new = rewrite(&old, |name, text| write(name, text.as_bytes()), run);
    hold(&path, &old, &new);
}

#[test]
fn every_document_is_a_test() {
    let files = fs::read_dir(ours("tests/cli/cases")).unwrap();
    let mut files: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    let mut names: Vec<String> = NAMES.iter().map(|name| format!("{name}.md")).collect();
    names.sort();
    assert_eq!(files, names);
}
