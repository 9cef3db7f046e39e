//! The emitter, with which all sequences are written, and its scratch locals.

use wasm_encoder::{BlockType, InstructionSink, RefType, ValType};

use super::choice::Choice;
use super::layout::{LEN, Layout};
use super::ref_types::nullable;
use crate::case::claims::{self, Claim};

/// Scratch locals, appended after the locals of a body. All references among them are nullable and
/// start as null.
///
/// They live as long as the call, so a sequence can use values that an earlier one left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scratch {
    base: u32,
}

impl Scratch {
    /// Number of node locals.
    pub(super) const NODES: u32 = 3;
    /// Number of locals with an array of eqrefs.
    pub(super) const REFS: u32 = 2;
    /// Number of eqref locals.
    pub(super) const EQS: u32 = 2;

    /// Scratch locals from index `base` on.
    pub(super) fn new(base: u32) -> Scratch {
        Scratch { base }
    }

    /// Their types.
    pub(super) fn types(layout: &Layout) -> Vec<(u32, ValType)> {
        let t = &layout.types;
        let object = |ty| ValType::Ref(nullable(ty));
        let mut types = vec![
            (Self::NODES, object(t.node)),
            (Self::REFS, object(t.refs)),
            (Self::EQS, ValType::Ref(RefType::EQREF)),
            (1, ValType::Ref(RefType::ANYREF)),
            (1, ValType::EXTERNREF),
            (1, ValType::Ref(layout.exn())),
            (1, object(t.nodes)),
            (1, object(t.anys)),
            (1, object(t.i31s)),
            (1, object(t.bytes)),
            (1, object(t.packed)),
            (1, object(t.holder)),
            (2, ValType::I32),
        ];
        types.extend(layout.adopted.iter().map(|a| (1, ValType::Ref(a.local()))));
        types
    }

    /// The `i`-th node.
    pub(super) fn node(self, i: u32) -> u32 {
        self.base + i % Self::NODES
    }
    /// The `i`-th array of eqrefs.
    pub(super) fn refs(self, i: u32) -> u32 {
        self.base + 3 + i % Self::REFS
    }
    /// The `i`-th eqref.
    pub(super) fn eq(self, i: u32) -> u32 {
        self.base + 5 + i % Self::EQS
    }
    /// The anyref.
    pub(super) fn any(self) -> u32 {
        self.base + 7
    }
    /// The externref.
    pub(super) fn ext(self) -> u32 {
        self.base + 8
    }
    /// The exnref.
    pub(super) fn exn(self) -> u32 {
        self.base + 9
    }
    /// The array of nodes.
    pub(super) fn nodes(self) -> u32 {
        self.base + 10
    }
    /// The array of anyrefs.
    pub(super) fn anys(self) -> u32 {
        self.base + 11
    }
    /// The array of i31refs.
    pub(super) fn i31s(self) -> u32 {
        self.base + 12
    }
    /// The array of bytes.
    pub(super) fn bytes(self) -> u32 {
        self.base + 13
    }
    /// The packed struct.
    pub(super) fn packed(self) -> u32 {
        self.base + 14
    }
    /// The struct with an exception.
    pub(super) fn holder(self) -> u32 {
        self.base + 15
    }
    /// A loop counter: 0 for an outer loop, 1 for an inner one.
    pub(super) fn counter(self, i: u32) -> u32 {
        self.base + 16 + i % 2
    }
    /// The local of the `i`-th adopted type.
    pub(super) fn adopted(self, i: u32) -> u32 {
        self.base + 18 + i
    }
    /// The `i`-th temporary of the emitter.
    fn temporary(self, i: u32, layout: &Layout) -> u32 {
        self.adopted(layout.adopted.len() as u32) + i
    }
}

/// Writes sequences into `out`.
///
/// A method named after a sequence leaves the operand stack unchanged; a `*_value` method pushes
/// one value. Neither traps, whatever the scratch locals, globals and tables hold. `ensure_*` makes
/// a local non-null first.
pub(super) struct Emitter<'a> {
    /// The code so far.
    pub(super) out: Vec<u8>,
    /// The items that code may refer to.
    pub(super) layout: &'a Layout,
    /// The scratch locals of the body.
    pub(super) local: Scratch,
    /// The source of choices.
    pub(super) choice: Choice,
    /// The locals after the scratch locals, each with its role.
    temporaries: Vec<(Role, ValType)>,
    /// The number of sequences around the next instruction.
    pub(super) depth: u32,
    /// Whether a sequence may call.
    pub(super) calls: bool,
    /// Whether the next instruction is part of code that cannot trap.
    completes: bool,
}

/// Role of a local of a guard. One local serves all uses with the same type and role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// The reference that an instruction works on.
    Operand,
    /// An index.
    Index,
    /// The value that an instruction stores.
    Value,
    /// The number of iterations of all loops.
    Turns,
    /// The number of iterations left of a loop with other sequences in it, at this depth.
    TurnsLeft(u32),
    /// An object that is looked at.
    LookedAt,
    /// An object that only the sequence at this depth knows, the first or the second one.
    Known(u32, bool),
}

impl<'a> Emitter<'a> {
    /// An emitter for a body whose scratch locals start at `base`.
    pub(super) fn new(layout: &'a Layout, base: u32, choice: Choice) -> Emitter<'a> {
        Emitter {
            out: Vec::new(),
            layout,
            local: Scratch::new(base),
            choice,
            temporaries: Vec::new(),
            depth: 0,
            calls: true,
            completes: false,
        }
    }

    /// The locals to append to those of a body.
    pub(super) fn locals(&self) -> Vec<(u32, ValType)> {
        let mut locals = Scratch::types(self.layout);
        locals.extend(self.temporaries.iter().map(|(_, ty)| (1, *ty)));
        locals
    }

    /// A local of type `ty`, for a guard.
    pub(super) fn temporary(&mut self, role: Role, ty: ValType) -> u32 {
        let known = self.temporaries.iter().position(|t| *t == (role, ty));
        let index = known.unwrap_or(self.temporaries.len());
        if known.is_none() {
            self.temporaries.push((role, ty));
        }
        self.local.temporary(index as u32, self.layout)
    }

    /// Keeps the reference on the stack if it is not null; else `other` pushes a replacement, of
    /// the type of `temporary`.
    pub(super) fn unless_null(&mut self, temporary: u32, other: impl FnOnce(&mut Self)) {
        self.op()
            .local_tee(temporary)
            .ref_is_null()
            .if_(BlockType::Empty);
        other(self);
        self.op().local_set(temporary).end().local_get(temporary);
    }

    /// The instruction sink.
    pub(super) fn op(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.out)
    }

    /// One of the node locals.
    pub(super) fn any_node(&mut self) -> u32 {
        let i = self.choice.below(Scratch::NODES);
        self.local.node(i)
    }

    /// One of the locals with an array of eqrefs.
    pub(super) fn any_refs(&mut self) -> u32 {
        let i = self.choice.below(Scratch::REFS);
        self.local.refs(i)
    }

    /// One of the eqref locals.
    pub(super) fn any_eq(&mut self) -> u32 {
        let i = self.choice.below(Scratch::EQS);
        self.local.eq(i)
    }

    /// Pushes an index that is in bounds of every appended array and table.
    pub(super) fn index(&mut self) {
        let i = self.choice.below(LEN) as i32;
        self.op().i32_const(i);
    }

    /// Puts a value into `local` if it is null, or unconditionally, as chosen.
    pub(super) fn ensure(&mut self, local: u32, value: impl FnOnce(&mut Self)) {
        if self.choice.chance(1, 3) {
            value(self);
            self.op().local_set(local);
        } else {
            self.op()
                .local_get(local)
                .ref_is_null()
                .if_(BlockType::Empty);
            value(self);
            self.op().local_set(local).end();
        }
    }

    /// Runs `body` if `local` is not null, and else pushes the null of `ty`, the type that `body`
    /// pushes.
    pub(super) fn guarded(&mut self, local: u32, ty: RefType, body: impl FnOnce(&mut Self)) {
        self.op()
            .local_get(local)
            .ref_is_null()
            .if_(BlockType::Result(ValType::Ref(ty)))
            .ref_null(ty.heap_type)
            .else_();
        body(self);
        self.op().end();
    }

    /// Folds the i32 that `value` pushes into the digest.
    pub(super) fn digest(&mut self, value: impl FnOnce(&mut Self)) {
        let digest = self.layout.globals.digest;
        self.op().global_get(digest).i32_const(31).i32_mul();
        value(self);
        self.op().i32_add().global_set(digest);
    }

    /// Pops an i32 that is zero if `claim` is contradicted, and notes that.
    pub(super) fn claim(&mut self, claim: Claim) {
        let global = self.layout.globals.contradictions;
        claims::note(self.op(), claim, global);
    }

    /// Writes code that cannot trap, and claims that it comes to its end. The code must not leave the
    /// body, nor call anything that may trap. Such code within such code needs no claim of its own.
    pub(super) fn completes(&mut self, body: impl FnOnce(&mut Self)) {
        if self.completes {
            body(self);
            return;
        }
        self.completes = true;
        let global = self.layout.globals.contradictions;
        claims::begin(self.op(), global);
        body(self);
        claims::end(self.op(), global);
        self.completes = false;
    }

    /// Notes that a limit, or `unreachable`, will end the call.
    pub(super) fn ends_at_limit(&mut self) {
        let global = self.layout.globals.contradictions;
        claims::ends(self.op(), global);
    }

    /// Notes that code which must have trapped has not.
    pub(super) fn should_have_trapped(&mut self) {
        self.op().i32_const(0);
        self.claim(Claim::Trap);
    }

    /// Pops an i32, and folds it into the digest.
    pub(super) fn digest_of_operand(&mut self) {
        let digest = self.layout.globals.digest;
        self.op().global_get(digest).i32_const(31).i32_mul();
        self.op().i32_add().global_set(digest);
    }

    /// A number that an i31 can have, to know an object by.
    pub(super) fn mark(&mut self) -> i32 {
        self.choice.below(1 << 20) as i32
    }

    /// A local that no nested sequence writes.
    pub(super) fn known(&mut self, second: bool, ty: RefType) -> u32 {
        self.temporary(Role::Known(self.depth, second), ValType::Ref(ty))
    }

    /// A number that no nested sequence writes.
    pub(super) fn known_number(&mut self) -> u32 {
        self.temporary(Role::Known(self.depth, false), ValType::I32)
    }

    /// Another one.
    pub(super) fn other_number(&mut self) -> u32 {
        self.temporary(Role::Known(self.depth, true), ValType::I32)
    }

    /// A local for a vector that is looked at.
    pub(super) fn vector_local(&mut self) -> u32 {
        self.temporary(Role::LookedAt, ValType::V128)
    }

    /// Makes garbage.
    pub(super) fn garbage(&mut self) {
        let t = self.layout.types;
        for _ in 0..self.choice.range(1, 3) {
            let ty = self.choice.pick(&[t.node, t.leaf, t.empty, t.packed]);
            self.op().struct_new_default(ty.unwrap_or(t.node)).drop();
        }
    }

    /// The counter of a loop that has other sequences in it.
    pub(super) fn counter_of_turns(&mut self, depth: u32) -> u32 {
        self.temporary(Role::TurnsLeft(depth), ValType::I32)
    }

    /// Runs `body` `times` times, which must be at least once; `depth` is 1 inside another such
    /// loop.
    pub(super) fn repeat(&mut self, times: u32, depth: u32, body: impl FnOnce(&mut Self)) {
        let counter = self.local.counter(depth);
        self.op()
            .i32_const(times as i32)
            .local_set(counter)
            .loop_(BlockType::Empty);
        body(self);
        self.op()
            .local_get(counter)
            .i32_const(1)
            .i32_sub()
            .local_tee(counter)
            .br_if(0)
            .end();
    }
}

/// An integer for `ref.i31`, mostly at the edges of its 31 bits and of its sign.
pub(super) fn i31_value(choice: &mut Choice) -> i32 {
    const EDGES: [i32; 10] = [
        0,
        1,
        -1,
        2,
        16,
        0x3fff_ffff,
        0x4000_0000,
        -0x4000_0000,
        -0x4000_0001,
        i32::MAX,
    ];
    match choice.below(8) {
        0 | 1 => choice.bits() as i32,
        // The address of an object in many heaps, or one that differs in the top bits.
        2 | 3 => {
            let top = [0, 1 << 30, 1 << 31, 3 << 30];
            let top = choice.pick(&top).unwrap_or(0);
            (choice.below(256) << 4 | choice.below(2) << 3 | top) as i32
        }
        _ => choice.pick(&EDGES).unwrap_or(0),
    }
}
