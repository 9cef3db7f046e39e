//! The package and its dependencies: what is published, and which versions the crates of this
//! repository lock. Nothing here needs the network.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use toml::{Table, Value};

/// Bytes of all files of the package. Compressed it takes a fifth of that.
const MAX_BYTES: u64 = 6 << 20;

/// The lock files of crates that build gcdiff, apart from its own.
const LOCKS: [&str; 4] = [
    "benches/instructions/Cargo.lock",
    "benches/peers/Cargo.lock",
    "engines/wasmtime/Cargo.lock",
    "fuzz/Cargo.lock",
];

fn ours(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The output of cargo, in the folder of this crate.
fn cargo(args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(args);
    let ran = command.output().unwrap();
    let err = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "cargo {}: {err}", args.join(" "));
    String::from_utf8(ran.stdout).unwrap()
}

#[test]
fn the_package_is_complete_and_small() {
    let list = cargo(&["package", "--list", "--allow-dirty", "--offline"]);
    let files: Vec<&str> = list.lines().map(str::trim).collect();
    // Cargo makes a few files itself.
    let sizes = files.iter().filter_map(|name| ours(name).metadata().ok());
    let bytes: u64 = sizes.map(|metadata| metadata.len()).sum();
    assert!(bytes < MAX_BYTES, "the package has {bytes} bytes");

    // `include_str!` is relative to its file.
    let sources = files.iter().filter(|name| name.ends_with(".rs"));
    for source in sources.filter(|name| name.starts_with("src/")) {
        let text = std::fs::read_to_string(ours(source)).unwrap();
        for (at, call) in text.match_indices("include_str!(\"") {
            let included = text[at + call.len()..].split('"').next().unwrap();
            let path = ours(source).parent().unwrap().join(included);
            let path = path.canonicalize().unwrap();
            let name = path.strip_prefix(ours("").canonicalize().unwrap()).unwrap();
            let name = name.to_str().unwrap().replace('\\', "/");
            assert!(
                files.contains(&&name[..]),
                "{source} includes {name}, which is not published"
            );
        }
    }
    for name in ["LICENSE", "README.md", "Cargo.lock", "src/main.rs"] {
        assert!(files.contains(&name), "{name} is not published");
    }
}

/// The versions that a lock file has for the dependencies of gcdiff.
fn locked(file: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(ours(file)).unwrap();
    let lock: Table = text.parse().unwrap();
    let packages = lock["package"].as_array().unwrap();
    let named = |name: &str| {
        let name = name.to_string();
        packages
            .iter()
            .filter(move |package| package["name"].as_str() == Some(&name))
    };
    let gcdiff = named("gcdiff").next().unwrap();
    let entries = gcdiff["dependencies"].as_array().unwrap();
    let entries = entries.iter().filter_map(Value::as_str).map(|entry| {
        // "name", or "name version" if there are several versions.
        let (name, version) = match entry.split_once(' ') {
            Some((name, version)) => (name, version),
            None => {
                let package = named(entry).next().unwrap();
                (entry, package["version"].as_str().unwrap())
            }
        };
        (name.to_string(), version.to_string())
    });
    entries.collect()
}

#[test]
fn all_crates_build_gcdiff_with_the_same_versions() {
    let ours = locked("Cargo.lock");
    assert!(ours.len() > 15, "{ours:?}");
    let mut differences = Vec::new();
    for file in LOCKS {
        let theirs = locked(file);
        assert!(theirs.len() > 10, "{file}: {theirs:?}");
        for (name, version) in theirs {
            let wanted = &ours[&name];
            if *wanted != version {
                differences.push(format!(
                    "{file}: {name} {version}, but {wanted} in Cargo.lock"
                ));
            }
        }
    }
    let advice = "in the folder of the file, run `cargo update -p NAME --precise VERSION`";
    assert!(
        differences.is_empty(),
        "{}\n{advice}",
        differences.join("\n")
    );
}

/// A version of Rust as numbers: 1.93 is 1.93.0.
fn numbers(version: &str) -> [u64; 3] {
    let mut numbers = [0; 3];
    for (number, part) in numbers.iter_mut().zip(version.split('.')) {
        *number = part.parse().unwrap();
    }
    numbers
}

#[test]
fn no_dependency_needs_a_newer_compiler() {
    let host = Command::new(env!("CARGO")).arg("-vV").output().unwrap();
    let host = String::from_utf8(host.stdout).unwrap();
    let host = host.lines().find_map(|line| line.strip_prefix("host: "));
    // Without the filter, packages for other systems would have to be there.
    let filter = format!("--filter-platform={}", host.unwrap());
    let format = "--format-version=1";
    let metadata = cargo(&[
        "metadata",
        "--locked",
        "--offline",
        "--all-features",
        format,
        &filter,
    ]);
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 50);
    let ours = numbers(env!("CARGO_PKG_RUST_VERSION"));
    for package in packages {
        let Some(needed) = package["rust_version"].as_str() else {
            continue;
        };
        let package = format!("{} {}", package["name"], package["version"]);
        assert!(numbers(needed) <= ours, "{package} needs Rust {needed}");
    }
}
