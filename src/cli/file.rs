//! Reading and writing files.

use crate::{campaign, escape};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Files beyond this are refused, not read.
const MAX_FILE: u64 = 64 << 20;

/// Text beyond this is refused: parsed, it takes up to seventy times as much.
const MAX_TEXT: usize = 8 << 20;

/// Reads a file, a binary module or text; the message of an error names it.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let in_file = |message: String| format!("{}: {message}", escape::path(path));
    let file = File::open(path).map_err(|e| in_file(e.to_string()))?;
    // What is no regular file has no size, and may have no end.
    let size = file.metadata().map_or(0, |data| data.len());
    let mut bytes = Vec::new();
    if size <= MAX_FILE {
        let mut limited = file.take(MAX_FILE + 1);
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
    campaign::replace(path, text.as_bytes()).map_err(|e| format!("{}: {e}", escape::path(path)))
}

/// Fails if [`write`] is bound to, before the work that leads there.
pub(super) fn try_write(path: &Path) -> Result<(), String> {
    campaign::try_replace(path).map_err(|e| format!("{}: {e}", escape::path(path)))
}

/// Files, and what among and below the same paths could not be read.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// The regular files, each once whatever links lead to it, and the folders and
    /// files that could not be looked at, in order of their names.
    pub paths: Vec<PathBuf>,
    /// Why some of them could not be looked at. A message names its path.
    pub errors: BTreeMap<PathBuf, String>,
}

impl Below {
    /// Reads one of the paths; the message of an error names it.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        match self.errors.get(path) {
            Some(error) => Err(error.clone()),
            None => read(path),
        }
    }
}

/// The regular files among `paths` and below the folders among them. Links are
/// followed, but not in circles. Files whose path is not wanted are left out, as is
/// what else there is in folders. A path that is given must be a file or a folder;
/// what cannot be read below one does not hide the rest.
pub(super) fn all_below(
    paths: &[PathBuf],
    is_wanted: impl Fn(&Path) -> bool,
) -> Result<Below, String> {
    let mut found = Found::default();
    for path in paths {
        let in_path = |message: &str| format!("{}: {message}", escape::path(path));
        let data = std::fs::metadata(path).map_err(|e| in_path(&e.to_string()))?;
        if !data.is_dir() && !data.is_file() {
            return Err(in_path("neither a regular file nor a folder"));
        }
        found.add(path, &is_wanted, &list);
    }
    Ok(found.below)
}

/// Whether a file is a module, as far as its name tells.
pub(super) fn is_module(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    matches!(extension, Some("wat" | "wasm"))
}

/// What a file or a folder is known by, whatever path leads to it: device and
/// number.
#[cfg(unix)]
type Identity = (u64, u64);

/// What a file or a folder is known by, whatever symbolic link leads to it: where
/// it really is.
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

/// What was found below some paths.
#[derive(Default)]
struct Found {
    below: Below,
    /// The files and folders so far.
    seen: BTreeSet<Identity>,
}

/// What is in a folder, or could not be seen there.
type Entries = Vec<io::Result<PathBuf>>;

fn list(folder: &Path) -> io::Result<Entries> {
    let entries = std::fs::read_dir(folder)?;
    Ok(entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect())
}

impl Found {
    /// Adds what is at a path and below, with a function that lists folders.
    fn add(
        &mut self,
        path: &Path,
        is_wanted: &impl Fn(&Path) -> bool,
        list: &impl Fn(&Path) -> io::Result<Entries>,
    ) {
        // In the order of their names: the last is looked at first.
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

    /// Notes a path that cannot be looked at.
    fn unread(&mut self, path: PathBuf, error: &io::Error) {
        let message = format!("{}: {error}", escape::path(&path));
        if self.below.errors.insert(path.clone(), message).is_none() {
            self.below.paths.push(path);
        }
    }
}

/// Whether there is nothing at a path, rather than something that cannot be looked
/// at: a file may be gone by now, and a link may lead nowhere or to itself.
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
        // One folder cannot be listed, and of another one some cannot be seen.
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
