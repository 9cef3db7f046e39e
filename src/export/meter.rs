//! Fuel, depth and collections, counted by the module itself, so that every engine runs out at the same
//! place.

use super::asm::Asm;
use super::points::{Pass, Passes, Site};
use super::unit::{Unit, constant};
use crate::case::Case;
use crate::engine::Schedule;
use std::collections::BTreeMap;
use wasm_encoder::BlockType;
use wasmparser::{Operator, ValType};

/// The most collections of a schedule that collects everywhere.
const COLLECTIONS: i32 = 250;

/// The most frames and the most fuel of a call: those of the case, if they are fewer. Real engines
/// have a stack of a fixed size.
pub(super) const FRAMES: usize = 1_000;
pub(super) const FUEL: u64 = 1_000_000;

/// The indices of what counts.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    pub fuel: u32,
    pub depth: u32,
    /// `(param i32)`: pays for a part of the code, and passes a safepoint as `tick`.
    pub burn: u32,
    /// `(param i32)`, `(param i64)`: pay for a bulk operation.
    pub pay: u32,
    pub pay64: u32,
    /// `(param i32) (result i32)`: pays for a function, passes a safepoint as `tick`, and returns the
    /// function's depth.
    pub enter: u32,
    /// Passes a safepoint, if the schedule collects at all of them.
    pub tick: Option<u32>,
    /// Passes this safepoint, if the schedule names it.
    sites: BTreeMap<Site, u32>,
    /// The number of steps that have begun, if the schedule names safepoints.
    steps: Option<u32>,
    /// Collects.
    pub collect: u32,
    /// The fuel of a step.
    step_fuel: i32,
}

/// When to collect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Ticks {
    Never,
    /// At each safepoint.
    Always,
    /// At each N-th allocation.
    Every(u64),
    /// At these passes of safepoints.
    At(Passes),
}

impl Ticks {
    /// `passes` are the places of a schedule that names safepoints. Distances stay as they are:
    /// [`Limits::thin`](crate::engine::Limits::thin) only saves time.
    pub fn of(schedule: &Schedule, passes: Passes) -> Ticks {
        match schedule {
            Schedule::Never => Ticks::Never,
            Schedule::EverySafepoint => Ticks::Always,
            Schedule::EveryAllocation(n) => Ticks::Every((*n).max(1).into()),
            Schedule::At(_) => Ticks::At(passes),
        }
    }
}

impl Meter {
    /// Appends it. `collect` is the function that collects.
    pub fn append(unit: &mut Unit<'_>, case: &Case, ticks: &Ticks, collect: u32) -> Meter {
        use ValType::{I32, I64};
        // A limit of the engine is about the frames below the running one.
        let frames = case.limits.frames.min(FRAMES) as i32 + 1;
        let step_fuel = case.limits.fuel.min(FUEL) as i32;
        let (passes, is_global) = match ticks {
            Ticks::Never => (None, false),
            Ticks::Always | Ticks::Every(_) => (None, true),
            Ticks::At(passes) => (Some(passes), false),
        };
        let meter = Meter {
            fuel: unit.counter("fuel", step_fuel),
            depth: unit.counter("depth", 0),
            burn: unit.reserve("burn", &[I32], &[]),
            pay: unit.reserve("pay", &[I32], &[]),
            pay64: unit.reserve("pay64", &[I64], &[]),
            enter: unit.reserve("enter", &[I32], &[I32]),
            tick: is_global.then(|| unit.reserve("tick", &[], &[])),
            sites: BTreeMap::new(),
            steps: passes.map(|_| unit.counter("steps", 0)),
            collect,
            step_fuel,
        };
        meter.define_fuel(unit, ticks, frames);
        if let Some(tick) = meter.tick {
            meter.define_tick(unit, tick, ticks);
        }
        let (Some(passes), Some(steps)) = (passes, meter.steps) else {
            return meter;
        };
        let mut sites = BTreeMap::new();
        for (number, (site, passes)) in passes.iter().enumerate() {
            sites.insert(*site, meter.define_site(unit, number, (passes, steps)));
        }
        Meter { sites, ..meter }
    }

    /// What to call at a safepoint that the schedule names.
    pub fn at(&self, site: Site) -> Option<u32> {
        self.sites.get(&site).copied()
    }

    /// Begins a step.
    pub fn begin(&self, asm: &mut Asm) {
        if let Some(steps) = self.steps {
            asm.add_one_to_global(steps);
        }
        self.refuel(asm);
    }

    /// Makes a call from outside begin with all of its fuel, and no frames.
    pub fn refuel(&self, asm: &mut Asm) {
        asm.op().i32_const(self.step_fuel).global_set(self.fuel);
        asm.op().i32_const(0).global_set(self.depth);
    }

    fn define_fuel(&self, unit: &mut Unit<'_>, ticks: &Ticks, frames: i32) {
        let mut asm = Asm::new(1);
        self.spend(&mut asm);
        unit.define(self.pay, asm);

        let mut asm = Asm::new(1);
        asm.op().local_get(0).i64_const(0xffff_ffff).i64_gt_u();
        asm.op().if_(BlockType::Empty).unreachable().end();
        asm.op().local_get(0).i32_wrap_i64();
        asm.call(self.pay);
        unit.define(self.pay64, asm);

        // Entries and loops are frequent: neither calls the function that pays.
        let tick = self.tick.filter(|_| !matches!(ticks, Ticks::Every(_)));
        let mut asm = Asm::new(1);
        self.spend(&mut asm);
        if let Some(tick) = tick {
            asm.call(tick);
        }
        unit.define(self.burn, asm);

        let mut asm = Asm::new(1);
        let depth = asm.local(ValType::I32);
        asm.op().global_get(self.depth).i32_const(1).i32_add();
        asm.op().local_tee(depth).i32_const(frames).i32_gt_u();
        asm.op().if_(BlockType::Empty).unreachable().end();
        self.spend(&mut asm);
        if let Some(tick) = tick {
            asm.call(tick);
        }
        asm.op().local_get(depth);
        unit.define(self.enter, asm);
    }

    /// Takes the amount in local 0 from the fuel.
    fn spend(&self, asm: &mut Asm) {
        let mut op = asm.op();
        op.local_get(0).global_get(self.fuel).i32_gt_u();
        op.if_(BlockType::Empty);
        // What comes next in this call has nothing left either.
        op.i32_const(0).global_set(self.fuel).unreachable().end();
        op.global_get(self.fuel).local_get(0).i32_sub();
        op.global_set(self.fuel);
    }

    fn define_tick(&self, unit: &mut Unit<'_>, tick: u32, ticks: &Ticks) {
        let count = unit.global(
            "ticks",
            ValType::I64,
            constant(Operator::I64Const { value: 0 }),
        );
        let mut asm = Asm::new(0);
        asm.op()
            .global_get(count)
            .i64_const(1)
            .i64_add()
            .global_set(count);
        match ticks {
            Ticks::Every(n) => {
                let n = (*n).clamp(1, i64::MAX as u64) as i64;
                asm.op()
                    .global_get(count)
                    .i64_const(n)
                    .i64_rem_u()
                    .i64_eqz();
            }
            _ => {
                asm.op().i32_const(1);
            }
        }
        let collected = unit.counter("collections", 0);
        asm.op()
            .global_get(collected)
            .i32_const(COLLECTIONS)
            .i32_lt_u()
            .i32_and();
        asm.op().if_(BlockType::Empty);
        asm.add_one_to_global(collected);
        asm.call(self.collect);
        asm.op().end();
        unit.define(tick, asm);
    }

    /// A function that counts the passes of a site in each step, and collects at some of them.
    fn define_site(
        &self,
        unit: &mut Unit<'_>,
        number: usize,
        (passes, steps): (&[Pass], u32),
    ) -> u32 {
        let func = unit.reserve(&format!("tick{number}"), &[], &[]);
        let count = unit.counter(&format!("ticks{number}"), 0);
        let step = unit.counter(&format!("step{number}"), 0);
        let mut asm = Asm::new(0);
        let mut op = asm.op();
        op.global_get(step).global_get(steps).i32_ne();
        op.if_(BlockType::Empty);
        op.global_get(steps).global_set(step);
        op.i32_const(0).global_set(count).end();
        asm.add_one_to_global(count);
        let mut op = asm.op();
        op.i32_const(0);
        for pass in passes {
            // A run of an exported case passes a site no more often than its fuel allows.
            let nth = i32::try_from(pass.nth).unwrap_or(i32::MAX);
            op.global_get(step).i32_const(pass.step as i32).i32_eq();
            op.global_get(count).i32_const(nth).i32_eq();
            op.i32_and().i32_or();
        }
        op.if_(BlockType::Empty);
        asm.call(self.collect);
        asm.op().end();
        unit.define(func, asm);
        func
    }
}
