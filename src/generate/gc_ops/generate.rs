//! Generation of programs from bytes.

use super::draw;
use super::program::{Field, FieldStorage, Heap, OpKind, Program, Shape, Ty, TypeDef};
use crate::generate::enrich::choice::Choice;
use arbitrary::Unstructured;

/// Kinds that every program has: without them there would be nothing to collect, or blocks would
/// stay open for long.
const ALWAYS: [OpKind; 6] = [
    OpKind::StructNew,
    OpKind::StructSet,
    OpKind::ArraySet,
    OpKind::Null,
    OpKind::End,
    OpKind::Call,
];

/// Kinds that most programs have, since they cause most of a collector's work.
const MOSTLY: [OpKind; 5] = [
    OpKind::ArrayCopy,
    OpKind::ArrayNewFixed,
    OpKind::GlobalSet,
    OpKind::TableSet,
    OpKind::Loop,
];

impl Program {
    /// Draws a program. Any input gives one.
    ///
    /// Each part has a separate seed, so that a changed byte of the input changes one part, and an
    /// exhausted input does not repeat one operation for ever. Each program uses a random subset of
    /// all kinds of operations: a program with all kinds rarely repeats one of them.
    pub fn generate(u: &mut Unstructured<'_>) -> Program {
        let mut stream = 0;
        let mut part = || {
            stream += 1;
            // An exhausted input gives zeros, but streams differ.
            Choice::new(u.arbitrary().unwrap_or(0), stream)
        };
        let relative_schedule = draw::relative_schedule(&mut part());
        let mut c = part();
        let choice = c.bits() as u32;
        let one_in_eight = |i: u32| (choice >> (3 * i)) & 7 == 7;
        let extra = (0..4).map(|i| u8::from(one_in_eight(i)) << i).sum();
        let reschedule = one_in_eight(4);
        let limits = [c.below(256) as u8, c.below(256) as u8];
        let client = c.chance(1, 8).then(|| c.below(256) as u8);

        let mut c = part();
        let groups = groups(&mut c);
        let defs = || groups.iter().flatten();
        let shapes: Vec<bool> = defs().map(|def| def.shape.is_struct()).collect();
        let types = shapes.len() as u32;

        let mut c = part();
        let several = |c: &mut Choice, low, high| 0..c.range(low, high);
        let mut tables = Vec::new();
        for _ in several(&mut c, 1, 3) {
            tables.push(draw::table(&mut c, types));
        }
        let mut globals = Vec::new();
        for _ in several(&mut c, 2, 5) {
            globals.push(draw::global(&mut c, types));
        }
        // Segments of element types of the arrays: others would fit nowhere.
        let elements = defs().filter(|def| !def.shape.is_struct());
        let elements = elements.flat_map(|def| def.shape.fields());
        let elements: Vec<Ty> = elements
            .map(|field| field.storage.value())
            .filter(|ty| ty.is_ref())
            .collect();
        let mut segments = Vec::new();
        for _ in several(&mut c, 1, 3) {
            let ty = c.pick(&elements).unwrap_or(Ty::null(Heap::Eq));
            segments.push(draw::segment(&mut c, ty));
        }
        let mut tags = Vec::new();
        for _ in several(&mut c, 1, 2) {
            tags.push(draw::sig(&mut c, types).params);
        }
        let mut hosts = Vec::new();
        for _ in several(&mut c, 0, 2) {
            hosts.push(draw::host(&mut c, types));
        }

        let kinds = swarm(&mut part());
        let mut c = part();
        let mut funcs = Vec::new();
        let mut sig = draw::sig(&mut c, types);
        for _ in several(&mut c, 2, 5) {
            // The same results again, so that tail calls are possible.
            let results = c.chance(1, 2).then(|| sig.results.clone());
            sig = draw::sig(&mut c, types);
            sig.results = results.unwrap_or(sig.results);
            funcs.push(draw::func(&mut part(), &shapes, sig.clone(), &kinds));
        }

        let mut c = part();
        let mut plan = Vec::new();
        let between = c.chance(1, 2);
        for nth in 0..funcs.len() as u32 + c.below(6) {
            let func = match nth < funcs.len() as u32 {
                true => nth as u8,
                false => c.below(256) as u8,
            };
            plan.push(draw::call(&mut c, func));
            if between {
                plan.push(draw::act(&mut c));
            }
        }
        let mut acts = Vec::new();
        for _ in several(&mut c, 0, 3) {
            acts.push(draw::act(&mut c));
        }
        let mut program = Program {
            groups,
            tables,
            globals,
            segments,
            tags,
            hosts,
            funcs,
            plan,
            acts,
            relative_schedule,
            limits,
            extra,
            reschedule,
            client,
        };
        program.repair();
        program
    }
}

/// Types: those that all programs need, and others.
fn groups(c: &mut Choice) -> Vec<Vec<TypeDef>> {
    let count = c.range(1, 4);
    let mut groups: Vec<Vec<TypeDef>> = Vec::new();
    let sizes: Vec<u32> = (0..count).map(|_| c.range(1, 3)).collect();
    let mut types = 0;
    for size in sizes {
        // Types may refer to this group and to those before it.
        types += size;
        groups.push((0..size).map(|_| draw::type_def(c, types)).collect());
    }
    let node = |ty| Field {
        storage: FieldStorage::Val(ty),
        mutable: true,
    };
    // A list node, into which every type of object can be linked, and an array of references.
    if let Some(first) = groups.first_mut().and_then(|group| group.first_mut()) {
        *first = TypeDef {
            open: true,
            parent: None,
            shape: Shape::Struct(vec![
                node(Ty::null(Heap::Eq)),
                node(Ty::null(Heap::Type(0))),
                node(Ty::I32),
            ]),
        };
    }
    groups.push(vec![TypeDef {
        open: c.chance(1, 2),
        parent: None,
        shape: Shape::Array(node(Ty::Ref {
            nullable: !c.chance(1, 4),
            heap: match c.below(3) {
                0 => Heap::Any,
                1 => Heap::Eq,
                _ => Heap::Type(c.below(types) as u8),
            },
        })),
    }]);
    groups
}

/// A random subset of the kinds, by weight.
fn swarm(c: &mut Choice) -> Vec<OpKind> {
    let mut kinds = Vec::with_capacity(256);
    for (kind, weight) in OpKind::ALL {
        let is_in = ALWAYS.contains(kind)
            || match MOSTLY.contains(kind) {
                true => c.chance(7, 8),
                false => c.chance(1, 2),
            };
        if is_in {
            kinds.extend(std::iter::repeat_n(*kind, usize::from(*weight)));
        }
    }
    kinds
}
