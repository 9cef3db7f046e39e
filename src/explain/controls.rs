//! Findings of engines that show nothing but their end, judged again without one instruction.

use crate::case::{Case, SourceMap};
use crate::module::Module;
use crate::oracle::{Instruction, Law, Layer, Options, Verdict, judge_module};
use crate::reduce::{ControlPart, controls};
use std::fmt;
use std::sync::Arc;

/// A case without a part of its module, judged again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Control {
    /// The instruction that it is without; `None` for a part that is none.
    pub instruction: Option<Instruction>,
    /// The part in words, if it is no instruction.
    pub words: String,
    /// The verdict without it.
    pub outcome: ControlVerdict,
}

/// The verdict without the part, compared with the finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ControlVerdict {
    /// No finding: the part is needed.
    Clean,
    /// The same fingerprint: the part has nothing to do with it.
    Same,
    /// Another fingerprint.
    Other(String),
    /// The case cannot be judged any more, for this reason.
    Unknown(String),
}

impl fmt::Display for ControlVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ControlVerdict::Clean => f.write_str("no finding"),
            ControlVerdict::Same => f.write_str("the same finding"),
            ControlVerdict::Other(fingerprint) => write!(f, "another finding, {fingerprint}"),
            ControlVerdict::Unknown(why) => write!(f, "unknown: {why}"),
        }
    }
}

impl fmt::Display for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "without {}: {}", self.part(), self.outcome)
    }
}

impl Control {
    /// The part in words.
    pub fn part(&self) -> String {
        match &self.instruction {
            Some(at) => format!("{} in {at}", at.name),
            None => self.words.clone(),
        }
    }

    pub(super) fn find_line(&mut self, source: &SourceMap) {
        if let Some(at) = &mut self.instruction {
            at.line = source.line(at.offset);
        }
    }
}

/// Controls beyond this number are not tried: the case is to be reduced first.
const MOST: usize = 60;

/// Judges a case once without each of its instructions.
///
/// # Errors
///
/// Why that is not done.
pub(super) fn judge_controls(
    case: &Case,
    module: &Arc<Module>,
    options: &Options,
    fingerprint: &str,
) -> Result<Vec<Control>, String> {
    // A case without an instruction may have another outcome than it claims.
    let options = &options
        .clone()
        .with_layers(options.layers.without(Layer::Law(Law::Language)));
    let all = controls(case, MOST);
    let all = all.map_err(|error| format!("the engine shows only its end, and {error}"))?;
    let each = all.into_iter().map(|control| {
        let (instruction, words) = match control.without {
            ControlPart::Instruction { func, offset } => {
                (Some(Instruction::at(module, func, offset)), String::new())
            }
            ControlPart::Global(index) => (None, format!("the initial value of global {index}")),
            ControlPart::Segment(index) => (None, format!("active element segment {index}")),
        };
        Control {
            instruction,
            words,
            outcome: outcome(&control.case, options, fingerprint),
        }
    });
    Ok(each.collect())
}

fn outcome(case: &Case, options: &Options, fingerprint: &str) -> ControlVerdict {
    let module = match Module::new(&case.wasm, &mut Arc::default()) {
        Ok(module) => Arc::new(module),
        Err(error) => return ControlVerdict::Unknown(error.to_string()),
    };
    let verdict = match judge_module(case, &module, options) {
        Ok(report) => report.verdict,
        Err(error) => return ControlVerdict::Unknown(error.to_string()),
    };
    match verdict.fingerprint() {
        Some(same) if same == fingerprint => ControlVerdict::Same,
        Some(other) => ControlVerdict::Other(other),
        None if matches!(verdict, Verdict::Agree) => ControlVerdict::Clean,
        None => ControlVerdict::Unknown(verdict.to_string()),
    }
}
