//! Memory is limited by the address space of the process, which also bounds
//! memory that the budgets do not count.

use super::File;
use crate::common::within;

/// A section of a module. Its declared size may differ from the size of its
/// contents.
fn section(id: u8, size: &[u8], contents: &[u8]) -> Vec<u8> {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    module.push(id);
    module.extend(size);
    module.extend(contents);
    module
}

/// The largest 32-bit number, in LEB128.
const MOST: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x0f];

#[test]
fn numbers_that_nothing_backs_take_no_memory() {
    for id in 0..=13 {
        let contents = [&MOST[..], &[0; 20]].concat();
        for (name, module) in [
            ("size", section(id, &MOST, &[0])),
            ("size-and-count", section(id, &MOST, &contents)),
            ("count", section(id, &[contents.len() as u8], &contents)),
        ] {
            let file = File::new(&format!("{name}-{id}.wasm"), module);
            let ran = within(200, &["run", file.path()]);
            assert_eq!(ran.code, 2, "{name} of section {id}: {}", ran.err);
            assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        }
    }
    // Counts inside sections: locals of a body, targets of a `br_table`, items
    // of a segment, members of a group, fields, parameters, catches.
    let function = |body: &[u8]| {
        let mut module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0".to_vec();
        let code = [&[1, body.len() as u8], body].concat();
        module.extend([10, code.len() as u8]);
        module.extend(code);
        module
    };
    let claims: [(&str, Vec<u8>); 8] = [
        (
            "locals",
            function(&[&[1][..], &MOST, &[0x7f, 0x0b]].concat()),
        ),
        ("runs", function(&[&MOST[..], &[1, 0x7f, 0x0b]].concat())),
        (
            "br_table",
            function(&[&[0, 0x41, 0, 0x0e][..], &MOST, &[0, 0x0b]].concat()),
        ),
        (
            "catches",
            function(&[&[0, 0x1f, 0x40][..], &MOST, &[0, 0x0b, 0x0b]].concat()),
        ),
        (
            "items",
            section(9, &[9], &[&[1, 1, 0][..], &MOST, &[0]].concat()),
        ),
        (
            "group",
            section(1, &[8], &[&[1, 0x4e][..], &MOST, &[0x5f]].concat()),
        ),
        (
            "fields",
            section(1, &[8], &[&[1, 0x5f][..], &MOST, &[0x7f]].concat()),
        ),
        (
            "parameters",
            section(1, &[8], &[&[1, 0x60][..], &MOST, &[0x7f]].concat()),
        ),
    ];
    for (name, module) in claims {
        let file = File::new(&format!("{name}.wasm"), module);
        let ran = within(200, &["run", file.path()]);
        assert_eq!(ran.code, 2, "{name}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{name}: {}", ran.err);
    }
}

/// Repeated copies would soon take more memory than the originals.
#[test]
fn a_collector_that_copies_without_end_takes_no_more_memory_than_another() {
    let text = r#"(module (type $a (array (mut anyref)))
        (global $g (mut anyref) (ref.null any))
        (func (export "f") (local $i i32)
          (loop $l (global.set $g (array.new $a (global.get $g) (i32.const 2)))
            (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
              (i32.const 40))))))"#;
    let file = File::new("copies.wat", text);
    let ran = within(350, &["run", "--fault", "X7", file.path()]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("in heap copying"), "{}", ran.out);
}

/// Types take many times as much memory as their text, and take it before
/// anything runs.
#[test]
fn a_module_is_part_of_the_footprint() {
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    let mut types = vec![0xe8, 0x07];
    for _ in 0..1000 {
        types.extend([0x60, 0xe8, 0x07]);
        types.extend([0x7f; 1000]);
        types.push(0);
    }
    module.extend([1, 0x80 | (types.len() & 0x7f) as u8]);
    module.push(0x80 | (types.len() >> 7 & 0x7f) as u8);
    module.push((types.len() >> 14) as u8);
    module.extend(&types);
    let file = File::new("types.wasm", &module);
    let small = ["run", "--limits", "footprint=64m", file.path()];
    let ran = within(200, &small);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    let wanted = "the module needs more memory than it may have, some ";
    assert!(ran.err.contains(wanted), "{}", ran.err);
    let ran = within(350, &["run", file.path()]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// The modules and instances of a script live until its end.
#[test]
fn instances_are_part_of_the_footprint() {
    let file = File::new("instances.wast", "(module)\n".repeat(20_000));
    let args = ["wast", "-C", "collector=null", file.path()];
    let small = [&args[..], &["--limits", "footprint=32m"]].concat();
    let ran = within(350, &small);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("more memory"), "{}", ran.out);
    assert_eq!(within(350, &args).code, 0);
}
