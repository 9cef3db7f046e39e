//! From two states of an object to what has happened in between.

use super::clerk::State;
use super::ledger::LedgerEvent;
use crate::heap::ObjectEvent;
use crate::oracle::violation::Holder;
use std::collections::BTreeMap;

/// Calls a function with the events that a heap has recorded for the object at an address. False if
/// it records none.
type Recorded<'a> = dyn Fn(u32, &mut dyn FnMut(ObjectEvent)) -> bool + 'a;

/// What has happened between two states: what the heap has done, as far as it has recorded it, then
/// which owners have come and gone.
pub(super) fn events(
    before: &State,
    after: &State,
    name: &mut dyn FnMut(&Holder) -> String,
    recorded: impl Fn(u32, &mut dyn FnMut(ObjectEvent)) -> bool,
) -> Vec<LedgerEvent> {
    let mut events = Vec::new();
    let has_moved = matches!((before.address, after.address), (Some(a), Some(b)) if a != b);
    let (mut count, mut listed) = (before.count, before.listed);
    match (before.address, after.address) {
        (None, None) => {}
        (Some(from), Some(to)) if from != to => {
            events.push(LedgerEvent::Moved(from, to));
            if steps(to, &recorded).contains(&ObjectEvent::Scanned) {
                events.push(LedgerEvent::Scanned);
            }
        }
        (from, to) => {
            let address = from.or(to).unwrap_or(0);
            let mut all = steps(address, &recorded);
            if from.is_none() {
                events.push(LedgerEvent::Allocated);
                let last = all.iter().rposition(|e| *e == ObjectEvent::Allocated);
                all.drain(..last.map_or(0, |last| last + 1));
            }
            if to.is_none() {
                let first = all.iter().position(|e| *e == ObjectEvent::Freed);
                all.truncate(first.unwrap_or(all.len()));
            }
            let mut steps = Vec::new();
            for event in all {
                steps.extend(changed(event, &mut count, &mut listed));
            }
            events.extend(shortened(steps));
        }
    }
    // What the record lacks.
    if let Some(to) = after.count.filter(|to| count != Some(*to)) {
        events.push(LedgerEvent::Counted(count.unwrap_or(0), to));
    }
    if after.address.is_some() && listed != after.listed {
        events.push(match after.listed {
            true => LedgerEvent::Listed,
            false => LedgerEvent::Unlisted,
        });
    }
    if before.address.is_some() && after.address.is_none() {
        events.push(LedgerEvent::Freed);
    }
    if let (None, Some(ty)) = (&before.reused, &after.reused) {
        events.push(LedgerEvent::Reused(ty.clone()));
    }
    // Objects that refer to it have moved, too.
    if !(has_moved && before.holders.len() == after.holders.len()) {
        owners(before, after, name, &mut events);
    }
    events
}

fn steps(address: u32, recorded: &Recorded<'_>) -> Vec<ObjectEvent> {
    let mut steps = Vec::new();
    recorded(address, &mut |event| steps.push(event));
    steps
}

/// The event for the ledger, if it changes anything.
fn changed(event: ObjectEvent, count: &mut Option<u32>, listed: &mut bool) -> Option<LedgerEvent> {
    match event {
        ObjectEvent::Counted(to) if *count != Some(to) => {
            let from = count.replace(to).unwrap_or(0);
            Some(LedgerEvent::Counted(from, to))
        }
        ObjectEvent::Listed(on) if *listed != on => {
            *listed = on;
            Some(match on {
                true => LedgerEvent::Listed,
                false => LedgerEvent::Unlisted,
            })
        }
        ObjectEvent::Marked(true) => Some(LedgerEvent::Marked),
        _ => None,
    }
}

/// The most steps of one entry at its beginning and at its end, and the most owners of each kind: a
/// bulk operation may have any number.
const STEPS: usize = 24;
const OWNERS: usize = 24;

/// Steps without those in the middle, if there are many.
fn shortened(mut steps: Vec<LedgerEvent>) -> Vec<LedgerEvent> {
    if let Some(more @ 2..) = steps.len().checked_sub(2 * STEPS) {
        steps.splice(STEPS..STEPS + more, [LedgerEvent::MoreSteps(more)]);
    }
    steps
}

/// Both lists without what they have in common at both ends.
fn unlike<'h>(mut a: &'h [Holder], mut b: &'h [Holder]) -> (&'h [Holder], &'h [Holder]) {
    while let ([first, rest @ ..], [other, others @ ..]) = (a, b)
        && first == other
    {
        (a, b) = (rest, others);
    }
    while let ([rest @ .., last], [others @ .., other]) = (a, b)
        && last == other
    {
        (a, b) = (rest, others);
    }
    (a, b)
}

/// The owners that have come and gone. The stack-root list has events of its own.
fn owners(
    before: &State,
    after: &State,
    name: &mut dyn FnMut(&Holder) -> String,
    events: &mut Vec<LedgerEvent>,
) {
    // Both lists are in the order of a census: most changes leave their ends alike.
    let (before, after) = unlike(&before.holders, &after.holders);
    let is_one_sided = before.is_empty() || after.is_empty();
    // Each holder with the number of references that it has more than before.
    let mut more: BTreeMap<&Holder, i32> = BTreeMap::new();
    if !is_one_sided {
        for holder in after {
            *more.entry(holder).or_default() += 1;
        }
        for holder in before {
            *more.entry(holder).or_default() -= 1;
        }
    }
    for (holders, by) in [(after, 1), (before, -1)] {
        let mut changed = 0;
        for holder in holders.iter().filter(|holder| **holder != Holder::List) {
            match more.get_mut(holder) {
                _ if is_one_sided => {}
                Some(left) if left.signum() == by => *left -= by,
                _ => continue,
            }
            changed += 1;
            if changed <= OWNERS {
                let words = name(holder);
                events.push(match by {
                    1 => LedgerEvent::Gained(holder.clone(), words),
                    _ => LedgerEvent::Lost(holder.clone(), words),
                });
            }
        }
        match (changed.saturating_sub(OWNERS), by) {
            (0, _) => {}
            (more, 1) => events.push(LedgerEvent::MoreGained(more)),
            (more, _) => events.push(LedgerEvent::MoreLost(more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Owner;
    use crate::oracle::violation::in_words;

    fn at(address: u32, count: u32) -> State {
        State {
            address: Some(address),
            count: Some(count),
            ..State::default()
        }
    }

    fn words(before: &State, after: &State, recorded: &[ObjectEvent]) -> Vec<String> {
        let mut name = |holder: &Holder| in_words(&[], holder);
        let events = events(before, after, &mut name, |_, visit| {
            recorded.iter().copied().for_each(visit);
            !recorded.is_empty()
        });
        events.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn steps_that_cancel_out_are_shown_if_the_heap_records_them() {
        let (before, after) = (at(16, 2), at(16, 1));
        assert_eq!(words(&before, &after, &[]), ["count 2 to 1"]);
        let steps = [3, 2, 1].map(ObjectEvent::Counted);
        assert_eq!(
            words(&before, &after, &steps),
            ["count 2 to 3", "count 3 to 2", "count 2 to 1"]
        );
        // A record that is not complete does not hide the change.
        assert_eq!(
            words(&before, &after, &steps[..2]),
            ["count 2 to 3", "count 3 to 2", "count 2 to 1"]
        );
    }

    #[test]
    fn an_object_has_no_events_of_those_before_and_behind_it() {
        let none = State::default();
        let reused = [
            ObjectEvent::Counted(0),
            ObjectEvent::Freed,
            ObjectEvent::Allocated,
            ObjectEvent::Counted(1),
        ];
        assert_eq!(
            words(&none, &at(16, 1), &reused),
            ["allocated", "count 0 to 1"]
        );
        let gone = State {
            reused: Some("struct".into()),
            ..none
        };
        assert_eq!(
            words(&at(16, 1), &gone, &reused),
            [
                "count 1 to 0",
                "freed",
                "memory used for another object, struct"
            ]
        );
    }

    #[test]
    fn of_many_owners_and_steps_some_are_named() {
        let held = |n: u32| State {
            holders: (0..n).map(|i| Holder::Slot(Owner::Global(i))).collect(),
            ..at(16, n)
        };
        let steps: Vec<_> = (1..=1000).map(ObjectEvent::Counted).collect();
        let named = words(&held(0), &held(1000), &steps);
        assert_eq!(named.len(), 2 * STEPS + 1 + OWNERS + 1, "{named:?}");
        assert_eq!(named[STEPS], "952 more steps");
        assert_eq!(named[2 * STEPS], "count 999 to 1000");
        assert_eq!(named.last().unwrap(), "now in 976 more places");
        assert_eq!(
            words(&held(1000), &held(0), &[]).last().unwrap(),
            "no longer in 976 more places"
        );
    }

    #[test]
    fn owners_come_and_go_and_objects_move() {
        let global = || Holder::Slot(Owner::Global(0));
        let owned = State {
            holders: vec![global(), Holder::List],
            listed: true,
            ..at(16, 2)
        };
        let marked = [ObjectEvent::Marked(true), ObjectEvent::Marked(false)];
        assert_eq!(
            words(&at(16, 0), &owned, &marked),
            [
                "marked",
                "count 0 to 2",
                "into the stack-root list",
                "now in global 0"
            ]
        );
        let moved = State {
            address: Some(32),
            ..owned.clone()
        };
        assert_eq!(
            words(&owned, &moved, &[ObjectEvent::Scanned]),
            [
                "moved from 0x10 to 0x20",
                "scanned, references in it updated"
            ]
        );
        let lost = State {
            holders: Vec::new(),
            listed: false,
            ..owned.clone()
        };
        assert_eq!(
            words(&owned, &lost, &[]),
            ["out of the stack-root list", "no longer in global 0"]
        );
    }
}
