//! The cases that a set is picked from.

use crate::campaign::targets::FuzzTarget;
use crate::case::{self, Header};
use crate::cli::file::Below;
use crate::cli::load::{self, CompiledCase};
use crate::cli::options::Limiting;
use crate::distill::{Matrix, Source};
use crate::escape;
use crate::generate::{self, GeneratedCase, Profile};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The cases to pick from.
pub(super) enum Candidates {
    /// The cases of a seed.
    Generated(Profile, u64),
    /// Files: cases, or inputs of a target.
    Files(Arc<Below>, Option<FuzzTarget>),
}

impl Candidates {
    pub fn source(&self) -> Source {
        match self {
            Candidates::Generated(profile, seed) => {
                let (profile, seed) = (*profile, *seed);
                Arc::new(move |number| {
                    let drawn = profile.case(&generate::input(seed, number));
                    Ok(drawn.ok())
                })
            }
            Candidates::Files(below, target) => {
                let (below, target) = (below.clone(), *target);
                Arc::new(move |number| {
                    let path = &below.paths[number as usize];
                    let drawn = below.read(path).and_then(|bytes| drawn(&bytes, target));
                    drawn.map_err(|message| {
                        // An error of reading names the path.
                        let name = escape::path(path).to_string();
                        match message.starts_with(&name) {
                            true => message,
                            false => format!("{name}: {message}"),
                        }
                    })
                })
            }
        }
    }

    /// The rows of the files with these contents: a corpus has files of the same name in several folders.
    pub fn rows(&self, matrix: &Matrix, contents: &BTreeSet<Vec<u8>>) -> Vec<usize> {
        let Candidates::Files(below, _) = self else {
            return Vec::new();
        };
        let rows = matrix.rows.iter().enumerate();
        let rows = rows.filter(|(_, row)| {
            let bytes = below.read(&below.paths[row.case as usize]);
            bytes.is_ok_and(|bytes| contents.contains(&bytes))
        });
        rows.map(|(number, _)| number).collect()
    }

    pub fn name(&self, number: u64) -> String {
        match self {
            Candidates::Generated(..) => format!("case {number}"),
            Candidates::Files(below, _) => escape::path(&below.paths[number as usize]).to_string(),
        }
    }

    /// The file of a case that is picked: its name without extension, its extension, its contents.
    pub fn file(&self, number: u64) -> Result<(String, String, Vec<u8>), String> {
        match self {
            Candidates::Generated(profile, seed) => {
                let drawn = profile.case(&generate::input(*seed, number));
                let drawn = drawn.map_err(|_| format!("case {number} is gone"))?;
                let header = Header {
                    about: Some(generate::origin(*profile, *seed, number)),
                    ..Header::default()
                };
                let case = case::plain(drawn.case, &drawn.module);
                let text = case::write(&case, &header).map_err(|e| e.to_string())?;
                Ok((
                    format!("seed{seed}-case{number}"),
                    "wat".into(),
                    text.into_bytes(),
                ))
            }
            Candidates::Files(below, _) => {
                let path = &below.paths[number as usize];
                let text = |part: Option<&std::ffi::OsStr>| {
                    part.unwrap_or_default().to_string_lossy().into_owned()
                };
                let bytes = below.read(path)?;
                Ok((text(path.file_stem()), text(path.extension()), bytes))
            }
        }
    }
}

/// The case of a file. Some inputs of fuzz targets make none.
fn drawn(bytes: &[u8], target: Option<FuzzTarget>) -> Result<Option<GeneratedCase>, String> {
    if let Some(target) = target {
        return Ok(target.drawn(bytes));
    }
    let CompiledCase { case, module, .. } = load::compiled(bytes, &Limiting::default())?;
    Ok(Some(GeneratedCase {
        case,
        module,
        extra: u8::MAX,
        reschedule: true,
    }))
}
