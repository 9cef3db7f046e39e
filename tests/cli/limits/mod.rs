//! What small inputs may take: memory, time, and what they may ask for.

mod asked;
#[cfg(target_os = "linux")]
mod footprint;
#[cfg(target_os = "linux")]
mod memory;
mod time;

use crate::common::Scratch;

/// A file that is removed with the test.
struct File {
    path: String,
    /// Where it is.
    _folder: Scratch,
}

impl File {
    fn new(name: &str, contents: impl AsRef<[u8]>) -> File {
        let folder = Scratch::new(&format!("limits-{name}"));
        let path = folder.file(name, contents);
        File {
            path,
            _folder: folder,
        }
    }

    fn path(&self) -> &str {
        &self.path
    }
}
