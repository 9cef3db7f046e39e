//! A report on the zoo: how fast each fault is detected, the contribution of
//! each layer of the oracle, and the influence of the generator.

mod survival;
mod svg;
mod tables;

use super::{Fault, Setup, Summary, Trial, Trials, quantile};
use crate::generate::Generator;
use crate::oracle::{Layer, Layers, Options};
use survival::Curve;

/// The setups that a report compares, each with its name: the whole oracle with
/// the default generator; results only, then with one more layer at a time; the
/// whole oracle with the other generators.
pub fn setups() -> Vec<(String, Setup)> {
    let setup = |generator, layers| Setup {
        generator,
        options: Options {
            layers,
            ..Options::fuzzing()
        },
    };
    let mut layers = Layers::RESULTS;
    let mut setups = vec![
        ("all".to_string(), setup(Generator::Default, Layers::ALL)),
        ("results".to_string(), setup(Generator::Default, layers)),
    ];
    // The last step is the whole oracle, which is already in the list.
    for layer in &Layer::ALL[..Layer::ALL.len() - 1] {
        layers = layers.with(*layer);
        let name = format!("+{}", layer.name());
        setups.push((name, setup(Generator::Default, layers)));
    }
    for generator in &Generator::ALL[1..] {
        setups.push((generator.to_string(), setup(*generator, Layers::ALL)));
    }
    setups
}

/// The number of [`setups`] of the ablation, which follow the first.
const STEPS: usize = Layer::ALL.len();

/// The trials of all setups, as text.
#[derive(Clone, Debug)]
pub struct Report {
    trials: Trials,
    names: Vec<String>,
    results: Vec<Vec<Summary>>,
}

impl Report {
    /// A report on the results of [`setups`].
    pub fn new(trials: &Trials, results: &[Vec<Vec<Trial>>]) -> Report {
        let names = setups().into_iter().map(|(name, _)| name);
        let summaries = |of_setup: &Vec<Vec<Trial>>| {
            let faults = trials.faults.iter().zip(of_setup);
            faults.map(|(fault, t)| Summary::new(fault, t)).collect()
        };
        Report {
            trials: trials.clone(),
            names: names.collect(),
            results: results.iter().map(summaries).collect(),
        }
    }

    /// The files of the report: name and contents.
    pub fn files(&self) -> Vec<(&'static str, String)> {
        vec![
            ("detection.md", self.detection()),
            ("ablation.md", self.ablation()),
            ("generators.md", self.generators()),
            ("survival.svg", self.survival()),
        ]
    }

    /// The command that writes the report again.
    fn command(&self) -> String {
        let faults: &[Fault] = super::FAULTS;
        let only = match self.trials.faults.len() == faults.len() {
            true => String::new(),
            false => {
                let ids = self.trials.faults.iter().map(|f| format!(" {}", f.id));
                format!(" --fault{}", ids.collect::<String>())
            }
        };
        format!(
            "gcdiff zoo --seeds {} --cases {}{only} --report DIR",
            self.trials.seeds, self.trials.cases
        )
    }

    /// The survival curves: the most important steps of the ablation, and all
    /// generators.
    fn survival(&self) -> String {
        let all = ("default, the whole oracle".to_string(), 0);
        let shown = ["results", "+graph", "+exact", "smith", "smith-never"];
        let others = self.names.iter().enumerate().filter_map(|(i, name)| {
            let known = shown.contains(&&name[..]);
            known.then(|| (self.label(i, name), i))
        });
        let curves = std::iter::once(all).chain(others).map(|(label, i)| {
            let trials = self.results[i].iter().flat_map(|s| &s.trials);
            let times: Vec<Option<u64>> = trials.map(|t| t.detected).collect();
            Curve::new(label, &times)
        });
        let curves: Vec<Curve> = curves.collect();
        svg::draw(&curves, self.trials.cases, &self.command())
    }

    fn label(&self, index: usize, name: &str) -> String {
        match index > STEPS {
            true => format!("{name}, the whole oracle"),
            false => format!("default, {}", setups()[index].1.options.layers),
        }
    }

    /// The share of trials in which a fault was detected, in percent, and the
    /// median time over all trials.
    fn share(&self, setup: usize) -> (f64, Option<u64>) {
        let trials = self.results[setup].iter().flat_map(|s| &s.trials);
        let times: Vec<Option<u64>> = trials.map(|t| t.detected).collect();
        let noticed = times.iter().flatten().count();
        let share = 100.0 * noticed as f64 / times.len().max(1) as f64;
        (share, quantile(&times, 50))
    }
}
