//! Engines, as options of the command line and in `gcdiff.toml`.

use super::collectors::{KnownCollectors, OF_ANOTHER};
use super::config::{self, Config, FILE};
use crate::campaign::quote;
use crate::case::one_line;
use crate::engines::{EngineSubject, Form, Interrupt};
use crate::escape;
use crate::oracle::{Collector, Subject};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The value of `--engine`.
#[derive(Clone, Debug)]
pub(super) struct EngineOption {
    pub name: String,
    /// The words of the command of its runner; `None` if `gcdiff.toml` has it.
    pub command: Option<Vec<String>>,
}

impl EngineOption {
    /// The option, for a shell.
    pub fn words(&self) -> String {
        let value = match &self.command {
            None => self.name.clone(),
            Some(command) => format!("{}={}", self.name, command.join(" ")),
        };
        format!("--engine {}", quote(&value))
    }
}

/// Reads `NAME` or `NAME=COMMAND`.
pub(super) fn engine(text: &str) -> Result<EngineOption, String> {
    let (name, command) = match text.split_once('=') {
        None => (text, None),
        Some((name, command)) => (name, Some(split(command)?)),
    };
    check_name(name)?;
    Ok(EngineOption {
        name: name.into(),
        command,
    })
}

/// The words of a command.
fn split(command: &str) -> Result<Vec<String>, String> {
    let words: Vec<String> = command.split_whitespace().map(String::from).collect();
    match words.is_empty() {
        true => Err("there is no command".into()),
        false => Ok(words),
    }
}

/// Checks whether a name can be that of an engine, or of a collector of the program.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) || name.starts_with('-') {
        return Err(
            "a name is of letters, digits, '-', '_' and '.', and begins with no '-'".into(),
        );
    }
    match name.parse::<Collector>() {
        Ok(_) => Err(format!("{name} is a collector of gcdiff")),
        Err(_) => Ok(()),
    }
}

/// The engines of `gcdiff.toml`. Other tables are read with the command line.
#[derive(Clone, Debug, Default, Deserialize)]
struct Settings {
    /// The engines by name.
    #[serde(default)]
    engines: BTreeMap<String, EngineText>,
}

/// An engine in `gcdiff.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EngineText {
    command: CommandText,
    #[serde(default)]
    form: Form,
}

/// A command, as a line that is split at spaces, or word by word.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum CommandText {
    Line(String),
    Words(Vec<String>),
}

/// The engines of `gcdiff.toml`, its path and its folder.
#[derive(Clone, Debug, Default)]
struct Table {
    path: PathBuf,
    folder: PathBuf,
    engines: BTreeMap<String, (Vec<String>, Form)>,
}

/// The engines of the `gcdiff.toml` that was read.
fn table() -> Result<Table, String> {
    config::current().map_or_else(|| Ok(Table::default()), read)
}

fn read(config: &Config) -> Result<Table, String> {
    let in_file = |message: String| config.message(&message);
    let settings: Settings =
        toml::from_str(&config.text).map_err(|e| in_file(one_line(&e.to_string())))?;
    let mut engines = BTreeMap::new();
    for (name, EngineText { command, form }) in settings.engines {
        let in_engine =
            |message: String| in_file(format!("engine {}: {message}", escape::Line(&name)));
        check_name(&name).map_err(in_engine)?;
        let words = match command {
            CommandText::Line(line) => split(&line),
            CommandText::Words(words) if words.is_empty() => Err("there is no command".into()),
            CommandText::Words(words) => Ok(words),
        };
        engines.insert(name.clone(), (words.map_err(in_engine)?, form));
    }
    Ok(Table {
        path: config.path.clone(),
        folder: config.folder.clone(),
        engines,
    })
}

/// The engines that a command has started, so that many files share their processes.
#[derive(Clone, Debug, Default)]
pub(super) struct Engines {
    started: Arc<OnceLock<Result<Started, String>>>,
    /// Set when nobody waits for answers any longer.
    pub interrupt: Arc<Interrupt>,
}

#[derive(Debug, Default)]
struct Started {
    /// Those of the command line, in their order.
    given: Vec<Arc<EngineSubject>>,
    /// Those of the table, by name, and whether their commands work, once that is known.
    settled: BTreeMap<String, Settled>,
    table: Table,
}

/// An engine of the table.
#[derive(Debug)]
struct Settled {
    engine: Arc<EngineSubject>,
    works: OnceLock<Result<(), String>>,
}

impl Engines {
    /// The engines of the command line.
    ///
    /// # Errors
    ///
    /// If one is not in `gcdiff.toml`, that file cannot be read, a command does not work, or a
    /// collector of the program has the same name.
    pub fn given(
        &self,
        given: &[EngineOption],
        known: &KnownCollectors,
        timeout: Duration,
    ) -> Result<Vec<Arc<EngineSubject>>, String> {
        if let Some(taken) = given
            .iter()
            .find(|engine| known.get(&engine.name).is_some())
        {
            return Err(format!(
                "--engine {}: a collector of this program has this name",
                taken.name
            ));
        }
        match given.is_empty() {
            true => Ok(Vec::new()),
            false => Ok(self.started(given, timeout)?.given.clone()),
        }
    }

    /// The engines that a header names, without those of the command line.
    ///
    /// # Errors
    ///
    /// As for [`Engines::given`].
    pub fn named(
        &self,
        given: &[EngineOption],
        known: &KnownCollectors,
        named: &[&str],
        timeout: Duration,
    ) -> Result<Vec<Arc<EngineSubject>>, String> {
        let is_given = |name: &str| given.iter().any(|engine| engine.name == name);
        let named = named.iter().filter(|name| !is_given(name));
        let subjects = named.map(|name| {
            let started = self.started(given, timeout)?;
            let Settled { engine, works } = started.settled.get(*name).ok_or_else(|| {
                format!(
                    "{} is no collector (there are {}) and no engine; {OF_ANOTHER}; {}",
                    escape::Line(name),
                    known.names(),
                    how_to_add(name, &started.table)
                )
            })?;
            let works = works.get_or_init(|| engine.check().map_err(|error| error.0));
            works.clone().map(|()| engine.clone())
        });
        subjects.collect()
    }

    fn started(&self, given: &[EngineOption], timeout: Duration) -> Result<&Started, String> {
        let started = || start(given, timeout, &self.interrupt);
        let started = self.started.get_or_init(started).as_ref();
        started.map_err(String::clone)
    }
}

/// How an engine becomes known.
fn how_to_add(name: &str, table: &Table) -> String {
    let key = match name.contains('.') {
        true => format!("{name:?}"),
        false => name.into(),
    };
    let (name, key) = (escape::Line(name), escape::Line(&key));
    let is_here = std::env::current_dir().is_ok_and(|here| here == table.folder);
    let read = match table.folder.as_os_str().is_empty() {
        true => "there is none here or in a folder above".into(),
        false if is_here && table.path.ends_with(FILE) => "read: the one in this folder".into(),
        false => format!("read: {}", escape::path(&table.path)),
    };
    format!(
        "an engine becomes known by --engine {name}=COMMAND, or by a table [engines.{key}] with a \
         command in {FILE} ({read})"
    )
}

fn start(
    given: &[EngineOption],
    timeout: Duration,
    interrupt: &Arc<Interrupt>,
) -> Result<Started, String> {
    let engine = |name: &str, command: &[String]| {
        let engine = EngineSubject::new(name, command.to_vec(), timeout);
        engine.interrupted_by(interrupt.clone())
    };
    let table = table()?;
    let settled = |(name, (command, form)): (&String, &(Vec<String>, Form))| {
        let engine = engine(name, command);
        let engine = engine.in_folder(&table.folder).in_form(*form);
        let settled = Settled {
            engine: Arc::new(engine),
            works: OnceLock::new(),
        };
        (name.clone(), settled)
    };
    let settled: BTreeMap<String, Settled> = table.engines.iter().map(settled).collect();
    let mut subjects: Vec<Arc<EngineSubject>> = Vec::new();
    for option in given {
        if subjects.iter().any(|subject| subject.name() == option.name) {
            return Err(format!("engine {} is named twice", option.name));
        }
        let engine = match &option.command {
            Some(command) => Arc::new(engine(&option.name, command).given_as(option.words())),
            None => {
                let settled = settled.get(&option.name);
                settled
                    .ok_or_else(|| {
                        format!(
                            "{} is no engine: {}",
                            option.name,
                            how_to_add(&option.name, &table)
                        )
                    })?
                    .engine
                    .clone()
            }
        };
        engine.check().map_err(|error| error.0)?;
        subjects.push(engine);
    }
    Ok(Started {
        given: subjects,
        settled,
        table,
    })
}
