//! The sequences, which are spliced into bodies.
//!
//! Each leaves the operand stack as it found it, uses only the scratch locals and appended items
//! (and, for some kinds, places of the module), and contains every label it branches to. It is
//! therefore valid at any point of any body, dead code included. None is aimed at a particular bug:
//! together they cover the ways in which a reference can be made, kept, moved and dropped.

mod array;
mod call;
mod cast;
mod churn;
pub(super) mod endless;
mod exception;
mod graph;
pub(super) mod hold;
mod known;
mod look;
mod module;
mod scale;
mod table;
pub(super) mod trap;
mod vector;

pub(super) use known::{compare, must_trap};
pub(super) use scale::compare_large;

use super::adopted::{Adopted, Sink};
use super::choice::Choice;
use super::emit::Emitter;
use crate::generate::{Feature, Features};

/// A kind of sequence.
pub(super) struct SequenceKind {
    /// Its name, for readers and tests.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "names are for the reader and for tests")
    )]
    pub(super) name: &'static str,
    /// Its weight relative to the others.
    weight: u8,
    /// The condition for its use.
    when: When,
    /// Writes a sequence of this kind.
    pub(super) emit: fn(&mut Emitter<'_>),
}

/// The condition for the use of a kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Always.
    Anywhere,
    /// Not in the appended functions that sequences call, to exclude recursion.
    Calls,
    /// If the module has an adopted type.
    Adopted,
    /// If the module has a place for a reference.
    Sinks,
    /// If there are exceptions.
    Exceptions,
    /// If there are exceptions, and not in the appended functions that sequences call.
    ThrowingCalls,
    /// In modules with large items, and not in the appended functions that sequences call.
    Large,
    /// If there are vectors.
    Vectors,
    /// In few modules, since it ends the call.
    Traps,
}

const fn kind(
    name: &'static str,
    weight: u8,
    when: When,
    emit: fn(&mut Emitter<'_>),
) -> SequenceKind {
    SequenceKind {
        name,
        weight,
        when,
        emit,
    }
}

/// All kinds.
pub(super) const KINDS: &[SequenceKind] = {
    use When::{Adopted, Anywhere, Calls, Exceptions, Large, Sinks, ThrowingCalls, Traps, Vectors};
    &[
        kind("build", 6, Anywhere, graph::build),
        kind("chain", 3, Anywhere, graph::chain),
        kind("share", 4, Anywhere, graph::share),
        kind("cycle", 2, Anywhere, graph::cycle),
        kind("store-same", 4, Anywhere, graph::store_same),
        kind("move", 4, Anywhere, graph::move_value),
        kind("overwrite", 4, Anywhere, graph::overwrite),
        kind("leaf", 3, Anywhere, graph::leaf),
        kind("global", 4, Anywhere, graph::global),
        kind("forget", 4, Anywhere, graph::forget),
        kind("array-new", 4, Anywhere, array::new),
        kind("array-set", 4, Anywhere, array::set),
        kind("array-copy", 5, Anywhere, array::copy),
        kind("array-copy-self", 5, Anywhere, array::copy_self),
        kind("array-copy-subtype", 3, Anywhere, array::copy_subtype),
        kind("array-fill", 4, Anywhere, array::fill),
        kind("array-edge", 2, Anywhere, array::edge),
        kind("array-elem", 4, Anywhere, array::elem),
        kind("array-bytes", 2, Anywhere, array::bytes),
        kind("elem-drop", 2, Anywhere, table::elem_drop),
        kind("table-set", 4, Anywhere, table::set),
        kind("table-fill", 4, Anywhere, table::fill),
        kind("table-grow", 2, Anywhere, table::grow),
        kind("table-copy", 3, Anywhere, table::copy),
        kind("table-init", 3, Anywhere, table::init),
        kind("i31", 4, Anywhere, cast::i31),
        kind("test", 3, Anywhere, cast::test),
        kind("cast", 4, Anywhere, cast::cast),
        kind("branch-on-cast", 4, Anywhere, cast::branch),
        kind("branch-on-null", 2, Anywhere, cast::branch_on_null),
        kind("extern", 4, Anywhere, cast::external),
        kind("packed", 2, Anywhere, cast::packed),
        kind("throw", 4, Exceptions, exception::throw),
        kind("catch-ref", 4, Exceptions, exception::catch_ref),
        kind("keep-exception", 3, Anywhere, exception::keep),
        kind("rethrow", 3, Exceptions, exception::rethrow),
        kind("call", 5, Calls, call::call),
        kind("call-ref", 2, Calls, call::call_ref),
        kind("call-thrower", 3, ThrowingCalls, call::thrower),
        kind("across-call", 4, Calls, call::across),
        kind("call-loop", 3, Calls, call::call_loop),
        kind("select", 3, Anywhere, call::select),
        kind("stack", 4, Anywhere, call::stack),
        kind(
            "number-over-reference",
            2,
            Anywhere,
            call::number_over_reference,
        ),
        kind("hold", 8, Anywhere, hold::hold),
        kind("hold-in-block", 5, Anywhere, hold::hold_in_block),
        kind(
            "hold-under-handler",
            4,
            Exceptions,
            hold::hold_under_handler,
        ),
        kind("many-results", 4, Calls, hold::many_results),
        kind("call-by-supertype", 3, Calls, hold::call_by_supertype),
        kind("known-place", 4, Anywhere, known::place),
        kind("known-segment", 3, Anywhere, known::segment),
        kind("known-copy", 4, Anywhere, known::copy),
        kind("known-cast", 1, Anywhere, known::casts),
        kind("known-control", 1, Anywhere, known::control),
        kind("known-identity", 3, Anywhere, known::identity),
        kind("known-exception", 4, Exceptions, known::exceptions),
        kind("known-clause", 1, Exceptions, known::clauses),
        kind("known-number", 1, Anywhere, known::numbers),
        kind("known-array", 1, Anywhere, known::arrays),
        kind("known-field", 1, Anywhere, known::fields),
        kind("known-mixed", 1, Calls, known::mixed),
        kind("known-constant", 1, Anywhere, known::constants),
        kind("known-table", 1, Anywhere, known::tables),
        kind("known-edge", 1, Anywhere, known::edges),
        kind("known-old", 3, Anywhere, known::old),
        kind("garbage", 3, Anywhere, churn::garbage),
        kind("mixed-sizes", 2, Anywhere, churn::mixed_sizes),
        kind("long-chain", 1, Anywhere, churn::long_chain),
        kind("rotate", 3, Anywhere, churn::rotate),
        kind("read-loop", 2, Anywhere, churn::read_loop),
        kind("null-loop", 1, Anywhere, churn::null_loop),
        kind("grow-list", 2, Anywhere, churn::grow_list),
        kind("publish", 4, Anywhere, look::publish),
        kind("look-at-array", 5, Anywhere, look::array),
        kind("look-at-table", 2, Anywhere, look::table),
        kind("test-any", 3, Anywhere, cast::test_any),
        kind("leave", 3, Anywhere, call::leave),
        kind("module-object", 6, Adopted, module::object),
        kind("module-place", 5, Sinks, module::place),
        kind("large-structure", 17, Large, scale::structure),
        kind("large-array", 11, Large, scale::fixed),
        kind("large-segment", 5, Large, scale::segment),
        kind("large-call", 13, Large, scale::call),
        kind("deep-hierarchy", 5, Large, scale::hierarchy),
        kind("deep-frames", 8, Large, scale::frames),
        kind("deep-handlers", 3, Large, scale::handlers),
        kind("vectors", 3, Vectors, vector::structure),
        kind("array-of-vectors", 3, Vectors, vector::array),
        kind("trap", 4, Traps, trap::trap),
    ]
};

/// Draws the kinds that a module uses, once for bodies in general and once for bodies that must not
/// call.
///
/// Some kinds are left out of each module: in a mixture of all kinds, bugs that need many sequences
/// of one kind rarely show.
pub(super) fn choose_kinds(
    choice: &mut Choice,
    features: Features,
    adopted: &[Adopted],
    sinks: &[Sink],
) -> (Vec<u8>, Vec<u8>) {
    let all = choice.chance(1, 4);
    let traps = choice.chance(1, 24);
    let large = choice.chance(1, 8);
    let mut kinds = Vec::new();
    let mut leaf_kinds = Vec::new();
    for (index, kind) in (0..).zip(KINDS) {
        let possible = match kind.when {
            When::Anywhere | When::Calls => true,
            When::Exceptions | When::ThrowingCalls => features.has(Feature::Exceptions),
            When::Adopted => !adopted.is_empty(),
            When::Sinks => !sinks.is_empty(),
            When::Large => large,
            When::Vectors => features.has(Feature::Simd),
            When::Traps => traps,
        };
        // Drawn even if the kind is not possible, so that an added or removed kind leaves the
        // choice of the others unchanged.
        let drawn = choice.chance(4, 5);
        if possible && (all || drawn || kind.when == When::Traps) {
            let times = usize::from(kind.weight);
            kinds.extend(std::iter::repeat_n(index, times));
            if !matches!(kind.when, When::Calls | When::ThrowingCalls | When::Large) {
                leaf_kinds.extend(std::iter::repeat_n(index, times));
            }
        }
    }
    (kinds, leaf_kinds)
}

/// Whether a kind, by its index, uses large items.
pub(super) fn is_of_scale(kind: u8) -> bool {
    let kind = KINDS.get(usize::from(kind));
    kind.is_some_and(|kind| kind.when == When::Large)
}

impl Emitter<'_> {
    /// Writes one sequence of a kind in use.
    pub(super) fn sequence(&mut self) {
        let layout = self.layout;
        self.one_of(&layout.kinds);
    }

    /// The same, without kinds that call.
    pub(super) fn leaf_sequence(&mut self) {
        let layout = self.layout;
        let calls = std::mem::replace(&mut self.calls, false);
        self.one_of(&layout.leaf_kinds);
        self.calls = calls;
    }

    /// Writes a sequence within another one.
    pub(super) fn nested_sequence(&mut self) {
        // Calls in a deep nest would multiply the time of all loops around them.
        match self.calls && self.depth <= 1 {
            true => self.sequence(),
            false => self.leaf_sequence(),
        }
    }

    fn one_of(&mut self, kinds: &[u8]) {
        let index = self.choice.pick(kinds).map_or(0, usize::from);
        let Some(kind) = KINDS.get(index) else {
            return;
        };
        let layout = self.layout;
        if let Some(twin) = &layout.twin
            && self.choice.chance(1, 2)
        {
            self.layout = twin;
        }
        self.depth += 1;
        (kind.emit)(self);
        self.depth -= 1;
        self.layout = layout;
    }
}
