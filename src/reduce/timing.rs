//! Collections at numbered safepoints, when an edit removes safepoints before them; and fuel, when
//! an edit removes what uses it.

use super::draft::Draft;
use crate::engine::Schedule;
use crate::module_ir::{Items, Mode, Module, Ops, allocates};
use wasmparser::Operator;

/// Schedules to try after an edit, if the edited case does not show the finding with its own: the
/// same collections, earlier by as many safepoints as the edit has removed, as far as the code
/// says, or by one to three; all of them, or those from the second or third on.
pub(super) fn shifted(before: &Draft<'_>, after: &Draft<'_>) -> Vec<Schedule> {
    let Schedule::At(points) = &after.schedule else {
        return Vec::new();
    };
    if before.schedule != after.schedule || points.is_empty() {
        return Vec::new();
    }
    let fewer = safepoints(&before.module).saturating_sub(safepoints(&after.module));
    let fewer_calls = before.module.exports.len() != after.module.exports.len()
        || before.plan != after.plan
        || before.host != after.host;
    if fewer == 0 && !fewer_calls {
        return Vec::new();
    }
    let mut schedules: Vec<Schedule> = Vec::new();
    // What comes before the edit stays where it is.
    for first in 0..points.len().min(MOST_SUFFIXES) {
        let below = first.checked_sub(1).map_or(0, |before| points[before]);
        for shift in [fewer, 1, 2, 3] {
            if shift == 0 || shift >= points[first].saturating_sub(below) {
                continue;
            }
            let (before, behind) = points.split_at(first);
            let behind = behind.iter().map(|at| at - shift);
            let schedule = Schedule::At(before.iter().copied().chain(behind).collect());
            if !schedules.contains(&schedule) {
                schedules.push(schedule);
            }
        }
    }
    schedules
}

/// Collections of a schedule that are tried as the first one that comes earlier.
const MOST_SUFFIXES: usize = 3;

/// Amounts of fuel to try after an edit that removes instructions, if the edited case does not show
/// the finding with its own: as much less as there are fewer instructions, and half.
pub(super) fn less_fuel(before: &Draft<'_>, after: &Draft<'_>) -> Vec<u64> {
    let fuel = after.limits.fuel;
    let (old, new) = (instructions(&before.module), instructions(&after.module));
    if before.limits.fuel != fuel || new >= old {
        return Vec::new();
    }
    let scaled = u128::from(fuel) * u128::from(new) / u128::from(old);
    let mut amounts = vec![scaled as u64, fuel / 2];
    amounts.retain(|amount| *amount < fuel);
    amounts.dedup();
    amounts
}

fn instructions(module: &Module<'_>) -> u64 {
    let funcs = module.funcs.iter().filter(|func| !func.removed);
    let code = funcs.filter_map(|func| func.code());
    code.map(|code| code.ops.len() as u64).sum()
}

/// The instructions of a module that are safepoints: allocations, loops, and calls, whose entry is
/// one.
fn safepoints(module: &Module<'_>) -> u64 {
    let count = |ops: &Ops<'_>| ops.iter().filter(|op| is_safepoint(op)).count() as u64;
    // A constant expression is evaluated as a function is called.
    let constant = |ops: &Ops<'_>| 1 + count(ops);
    let funcs = module.funcs.iter().filter(|func| !func.removed);
    let funcs = funcs
        .filter_map(|func| func.code())
        .map(|code| count(&code.ops));
    let globals = module.globals.iter().filter(|global| !global.removed);
    let globals = globals.map(|global| constant(&global.init));
    let tables = module.tables.iter().filter(|table| !table.removed);
    let tables = tables.filter_map(|table| table.init.as_ref()).map(constant);
    let elements = module.elements.iter().filter(|element| !element.removed);
    let elements = elements.map(|element| {
        let offset = match &element.mode {
            Mode::Active(_, offset) => constant(offset),
            Mode::Passive | Mode::Declared => 0,
        };
        let items = match &element.items {
            Items::Funcs(_) => 0,
            Items::Exprs(_, items) => items.iter().map(constant).sum(),
        };
        offset + items
    });
    funcs.sum::<u64>() + globals.sum::<u64>() + tables.sum::<u64>() + elements.sum::<u64>()
}

fn is_safepoint(op: &Operator<'_>) -> bool {
    let is_other = matches!(
        op,
        Operator::Loop { .. }
            | Operator::Call { .. }
            | Operator::CallRef { .. }
            | Operator::CallIndirect { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallRef { .. }
            | Operator::ReturnCallIndirect { .. }
    );
    is_other || allocates(op)
}
