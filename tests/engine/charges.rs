//! The exact cost of bulk operations, and the exact limits of tables and
//! memories, as documented in [`Limits`](gcdiff::engine::Limits).

use gcdiff::case::{self, Case};
use gcdiff::engine::Trap;
use gcdiff::observe::StepOutcome;
use gcdiff::oracle::{Options, Verdict, judge};

/// The outcome of a module's only export, or of its instantiation if that
/// fails.
fn outcome(case: &Case) -> StepOutcome {
    let judged = judge(case, &Options::default()).unwrap();
    assert_eq!(judged.verdict, Verdict::Agree);
    let steps = judged.observation().cloned().unwrap().steps;
    steps.last().unwrap().outcome.clone()
}

fn read(parts: &str, body: &str) -> Case {
    let text = format!(r#"(module {parts} (func (export "run") {body}))"#);
    case::read(text.as_bytes()).unwrap().0
}

/// The least fuel with which a body returns. Each call and the instantiation
/// get the same fuel, so the body must cost more than the instantiation.
fn cost(parts: &str, body: &str) -> u64 {
    let all = "(memory.fill (i32.const 0) (i32.const 0) (i32.const 65536))";
    let mut case = read(parts, &format!("{all} {all} {body}"));
    least(Trap::OutOfFuel, |fuel| {
        case.limits.fuel = fuel;
        outcome(&case)
    })
}

/// The least heap bytes with which a body returns, instantiation included.
fn bytes(body: &str) -> u64 {
    let mut case = read(PARTS, body);
    least(Trap::OutOfHeap, |limit| {
        case.limits.heap_bytes = limit;
        outcome(&case)
    })
}

/// The least limit with which a run returns. A lower one ends in this trap.
fn least(trap: Trap, mut run: impl FnMut(u64) -> StepOutcome) -> u64 {
    let (mut low, mut high) = (0, 1 << 16);
    while low < high {
        let limit = (low + high) / 2;
        match run(limit) {
            StepOutcome::Trapped(found) if found == trap => low = limit + 1,
            StepOutcome::Returned(_) => high = limit,
            other => panic!("with {limit}: {other:?}"),
        }
    }
    low
}

const PARTS: &str = r#"
    (memory 1 20)
    (table $t 2000 anyref)
    (table $f 2000 funcref)
    (type $bytes (array (mut i8)))
    (type $wide (array (mut i64)))
    (type $vectors (array (mut v128)))
    (type $refs (array (mut anyref)))
    (type $empty (struct))
    (type $node (struct (field i64 i64)))
    (data $d "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
    (elem $e anyref (ref.null any) (ref.null any) (ref.null any) (ref.null any))
    (global $b (ref $bytes) (array.new_default $bytes (i32.const 100)))
    (global $w (ref $wide) (array.new_default $wide (i32.const 100)))
    (global $v (ref $vectors) (array.new_default $vectors (i32.const 100)))
    (global $r (ref $refs) (array.new_default $refs (i32.const 100)))"#;

/// Operations, each with its length as `N`, and some lengths with the fuel that
/// they cost in addition to length 0.
const COSTS: [(&str, &[(u64, u64)]); 15] = [
    (
        "(memory.fill (i32.const 0) (i32.const 1) (i32.const N))",
        &[(15, 0), (16, 1), (31, 1), (1600, 100)],
    ),
    (
        "(memory.copy (i32.const 0) (i32.const 1) (i32.const N))",
        &[(15, 0), (16, 1), (1600, 100)],
    ),
    (
        "(memory.init $d (i32.const 0) (i32.const 0) (i32.const N))",
        &[(15, 0), (16, 1), (64, 4)],
    ),
    (
        "(drop (memory.grow (i32.const N)))",
        &[(1, 256), (3, 768), (30, 0)],
    ),
    (
        "(table.fill $t (i32.const 0) (ref.null any) (i32.const N))",
        &[(1, 1), (1000, 1000)],
    ),
    (
        "(table.copy $t $t (i32.const 1) (i32.const 0) (i32.const N))",
        &[(1, 1), (1000, 1000)],
    ),
    (
        "(table.init $t $e (i32.const 0) (i32.const 0) (i32.const N))",
        &[(1, 1), (4, 4)],
    ),
    (
        "(drop (table.grow $f (ref.null func) (i32.const N)))",
        &[(1, 1), (1000, 1000)],
    ),
    (
        "(array.fill $wide (global.get $w) (i32.const 0) (i64.const 1) (i32.const N))",
        &[(1, 1), (100, 100)],
    ),
    (
        "(array.fill $vectors (global.get $v) (i32.const 0) (v128.const i64x2 1 2) (i32.const N))",
        &[(1, 1), (100, 100)],
    ),
    (
        "(array.copy $refs $refs (global.get $r) (i32.const 0) (global.get $r) (i32.const 0) (i32.const N))",
        &[(1, 1), (100, 100)],
    ),
    (
        "(array.init_data $bytes $d (global.get $b) (i32.const 0) (i32.const 0) (i32.const N))",
        &[(15, 0), (16, 1), (64, 4)],
    ),
    (
        "(array.init_data $wide $d (global.get $w) (i32.const 0) (i32.const 0) (i32.const N))",
        &[(1, 0), (2, 1), (3, 1), (8, 4)],
    ),
    (
        "(array.init_data $vectors $d (global.get $v) (i32.const 0) (i32.const 0) (i32.const N))",
        &[(1, 1), (4, 4)],
    ),
    (
        "(array.init_elem $refs $e (global.get $r) (i32.const 0) (i32.const 0) (i32.const N))",
        &[(1, 1), (4, 4)],
    ),
];

#[test]
fn bulk_operations_cost_what_the_limits_say() {
    for (operation, costs) in COSTS {
        let cost = |n: u64| cost(PARTS, &operation.replace('N', &n.to_string()));
        let nothing = cost(0);
        for (n, more) in costs {
            assert_eq!(cost(*n) - nothing, *more, "{operation} with {n}");
        }
    }
}

/// A call of the host costs sixteen units of fuel for each register of its
/// signature, if the signature is unusually wide.
#[test]
fn wide_calls_of_the_host_cost_fuel_by_their_width() {
    let call = |params: usize, results: usize, ty: &str, value: &str| {
        let list = |n: usize| format!(" {ty}").repeat(n);
        let parts = format!(
            "(import \"a\" \"b\" (func $h (param{}) (result{}))) (memory 1)",
            list(params),
            list(results)
        );
        let body = format!(
            "(call $h {}) {}",
            value.repeat(params),
            "(drop)".repeat(results)
        );
        cost(&parts, &body)
    };
    let number = |params, results| call(params, results, "i64", "(i64.const 1)");
    // Each operand and each drop costs one.
    let nothing = number(0, 0);
    assert_eq!(number(8, 8) - nothing, 8 + 8);
    assert_eq!(number(16, 0) - nothing, 16);
    assert_eq!(number(17, 0) - nothing, 17 + 16 * 17);
    assert_eq!(number(0, 17) - nothing, 17 + 16 * 17);
    assert_eq!(number(300, 200) - nothing, 500 + 16 * 500);
    // A vector takes two registers.
    let vector = |params| call(params, 0, "v128", "(v128.const i64x2 1 2)");
    assert_eq!(vector(8) - nothing, 8);
    assert_eq!(vector(9) - nothing, 9 + 16 * 18);
    // References cost the same under every heap.
    let reference = |params| call(params, 13, "anyref", "(ref.i31 (i32.const 1))");
    assert_eq!(reference(4) - reference(3), 2 + 16 * 17);
}

/// An object is charged sixteen bytes and its values at the widths of the
/// language. An array is also charged the bytes before its elements.
#[test]
fn allocations_take_the_bytes_that_the_limits_say() {
    for (ty, value, width) in [
        ("bytes", "(i32.const 1)", 1),
        ("wide", "(i64.const 1)", 8),
        ("vectors", "(v128.const i64x2 1 2)", 16),
        ("refs", "(ref.null any)", 4),
    ] {
        let taken = |n: u64| {
            let values = value.repeat(n as usize);
            [
                format!("(drop (array.new_fixed ${ty} {n} {values}))"),
                format!("(drop (array.new ${ty} {value} (i32.const {n})))"),
                format!("(drop (array.new_default ${ty} (i32.const {n})))"),
            ]
            .map(|body| bytes(&body))
        };
        let nothing = taken(0);
        for n in [1, 5] {
            assert_eq!(taken(n), nothing.map(|b| b + n * width), "{n} of {ty}");
        }
    }
    let nothing = bytes("");
    let empty = bytes("(drop (struct.new $empty))");
    let node = bytes("(drop (struct.new_default $node))");
    assert_eq!((empty - nothing, node - nothing), (16, 32));
}

/// The case's limits of table elements and memory bytes can be reached but not
/// exceeded. An instruction that would exceed one returns -1, as the
/// specification permits.
#[test]
fn tables_and_memories_grow_up_to_the_limit() {
    let grown = |parts: &str, operation: &str, n: u64, fits: bool| {
        let body = format!(
            "(if (i32.eq ({operation} (i32.const {n})) (i32.const -1)) (then {}) (else {}))",
            if fits { "unreachable" } else { "" },
            if fits { "" } else { "unreachable" },
        );
        let mut case = read(parts, &body);
        case.limits.table_elements = 100;
        case.limits.memory_bytes = 10 << 16;
        let outcome = outcome(&case);
        assert!(matches!(outcome, StepOutcome::Returned(_)), "{body}");
    };
    let table = |n, fits| {
        let parts = "(table 30 funcref) (table 20 funcref)";
        grown(parts, "table.grow 0 (ref.null func)", n, fits);
    };
    table(49, true);
    table(50, true);
    table(51, false);
    table(4_000_000_000, false);
    let memory = |n, fits| {
        grown("(memory 3) (memory 2)", "memory.grow 0", n, fits);
    };
    memory(4, true);
    memory(5, true);
    memory(6, false);
    memory(4_000_000_000, false);
    grown("(memory 1 3)", "memory.grow 0", 2, true);
    grown("(memory 1 3)", "memory.grow 0", 3, false);
    grown(
        "(table 1 3 funcref)",
        "table.grow 0 (ref.null func)",
        2,
        true,
    );
    grown(
        "(table 1 3 funcref)",
        "table.grow 0 (ref.null func)",
        3,
        false,
    );
}
