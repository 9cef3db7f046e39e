//! The host's part of a case: its steps and their arguments, its acts during calls,
//! the schedule of collections, and the limits.

use super::{Pass, chunks, levels, one};
use crate::case::{Arg, Plan, Step};
use crate::engine::{Limits, Schedule};
use crate::reduce::draft::{Draft, Edit, edit};

pub(super) const STEPS: Pass = Pass {
    name: "steps",
    about: "removes steps of the plan",
    levels: |state| levels(steps(&state.draft.plan).len()),
    edits: |state, level| {
        let mut edits = Vec::new();
        if level == 0 {
            edits.push(edit(|draft| {
                draft.plan = Plan::EveryExport;
                Some(())
            }));
        }
        let removals = chunks(steps(&state.draft.plan).len(), level);
        edits.extend(removals.map(|(start, end)| {
            edit(move |draft| {
                draft.steps()?.drain(start..end);
                Some(())
            })
        }));
        edits
    },
};

pub(super) const ARGUMENTS: Pass = Pass {
    name: "arguments",
    about: "makes arguments of steps simpler",
    levels: one,
    edits: |state, _| {
        let mut edits = Vec::new();
        for (index, step) in steps(&state.draft.plan).iter().enumerate() {
            simpler_step(step, &mut |change| {
                edits.push(edit(move |draft| change(draft.steps()?.get_mut(index)?)));
            });
        }
        for (index, step) in state.draft.host.iter().enumerate() {
            simpler_step(step, &mut |change| {
                edits.push(edit(move |draft| change(draft.host.get_mut(index)?)));
            });
        }
        edits
    },
};

pub(super) const HOST: Pass = Pass {
    name: "host",
    about: "removes acts of the host during calls",
    levels: |state| levels(state.draft.host.len()),
    edits: |state, level| {
        let removals = chunks(state.draft.host.len(), level);
        removals
            .map(|(start, end)| {
                edit(move |draft| {
                    draft.host.drain(start..end);
                    Some(())
                })
            })
            .collect()
    },
};

/// Schedules tried as single collections.
const SINGLE: u64 = 160;
/// The last safepoint of pairs of collections that are tried.
const PAIR: u64 = 16;

pub(in crate::reduce) const SCHEDULE: Pass = Pass {
    name: "schedule",
    about: "collects at fewer and earlier safepoints",
    levels: |state| match &state.draft.schedule {
        Schedule::At(points) => levels(points.len()),
        _ => 1,
    },
    edits: |state, level| {
        let set = |schedule: Schedule| {
            edit(move |draft| {
                draft.schedule = schedule.clone();
                Some(())
            })
        };
        let mut edits = Vec::new();
        match &state.draft.schedule {
            Schedule::Never => {}
            Schedule::At(points) => {
                edits.push(set(Schedule::Never));
                for (start, end) in chunks(points.len(), level) {
                    let mut fewer = points.clone();
                    fewer.drain(start..end);
                    edits.push(set(Schedule::At(fewer)));
                }
                if level == 0 {
                    for index in 0..points.len() {
                        let below = index.checked_sub(1).map_or(0, |before| points[before]);
                        for earlier in earlier(points[index], below) {
                            let mut points = points.clone();
                            points[index] = earlier;
                            edits.push(set(Schedule::At(points)));
                        }
                    }
                }
            }
            _ => {
                edits.push(set(Schedule::Never));
                edits.extend((1..=SINGLE).map(|at| set(Schedule::At(vec![at]))));
                let pairs = (2..=PAIR).flat_map(|b| (1..b).map(move |a| vec![a, b]));
                edits.extend(pairs.map(|pair| set(Schedule::At(pair))));
                let prefixes = (1..8).map(|n| set(Schedule::At((1..=1 << n).collect())));
                edits.extend(prefixes);
            }
        }
        edits
    },
};

/// Numbers between two others, the lower one excluded, smallest first.
fn earlier(at: u64, below: u64) -> Vec<u64> {
    let mut numbers = vec![below + 1, below + (at - below) / 2, at - 1];
    numbers.retain(|n| *n > below && *n < at);
    numbers.dedup();
    numbers
}

pub(in crate::reduce) const LIMITS: Pass = Pass {
    name: "limits",
    about: "sets limits to their defaults, and those that make memory scarce to 1",
    levels: one,
    edits: |_, _| {
        fn set(change: fn(&mut Limits, Limits)) -> Edit {
            edit(move |draft| {
                change(&mut draft.limits, Limits::default());
                Some(())
            })
        }
        vec![
            set(|limits, default| *limits = default),
            set(|limits, default| limits.fuel = default.fuel),
            set(|limits, default| limits.frames = default.frames),
            set(|limits, default| limits.registers = default.registers),
            set(|limits, default| limits.heap_bytes = default.heap_bytes),
            set(|limits, default| limits.table_elements = default.table_elements),
            set(|limits, default| limits.memory_bytes = default.memory_bytes),
            set(|limits, default| limits.reentry = default.reentry),
            set(|limits, default| limits.footprint = default.footprint),
            set(|limits, default| limits.work = default.work),
            set(|limits, default| limits.capacity = default.capacity),
            set(|limits, default| limits.refuse = default.refuse),
            set(|limits, default| limits.exhaust = default.exhaust),
            set(|limits, default| limits.inside = default.inside),
            set(|limits, default| limits.thin = default.thin),
            set(|limits, _| limits.refuse = limits.refuse.min(1)),
            set(|limits, _| limits.exhaust = limits.exhaust.min(1)),
            set(|limits, _| limits.inside = limits.inside.min(1)),
        ]
    },
};

pub(in crate::reduce) const CLIENT: Pass = Pass {
    name: "client",
    about: "removes the client, or chooses one with a smaller number",
    levels: one,
    edits: |_, _| {
        let replace = |client: Option<u32>| {
            edit(move |draft| {
                let old = draft.client?;
                if client.is_some_and(|client| client >= old) {
                    return None;
                }
                draft.client = client;
                Some(())
            })
        };
        let smaller = (0..8).map(|number| replace(Some(number)));
        std::iter::once(replace(None)).chain(smaller).collect()
    },
};

fn steps(plan: &Plan) -> &[Step] {
    match plan {
        Plan::EveryExport => &[],
        Plan::Steps(steps) => steps,
    }
}

impl Draft<'_> {
    /// The steps of the plan, to be changed.
    pub fn steps(&mut self) -> Option<&mut Vec<Step>> {
        match &mut self.plan {
            Plan::EveryExport => None,
            Plan::Steps(steps) => Some(steps),
        }
    }
}

type Change = Box<dyn Fn(&mut Step) -> Option<()> + Send + Sync>;

/// Changes of a step that make it simpler.
fn simpler_step(step: &Step, add: &mut dyn FnMut(Change)) {
    match step {
        Step::Call(call) => {
            if !call.args.is_empty() {
                add(Box::new(|step| match step {
                    Step::Call(call) => {
                        call.args.fill(Arg::Auto);
                        Some(())
                    }
                    _ => None,
                }));
            }
            for (index, arg) in call.args.iter().enumerate() {
                for simpler in simpler_args(*arg) {
                    add(Box::new(move |step| match step {
                        Step::Call(call) => {
                            *call.args.get_mut(index)? = simpler;
                            Some(())
                        }
                        _ => None,
                    }));
                }
            }
        }
        Step::Global { value, .. } | Step::Table { value, .. } => {
            let values = value.iter().flat_map(|arg| simpler_args(*arg)).map(Some);
            for simpler in values.chain([None]) {
                add(Box::new(move |step| match step {
                    Step::Global { value, .. } | Step::Table { value, .. } => {
                        *value = simpler;
                        Some(())
                    }
                    _ => None,
                }));
            }
            add(Box::new(|step| match step {
                Step::Table { index, .. } => {
                    *index = 0;
                    Some(())
                }
                _ => None,
            }));
        }
        Step::Drop(_) => add(Box::new(|step| {
            *step = Step::Drop(0);
            Some(())
        })),
        Step::Collect => {}
    }
}

fn simpler_args(arg: Arg) -> Vec<Arg> {
    match arg {
        Arg::Auto => Vec::new(),
        Arg::Null => vec![Arg::Auto],
        Arg::Bits(n) => vec![Arg::Auto, Arg::Bits(0), Arg::Bits(1), Arg::Bits(n / 2)],
        Arg::Kept(n) => vec![Arg::Auto, Arg::Null, Arg::Kept(0), Arg::Kept(n / 2)],
        Arg::I31(n) => vec![Arg::Auto, Arg::Null, Arg::I31(0), Arg::I31(n / 2)],
        Arg::F32(_) => vec![Arg::Auto, Arg::F32(0)],
        Arg::F64(_) => vec![Arg::Auto, Arg::F64(0)],
    }
}
