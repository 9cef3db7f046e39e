//! Reading and writing files.

use crate::{campaign, escape};
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Larger files are refused before they are read.
const MAX_FILE: u64 = 64 << 20;

/// Longer text is refused: parsed, it takes up to seventy times as much memory.
const MAX_TEXT: usize = 8 << 20;

/// The path that stands for standard input, and its name in messages. A file of this name is
/// `./<stdin>`.
const STDIN: &str = "<stdin>";

/// Standard input, which can be read only once.
static INPUT: OnceLock<Result<Vec<u8>, String>> = OnceLock::new();

/// Parses the path of an input: `-` is standard input.
pub(super) fn input() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(|path| match path.to_str() {
        Some("-") => PathBuf::from(STDIN),
        Some(STDIN) => Path::new(".").join(path),
        _ => path,
    })
}

/// Parses the path of an output, which is no stream: commands that can write to standard output do so
/// without a path.
pub(super) fn output() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path.to_str() {
        Some("-") => Err("the output is a file; one with this name is ./-"),
        _ => Ok(path),
    })
}

/// Whether two paths lead to the same file.
pub(super) fn is_same(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

/// The word of a command line for a path.
pub(super) fn word(path: &Path) -> String {
    match is_stdin(path) {
        true => "-".into(),
        false => campaign::quote(path),
    }
}

/// Reads a file or standard input, a binary module or text. Error messages name the file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    if is_stdin(path) {
        let read = || read_from(io::stdin().lock(), 0, path);
        return INPUT.get_or_init(read).clone();
    }
    let file = File::open(path).map_err(|e| format!("{}: {e}", escape::path(path)))?;
    // A path that is not a regular file has no size, and may have no end.
    let size = file.metadata().map_or(0, |data| data.len());
    read_from(file, size, path)
}

/// Reads input of a known size, or 0, from `path`.
fn read_from(from: impl Read, size: u64, path: &Path) -> Result<Vec<u8>, String> {
    let in_file = |message: String| format!("{}: {message}", escape::path(path));
    let mut bytes = Vec::new();
    if size <= MAX_FILE {
        let mut limited = from.take(MAX_FILE + 1);
        let read = limited.read_to_end(&mut bytes);
        read.map_err(|e| in_file(e.to_string()))?;
    }
    let size = size.max(bytes.len() as u64);
    if size > MAX_FILE {
        return Err(in_file(format!("more than {MAX_FILE} bytes")));
    }
    if bytes.len() > MAX_TEXT && !bytes.starts_with(b"\0asm") {
        let message = format!("{} bytes of text are more than {MAX_TEXT}", bytes.len());
        return Err(in_file(message));
    }
    Ok(bytes)
}

/// Writes a file, or replaces it as a whole.
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    write_bytes(path, text.as_bytes())
}

/// The same for bytes.
pub(super) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), String> {
    campaign::replace(path, bytes).map_err(|e| format!("{}: {e}", escape::path(path)))
}

/// Checks whether [`write`] can be expected to succeed, before the work that leads there.
pub(super) fn try_write(path: &Path) -> Result<(), String> {
    campaign::try_replace(path).map_err(|e| format!("{}: {e}", escape::path(path)))
}

/// Files found below some paths, and errors.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// The regular files, each listed once even if several links lead to it, and the folders and
    /// files that could not be read, sorted by name.
    pub paths: Vec<PathBuf>,
    /// Why some of them could not be read. Each message names its path.
    pub errors: BTreeMap<PathBuf, String>,
}

impl Below {
    /// Reads one of the paths. Error messages name the path.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        match self.errors.get(path) {
            Some(error) => Err(error.clone()),
            None => read(path),
        }
    }
}

/// Lists the regular files among `paths` and below the folders among them. Links are followed, but
/// not in circles. Files whose path is not wanted are left out, and so is everything in folders
/// that is no file or folder. Each given path must be a file or a folder; an error below one does
/// not hide the rest. Standard input is a file.
pub(super) fn all_below(
    paths: &[PathBuf],
    is_wanted: impl Fn(&Path) -> bool,
) -> Result<Below, String> {
    let mut found = Found::default();
    for path in paths {
        if is_stdin(path) {
            if !found.below.paths.contains(path) {
                found.below.paths.push(path.clone());
            }
            continue;
        }
        let in_path = |message: &str| format!("{}: {message}", escape::path(path));
        let data = std::fs::metadata(path).map_err(|e| in_path(&e.to_string()))?;
        if !data.is_dir() && !data.is_file() {
            return Err(in_path("neither a regular file nor a folder"));
        }
        found.add(path, &is_wanted, &list);
    }
    Ok(found.below)
}

/// Whether a file is a module, by its extension.
pub(super) fn is_module(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    matches!(extension, Some("wat" | "wasm"))
}

/// Identity of a file or a folder, independent of the path: device and inode.
#[cfg(unix)]
type Identity = (u64, u64);

/// Identity of a file or a folder, independent of symbolic links: its canonical path.
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
fn identity(_: &Path, data: &Metadata) -> Option<Identity> {
    Some((data.dev(), data.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path, _: &Metadata) -> Option<Identity> {
    path.canonicalize().ok()
}

/// The state of a search.
#[derive(Default)]
struct Found {
    below: Below,
    /// The files and folders found so far.
    seen: BTreeSet<Identity>,
}

/// The entries of a folder, or errors.
type Entries = Vec<io::Result<PathBuf>>;

fn list(folder: &Path) -> io::Result<Entries> {
    let entries = std::fs::read_dir(folder)?;
    Ok(entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect())
}

impl Found {
    /// Adds the files at a path and below it. Takes the function that lists folders as a parameter.
    fn add(
        &mut self,
        path: &Path,
        is_wanted: &impl Fn(&Path) -> bool,
        list: &impl Fn(&Path) -> io::Result<Entries>,
    ) {
        // A stack, in reverse order of names, so that files are found in order.
        let mut left = vec![path.to_path_buf()];
        while let Some(path) = left.pop() {
            let data = match path.metadata() {
                Ok(data) => data,
                Err(error) if is_nothing(&path, &error) => continue,
                Err(error) => {
                    self.unread(path, &error);
                    continue;
                }
            };
            let Some(identity) = identity(&path, &data) else {
                continue;
            };
            let is_file = data.is_file() && is_wanted(&path);
            if !data.is_dir() && !is_file || !self.seen.insert(identity) {
                continue;
            }
            if is_file {
                self.below.paths.push(path);
                continue;
            }
            let mut entries = Vec::new();
            match list(&path) {
                Ok(all) => {
                    for entry in all {
                        match entry {
                            Ok(entry) => entries.push(entry),
                            Err(error) => self.unread(path.clone(), &error),
                        }
                    }
                }
                Err(error) => self.unread(path, &error),
            }
            entries.sort();
            left.extend(entries.into_iter().rev());
        }
    }

    /// Records a path that cannot be read.
    fn unread(&mut self, path: PathBuf, error: &io::Error) {
        let message = format!("{}: {error}", escape::path(&path));
        if self.below.errors.insert(path.clone(), message).is_none() {
            self.below.paths.push(path);
        }
    }
}

/// Whether nothing is at a path, as opposed to an entry that cannot be read: a file may have been
/// removed by now, and a link may lead nowhere or to itself.
fn is_nothing(path: &Path, error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::NotFound => true,
        ErrorKind::PermissionDenied => false,
        _ => path.is_symlink(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_listed_is_named_and_hides_nothing_else() {
        let name = format!("gcdiff-below-{}", std::process::id());
        let top = std::env::temp_dir().join(name);
        for file in ["a.wat", "b/in.wat", "c/in.wat", "c/other.wat", "d.wat"] {
            let file = top.join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "(module)").unwrap();
        }
        let denied = || io::Error::from(ErrorKind::PermissionDenied);
        // One folder cannot be listed, and an entry of another cannot be read.
        let list = |folder: &Path| match folder.file_name().and_then(|name| name.to_str()) {
            Some("b") => Err(denied()),
            Some("c") => Ok(vec![
                Err(denied()),
                Ok(folder.join("in.wat")),
                Err(denied()),
            ]),
            _ => list(folder),
        };
        let mut found = Found::default();
        found.add(&top, &is_module, &list);
        std::fs::remove_dir_all(&top).unwrap();
        let Below { paths, errors } = found.below;
        let wanted = ["a.wat", "b", "c", "c/in.wat", "d.wat"];
        assert_eq!(paths, wanted.map(|name| top.join(name)));
        let unread: Vec<&PathBuf> = errors.keys().collect();
        assert_eq!(unread, [&top.join("b"), &top.join("c")]);
        let (path, message) = errors.first_key_value().unwrap();
        assert!(message.starts_with(&format!("{}: ", escape::path(path))));
    }
}
