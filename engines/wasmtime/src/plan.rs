//! Cases whose host is this runner.

use crate::host::HostStore;
use crate::observe::{ObserveError, observe};
use crate::state::State;
use gcdiff::case::RunError;
use gcdiff::case::embedder::{EmbedderStore, Host, follow};
use gcdiff::engine::Stop;
use gcdiff::engines::protocol::{Answer, HostPlan};
use gcdiff::observe::JsonObservation;
use std::sync::Arc;
use wasmtime::{AsContextMut, Engine, Module, Store};

/// Runs a case. An error says what cannot be shown.
pub fn follow_plan(
    engine: &Engine,
    module: &Module,
    wasm: &[u8],
    plan: &HostPlan,
) -> Result<Answer, String> {
    let (steps, acts) = plan.read()?;
    let own = gcdiff::module::Module::new(wasm, &mut Arc::default());
    let own = Arc::new(own.map_err(|error| error.to_string())?);
    let host = Host::new(&own, &acts, plan.reentry);
    let mut store = Store::new(engine, State::new(host, module.clone()));
    let mut host = HostStore {
        store: store.as_context_mut(),
    };
    let ends = match follow(&mut host, &steps) {
        Ok(ends) => ends,
        Err(error) => return Err(not_run(&store, error)),
    };
    if let Err(stop) = host.collect() {
        return Err(not_run(&store, stop.into()));
    }
    let mut context = store.as_context_mut();
    let state = match observe(&mut context) {
        Ok(state) => state,
        Err(ObserveError::TooLarge(why)) => return Err(why),
        // It reads what is there; if it cannot, that is the engine's fault.
        Err(ObserveError::Error(error)) => panic!("{error:#}"),
    };
    let seen = ends.observation(&context.data().host, state);
    Ok(Answer {
        observation: Some(JsonObservation::new(&seen, &own)),
        ..Answer::default()
    })
}

/// Why a run has no observation.
fn not_run(store: &Store<State>, error: RunError) -> String {
    match (error, &store.data().gave_up) {
        (RunError::Stopped(Stop::GaveUp), Some(why)) => why.clone(),
        (RunError::Import(why) | RunError::Export(why) | RunError::Arguments(why), _) => why,
        (error, _) => panic!("{error:?}"),
    }
}
