use super::*;
use crate::events::{Event, Tally};

const HOSTILE: &str = "\"><script>alert('x')</script><b>\u{202e}\x1b[2J\n";

/// A report in which every text from input is hostile.
fn hostile(state: State) -> RunPage {
    let mut timeline = Timeline::default();
    timeline.note(1.0, 400);
    timeline.found(0.5, HOSTILE);
    timeline.note(2.0, 900);
    let mut table = EventTable::default();
    let mut tally = Tally::default();
    tally.count(Event::Reuse);
    table.count(&tally);
    let member = Member {
        fingerprint: format!("exact:{HOSTILE}"),
        page: Some("findings/exact.html".into()),
        count: 3,
        origin: HOSTILE.into(),
        command: format!("gcdiff run {HOSTILE}"),
        files: vec![("case", "../out/a.wat".into())],
        not_reduced: Some(HOSTILE.into()),
    };
    let cluster = Cluster {
        count: 1234,
        smallest: Some(Smallest {
            instructions: 7,
            is_finished: false,
            command: HOSTILE.into(),
        }),
        message: HOSTILE.into(),
        page: Some("findings/exact.html".into()),
        members: vec![member],
    };
    RunPage {
        title: "Campaign",
        command: format!("gcdiff fuzz {HOSTILE}"),
        state,
        elapsed: Duration::from_secs(2),
        items: "cases",
        judged: 900,
        rate: Some(450.0),
        found: 1234,
        origin: "lowest case",
        clusters: vec![cluster],
        is_reduced: true,
        timeline: Some(timeline),
        counts: vec![
            CountRow {
                name: "cases",
                count: 900,
                meaning: "All.",
                is_part: false,
            },
            CountRow {
                name: "too long",
                count: 9,
                meaning: "A reason.",
                is_part: true,
            },
        ],
        events: Some(EventShare {
            table,
            share: "one case in 128".into(),
        }),
        settings: vec![("fault", HOSTILE.into())],
        problems: vec![HOSTILE.into()],
    }
}

fn running() -> State {
    State::Running {
        doing: HOSTILE.into(),
        refresh: 5,
    }
}

#[test]
fn nothing_from_input_is_obeyed_and_nothing_is_loaded() {
    for state in [running(), State::Ended, State::EndedEarly(HOSTILE.into())] {
        let html = page(&hostile(state.clone()));
        for bad in [
            "<script>alert",
            "<b>",
            "\u{202e}",
            "\x1b",
            "http://",
            "https://",
            "src=",
            "javascript:",
        ] {
            assert!(!html.contains(bad), "{state:?}: {bad:?}");
        }
        assert!(
            html.contains("&quot;&gt;&lt;script&gt;alert('x')&lt;/script&gt;&lt;b&gt;\\u{202e}")
        );
    }
}

#[test]
fn a_page_is_loaded_again_while_it_runs_and_not_afterwards() {
    let live = page(&hostile(running()));
    assert!(live.contains("http-equiv=\"refresh\" content=\"5\""));
    assert!(live.contains(">running</span>"));
    for (state, word) in [
        (State::Ended, ">ended</span>"),
        (
            State::EndedEarly("by a signal".into()),
            ">ended early</span>",
        ),
    ] {
        let html = page(&hostile(state));
        assert!(!html.contains("http-equiv=\"refresh\"") && !html.contains("<script"));
        assert!(html.contains(word));
    }
}

#[test]
fn each_section_has_its_figures() {
    let html = page(&hostile(State::Ended));
    for wanted in [
        "<title>Campaign: 1 bug · gcdiff</title>",
        ">7 instructions, not finished</span>",
        "<th>lowest case</th>",
        "1,234 findings",
        "<a href=\"findings/exact.html\">exact:",
        "<a href=\"../out/a.wat\">case</a>",
        "class=\"part\"",
        "1.0 %",
        "1 cases, which ran once more with a recorder. 1 of ",
        "<code>reuse</code>",
        "class=\"mark\"",
    ] {
        assert!(html.contains(wanted), "{wanted}");
    }
    // Each link of the navigation leads somewhere.
    let ids = html.split("href=\"#").skip(1);
    for id in ids.map(|rest| rest.split('"').next().unwrap()) {
        assert!(html.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

#[test]
fn a_run_without_findings_says_so() {
    let none = |state, judged| {
        page(&RunPage {
            clusters: Vec::new(),
            timeline: None,
            events: None,
            judged,
            ..hostile(state)
        })
    };
    let ended = none(State::Ended, 900);
    assert!(ended.contains("None in 900 cases."));
    assert!(!ended.contains("id=\"rates\"") && !ended.contains("id=\"events\""));
    assert!(none(running(), 5).contains("None so far, in 5 cases."));
    assert!(none(State::Ended, 0).contains("Nothing was judged."));
}
