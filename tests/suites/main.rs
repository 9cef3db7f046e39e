//! Scripts: the official suite of WebAssembly 3.0, and `tests/scripts/`.

mod scripts;
mod spec;
