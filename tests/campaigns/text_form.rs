//! The text form of a case reads back as the same case, for arbitrary names and
//! for all generated cases.

use gcdiff::case::{self, Arg, Call, Case, Header, Plan, Step};
use gcdiff::engine::{Limits, Schedule};
use gcdiff::escape::is_visible;
use gcdiff::generate::{self, Generator};
use gcdiff::oracle::{Collector, Options, judge};
use std::sync::atomic::{AtomicU64, Ordering};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, ImportSection, Module,
    NameMap, NameSection, TypeSection,
};

/// Asserts that a case reads back unchanged, and returns its text.
fn round_trip(case: &Case, what: &str) -> String {
    let text = case::write(case, &Header::default()).unwrap_or_else(|e| panic!("{what}: {e}"));
    let (again, header) =
        case::read(text.as_bytes()).unwrap_or_else(|e| panic!("{what}: {e}\n{text}"));
    assert!(again == *case, "{what}\n{text}");
    let second = case::write(&again, &header).unwrap();
    assert_eq!(text, second, "{what}");
    let visible = |c: char| c == '\n' || is_visible(c);
    assert!(text.chars().all(visible), "{what}: {text:?}");
    text
}

/// A case that calls all functions of its module. The module imports and
/// exports a function under each name, and has the same names in its name
/// section.
fn named(names: &[String]) -> Case {
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let (mut imports, mut functions) = (ImportSection::new(), FunctionSection::new());
    let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
    let mut map = NameMap::new();
    let mut steps = Vec::new();
    for (name, i) in names.iter().zip(0..) {
        imports.import(name, name, wasm_encoder::EntityType::Function(0));
        exports.export(name, ExportKind::Func, names.len() as u32 + i);
        functions.function(0);
        let mut body = Function::new([]);
        body.instructions().end();
        code.function(&body);
        map.append(i, name);
        steps.push(Step::Call(Call {
            export: name.clone(),
            args: vec![Arg::Auto],
        }));
    }
    let mut section = NameSection::new();
    section.module(&names.concat());
    section.functions(&map);
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&exports)
        .section(&code)
        .section(&section);
    Case {
        wasm: module.finish(),
        host: vec![Step::Global {
            export: names.concat(),
            value: None,
        }],
        plan: Plan::Steps(steps),
        schedule: Schedule::At(vec![1, u64::MAX]),
        limits: Limits {
            fuel: 1_000_000_000,
            ..Limits::default()
        },
        client: None,
    }
}

#[test]
fn names_of_all_unicode_scalars_read_back() {
    let all: Vec<char> = ('\0'..=char::MAX).collect();
    // Characters that may have a meaning are tried alone, the others in groups.
    let alone = all.iter().take(0x3000).map(char::to_string);
    let names: Vec<String> = alone
        .chain(all.chunks(61).map(|c| c.iter().collect()))
        .collect();
    for (i, names) in names.chunks(400).enumerate() {
        round_trip(&named(names), &format!("names {i}"));
    }
}

#[test]
fn the_oddest_names_read_back() {
    let names = [
        "",
        " ",
        "a\nb",
        "\r\n",
        ";;! schedule = 1",
        "\n;;! x\n(module)",
        "\"",
        "\\",
        "'",
        "\"\"\"",
        "'''",
        "\u{202e}\u{2066}x",
        "\u{feff}",
        "\0",
        "\u{7f}\u{9b}",
        "(;",
        ";)",
        "$a",
        "a",
        "#a",
        "#func0",
    ];
    let mut names: Vec<String> = names.map(String::from).to_vec();
    names.push("x".repeat(100_000));
    round_trip(&named(&names), "all");
    for name in &names {
        round_trip(&named(std::slice::from_ref(name)), name);
    }
}

/// Tests generated cases, of the default generator and of the others.
fn generated(cases: u64) {
    let next = AtomicU64::new(0);
    let count = AtomicU64::new(0);
    let each = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= cases {
                break;
            }
            let generator = match index % 8 {
                7 => Generator::Smith,
                _ => Generator::Default,
            };
            if let Ok(drawn) = generator.case(&generate::input(99, index)) {
                let text = round_trip(&drawn.case, &format!("{generator} {index}"));
                assert!(!text.contains("(module binary"), "{generator} {index}");
                count.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        (0..std::thread::available_parallelism().map_or(1, usize::from)).for_each(|_| {
            scope.spawn(each);
        });
    });
    assert!(count.into_inner() * 20 > cases * 19);
}

/// The observation of a case under the null heap.
fn shown(case: &Case) -> Option<gcdiff::observe::Observation> {
    let options = Options::fuzzing().with_collectors([Collector::Null.into()]);
    judge(case, &options).unwrap().observation().cloned()
}

#[test]
fn plain_arguments_change_nothing_and_fit() {
    let mut changed = 0;
    for index in 0..400 {
        let Ok(drawn) = Generator::Default.case(&generate::input(99, index)) else {
            continue;
        };
        let plain = case::plain(drawn.case.clone(), &drawn.module);
        changed += usize::from(plain != drawn.case);
        assert_eq!(shown(&drawn.case), shown(&plain), "{index}");
        let text = round_trip(&plain, &format!("plain {index}"));
        let (_, header) = case::read(text.as_bytes()).unwrap();
        assert_eq!(
            case::check(&header, &drawn.module),
            Ok(()),
            "{index}\n{text}"
        );
    }
    assert!(changed > 50, "{changed}");
}

#[test]
fn generated_cases_read_back() {
    // Includes cases 676, 814 and 1070, whose names contain line breaks.
    generated(2_000);
}

#[test]
#[ignore = "takes a minute; the same with fewer cases always runs"]
fn twenty_thousand_generated_cases_read_back() {
    generated(20_000);
}
