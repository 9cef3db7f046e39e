//! Bytes to cases: a module, a plan, a schedule.

use super::Generator;
use super::rhythm::Rhythm;
use crate::case::{Arg, Case, Plan, Step};
use crate::engine::{Limits, Schedule};
use crate::module::{ExportItem, Module};
use crate::types::{Types, ValType};
use arbitrary::Unstructured;
use std::sync::Arc;

/// Bytes set aside for the plan and the schedule, out of an input of the usual
/// size. They come first, so that the module takes what is left.
const PLAN: usize = 96;

/// A case drawn from bytes, and what else they chose.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The case.
    pub case: Case,
    /// Its module, compiled: the plan was made from it.
    pub module: Arc<Module>,
    /// Which of the heaps that do not run on every case this one asks for, one
    /// bit for each; see [`Options::for_case`](crate::oracle::Options::for_case).
    pub extra: u8,
    /// Whether it asks for a second run of each heap, with other collections.
    pub reschedule: bool,
}

/// Draws a case: any input gives one, or an error where wasm-smith gives up.
pub fn case(bytes: &[u8]) -> arbitrary::Result<Drawn> {
    case_of(Generator::Default, bytes)
}

/// Draws a case as a generator does.
pub(super) fn case_of(generator: Generator, bytes: &[u8]) -> arbitrary::Result<Drawn> {
    let (plan, rest) = bytes.split_at(PLAN.min(bytes.len() / 8));
    let wasm = super::module_of(generator, &mut Unstructured::new(rest))?;
    let module =
        Module::new(&wasm, &mut Arc::default()).map_err(|_| arbitrary::Error::IncorrectFormat)?;
    let module = Arc::new(module);
    let mut u = Unstructured::new(plan);
    // Each heap joins in one of eight cases, independently, and one case in
    // eight is run again.
    let choice = u.arbitrary::<u16>()?;
    let one_in_eight = |i: u32| (choice >> (3 * i)) & 7 == 7;
    let extra = (0..4).map(|i| u8::from(one_in_eight(i)) << i).sum();
    let reschedule = one_in_eight(4);
    let rhythm = Rhythm::draw(&mut u)?;
    let plan = plan_for(&module, &mut u)?;
    let mut case = Case {
        wasm,
        plan,
        schedule: Schedule::Never,
        limits: Limits::fuzzing(),
    };
    if generator != Generator::SmithNever {
        case.schedule = rhythm.schedule(&case, &module);
    }
    Ok(Drawn {
        case,
        module,
        extra,
        reschedule,
    })
}

/// Every exported function once, in order, then some of them again with other
/// arguments: what the first calls returned and stored is there for the second.
fn plan_for(module: &Module, u: &mut Unstructured<'_>) -> arbitrary::Result<Plan> {
    let exports: Vec<(&str, u32)> = module
        .exports
        .iter()
        .filter_map(|e| match e.item {
            ExportItem::Func(index) => Some((e.name.as_str(), index)),
            _ => None,
        })
        .collect();
    let mut steps = Vec::new();
    for (name, func) in &exports {
        steps.push(step(module, name, *func, u)?);
    }
    if !exports.is_empty() {
        let again = usize::from(u.arbitrary::<u8>()? % 8);
        for _ in 0..again {
            let (name, func) = exports[usize::from(u.arbitrary::<u8>()?) % exports.len()];
            steps.push(step(module, name, func, u)?);
        }
    }
    Ok(Plan::Steps(steps))
}

fn step(
    module: &Module,
    name: &str,
    func: u32,
    u: &mut Unstructured<'_>,
) -> arbitrary::Result<Step> {
    let types: &Types = &module.types;
    let params = &types.func(module.funcs[func as usize]).params;
    let args = params.iter().map(|ty| argument(*ty, u));
    Ok(Step {
        export: name.to_string(),
        args: args.collect::<Result<_, _>>()?,
    })
}

fn argument(ty: ValType, u: &mut Unstructured<'_>) -> arbitrary::Result<Arg> {
    let choice = u.arbitrary::<u8>()?;
    let number = u64::from(choice >> 3);
    Ok(match ty {
        ValType::Ref(r) => match choice % 8 {
            // An exhausted input passes on what the host has.
            0..=2 => Arg::Auto,
            3..=5 => Arg::Kept(u32::from(choice >> 3)),
            6 if r.nullable => Arg::Null,
            _ => Arg::I31([0, 1, -1, 0x3fff_ffff, -0x4000_0000][(choice >> 3) as usize % 5]),
        },
        ValType::F32 => Arg::Bits(u64::from((number as f32).to_bits())),
        ValType::F64 => Arg::Bits((number as f64).to_bits()),
        _ => Arg::Bits(match choice % 8 {
            0..=4 => number,
            5 => u64::MAX,
            6 => 1 << 31,
            _ => u.arbitrary()?,
        }),
    })
}

/// The input bytes of case `index` of a campaign with seed `seed`: stretched
/// from the two numbers, the same on every machine.
pub fn input(seed: u64, index: u64) -> Vec<u8> {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng, SeedableRng};
    // The generator's own seeding mixes well, but neighbouring seeds must not
    // share cases: the multiplier is odd, so no two pairs below 2^32 collide.
    let start = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(index);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(start);
    let mut bytes = vec![0; INPUT];
    random.fill_bytes(&mut bytes);
    bytes
}

/// Bytes per generated case. More than a few kilobytes add nothing.
const INPUT: usize = 1024 + PLAN;
