//! The text form of a host's steps.

use super::error::CaseError;
use super::plan::{Arg, Call, Step};
use serde::{Deserialize, Serialize};

/// A step as text: exactly one of `call`, `global`, `table`, `drop` and `collect`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepText {
    /// The exported function to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The exported global to set or to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<String>,
    /// The exported table to set or to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Index of the table element; 0 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// The new value of a global or an element. Without it, the value is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The kept reference to drop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<u32>,
    /// Whether to collect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub collect: bool,
}

impl StepText {
    /// The text form of a step.
    pub fn of(step: &Step) -> StepText {
        let empty = StepText::default();
        let value = |arg: &Option<Arg>| arg.map(|arg| arg.to_string());
        match step {
            Step::Call(call) => StepText {
                call: Some(call.export.clone()),
                args: call.args.iter().map(ToString::to_string).collect(),
                ..empty
            },
            Step::Global { export, value: v } => StepText {
                global: Some(export.clone()),
                value: value(v),
                ..empty
            },
            Step::Table {
                export,
                index,
                value: v,
            } => StepText {
                table: Some(export.clone()),
                index: Some(*index),
                value: value(v),
                ..empty
            },
            Step::Drop(n) => StepText {
                drop: Some(*n),
                ..empty
            },
            Step::Collect => StepText {
                collect: true,
                ..empty
            },
        }
    }

    /// Parses the step.
    ///
    /// # Errors
    ///
    /// If it is not exactly one step, or has keys that the step does not use.
    pub fn read(&self) -> Result<Step, String> {
        let value = self.value.as_ref().map(|v| v.parse::<Arg>()).transpose()?;
        let args: Result<Vec<Arg>, CaseError> = self.args.iter().map(|a| a.parse()).collect();
        let step = match (&self.call, &self.global, &self.table, self.drop) {
            (Some(export), None, None, None) => Step::Call(Call {
                export: export.clone(),
                args: args?,
            }),
            (None, Some(export), None, None) => Step::Global {
                export: export.clone(),
                value,
            },
            (None, None, Some(export), None) => Step::Table {
                export: export.clone(),
                index: self.index.unwrap_or(0),
                value,
            },
            (None, None, None, Some(n)) => Step::Drop(n),
            (None, None, None, None) if self.collect => Step::Collect,
            _ => {
                return Err("a step has one of call, global, table, drop and collect".into());
            }
        };
        // Refuse keys that the step does not use.
        let needed = StepText::of(&step);
        if needed.args.len() != self.args.len() {
            return Err("only a call has args".into());
        }
        if needed.value.is_some() != self.value.is_some() {
            return Err("only a global and a table have a value".into());
        }
        if self.index.is_some() && needed.index.is_none() {
            return Err("only a table has an index".into());
        }
        if needed.collect != self.collect {
            return Err("collect is a step of its own".into());
        }
        Ok(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_read_back_as_written() {
        let export = || "a b".to_string();
        for step in [
            Step::Call(Call {
                export: export(),
                args: vec![Arg::Kept(3), Arg::Null],
            }),
            Step::Global {
                export: export(),
                value: Some(Arg::I31(-1)),
            },
            Step::Global {
                export: export(),
                value: None,
            },
            Step::Table {
                export: export(),
                index: 7,
                value: Some(Arg::Auto),
            },
            Step::Table {
                export: export(),
                index: 0,
                value: None,
            },
            Step::Drop(2),
            Step::Collect,
        ] {
            let text = toml::to_string(&StepText::of(&step)).unwrap();
            let read: StepText = toml::from_str(&text).unwrap();
            assert_eq!(read.read(), Ok(step), "{text}");
        }
    }

    #[test]
    fn what_is_no_step_is_refused() {
        for (text, wanted) in [
            ("", "one of call"),
            ("call = 'f'\ndrop = 1", "one of call"),
            ("global = 'g'\nargs = ['1']", "args"),
            ("drop = 0\nvalue = '1'", "a value"),
            ("call = 'f'\nindex = 1", "an index"),
            ("call = 'f'\ncollect = true", "of its own"),
            ("table = 't'\nvalue = 'x'", "no argument"),
        ] {
            let read: StepText = toml::from_str(text).unwrap();
            let message = read.read().unwrap_err();
            assert!(message.contains(wanted), "{text}: {message}");
        }
    }
}
