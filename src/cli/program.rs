//! The name of the program, as users type it: `gcdiff`, or a program that calls
//! [`main_with`](super::main_with).

use crate::campaign::quote;
use std::ffi::OsString;
use std::path::Path;

/// The file name of the program.
pub(super) fn name() -> String {
    file_name(std::env::args_os().next())
}

fn file_name(program: Option<OsString>) -> String {
    let name = program
        .as_deref()
        .and_then(|path| Path::new(path).file_name());
    let name = name.map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "gcdiff".into());
    let stem = name.strip_suffix(std::env::consts::EXE_SUFFIX);
    stem.map_or_else(|| name.clone(), str::to_string)
}

/// A command of this program, for a shell, with these arguments.
pub(super) fn command(arguments: &str) -> String {
    format!("{} {arguments}", quote(name()))
}

/// A text that mentions commands of gcdiff, with the name of this program instead.
pub(super) fn in_text(text: &str, name: &str) -> String {
    text.replace("`gcdiff ", &format!("`{name} "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_that_of_the_file() {
        let of = |path: &str| file_name(Some(path.into()));
        assert_eq!(of("gcdiff"), "gcdiff");
        assert_eq!(of("/a b/my-heap"), "my-heap");
        assert_eq!(
            of(&format!("./my-heap{}", std::env::consts::EXE_SUFFIX)),
            "my-heap"
        );
        assert_eq!(of("heap-1.2"), "heap-1.2");
        assert_eq!(file_name(None), "gcdiff");
        assert_eq!(of(""), "gcdiff");
    }

    #[test]
    fn texts_name_the_program() {
        let text = "as `gcdiff run` does; see gcdiff.toml and `gcdiff zoo --list`";
        let wanted = "as `mine run` does; see gcdiff.toml and `mine zoo --list`";
        assert_eq!(in_text(text, "mine"), wanted);
        assert_eq!(in_text(text, "gcdiff"), text);
    }
}
