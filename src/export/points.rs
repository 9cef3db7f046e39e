//! The points of a schedule, counted as the code of an exported module passes them.

use crate::case::{self, Case};
use crate::engine::{Actor, Grain, Halt, Inspector, Limits, Point, Schedule, View};
use crate::heap::Heap;
use crate::heap::null::Null;
use crate::module::Module;
use crate::oracle::MAX_BYTES;
use std::sync::Arc;

/// Notes which safepoints are those of the case's own code.
struct Safepoints {
    /// The safepoints at which the case collects.
    wanted: Vec<u64>,
    /// The last safepoint seen: one may collect several times.
    last: u64,
    /// Safepoints in code so far.
    in_code: u64,
    found: Vec<u64>,
}

impl<H: Heap> Inspector<H> for Safepoints {
    fn grain(&self) -> Grain {
        Grain::Every
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        let safepoint = view.store.safepoints();
        if point != Point::Collecting || safepoint == self.last {
            return Ok(());
        }
        self.last = safepoint;
        // The frame that is stopped here, which need not be that of the last operation: a function
        // that the host calls stops before it has done anything.
        let stopped = view.cause(Point::Collection).map(|cause| cause.actor);
        let in_code = matches!(stopped, Some(Actor::Instruction(_)));
        self.in_code += u64::from(in_code);
        if self.wanted.binary_search(&safepoint).is_ok() {
            // One in the host is moved to the next one in code.
            self.found.push(self.in_code + u64::from(!in_code));
        }
        match self.wanted.last() {
            Some(last) if safepoint < *last => Ok(()),
            _ => Err(Halt),
        }
    }
}

/// The points of a schedule that names them. An exported module has other safepoints in its host.
pub(super) fn points(case: &Case, module: &Arc<Module>) -> Vec<u64> {
    let Schedule::At(wanted) = &case.schedule else {
        return Vec::new();
    };
    let limits = Limits {
        // All safepoints are counted.
        thin: 0,
        ..case.limits
    };
    let everywhere = Case {
        schedule: Schedule::EverySafepoint,
        limits,
        ..case.clone()
    };
    let mut wanted = wanted.clone();
    wanted.sort_unstable();
    let mut inspector = Safepoints {
        wanted,
        last: 0,
        in_code: 0,
        found: Vec::new(),
    };
    case::run(&everywhere, module, Null::new(MAX_BYTES), &mut inspector);
    inspector.found.dedup();
    inspector.found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points_of(schedule: &str, code: &str) -> Vec<u64> {
        points_within(Limits::default(), schedule, code)
    }

    fn points_within(limits: Limits, schedule: &str, code: &str) -> Vec<u64> {
        let text = format!(";;! schedule = \"{schedule}\"\n(module {code})");
        let (mut case, _) = case::read(text.as_bytes()).unwrap();
        case.limits = limits;
        let module = Module::new(&case.wasm, &mut Default::default()).unwrap();
        points(&case, &Arc::new(module))
    }

    /// The entry of a function that the host calls was taken for one of the host, since nothing had
    /// been done in the function yet. All points were one too early then.
    #[test]
    fn entries_from_the_host_are_points_of_the_code() {
        let code = r#"(type $s (struct))
            (func (export "f") (drop (struct.new $s)) (drop (struct.new $s)))
            (func (export "g") (drop (struct.new $s)))"#;
        assert_eq!(points_of("at:1,2,3,4,5", code), [1, 2, 3, 4, 5]);
        assert_eq!(points_of("at:3,5", code), [3, 5]);
        assert_eq!(points_of("at:9", code), [0; 0]);
    }

    /// The call of the import is a safepoint, too, and after it the host may make objects.
    #[test]
    fn safepoints_of_the_host_move_to_the_next_in_code() {
        let code = r#"(type $s (struct))
            (import "host" "h" (func $h))
            (func (export "f") (drop (struct.new $s)) (call $h) (drop (struct.new $s)))"#;
        assert_eq!(points_of("at:1,2", code), [1, 2]);
        assert_eq!(points_of("at:3", code), [3]);
        assert_eq!(points_of("at:4", code), [3]);
        assert_eq!(points_of("at:2,3,4", code), [2, 3]);
    }

    /// The limit saves time where a schedule collects everywhere, and a list does not.
    #[test]
    fn thinning_does_not_move_points() {
        let code = r#"(type $s (struct)) (func (export "f") (local $n i32)
            (loop $again (drop (struct.new $s))
              (local.set $n (i32.add (local.get $n) (i32.const 1)))
              (br_if $again (i32.lt_u (local.get $n) (i32.const 100)))))"#;
        let limits = Limits {
            thin: 2,
            ..Limits::default()
        };
        assert_eq!(points_within(limits, "at:150,151", code), [150, 151]);
    }
}
