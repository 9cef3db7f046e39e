//! Bounds on the memory and time that small inputs take, and on the limits that
//! they may set.

mod asked;
#[cfg(target_os = "linux")]
mod footprint;
#[cfg(target_os = "linux")]
mod memory;
mod time;

use crate::common::Scratch;

/// A file that is removed when the test ends.
struct File {
    path: String,
    /// The folder that contains it.
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
