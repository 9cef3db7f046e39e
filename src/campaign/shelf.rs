//! Findings that a campaign or a replay keeps on disk: one case for each fingerprint.

use super::finding::Finding;
use super::folder::{Folder, Saved};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// A folder with the finding of lowest rank so far for each fingerprint.
#[derive(Debug)]
pub struct Shelf {
    folder: Folder,
    kept: BTreeMap<String, Kept>,
}

/// Order of findings with the same fingerprint, the lowest first: the size of the case (0 if it
/// does not matter), then its number.
pub type Rank = (usize, u64);

#[derive(Debug)]
struct Kept {
    rank: Rank,
    /// The files with their contents.
    files: Vec<(Saved, Vec<u8>)>,
}

impl Kept {
    fn path(&self) -> Option<&Path> {
        self.files.first().map(|(saved, _)| &*saved.path)
    }
}

impl Shelf {
    /// Opens a folder, as [`Folder::open`] does.
    ///
    /// # Errors
    ///
    /// If it cannot be created or written into.
    pub fn open(folder: &Path) -> io::Result<Shelf> {
        Ok(Shelf {
            folder: Folder::open(folder)?,
            kept: BTreeMap::new(),
        })
    }

    /// Saves a finding if its rank is the lowest of its fingerprint so far, or if the kept one is
    /// no longer on disk. Once it is saved, the previous finding of that fingerprint is removed, if
    /// this shelf wrote it and its file is unchanged. Returns the path of the kept finding.
    ///
    /// # Errors
    ///
    /// If it cannot be written. The shelf and the folder are then unchanged.
    pub fn put(&mut self, finding: &Finding, rank: Rank) -> io::Result<PathBuf> {
        let key = &finding.fingerprint;
        if let Some(kept) = self.kept.get(key).filter(|kept| kept.rank <= rank)
            && let Some(path) = kept.path().filter(|path| path.exists())
        {
            return Ok(path.to_path_buf());
        }
        let files = finding.save_in(&self.folder)?;
        let kept = Kept { rank, files };
        let path = kept.path().map(Path::to_path_buf).unwrap_or_default();
        if let Some(old) = self.kept.insert(key.clone(), kept) {
            let is_new = |saved: &Saved| {
                let new = self.kept.get(key).into_iter().flat_map(|kept| &kept.files);
                new.map(|(new, _)| &new.path)
                    .any(|path| *path == saved.path)
            };
            for (saved, contents) in old.files.iter().filter(|(saved, _)| !is_new(saved)) {
                self.folder.take_back(saved, contents);
            }
        }
        Ok(path)
    }

    /// Path of the case of a fingerprint, if it is still on disk.
    pub fn path(&self, fingerprint: &str) -> Option<&Path> {
        let path = self.kept.get(fingerprint).and_then(Kept::path);
        path.filter(|path| path.exists())
    }

    /// Removes the folder if it was created for this shelf and is empty.
    pub fn leave(&self) {
        self.folder.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::{Evidence, Origin};
    use crate::generate::Generator;
    use crate::oracle::Pins;
    use std::fs;

    fn finding(fingerprint: &str, number: u64) -> Finding {
        Finding {
            origin: Origin::Campaign {
                seed: 0,
                generator: Generator::Default,
            },
            number,
            fingerprint: fingerprint.into(),
            evidence: Evidence::Enrichment("made up".into()),
            case: None,
            fault: None,
            pins: Pins::default(),
        }
    }

    #[test]
    fn the_lowest_case_of_each_fingerprint_stays_and_no_error_loses_one() {
        let name = format!("gcdiff-shelf-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        let mut shelf = Shelf::open(&path).unwrap();
        let put = |shelf: &mut Shelf, fingerprint: &str, number| {
            shelf.put(&finding(fingerprint, number), (0, number))
        };
        let five = put(&mut shelf, "a", 5).unwrap();
        let other = put(&mut shelf, "b", 7).unwrap();
        let three = put(&mut shelf, "a", 3).unwrap();
        assert!(!five.exists() && other.exists() && three.exists());
        assert_eq!(put(&mut shelf, "a", 4).unwrap(), three);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        assert_eq!(shelf.path("a"), Some(&*three));
        assert!(shelf.path("b").is_some() && shelf.path("c").is_none());
        // The folder is removed, and created again, even for a case of higher rank.
        fs::remove_dir_all(&path).unwrap();
        assert_eq!(shelf.path("a"), None);
        let four = put(&mut shelf, "a", 4).unwrap();
        assert_eq!(shelf.path("a"), Some(&*four));
        // A file takes the place of the folder: nothing is saved, nothing forgotten.
        fs::rename(&path, path.with_extension("moved")).unwrap();
        fs::write(&path, "").unwrap();
        assert!(put(&mut shelf, "a", 1).is_err());
        fs::remove_file(&path).unwrap();
        fs::rename(path.with_extension("moved"), &path).unwrap();
        assert_eq!(shelf.path("a"), Some(&*four));
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn what_a_case_alone_does_not_show_is_kept_with_its_input() {
        let name = format!("gcdiff-shelf-input-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        let mut shelf = Shelf::open(&path).unwrap();
        let with = |bytes: &[u8]| Finding {
            origin: Origin::Input {
                target: crate::campaign::targets::Target::Enrich,
                bytes: Some(bytes.to_vec()),
            },
            evidence: Evidence::Enrichment(format!("{bytes:?}")),
            ..finding("a", 0)
        };
        let (long, short) = (with(b"long"), with(b"x"));
        let old = shelf.put(&long, (4, 0)).unwrap();
        assert_eq!(fs::read(old.with_extension("input")).unwrap(), b"long");
        let new = shelf.put(&short, (1, 1)).unwrap();
        assert_eq!(fs::read(new.with_extension("input")).unwrap(), b"x");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        let command = short.command(Some(&new));
        assert!(
            command.starts_with("gcdiff replay --target enrich "),
            "{command}"
        );
        assert!(command.ends_with(".input"), "{command}");
        fs::remove_dir_all(&path).unwrap();
    }
}
