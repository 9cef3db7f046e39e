//! Generation of modules, and of whole cases, from bytes.
//!
//! [`module`] turns any input into a valid module that gives a collector work: [`smith`] draws one
//! with wasm-smith, and [`enrich`](mod@enrich) adds objects, stores, bulk operations, casts and
//! exceptions to most of them. The same bytes give the same module on every machine.
//!
//! [`gc_ops`] makes modules in another way: from typed programs of operations on the heap, which a
//! fuzzer can edit.
//!
//! ```
//! use arbitrary::Unstructured;
//!
//! let wasm = gcdiff::generate::module(&mut Unstructured::new(b"some bytes")).expect("any bytes will do");
//! wasmparser::validate(&wasm).expect("always valid");
//! ```

mod case;
pub mod enrich;
mod features;
pub mod gc_ops;
mod generator;
mod pair;
mod plan;
mod profile;
mod relative_schedule;
mod revision;
pub mod smith;

pub use case::{GeneratedCase, case, input, stretched};
pub(crate) use case::{SAME_MODULE, SAME_SMITH};
pub use features::{Feature, Features};
pub use generator::Generator;
pub use pair::{Pair, pair};
pub use profile::Profile;
pub(crate) use revision::checksum;
pub(crate) use revision::origin;
pub use revision::revision;
pub(crate) use revision::version;

use arbitrary::Unstructured;

/// One module in this many is left as wasm-smith made it, so that a systematic effect of the pass
/// cannot hide a bug.
const PLAIN: u8 = 16;

/// Draws a module. It is valid under the features of WebAssembly 3.0 without threads.
///
/// # Errors
///
/// If wasm-smith fails on the input. That did not happen on random bytes (none of 60,000 inputs),
/// and is rare on inputs that mostly repeat one byte.
pub fn module(u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    module_of(Profile::default(), u, smith::module)
}

/// The bytes of an input of the usual size that decide how a module is enriched.
const HEAD: usize = 1 + enrich::INPUT;

/// Draws a module of a profile, with this way to draw the one that is enriched.
fn module_of(
    profile: Profile,
    u: &mut Unstructured<'_>,
    smith: impl FnOnce(Features, &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>>,
) -> arbitrary::Result<Vec<u8>> {
    // The choices of the pass come first. wasm-smith consumes all the input it can get, so a
    // mutation of its part would otherwise also change every sequence. A short input is divided
    // between both.
    let head = HEAD.min(u.len() / 4);
    let mut head = Unstructured::new(u.bytes(head)?);
    // Zero, and so an exhausted input, means an enriched module.
    let plain = head.arbitrary::<u8>()? % PLAIN == PLAIN - 1;
    let Profile {
        generator,
        features,
    } = profile;
    let wasm = smith(features, u)?;
    if plain || generator != Generator::Default {
        return Ok(wasm);
    }
    enrich::enrich(&wasm, features, &mut head).map_err(|_| arbitrary::Error::IncorrectFormat)
}
