//! One JSON object a line.

use crate::cli::output;
use crate::oracle::json::ascii_line;
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};

/// The version of the records. It grows when a reader of the old form would misread the new one;
/// adding a type of record or a field does not change it.
const SCHEMA: u32 = 1;

/// Set if standard output has records.
static IS_ON: AtomicBool = AtomicBool::new(false);

/// Makes [`record`] print.
pub(super) fn begin() {
    IS_ON.store(true, Ordering::Relaxed);
}

/// Whether standard output has records.
pub(in crate::cli) fn is_json() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

#[derive(Serialize)]
struct Record<'a, T> {
    schema: u32,
    r#type: &'a str,
    #[serde(flatten)]
    fields: &'a T,
}

/// Prints a record, if records are what is to be printed. It is all visible ASCII.
pub(in crate::cli) fn record(kind: &str, fields: &impl Serialize) {
    if is_json() {
        let record = Record {
            schema: SCHEMA,
            r#type: kind,
            fields,
        };
        output::data(&format!("{}\n", ascii_line(&record)));
    }
}

#[derive(Serialize)]
struct Message<'a> {
    message: &'a str,
}

/// Prints a record of an error, which is also printed on standard error.
pub(in crate::cli) fn error(message: &str) {
    record("error", &Message { message });
}
