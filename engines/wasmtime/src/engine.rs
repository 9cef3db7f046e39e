//! How engines are configured, which differs between releases.

use clap::{Parser, ValueEnum};
use wasmtime::{Config, Engine, OptLevel};

/// Runs cases of gcdiff in Wasmtime, as they come on standard input.
#[derive(Parser, Debug)]
#[command(version)]
pub struct Options {
    /// The collector.
    #[arg(long, value_enum, default_value_t = Collector::Drc)]
    pub collector: Collector,
    /// Use one engine for all cases. They then share types and code memory, as the modules of a
    /// long-lived embedder do.
    #[arg(long)]
    pub shared_engine: bool,
    /// Collect at each N-th allocation, too (48.0.8).
    #[arg(long, value_name = "N")]
    pub zeal: Option<std::num::NonZeroU32>,
    /// Compile with optimisations, which take longer.
    #[arg(long)]
    pub optimize: bool,
}

/// A collector.
#[derive(Copy, Clone, PartialEq, Eq, Debug, ValueEnum)]
pub enum Collector {
    /// Deferred reference counting.
    Drc,
    /// None.
    Null,
    /// Semi-space copying (48.0.8).
    Copying,
}

/// Bytes of stack for WebAssembly. Exported cases count their frames, at most 1,000: it must hold
/// frames of hundreds of locals.
pub const STACK: usize = 128 << 20;

impl Options {
    /// An engine. Ends the process if this release does not have what is asked for.
    pub fn engine(&self) -> Engine {
        let mut config = Config::new();
        config
            .cranelift_opt_level(match self.optimize {
                true => OptLevel::Speed,
                false => OptLevel::None,
            })
            .max_wasm_stack(STACK)
            .collector(self.wasmtime_collector());
        features(&mut config);
        self.set_zeal(&mut config);
        match Engine::new(&config) {
            Ok(engine) => engine,
            Err(error) => give_up(&format!("{error:#}")),
        }
    }

    fn wasmtime_collector(&self) -> wasmtime::Collector {
        match self.collector {
            Collector::Drc => wasmtime::Collector::DeferredReferenceCounting,
            Collector::Null => wasmtime::Collector::Null,
            #[cfg(feature = "recent")]
            Collector::Copying => wasmtime::Collector::Copying,
            #[cfg(feature = "v31")]
            Collector::Copying => give_up("this release has no copying collector"),
        }
    }

    #[cfg(feature = "recent")]
    fn set_zeal(&self, config: &mut Config) {
        if let Err(error) = config.gc_zeal_alloc_counter(self.zeal) {
            give_up(&format!("{error:#}"));
        }
    }

    #[cfg(feature = "v31")]
    fn set_zeal(&self, _: &mut Config) {
        if self.zeal.is_some() {
            give_up("this release does not collect at allocations");
        }
    }
}

fn features(config: &mut Config) {
    config
        .wasm_function_references(true)
        .wasm_gc(true)
        .wasm_tail_call(true)
        .wasm_multi_memory(true)
        .wasm_memory64(true)
        .wasm_relaxed_simd(true);
    #[cfg(feature = "recent")]
    config.wasm_exceptions(true);
    // Checked against the stack of WebAssembly from some release on.
    #[cfg(feature = "v48")]
    config.async_stack_size(2 * STACK);
}

fn give_up(why: &str) -> ! {
    eprintln!("gcdiff-wasmtime: {why}");
    std::process::exit(2)
}
