//! Generated modules: the cost of a verdict, and of an execution in other engines.

use crate::engines::{Engine, Execute, gcdiff, tinywasm, wasmtime};
use crate::table::{head, median, row};
use ::gcdiff::generate::{self, smith};
use ::gcdiff::module::Module;
use arbitrary::Unstructured;
use std::sync::Arc;
use std::time::Instant;

/// The number of rounds. The median is reported.
const ROUNDS: usize = 5;

/// The campaign seed that generates the modules.
const SEED: u64 = 2026;

struct Set {
    /// The time of wasm-smith, in microseconds per module.
    smith: f64,
    plain: Vec<Vec<u8>>,
    enriched: Vec<Vec<u8>>,
}

/// Draws modules without imports that all engines support, plain and enriched.
fn draw(number: usize, engines: &[Engine<Execute>]) -> Set {
    let mut inputs = Vec::new();
    let mut plain = Vec::new();
    let mut enriched = Vec::new();
    let mut refused = 0;
    for index in 0.. {
        if plain.len() == number {
            break;
        }
        let input = generate::input(SEED, index);
        let Ok(pair) = generate::pair(&input) else {
            continue;
        };
        let Ok(rich) = pair.enriched() else { continue };
        let module = Module::new(&pair.plain.wasm, &mut Arc::default()).expect("valid");
        if !module.imports.is_empty() {
            continue;
        }
        let both = [&pair.plain.wasm, &rich.wasm];
        if let Some(error) = engines.iter().find_map(|e| {
            both.iter()
                .find_map(|wasm| (e.work)(wasm).err().map(|m| (e.name, m)))
        }) {
            refused += 1;
            eprintln!("left out input {index}: {}: {}", error.0, error.1);
            continue;
        }
        inputs.push(input);
        plain.push(pair.plain.wasm);
        enriched.push(rich.wasm);
    }
    println!(
        "{number} modules without imports; {refused} left out because an engine refused them.\n"
    );
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        for input in &inputs {
            let _ = std::hint::black_box(smith::module(
                generate::Features::ALL,
                &mut Unstructured::new(input),
            ));
        }
        start.elapsed().as_secs_f64() * 1e6 / inputs.len() as f64
    });
    Set {
        smith: median(times.collect()),
        plain,
        enriched,
    }
}

/// Prints a table for each kind of module.
pub fn tables(number: usize) {
    let mut engines = gcdiff::verdicts();
    engines.push(tinywasm::execution());
    engines.extend(wasmtime::pairs());
    let set = draw(number, &engines);
    for (kind, modules) in [("Plain", &set.plain), ("Enriched", &set.enriched)] {
        let bytes: usize = modules.iter().map(Vec::len).sum();
        println!("{kind}, {} bytes each on average:\n", bytes / modules.len());
        table(modules, set.smith, &engines);
        println!();
    }
}

fn table(modules: &[Vec<u8>], smith: f64, engines: &[Engine<Execute>]) {
    let mut times = vec![Vec::new(); engines.len()];
    for _ in 0..ROUNDS {
        // Each engine runs all modules in a row, as in a campaign. Taking turns at each module would measure every engine
        // with caches that another one has filled.
        for (engine, times) in engines.iter().zip(&mut times) {
            let start = Instant::now();
            for wasm in modules {
                let _ = std::hint::black_box((engine.work)(wasm));
            }
            times.push(start.elapsed().as_secs_f64() * 1e6 / modules.len() as f64);
        }
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    head(&[
        "engine",
        "us per module",
        "per second",
        "over a gcdiff verdict",
        "over wasm-smith",
    ]);
    let lines = engines.iter().map(|e| e.name).zip(medians.iter().copied());
    for (name, time) in std::iter::once(("wasm-smith, one module", smith)).chain(lines) {
        row([
            name.to_string(),
            format!("{time:.0}"),
            format!("{:.0}", 1e6 / time),
            format!("{:.2}", time / medians[0]),
            format!("{:.2}", time / smith),
        ]);
    }
}
