//! A folder to which files are only added.
//!
//! A file appears under its name when it is complete: it is written beside its place, and then
//! linked there. A name that is taken by other contents is left alone; the next free number is
//! appended instead.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Number of names tried before [`Folder::save`] fails.
const MAX_NUMBER: u32 = 100_000;

/// A folder for findings or inputs.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// The folders created for it, innermost first.
    made: Vec<PathBuf>,
}

/// A file of a [`Folder`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved {
    /// Path of the file.
    pub path: PathBuf,
    /// Whether the file is new; if not, a file with the same contents was there.
    pub is_new: bool,
}

impl Folder {
    /// Opens a folder, creates it if needed, and checks that it can be written into.
    ///
    /// # Errors
    ///
    /// If it cannot be created, is not a folder, or cannot be written into.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let missing = path
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let made = missing.map(Path::to_path_buf).collect();
        fs::create_dir_all(path)?;
        let folder = Folder {
            path: path.to_path_buf(),
            made,
        };
        // A folder without a name is the current one.
        let tried = temporary(&folder.path.join("try"), b"").and_then(fs::remove_file);
        if let Err(error) = tried {
            folder.leave();
            return Err(error);
        }
        Ok(folder)
    }

    /// Saves contents as `STEM.EXTENSION`, or as `STEM-2.EXTENSION` and so on if that name is
    /// taken; the extension may be empty. A file with the same contents is not written again.
    ///
    /// # Errors
    ///
    /// If the file cannot be written. No part of it is left.
    pub fn save(&self, stem: &str, extension: &str, contents: &[u8]) -> io::Result<Saved> {
        // The folder may have been removed in the meantime.
        fs::create_dir_all(&self.path)?;
        for number in 1..=MAX_NUMBER {
            let dot = if extension.is_empty() { "" } else { "." };
            let name = match number {
                1 => format!("{stem}{dot}{extension}"),
                _ => format!("{stem}-{number}{dot}{extension}"),
            };
            let path = self.path.join(name);
            if fs::symlink_metadata(&path).is_ok() || !place_new(&path, contents)? {
                if !holds(&path, contents) {
                    continue;
                }
                return Ok(Saved {
                    path,
                    is_new: false,
                });
            }
            return Ok(Saved { path, is_new: true });
        }
        let message = format!("{MAX_NUMBER} files are called {stem}.{extension}");
        Err(io::Error::new(ErrorKind::AlreadyExists, message))
    }

    /// Removes a saved file, unless it was there before or its contents have changed.
    pub fn take_back(&self, saved: &Saved, contents: &[u8]) {
        if saved.is_new && holds(&saved.path, contents) {
            // A failed removal leaves one file too many, which does no harm.
            let _ = fs::remove_file(&saved.path);
        }
    }

    /// Removes the folder if it was created by [`Folder::open`] and is empty.
    pub fn leave(&self) {
        for folder in &self.made {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

/// Replaces or creates a file atomically.
///
/// # Errors
///
/// If it cannot be written. The file is then unchanged.
pub fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|file| !file.is_file() && !file.is_dir()) {
        // A device or a pipe is written to, not replaced.
        return OpenOptions::new()
            .write(true)
            .open(path)?
            .write_all(contents);
    }
    // The target of a link is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let beside = temporary(&path, contents)?;
    fs::rename(&beside, &path).inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

/// Checks whether [`replace`] can be expected to succeed.
///
/// # Errors
///
/// If the path is a folder, or the folder that contains it cannot be written into.
pub fn try_replace(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(file) if file.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(file) if !file.is_file() => OpenOptions::new().write(true).open(path).map(drop),
        _ => {
            let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
            fs::remove_file(temporary(&path, b"")?)
        }
    }
}

/// Puts a complete file at `path`. Returns `false` if there is one already.
fn place_new(path: &Path, contents: &[u8]) -> io::Result<bool> {
    let link = |from: &Path, to: &Path| fs::hard_link(from, to);
    let rename = |from: &Path, to: &Path| fs::rename(from, to);
    place_new_with(path, contents, link, rename)
}

/// [`place_new`] with the file-system operations as parameters. If they fail, nothing is left of
/// the file.
fn place_new_with(
    path: &Path,
    contents: &[u8],
    link: impl Fn(&Path, &Path) -> io::Result<()>,
    rename: impl Fn(&Path, &Path) -> io::Result<()>,
) -> io::Result<bool> {
    let beside = temporary(path, contents)?;
    let placed = match link(&beside, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        // A file system without links: create an empty file to reserve the name, then replace it.
        Err(_) => match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(_) => rename(&beside, path).map(|()| true).inspect_err(|_| {
                let _ = fs::remove_file(path);
            }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        },
    };
    match fs::remove_file(&beside) {
        // An error in placing the file takes precedence.
        Err(error) if placed.is_ok() && error.kind() != ErrorKind::NotFound => Err(error),
        _ => placed,
    }
}

/// Writes contents into a temporary file beside `path`, under a name that no command takes for a
/// case.
fn temporary(path: &Path, contents: &[u8]) -> io::Result<PathBuf> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    loop {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        // Short, since the name of the file itself may already have the maximal length.
        let hidden = format!(".gcdiff-{}-{n}.part", std::process::id());
        let beside = path.with_file_name(hidden);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside);
        let mut file = match file {
            // Left by a process of another machine, or by an earlier one with the same id.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            other => other?,
        };
        let written = file.write_all(contents).and_then(|()| synced(&file));
        return match written {
            Ok(()) => Ok(beside),
            Err(error) => {
                let _ = fs::remove_file(&beside);
                Err(error)
            }
        };
    }
}

/// Waits until a file is on disk, where the file system supports it.
fn synced(file: &File) -> io::Result<()> {
    match file.sync_data() {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Unsupported | ErrorKind::InvalidInput
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// Whether there is a file at `path` with exactly these contents.
fn holds(path: &Path, contents: &[u8]) -> bool {
    // Compare lengths first, so that a file of another length is not read.
    let same_size = fs::symlink_metadata(path)
        .is_ok_and(|file| file.is_file() && file.len() == contents.len() as u64);
    same_size && fs::read(path).is_ok_and(|held| held == contents)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that is removed at the end of the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let name = format!("gcdiff-folder-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(name);
            let _ = fs::remove_dir_all(&path);
            fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<String> = names.collect();
            names.sort();
            names
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_is_written_twice() {
        let scratch = Scratch::new("names");
        let folder = Folder::open(&scratch.0).unwrap();
        let save = |contents: &[u8]| {
            let saved = folder.save("case", "wat", contents).unwrap();
            let name = saved.path.file_name().unwrap().to_str().unwrap();
            (name.to_string(), saved.is_new)
        };
        assert_eq!(save(b"one"), ("case.wat".into(), true));
        assert_eq!(save(b"one"), ("case.wat".into(), false));
        assert_eq!(save(b"two"), ("case-2.wat".into(), true));
        // A file edited by hand stays, and so does a folder of that name.
        fs::write(scratch.0.join("case.wat"), "edited").unwrap();
        fs::create_dir(scratch.0.join("case-3.wat")).unwrap();
        assert_eq!(save(b"one"), ("case-4.wat".into(), true));
        assert_eq!(save(b"two"), ("case-2.wat".into(), false));
        assert_eq!(fs::read(scratch.0.join("case.wat")).unwrap(), b"edited");
        assert_eq!(
            scratch.names(),
            ["case-2.wat", "case-3.wat", "case-4.wat", "case.wat"]
        );
    }

    #[test]
    fn nothing_is_left_of_a_file_that_cannot_be_put_in_its_place() {
        let scratch = Scratch::new("unplaced");
        let path = scratch.0.join("case.wat");
        let refuse = |_: &Path, _: &Path| Err(io::Error::from(ErrorKind::Unsupported));
        let rename = |from: &Path, to: &Path| fs::rename(from, to);
        let error = place_new_with(&path, b"one", refuse, refuse).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(scratch.names().is_empty(), "{:?}", scratch.names());
        // With links refused, but not renames, the file is placed, and again it is not replaced.
        assert!(place_new_with(&path, b"one", refuse, rename).unwrap());
        assert!(!place_new_with(&path, b"two", refuse, rename).unwrap());
        assert_eq!(scratch.names(), ["case.wat"]);
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }

    #[test]
    fn a_name_may_be_as_long_as_names_can_be() {
        let scratch = Scratch::new("long");
        let folder = Folder::open(&scratch.0).unwrap();
        let stem = "x".repeat(251);
        let saved = folder.save(&stem, "wat", b"one").unwrap();
        assert!(saved.is_new);
        try_replace(&saved.path).unwrap();
        replace(&saved.path, b"two").unwrap();
        assert_eq!(scratch.names(), [format!("{stem}.wat")]);
        assert_eq!(fs::read(&saved.path).unwrap(), b"two");
    }

    #[test]
    fn many_writers_lose_nothing() {
        let scratch = Scratch::new("writers");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let folder = Folder::open(&scratch.0).unwrap();
                scope.spawn(move || {
                    // Every second writer writes the same contents.
                    for i in 0..20 {
                        let text = format!("{} {i}", writer % 2 * writer);
                        folder.save("case", "wat", text.as_bytes()).unwrap();
                    }
                });
            }
        });
        let mut contents: Vec<String> = scratch
            .names()
            .iter()
            .map(|name| fs::read_to_string(scratch.0.join(name)).unwrap())
            .collect();
        contents.sort();
        contents.dedup();
        assert_eq!(contents.len(), 5 * 20);
        assert_eq!(scratch.names().len(), contents.len());
    }

    #[test]
    fn only_an_own_file_that_is_as_it_was_is_taken_back() {
        let scratch = Scratch::new("back");
        let folder = Folder::open(&scratch.0).unwrap();
        let mine = folder.save("a", "wat", b"one").unwrap();
        let again = folder.save("a", "wat", b"one").unwrap();
        folder.take_back(&again, b"one");
        assert_eq!(scratch.names(), ["a.wat"]);
        fs::write(&mine.path, "edited").unwrap();
        folder.take_back(&mine, b"one");
        assert_eq!(scratch.names(), ["a.wat"]);
        fs::write(&mine.path, "one").unwrap();
        folder.take_back(&mine, b"one");
        assert!(scratch.names().is_empty());
    }

    #[test]
    fn a_folder_is_tried_and_left_as_it_was() {
        let scratch = Scratch::new("tried");
        let file = scratch.0.join("file");
        fs::write(&file, "").unwrap();
        assert!(Folder::open(&file).is_err());
        assert!(Folder::open(&file.join("below")).is_err());
        let deep = scratch.0.join("a/b");
        let folder = Folder::open(&deep).unwrap();
        assert!(deep.is_dir());
        folder.leave();
        assert_eq!(scratch.names(), ["file"]);
        let folder = Folder::open(&deep).unwrap();
        folder.save("x", "wat", b"").unwrap();
        folder.leave();
        assert!(deep.join("x.wat").is_file());
    }

    #[test]
    fn a_file_is_replaced_as_a_whole() {
        let scratch = Scratch::new("replace");
        let path = scratch.0.join("table.md");
        assert!(try_replace(&path).is_ok());
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(scratch.names(), ["table.md"]);
        assert!(try_replace(&scratch.0).is_err());
        assert!(try_replace(&path.join("below")).is_err());
        assert!(replace(&scratch.0.join("no/such"), b"").is_err());
    }
}
