//! Names of pages, and links between files.

use std::fmt::Write;
use std::path::{Component, Path};

/// The file name of a finding's page. Fingerprints that differ have names that differ, and the
/// usual ones have the name of the saved case: colons become dashes.
pub fn of_finding(fingerprint: &str) -> String {
    /// File systems allow 255 bytes for a name.
    const MAX: usize = 150;
    let mut name = String::new();
    for byte in fingerprint.bytes() {
        match byte {
            b':' => name.push('-'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'+' => name.push(byte.into()),
            // No name begins with a dot, as that of a hidden file.
            b'.' if !name.is_empty() => name.push('.'),
            _ => {
                let _ = write!(name, "={byte:02X}");
            }
        }
    }
    if name.is_empty() {
        name.push('=');
    }
    if name.len() > MAX {
        let sum = crate::generate::checksum(fingerprint.bytes());
        name.truncate(MAX);
        let _ = write!(name, "={sum:016x}");
    }
    name + ".html"
}

/// A relative link from the folder `from` to the file `to`, both absolute and without links or
/// dots. `None` if there is none, since they are on different drives.
pub fn link(from: &Path, to: &Path) -> Option<String> {
    let (from, to): (Vec<_>, Vec<_>) = (from.components().collect(), to.components().collect());
    let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let (up, down) = (&from[same..], &to[same..]);
    let is_plain = |part: &Component<'_>| matches!(part, Component::Normal(_));
    if same == 0 || !up.iter().chain(down).all(is_plain) {
        return None;
    }
    let up = up.iter().map(|_| "..".to_string());
    let down = down.iter().map(|part| encoded(part.as_os_str()));
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// A part of a path as it stands in a link.
fn encoded(part: &std::ffi::OsStr) -> String {
    let mut text = String::new();
    for byte in part.as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push((*byte).into());
            }
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_fingerprint_has_a_name_of_its_own_that_every_file_system_takes() {
        let long = "x".repeat(400);
        let fingerprints = [
            "exact:struct:array.copy:drc",
            "exact:struct:array-copy:drc",
            "exact-struct:array.copy:drc",
            "differ:heap:null+drc",
            "panic:src/a b.rs:7:drc",
            "<script>alert(1)</script>",
            "../../etc/passwd",
            "..",
            "größe\0\n",
            "",
            &long,
            &format!("{long}y"),
        ];
        let names: BTreeSet<String> = fingerprints.map(of_finding).into();
        assert_eq!(names.len(), fingerprints.len());
        for name in &names {
            assert!(name.len() <= 200 && !name.starts_with('.'), "{name}");
            let is_safe = |c: char| c.is_ascii_alphanumeric() || "._+=-".contains(c);
            assert!(name.chars().all(is_safe), "{name}");
        }
        assert_eq!(
            of_finding(fingerprints[0]),
            "exact-struct-array.copy-drc.html"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_from_the_folder_to_the_file_and_nowhere_else() {
        let link = |from: &str, to: &str| link(Path::new(from), Path::new(to)).unwrap();
        assert_eq!(link("/a/report", "/a/out/x.wat"), "../out/x.wat");
        assert_eq!(link("/a", "/a/b/c.wat"), "b/c.wat");
        assert_eq!(link("/a/b/c", "/d"), "../../../d");
        assert_eq!(
            link("/a", "/a/it's \"<x>\"/50%#?.wat"),
            "it%27s%20%22%3Cx%3E%22/50%25%23%3F.wat"
        );
        // A name that looks like an address is still a file.
        assert_eq!(link("/a", "/a/javascript:x"), "javascript%3Ax");
        assert_eq!(super::link(Path::new("a"), Path::new("/b")), None);
    }
}
