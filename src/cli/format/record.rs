//! One JSON object a line.

use super::is_json;
use crate::cli::output;
use crate::oracle::json::ascii_line;
use serde::Serialize;

/// The version of the records. It grows when a reader of the old form would misread the new one;
/// adding a type of record or a field does not change it.
const SCHEMA: u32 = 1;

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
pub(super) fn error(message: &str) {
    record("error", &Message { message });
}
