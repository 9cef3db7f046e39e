//! What a campaign keeps on disk: one case for each fingerprint.

use super::folder::{Folder, Saved};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A folder with the best case of each fingerprint so far. What is better is the
/// caller's to say: whatever is put later takes the place of what was put
/// before, in the folder too.
#[derive(Debug)]
pub struct Shelf {
    folder: Folder,
    kept: BTreeMap<String, Kept>,
}

#[derive(Debug)]
struct Kept {
    saved: Saved,
    contents: Vec<u8>,
}

impl Shelf {
    /// Opens a folder, as [`Folder::open`] does.
    ///
    /// # Errors
    ///
    /// If it cannot be made or written into.
    pub fn open(folder: &Path) -> io::Result<Shelf> {
        Ok(Shelf {
            folder: Folder::open(folder)?,
            kept: BTreeMap::new(),
        })
    }

    /// Saves a case. When it is on disk, the one that had its fingerprint before
    /// is removed, if this shelf wrote it and nobody has changed it.
    ///
    /// # Errors
    ///
    /// If it cannot be written. Then all is as it was.
    pub fn put(
        &mut self,
        fingerprint: &str,
        (stem, extension): (&str, &str),
        contents: Vec<u8>,
    ) -> io::Result<PathBuf> {
        let saved = self.folder.save(stem, extension, &contents)?;
        let path = saved.path.clone();
        let kept = Kept { saved, contents };
        if let Some(old) = self.kept.insert(fingerprint.to_string(), kept)
            && old.saved.path != path
        {
            self.folder.take_back(&old.saved, &old.contents);
        }
        Ok(path)
    }

    /// Whether the case of a fingerprint is on disk: somebody may have removed it.
    pub fn has(&self, fingerprint: &str) -> bool {
        let kept = self.kept.get(fingerprint);
        kept.is_some_and(|kept| kept.saved.path.exists())
    }

    /// Removes the folder if it was made for this shelf and holds nothing.
    pub fn leave(&self) {
        self.folder.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_last_case_of_each_fingerprint_stays_and_no_error_loses_one() {
        let name = format!("gcdiff-shelf-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        let mut shelf = Shelf::open(&path).unwrap();
        let five = shelf.put("a", ("a.5", "wat"), b"five".to_vec()).unwrap();
        let other = shelf.put("b", ("b.7", "wat"), b"seven".to_vec()).unwrap();
        let three = shelf.put("a", ("a.3", "wat"), b"three".to_vec()).unwrap();
        assert!(!five.exists() && other.exists() && three.exists());
        assert!(shelf.has("a") && shelf.has("b") && !shelf.has("c"));
        // The folder is gone, and comes back.
        fs::remove_dir_all(&path).unwrap();
        assert!(!shelf.has("a"));
        shelf.put("a", ("a.2", "wat"), b"two".to_vec()).unwrap();
        assert!(shelf.has("a"));
        // Something else is in its place: nothing is saved, nothing forgotten.
        fs::rename(&path, path.with_extension("moved")).unwrap();
        fs::write(&path, "").unwrap();
        assert!(shelf.put("a", ("a.1", "wat"), b"one".to_vec()).is_err());
        fs::remove_file(&path).unwrap();
        fs::rename(path.with_extension("moved"), &path).unwrap();
        assert!(shelf.has("a"));
        assert_eq!(fs::read(path.join("a.2.wat")).unwrap(), b"two");
        fs::remove_dir_all(&path).unwrap();
    }
}
