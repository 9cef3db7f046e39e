//! Indices of all items that the pass appends, and the module's own items that it uses.
//!
//! All items are appended, so no index of the module changes. All appended struct and array types
//! form one recursion group: no type of the module can be equal to one of them, so every array of
//! such a type was made by this pass. That makes indices safe by construction: see [`LEN`].

use super::adopted::{Adopted, Sink};
use super::choice::Choice;
use super::inhabit::Recipe;
use super::ref_types::{EQ, EXN};
use super::survey::Survey;
use crate::generate::{Feature, Features};
use wasm_encoder::RefType;

/// Minimum length of arrays of appended types: a smaller index never traps.
pub(super) const LEN: u32 = 8;

/// Indices of the appended types. The order is that of the type section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Types {
    /// `(struct (mut eqref) (mut (ref null $node)) (mut i32))`, open to subtypes.
    pub(super) node: u32,
    /// A subtype of `node` with additional fields `(mut externref) (mut (ref null $refs)) (mut
    /// i64)`.
    pub(super) leaf: u32,
    /// `(array (mut eqref))`
    pub(super) refs: u32,
    /// `(array (mut (ref null $node)))`
    pub(super) nodes: u32,
    /// `(array (mut anyref))`
    pub(super) anys: u32,
    /// `(array (mut i31ref))`
    pub(super) i31s: u32,
    /// `(array (mut i8))`
    pub(super) bytes: u32,
    /// `(struct (mut i8) (mut i16) (mut anyref))`
    pub(super) packed: u32,
    /// `(struct (mut exnref) (mut externref))`; for [`Layout::exn`] in general.
    pub(super) holder: u32,
    /// `(struct)`
    pub(super) empty: u32,
    /// `(func (param eqref (ref null $node)) (result eqref))`
    pub(super) join: u32,
    /// `(func (param eqref))`, of the tag and of the function that throws it.
    pub(super) payload: u32,
    /// `(func)`
    pub(super) plain: u32,
    /// `(func (result eqref exnref))`, of a block that catches with a reference.
    pub(super) caught: u32,
    /// `(func (param eqref) (result i32))`, of the function that digests a value.
    pub(super) look: u32,
    /// `(func (param i32))`, of the function that traps.
    pub(super) choose: u32,
}

impl Types {
    fn new(base: u32) -> Types {
        Types {
            node: base,
            leaf: base + 1,
            refs: base + 2,
            nodes: base + 3,
            anys: base + 4,
            i31s: base + 5,
            bytes: base + 6,
            packed: base + 7,
            holder: base + 8,
            empty: base + 9,
            join: base + 10,
            payload: base + 11,
            plain: base + 12,
            caught: base + 13,
            look: base + 14,
            choose: base + 15,
        }
    }
}

/// Indices of the appended globals, in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Globals {
    /// `(ref $node)`, immutable: an object made by a constant expression.
    pub(super) fixed: u32,
    /// `(mut eqref)`
    pub(super) eq: u32,
    /// `(mut (ref null $node))`
    pub(super) node: u32,
    /// `(mut anyref)`
    pub(super) any: u32,
    /// `(mut externref)`
    pub(super) ext: u32,
    /// `(mut (ref null $refs))`
    pub(super) refs: u32,
    /// `(mut i32)`: numbers read from the heap are folded into it, so that a wrong one is visible
    /// from outside.
    pub(super) digest: u32,
    /// `(mut i32)`: 1 once the droppable segment has been dropped.
    pub(super) dropped: u32,
    /// `(mut exnref)`
    pub(super) exn: u32,
}

/// Indices of the appended functions, in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Funcs {
    /// Takes two references, returns one.
    pub(super) join: u32,
    /// The same type; calls `join`, by a tail call if there are some.
    pub(super) relay: u32,
    /// Throws its argument, if there are exceptions.
    pub(super) thrower: u32,
    /// No parameters: runs sequences, so that some run even if every function of the module traps
    /// at once.
    pub(super) driver: u32,
    /// Computes a number from a reference.
    pub(super) look: u32,
    /// Ends in one of several traps, chosen by its parameter.
    pub(super) trapper: u32,
}

/// All items that a sequence may refer to.
#[derive(Debug)]
pub(super) struct Layout {
    /// The features that the additions may use.
    pub(super) features: Features,
    /// The appended types.
    pub(super) types: Types,
    /// The appended globals.
    pub(super) globals: Globals,
    /// The appended functions.
    pub(super) funcs: Funcs,
    /// A table of eqref, at least [`LEN`] long.
    pub(super) eq_table: u32,
    /// A table of nullable nodes, at least [`LEN`] long.
    pub(super) node_table: u32,
    /// A table of nullref, which holds only nulls.
    pub(super) null_table: u32,
    /// Maximum size of a table.
    pub(super) table_max: u64,
    /// A passive segment of [`LEN`] eqrefs that is never dropped.
    pub(super) kept_elem: u32,
    /// A passive segment of [`LEN`] eqrefs; dropped once the global `dropped` is 1.
    pub(super) droppable_elem: u32,
    /// A passive segment of [`LEN`] nodes that is never dropped.
    pub(super) node_elem: u32,
    /// A passive data segment of [`DATA_LEN`] bytes.
    pub(super) data: u32,
    /// The tag, with one eqref, if there are exceptions.
    pub(super) tag: u32,
    /// How to make an object of each type of the module, if it can be made.
    pub(super) recipes: Vec<Option<Recipe>>,
    /// Types of the module that get a scratch local.
    pub(super) adopted: Vec<Adopted>,
    /// Places of the module that hold references.
    pub(super) sinks: Vec<Sink>,
    /// Whether objects and loops are larger than usual.
    pub(super) large: bool,
    /// Kinds of sequences in use, each repeated by its weight.
    pub(super) kinds: Vec<u8>,
    /// The same without kinds that call an appended function.
    pub(super) leaf_kinds: Vec<u8>,
}

/// Length of the appended data segment.
pub(super) const DATA_LEN: u32 = 48;

impl Layout {
    /// Lays out the additions to the module behind `survey`.
    pub(super) fn new(
        survey: &Survey,
        features: Features,
        choice: &mut Choice,
        adopted: Vec<Adopted>,
        sinks: Vec<Sink>,
        kinds: Vec<u8>,
        leaf_kinds: Vec<u8>,
    ) -> Layout {
        let types = Types::new(survey.types.len() as u32);
        let global = survey.globals.len() as u32;
        let func = survey.funcs();
        let table = survey.tables.len() as u32;
        Layout {
            features,
            types,
            globals: Globals {
                fixed: global,
                eq: global + 1,
                node: global + 2,
                any: global + 3,
                ext: global + 4,
                refs: global + 5,
                digest: global + 6,
                dropped: global + 7,
                exn: global + 8,
            },
            funcs: Funcs {
                join: func,
                relay: func + 1,
                thrower: func + 2,
                driver: func + 3,
                look: func + 4,
                trapper: func + 5,
            },
            eq_table: table,
            node_table: table + 1,
            null_table: table + 2,
            table_max: u64::from(choice.range(LEN + 4, 40)),
            kept_elem: survey.elements,
            droppable_elem: survey.elements + 1,
            node_elem: survey.elements + 2,
            data: survey.data,
            tag: survey.tags,
            recipes: recipes(survey),
            adopted,
            sinks,
            large: choice.chance(1, 6),
            kinds,
            leaf_kinds,
        }
    }
}

impl Layout {
    /// Whether there is a tag.
    pub(super) fn has_exceptions(&self) -> bool {
        self.features.has(Feature::Exceptions)
    }

    /// The type of a kept exception. Where there are none, places for exceptions hold other
    /// references.
    pub(super) fn exn(&self) -> RefType {
        RefType {
            nullable: true,
            heap_type: if self.has_exceptions() { EXN } else { EQ },
        }
    }
}

/// How to make objects of the module's types.
fn recipes(survey: &Survey) -> Vec<Option<Recipe>> {
    let known = (0..).zip(&survey.costs);
    let recipes = known.map(|(ty, cost)| cost.and_then(|_| Recipe::of(survey, ty)));
    recipes.collect()
}
