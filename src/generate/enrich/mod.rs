//! The enrichment pass: makes a module exercise a collector.
//!
//! A module of wasm-smith alone hardly ever stores a reference, and practically never copies or
//! fills an array of them. The pass appends types, globals, tables, segments, a tag and functions,
//! and splices short sequences into the module's bodies, between its instructions. These build,
//! share, move, overwrite and drop objects.
//!
//! Three rules keep the result valid and useful:
//!
//! - all items are appended, so no index of the module changes, and its own instructions are copied
//!   byte for byte, except for those that a guard keeps from trapping, and those that never run;
//! - a sequence leaves the operand stack as it found it and uses separate locals, so it is valid at
//!   any point;
//! - a sequence does not trap, except for the kinds meant to trap: a trap ends the call, and the
//!   rest of it is lost.
//!
//! | file | holds |
//! |---|---|
//! | `seeds` | the part of the input that is used |
//! | `survey` | the items of the module |
//! | `layout` | the indices of the additions |
//! | `append` | the additions themselves |
//! | `scale` | the large ones among them, which few modules have |
//! | `near` | types that equal each other in all but one property |
//! | `storage` | types of values and fields, and values of them that are known |
//! | `constants` | globals whose constant expressions have known values |
//! | `inhabit` | which types of the module have values, and how to make them |
//! | `adopted` | the module's own types, globals and tables as places for references |
//! | `rewrite` | the walk over the sections |
//! | `segments` | active segments that would keep the module from being instantiated |
//! | `body` | splicing into one body |
//! | `no_traps` | guards, which keep the module's own instructions from trapping |
//! | `type_parts` | parts of type definitions |
//! | `ref_types` | reference types of `wasm_encoder` |
//! | `emit`, `value`, `make`, `store` | the emitter of sequences |
//! | `sequence/` | the sequences |
//! | `helpers` | the appended functions |

mod adopted;
mod append;
mod body;
pub(super) mod choice;
mod constants;
mod emit;
mod error;
mod helpers;
mod inhabit;
mod layout;
mod make;
mod near;
mod no_traps;
mod ref_types;
mod rewrite;
mod scale;
mod seeds;
mod segments;
mod sequence;
mod storage;
mod store;
mod survey;
#[cfg(test)]
mod tests;
mod type_parts;
mod value;

pub use error::EnrichError;
pub use seeds::INPUT;

use super::Features;
use arbitrary::Unstructured;
use wasm_encoder::Module;
use wasm_encoder::reencode::Reencode;
use wasmparser::Parser;

use choice::Choice;
use layout::Layout;
use rewrite::Rewriter;
use seeds::{BODIES, Seeds};
use survey::Survey;

/// Adds work for a collector to the valid module `wasm`, with no more than these features. The result
/// is valid if `wasm` is, under the features of WebAssembly 3.0 without threads.
///
/// Uses up to [`INPUT`] bytes of `u`; with fewer, or none, the choices are still varied from one
/// body to the next.
///
/// # Errors
///
/// If `wasm` is not a module, or is invalid in a way that the pass depends on. A module of
/// [`smith`](super::smith) is neither.
///
/// # Example
///
/// ```
/// use arbitrary::Unstructured;
/// use gcdiff::generate::Features;
/// use gcdiff::generate::enrich::enrich;
///
/// let empty = b"\0asm\x01\0\0\0";
/// let rich = enrich(empty, Features::ALL, &mut Unstructured::new(b"any bytes at all")).expect("a module");
/// wasmparser::validate(&rich).expect("a valid module");
/// ```
pub fn enrich(
    wasm: &[u8],
    features: Features,
    u: &mut Unstructured<'_>,
) -> Result<Vec<u8>, EnrichError> {
    rewrite(wasm, features, u, Extent::Everything)
}

/// Appends to `wasm` the additions of [`enrich`] for the same input, and changes nothing else: no
/// sequence is spliced into a body, no instruction is guarded, no segment is moved.
///
/// The original items must then behave as before, because none of the module's code can reach the
/// additions. The fuzz target `enrich` checks this; see [`targets`](crate::campaign::targets).
///
/// # Errors
///
/// As [`enrich`].
pub fn extend(wasm: &[u8], u: &mut Unstructured<'_>) -> Result<Vec<u8>, EnrichError> {
    rewrite(wasm, Features::ALL, u, Extent::Additions)
}

/// The extent of the pass.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of it.
    Everything,
    /// Only the additions.
    Additions,
}

fn rewrite(
    wasm: &[u8],
    features: Features,
    u: &mut Unstructured<'_>,
    extent: Extent,
) -> Result<Vec<u8>, EnrichError> {
    // `arbitrary` fails only at the end of the input, and these draws then yield zeros.
    let seeds = Seeds::draw(u).unwrap_or(Seeds {
        layout: 0,
        helpers: 0,
        bodies: [0; BODIES],
    });
    let survey = Survey::new(wasm)?;
    let mut choice = Choice::new(seeds.layout, u64::MAX);
    let layout = lay_out(&survey, features, &mut choice);
    // Drawn in any case, so that the additions are the same.
    let settle = choice.chance(15, 16);
    let guard = choice.chance(7, 8);
    let everything = extent == Extent::Everything;
    let mut rewriter = Rewriter {
        survey: &survey,
        layout: &layout,
        choice,
        seeds: &seeds,
        settle: settle && everything,
        guard: guard && everything,
        splice: everything,
    };
    let mut module = Module::new();
    rewriter.parse_core_module(&mut module, Parser::new(0), wasm)?;
    Ok(module.finish())
}

/// Decides on the additions to the module behind `survey`.
fn lay_out(survey: &Survey, features: Features, choice: &mut Choice) -> Layout {
    let adopted = adopted::adopt(survey, choice);
    let sinks = adopted::sinks(survey);
    let (kinds, leaf_kinds) = sequence::choose_kinds(choice, features, &adopted, &sinks);
    Layout::new(survey, features, choice, adopted, sinks, kinds, leaf_kinds)
}
