//! Where a law was first broken: the actor and the position of execution.

use super::instruction::instruction_at;
use crate::case::{Case, SourceMap, Step, client, steps};
use crate::engine::{Act, Actor, Cause, Deed, Location};
use crate::module::Module;
use crate::module::names::{Names, quoted};
use std::fmt;

/// The actor that first broke a law.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokenAt {
    /// The position of the actor.
    pub site: Site,
    /// Whether the law held right before a collection and not after it, so that the
    /// collection is to blame. `site` is then the position that it interrupted.
    pub collection: bool,
}

/// A position of execution.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Site {
    /// At an instruction of a module.
    Instruction(Instruction),
    /// In the embedder.
    Embedder {
        /// The embedder's activity.
        deed: Deed,
        /// The step of its plan, in words.
        step: Option<String>,
        /// The imported function in whose call it acted, by its import name.
        import: Option<String>,
        /// Its act in that call, in words.
        act: Option<String>,
    },
}

/// An instruction of a module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Index of the function; `None` in a constant expression.
    pub func: Option<u32>,
    /// The function in words, by its name if it has one: `function $f`.
    pub func_name: Option<String>,
    /// Byte offset of the instruction in the binary module.
    pub offset: u32,
    /// The instruction's name in the text format.
    pub name: String,
    /// The line of the module's text that it is in, counted from 1, if the text
    /// is known.
    pub line: Option<u32>,
}

/// The offset of instructions outside the module of the case.
const NOWHERE: u32 = u32::MAX;

impl Instruction {
    /// The instruction at an offset of a function of a module.
    pub(crate) fn at(module: &Module, func: u32, offset: u32) -> Instruction {
        let location = Location {
            instance: 0,
            func: Some(func),
            offset,
        };
        instruction_at(module, location)
    }
}

impl BrokenAt {
    /// The place of `cause` in a module.
    pub(super) fn of(cause: Cause, module: &Module) -> BrokenAt {
        let Actor::Instruction(at) = cause.actor else {
            return BrokenAt::of_embedder(cause);
        };
        BrokenAt {
            site: Site::Instruction(instruction_at(module, at)),
            collection: cause.collection,
        }
    }

    /// The place of `cause`, with no details of the embedder.
    pub(super) fn of_embedder(cause: Cause) -> BrokenAt {
        let deed = match cause.actor {
            Actor::Embedder(deed) => deed,
            Actor::Instruction(_) => Deed::default(),
        };
        BrokenAt {
            site: Site::Embedder {
                deed,
                step: None,
                import: None,
                act: None,
            },
            collection: cause.collection,
        }
    }

    /// The place of `cause` in a run of a case.
    pub(super) fn in_case(cause: Cause, case: &Case, module: &Module) -> BrokenAt {
        if let (Some(number), Actor::Instruction(at)) = (case.client, cause.actor)
            && at.instance >= client::FIRST
        {
            return BrokenAt::in_client(cause, at, number, module);
        }
        let mut place = BrokenAt::of(cause, module);
        if let Site::Embedder {
            deed,
            step,
            import,
            act,
        } = &mut place.site
        {
            let words = |steps: &[Step], number: u32| {
                let index = (number as usize).checked_sub(1)?;
                steps.get(index).map(in_words)
            };
            *step = deed.step.and_then(|n| words(&steps(case, module), n));
            if let Some(called) = deed.host_call {
                *import = Names::new(module).import(called.func);
                *act = called.act.and_then(|n| words(&case.host, n));
            }
        }
        place
    }

    /// The place of `cause` in the client of a case.
    fn in_client(cause: Cause, at: Location, number: u32, module: &Module) -> BrokenAt {
        let nth = at.instance - client::FIRST;
        let clients = client::chain(module, number).unwrap_or_default();
        let Some(client) = clients.get(nth as usize) else {
            return BrokenAt::of_embedder(cause);
        };
        let mut instruction = instruction_at(client, at);
        // The case has no such instruction, so nobody is to look for it there.
        let func = instruction.function();
        let which = ["client", "second client"][nth as usize];
        instruction.func_name = Some(format!("{func} of the {which}"));
        instruction.func = None;
        instruction.offset = NOWHERE;
        BrokenAt {
            site: Site::Instruction(instruction),
            collection: cause.collection,
        }
    }

    /// Looks up the instruction's line.
    pub(crate) fn find_line(&mut self, source: &SourceMap) {
        if let Site::Instruction(instruction) = &self.site {
            self.set_line(source.line(instruction.offset));
        }
    }

    /// The instruction, if one acted, or was interrupted by the collection that did.
    pub fn instruction(&self) -> Option<&Instruction> {
        match &self.site {
            Site::Instruction(instruction) => Some(instruction),
            Site::Embedder { .. } => None,
        }
    }

    /// Sets the instruction's line.
    pub(super) fn set_line(&mut self, line: Option<u32>) {
        if let Site::Instruction(instruction) = &mut self.site {
            instruction.line = line;
        }
    }

    /// The word for it in fingerprints, which does not depend on names.
    pub(super) fn word(&self) -> &str {
        match &self.site {
            _ if self.collection => "collection",
            Site::Instruction(instruction) => &instruction.name,
            Site::Embedder { deed, .. } => match deed.act {
                Act::Instantiation => "instantiation",
                Act::Call => "host.call",
                Act::Global => "host.global",
                Act::Table => "host.table",
                Act::Drop => "host.drop",
                Act::Collect => "host.collect",
                Act::End => "host.end",
            },
        }
    }
}

/// A step in words: `call "run"`.
fn in_words(step: &Step) -> String {
    match step {
        Step::Call(call) => format!("call {}", quoted(&call.export)),
        Step::Global { export, .. } => format!("global {}", quoted(export)),
        Step::Table { export, index, .. } => format!("element {index} of table {}", quoted(export)),
        Step::Drop(number) => format!("drop {number}"),
        Step::Collect => "collect".into(),
    }
}

impl Instruction {
    /// The function in words.
    pub fn function(&self) -> String {
        match (&self.func_name, self.func) {
            (Some(name), _) => name.clone(),
            (None, Some(func)) => format!("function {func}"),
            (None, None) => "a constant expression".into(),
        }
    }
}

impl fmt::Display for Instruction {
    /// Function and position: `function $run at line 12 (offset 0x3c)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.function())?;
        match self.line {
            Some(line) => write!(f, " at line {line} (offset {:#x})", self.offset),
            None if self.offset == NOWHERE => Ok(()),
            None => write!(f, " at offset {:#x}", self.offset),
        }
    }
}

impl fmt::Display for BrokenAt {
    /// Continues the phrase "first broken".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.site {
            Site::Instruction(at) if self.collection => {
                // An instruction collects before it does anything else.
                write!(f, "by a collection before {} in {at}", at.name)
            }
            Site::Instruction(at) => write!(f, "after {} in {at}", at.name),
            Site::Embedder {
                deed,
                step,
                import,
                act,
            } => {
                if self.collection {
                    f.write_str(match deed.act {
                        Act::Collect => "by the collection ",
                        _ => "by a collection ",
                    })?;
                }
                if let Some(called) = deed.host_call {
                    if let Some(number) = called.act {
                        let act = act.as_deref().unwrap_or(verb(deed.act));
                        write!(f, "in act {number} of the host, {act}, ")?;
                    }
                    match import {
                        Some(import) => write!(f, "in a call of import {import}")?,
                        None => f.write_str("in a call of the host")?,
                    }
                    if deed.step.is_some() {
                        f.write_str(", ")?;
                    }
                }
                match (deed.step, deed.act) {
                    (Some(number), act) => {
                        let step = step.as_deref().unwrap_or(verb(act));
                        write!(f, "in step {number}, {step}")
                    }
                    (None, Act::End) => f.write_str("at the end of the run"),
                    (None, Act::Instantiation) => f.write_str("in instantiation"),
                    (None, _) if deed.host_call.is_some() => Ok(()),
                    (None, act) => write!(f, "by the embedder ({})", verb(act)),
                }
            }
        }
    }
}

fn verb(act: Act) -> &'static str {
    match act {
        Act::Instantiation => "instantiation",
        Act::Call => "call",
        Act::Global => "global",
        Act::Table => "table",
        Act::Drop => "drop",
        Act::Collect => "collect",
        Act::End => "end",
    }
}
