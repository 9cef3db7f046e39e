//! Panics, caught and described.
//!
//! A panic of a collector under test is observed like any other bug of it. Only the
//! panic hook of the process knows the place in the source. The hook is extended
//! once, and behaves as before for every panic that is not caught here.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// A caught panic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Panic {
    /// Its message, in one line.
    pub message: String,
    /// Its place: a file, without the part of the path that differs between
    /// machines, and a line.
    pub place: String,
}

/// Whether the process's panic hook reports a panic that is caught.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Report {
    /// No: the code that catches the panic reports it.
    Quiet,
    /// Yes, with its backtrace if one was asked for.
    Loud,
}

thread_local! {
    /// The report setting of the innermost [`catch`] on this thread.
    static CATCHING: Cell<Option<Report>> = const { Cell::new(None) };
    /// Where this thread last panicked.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Longer messages are truncated.
const MAX_MESSAGE: usize = 400;

/// Runs `work`, and catches a panic.
///
/// A panic may leave data that `work` borrows in an inconsistent state. It must
/// not be used afterwards.
pub(crate) fn catch<T>(report: Report, work: impl FnOnce() -> T) -> Result<T, Panic> {
    extend_hook();
    let outer = CATCHING.replace(Some(report));
    let result = catch_unwind(AssertUnwindSafe(work));
    CATCHING.set(outer);
    result.map_err(|payload| {
        let place = PLACE.take();
        Panic {
            message: message(&*payload),
            place: match place.is_empty() {
                true => "unknown".into(),
                false => place,
            },
        }
    })
}

/// What was passed to `panic!`, as one line that is safe to print.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref()) {
        (Some(text), _) => text,
        (None, Some(text)) => String::as_str(text),
        (None, None) => "a value that is no text",
    };
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(MAX_MESSAGE).map(plain).collect();
    if text.chars().nth(MAX_MESSAGE).is_some() {
        line.push_str("...");
    }
    line
}

/// Extends the panic hook to record the places of panics that are caught here.
fn extend_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            // While a thread ends, its thread-local variables may be gone.
            let catching = CATCHING.try_with(Cell::get).ok().flatten();
            if catching.is_some() {
                let place = info.location().map(|at| place(at.file(), at.line()));
                let _ = PLACE.try_with(|noted| noted.replace(place.unwrap_or_default()));
            }
            if catching != Some(Report::Quiet) {
                before(info);
            }
        }));
    });
}

/// A place in a source file. An absolute path is cut to the part from the
/// package's folder on, so that fingerprints are the same on every machine.
fn place(file: &str, line: u32) -> String {
    let file = file.replace('\\', "/");
    let is_absolute = file.starts_with('/') || file.get(1..3) == Some(":/");
    let short = match is_absolute {
        false => &file[..],
        true => {
            // The name of the package, if the file is in its `src`; otherwise
            // the file and its folder.
            let from = match file.rfind("/src/") {
                Some(src) => file[..src].rfind('/'),
                None => file.rmatch_indices('/').nth(1).map(|(at, _)| at),
            };
            from.map_or(&file[..], |at| &file[at + 1..])
        }
    };
    format!("{short}:{line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_message_and_its_place() {
        assert_eq!(catch(Report::Quiet, || 3), Ok(3));
        let panic = catch(Report::Quiet, || panic!("on\n{} \x1b[1m", "purpose")).unwrap_err();
        assert_eq!(panic.message, "on purpose  [1m");
        assert!(
            panic.place.starts_with("src/oracle/panics.rs:"),
            "{panic:?}"
        );
        // Nested.
        let outer = catch(Report::Loud, || {
            let inner = catch(Report::Quiet, || panic!("inner")).unwrap_err();
            assert_eq!(CATCHING.get(), Some(Report::Loud));
            std::panic::resume_unwind(Box::new(inner.message))
        });
        let outer: Result<(), Panic> = outer;
        assert_eq!(outer.unwrap_err().message, "inner");
        let odd = catch(Report::Quiet, || std::panic::panic_any(7_u8)).unwrap_err();
        assert_eq!(odd.message, "a value that is no text");
        let long = catch(Report::Quiet, || panic!("{}", "x".repeat(1000))).unwrap_err();
        assert_eq!(long.message.len(), MAX_MESSAGE + 3);
        assert_eq!(CATCHING.get(), None);
    }

    #[test]
    fn places_do_not_depend_on_the_machine() {
        for (file, wanted) in [
            ("src/heap.rs", "src/heap.rs:7"),
            (
                "/home/a/.cargo/registry/src/index-1/gc-1.0/src/a/b.rs",
                "gc-1.0/src/a/b.rs:7",
            ),
            (
                "/rustc/abc/library/core/src/option.rs",
                "core/src/option.rs:7",
            ),
            ("/home/a/gc/tests/sweep.rs", "tests/sweep.rs:7"),
            ("C:\\gc\\src\\heap.rs", "gc/src/heap.rs:7"),
            ("/x.rs", "/x.rs:7"),
        ] {
            assert_eq!(place(file, 7), wanted);
        }
    }
}
