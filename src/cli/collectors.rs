//! The collectors that a command line knows by name: those of gcdiff, and those of the program.

use super::engine::check_name;
use crate::oracle::{Collector, Options, SharedSubject};
use crate::unknown_name::UnknownName;
use std::sync::Arc;

/// The collectors by name.
#[derive(Clone, Default)]
pub(super) struct KnownCollectors {
    /// Those that the program adds to the four of gcdiff.
    own: Arc<[SharedSubject]>,
}

/// The value of `-C`.
#[derive(Clone)]
pub(super) struct Collectors(pub Vec<SharedSubject>);

impl KnownCollectors {
    /// The collectors of gcdiff, and those of a program.
    ///
    /// # Errors
    ///
    /// If a name is taken, or cannot be written in an option or a header.
    pub fn with(own: impl IntoIterator<Item = SharedSubject>) -> Result<KnownCollectors, String> {
        let own: Arc<[SharedSubject]> = own.into_iter().collect();
        for (index, subject) in own.iter().enumerate() {
            let name = subject.name();
            let in_name =
                |message: String| format!("collector {name:?} of this program: {message}");
            check_name(name).map_err(in_name)?;
            if own[..index].iter().any(|other| other.name() == name) {
                return Err(in_name(
                    "another one of this program has the same name".into(),
                ));
            }
        }
        Ok(KnownCollectors { own })
    }

    /// The collectors of the program.
    pub fn own(&self) -> &[SharedSubject] {
        &self.own
    }

    /// The names of the collectors of the program, separated by commas. Empty if there are none.
    pub fn own_names(&self) -> String {
        let names: Vec<&str> = self.own.iter().map(|subject| subject.name()).collect();
        names.join(", ")
    }

    /// All names, separated by commas.
    pub fn names(&self) -> String {
        let mut names: Vec<&str> = Collector::ALL.iter().map(|c| c.name()).collect();
        names.extend(self.own.iter().map(|subject| subject.name()));
        names.join(", ")
    }

    /// All collectors that have heaps on the engine of gcdiff, as scripts need them.
    pub fn with_heaps(&self) -> Vec<SharedSubject> {
        let own = self.own.iter().filter(|own| own.heap().is_some());
        let all = Collector::ALL.map(SharedSubject::from);
        all.into_iter().chain(own.cloned()).collect()
    }

    /// The collector of this name.
    pub fn get(&self, name: &str) -> Option<SharedSubject> {
        match name.parse::<Collector>() {
            Ok(collector) => Some(collector.into()),
            Err(_) => self.own.iter().find(|own| own.name() == name).cloned(),
        }
    }

    /// The collectors of these names, each once.
    ///
    /// # Errors
    ///
    /// If a name is unknown or is there twice, or if there is none.
    pub fn list<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<SharedSubject>, String> {
        let mut list: Vec<SharedSubject> = Vec::new();
        for name in names {
            let collector = self.get(name).ok_or_else(|| UnknownName {
                kind: "collector",
                name: name.into(),
                known: self.names(),
            })?;
            if list.iter().any(|other| other.name() == name) {
                return Err(format!("collector {name} is named twice"));
            }
            list.push(collector);
        }
        match list.is_empty() {
            true => Err("no collector is named".into()),
            false => Ok(list),
        }
    }

    /// Reads `collector=null,drc`.
    pub fn option(&self, text: &str) -> Result<Collectors, String> {
        let names = text
            .strip_prefix("collector=")
            .ok_or_else(|| format!("{text:?}: expected collector=NAME,..."))?;
        self.list(names.split(',')).map(Collectors)
    }

    /// The options with the collectors of the program on every case, behind those that are there.
    pub fn beside(&self, mut options: Options) -> Options {
        options.collectors.extend(self.own.iter().cloned());
        options
    }
}

/// Advice for a file that names a collector which this program does not have.
pub(super) const OF_ANOTHER: &str = "if it is a collector of a program that calls \
                                     gcdiff::cli::main_with, that program can run the file";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;
    use crate::heap::Reclaims;
    use crate::heap::drc::{Drc, Policy};
    use crate::module::Module;
    use crate::oracle::{HeapSubject, PlanError, RunOptions, Subject, SubjectRun};
    use crate::script::{Auditing, Options as Script, run_on};

    struct Named(&'static str);

    impl Policy for Named {
        fn name(&self) -> &'static str {
            self.0
        }
    }

    fn subject(name: &'static str) -> SharedSubject {
        HeapSubject::shared(move || Drc::with_policy(1 << 20, Named(name)))
    }

    /// A subject that has no heap of this crate.
    struct Elsewhere;

    impl Subject for Elsewhere {
        fn name(&self) -> &str {
            "elsewhere"
        }

        fn reclaims(&self) -> Reclaims {
            Reclaims::Everything
        }

        fn run(&self, _: &Case, _: &Arc<Module>, _: &RunOptions) -> Result<SubjectRun, PlanError> {
            Err(PlanError("there is no engine".into()))
        }
    }

    #[test]
    fn scripts_run_on_the_collectors_that_have_heaps() {
        let known = KnownCollectors::with([Arc::new(Elsewhere), subject("mine")]).unwrap();
        let all = known.with_heaps();
        assert_eq!(names(&all), ["null", "drc", "copying", "model", "mine"]);
        let elsewhere = known.get("elsewhere").unwrap();
        let report = run_on(
            "(module)",
            &*elsewhere,
            Auditing::default(),
            &Script::default(),
        );
        assert_eq!(report, None);
    }

    fn names(list: &[SharedSubject]) -> Vec<&str> {
        list.iter().map(|subject| subject.name()).collect()
    }

    #[test]
    fn collectors_of_the_program_stand_beside_those_of_gcdiff() {
        let known = KnownCollectors::with([subject("mine"), subject("other")]).unwrap();
        assert_eq!(known.names(), "null, drc, copying, model, mine, other");
        assert_eq!(known.own_names(), "mine, other");
        let Collectors(list) = known.option("collector=mine,null").unwrap();
        assert_eq!(names(&list), ["mine", "null"]);
        let options = known.beside(Options::fuzzing());
        assert_eq!(names(&options.collectors), ["drc", "null", "mine", "other"]);
        assert_eq!(names(&options.sometimes), ["copying", "model"]);
    }

    #[test]
    fn names_that_are_wrong_are_refused() {
        let known = KnownCollectors::with([subject("mine")]).unwrap();
        let refused = |text: &str| known.option(text).err().unwrap();
        assert_eq!(
            refused("collector=mime"),
            "no collector \"mime\"; there are null, drc, copying, model, mine"
        );
        assert_eq!(
            refused("collector=mine,mine"),
            "collector mine is named twice"
        );
        assert!(refused("mine").contains("expected collector=NAME"));
        assert_eq!(known.list([]).err().unwrap(), "no collector is named");
        // Without the program, its collector is unknown.
        let refused = KnownCollectors::default().option("collector=mine").err();
        assert!(refused.unwrap().ends_with("null, drc, copying, model"));
    }

    #[test]
    fn names_that_are_taken_or_cannot_be_written_are_refused() {
        let refused = |own: Vec<SharedSubject>| KnownCollectors::with(own).err().unwrap();
        assert_eq!(
            refused(vec![subject("drc")]),
            "collector \"drc\" of this program: drc is a collector of gcdiff"
        );
        assert_eq!(
            refused(vec![subject("mine"), subject("mine")]),
            "collector \"mine\" of this program: another one of this program has the same name"
        );
        for name in ["", "two words", "a,b", "-C", "a\nb"] {
            assert!(
                refused(vec![subject(name)]).contains("letters, digits"),
                "{name}"
            );
        }
    }
}
