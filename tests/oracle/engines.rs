//! Engines in processes of their own: answers, deaths and silence.
#![cfg(unix)]

use gcdiff::case;
use gcdiff::engine::NoInspector;
use gcdiff::engines::{EngineSubject, Form};
use gcdiff::export::{Collect, Expected, Number, export};
use gcdiff::heap::model::Model;
use gcdiff::module::Module;
use gcdiff::observe::JsonObservation;
use gcdiff::oracle::{CaseForm, Collector, Options, SharedSubject, Verdict, judge_module};
use std::sync::Arc;
use std::time::Duration;

const CASE: &str = r#";;! [[steps]]
;;! call = "f"
;;! args = ["7"]
(module
  (type $s (struct (field i32)))
  (global $g (mut (ref null $s)) (ref.null $s))
  (func (export "f") (param i32) (result i32)
    (global.set $g (struct.new $s (local.get 0)))
    (struct.get $s 0 (global.get $g))))"#;

/// A script that answers each request with these commands, where `$n` is the number of the case.
fn script(answer: &str) -> String {
    let number = r#"n=$(echo "$line" | sed 's/.*"case":\([0-9]*\).*/\1/')"#;
    format!("while read -r line; do\n  {number}\n  {answer}\ndone\n")
}

/// The verdict if a shell script answers with these commands.
fn verdict(name: &str, answer: &str, timeout: u64) -> Verdict {
    verdict_on(CASE, name, &script(answer), timeout)
}

/// The verdict on a case if a shell script is the runner.
fn verdict_on(case: &str, name: &str, text: &str, timeout: u64) -> Verdict {
    let (first, second) = verdicts_on(case, name, text, timeout);
    assert_eq!(first.fingerprint(), second.fingerprint());
    first
}

/// The verdicts if the case is judged twice with one engine.
fn verdicts_on(case: &str, name: &str, text: &str, timeout: u64) -> (Verdict, Verdict) {
    verdicts_in(Form::Exported, case, name, (text, timeout))
}

/// The same in a form.
fn verdicts_in(
    form: Form,
    case: &str,
    name: &str,
    (text, timeout): (&str, u64),
) -> (Verdict, Verdict) {
    let folder = std::env::temp_dir().join(format!("gcdiff-engine-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let script = folder.join("runner.sh");
    std::fs::write(&script, text).unwrap();
    let command = vec!["sh".into(), script.display().to_string()];
    let engine = EngineSubject::new("fake", command, Duration::from_secs(timeout)).in_form(form);
    let mut options = Options::default().with_collectors([
        SharedSubject::from(Collector::Null),
        Collector::Drc.into(),
        Arc::new(engine),
    ]);
    options.form = Some(Arc::new(form));
    let case = case::read(case.as_bytes()).unwrap().0;
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    // Twice, with one process or with another after a death.
    let first = judge_module(&case, &module, &options).unwrap().verdict;
    let second = judge_module(&case, &module, &options).unwrap().verdict;
    std::fs::remove_dir_all(&folder).unwrap();
    (first, second)
}

/// The right answer, in JSON.
fn right() -> String {
    let case = case::read(CASE.as_bytes()).unwrap().0;
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    let exported = export(&case, &module, Collect::Import).unwrap();
    let calls = exported.expectations(&Options::default()).unwrap().calls;
    let calls = calls.iter().map(|(_, expected)| match expected {
        Expected::Returns(numbers) => {
            let numbers = numbers.iter().map(|number| match number {
                Number::I32(value) => format!(r#"{{"i32":"{value:#x}"}}"#),
                Number::I64(value) => format!(r#"{{"i64":"{value:#x}"}}"#),
            });
            format!(
                r#"{{"returns":[{}]}}"#,
                numbers.collect::<Vec<_>>().join(",")
            )
        }
        other => panic!("{other:?}"),
    });
    let calls = calls.collect::<Vec<_>>().join(",");
    format!(r#""instantiation":{{"returns":[]}},"calls":[{calls}]"#)
}

fn answer(rest: &str) -> String {
    format!("echo \"start $n\"; echo '{{\"case\":'$n',{rest}}}'")
}

#[test]
fn an_engine_votes_like_a_heap() {
    assert_eq!(verdict("right", &answer(&right()), 60), Verdict::Agree);
    let wrong = right().replacen("\"i32\":\"0x", "\"i32\":\"0x1", 1);
    let verdict = verdict("wrong", &answer(&wrong), 60);
    assert_eq!(verdict.fingerprint().unwrap(), "differ:result:fake");
    assert!(verdict.to_string().contains("observe"), "{verdict}");
}

#[test]
fn a_death_is_known_by_its_last_words() {
    let dies = "echo \"start $n\"; echo \"thread 'main' panicked at drc.rs:7:9:\" >&2; \
                echo '0x110 is supposedly live; should have nonzero ref count' >&2; exit 101";
    let verdict = verdict("dies", dies, 60);
    assert_eq!(
        verdict.fingerprint().unwrap(),
        "engine:fake:crash:is-supposedly-live-should-have-nonzero-ref-count"
    );
    assert!(
        verdict.to_string().contains("0x110 is supposedly live"),
        "{verdict}"
    );
}

#[test]
fn silence_is_a_finding_and_a_refusal_is_none() {
    let silent = verdict("silent", "echo \"start $n\"; sleep 60", 1);
    assert_eq!(silent.fingerprint().unwrap(), "limits:time:fake");
    let refused = verdict("refused", &answer(r#""refused":"no exceptions""#), 60);
    assert!(matches!(refused, Verdict::Discard(..)), "{refused}");
    assert!(refused.to_string().contains("no exceptions"), "{refused}");
    let other = verdict("other", "echo \"start $n\"; echo '{\"case\":true}'", 60);
    assert_eq!(other.fingerprint().unwrap(), "panic:answer:fake");
}

/// A machine may be busy with something else.
#[test]
fn silence_counts_the_second_time() {
    let right = answer(&right());
    let busy = format!(
        "if [ -e \"$0.busy\" ]; then {right}; else : > \"$0.busy\"; echo \"start $n\"; sleep 60; fi"
    );
    assert_eq!(verdict("busy", &busy, 3), Verdict::Agree);
}

/// More than a pipe takes.
#[test]
fn a_runner_that_does_not_read_or_closes_its_output_is_left() {
    let large = format!(
        "(module (memory 4) (data (i32.const 0) \"{}\") (func (export \"f\")))",
        "x".repeat(150_000)
    );
    let deaf = verdict_on(&large, "deaf", "sleep 60", 1);
    assert_eq!(deaf.fingerprint().unwrap(), "limits:time:fake");
    let closed = verdict_on(
        CASE,
        "closed",
        &script("echo \"start $n\"; exec 1>&- 2>&-; sleep 60"),
        30,
    );
    assert_eq!(
        closed.fingerprint().unwrap(),
        "engine:fake:crash:it-has-closed-its-output"
    );
    let flood = verdict_on(CASE, "flood", "yes", 1);
    assert_eq!(flood.fingerprint().unwrap(), "limits:time:fake");
}

/// What a process has started may hold its output open after its end.
#[test]
fn a_death_is_seen_also_if_a_child_lives_on() {
    let dies = verdict("child", "echo \"start $n\"; sleep 60 & exit 7", 60);
    assert_eq!(dies.fingerprint().unwrap(), "engine:fake:crash:exit-status");
}

#[test]
fn half_a_line_is_a_death_and_a_long_one_is_no_finding() {
    let half = verdict("half", "echo \"start $n\"; printf '{\"case\":'; exit 7", 60);
    assert_eq!(half.fingerprint().unwrap(), "engine:fake:crash:exit-status");
    let long = "echo \"start $n\"; printf '{\"case\":1,\"refused\":\"'; head -c 17000000 /dev/zero | tr '\\0' x";
    let long = verdict("long", long, 60);
    assert!(matches!(long, Verdict::Discard(..)), "{long}");
    assert!(long.to_string().contains("16 MiB"), "{long}");
}

/// A process may end after its answer.
#[test]
fn an_end_between_two_cases_is_a_crash_unless_it_is_without_an_error() {
    let once = |end: &str| script(&format!("{}; {end}", answer(&right())));
    let done = verdict_on(CASE, "done", &once("exit 0"), 60);
    assert_eq!(done, Verdict::Agree);
    let late = "echo 'thread panicked at gc.rs:1:1:' >&2; echo 'a late sweep' >&2; exit 101";
    let (first, second) = verdicts_on(CASE, "late", &once(late), 60);
    assert_eq!(first, Verdict::Agree);
    assert_eq!(
        second.fingerprint().unwrap(),
        "engine:fake:crash:a-late-sweep"
    );
    assert!(second.to_string().contains("after its answer"), "{second}");
}

#[test]
fn what_a_process_said_of_one_case_is_not_about_the_next() {
    let answers = answer(&right());
    let speaks = format!("echo 'Error: old and harmless' >&2; sleep 0.2; {answers}");
    let text = script(&format!(
        "if [ -n \"$again\" ]; then echo \"start $n\"; exit 7; fi; {speaks}; again=1"
    ));
    let (first, second) = verdicts_on(CASE, "stale", &text, 60);
    assert_eq!(first, Verdict::Agree);
    assert_eq!(
        second.fingerprint().unwrap(),
        "engine:fake:crash:exit-status"
    );
}

#[test]
fn an_incomplete_answer_is_no_difference() {
    let without_start = format!("echo '{{\"case\":'$n',{}}}'", right());
    for (name, answers) in [
        ("no-start", without_start),
        ("no-end", answer(r#""calls":[]"#)),
        ("no-calls", answer(r#""instantiation":{"returns":[]}"#)),
        ("no-throw", answer(r#""instantiation":{"throws":false}"#)),
    ] {
        let verdict = verdict(name, &answers, 60);
        assert_eq!(
            verdict.fingerprint().unwrap(),
            "panic:answer:fake",
            "{name}"
        );
    }
}

/// A runner that is the host gets the plan, and shows the whole heap.
#[test]
fn a_runner_that_is_the_host_shows_what_a_heap_shows() {
    const CASE: &str = r#";;! host = [{ call = "g" }]
;;! [[steps]]
;;! call = "f"
(module
  (type $s (struct (field (mut i8) (ref null $s))))
  (import "host" "give" (func $give (param anyref) (result externref)))
  (global $g (mut (ref null $s)) (ref.null $s))
  (func (export "g"))
  (func (export "f") (result externref)
    (global.set $g (struct.new $s (i32.const -1) (ref.null $s)))
    (call $give (global.get $g))))"#;
    let case = case::read(CASE.as_bytes()).unwrap().0;
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    let (case, module) = Form::Embedder.convert(&case, &module).unwrap();
    let run = case::run(&case, &module, Model::new(1 << 20), &mut NoInspector);
    let seen = JsonObservation::new(&run.observation.unwrap(), &module);
    let seen = serde_json::to_string(&seen).unwrap();
    assert!(seen.contains(r#""values":["0xff",null]"#), "{seen}");
    let plan = r#""plan":{"steps":[{"call":"gcdiff.reset"},{"call":"f"}],"host":[{"call":"g"}],"#;
    let with = |seen: &str| {
        let seen = format!(r#""observation":{seen}"#);
        // Only who gets the plan answers.
        let plan = plan.replace(['[', ']'], ".");
        script(&format!(
            "if echo \"$line\" | grep -q '{plan}'; then {}; else exit 3; fi",
            answer(&seen)
        ))
    };
    let judge = |name: &str, seen: &str| {
        let (first, second) = verdicts_in(Form::Embedder, CASE, name, (&with(seen), 60));
        assert_eq!(first, second);
        first
    };
    assert_eq!(judge("whole", &seen), Verdict::Agree);
    for (name, wrong, fingerprint) in [
        ("field", seen.replace("0xff", "0xfe"), "differ:heap:fake"),
        (
            "count",
            seen.replace(r#""host_call_count":1"#, r#""host_call_count":2"#),
            "differ:host-call:fake",
        ),
        ("nothing", "null".into(), "panic:answer:fake"),
        (
            "types",
            seen.replace(r#""struct":0"#, r#""struct":9"#),
            "panic:answer:fake",
        ),
    ] {
        assert_ne!(wrong, seen, "{name}");
        let verdict = judge(name, &wrong);
        assert_eq!(
            verdict.fingerprint().as_deref(),
            Some(fingerprint),
            "{verdict}"
        );
    }
}

/// After an instantiation that has not ended well an embedder has no instance to look at.
#[test]
fn what_traps_at_instantiation_is_not_for_hosts() {
    let trapping = r#"(module (table 0 funcref) (elem (i32.const 1) $f) (func $f))"#;
    let (verdict, _) = verdicts_in(Form::Embedder, trapping, "trapping", ("exit 1", 60));
    assert!(matches!(verdict, Verdict::Discard(..)), "{verdict}");
    assert!(verdict.to_string().contains("instantiation"), "{verdict}");
}

/// A runner that cannot work is no finding of each case.
#[test]
fn a_runner_that_begins_nothing_is_an_error() {
    let check = |command: &[&str]| {
        let command = command.iter().map(|word| word.to_string()).collect();
        let engine = EngineSubject::new("fake", command, Duration::from_secs(60));
        engine.check().map_err(|error| error.to_string())
    };
    let ends = check(&["sh", "-c", "echo 'no such option' >&2; exit 2"]).unwrap_err();
    assert!(
        ends.contains("before it began a case: no such option"),
        "{ends}"
    );
    let gone = check(&["no-such-program-anywhere"]).unwrap_err();
    assert!(
        gone.contains("engine fake: no-such-program-anywhere"),
        "{gone}"
    );
    let begins = r#"read -r line; echo "start 0"; exit 1"#;
    assert_eq!(check(&["sh", "-c", begins]), Ok(()));
}

/// An engine has its own words for a trap, but a call that returns instead is another thing.
#[test]
fn kinds_of_traps_are_not_compared() {
    let case = ";;! [[steps]]\n;;! call = \"f\"\n(module (func (export \"f\") unreachable))";
    let observed = {
        let case = case::read(case.as_bytes()).unwrap().0;
        let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
        let exported = export(&case, &module, Collect::Import).unwrap();
        let calls = exported.expectations(&Options::default()).unwrap().calls;
        assert!(matches!(calls[0].1, Expected::Traps(_)), "{calls:?}");
        let Expected::Returns(numbers) = &calls[1].1 else {
            panic!("{calls:?}");
        };
        let [Number::I64(digest), Number::I32(objects)] = numbers[..] else {
            panic!("{numbers:?}");
        };
        format!(r#"{{"returns":[{{"i64":"{digest:#x}"}},{{"i32":"{objects:#x}"}}]}}"#)
    };
    let with = |name: &str, first: &str| {
        let rest = format!(r#""instantiation":{{"returns":[]}},"calls":[{first},{observed}]"#);
        verdict_on(case, name, &script(&answer(&rest)), 60)
    };
    assert_eq!(with("trap", r#"{"traps":"wasm is sad"}"#), Verdict::Agree);
    let returned = with("no-trap", r#"{"returns":[{"i64":"0x0"}]}"#);
    assert!(returned.is_finding(), "{returned}");
}

/// An embedder sees no instance of such a case, and its runner is not asked.
#[test]
fn a_case_whose_instantiation_traps_is_for_exported_forms() {
    let case = r#"(module (table 1 funcref) (elem (i32.const 1) func 0) (func))"#;
    let dies = script("echo \"start $n\"; exit 3");
    let (first, _) = verdicts_in(Form::Embedder, case, "no-instance", (&dies, 10));
    let Verdict::Discard(_, why) = &first else {
        panic!("{first:?}");
    };
    assert!(why.contains("its instantiation traps"), "{why}");
    let (first, _) = verdicts_in(Form::Exported, case, "trap", (&dies, 10));
    assert!(first.is_finding(), "{first:?}");
}

/// Conversion adds locals, and validation allows a function only so many.
#[test]
fn a_function_without_room_for_a_meter_is_discarded() {
    let locals = "(local i32)".repeat(49_999);
    let case = format!("(module (func (export \"f\") {locals}))");
    let dies = script("echo \"start $n\"; exit 3");
    for form in [Form::Exported, Form::Embedder] {
        let (first, _) = verdicts_in(form, &case, "no-room", (&dies, 10));
        let Verdict::Discard(_, why) = &first else {
            panic!("{first:?}");
        };
        assert!(why.contains("no room for a meter"), "{why}");
    }
}
