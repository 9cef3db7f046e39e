//! Annotations for a workflow of GitHub: commands on lines of their own, which its runner reads.
//!
//! Text for people is not printed beside them: a line of it that quotes input could be a command.

use super::{Format, JudgedCase, current};
use crate::cli::output;
use crate::escape::Lines;

/// An annotation.
#[derive(Copy, Clone, Debug)]
pub(in crate::cli) struct Annotation<'a> {
    /// `error` or `warning`.
    pub level: &'static str,
    /// The file that it is shown in.
    pub file: Option<&'a str>,
    /// The line, from 1.
    pub line: Option<u64>,
    pub title: &'a str,
    pub message: &'a str,
}

impl<'a> Annotation<'a> {
    /// An error.
    pub fn error(message: &'a str) -> Annotation<'a> {
        Annotation {
            level: "error",
            file: None,
            line: None,
            title: "",
            message,
        }
    }

    /// The command, without a line break.
    fn text(&self) -> String {
        let mut properties = Vec::new();
        if let Some(file) = self.file {
            properties.push(format!("file={}", property(file)));
        }
        // A line without a file means nothing.
        if let (Some(_), Some(line)) = (self.file, self.line) {
            properties.push(format!("line={line}"));
        }
        properties.push(format!("title={}", property(self.title)));
        let (level, properties) = (self.level, properties.join(","));
        format!("::{level} {properties}::{}", data(self.message))
    }
}

/// Escapes the text of a command. What is not visible was escaped before, except line breaks.
fn data(text: &str) -> String {
    let text = Lines(text).to_string();
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Prints an annotation, if annotations are what is to be printed.
pub(in crate::cli) fn annotate(annotation: &Annotation<'_>) {
    if current() == Format::Github {
        output::data(&format!("{}\n", annotation.text()));
    }
}

impl JudgedCase {
    /// Prints the annotation of a case that is not as it should be.
    pub fn annotate(&self) {
        let level = match self.verdict {
            "agree" | "nothing" => return,
            "discard" => "warning",
            _ => "error",
        };
        let title = self.fingerprint.as_deref().unwrap_or(self.verdict);
        let message = match &self.command {
            Some(command) => format!("{}\n{command}", self.text),
            None => self.text.clone(),
        };
        annotate(&Annotation {
            level,
            file: self.path.as_ref().and_then(|path| path.to_str()),
            line: self.line.map(u64::from),
            title: &format!("gcdiff: {title}"),
            message: &message,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_a_command_or_begins_another() {
        let odd = "100%,\r\n::error::a:b\u{2028}";
        let annotation = Annotation {
            file: Some("a,b:c%.wat"),
            line: Some(7),
            title: odd,
            ..Annotation::error(odd)
        };
        assert_eq!(
            annotation.text(),
            "::error file=a%2Cb%3Ac%25.wat,line=7,\
             title=100%25%2C\\r%0A%3A%3Aerror%3A%3Aa%3Ab\\u{2028}\
             ::100%25,\\r%0A::error::a:b\\u{2028}"
        );
        let nowhere = Annotation {
            line: Some(7),
            ..Annotation::error("x")
        };
        assert_eq!(nowhere.text(), "::error title=::x");
    }
}
