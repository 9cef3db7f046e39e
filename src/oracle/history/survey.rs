//! The first pass over a run: where looking at every moment begins to be affordable.

use crate::engine::{Grain, Halt, Inspector, Point, View};
use crate::heap::{GRANULE, Heap};
use crate::oracle::audit::is_moment;
use std::collections::VecDeque;

/// Estimates the work of a census at each moment, and counts the moments.
///
/// A census visits the whole heap, so that looking at a heap that grows with each operation takes
/// time quadratic in its size. The moments that matter are the last ones.
#[derive(Debug)]
pub(super) struct Survey {
    /// The moment at which to stop.
    until: u64,
    moments: u64,
    /// Work to spend.
    room: u64,
    /// Estimates of the last moments, which fit in `room` together.
    last: VecDeque<u64>,
    sum: u64,
}

impl Survey {
    pub fn new(until: u64, room: u64) -> Survey {
        Survey {
            until,
            moments: 0,
            room,
            last: VecDeque::new(),
            sum: 0,
        }
    }

    /// The last moment.
    pub fn end(&self) -> u64 {
        self.moments
    }

    /// The first moment from which on all can be looked at. The last one always is.
    pub fn begin(&self) -> u64 {
        self.moments + 1 - (self.last.len() as u64).min(self.moments)
    }
}

/// An estimate of the work of a census, in the unit of
/// [`Limits::work`](crate::engine::Limits::work), without visiting the objects.
fn census_work<H: Heap>(view: &View<'_, H>) -> u64 {
    let heap = &view.store.heap;
    let (start, end) = heap.extent();
    let granules = u64::from(end.saturating_sub(start) / GRANULE);
    let stats = heap.stats();
    let objects = stats.allocated.saturating_sub(stats.freed);
    // A granule may hold two references, but seldom does.
    100 + 40 * objects.min(granules) + 5 * granules + view.store.roots_work()
}

impl<H: Heap> Inspector<H> for Survey {
    fn grain(&self) -> Grain {
        Grain::Every
    }

    fn inspect(&mut self, point: Point, view: View<'_, H>) -> Result<(), Halt> {
        if !is_moment(point) {
            return Ok(());
        }
        self.moments += 1;
        let work = census_work(&view);
        self.last.push_back(work);
        self.sum += work;
        while self.sum > self.room && self.last.len() > 1 {
            self.sum -= self.last.pop_front().unwrap_or(0);
        }
        match self.moments >= self.until {
            true => Err(Halt),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_room_the_last_moment_is_left() {
        let survey = Survey {
            moments: 9,
            last: VecDeque::from([1]),
            ..Survey::new(9, 0)
        };
        assert_eq!((survey.begin(), survey.end()), (9, 9));
        assert_eq!(Survey::new(9, 0).begin(), 1);
    }
}
