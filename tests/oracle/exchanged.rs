//! Known outcomes notice an engine that takes one instruction for another.
//!
//! Such an engine is all heaps at once, so nothing but the law *language* can tell. A module whose
//! instructions are exchanged shows on a sound engine what the module itself shows on such an engine.

use gcdiff::case::{Case, claims};
use gcdiff::generate;
use gcdiff::heap::null::Null;
use gcdiff::module::Module;
use gcdiff::observe::Parts;
use gcdiff::oracle::Timing;
use gcdiff::oracle::audit::Auditor;
use std::sync::Arc;
use wasm_encoder::Instruction;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasmparser::{Operator, Parser};

/// What becomes of an instruction.
type Exchange = fn(Instruction<'_>) -> Instruction<'_>;

/// What an engine may take for what.
const EXCHANGES: [(&str, Exchange); 13] = [
    ("struct.get_s without a sign", |code| match code {
        Instruction::StructGetS {
            struct_type_index,
            field_index,
        } => Instruction::StructGetU {
            struct_type_index,
            field_index,
        },
        code => code,
    }),
    ("struct.get_u with a sign", |code| match code {
        Instruction::StructGetU {
            struct_type_index,
            field_index,
        } => Instruction::StructGetS {
            struct_type_index,
            field_index,
        },
        code => code,
    }),
    ("array.get_s without a sign", |code| match code {
        Instruction::ArrayGetS(ty) => Instruction::ArrayGetU(ty),
        code => code,
    }),
    ("array.get_u with a sign", |code| match code {
        Instruction::ArrayGetU(ty) => Instruction::ArrayGetS(ty),
        code => code,
    }),
    ("i31.get_s without a sign", |code| match code {
        Instruction::I31GetS => Instruction::I31GetU,
        code => code,
    }),
    ("i31.get_u with a sign", |code| match code {
        Instruction::I31GetU => Instruction::I31GetS,
        code => code,
    }),
    ("ref.test holds for null", |code| match code {
        Instruction::RefTestNonNull(ty) => Instruction::RefTestNullable(ty),
        code => code,
    }),
    ("ref.test null fails for null", |code| match code {
        Instruction::RefTestNullable(ty) => Instruction::RefTestNonNull(ty),
        code => code,
    }),
    ("ref.cast null traps on null", |code| match code {
        Instruction::RefCastNullable(ty) => Instruction::RefCastNonNull(ty),
        code => code,
    }),
    ("elem.drop does nothing", |code| match code {
        Instruction::ElemDrop(_) => Instruction::Nop,
        code => code,
    }),
    ("data.drop does nothing", |code| match code {
        Instruction::DataDrop(_) => Instruction::Nop,
        code => code,
    }),
    ("the last clause that matches counts", |code| match code {
        // The labels are the same, whatever the order.
        Instruction::TryTable(ty, clauses) => {
            let reversed: Vec<_> = clauses.iter().rev().cloned().collect();
            Instruction::TryTable(ty, reversed.into())
        }
        code => code,
    }),
    (
        "br_table goes to the default in place of its first entry",
        |code| match code {
            Instruction::BrTable(labels, default) if !labels.is_empty() => {
                let mut labels = labels.to_vec();
                labels[0] = default;
                Instruction::BrTable(labels.into(), default)
            }
            code => code,
        },
    ),
];

struct Exchanger(Exchange);

impl Reencode for Exchanger {
    type Error = std::convert::Infallible;

    fn instruction<'a>(
        &mut self,
        operator: Operator<'a>,
    ) -> Result<Instruction<'a>, Error<Self::Error>> {
        Ok((self.0)(utils::instruction(self, operator)?))
    }
}

/// The same case with other instructions, if that changes anything.
fn exchanged(case: &Case, exchange: Exchange) -> Option<Case> {
    let mut module = wasm_encoder::Module::new();
    let parser = Parser::new(0);
    Exchanger(exchange)
        .parse_core_module(&mut module, parser, &case.wasm)
        .unwrap();
    let wasm = module.finish();
    let same = {
        let mut module = wasm_encoder::Module::new();
        let mut as_it_is = Exchanger(|code| code);
        as_it_is
            .parse_core_module(&mut module, Parser::new(0), &case.wasm)
            .unwrap();
        module.finish() == wasm
    };
    let case = Case {
        wasm,
        ..case.clone()
    };
    (!same).then_some(case)
}

fn contradicts(case: &Case) -> bool {
    let module = Arc::new(Module::new(&case.wasm, &mut Arc::default()).unwrap());
    let mut auditor = Auditor::new(Timing::Never);
    let run = gcdiff::case::run(case, &module, Null::new(1 << 26), &mut auditor);
    let Ok(seen) = run.observation else {
        return false;
    };
    !claims::contradicted(&module, &seen, Parts::ALL).is_empty()
}

#[test]
fn an_instruction_that_is_taken_for_another_is_noticed() {
    const CASES: u64 = 300;
    let cases: Vec<Case> = (0..CASES)
        .map(|index| generate::case(&generate::input(3, index)).unwrap().case)
        .collect();
    assert!(!cases.iter().any(contradicts));
    for (what, exchange) in EXCHANGES {
        let changed = cases.iter().filter_map(|case| exchanged(case, exchange));
        let noticed = changed.filter(contradicts).count();
        // With a fiftieth of all cases the median until one notices is 35 cases.
        assert!(noticed as u64 * 50 >= CASES, "{what}: {noticed}");
    }
}
