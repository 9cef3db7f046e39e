//! Scripts: the official suite of WebAssembly 3.0, and those of `tests/scripts/`.

mod scripts;
mod spec;
