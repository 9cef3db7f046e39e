//! Formats that are a whole document, printed at the end.

use super::{Format, JudgedCase, junit, one_of, sarif};
use crate::cli::{file, output};
use crate::escape;
use clap::Args;
use std::path::PathBuf;

/// `--format` of a command that judges many cases.
#[derive(Clone, Debug, Args)]
pub(in crate::cli) struct DocumentFormat {
    /// What to print on standard output: text; one JSON object a line; a document for servers of
    /// continuous integration, junit or sarif, at the end; or annotations for a workflow of GitHub
    /// (docs/formats.md).
    #[arg(
        long, value_name = "FORMAT", default_value = "text",
        value_parser = one_of(&["text", "json", "junit", "sarif", "github"])
    )]
    format: Format,

    /// Write the document of --format junit or sarif to this file, and print text.
    #[arg(long, value_name = "FILE", value_parser = file::output())]
    output: Option<PathBuf>,
}

impl DocumentFormat {
    /// Puts it into effect.
    ///
    /// # Errors
    ///
    /// If the file cannot be written, or the format is no document.
    pub fn apply(&self) -> Result<(), String> {
        match &self.output {
            None => self.format.apply(),
            Some(_) if !self.is_document() => {
                return Err("--output is for the documents of --format junit and sarif".into());
            }
            Some(path) => file::try_write(path)?,
        }
        Ok(())
    }

    /// Checks that the file is none of those that a command reads.
    ///
    /// # Errors
    ///
    /// If it is one.
    pub fn is_no_input(&self, inputs: &[PathBuf]) -> Result<(), String> {
        match &self.output {
            Some(path) if inputs.iter().any(|input| file::is_same(input, path)) => {
                Err(format!("--output {}: this is an input", escape::path(path)))
            }
            _ => Ok(()),
        }
    }

    /// Whether it is a document.
    pub fn is_document(&self) -> bool {
        matches!(self.format, Format::Junit | Format::Sarif)
    }

    /// Prints or writes the document of a command, if it is one.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn finish(&self, command: &str, cases: &[JudgedCase]) -> Result<(), String> {
        let text = match self.format {
            Format::Junit => junit::document(command, cases),
            Format::Sarif => sarif::document(command, cases),
            Format::Text | Format::Json | Format::Github => return Ok(()),
        };
        match &self.output {
            Some(path) => file::write(path, &text)?,
            None => output::data(&text),
        }
        Ok(())
    }
}
