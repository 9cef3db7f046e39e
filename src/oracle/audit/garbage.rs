//! Unreachable objects that are still allocated: garbage cycles, objects that
//! hang off them, and leaks.
//!
//! A counting collector without a cycle detector frees neither a garbage cycle
//! nor anything that the cycle owns. That is not a bug, so it must be
//! distinguished from a leak, which is. Let *U* be the unreachable objects. The
//! garbage cycles, as defined [with the laws](super), are the strongly
//! connected components of the reference graph on *U* that have more than one
//! member, or one that refers to itself. Objects in *U* that can be reached
//! from them *hang off* them. All others in *U* are *leaked*: follow the owners
//! backwards. None of them is on a cycle, so the walk ends at an object without
//! an owner, which should have been freed.

use super::census::Census;

/// Unreachable objects, counted by the reason why they are still allocated.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub struct Garbage {
    /// Garbage cycles: strongly connected components.
    pub cycles: usize,
    /// Objects in them.
    pub cyclic: usize,
    /// Objects that hang off them.
    pub hanging: usize,
    /// All others.
    pub leaked: usize,
}

/// Classifies the unreachable objects. Returns the counts, and the first leaked
/// object that no other leaked object owns.
pub(super) fn sort(census: &Census) -> (Garbage, Option<usize>) {
    let mut garbage = Garbage::default();
    let n = census.objects.len();
    if census.reached == n {
        return (garbage, None);
    }
    let mut kept = vec![false; n];
    let mut work = Vec::new();
    components(census, |members| {
        let cyclic = match members {
            [one] => census.targets(*one).any(|target| target == *one),
            _ => true,
        };
        if cyclic {
            garbage.cycles += 1;
            garbage.cyclic += members.len();
            for member in members {
                kept[*member] = true;
            }
            work.extend_from_slice(members);
        }
    });
    while let Some(object) = work.pop() {
        for target in census.targets(object) {
            if !census.reachable[target] && !std::mem::replace(&mut kept[target], true) {
                garbage.hanging += 1;
                work.push(target);
            }
        }
    }
    garbage.leaked = n - census.reached - garbage.cyclic - garbage.hanging;
    if garbage.leaked == 0 {
        return (garbage, None);
    }
    let is_leaked = |i: usize| !census.reachable[i] && !kept[i];
    let mut owned = vec![false; n];
    for object in (0..n).filter(|i| is_leaked(*i)) {
        for target in census.targets(object) {
            owned[target] = true;
        }
    }
    let first = (0..n).find(|i| is_leaked(*i) && !owned[*i]);
    (garbage, first)
}

/// Not visited yet.
const NEW: u32 = 0;
/// In a component that is complete.
const DONE: u32 = u32::MAX;

/// Calls `visit` with the members of each strongly connected component of the
/// unreachable objects: Tarjan, "Depth-first search and linear graph
/// algorithms", 1972, with an explicit stack in place of the recursion.
fn components(census: &Census, mut visit: impl FnMut(&[usize])) {
    let n = census.objects.len();
    // For each object, its number in the order of the walk, from 1, and the
    // least such number that it is known to reach.
    let mut number = vec![NEW; n];
    let mut low = vec![0; n];
    let mut count = 0;
    let mut open: Vec<usize> = Vec::new();
    // Objects on the current path, each with its next reference to follow.
    let mut way: Vec<(usize, usize)> = Vec::new();
    for root in 0..n {
        if census.reachable[root] || number[root] != NEW {
            continue;
        }
        way.push((root, 0));
        while let Some((object, next)) = way.pop() {
            if next == 0 {
                count += 1;
                number[object] = count;
                low[object] = count;
                open.push(object);
            }
            if let Some(target) = census.target(object, next) {
                way.push((object, next + 1));
                match target.filter(|target| !census.reachable[*target]) {
                    Some(target) if number[target] == NEW => way.push((target, 0)),
                    Some(target) if number[target] != DONE => {
                        low[object] = low[object].min(number[target]);
                    }
                    _ => {}
                }
                continue;
            }
            if low[object] == number[object] {
                let first = open.iter().rposition(|o| *o == object).unwrap_or(0);
                visit(&open[first..]);
                for member in open.drain(first..) {
                    number[member] = DONE;
                }
            }
            if let Some((parent, _)) = way.last() {
                low[*parent] = low[*parent].min(low[object]);
            }
        }
    }
}
