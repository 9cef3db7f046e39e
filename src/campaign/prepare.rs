//! Preparing the cases of a campaign.

use super::Campaign;
use crate::generate::{self, GeneratedCase};
use crate::jobs::Desk;
use crate::oracle::{CaseForm, Converted, Report, catch};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A generated case, and its form for engines if engines take part.
pub(super) struct Prepared {
    pub drawn: Arc<GeneratedCase>,
    pub converted: Option<Converted>,
}

/// Cases that have been prepared before it is their turn; `None` for an input that gives no case.
///
/// An engine compiles between two cases, and leaves nothing of gcdiff in the caches of a processor. So
/// the cases of one batch are prepared one after the other, and then judged, which takes 8 % less time
/// of gcdiff per case. Without an engine the caches are warm. All jobs share the cases, since another one
/// gets the rest of a batch if a thread is abandoned.
#[derive(Default)]
pub(super) struct Ahead(Mutex<State>);

#[derive(Default)]
struct State {
    ready: BTreeMap<u64, Option<Prepared>>,
    /// The first cases of batches that are being prepared. If a thread does not come back from that, the
    /// others prepare each case of the batch in its turn, and find the one to blame.
    begun: BTreeSet<u64>,
}

impl Ahead {
    /// The case of a number. `None` if its input gives no case.
    pub fn take(&self, campaign: &Campaign, index: u64, desk: &Desk) -> Option<Prepared> {
        if let Some(prepared) = self.lock().ready.remove(&index) {
            if let Some(prepared) = &prepared {
                desk.note_case(&prepared.drawn);
            }
            return prepared;
        }
        let drawn = draw(campaign, index);
        if let Some(drawn) = &drawn {
            desk.note_case(drawn);
        }
        let Some(form) = campaign.options.form.as_deref() else {
            let converted = None;
            return drawn.map(|drawn| Prepared { drawn, converted });
        };
        let batch = index - index % generate::SAME_MODULE;
        let is_first = self.lock().begun.insert(batch);
        if is_first {
            desk.ahead(|| self.prepare_rest(campaign, index, form));
            self.lock().begun.remove(&batch);
        }
        drawn.map(|drawn| convert(drawn, form))
    }

    /// Prepares the cases of the same batch that come after this one. What panics does so again in its
    /// turn.
    fn prepare_rest(&self, campaign: &Campaign, index: u64, form: &dyn CaseForm) {
        let batch_end = (index + 1).next_multiple_of(generate::SAME_MODULE);
        let rest = index + 1..batch_end.min(campaign.end().unwrap_or(u64::MAX));
        let draw = |index| {
            let drawn = catch(Report::Quiet, || draw(campaign, index));
            Some((index, drawn.ok()?))
        };
        // All of them first: what generates cases stays in the caches, and then what converts them.
        let all: Vec<_> = rest.filter_map(draw).collect();
        for (index, drawn) in all {
            let prepared = || drawn.map(|drawn| convert(drawn, form));
            if let Ok(prepared) = catch(Report::Quiet, prepared) {
                self.lock().ready.insert(index, prepared);
            }
        }
    }

    /// Forgets a case that nobody will judge.
    pub fn forget(&self, index: u64) {
        self.lock().ready.remove(&index);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn draw(campaign: &Campaign, index: u64) -> Option<Arc<GeneratedCase>> {
    let input = generate::input(campaign.seed, index);
    campaign.profile.case(&input).ok().map(Arc::new)
}

fn convert(drawn: Arc<GeneratedCase>, form: &dyn CaseForm) -> Prepared {
    let converted = form.convert(&drawn.case, &drawn.module);
    Prepared {
        drawn,
        converted: Some(converted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;
    use crate::engines::Form;
    use crate::module::Module;
    use crate::observe::Observation;
    use crate::oracle::Options;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A case is the same whether it is prepared in its turn or before, and in the form of engines if they
    /// take part.
    #[test]
    fn cases_of_a_batch_are_prepared_together() {
        let alone = |index| Ahead::default().take(&campaign(None::<Form>), index, &Desk::default());
        for form in [None, Some(Form::Embedder)] {
            let has_form = form.is_some();
            let campaign = campaign(form);
            let (ahead, desk) = (Ahead::default(), Desk::default());
            // In the middle of a batch, which ends with case 5; case 7 is the last one.
            for (index, waiting) in [(4, vec![5]), (5, vec![]), (6, vec![7]), (7, vec![])] {
                let prepared = ahead.take(&campaign, index, &desk).unwrap();
                let Prepared { drawn, .. } = alone(index).unwrap();
                assert_eq!(prepared.drawn.case, drawn.case);
                let own = has_form.then(|| Form::Embedder.convert(&drawn.case, &drawn.module));
                let case = |converted: Option<Converted>| converted.map(|done| done.unwrap().0);
                assert_eq!(case(prepared.converted), case(own));
                let waiting = if has_form { waiting } else { Vec::new() };
                assert!(ahead.lock().ready.keys().eq(&waiting), "{index}");
            }
        }
    }

    /// A form that cannot convert the first case that it is given.
    #[derive(Debug)]
    struct FirstFails {
        by_panic: bool,
        calls: AtomicU32,
    }

    impl CaseForm for FirstFails {
        fn name(&self) -> &'static str {
            "first fails"
        }

        fn convert(&self, case: &Case, module: &Arc<Module>) -> Converted {
            match (self.calls.fetch_add(1, Ordering::Relaxed), self.by_panic) {
                (0, true) => panic!("the first"),
                (0, false) => Err("the first".into()),
                _ => Ok((case.clone(), module.clone())),
            }
        }

        fn shows(&self, _: &Observation) -> Result<(), String> {
            Ok(())
        }
    }

    /// What fails ahead of its turn is the failure of that case alone.
    #[test]
    fn a_case_that_cannot_be_prepared_stops_no_other() {
        for by_panic in [false, true] {
            let calls = AtomicU32::new(0);
            let campaign = campaign(Some(FirstFails { by_panic, calls }));
            let (ahead, desk) = (Ahead::default(), Desk::default());
            let take = |index| {
                ahead
                    .take(&campaign, index, &desk)
                    .unwrap()
                    .converted
                    .unwrap()
            };
            assert!(take(4).is_ok());
            let is_ready = ahead.lock().ready.contains_key(&5);
            assert_eq!(is_ready, !by_panic);
            // A panic is left to the turn of the case, in which this form does not panic again.
            assert_eq!(take(5).is_ok(), by_panic);
            assert!(ahead.lock().begun.is_empty());
            assert!(take(6).is_ok());
            ahead.forget(7);
            assert!(ahead.lock().ready.is_empty());
        }
    }

    /// The thread that began the batch has not come back.
    #[test]
    fn the_rest_of_a_batch_that_hangs_is_prepared_case_by_case() {
        let campaign = campaign(Some(Form::Embedder));
        let (ahead, desk) = (Ahead::default(), Desk::default());
        ahead.lock().begun.insert(3);
        assert!(ahead.take(&campaign, 4, &desk).is_some());
        assert!(ahead.lock().ready.is_empty());
    }

    fn campaign(form: Option<impl CaseForm + 'static>) -> Campaign {
        let options = Options {
            form: form.map(|form| Arc::new(form) as Arc<dyn CaseForm>),
            ..Options::default()
        };
        Campaign::new(9, options).with_start(4).with_cases(4)
    }
}
