//! Tests of the event recorder, on modules that do one thing each. It counts
//! the right events and changes nothing else.

use gcdiff::case;
use gcdiff::engine::Schedule;
use gcdiff::events::{self, Event, Sink, Survey, Tally};
use gcdiff::generate::{self, Feature, Features, Generator, Profile};
use gcdiff::oracle::{Collector, Options, Verdict, judge, judge_module};
use std::sync::Arc;

const MODULE: &str = r#"
    (type $node (sub (struct (field (mut (ref null $node))) (field (mut i8)))))
    (type $refs (array (mut eqref)))
    (type $nodes (array (mut (ref null $node))))
    (type $bytes (array (mut i8)))
    (tag $tag (param (ref null $node)))
    (global $g (mut eqref) (ref.null eq))
    (global $exn (mut exnref) (ref.null exn))
    (table $t 8 20 eqref)
    (elem $seg eqref (item (struct.new_default $node)) (item (ref.i31 (i32.const 1))))
    (func $make (result (ref $node)) (struct.new_default $node))
    (func $id (param (ref null $node)) (result (ref null $node)) (local.get 0))
    (func $collects (param (ref null $node)) (drop (struct.new_default $node)))
    (func $two (result (ref $refs))
      (array.new_fixed $refs 4 (call $make) (ref.i31 (i32.const 5)) (call $make) (call $make)))"#;

/// The events of a module whose function has this body.
fn tally(body: &str, schedule: Schedule) -> Tally {
    let text = format!(
        "(module {MODULE} (func (export \"f\") (local $n (ref null $node)) (local $m (ref null $node)) \
         (local $a (ref null $refs)) (local $x exnref) {body}))"
    );
    let (mut case, _) = case::read(text.as_bytes()).unwrap_or_else(|e| panic!("{body}: {e}"));
    case.schedule = schedule;
    let sink = Sink::default();
    let options = Options::default()
        .with_collectors([events::recorder(Collector::Drc, &sink)])
        .with_reschedule(false);
    let judged = judge(&case, &options).unwrap();
    assert_eq!(judged.verdict, Verdict::Agree, "{body}");
    sink.take()
}

#[test]
fn each_operation_is_counted_as_what_it_is() {
    use Event::*;
    // Each body, with the events that it must and must not count.
    for (body, yes, no) in [
        ("(drop (call $make))", vec![NewStruct], vec![NewStructWith, NewReferences, OverObject]),
        (
            "(drop (struct.new $node (call $make) (i32.const 300)))",
            vec![NewStructWith, PackedOutOfRange],
            vec![],
        ),
        ("(drop (struct.new $node (ref.null $node) (i32.const 255)))", vec![NewStruct], vec![PackedOutOfRange]),
        ("(drop (array.new $refs (call $make) (i32.const 2)))", vec![NewReferences, NewCopies], vec![NewNumbers]),
        ("(drop (array.new $bytes (i32.const 16) (i32.const 2)))", vec![NewNumbers], vec![NewReferences, NewCopies]),
        ("(drop (call $two))", vec![NewFixed], vec![NewCopies]),
        (
            "(struct.set $node 0 (local.tee $n (call $make)) (local.get $n))",
            vec![WriteField, StoreInItself],
            vec![Cycle, OverObject],
        ),
        (
            "(local.set $n (struct.new $node (local.tee $m (call $make)) (i32.const 0)))
             (struct.set $node 0 (local.get $m) (local.get $n))
             (struct.set $node 0 (local.get $m) (local.get $n))
             (struct.set $node 0 (local.get $m) (ref.null $node))",
            vec![Cycle, SelfStore, NullOverObject],
            vec![StoreInItself, OverObject],
        ),
        (
            "(global.set $g (call $make)) (global.set $g (call $make)) (global.set $g (ref.i31 (i32.const -1)))
             (global.set $g (ref.null eq))",
            vec![WriteGlobal, OverObject, OverLast, I31OverObject, I31Edge, OverI31],
            vec![NullOverObject, WriteTable, SelfStore],
        ),
        (
            "(array.copy $refs $refs (local.tee $a (call $two)) (i32.const 1) (local.get $a) (i32.const 0) (i32.const 2))",
            vec![Copy, CopyUp, CopyOver],
            vec![CopyDown, CopySelf, CopyBetween, EmptyBulk, CopyObjects],
        ),
        (
            "(array.copy $refs $refs (local.tee $a (call $two)) (i32.const 1) (local.get $a) (i32.const 2) (i32.const 2))",
            vec![CopyDown, CopyObjects],
            vec![CopyUp],
        ),
        (
            "(array.copy $refs $refs (local.tee $a (call $two)) (i32.const 1) (local.get $a) (i32.const 1) (i32.const 2))",
            vec![CopySelf],
            vec![CopyUp, CopyDown],
        ),
        (
            "(array.copy $refs $nodes (call $two) (i32.const 0) (array.new $nodes (call $make) (i32.const 2)) (i32.const 0) (i32.const 2))",
            vec![CopyBetween, CopyObjects, CopyOver],
            vec![CopySelf, CopyUp],
        ),
        ("(array.copy $refs $refs (call $two) (i32.const 4) (call $two) (i32.const 0) (i32.const 0))", vec![EmptyBulk], vec![Copy]),
        (
            "(array.fill $refs (call $two) (i32.const 1) (call $make) (i32.const 2))",
            vec![Fill, FillMiddle, FillOver],
            vec![Copy],
        ),
        (
            "(array.init_elem $refs $seg (call $two) (i32.const 0) (i32.const 0) (i32.const 2))",
            vec![InitElements, InitOver, Segment],
            vec![SegmentAfterDrop],
        ),
        (
            "(elem.drop $seg) (elem.drop $seg) (drop (array.new_elem $refs $seg (i32.const 0) (i32.const 0)))",
            vec![ElemDrop, ElemDropAgain, SegmentAfterDrop],
            vec![Segment, InitElements],
        ),
        (
            "(table.fill $t (i32.const 0) (call $make) (i32.const 2)) (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 2))
             (drop (table.grow $t (call $make) (i32.const 1))) (drop (table.get $t (i32.const 0)))",
            vec![TableFill, TableCopy, TableOver, TableGrow, ReadTable],
            vec![WriteTable],
        ),
        (
            "(drop (ref.test (ref $node) (call $make))) (drop (ref.test (ref $refs) (call $make)))",
            vec![CastHit, CastMiss],
            vec![CastNull, CastI31],
        ),
        (
            "(drop (ref.test (ref $node) (ref.null none))) (drop (ref.test (ref $node) (ref.i31 (i32.const 1))))",
            vec![CastNull, CastI31],
            vec![CastHit, CastMiss],
        ),
        (
            "(block $out (result (ref null $node)) (try_table (catch $tag $out) (throw $tag (call $make))) (ref.null $node)) (drop)",
            vec![NewException, ThrowObject, Catch],
            vec![CatchRef, Rethrow, StoreException],
        ),
        (
            "(block $two
               (try_table (catch_all $two)
                 (block $one (result exnref)
                   (try_table (catch_all_ref $one) (throw $tag (ref.null $node)))
                   (ref.null exn))
                 (global.set $exn)
                 (throw_ref (global.get $exn))))",
            vec![CatchRef, Rethrow, StoreException],
            vec![ThrowObject],
        ),
        ("(return_call $collects (call $make))", vec![TailCall], vec![]),
        ("(return_call $collects (ref.null $node))", vec![], vec![TailCall]),
        (
            "(global.set $g (struct.new $node (struct.new $node (call $make) (i32.const 0)) (i32.const 0)))",
            vec![],
            vec![FreeByWrite],
        ),
    ] {
        let tally = tally(body, Schedule::Never);
        for event in yes {
            assert!(tally.of(event) > 0, "{} is not counted: {body}", event.name());
        }
        for event in no {
            assert_eq!(tally.of(event), 0, "{} is counted: {body}", event.name());
        }
    }
}

#[test]
fn collections_are_told_by_what_frames_hold() {
    use Event::*;
    for (body, yes, no) in [
        (
            "(local.set $n (call $make)) (call $collects (ref.null $node)) (drop (local.get $n))",
            vec![CollectRoots, CollectAcrossCall, CollectOnlyStack],
            vec![CollectInHandler, CollectAtLoop, CollectDeep],
        ),
        (
            "(local.set $n (call $make)) (loop) (drop (local.get $n))",
            vec![CollectAtLoop],
            vec![CollectAcrossCall, CollectInHandler],
        ),
        (
            "(local.set $n (call $make)) (block $h (try_table (catch_all $h) (drop (call $make)))) (drop (local.get $n))",
            vec![CollectInHandler],
            vec![CollectAtLoop],
        ),
        ("(call $collects (call $make))", vec![CollectAtEntry], vec![CollectAtLoop]),
        (
            "(global.set $g (struct.new $node (call $make) (i32.const 0)))
             (drop (call $make)) (drop (call $make)) (global.set $g (ref.null eq)) (drop (call $make))",
            vec![FreeByWrite, FreeChain, FreeBySweep, Reuse],
            vec![FreeMany],
        ),
        (
            "(global.set $g (call $make)) (drop (call $make)) (drop (call $make)) (drop (call $make)) (drop (call $make))
             (drop (global.get $g))
             (struct.set $node 0 (ref.cast (ref $node) (global.get $g)) (call $make))",
            vec![Survivor, Survivor4, ReadGlobal, YoungInOld],
            vec![Survivor16],
        ),
    ] {
        let tally = tally(body, Schedule::EverySafepoint);
        for event in yes {
            assert!(tally.of(event) > 0, "{} is not counted: {body}", event.name());
        }
        for event in no {
            assert_eq!(tally.of(event), 0, "{} is counted: {body}", event.name());
        }
    }
}

/// Observations and statistics are the same with and without a recorder.
#[test]
fn a_recorder_changes_nothing() {
    for index in 0..60 {
        let drawn = generate::case(&generate::input(31, index)).unwrap();
        let with = |drc| Options::default().with_collectors([Collector::Null.into(), drc]);
        let plain = with(Collector::Drc.into());
        let plain = judge_module(&drawn.case, &drawn.module, &plain).unwrap();
        let sink = Sink::default();
        let recorded = with(events::recorder(Collector::Drc, &sink));
        let recorded = judge_module(&drawn.case, &drawn.module, &recorded).unwrap();
        assert_eq!(recorded.verdict, Verdict::Agree, "case {index}");
        assert_eq!(plain.stats, recorded.stats, "case {index}");
        assert_eq!(plain.observation(), recorded.observation(), "case {index}");
        assert!(sink.take().reached().next().is_some(), "case {index}");
    }
}

/// Scripts and tables identify events by name.
#[test]
fn names_of_events_are_unique() {
    let names: std::collections::BTreeSet<_> = Event::ALL.iter().map(|e| e.name()).collect();
    assert_eq!(names.len(), Event::ALL.len());
    for (number, event) in Event::ALL.iter().enumerate() {
        assert_eq!(*event as usize, number);
        assert!(event.meaning().ends_with('.'), "{}", event.meaning());
    }
}

/// The default generator reaches every event, and the most important ones in
/// most cases.
#[test]
fn the_usual_generator_reaches_the_collector() {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let survey = Survey {
        profile: Generator::Default.into(),
        seed: 0,
        cases: 2_000,
        jobs,
        timeout: None,
    };
    let table = survey.run(&Arc::default(), &Arc::default()).table;
    for event in Event::ALL {
        let share = table.percent(*event);
        assert!(share >= 1.0, "{}: {share} %", event.name());
    }
    for event in [
        Event::AllocateInCall,
        Event::OverObject,
        Event::Copy,
        Event::FreeByWrite,
        Event::FreeBySweep,
        Event::CollectRoots,
    ] {
        let share = table.percent(event);
        assert!(share >= 60.0, "{}: {share} %", event.name());
    }
    // A case that traps before it has allocated an object tests no collector.
    assert!(table.percent(Event::TrapFirst) <= 10.0);
}

/// Modules without a feature do everything else about as often.
#[test]
fn a_profile_reaches_its_share_of_the_events() {
    let survey = |features: Features| {
        let survey = Survey {
            profile: Profile {
                generator: Generator::Default,
                features,
            },
            seed: 1,
            // Three cases share a module, and with a thousand a share is known to a tenth of itself only.
            cases: 4_000,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            timeout: None,
        };
        survey.run(&Arc::default(), &Arc::default()).table
    };
    let all = survey(Features::ALL);
    let some = survey(Feature::ALL.into_iter().collect());
    let impossible = [
        Event::NewException,
        Event::NewWideException,
        Event::ThrowObject,
        Event::Catch,
        Event::CatchRef,
        Event::Rethrow,
        Event::StoreException,
        Event::TailCall,
        Event::Uncaught,
        Event::CollectInHandler,
    ];
    for event in Event::ALL {
        let (usual, share) = (all.percent(*event), some.percent(*event));
        match impossible.contains(event) {
            true => assert_eq!(share, 0.0, "{}", event.name()),
            // The one event that tests nothing.
            false if *event == Event::TrapFirst => assert!(share <= 10.0, "{share} %"),
            false => assert!(
                share >= 0.7 * usual,
                "{}: {share} %, not {usual} %",
                event.name()
            ),
        }
    }
}

/// The figures of the committed table are from one run; its events are those of today.
#[test]
fn the_committed_table_has_every_event_and_its_meaning() {
    let text = include_str!("../../docs/events.md");
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        Some((cells.next()?, cells.next()?))
    });
    let written: Vec<_> = rows.filter(|(name, _)| *name != "event").collect();
    let events: Vec<_> = Event::ALL.iter().map(|e| (e.name(), e.meaning())).collect();
    assert_eq!(written, events);
}
