//! The options that a verdict depends on, by name, for the header of a case.

use super::{Layers, Options, Timing};
use crate::case::Header;
use crate::engine::Grain;
use crate::unknown_name::UnknownName;
use std::fmt;
use std::str::FromStr;

/// Options by name: the record from which a case can be judged again in the
/// same way. Faults have their own names.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Pins {
    header: Header,
    /// Options of the command line for subjects that the header cannot name, with a space before each.
    words: String,
}

impl Options {
    /// The record of these options. Defaults for a single case are left out,
    /// except for the collectors.
    pub fn pins(&self) -> Pins {
        let default = Options::default();
        let names = self.collectors.iter().map(|subject| subject.name().into());
        let names: Vec<String> = names.collect();
        let options = self
            .collectors
            .iter()
            .filter_map(|subject| subject.option());
        let words = options.map(|option| format!(" {option}")).collect();
        let header = Header {
            collectors: (!names.is_empty()).then_some(names),
            audit: (self.timing != default.timing).then(|| self.timing.to_string()),
            oracle: (self.layers != default.layers).then(|| self.layers.to_string()),
            reschedule: (self.reschedule != default.reschedule).then_some(self.reschedule),
            ..Header::default()
        };
        Pins { header, words }
    }

    /// Options for one case, as the header of a finding records them: with those subjects of these
    /// options, also of [`Options::sometimes`], that it names.
    ///
    /// # Errors
    ///
    /// If a timing or a layer has an unknown name.
    pub fn for_header(&self, header: &Header) -> Result<Options, UnknownName> {
        let named = |name: &String| {
            let mut all = self.collectors.iter().chain(&self.sometimes);
            all.find(|subject| subject.name() == name).cloned()
        };
        let subjects = header.collectors.iter().flatten().filter_map(named);
        let options = Options {
            form: self.form.clone(),
            ..Options::default().pinned(header)?
        };
        Ok(options.with_collectors(subjects))
    }

    /// Replaces timing, layers and second runs by those in a header.
    ///
    /// # Errors
    ///
    /// If a timing or a layer has an unknown name.
    pub fn pinned(mut self, header: &Header) -> Result<Options, UnknownName> {
        if let Some(text) = &header.audit {
            self.timing = text.parse()?;
        }
        if let Some(text) = &header.oracle {
            self.layers = text.parse::<Layers>()?;
        }
        if let Some(reschedule) = header.reschedule {
            self.reschedule = reschedule;
        }
        Ok(self)
    }
}

impl Pins {
    /// A header with these options only.
    pub fn header(&self) -> Header {
        self.header.clone()
    }

    /// What a command that judges a case with this header needs besides: options of the command line,
    /// with a space before each.
    pub fn words(&self) -> &str {
        &self.words
    }
}

/// The names of timings.
const TIMINGS: [(&str, Timing); 7] = [
    ("never", Timing::Never),
    ("auto", Timing::Sampled),
    ("end", Timing::At(Grain::End)),
    ("collection", Timing::At(Grain::Collection)),
    ("call", Timing::At(Grain::Call)),
    ("collecting", Timing::At(Grain::Collecting)),
    ("every", Timing::At(Grain::Every)),
];

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = TIMINGS.iter().find(|(_, timing)| timing == self);
        f.write_str(name.map_or("auto", |(name, _)| name))
    }
}

impl FromStr for Timing {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Timing, UnknownName> {
        let found = TIMINGS.iter().find(|(name, _)| *name == text);
        found
            .map(|(_, timing)| *timing)
            .ok_or_else(|| UnknownName::new("time to audit", text, TIMINGS.map(|(name, _)| name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::Layer;

    #[test]
    fn options_come_back_from_a_header() {
        let all = Options::default();
        assert_eq!(all.pins().header().audit, None);
        assert_eq!(all.pins().header().reschedule, None);
        for (_, timing) in TIMINGS {
            assert_eq!(timing.to_string().parse(), Ok(timing));
            let options = Options {
                timing,
                layers: Layers::RESULTS.with(Layer::Graph),
                reschedule: false,
                ..Options::default()
            };
            let header = options.pins().header();
            let again = Options::default().pinned(&header).unwrap();
            assert_eq!(again.pins(), options.pins());
            assert!(again.timing == timing && !again.reschedule);
        }
        let wrong = Header {
            audit: Some("hourly".into()),
            ..Header::default()
        };
        assert!(
            all.pinned(&wrong)
                .unwrap_err()
                .to_string()
                .contains("there are never, auto")
        );
    }
}
