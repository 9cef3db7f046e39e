//! A browser that looks at pages, if there is one.

use crate::common::Scratch;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A headless Chromium, if one is installed.
pub struct Browser {
    program: PathBuf,
    /// A new profile, so that nothing of the user's is read or changed.
    profile: Scratch,
}

impl Browser {
    /// The browser, with a profile of this name. Without one, says so.
    pub fn find(name: &str) -> Option<Browser> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).chain(["/usr/bin".into()]);
        let program = folders.map(|folder| folder.join("chromium"));
        let Some(program) = program.into_iter().find(|program| program.is_file()) else {
            println!("skipped: chromium is not installed");
            return None;
        };
        Some(Browser {
            program,
            profile: Scratch::new(&format!("browser-{name}")),
        })
    }

    /// Opens a page, and returns what the browser prints.
    pub fn open(&self, page: &Path, args: &[&str]) -> String {
        let mut child = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
            ])
            .args(["--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync"])
            .arg(format!("--user-data-dir={}", self.profile.str()))
            .args(args)
            .arg(format!("file://{}", page.display()))
            .stdout(std::fs::File::create(self.profile.join("stdout")).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // A browser that hangs must not hang the tests.
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() > Duration::from_secs(300) {
                child.kill().unwrap();
                panic!("the browser does not end");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        std::fs::read_to_string(self.profile.join("stdout")).unwrap()
    }

    /// Asserts that the browser finds nothing to repair in a page, and draws it in light, in dark and
    /// on a phone. Returns the page after its scripts have run.
    pub fn check(&self, page: &Path) -> String {
        let dom = self.open(page, &["--dump-dom"]);
        let html = std::fs::read_to_string(page).unwrap();
        for tag in ["<tr", "<span", "<path", "<section", "<code", "<g", "<text"] {
            let count = |text: &str| text.matches(tag).count();
            assert_eq!(count(&dom), count(&html), "{tag}");
        }
        // 1 is light, 0 is dark.
        let [light, dark, phone] = [(1280, "1"), (1280, "0"), (412, "1")]
            .map(|(width, scheme)| self.picture(page, width, scheme));
        for picture in [&light, &dark, &phone] {
            assert!(picture.starts_with(b"\x89PNG") && picture.len() > 5000);
        }
        assert!(light != dark, "the colours are those of light");
        dom
    }

    /// The bytes of a picture of a page.
    pub fn picture(&self, page: &Path, width: u32, scheme: &str) -> Vec<u8> {
        let file = self.profile.path("picture.png");
        let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
        let (size, shot) = (
            format!("--window-size={width},900"),
            format!("--screenshot={file}"),
        );
        self.open(page, &[&scheme, &size, &shot]);
        std::fs::read(file).unwrap()
    }
}
