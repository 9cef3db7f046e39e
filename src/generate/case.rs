//! Generation of cases from bytes: a module, a plan, a schedule.

use super::gc_ops;
use super::plan::{self, Exports};
use super::relative_schedule::RelativeSchedule;
use super::{Features, Generator, Profile, smith};
use crate::case::Case;
use crate::engine::Schedule;
use crate::module::Module;
use arbitrary::Unstructured;
use std::borrow::Cow;
use std::cell::Cell;
use std::sync::Arc;

/// Bytes reserved for the plan and the schedule, of an input of the usual size. They come first,
/// and the module takes the rest.
pub(super) const PLAN: usize = 128;

/// Bits that are all set if a case of the usual generator is a structured program: one case in
/// four. The two ways to make a case miss different bugs.
const STRUCTURED: u32 = 3;

/// A case drawn from bytes, with the other choices of these bytes.
#[derive(Clone, Debug)]
pub struct GeneratedCase {
    /// The case.
    pub case: Case,
    /// Its module, compiled, from which the plan was made.
    pub module: Arc<Module>,
    /// The optional heaps that this case runs under, one bit for each; see
    /// [`Options::for_case`](crate::oracle::Options::for_case).
    pub extra: u8,
    /// Whether each heap runs a second time, with other collections.
    pub reschedule: bool,
}

/// Draws a case. Any input gives one, unless wasm-smith fails on it.
pub fn case(bytes: &[u8]) -> arbitrary::Result<GeneratedCase> {
    case_of(Profile::default(), bytes)
}

/// Draws a case of a profile.
pub(super) fn case_of(profile: Profile, bytes: &[u8]) -> arbitrary::Result<GeneratedCase> {
    let Profile {
        generator,
        features,
    } = profile;
    let program = |bytes| {
        let program = gc_ops::Program::generate(&mut Unstructured::new(bytes));
        match features == Features::ALL {
            true => program,
            false => program.restricted(features),
        }
    };
    if generator == Generator::GcOps {
        return gc_ops::drawn(&program(bytes), Module::of_valid);
    }
    let (plan, rest) = bytes.split_at(PLAN.min(bytes.len() / 4));
    let mut u = Unstructured::new(plan);
    let choice = u.arbitrary::<u32>()?;
    if generator == Generator::Default && choice >> 16 & STRUCTURED == STRUCTURED {
        // All bytes, since other cases have the same rest.
        return gc_ops::drawn(&program(bytes), Module::of_valid);
    }
    let Source { module, client } = Source::of(profile, rest)?;
    // Each optional heap runs in one of eight cases, independently, and one case in eight is run
    // again.
    let one_in_eight = |i: u32| (choice >> (3 * i)) & 7 == 7;
    let extra = (0..4).map(|i| u8::from(one_in_eight(i)) << i).sum();
    let reschedule = one_in_eight(4);
    let relative_schedule = RelativeSchedule::draw(&mut u)?;
    let limits = plan::limits(&mut u)?;
    let extra = plan::joining(extra, &limits, choice & 3 == 3);
    let exports = Exports::of(&module);
    let host = exports.host(&mut u)?;
    let mut case = Case {
        wasm: module.wasm.to_vec(),
        plan: exports.plan(&mut u)?,
        host,
        schedule: Schedule::Never,
        limits,
        client,
    };
    if generator != Generator::SmithNever {
        case.schedule = relative_schedule.schedule(&case, &module);
    }
    Ok(GeneratedCase {
        case,
        module,
        extra,
        reschedule,
    })
}

/// What the module bytes of an input give. The cases of consecutive inputs share it.
#[derive(Clone)]
struct Source {
    module: Arc<Module>,
    /// The client: one module in eight has one, of one of 256 kinds.
    client: Option<u32>,
}

impl Source {
    fn draw(profile: Profile, bytes: &[u8]) -> arbitrary::Result<Source> {
        let wasm = super::module_of(profile, &mut Unstructured::new(bytes), last_smith)?;
        let module = Module::of_valid(&wasm, &mut Arc::default());
        let module = module.map_err(|_| arbitrary::Error::IncorrectFormat)?;
        let choice = super::checksum(bytes.iter().copied()) as u32;
        // A client uses all features.
        let has_client = profile.features == Features::ALL && choice & 7 == 7;
        Ok(Source {
            module: Arc::new(module),
            client: has_client.then_some(choice >> 3 & 0xff),
        })
    }

    /// The source of these bytes. Each thread keeps the last one, since cases with the same one mostly
    /// follow each other.
    fn of(profile: Profile, bytes: &[u8]) -> arbitrary::Result<Source> {
        let kept = LAST.take();
        let same = kept.filter(|last| last.profile == profile && last.bytes == bytes);
        let last = match same {
            Some(last) => last,
            None => LastSource {
                profile,
                bytes: bytes.to_vec(),
                source: Source::draw(profile, bytes)?,
            },
        };
        let source = last.source.clone();
        LAST.set(Some(last));
        Ok(source)
    }
}

/// A module of wasm-smith. Each thread keeps the last one, since modules that are enriched in another way
/// mostly follow each other.
fn last_smith(features: Features, u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    let bytes = u.bytes(u.len())?;
    let kept = LAST_SMITH.take();
    let same = kept.filter(|last| last.features == features && last.bytes == bytes);
    let last = match same {
        Some(last) => last,
        None => LastSmith {
            features,
            bytes: bytes.to_vec(),
            wasm: smith::module(features, &mut Unstructured::new(bytes))?,
        },
    };
    let wasm = last.wasm.clone();
    LAST_SMITH.set(Some(last));
    Ok(wasm)
}

/// A module of wasm-smith with the bytes that it was drawn from.
struct LastSmith {
    features: Features,
    bytes: Vec<u8>,
    wasm: Vec<u8>,
}

/// A source with the bytes that it was drawn from.
struct LastSource {
    profile: Profile,
    bytes: Vec<u8>,
    source: Source,
}

thread_local! {
    static LAST: Cell<Option<LastSource>> = const { Cell::new(None) };
    static LAST_SMITH: Cell<Option<LastSmith>> = const { Cell::new(None) };
}

/// The number of consecutive cases of a campaign that share a module. Each has a plan and a schedule
/// of its own. docs/zoo/tuning.md has the reason for the number.
pub(crate) const SAME_MODULE: u64 = 3;

/// The number of consecutive cases that share what wasm-smith has made: two modules, each enriched in its
/// own way.
pub(crate) const SAME_SMITH: u64 = 4 * SAME_MODULE;

/// The input bytes of case `index` of a campaign with seed `seed`: expanded from the two numbers,
/// the same on every machine. Cases 0 to 2 share a module, 3 to 5 the next one, and so on, except for
/// structured programs; both of these are the same module of wasm-smith, enriched in two ways. One such
/// module in eight is made from more bytes than the others.
pub fn input(seed: u64, index: u64) -> Vec<u8> {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng, SeedableRng};
    // The generator's own seeding mixes well, but neighbouring seeds must not share cases: the
    // multiplier is odd, so no two pairs below 2^32 collide.
    let start = |index| seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(index);
    let stream = |index| Xoshiro256PlusPlus::seed_from_u64(start(index));
    // Otherwise a module would have the bytes of a plan, or of another part.
    let mut enrich = stream(index / SAME_MODULE);
    enrich.jump();
    let mut smith = stream(index / SAME_SMITH);
    smith.long_jump();
    let is_large = smith.next_u32() % LARGE_ONES == 0;
    let mut bytes = vec![0; if is_large { LARGE } else { INPUT }];
    let (plan, module) = bytes.split_at_mut(PLAN);
    let (head, rest) = module.split_at_mut(super::HEAD);
    stream(index).fill_bytes(plan);
    enrich.fill_bytes(head);
    smith.fill_bytes(rest);
    bytes
}

/// Extends a short input to the usual size: it begins with `bytes`, and the rest is generated from
/// them.
///
/// A fuzzer without a corpus begins with inputs of a few bytes, which alone give only the smallest
/// modules, and those do nothing.
pub fn stretched(bytes: &[u8]) -> Cow<'_, [u8]> {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng, SeedableRng};
    if bytes.len() >= INPUT {
        return Cow::Borrowed(bytes);
    }
    // FNV-1a, which gives different hashes for inputs that differ in one byte.
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let start = bytes.iter().fold(0xcbf2_9ce4_8422_2325, step);
    let mut whole = vec![0; INPUT];
    let (own, rest) = whole.split_at_mut(bytes.len());
    own.copy_from_slice(bytes);
    Xoshiro256PlusPlus::seed_from_u64(start).fill_bytes(rest);
    Cow::Owned(whole)
}

/// Bytes of the usual generated case. They limit the size of its module, and with it the time that it
/// takes; docs/zoo/tuning.md has the figures.
const INPUT: usize = PLAN + 384;

// Otherwise the module would be made from bytes of the plan, and no two cases would share one.
const _: () = assert!(INPUT / 4 >= PLAN);

/// Bytes of a case with a large module. More than a few kilobytes have no effect.
const LARGE: usize = PLAN + 1024;

/// One module in this many is large.
const LARGE_ONES: u32 = 8;
