//! Reading and writing files.

use crate::{campaign, escape};
use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io::Read;
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

/// The regular files among `paths` and below the folders among them, in order of
/// their names, each once whatever links lead to it: links are followed, but not in
/// circles. Files whose path is not wanted are left out, as is what else there is
/// in folders. A path that is given must be a file or a folder.
pub(super) fn all_below(
    paths: &[PathBuf],
    is_wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, String> {
    let mut found = Found::default();
    for path in paths {
        let in_path = |message: &str| format!("{}: {message}", escape::path(path));
        let data = std::fs::metadata(path).map_err(|e| in_path(&e.to_string()))?;
        if !data.is_dir() && !data.is_file() {
            return Err(in_path("neither a regular file nor a folder"));
        }
        found.add(path, &is_wanted)?;
    }
    Ok(found.files)
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
    files: Vec<PathBuf>,
    /// The files and folders so far.
    seen: BTreeSet<Identity>,
}

impl Found {
    fn add(&mut self, path: &Path, is_wanted: &impl Fn(&Path) -> bool) -> Result<(), String> {
        // In the order of their names: the last is looked at first.
        let mut left = vec![path.to_path_buf()];
        while let Some(path) = left.pop() {
            let in_path = |e: std::io::Error| format!("{}: {e}", escape::path(&path));
            // A link may lead nowhere, and a file may be gone by now.
            let Ok(data) = path.metadata() else {
                continue;
            };
            let Some(identity) = identity(&path, &data) else {
                continue;
            };
            let is_file = data.is_file() && is_wanted(&path);
            if !data.is_dir() && !is_file || !self.seen.insert(identity) {
                continue;
            }
            if is_file {
                self.files.push(path);
            } else {
                let entries = std::fs::read_dir(&path).map_err(in_path)?;
                let entries = entries.map(|entry| entry.map(|entry| entry.path()));
                let entries: Result<Vec<PathBuf>, _> = entries.collect();
                let mut entries = entries.map_err(in_path)?;
                entries.sort();
                left.extend(entries.into_iter().rev());
            }
        }
        Ok(())
    }
}
