//! gcdiff beside other engines: verdicts on generated modules, and long programs.
//!
//! `cargo run --release` in this folder prints both tables, as they are in `docs/speed.md`. Engines take turns, so that a machine
//! whose speed drifts does not favour any.
//!
//! `modules` or `programs` as an argument prints one table; a number is how many modules there are in a set.

mod engines;
mod modules;
mod programs;
mod table;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| {
        args.iter().all(|a| a.parse::<usize>().is_ok()) || args.iter().any(|a| a == name)
    };
    let number = args.iter().find_map(|a| a.parse().ok());
    if wanted("modules") {
        modules::tables(number.unwrap_or(200));
    }
    if wanted("programs") {
        programs::table();
    }
}
