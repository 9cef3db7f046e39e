//! Reading and writing files.

use std::path::Path;

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
