//! `gcdiff inputs`: starting inputs for a fuzz target.

use super::file::Below;
use super::format::{self, RecordFormat};
use super::output::{complain, say};
use super::{CommandOutcome, file, load};
use crate::campaign::Folder;
use crate::campaign::targets::FuzzTarget;
use crate::case::LimitsText;
use crate::escape;
use crate::generate::{self, gc_ops::Program};
use arbitrary::Unstructured;
use clap::Args;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Write starting inputs of a fuzz target into a folder
///
/// For `module` these are the modules of the given cases and of generated ones,
/// in binary form, for `gc_ops` the programs of a seed's cases, and for the other
/// targets the bytes that the cases are made of, as in `gcdiff fuzz`. The same
/// options write the same files; a file with other contents is left alone, and the
/// new one gets a number.
#[derive(Args)]
pub(super) struct Inputs {
    /// The fuzz target: differential, gc_ops, module or enrich.
    #[arg(long, value_name = "NAME")]
    target: FuzzTarget,

    /// How many cases of the seed; with --from 0 will do.
    #[arg(long, default_value_t = 100)]
    cases: u64,

    /// Seed of the cases.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// For `module`, also the modules of these .wat and .wasm files, and of those
    /// below these folders.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    from: Vec<PathBuf>,

    /// Folder to write into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    #[command(flatten)]
    format: RecordFormat,
}

/// The record of the inputs.
#[derive(Serialize)]
struct InputsRecord {
    target: String,
    written: u64,
    out: String,
}

impl Inputs {
    pub(super) fn main(self) -> Result<CommandOutcome, String> {
        self.format.format.apply();
        if self.cases == 0 && self.from.is_empty() {
            return Err("--cases 0 without --from makes no inputs".into());
        }
        let modules = self.target == FuzzTarget::Module;
        if !modules && !self.from.is_empty() {
            return Err(format!(
                "inputs of {} are not made from modules",
                self.target
            ));
        }
        let below = file::all_below(&self.from, file::is_module)?;
        if self.cases == 0 && below.paths.is_empty() {
            return Err("there is no module below the given paths".into());
        }
        let in_folder = |e: std::io::Error| format!("--out {}: {e}", escape::path(&self.out));
        let folder = Folder::open(&self.out).map_err(in_folder)?;
        let mut written = 0;
        let mut write = |stem: &str, extension: &str, bytes: &[u8]| {
            written += 1;
            let saved = folder.save(stem, extension, bytes);
            saved.map(drop).map_err(in_folder)
        };
        let mut unread = 0;
        for path in &below.paths {
            match module(path, &below) {
                Ok(wasm) => write(&stem(path), "wasm", &wasm)?,
                Err(message) => {
                    complain(&message);
                    unread += 1;
                }
            }
        }
        for index in 0..self.cases {
            let bytes = generate::input(self.seed, index);
            let name = format!("seed-{}-{index}", self.seed);
            match self.target {
                FuzzTarget::Differential | FuzzTarget::Enrich => write(&name, "", &bytes)?,
                FuzzTarget::GcOps => {
                    let program = Program::generate(&mut Unstructured::new(&bytes));
                    write(&name, "", &program.encode())?;
                }
                FuzzTarget::Module => {
                    if let Ok(drawn) = generate::case(&bytes) {
                        write(&name, "wasm", &drawn.case.wasm)?;
                    }
                }
            }
        }
        say!("{written} inputs in {}", escape::path(&self.out));
        let record = InputsRecord {
            target: self.target.to_string(),
            written,
            out: escape::path(&self.out),
        };
        format::record("inputs", &record);
        match unread {
            0 => Ok(CommandOutcome::Agree),
            n => Err(format!(
                "{n} of {} paths could not be read",
                below.paths.len()
            )),
        }
    }
}

/// The module of a file, in binary form.
fn module(path: &Path, below: &Below) -> Result<Vec<u8>, String> {
    let bytes = below.read(path)?;
    let case = load::read(&bytes, &LimitsText::default());
    let (case, _) = case.map_err(|e| format!("{}: {e}", escape::path(path)))?;
    Ok(case.wasm)
}

/// File name for a module, without extension: the name of the source file, with U+FFFD for bytes
/// that are not Unicode. It is cut so that a number and an extension still fit into the maximal
/// length of a name.
fn stem(path: &Path) -> String {
    const LONGEST: usize = 240;
    let mut stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let end = stem.floor_char_boundary(LONGEST);
    stem.to_mut().truncate(end);
    stem.into_owned()
}
