//! Bytes to cases: a module, a plan, a schedule.

use crate::case::{Arg, Case, Plan, Step};
use crate::engine::{Limits, Schedule};
use crate::module::{ExportItem, Module};
use crate::types::{Types, ValType};
use arbitrary::Unstructured;
use std::sync::Arc;

/// Bytes set aside for the plan and the schedule, out of an input of the usual
/// size. They come first, so that the module takes what is left.
const PLAN: usize = 96;

/// Draws a case: any input gives one, or an error where wasm-smith gives up.
/// Returns the compiled module with it, which the plan was made from.
pub fn case(bytes: &[u8]) -> arbitrary::Result<(Case, Arc<Module>)> {
    let (plan, rest) = bytes.split_at(PLAN.min(bytes.len() / 8));
    let wasm = super::module(&mut Unstructured::new(rest))?;
    let module =
        Module::new(&wasm, &mut Arc::default()).map_err(|_| arbitrary::Error::IncorrectFormat)?;
    let mut u = Unstructured::new(plan);
    let schedule = schedule(&mut u)?;
    let plan = plan_for(&module, &mut u)?;
    let case = Case {
        wasm,
        plan,
        schedule,
        limits: Limits::fuzzing(),
    };
    Ok((case, Arc::new(module)))
}

/// Mostly schedules that collect often: what a collector does wrong shows when
/// it runs. One in eight leaves it to the heap.
fn schedule(u: &mut Unstructured<'_>) -> arbitrary::Result<Schedule> {
    Ok(match u.arbitrary::<u8>()? % 8 {
        0 | 1 => Schedule::EveryAllocation(1 + u32::from(u.arbitrary::<u8>()? % 16)),
        2 | 3 => Schedule::EveryAllocation(1),
        4 => Schedule::EverySafepoint,
        5 | 6 => {
            let mut at = 0;
            let mut list = Vec::new();
            for _ in 0..8 {
                at += 1 + u64::from(u.arbitrary::<u8>()? % 64);
                list.push(at);
            }
            Schedule::At(list)
        }
        _ => Schedule::Never,
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
