//! The exit codes of every command: `docs/formats.md` has the table.

use crate::common::{Scratch, gcdiff, ours};

#[test]
fn every_command_ends_with_the_codes_of_the_table() {
    let scratch = Scratch::new("codes");
    let agree = scratch.file("agree.wat", "(module (func (export \"f\")))");
    let broken = scratch.file("broken.wat", "(module");
    let pass = scratch.file("pass.wast", "(module)");
    let fail = scratch.file("fail.wast", "(module) (invoke \"f\")");
    let w1 = ours("corpus/regressions/issue-10182.wat");
    let (small, out) = (scratch.path("small.wat"), scratch.path("out"));
    // A folder cannot be made below a file.
    let nowhere = format!("{agree}/below");
    let fault = scratch.file(
        "fault.wat",
        format!(
            ";;! fault = \"W1\"\n{}",
            std::fs::read_to_string(&w1).unwrap()
        ),
    );
    let script = scratch.path("script.wast");
    let commands: &[(i32, &[&str])] = &[
        (0, &["run", &agree]),
        (1, &["run", &w1, "--fault", "W1"]),
        (1, &["run", &broken, &w1, &agree, "--fault", "W1"]),
        (2, &["run", &broken]),
        (2, &["run", &agree, &broken]),
        (0, &["explain", &agree]),
        (1, &["explain", &fault]),
        (2, &["explain", &broken]),
        (0, &["replay", &agree]),
        (1, &["replay", &broken, &fault]),
        (2, &["replay", &agree, &broken]),
        (0, &["wast", &pass]),
        (1, &["wast", &fail, &broken]),
        (2, &["wast", &broken]),
        (0, &["fuzz", "--cases", "2", "--out", &out]),
        (
            1,
            &[
                "fuzz",
                "--cases",
                "4",
                "--fault",
                "canary",
                "--no-reduce",
                "--out",
                &out,
            ],
        ),
        (2, &["fuzz", "--cases", "2", "--out", &nowhere]),
        (
            2,
            &[
                "fuzz", "--cases", "2", "--out", &out, "--format", "sarif", "--output", &nowhere,
            ],
        ),
        (0, &["reduce", &fault, "--out", &small]),
        (2, &["reduce", &agree, "--out", &small]),
        (0, &["export", "--to", "js", &agree]),
        (2, &["export", "--to", "js", &broken]),
        (0, &["export", "--to", "wast", &fault, "--out", &script]),
        (1, &["wast", "--fault", "W1", &script]),
        // The heap finds itself corrupt before the end, and nobody asks for that.
        (
            2,
            &["wast", "--fault", "W1", "--oracle", "results", &script],
        ),
        (0, &["generate", "--seed", "1"]),
        (2, &["generate"]),
        (
            0,
            &[
                "inputs", "--target", "gc_ops", "--cases", "1", "--out", &out,
            ],
        ),
        (
            2,
            &[
                "inputs", "--target", "gc_ops", "--cases", "1", "--out", &nowhere,
            ],
        ),
        (0, &["events", "--cases", "1", "--generator", "gc_ops"]),
        (2, &["events", "--inputs", &nowhere]),
        (
            0,
            &[
                "distill", "--cases", "2", "--size", "1", "--fault", "W1", "--out", &out,
            ],
        ),
        (
            2,
            &[
                "distill", "--from", &broken, "--size", "1", "--fault", "W1", "--out", &out,
            ],
        ),
        (
            0,
            &["zoo", "--fault", "canary", "--seeds", "1", "--cases", "2"],
        ),
        (2, &["zoo", "--report", &nowhere]),
        (0, &["--help"]),
        (2, &["walk"]),
    ];
    for (code, args) in commands {
        let ran = gcdiff(args);
        assert_eq!(ran.code, *code, "{args:?}: {}{}", ran.out, ran.err);
        // A code of 2 has a reason.
        assert!(*code < 2 || !ran.err.is_empty(), "{args:?}");
    }
}

/// The help and the documentation have the same table.
#[test]
fn the_help_has_the_table() {
    let help = gcdiff(&["--help"]).out;
    let docs = std::fs::read_to_string(ours("docs/formats.md")).unwrap();
    for code in ["0", "1", "2"] {
        assert!(docs.contains(&format!("| {code} | ")), "{code}");
        assert!(help.contains(&format!("\n  {code}  ")), "{help}");
    }
}
