//! Large items: wide structures, signatures, segments and frames, deep hierarchies.
//!
//! Implementations have caps: bits of a map in one word, operands in registers, a table of so many
//! supertypes. Few modules have items beyond them, since they take time; those have all of them.

use super::choice::Choice;

/// The large items of a module.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    /// The number of fields of [`Scale::wide`], and of parameters and results of [`Scale::func`].
    pub(super) fields: u32,
    pub(super) params: u32,
    /// The number of elements of [`Scale::segment`].
    pub(super) elements: u32,
    /// The number of locals of the function.
    pub(super) locals: u32,
    /// The number of handlers around an exception.
    pub(super) handlers: u32,
    /// The number of types in the hierarchy.
    pub(super) depth: u32,
    /// A structure of mutable eqrefs.
    pub(super) wide: u32,
    /// The first of a hierarchy of structures; each is the supertype of the next one.
    pub(super) root: u32,
    /// A function from eqrefs to as many eqrefs.
    pub(super) func_type: u32,
    /// A block that results in as many eqrefs, and the type of the tag.
    pub(super) results: u32,
    pub(super) payload: u32,
    /// `(func (param i32 eqref (ref null $node)) (result eqref))`, of the function that calls itself.
    pub(super) nested_type: u32,
    /// Returns its parameters.
    pub(super) func: u32,
    /// Calls itself as often as its first parameter says, and returns the second one.
    pub(super) nested: u32,
    /// A passive segment of eqrefs.
    pub(super) segment: u32,
    /// A tag with as many eqrefs, if there are exceptions.
    pub(super) tag: u32,
}

/// The number in each node that a call of [`Scale::nested`] keeps on its stack.
pub(super) const NESTED: i32 = 1005;

/// Sizes around those at which an implementation may do something else.
const SIZES: [u32; 12] = [8, 9, 16, 17, 31, 32, 33, 40, 63, 64, 65, 70];

impl Scale {
    /// Large items, whose types follow `types`.
    pub(super) fn new(choice: &mut Choice, types: u32, func: u32, segment: u32, tag: u32) -> Scale {
        let size = |choice: &mut Choice| choice.pick(&SIZES).unwrap_or(33);
        let depth = choice.range(4, 40);
        let (wide, root) = (types, types + 1);
        let funcs = root + depth;
        Scale {
            fields: size(choice),
            params: size(choice),
            elements: match choice.below(4) {
                0 => choice.range(255, 300),
                _ => size(choice),
            },
            locals: match choice.below(4) {
                0 => choice.range(250, 300),
                _ => size(choice),
            },
            handlers: size(choice),
            depth,
            wide,
            root,
            func_type: funcs,
            results: funcs + 1,
            payload: funcs + 2,
            nested_type: funcs + 3,
            func,
            nested: func + 1,
            segment,
            tag,
        }
    }
}
