//! What happened in a run before a finding: the ledger of the object concerned, and pictures of the
//! heap around the operation that caused it.
//!
//! Runs are deterministic and inspectors change nothing, so the run is repeated: once to find out
//! how much of it can be looked at and which object is concerned, once to write its ledger, and once
//! to take pictures.

mod clerk;
mod events;
mod fields;
mod follow;
mod ledger;
mod painter;
mod scene;
mod survey;
mod window;

pub use ledger::{Breach, Ledger, LedgerEntry, LedgerEvent};
pub use scene::{Scene, SceneField, SceneFrame, SceneObject, SceneRegister, SceneRoot, SceneValue};

use crate::case::{self, Case, SourceMap};
use crate::heap::Heap;
use crate::module::Module;
use clerk::Clerk;
use painter::Painter;
use std::sync::Arc;
use survey::Survey;
use window::Window;

/// What happened in one run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    /// The name of the run: that of its heap, with the schedule if it is not the case's own.
    pub run: String,
    /// The ledger of the object concerned, if there is one.
    pub ledger: Option<Ledger>,
    /// The state before and after the operations around the culprit, in order. Each but the first
    /// names the actor that led to it.
    pub scenes: Vec<Scene>,
    /// The index of the scene right after the culprit has acted.
    pub culprit: Option<usize>,
    /// The numbers of operations and of safepoints when the run ended or was stopped.
    pub end: (u64, u64),
}

/// What to tell of a run.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct HistoryRequest {
    /// The address, at the end, of the object whose ledger is wanted.
    pub object: Option<u32>,
    /// The end.
    pub end: HistoryEnd,
    /// The work that looking at the heap may take, in the unit of
    /// [`Limits::work`](crate::engine::Limits::work). Earlier moments are left out if all of them
    /// would take more.
    pub work: u64,
}

/// The end of a history.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum HistoryEnd {
    /// The moment with this number: right before an operation or a collection, or right after a
    /// collection.
    Moment(u64),
    /// After this operation, counted from 1, or after a collection in it.
    Operation {
        /// Its number.
        number: u64,
        /// The number of the safepoint of the collection, if one is meant.
        collection: Option<u64>,
    },
}

impl History {
    /// Looks up the lines of all instructions.
    pub(crate) fn find_lines(&mut self, source: &SourceMap) {
        let ledger = self.ledger.iter_mut().flat_map(|l| &mut l.entries);
        let places = ledger.filter_map(|entry| entry.place.as_mut());
        places.for_each(|place| place.find_line(source));
        for scene in &mut self.scenes {
            if let Some(place) = &mut scene.place {
                place.find_line(source);
            }
            for at in scene
                .frames
                .iter_mut()
                .filter_map(|frame| frame.at.as_mut())
            {
                at.line = source.line(at.offset);
            }
        }
    }
}

/// The history of a run of a case on the heaps that `heap` creates.
pub(super) fn history<H: Heap>(
    case: &Case,
    module: &Arc<Module>,
    request: HistoryRequest,
    heap: &impl Fn() -> H,
) -> History {
    let recorded = || {
        let mut heap = heap();
        heap.record(true);
        heap
    };
    let mut ledger = None;
    let mut last = 0;
    if let HistoryEnd::Moment(until) = request.end {
        let mut survey = Survey::new(until, request.work);
        case::run(case, module, heap(), &mut survey);
        last = survey.end();
        let clerk = request.object.and_then(|object| {
            let moments = (survey.begin(), until);
            let mut seeking = Clerk::seeking(object, moments, case, module);
            case::run(case, module, recorded(), &mut seeking);
            seeking.for_found()
        });
        if let Some(mut clerk) = clerk {
            case::run(case, module, recorded(), &mut clerk);
            ledger = clerk.ledger(heap().name());
        }
    }
    let culprit = ledger.as_ref().and_then(Ledger::culprit);
    let around = culprit.map_or(request.end, |culprit| HistoryEnd::Moment(culprit.moment));
    let window = Window::around(around).ending(last);
    let mut painter = Painter::new(window, ledger.as_ref(), case, module);
    let run = case::run(case, module, recorded(), &mut painter);
    let end = (painter.operations(), run.store.safepoints());
    let (scenes, culprit) = painter.finish();
    History {
        run: heap().name().into(),
        ledger,
        scenes,
        culprit,
        end,
    }
}
