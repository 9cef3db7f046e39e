//! Imports between the rooms of `src/`. A room may use only rooms that stand
//! above it in the table of `ARCHITECTURE.md`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files beside the rooms, which any room may use.
const BESIDE: [&str; 4] = ["escape", "pool", "process_group", "unknown_name"];

/// The rooms, with their positions in the table.
fn table(architecture: &str) -> BTreeMap<String, usize> {
    let rows = architecture.lines().filter_map(|line| {
        let room = line.strip_prefix("| `")?.split_once("/` |")?.0;
        Some(room.to_string())
    });
    rows.zip(0..).collect()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false if path.extension().is_some_and(|e| e == "rs") => found.push(path),
            false => {}
        }
    }
}

/// The rooms that a file uses, apart from tests and documentation.
fn used(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut lines = code.lines().peekable();
    let mut rooms = Vec::new();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(doc)]" {
            lines.next();
            continue;
        }
        if line.trim_start().starts_with("//") {
            continue;
        }
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            // A single path, or several in braces.
            let paths = match rest.strip_prefix('{') {
                Some(list) => list.split('}').next().unwrap_or_default(),
                None => rest.split(',').next().unwrap_or_default(),
            };
            for path in paths.split(',') {
                let path = path.trim_start();
                let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
                rooms.push(path[..end.unwrap_or(path.len())].to_string());
            }
        }
    }
    rooms
}

#[test]
fn imports_run_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = table(&std::fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap());
    let src = root.join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    let mut wrong = Vec::new();
    let mut imports = 0;
    for path in all {
        let name = path.strip_prefix(&src).unwrap();
        let mut parts = name.iter().map(|part| part.to_str().unwrap());
        let room = parts.next().unwrap();
        let is_test = name
            .iter()
            .any(|part| part == "tests" || part == "tests.rs");
        if room.ends_with(".rs") || is_test || name.starts_with("heap/testing") {
            continue;
        }
        let here = table.get(room);
        let here = here.unwrap_or_else(|| panic!("{room} is not in the table of rooms"));
        for other in used(&std::fs::read_to_string(&path).unwrap()) {
            imports += 1;
            let is_above = table.get(&other).is_some_and(|there| there <= here);
            if !is_above && !BESIDE.contains(&&*other) {
                wrong.push(format!("{} uses {other}", name.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    // Guard against a reader that finds no imports.
    assert!(imports > 500, "{imports}");
    assert!(table["types"] < table["engine"] && table["engine"] < table["oracle"]);
}

#[test]
fn an_import_is_seen_wherever_it_stands() {
    let text = "use crate::types::StorageKind;\n// crate::cli\n#[cfg(doc)]\nuse crate::oracle::X;\n\
        fn f() { crate::heap::g(); }\nuse crate::{case, engine::Y};\n#[cfg(test)]\nmod tests { use crate::zoo::Y; }\n";
    assert_eq!(used(text), ["types", "heap", "case", "engine"]);
}
