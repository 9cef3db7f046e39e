//! Long programs.

#[path = "../../workloads/programs.rs"]
mod list;

use crate::engines::{Engine, Run, gcdiff, tinywasm, wasmi, wasmtime};
use crate::table::{geometric_mean, head, median, row};
use list::PROGRAMS;

/// The number of rounds. The median is reported.
const ROUNDS: usize = 5;

/// Prints the milliseconds of each program in each engine, and the most
/// important ratios.
pub fn table() {
    let mut engines: Vec<Engine<Run>> = gcdiff::runs();
    engines.extend(wasmtime::runs());
    engines.push(tinywasm::run());
    engines.push(wasmi::run());
    let mut medians = Vec::new();
    for program in &PROGRAMS {
        let wasm = wat::parse_str(program.text).expect("a module");
        let mut times = vec![Vec::new(); engines.len()];
        for _ in 0..ROUNDS {
            for (engine, times) in engines.iter().zip(&mut times) {
                let (time, result) = (engine.work)(&wasm, program.argument);
                assert!(
                    time.is_nan() || result == program.result,
                    "{} under {}",
                    program.name,
                    engine.name
                );
                times.push(time);
            }
        }
        medians.push(times.into_iter().map(median).collect::<Vec<f64>>());
    }
    let names: Vec<&str> = PROGRAMS.iter().map(|p| p.name).collect();
    println!("Milliseconds:\n");
    head(&[&["engine"], &names[..]].concat());
    for (i, engine) in engines.iter().enumerate() {
        let cells = medians.iter().map(|m| {
            if m[i].is_nan() {
                "no GC".into()
            } else {
                format!("{:.1}", m[i])
            }
        });
        row(std::iter::once(engine.name.to_string()).chain(cells));
    }
    let of = |name: &str| {
        engines
            .iter()
            .position(|e| e.name == name)
            .expect("an engine")
    };
    println!("\nTimes of others over those of gcdiff; above 1, gcdiff is faster:\n");
    head(&[&["pair"], &names[..], &["geometric mean"]].concat());
    for (other, ours) in [
        ("Pulley null", "gcdiff null"),
        ("Pulley drc", "gcdiff drc"),
        ("Pulley copying", "gcdiff copying"),
        ("tinywasm", "gcdiff null"),
        ("tinywasm", "gcdiff drc"),
        ("tinywasm", "gcdiff copying"),
        ("Cranelift drc", "gcdiff drc"),
        ("wasmi", "gcdiff null"),
    ] {
        let ratios: Vec<f64> = medians.iter().map(|m| m[of(other)] / m[of(ours)]).collect();
        let known: Vec<f64> = ratios.iter().copied().filter(|r| !r.is_nan()).collect();
        let cells = ratios.iter().map(|r| {
            if r.is_nan() {
                "".into()
            } else {
                format!("{r:.2}")
            }
        });
        let mean = format!("{:.2}", geometric_mean(&known));
        row(std::iter::once(format!("{other} / {ours}"))
            .chain(cells)
            .chain([mean]));
    }
}
