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
    kept: BTreeMap<String, ShelfEntry>,
}

/// Order of findings with the same fingerprint, the lowest first: the size of the case (0 if it
/// does not matter), then its number.
pub type Rank = (usize, u64);

#[derive(Debug)]
struct ShelfEntry {
    rank: Rank,
    /// The files with their contents.
    files: Vec<(Saved, Vec<u8>)>,
}

impl ShelfEntry {
    fn paths(&self) -> Vec<PathBuf> {
        self.files
            .iter()
            .map(|(saved, _)| saved.path.clone())
            .collect()
    }

    /// Whether all of its files are still there.
    fn is_on_disk(&self) -> bool {
        self.files.iter().all(|(saved, _)| saved.path.exists())
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
    /// this shelf wrote it and its file is unchanged. Returns the paths of the kept finding's files.
    ///
    /// # Errors
    ///
    /// If it cannot be written. The shelf and the folder are then unchanged.
    pub fn put(&mut self, finding: &Finding, rank: Rank) -> io::Result<Vec<PathBuf>> {
        let key = &finding.fingerprint;
        if let Some(kept) = self.kept.get(key)
            && kept.rank <= rank
            && kept.is_on_disk()
        {
            return Ok(kept.paths());
        }
        let files = finding.save_in(&self.folder)?;
        let kept = ShelfEntry { rank, files };
        let paths = kept.paths();
        if let Some(old) = self.kept.insert(key.clone(), kept) {
            let is_old = |(saved, _): &&(Saved, _)| !paths.contains(&saved.path);
            for (saved, contents) in old.files.iter().filter(is_old) {
                self.folder.take_back(saved, contents);
            }
        }
        Ok(paths)
    }

    /// Saves the reduced form of a kept finding beside it, as `NAME.reduced.wat`. Returns its path.
    ///
    /// # Errors
    ///
    /// If no finding of this fingerprint is kept, or the file cannot be written.
    pub fn put_reduced(&mut self, fingerprint: &str, text: &str) -> io::Result<PathBuf> {
        let folder = &self.folder;
        let kept = self.kept.get_mut(fingerprint);
        let (entry, stem) = kept
            .and_then(|entry| {
                let (first, _) = entry.files.first()?;
                let stem = first.path.file_stem()?.to_str()?.to_string();
                Some((entry, stem))
            })
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let saved = folder.save(&stem, "reduced.wat", text.as_bytes())?;
        let path = saved.path.clone();
        entry.files.push((saved, text.as_bytes().to_vec()));
        Ok(path)
    }

    /// Whether the files of a fingerprint's finding are still on disk.
    pub fn has(&self, fingerprint: &str) -> bool {
        self.kept
            .get(fingerprint)
            .is_some_and(ShelfEntry::is_on_disk)
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
    use crate::generate::Profile;
    use crate::oracle::Pins;
    use std::fs;

    fn finding(fingerprint: &str, number: u64) -> Finding {
        Finding {
            origin: Origin::Campaign {
                seed: 0,
                profile: Profile::default(),
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
            let paths = shelf.put(&finding(fingerprint, number), (0, number))?;
            let [path] = <[PathBuf; 1]>::try_from(paths).unwrap();
            io::Result::Ok(path)
        };
        let five = put(&mut shelf, "a", 5).unwrap();
        let other = put(&mut shelf, "b", 7).unwrap();
        let three = put(&mut shelf, "a", 3).unwrap();
        assert!(!five.exists() && other.exists() && three.exists());
        assert_eq!(put(&mut shelf, "a", 4).unwrap(), three);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        assert!(shelf.has("a") && shelf.has("b") && !shelf.has("c"));
        // The folder is removed, and created again, even for a case of higher rank.
        fs::remove_dir_all(&path).unwrap();
        assert!(!shelf.has("a"));
        let four = put(&mut shelf, "a", 4).unwrap();
        assert!(shelf.has("a") && four.exists());
        // A file takes the place of the folder: nothing is saved, nothing forgotten.
        fs::rename(&path, path.with_extension("moved")).unwrap();
        fs::write(&path, "").unwrap();
        assert!(put(&mut shelf, "a", 1).is_err());
        fs::remove_file(&path).unwrap();
        fs::rename(path.with_extension("moved"), &path).unwrap();
        assert!(shelf.has("a") && four.exists());
        fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_reduced_case_is_beside_its_finding_and_goes_with_it() {
        let name = format!("gcdiff-shelf-reduced-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        let mut shelf = Shelf::open(&path).unwrap();
        let error = shelf.put_reduced("a", "(module)").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let five = shelf.put(&finding("a", 5), (0, 5)).unwrap();
        let reduced = shelf.put_reduced("a", "(module)").unwrap();
        assert_eq!(reduced, five[0].with_extension("reduced.wat"));
        assert_eq!(fs::read(&reduced).unwrap(), b"(module)");
        // A lower case takes both places, until it is reduced itself.
        let three = shelf.put(&finding("a", 3), (0, 3)).unwrap();
        assert!(!five[0].exists() && !reduced.exists() && three[0].exists());
        let reduced = shelf.put_reduced("a", "(module )").unwrap();
        // A file of somebody else is not touched.
        fs::write(&reduced, "mine").unwrap();
        shelf.put(&finding("a", 1), (0, 1)).unwrap();
        assert_eq!(fs::read(&reduced).unwrap(), b"mine");
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
                target: crate::campaign::targets::FuzzTarget::Enrich,
                bytes: Some(bytes.to_vec()),
            },
            evidence: Evidence::Enrichment(format!("{bytes:?}")),
            ..finding("a", 0)
        };
        let (long, short) = (with(b"long"), with(b"x"));
        let old = shelf.put(&long, (4, 0)).unwrap();
        assert_eq!(fs::read(&old[1]).unwrap(), b"long");
        let new = shelf.put(&short, (1, 1)).unwrap();
        assert_eq!(fs::read(&new[1]).unwrap(), b"x");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        // The name of one of its files is taken, and the other's is not.
        fs::write(&new[1], "another").unwrap();
        fs::remove_file(&new[0]).unwrap();
        assert!(!shelf.has("a"));
        let again = shelf.put(&short, (1, 1)).unwrap();
        assert_eq!(again[0], new[0]);
        assert_ne!(again[1], new[1]);
        assert_eq!(fs::read(&again[1]).unwrap(), b"x");
        let command = short.command(&again);
        assert_eq!(
            command,
            format!(
                "gcdiff replay --target enrich {}",
                crate::campaign::quote(&again[1])
            )
        );
        fs::remove_dir_all(&path).unwrap();
    }
}
