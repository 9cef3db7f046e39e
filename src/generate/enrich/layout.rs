//! Indices of all items that the pass appends, and the module's own items that it uses.
//!
//! All items are appended, so no index of the module changes. The appended struct and array types are
//! in two recursion groups, to which no type of the module can be equal: every array of such a type
//! was made by this pass, which makes indices safe by construction (see [`LEN`]). Large items
//! (`scale`) and types that nearly equal each other (`near`) need no such care.

use super::adopted::{Adopted, Sink};
use super::choice::Choice;
use super::constants::Constants;
use super::inhabit::Recipe;
use super::near::{self, Near};
use super::ref_types::{EQ, EXN};
use super::scale::Scale;
use super::sequence::is_of_scale;
use super::survey::Survey;
use crate::generate::{Feature, Features};
use wasm_encoder::RefType;

/// Minimum length of arrays of appended types: a smaller index never traps.
pub(super) const LEN: u32 = 8;

/// Indices of the appended types.
#[derive(Clone, Copy, Debug, Default)]
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
    /// `(struct (mut (ref null $node)))`: with it, no group of the module can be equal to the second one.
    pub(super) box_: u32,
    /// `(struct (mut v128) (mut (ref null $node)) (mut v128))`; i64s in the place of vectors where there
    /// are none.
    pub(super) vector: u32,
    /// `(array (mut v128))`
    pub(super) vectors: u32,
    /// A structure with a mutable field of each storage type; see [`EVERY`](super::storage::EVERY).
    pub(super) every: u32,
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
    /// `(func (param eqref (ref null $node)) (result eqref (ref null $node)))`, of blocks.
    pub(super) pair: u32,
    /// `(func (param eqref (ref null $node)) (result eqref (ref null $node) eqref (ref null
    /// $refs)))`
    pub(super) many: u32,
    /// The type of `join`, open to subtypes.
    pub(super) open: u32,
    /// A proper subtype of `open`: `(func (param anyref eqref) (result (ref null $node)))`.
    pub(super) narrow: u32,
    /// A function of many parameters of several types, and as many results of the same types; see
    /// [`MIXED`](super::storage::MIXED).
    pub(super) mixed: u32,
    /// The same without results, and without parameters.
    pub(super) mixed_payload: u32,
    pub(super) mixed_results: u32,
    /// `(func (param eqref i32) (result eqref))`, of the function that calls by an index.
    pub(super) indexed: u32,
    /// `(func (param externref))`, of the function that looks at a value of the host.
    pub(super) foreign: u32,
}

impl Types {
    /// The first declarations, and the second ones if there are any.
    ///
    /// The order is: the first group of structures and arrays; functions; the first group again; the
    /// second group; the second group again. So there are new types behind types that are known.
    fn new(base: u32, has_twin: bool) -> (Types, Option<Types>) {
        let func = base + FIRST_GROUP;
        let first_again = func + FUNC_TYPES;
        let second = match has_twin {
            true => first_again + FIRST_GROUP,
            false => first_again,
        };
        let types = Types {
            join: func,
            payload: func + 1,
            plain: func + 2,
            caught: func + 3,
            look: func + 4,
            choose: func + 5,
            pair: func + 6,
            many: func + 7,
            open: func + 8,
            narrow: func + 9,
            mixed: func + 10,
            mixed_payload: func + 11,
            mixed_results: func + 12,
            indexed: func + 13,
            foreign: func + 14,
            ..Types::default()
        };
        let again = types.with_objects(first_again, second + SECOND_GROUP);
        (types.with_objects(base, second), has_twin.then_some(again))
    }

    /// The same functions, with structures and arrays in groups that start here.
    fn with_objects(self, first: u32, second: u32) -> Types {
        Types {
            node: first,
            leaf: first + 1,
            refs: first + 2,
            nodes: first + 3,
            anys: first + 4,
            holder: first + 5,
            i31s: second,
            bytes: second + 1,
            packed: second + 2,
            empty: second + 3,
            box_: second + 4,
            vector: second + 5,
            vectors: second + 6,
            every: second + 7,
            ..self
        }
    }
}

/// The number of types in the first group of structures and arrays, of types of functions, and of types
/// in the second group.
const FIRST_GROUP: u32 = 6;
const FUNC_TYPES: u32 = 15;
const SECOND_GROUP: u32 = 8;

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
    /// `(mut i32)`: see [`claims`](crate::case::claims).
    pub(super) contradictions: u32,
    /// `(ref $ConstBytes)`, `(ref $ConstRefs)` and `(ref $every)`, immutable, of constant expressions
    /// whose values are known: see [`Constants`](super::constants::Constants).
    pub(super) constant_bytes: u32,
    pub(super) constant_refs: u32,
    pub(super) constant_every: u32,
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
    /// Returns four references; see [`MANY`].
    pub(super) many: u32,
    /// Returns a new node with the number [`NARROW`]. Its type is a proper subtype of
    /// [`Types::open`], by which it is called.
    pub(super) narrow: u32,
    /// Returns its parameters.
    pub(super) mixed: u32,
    /// Calls `mixed` with its parameters in another order, by a tail call if there are some; see
    /// [`PASSED`](super::storage::PASSED).
    pub(super) pass: u32,
    /// No parameters: compares known outcomes.
    pub(super) known: u32,
    /// Calls an element of the table of [`Near`](super::near::Near), by a tail call if there are some.
    pub(super) indexed: u32,
    /// Looks at a value of the host.
    pub(super) foreign: u32,
}

/// The number of these functions.
const FUNCS: u32 = 13;

/// The numbers in the results of [`Funcs::many`] after the first, which is its first parameter: a
/// node, a node as an eqref, and an array of i31s counted from the number.
pub(super) const MANY: [i32; 3] = [1001, 1002, 1003];

/// The number of the node that [`Funcs::narrow`] returns.
pub(super) const NARROW: i32 = 1004;

/// All items that a sequence may refer to.
#[derive(Clone, Debug)]
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
    /// A table of externref that only known outcomes use; it starts with [`GROWN`] elements.
    pub(super) grown_table: u32,
    /// Its maximum size.
    pub(super) grown_max: u32,
    /// A table of `(ref null $open)` with [`Funcs::narrow`] at each index.
    pub(super) func_table: u32,
    /// Maximum size of a table.
    pub(super) table_max: u64,
    /// A passive segment of [`LEN`] eqrefs that is never dropped.
    pub(super) kept_elem: u32,
    /// A passive segment of [`LEN`] eqrefs; dropped once the global `dropped` is 1.
    pub(super) droppable_elem: u32,
    /// A passive segment of [`LEN`] nodes that is never dropped.
    pub(super) node_elem: u32,
    /// An active segment of functions, and a declared one.
    pub(super) active_elem: u32,
    pub(super) declared_elem: u32,
    /// A passive segment of [`LEN`] i31s, counted from [`NUMBERED`], that is never dropped.
    pub(super) numbered_elem: u32,
    /// Passive segments of the functions of [`Near`], as funcrefs; code that must trap drops the second
    /// one.
    pub(super) func_elem: u32,
    pub(super) droppable_func_elem: u32,
    /// A passive data segment, and its bytes.
    pub(super) data: u32,
    pub(super) data_bytes: [u8; DATA_LEN as usize],
    /// A passive data segment that code which must trap drops.
    pub(super) droppable_data: u32,
    /// The tag, with one eqref, if there are exceptions, and another one of the same type.
    pub(super) tag: u32,
    pub(super) other_tag: u32,
    /// A tag with many values; see [`MIXED`](super::storage::MIXED).
    pub(super) mixed_tag: u32,
    /// How to make an object of each type of the module, if it can be made.
    pub(super) recipes: Vec<Option<Recipe>>,
    /// Types of the module that get a scratch local.
    pub(super) adopted: Vec<Adopted>,
    /// Places of the module that hold references.
    pub(super) sinks: Vec<Sink>,
    /// Whether objects and loops are larger than usual.
    pub(super) large: bool,
    /// Large items, if there are any.
    pub(super) scale: Option<Scale>,
    /// Types that nearly equal each other.
    pub(super) near: Near,
    /// The values of constant globals.
    pub(super) constants: Constants,
    /// Kinds of sequences in use, each repeated by its weight.
    pub(super) kinds: Vec<u8>,
    /// The same without kinds that call an appended function.
    pub(super) leaf_kinds: Vec<u8>,
    /// The same layout with the second declarations of the structures and arrays, if they are declared
    /// twice: the types are equal, so any sequence may use either.
    pub(super) twin: Option<Box<Layout>>,
}

/// Length of the appended data segment.
pub(super) const DATA_LEN: u32 = 48;

/// The number of appended data segments.
pub(super) const DATA: u32 = 2;

/// The first number in [`Layout::numbered_elem`].
pub(super) const NUMBERED: i32 = 0x2000_0000;

/// The initial length of [`Layout::grown_table`].
pub(super) const GROWN: u32 = 2;

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
        let global = survey.globals.len() as u32;
        let func = survey.funcs();
        let table = survey.tables.len() as u32;
        let has_twin = choice.chance(1, 4);
        let (types, twin) = Types::new(survey.types.len() as u32, has_twin);
        let near = Near {
            base: twin.as_ref().unwrap_or(&types).every + 1,
            func: func + FUNCS,
            table: table + 4,
        };
        let scale = kinds.iter().any(|kind| is_of_scale(*kind)).then(|| {
            let (types, funcs) = (near.base + near::TYPES, near.func + near::FUNCS);
            Scale::new(choice, types, funcs, survey.elements + 8, survey.tags + 3)
        });
        let layout = Layout {
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
                contradictions: global + 9,
                constant_bytes: global + 10,
                constant_refs: global + 11,
                constant_every: global + 12,
            },
            funcs: Funcs {
                join: func,
                relay: func + 1,
                thrower: func + 2,
                driver: func + 3,
                look: func + 4,
                trapper: func + 5,
                many: func + 6,
                narrow: func + 7,
                mixed: func + 8,
                pass: func + 9,
                known: func + 10,
                indexed: func + 11,
                foreign: func + 12,
            },
            eq_table: table,
            node_table: table + 1,
            null_table: table + 2,
            func_table: table + 3,
            grown_table: table + 5,
            grown_max: GROWN + choice.below(6),
            table_max: u64::from(choice.range(LEN + 4, 40)),
            kept_elem: survey.elements,
            droppable_elem: survey.elements + 1,
            node_elem: survey.elements + 2,
            active_elem: survey.elements + 3,
            declared_elem: survey.elements + 7,
            numbered_elem: survey.elements + 4,
            func_elem: survey.elements + 5,
            droppable_func_elem: survey.elements + 6,
            data: survey.data,
            droppable_data: survey.data + 1,
            data_bytes: std::array::from_fn(|_| choice.below(256) as u8),
            tag: survey.tags,
            other_tag: survey.tags + 1,
            mixed_tag: survey.tags + 2,
            recipes: recipes(survey),
            adopted,
            sinks,
            large: choice.chance(1, 7),
            scale,
            near,
            constants: Constants::new(choice),
            kinds,
            leaf_kinds,
            twin: None,
        };
        let twin = twin.map(|types| Layout {
            types,
            ..layout.clone()
        });
        Layout {
            twin: twin.map(Box::new),
            ..layout
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
