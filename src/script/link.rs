//! Modules and instances of a script: loading, linking, and their names.

use super::hosts::ScriptHost;
use super::lines::line_of;
use super::proposal::Proposal;
use super::reason::Reason;
use super::report::DirectiveOutcome;
use super::runner::Runner;
use crate::engine::{Context, Extern, Resource, Stop, Trap};
use crate::heap::Heap;
use crate::module::{Module, ModuleError, footprint};
use crate::oracle::Violation;
use std::collections::HashMap;
use std::sync::Arc;
use wast::QuoteWat;
use wast::token::Id;

/// Why there is no instance, or why a call has no results.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Not tried.
    Skip(Reason),
    /// The module is valid only with a proposal beyond WebAssembly 3.0.
    Beyond(Proposal),
    /// The text parser refused the module.
    Text(String),
    /// The engine refused the module.
    Module(ModuleError),
    /// The module does not fit its imports.
    Link(String),
    /// A trap.
    Trap(Trap),
    /// An exception that was not caught. It has been dropped.
    Exception,
    /// The script names an item that does not exist.
    Unknown(String),
    /// The heap is full, although the allocation budget is not.
    HeapFull,
    /// The script exceeds this limit.
    OverBudget(Resource),
    /// The heap is broken.
    Broken(String),
}

impl Refusal {
    /// The outcome of a directive that does not expect this refusal.
    pub fn outcome(self) -> DirectiveOutcome {
        DirectiveOutcome::Failed(match self {
            Refusal::Skip(reason) => return DirectiveOutcome::Skipped(reason),
            Refusal::OverBudget(resource) => {
                return DirectiveOutcome::Skipped(Reason::OverBudget(resource));
            }
            Refusal::Beyond(proposal) => {
                return DirectiveOutcome::Skipped(Reason::Beyond(proposal));
            }
            Refusal::Broken(message) => return DirectiveOutcome::Broken(message),
            Refusal::Text(message) => format!("malformed module: {message}"),
            Refusal::Module(error) => error.to_string(),
            Refusal::Link(message) | Refusal::Unknown(message) => message,
            Refusal::Trap(trap) => format!("trapped: {trap}"),
            Refusal::Exception => "threw an exception".into(),
            Refusal::HeapFull => "the heap is full, although the allocation budget is not".into(),
        })
    }

    /// Why the directives that depend on this one are skipped.
    fn reason(&self) -> Reason {
        match self {
            Refusal::Skip(reason) => *reason,
            Refusal::Beyond(proposal) => Reason::Beyond(*proposal),
            _ => Reason::NoModule,
        }
    }
}

/// The item that a name stands for, or why there is none.
type Named<T> = Result<T, Reason>;

/// The names of a script.
#[derive(Default)]
pub(super) struct Names {
    /// The last instance.
    current: Option<Named<u32>>,
    /// Instances by identifier.
    instances: HashMap<String, Named<u32>>,
    /// Instances by the name they are registered under.
    registered: HashMap<String, Named<u32>>,
    /// Module definitions by identifier; the last one also under `None`.
    definitions: HashMap<Option<String>, Named<Arc<Module>>>,
}

fn key(id: Option<Id<'_>>) -> Option<String> {
    id.map(|id| id.name().to_string())
}

impl Names {
    /// The instance called `id`, or else the last one.
    pub fn instance(&self, id: Option<Id<'_>>) -> Result<u32, Refusal> {
        let named = match id {
            Some(id) => self.instances.get(id.name()),
            None => self.current.as_ref(),
        };
        let unknown = || Refusal::Unknown(format!("there is no instance {}", show(id)));
        named.ok_or_else(unknown)?.map_err(Refusal::Skip)
    }

    /// The definition called `id`, or else the last one.
    pub fn definition(&self, id: Option<Id<'_>>) -> Result<Arc<Module>, Refusal> {
        let named = self.definitions.get(&key(id)).cloned();
        let unknown = || Refusal::Unknown(format!("there is no module definition {}", show(id)));
        named.ok_or_else(unknown)?.map_err(Refusal::Skip)
    }

    /// Records the instance of a directive, or why there is none.
    pub fn add_instance(
        &mut self,
        id: Option<Id<'_>>,
        made: Result<u32, Refusal>,
    ) -> DirectiveOutcome {
        let named = made.as_ref().map(|i| *i).map_err(Refusal::reason);
        if let Some(id) = key(id) {
            self.instances.insert(id, named);
        }
        self.current = Some(named);
        made.map_or_else(Refusal::outcome, |_| DirectiveOutcome::Passed)
    }

    /// Records that the module of an instance, or of a definition, was skipped.
    pub fn add_skipped(&mut self, id: Option<String>, reason: Reason) -> DirectiveOutcome {
        if let Some(id) = &id {
            self.instances.insert(id.clone(), Err(reason));
        }
        self.current = Some(Err(reason));
        self.definitions.insert(None, Err(reason));
        self.definitions.insert(id, Err(reason));
        DirectiveOutcome::Skipped(reason)
    }

    /// Records the definition of a directive, or why there is none.
    pub fn add_definition(
        &mut self,
        id: Option<Id<'_>>,
        made: Result<Arc<Module>, Refusal>,
    ) -> DirectiveOutcome {
        let named = made.as_ref().map(Arc::clone).map_err(Refusal::reason);
        self.definitions.insert(None, named.clone());
        self.definitions.insert(key(id), named);
        made.map_or_else(Refusal::outcome, |_| DirectiveOutcome::Passed)
    }

    /// The instance that modules import from under a name: the one registered under it, or else the
    /// one with that identifier, as Wasmtime's scripts expect.
    fn importable(&self, name: &str) -> Option<Named<u32>> {
        let registered = self.registered.get(name);
        registered.or_else(|| self.instances.get(name)).copied()
    }

    /// Registers an instance under a name, for imports of other modules.
    pub fn register(&mut self, name: &str, id: Option<Id<'_>>) -> DirectiveOutcome {
        let found = self.instance(id);
        let named = found.as_ref().map(|i| *i).map_err(Refusal::reason);
        self.registered.insert(name.to_string(), named);
        found.map_or_else(Refusal::outcome, |_| DirectiveOutcome::Passed)
    }
}

fn show(id: Option<Id<'_>>) -> String {
    key(id).map_or_else(|| "at all".into(), |name| format!("${name}"))
}

impl<H: Heap> Runner<'_, H> {
    /// Encodes, validates and compiles a module.
    pub(super) fn load(&mut self, module: &mut QuoteWat<'_>) -> Result<Arc<Module>, Refusal> {
        let wasm = module.encode().map_err(|e| Refusal::Text(e.message()))?;
        let bytes = footprint(&wasm);
        let has_room = self.store.afford(bytes);
        self.done(has_room)?;
        match Module::new(&wasm, &mut self.types) {
            Ok(module) => {
                let noted = self.store.note_bytes(bytes);
                self.done(noted)?;
                Ok((self.compiled)(&Arc::new(module)))
            }
            Err(error) => Err(match Proposal::of_error(&error) {
                Some(proposal) => Refusal::Skip(Reason::Beyond(proposal)),
                None => match Proposal::of_module(&wasm) {
                    Some(proposal) => Refusal::Beyond(proposal),
                    None => Refusal::Module(error),
                },
            }),
        }
    }

    /// Loads and instantiates a module.
    pub(super) fn instantiate(&mut self, module: &mut QuoteWat<'_>) -> Result<u32, Refusal> {
        let module = self.load(module)?;
        self.link(&module)
    }

    /// Instantiates a module with the registered instances.
    pub(super) fn link(&mut self, module: &Arc<Module>) -> Result<u32, Refusal> {
        let mut externs = Vec::with_capacity(module.imports.len());
        for import in &module.imports {
            externs.push(self.import(&import.module, &import.name)?);
        }
        let noted = self.store.note_bytes(module.instance_footprint());
        self.done(noted)?;
        let linked = self.store.link(module, &externs);
        let instance = linked.map_err(|error| Refusal::Link(error.to_string()))?;
        let started = self.store.start(
            instance,
            &mut Context::new(&mut ScriptHost, &mut *self.inspector),
        );
        self.done(started)?;
        Ok(instance)
    }

    fn import(&self, module: &str, name: &str) -> Result<Extern, Refusal> {
        let named = self.names.importable(module);
        let found = match named {
            Some(named) => self.export(named.map_err(Refusal::Skip)?, name),
            None => self.hosts.get(module, name),
        };
        found.ok_or_else(|| Refusal::Link(format!("unknown import {module:?} {name:?}")))
    }

    /// The export of an instance with this name.
    pub(super) fn export(&self, instance: u32, name: &str) -> Option<Extern> {
        let instance = self.store.instances().get(instance as usize)?;
        instance.item(instance.module().export(name)?)
    }

    /// Converts the result of an operation of the store. A pending exception is dropped.
    pub(super) fn done<T>(&mut self, done: Result<T, Stop>) -> Result<T, Refusal> {
        if let Err(stop) = &done {
            self.store.inspect_corruption(stop, &mut *self.inspector);
        }
        let stop = match done {
            Ok(value) => return Ok(value),
            Err(Stop::Exception) => match self.drop_exception() {
                Ok(()) => return Err(Refusal::Exception),
                Err(stop) => stop,
            },
            Err(stop) => stop,
        };
        let minded = self.inspector.minds_corruption();
        Err(match stop {
            Stop::Trap(trap) => Refusal::Trap(trap),
            Stop::HeapFull => Refusal::HeapFull,
            Stop::OverBudget(resource) => Refusal::OverBudget(resource),
            Stop::Inspector if self.inspector.over_budget().is_some() => {
                Refusal::OverBudget(self.inspector.over_budget().unwrap_or(Resource::Work))
            }
            stop => Refusal::Broken(match (self.complaint(), stop) {
                (Some(complaint), _) => complaint,
                (None, Stop::Corrupt(corruption)) if corruption.is_crash() => {
                    corruption.to_string()
                }
                (None, Stop::Corrupt(_)) if !minded => return Err(Refusal::Skip(Reason::Noticed)),
                (None, Stop::Corrupt(corruption)) => format!("the heap is corrupt: {corruption}"),
                (None, Stop::RanAway) => {
                    let name = self.store.heap.name();
                    Violation::ran_away(name).to_string()
                }
                (None, stop @ (Stop::NotFull(_) | Stop::TooMuch(_))) => stop.to_string(),
                (None, stop) => format!("the script stopped: {stop}"),
            }),
        })
    }

    /// The complaint of the inspector, with line numbers of the script.
    fn complaint(&mut self) -> Option<String> {
        let Runner { store, text, .. } = self;
        self.inspector.complaint(&|at| {
            let instance = store.instances().get(at.instance as usize)?;
            line_of(text, &instance.module().wasm, at.offset)
        })
    }

    /// Takes and drops the pending exception, if there is one.
    fn drop_exception(&mut self) -> Result<(), Stop> {
        let kept = self.store.handles();
        let handle = self.store.take_exception()?;
        let exception = self.store.handle(handle);
        self.store.heap.exception_tag(exception)?;
        self.store.pop_handles(kept)
    }
}
