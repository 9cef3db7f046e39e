//! Compares gcdiff with other engines: verdicts on generated modules, and long programs.
//!
//! `cargo run --release` in this folder prints the two tables of `docs/speed.md`. The engines take turns, so that drifting
//! machine speed does not favour any of them.
//!
//! The argument `modules` or `programs` selects one table. A number sets how many modules there are in a set.

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
