//! gcdiff in the CI of another repository: the shell commands of `action.yml` and of `docs/ci.md` run
//! in a folder like such a repository. What they install is a script in front of this build, which
//! leaves out the engine and makes campaigns short.

use crate::common::{Scratch, ours};
use std::path::Path;
use std::process::{Command, Stdio};

/// In the place of cargo: `cargo install` copies the script, and other commands do nothing.
const CARGO: &str = r#"#!/usr/bin/env bash
echo "cargo $*" >> "$LOG"
[ "$1" = install ] || exit 0
while [ "$1" != --root ]; do shift; done
mkdir -p "$2/bin"
cp "$GCDIFF_SCRIPT" "$2/bin/gcdiff"
"#;

/// In the place of gcdiff.
const GCDIFF: &str = r#"#!/usr/bin/env bash
echo "gcdiff $*" >> "$LOG"
args=("$1")
[ "$1" != fuzz ] || args+=(--no-reduce ${FAULT:+--fault "$FAULT"})
shift
while [ $# -gt 0 ]; do
  case $1 in
    --engine) shift ;;
    --engine=*) ;;
    --seconds) args+=(--cases 20); shift ;;
    *) args+=("$1") ;;
  esac
  shift
done
exec "$GCDIFF_BUILD" "${args[@]}"
"#;

/// A repository with cases and with the settings of an engine.
struct Repository(Scratch);

impl Repository {
    fn new(name: &str) -> Repository {
        let folder = Scratch::new(name);
        for made in ["bin", "home", "tmp", "tests/gcdiff"] {
            std::fs::create_dir_all(folder.join(made)).unwrap();
        }
        folder.file("bin/cargo", CARGO);
        // With another HOME, that of rustup would find no toolchain.
        folder.file("bin/rustc", "#!/bin/sh\necho rustc 1.93.0\n");
        folder.file("gcdiff-script", GCDIFF);
        folder.file("gcdiff.toml", "[engines.mine]\ncommand = \"false\"\n");
        for seed in ["issue-10182", "array-copy-of-objects"] {
            let seed = format!("{seed}.wat");
            let from = ours(&format!("corpus/regressions/{seed}"));
            std::fs::copy(from, folder.join("tests/gcdiff").join(seed)).unwrap();
        }
        for script in ["bin/cargo", "bin/rustc", "gcdiff-script"] {
            let chmod = ["+x", &folder.path(script)];
            assert!(
                Command::new("chmod")
                    .args(chmod)
                    .status()
                    .unwrap()
                    .success()
            );
        }
        Repository(folder)
    }

    /// Runs commands as a runner of GitHub does, with the variables of a step.
    fn bash(&self, commands: &str, variables: &[(&str, &str)]) -> i32 {
        let path = std::env::var("PATH").unwrap();
        let added = self.read("path");
        let added: String = added.lines().map(|line| format!("{line}:")).collect();
        let mut shell = Command::new("bash");
        shell.args(["--noprofile", "--norc", "-euo", "pipefail", "-c", commands]);
        shell.current_dir(&self.0.0).stdout(Stdio::null());
        shell.env("PATH", format!("{}:{added}{path}", self.0.path("bin")));
        for (name, file) in [
            ("HOME", "home"),
            ("RUNNER_TEMP", "tmp"),
            ("LOG", "log"),
            ("GCDIFF_SCRIPT", "gcdiff-script"),
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_PATH", "path"),
            ("GITHUB_STEP_SUMMARY", "summary"),
        ] {
            shell.env(name, self.0.path(file));
        }
        shell.env("GCDIFF_BUILD", env!("CARGO_BIN_EXE_gcdiff"));
        shell.env("RUNNER_OS", "Linux").env("RUNNER_ARCH", "X64");
        shell.envs(variables.iter().copied());
        let ended = shell.status().unwrap();
        ended.code().expect("no signal")
    }

    /// The contents of a file, or nothing.
    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    /// Whether a campaign has saved findings.
    fn has_findings(&self) -> bool {
        let folder = std::fs::read_dir(self.0.join("gcdiff-findings"));
        folder.is_ok_and(|mut folder| folder.next().is_some())
    }

    fn has_reports(&self) -> bool {
        let is_there = |kind| {
            self.0
                .join(&format!("gcdiff-report/{kind}/index.html"))
                .is_file()
        };
        is_there("replay") && is_there("fuzz")
    }
}

/// The shell commands of the steps of a workflow or an action, in order.
fn steps(yaml: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut lines = yaml.lines().peekable();
    while let Some(line) = lines.next() {
        let key = line.trim_start().trim_start_matches("- ");
        let Some(command) = key.strip_prefix("run:") else {
            continue;
        };
        let margin = line.len() - key.len();
        let mut commands = command.trim().to_string();
        if commands == "|" {
            commands.clear();
            let is_inside = |line: &&str| {
                line.trim().is_empty() || line.len() - line.trim_start().len() > margin
            };
            while let Some(line) = lines.next_if(is_inside) {
                commands.push_str(line);
                commands.push('\n');
            }
        }
        // GitHub would replace these in the text, so input could become code.
        assert!(!commands.contains("${{"), "{commands}");
        steps.push(commands);
    }
    steps
}

/// The blocks of a language in a Markdown file.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("\n```{language}\n");
    let blocks = text.split(&start[..]).skip(1);
    blocks
        .map(|block| block.split("\n```").next().unwrap())
        .collect()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(&ours(name))).unwrap()
}

/// The exit code that the action announces and ends with, for its inputs.
fn act(repository: &Repository, inputs: &[(&str, &str)]) -> i32 {
    let action = read("action.yml");
    let [build, install, run, end] = &steps(&action)[..] else {
        panic!("the steps of the action have changed: {action}");
    };
    let ours = ours("");
    let defaults = [
        ("ACTION", &ours[..]),
        ("VERSION", ""),
        ("FROM", ""),
        ("SEEDS", ""),
        ("SECONDS_TO_RUN", "60"),
        ("SEED", "0"),
        ("ENGINES", ""),
        ("ARGS", ""),
        ("FINDINGS", "gcdiff-findings"),
        ("REPORT", "gcdiff-report"),
    ];
    // Of two variables with the same name the later one counts.
    let variables = [&defaults[..], inputs].concat();
    assert_eq!(repository.bash(build, &variables), 0);
    let output = repository.read("output");
    let output = |name: &str| {
        let mut values = output.lines().filter_map(|line| line.split_once('='));
        let value = values.find(|(key, _)| *key == name);
        value
            .unwrap_or_else(|| panic!("no output {name}: {output}"))
            .1
    };
    assert!(output("key").starts_with("gcdiff-Linux-X64-"));
    let built = [("ROOT", output("root")), ("SOURCE", output("path"))];
    let variables = [&variables[..], &built].concat();
    assert_eq!(repository.bash(install, &variables), 0);
    assert_eq!(repository.bash(run, &variables), 0);
    let output = repository.read("output");
    let (_, code) = output.rsplit_once("exit-code=").unwrap();
    let code = code.trim();
    let ended = repository.bash(end, &[("CODE", code)]);
    assert_eq!(ended.to_string(), code);
    ended
}

#[test]
fn the_action_replays_and_fuzzes() {
    let repository = Repository::new("action");
    let inputs = [
        (
            "SEEDS",
            "tests/gcdiff/issue-10182.wat\ntests/gcdiff/array-copy-of-objects.wat\n",
        ),
        ("ENGINES", "mine\nother=./other --option\n"),
        ("ARGS", "--jobs 1 --audit end"),
    ];
    assert_eq!(act(&repository, &inputs), 0);
    assert!(repository.has_reports());
    assert!(!repository.has_findings());
    assert_eq!(repository.read("summary"), "gcdiff: everything agrees\n");
    let log = repository.read("log");
    assert!(log.contains("cargo install --path "), "{log}");
    assert!(
        log.contains("gcdiff replay --engine=mine --engine=other=./other --option "),
        "{log}"
    );
    assert!(log.contains(" --jobs 1 --audit end\n"), "{log}");
}

#[test]
fn the_action_fails_for_a_finding_and_for_an_error() {
    let repository = Repository::new("action-fails");
    // A finding of the campaign counts more than a file that is not there.
    let inputs = [
        ("SEEDS", "no-such-file.wat"),
        ("ARGS", "--fault canary"),
        ("VERSION", "0.1.0"),
    ];
    assert_eq!(act(&repository, &inputs), 1);
    assert!(repository.has_findings());
    assert_eq!(repository.read("summary"), "gcdiff: there are findings\n");
    let log = repository.read("log");
    assert!(
        log.contains("cargo install gcdiff --version 0.1.0 --locked "),
        "{log}"
    );

    let repository = Repository::new("action-error");
    let inputs = [("SEEDS", "no-such-file.wat"), ("SECONDS_TO_RUN", "0")];
    assert_eq!(act(&repository, &inputs), 2);
    assert!(!repository.read("log").contains("gcdiff fuzz"));
}

#[test]
fn the_script_for_other_servers_runs() {
    let document = read("docs/ci.md");
    let scripts = blocks(&document, "sh");
    let [script] = scripts[..] else {
        panic!("there are {} scripts", scripts.len());
    };
    for (fault, code) in [("", 0), ("canary", 1)] {
        let repository = Repository::new(&format!("script-{code}"));
        assert_eq!(repository.bash(script, &[("FAULT", fault)]), code);
        assert!(repository.has_reports());
        assert_eq!(repository.has_findings(), code == 1);
        // The binary is kept.
        assert_eq!(repository.bash(script, &[("FAULT", fault)]), code);
        let log = repository.read("log");
        assert_eq!(log.matches("cargo install").count(), 1, "{log}");
        assert_eq!(log.matches(" --engine mine ").count(), 4, "{log}");
    }
}

#[test]
fn the_workflow_in_plain_steps_runs() {
    let document = read("docs/ci.md");
    let workflows = blocks(&document, "yaml");
    let workflow = workflows.iter().find(|text| text.contains("gcdiff fuzz"));
    let steps = steps(workflow.unwrap());
    assert_eq!(steps.len(), 5, "{steps:?}");
    for (fault, code) in [("", 0), ("canary", 1)] {
        let repository = Repository::new(&format!("workflow-{code}"));
        let variables = [
            ("FAULT", fault),
            ("GCDIFF_VERSION", "0.1.0"),
            ("GCDIFF_SECONDS", "120"),
            ("GCDIFF_SEED", "0"),
        ];
        let codes: Vec<_> = steps
            .iter()
            .map(|step| repository.bash(step, &variables))
            .collect();
        assert_eq!(codes, [0, 0, 0, 0, code]);
        assert!(repository.has_reports());
        assert_eq!(repository.has_findings(), code == 1);
    }
}

#[test]
fn our_own_workflows_are_pinned_and_their_commands_parse() {
    let mut files = vec!["action.yml".to_string()];
    for file in std::fs::read_dir(ours(".github/workflows")).unwrap() {
        let name = file.unwrap().file_name();
        files.push(format!(".github/workflows/{}", name.to_str().unwrap()));
    }
    assert!(files.len() > 3);
    let repository = Repository::new("workflows");
    for file in files {
        let text = read(&file);
        for line in text.lines() {
            let key = line.trim_start().trim_start_matches("- ");
            let Some(action) = key.strip_prefix("uses: ") else {
                continue;
            };
            // The owner of an action can move a tag, and not a commit.
            let (_, version) = action.split_once('@').unwrap_or_default();
            let commit = version.split(' ').next().unwrap();
            let is_commit = commit.len() == 40 && version.contains(" # v");
            assert!(action == "./" || is_commit, "{file}: {action}");
        }
        for commands in steps(&text) {
            let commands = repository.0.file("commands", commands);
            assert_eq!(
                repository.bash(&format!("bash -n '{commands}'"), &[]),
                0,
                "{file}"
            );
        }
    }
}
