//! Schedules of collections beyond those that the heap requests, and of allocations that fail.

use super::limits::Limits;

/// A collection schedule: part of a case's input.
///
/// A *safepoint* is a function entry, a loop header, an allocation or a call to
/// the host, counted from 1 over the whole run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Schedule {
    /// Only when the heap requests it.
    #[default]
    Never,
    /// At every safepoint.
    EverySafepoint,
    /// Before every `n`-th allocation; 0 is treated as 1.
    EveryAllocation(u32),
    /// At these safepoints, in ascending order.
    At(Vec<u64>),
}

/// The state of a schedule during a run.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    schedule: Schedule,
    /// The next safepoint to stop at: the earlier of `scheduled` and `bound`.
    next: u64,
    /// Safepoints left until `next`. Counting down costs a loop less than
    /// counting up.
    left: u64,
    /// The next safepoint to collect at.
    scheduled: u64,
    /// Allocations left until one that is special.
    allocations: u64,
    /// The number of that allocation, counted from 1.
    special: u64,
    /// Safepoints to collect at, of [`Schedule::EverySafepoint`].
    safepoints: Every,
    /// Allocations to collect before, of [`Schedule::EveryAllocation`].
    collect: Every,
    /// Allocations that fail: once, and for good.
    refuse: Every,
    exhaust: Every,
    /// What the engine has to do at the allocation that has begun, if that is special.
    failing: Option<Failing>,
    /// Bulk operations that collect inside, and the number of those that have begun.
    inside: Every,
    bulk: u64,
    /// The first safepoints at which [`Schedule::EveryAllocation`] has collected.
    fired: Vec<u64>,
    /// Position in the list of [`Schedule::At`].
    index: usize,
    /// A safepoint that the run's fuel is not enough to reach.
    bound: u64,
}

/// An upper bound on safepoints per unit of fuel: every instruction that passes
/// one costs fuel.
const PER_FUEL: u64 = 8;
/// Safepoints that cost no fuel: for example, calling an export that is an import.
const FREE: u64 = 4096;

/// Collections of [`Schedule::EveryAllocation`] whose safepoints are remembered.
const MOST_FIRED: usize = 256;

/// Every n-th event of a kind, where n doubles after each [`Limits::thin`] of them.
#[derive(Copy, Clone, Debug)]
struct Every {
    /// The distance between two of them. 0 is never.
    distance: u64,
    /// Events after which it doubles. 0 is never.
    thin: u32,
    /// Events since then.
    taken: u32,
}

impl Every {
    fn new(distance: u32, thin: u32) -> Every {
        Every {
            distance: distance.into(),
            thin,
            taken: 0,
        }
    }

    /// The first of them after event `number`.
    fn after(&self, number: u64) -> Option<u64> {
        let next = number.checked_div(self.distance)? + 1;
        Some(next.saturating_mul(self.distance))
    }

    /// Whether event `number` is one of them. Counts it.
    fn takes(&mut self, number: u64) -> bool {
        if self.distance == 0 || !number.is_multiple_of(self.distance) {
            return false;
        }
        self.taken += 1;
        if self.taken == self.thin {
            self.taken = 0;
            self.distance = self.distance.saturating_mul(2);
        }
        true
    }
}

/// An allocation that fails.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Failing {
    /// Whether the second try fails, too.
    pub for_good: bool,
    /// Whether the schedule asks for a collection in front of it.
    pub collects: bool,
}

impl Clock {
    pub(super) fn new(schedule: Schedule, limits: &Limits) -> Clock {
        let thin = limits.thin;
        let (safepoints, allocations) = match schedule {
            Schedule::Never | Schedule::At(_) => (0, 0),
            Schedule::EverySafepoint => (1, 0),
            Schedule::EveryAllocation(n) => (0, n.max(1)),
        };
        let mut clock = Clock {
            next: 0,
            left: 0,
            scheduled: u64::MAX,
            allocations: u64::MAX,
            special: 0,
            safepoints: Every::new(safepoints, thin),
            collect: Every::new(allocations, thin),
            refuse: Every::new(limits.refuse, thin),
            exhaust: Every::new(limits.exhaust, 0),
            failing: None,
            inside: Every::new(limits.inside, thin),
            bulk: 0,
            fired: Vec::new(),
            index: 0,
            bound: u64::MAX,
            schedule,
        };
        match &clock.schedule {
            Schedule::Never | Schedule::EveryAllocation(_) => {}
            Schedule::EverySafepoint => clock.scheduled = 1,
            Schedule::At(list) => clock.scheduled = list.first().copied().unwrap_or(u64::MAX),
        }
        clock.wind();
        clock.wind_allocations();
        clock
    }

    /// Sets the next special allocation.
    fn wind_allocations(&mut self) {
        let kinds = [self.collect, self.refuse, self.exhaust];
        let next = kinds.iter().filter_map(|every| every.after(self.special));
        match next.min() {
            Some(next) => {
                self.allocations = next - self.special;
                self.special = next;
            }
            None => self.allocations = u64::MAX,
        }
    }

    /// Safepoints passed.
    pub(super) fn safepoints(&self) -> u64 {
        self.next - self.left
    }

    /// Sets the next stop, no earlier than the next safepoint.
    fn wind(&mut self) {
        let passed = self.safepoints();
        self.next = self.scheduled.min(self.bound).max(passed + 1);
        self.left = self.next - passed;
    }

    /// Begins a call from outside with `fuel`, and bounds its safepoints. A run
    /// that passes more than its fuel can pay for executes something that costs
    /// nothing, and might never end (Wasmtime issue 11426).
    pub(super) fn limit(&mut self, fuel: u64) {
        let more = fuel.saturating_mul(PER_FUEL).saturating_add(FREE);
        self.bound = self.safepoints().saturating_add(more);
        self.wind();
    }

    /// Excludes a safepoint from the bound: the host is about to allocate,
    /// which costs no fuel.
    pub(super) fn excuse(&mut self) {
        self.bound = self.bound.saturating_add(1);
    }

    /// Whether the run passed more safepoints than its fuel can pay for.
    pub(super) fn has_run_away(&self) -> bool {
        self.safepoints() >= self.bound
    }

    /// Passes a safepoint. Returns whether to collect there.
    #[inline]
    pub(super) fn safepoint(&mut self) -> bool {
        self.left -= 1;
        self.left == 0 && self.due()
    }

    #[cold]
    fn due(&mut self) -> bool {
        let passed = self.safepoints();
        let collect = passed >= self.scheduled;
        match &self.schedule {
            Schedule::EverySafepoint => {
                if collect {
                    self.safepoints.takes(passed);
                }
                self.scheduled = self.safepoints.after(passed).unwrap_or(u64::MAX);
            }
            Schedule::At(list) => {
                while list.get(self.index).is_some_and(|&at| at <= passed) {
                    self.index += 1;
                }
                self.scheduled = list.get(self.index).copied().unwrap_or(u64::MAX);
            }
            Schedule::Never | Schedule::EveryAllocation(_) => {}
        }
        self.wind();
        // The bound may have moved since it was chosen as the next stop.
        collect || self.has_run_away()
    }

    /// Passes the safepoint of an allocation. Returns whether it is special: whether to collect
    /// there, unless [`Clock::failing`] has more.
    #[inline]
    pub(super) fn allocation(&mut self) -> bool {
        let due = self.safepoint();
        self.allocations -= 1;
        if self.allocations > 0 {
            return due;
        }
        self.special_allocation(due)
    }

    #[cold]
    fn special_allocation(&mut self, due: bool) -> bool {
        let fires = self.collect.takes(self.special);
        let for_good = self.exhaust.takes(self.special);
        // Counted even if the allocation fails for good.
        let is_refused = self.refuse.takes(self.special);
        let fails = for_good || is_refused;
        self.failing = fails.then_some(Failing {
            for_good,
            collects: due || fires,
        });
        if fires && self.fired.len() < MOST_FIRED {
            self.fired.push(self.safepoints());
        }
        self.wind_allocations();
        due || fires || fails
    }

    /// The failure of the allocation that has begun, if it has to fail.
    pub(super) fn failing(&mut self) -> Option<Failing> {
        self.failing.take()
    }

    /// Begins a bulk operation on references. Returns whether to collect inside it.
    pub(super) fn bulk(&mut self) -> bool {
        self.bulk += 1;
        self.inside.takes(self.bulk)
    }

    /// See [`Store::collected_before_allocations`](super::Store::collected_before_allocations).
    pub(super) fn fired(&self) -> &[u64] {
        &self.fired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(schedule: Schedule) -> Vec<u64> {
        let mut clock = Clock::new(schedule, &Limits::default());
        (1..=10)
            .filter(|i| {
                if i % 2 == 0 {
                    clock.allocation()
                } else {
                    clock.safepoint()
                }
            })
            .collect()
    }

    #[test]
    fn a_run_that_its_fuel_cannot_pay_for_is_noticed() {
        let mut clock = Clock::new(Schedule::At(vec![2, 1_000_000]), &Limits::default());
        clock.limit(1);
        let bound = PER_FUEL + FREE;
        let hits: Vec<u64> = (1..bound).filter(|_| clock.safepoint()).collect();
        assert_eq!(hits, [2]);
        assert!(!clock.has_run_away());
        assert!(clock.safepoint() && clock.has_run_away());
        // The next call gets a new bound, and the schedule goes on.
        clock.limit(1_000_000);
        assert!(!clock.has_run_away());
        let hits = (bound + 1..=1_000_001).filter(|_| clock.safepoint());
        assert_eq!(hits.collect::<Vec<_>>(), [1_000_000]);
        // Allocations by the host do not count towards the bound.
        clock.limit(1);
        for _ in 0..2 * bound {
            clock.excuse();
            assert!(!clock.allocation());
        }
        let left = (1..=bound).take_while(|_| !clock.safepoint()).count();
        assert_eq!(left as u64, bound - 1);
        assert!(clock.has_run_away());
    }

    #[test]
    fn each_kind_of_schedule_hits_where_it_says() {
        assert_eq!(hits(Schedule::Never), Vec::<u64>::new());
        assert_eq!(hits(Schedule::EverySafepoint), (1..=10).collect::<Vec<_>>());
        assert_eq!(hits(Schedule::EveryAllocation(2)), [4, 8]);
        let mut clock = Clock::new(Schedule::EveryAllocation(2), &Limits::default());
        for _ in 0..5 {
            clock.safepoint();
            clock.allocation();
        }
        assert_eq!(clock.fired(), [4, 8]);
        assert_eq!(hits(Schedule::EveryAllocation(0)), [2, 4, 6, 8, 10]);
        assert_eq!(hits(Schedule::At(vec![1, 3, 3, 8, 99])), [1, 3, 8]);
    }

    #[test]
    fn distances_double_as_the_limits_say() {
        let limits = Limits {
            thin: 2,
            inside: 1,
            refuse: 3,
            ..Limits::default()
        };
        let mut clock = Clock::new(Schedule::EverySafepoint, &limits);
        let hits = (1..=20).filter(|_| clock.safepoint());
        assert_eq!(hits.collect::<Vec<u64>>(), [1, 2, 4, 6, 8, 12, 16]);
        let inside = (1..=9).filter(|_| clock.bulk());
        assert_eq!(inside.collect::<Vec<u64>>(), [1, 2, 4, 6, 8]);
        let mut clock = Clock::new(Schedule::EveryAllocation(2), &limits);
        let mut refused = Vec::new();
        let mut collected = Vec::new();
        for i in 1..=24 {
            if clock.allocation() {
                let failing = clock.failing();
                if failing.is_some() {
                    refused.push(i);
                }
                if failing.is_none_or(|failing| failing.collects) {
                    collected.push(i);
                }
            }
        }
        assert_eq!(collected, [2, 4, 8, 12, 16, 24]);
        assert_eq!(refused, [3, 6, 12, 18, 24]);
        assert_eq!(clock.fired(), collected);
    }

    #[test]
    fn allocations_fail_as_the_limits_say() {
        let limits = Limits {
            refuse: 3,
            exhaust: 4,
            inside: 2,
            ..Limits::default()
        };
        let mut clock = Clock::new(Schedule::EveryAllocation(6), &limits);
        let mut special = Vec::new();
        for i in 1..=12 {
            if clock.allocation() {
                special.push((i, clock.failing()));
            }
        }
        let fails = |for_good, collects| Some(Failing { for_good, collects });
        let expected = [
            (3, fails(false, false)),
            (4, fails(true, false)),
            (6, fails(false, true)),
            (8, fails(true, false)),
            (9, fails(false, false)),
            (12, fails(true, true)),
        ];
        assert_eq!(special, expected);
        let inside: Vec<bool> = (0..5).map(|_| clock.bulk()).collect();
        assert_eq!(inside, [false, true, false, true, false]);
    }
}
