//! The places at which a schedule collects, as an exported module passes them.

use super::meter::{FRAMES, FUEL};
use crate::case::{self, Case};
use crate::engine::{Actor, Grain, Halt, Inspector, Limits, Location, Point, Schedule, View};
use crate::heap::Heap;
use crate::heap::null::Null;
use crate::module::Module;
use crate::oracle::MAX_BYTES;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A safepoint in the code of a case.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Site {
    /// The entry of a function.
    Entry(u32),
    /// The loop or the allocation at this offset in the module.
    At(u32),
}

/// When a site is passed: in this step of the plan, counted from 1, for this time. Instantiation is
/// step 0.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Pass {
    pub step: u32,
    pub nth: u64,
}

/// The passes at which to collect.
pub(super) type Passes = BTreeMap<Site, Vec<Pass>>;

/// The most of them.
const MOST: usize = 64;

/// How much more work a run may do whose every safepoint is looked at.
const WORK: u64 = 32;

/// Notes where the code of the case is when it collects.
struct Collections {
    /// The safepoints at which the case collects.
    wanted: Vec<u64>,
    /// The last safepoint seen: one may collect several times.
    last: u64,
    /// How often each site was passed in each step.
    passed: BTreeMap<(u32, Site), u64>,
    /// Whether a collection is moved to the next site.
    due: bool,
    found: Vec<(Site, Pass)>,
}

impl<H: Heap> Inspector<H> for Collections {
    fn grain(&self) -> Grain {
        Grain::Collecting
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        let safepoint = view.store.safepoints();
        if point != Point::Collecting || safepoint == self.last {
            return Ok(());
        }
        self.last = safepoint;
        self.due |= self.wanted.binary_search(&safepoint).is_ok();
        if let Some(site) = site(&view) {
            let step = view.store.deed().step.unwrap_or(0);
            let nth = self.passed.entry((step, site)).or_default();
            *nth += 1;
            if std::mem::take(&mut self.due) {
                self.found.push((site, Pass { step, nth: *nth }));
            }
        }
        let is_last = self.wanted.last().is_none_or(|last| safepoint >= *last);
        match (is_last && !self.due) || self.found.len() >= MOST {
            true => Err(Halt),
            false => Ok(()),
        }
    }
}

/// The site at which a run collects. `None` in the host, in constant expressions and in clients.
fn site<H: Heap>(view: &View<'_, H>) -> Option<Site> {
    // The frame that is stopped here. Without one the host is at work, since operations are not noted.
    match view.cause(Point::Collection)?.actor {
        Actor::Instruction(Location {
            instance: 0,
            func: Some(func),
            offset,
        }) => Some(match view.is_entering() {
            true => Site::Entry(func),
            false => Site::At(offset),
        }),
        _ => None,
    }
}

/// Where the code of a case collects by a schedule that names safepoints. A number would not do: the
/// host, constant expressions and clients have safepoints, too, and an exported module has others there.
/// What collects in one of those is moved to the next site in code.
pub(super) fn passes(case: &Case, module: &Arc<Module>) -> Passes {
    let Schedule::At(wanted) = &case.schedule else {
        return Passes::new();
    };
    let limits = Limits {
        // All safepoints are counted.
        thin: 0,
        work: case.limits.work.saturating_mul(WORK),
        fuel: case.limits.fuel.min(FUEL),
        frames: case.limits.frames.min(FRAMES),
        ..case.limits
    };
    let everywhere = Case {
        schedule: Schedule::EverySafepoint,
        limits,
        ..case.clone()
    };
    let mut wanted = wanted.clone();
    wanted.sort_unstable();
    let mut inspector = Collections {
        wanted,
        last: 0,
        passed: BTreeMap::new(),
        due: false,
        found: Vec::new(),
    };
    case::run(&everywhere, module, Null::new(MAX_BYTES), &mut inspector);
    let mut passes = Passes::new();
    for (site, pass) in inspector.found {
        passes.entry(site).or_default().push(pass);
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{Options, judge};

    const TYPES: &str = "(type $s (struct)) (type $a (array i8)) (data $d \"abcd\")";

    /// Of the passes: the step, the number in it, and whether it is an entry.
    fn passes_of(schedule: &str, code: &str) -> Vec<(u32, u64, bool)> {
        passes_within(Limits::default(), schedule, code)
    }

    fn passes_within(limits: Limits, schedule: &str, code: &str) -> Vec<(u32, u64, bool)> {
        let text = format!(";;! schedule = \"{schedule}\"\n(module {TYPES} {code})");
        let (mut case, _) = case::read(text.as_bytes()).unwrap();
        case.limits = limits;
        let module = Module::new(&case.wasm, &mut Default::default()).unwrap();
        let passes = passes(&case, &Arc::new(module));
        let passes = passes.iter().flat_map(|(site, passes)| {
            let is_entry = matches!(site, Site::Entry(_));
            passes
                .iter()
                .map(move |pass| (pass.step, pass.nth, is_entry))
        });
        let mut passes: Vec<_> = passes.collect();
        passes.sort_unstable();
        passes
    }

    /// The entry of a function that the host calls was taken for one of the host, since nothing had
    /// been done in the function yet.
    #[test]
    fn entries_from_the_host_are_sites() {
        let code = r#"
            (func (export "f") (drop (struct.new $s)) (drop (struct.new $s)))
            (func (export "g") (drop (struct.new $s)))"#;
        assert_eq!(passes_of("at:1", code), [(1, 1, true)]);
        assert_eq!(passes_of("at:2,3", code), [(1, 1, false), (1, 1, false)]);
        assert_eq!(passes_of("at:4,5", code), [(2, 1, false), (2, 1, true)]);
        assert!(passes_of("at:9", code).is_empty());
    }

    /// Constant expressions and the host have safepoints, which an exported module has not, or
    /// elsewhere.
    #[test]
    fn safepoints_elsewhere_move_to_the_next_in_code() {
        let constant = r#"(global (ref $s) (struct.new $s))
            (func (export "f") (drop (struct.new $s)))"#;
        let first = [(1, 1, true)];
        assert_eq!(passes_of("at:1", constant), first);
        assert_eq!(passes_of("at:2", constant), first);
        assert_eq!(passes_of("at:3", constant), first);
        assert_eq!(passes_of("at:1,2,3", constant), first);
        assert_eq!(passes_of("at:4", constant), [(1, 1, false)]);
        let host = r#"(import "host" "h" (func $h))
            (func (export "f") (call $h) (drop (struct.new $s)))"#;
        assert_eq!(passes_of("at:2", host), [(1, 1, false)]);
        assert_eq!(passes_of("at:3", host), [(1, 1, false)]);
    }

    /// The limit saves time where a schedule collects everywhere, and a list does not.
    #[test]
    fn every_safepoint_of_a_long_run_is_counted() {
        let code = r#"(func (export "f") (local $n i32)
            (loop $again (drop (struct.new $s))
              (local.set $n (i32.add (local.get $n) (i32.const 1)))
              (br_if $again (i32.lt_u (local.get $n) (i32.const 100)))))"#;
        let limits = Limits {
            thin: 2,
            ..Limits::default()
        };
        let expected = [(1, 75, false), (1, 75, false)];
        assert_eq!(passes_within(limits, "at:150,151", code), expected);
    }

    /// At each safepoint of a case that passes many kinds of them, an exported case collects where the
    /// case does: the array that the code holds then is lost in both, or in neither.
    #[test]
    fn an_exported_case_collects_where_the_case_does() {
        let code = r#"
            (import "host" "h" (func $h))
            (global (mut (ref null $s)) (struct.new $s))
            (func (export "traps") (drop (array.new_data $a $d (i32.const 3) (i32.const 9))))
            (func $down (param i32)
              (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
            (func (export "runs out") (loop $l (br $l)))
            (func $read (result i32) (local $x (ref null $a))
              (local.set $x (array.new_data $a $d (i32.const 0) (i32.const 4)))
              (drop (struct.new $s)) (call $h) (call $down (i32.const 2))
              (array.get_u $a (local.get $x) (i32.const 1)))
            (func (export "reads") (result i32) (call $h) (return_call $read))"#;
        let fault = crate::zoo::FAULTS.iter().find(|fault| fault.id == "W21");
        let options = Options::default().with_reschedule(false);
        let options = fault.unwrap().switch_on(options, &Default::default());
        let (mut lost, mut kept) = (0, 0);
        for client in [None, Some(1)] {
            let at = |number: u64| {
                let text = format!("(module {TYPES} {code})");
                let (case, _) = case::read(text.as_bytes()).unwrap();
                Case {
                    schedule: Schedule::At(vec![number]),
                    limits: Limits {
                        fuel: 300,
                        ..Limits::default()
                    },
                    client,
                    ..case
                }
            };
            for number in 1..500 {
                let case = at(number);
                let module = Module::new(&case.wasm, &mut Default::default()).unwrap();
                let module = Arc::new(module);
                let shows = judge(&case, &options).unwrap().verdict.is_finding();
                if !passes(&case, &module).is_empty() {
                    let exported = crate::export::export(&case, &module, Default::default());
                    let exported = exported.unwrap().case();
                    let verdict = judge(&exported, &options).unwrap().verdict;
                    assert_eq!(
                        verdict.is_finding(),
                        shows,
                        "at:{number}, {client:?}: {verdict}"
                    );
                }
                *(if shows { &mut lost } else { &mut kept }) += 1;
            }
        }
        assert!(lost >= 4 && kept > 100, "{lost} {kept}");
    }
}
