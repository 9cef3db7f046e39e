//! `gcdiff.toml`: which file is read.

use super::{file, global};
use crate::escape;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The name of the file.
pub(super) const FILE: &str = "gcdiff.toml";

/// The file of this process, once it is read.
static CONFIG: OnceLock<Option<Config>> = OnceLock::new();

/// A file that was read.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub path: PathBuf,
    /// Its folder, absolute, in which commands of engines run.
    pub folder: PathBuf,
    pub text: String,
}

impl Config {
    /// A message that names the file.
    pub fn message(&self, message: &str) -> String {
        format!("{}: {message}", escape::path(&self.path))
    }

    fn read(path: &Path) -> Result<Config, String> {
        let in_file = |message: String| format!("{}: {message}", escape::path(path));
        let text = String::from_utf8(file::read(path)?).map_err(|e| in_file(e.to_string()))?;
        let absolute = std::path::absolute(path).map_err(|e| in_file(e.to_string()))?;
        Ok(Config {
            path: path.to_path_buf(),
            folder: absolute.parent().unwrap_or(Path::new("")).to_path_buf(),
            text,
        })
    }
}

/// Reads the file of `--config`, or else the `gcdiff.toml` of this folder or the nearest folder above
/// it, or none with `--no-config`.
///
/// # Errors
///
/// If it cannot be read.
pub(super) fn read(args: &[OsString]) -> Result<Option<&'static Config>, String> {
    let config = match global::peek(args, "--config") {
        Some(path) => Some(Config::read(Path::new(&path))?),
        None if global::has(args, "--no-config") => None,
        None => match nearest() {
            Some(path) => Some(Config::read(&path)?),
            None => None,
        },
    };
    Ok(CONFIG.get_or_init(|| config).as_ref())
}

/// The file that was read, if there is one.
pub(super) fn current() -> Option<&'static Config> {
    CONFIG.get()?.as_ref()
}

fn nearest() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let mut files = here.ancestors().map(|folder| folder.join(FILE));
    files.find(|file| file.is_file())
}
