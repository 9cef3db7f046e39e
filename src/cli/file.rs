//! Reading and writing files.

use std::path::{Path, PathBuf};

/// Files beyond this are refused, not read.
const MAX_FILE: u64 = 256 << 20;

/// Reads a file; the message of an error names it.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let in_file = |message: String| format!("{}: {message}", path.display());
    let size = std::fs::metadata(path).map_err(|e| in_file(e.to_string()))?;
    if size.len() > MAX_FILE {
        let message = format!("{} bytes are more than {MAX_FILE}", size.len());
        return Err(in_file(message));
    }
    std::fs::read(path).map_err(|e| in_file(e.to_string()))
}

/// Makes a folder, unless it is there.
pub(super) fn folder(path: &Path) -> Result<(), String> {
    std::fs::create_dir_all(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Writes a file.
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

/// The files among `paths` and below the folders among them, in order of their
/// names.
pub(super) fn all_below(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).and_then(|entries| {
                let paths = entries.map(|entry| entry.map(|entry| entry.path()));
                paths.collect::<Result<Vec<PathBuf>, _>>()
            });
            let mut entries = entries.map_err(|e| format!("{}: {e}", path.display()))?;
            entries.sort();
            files.extend(all_below(&entries)?);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}
