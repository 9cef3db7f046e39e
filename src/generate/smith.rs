//! The wasm-smith configuration: small modules with many types, functions and references.
//!
//! Every module is drawn with a different configuration. A module with everything in it has little
//! of each, and a bug that needs several instructions of one kind in a row never shows (Groce et
//! al., *Swarm Testing*, ISSTA 2012). So features and kinds of instructions are left out of a share
//! of the modules.
//!
//! | what varies | how | why |
//! |---|---|---|
//! | types | 8 to 14 | fewer leave nothing to cast between; more are mostly unused |
//! | functions | 4 to 7, and 0 to 3 imports | calls need callees, the host needs to be called |
//! | instructions per function | 30 to 150 | long bodies reach more states, short ones return without a trap |
//! | globals, tables | 3 to 8, 1 to 3 | roots |
//! | tags, exceptions | off in one of eight | they carry references across frames |
//! | tail calls | off in one of eight | frames that replace others |
//! | a start function | in one of four | code that runs before there are exports |
//! | memories | in one of eight, up to two | their accesses trap, and use up input that could touch the heap |
//! | floats | in one of eight | as above; irrelevant to a collector |
//! | SIMD, relaxed SIMD | in one of eight, one of sixteen | vectors are the widest fields |
//! | 64-bit memories and tables | in one of eight | two widths of index |
//! | traps | forbidden in one of sixteen | that also forbids most accesses to objects |
//! | numeric, variable, table and control instructions, `drop` and `select` | each left out of one in eight | room for the others |
//! | reference and aggregate instructions | always there | the subject of the tests |
//!
//! The numbers were chosen by measurement.
//!
//! wasm-smith's own fuel is not used. It is a global that counts down over the whole life of an
//! instance, so one endless export would make every later call trap. The engine under test has its
//! own fuel, which is reset for each call.

use super::{Feature, Features};
use arbitrary::Unstructured;
use wasm_smith::{Config, InstructionKind, InstructionKinds, MemoryOffsetChoices, Module};

/// Largest table, initial or maximum, in elements.
pub const MAX_TABLE_ELEMENTS: u64 = 400;

/// Largest memory, initial or maximum, in 64 KiB pages.
pub const MAX_MEMORY_PAGES: u64 = 4;

/// Minimum number of functions that a module defines, if it has a function type at all.
const MIN_FUNCS: usize = 4;

/// Minimum number of types.
const MIN_TYPES: usize = 8;

/// Maximum number of types.
const MAX_TYPES: usize = 14;

// On exhausted input wasm-smith clones the first recursion group until there are enough types. If
// the group does not fit under the maximum, it tries for ever: a group can be one smaller than the
// minimum, and must then fit once more.
const _: () = assert!(MAX_TYPES >= 2 * MIN_TYPES - 2);

/// Kinds of instructions that are left out of some modules.
const OPTIONAL: [InstructionKind; 5] = [
    InstructionKind::Numeric,
    InstructionKind::Variable,
    InstructionKind::Table,
    InstructionKind::Control,
    InstructionKind::Parametric,
];

/// Kinds that are in all modules, as far as the features allow.
const ALWAYS: [InstructionKind; 4] = [
    InstructionKind::Reference,
    InstructionKind::Aggregate,
    InstructionKind::Memory,
    InstructionKind::Vector,
];

/// Draws a configuration, for modules that use no more than these features.
///
/// # Errors
///
/// As [`Unstructured`]'s methods. Exhausted input is not an error: it yields the smallest sizes and
/// only the usual features.
pub fn config(features: Features, u: &mut Unstructured<'_>) -> arbitrary::Result<Config> {
    // The choices use few bytes, so that a mutation of the rest of the input keeps the
    // configuration of the module.
    let flags = u.arbitrary::<u32>()?;
    // Whether the three bits from `at` on are all set.
    let one_in_eight = |at: u32| (flags >> at) & 7 == 7;
    let most_memories = if features.has(Feature::MultiMemory) {
        2
    } else {
        1
    };
    let memories = if one_in_eight(0) { most_memories } else { 0 };
    let floats = one_in_eight(3);
    let start = (flags >> 6) & 3 == 3;
    let vectors = one_in_eight(8) && features.has(Feature::Simd);
    let relaxed = vectors && (flags >> 11) & 1 == 1 && features.has(Feature::RelaxedSimd);
    let index64 = one_in_eight(12) && features.has(Feature::Memory64);
    let exceptions = !one_in_eight(15) && features.has(Feature::Exceptions);
    let tail_calls = !one_in_eight(18) && features.has(Feature::TailCalls);
    let trapless = (flags >> 21) & 15 == 15;
    let left_out = u.arbitrary::<u16>()?;
    let kept = OPTIONAL.iter().zip(0..);
    let kept = kept.filter(|(_, i)| (left_out >> (3 * i)) & 7 != 7);
    let mut kinds = ALWAYS.to_vec();
    kinds.extend(kept.map(|(kind, _)| *kind));
    let funcs = u.int_in_range(MIN_FUNCS..=MIN_FUNCS + 3)?;
    let imports = u.int_in_range(0..=3)?;
    let globals = u.int_in_range(3..=8)?;
    let tables = u.int_in_range(1..=3)?;
    let instructions = u.int_in_range(30..=150)?;

    Ok(Config {
        // Features of WebAssembly 3.0.
        bulk_memory_enabled: true,
        exceptions_enabled: exceptions,
        extended_const_enabled: true,
        gc_enabled: true,
        memory64_enabled: index64,
        multi_value_enabled: true,
        reference_types_enabled: true,
        relaxed_simd_enabled: relaxed,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        simd_enabled: vectors,
        tail_call_enabled: tail_calls,
        // Features that are newer, or irrelevant to a collector.
        acquire_release_atomics_enabled: false,
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        multibyte_array_access_enabled: false,
        shared_everything_threads_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,

        // Shape.
        allow_floats: floats,
        // The bits of a NaN may differ between engines; differences that the language allows must
        // not be reported.
        canonicalize_nans: floats,
        allow_start_export: start,
        // So that all state of an instance can be observed from outside. The `exports` option,
        // which could do the same, makes wasm-smith panic on a global of a concrete reference type.
        export_everything: true,
        allowed_instructions: InstructionKinds::new(&kinds),
        disallow_traps: trapless,
        generate_custom_sections: false,
        // Otherwise one array.new in a constant expression may ask for four billion elements.
        limit_arrays_in_const_exprs: true,

        // Sizes.
        min_types: MIN_TYPES,
        max_types: MAX_TYPES,
        max_type_size: 400,
        // A minimum counts definitions, a maximum imports as well; wasm-smith fails if the imports
        // leave too little room.
        min_funcs: MIN_FUNCS,
        max_funcs: funcs + imports,
        min_globals: 3,
        max_globals: globals + imports,
        min_tables: 1,
        max_tables: tables + imports,
        max_table_elements: MAX_TABLE_ELEMENTS,
        max_memories: memories,
        max_memory32_bytes: MAX_MEMORY_PAGES << 16,
        max_memory64_bytes: u128::from(MAX_MEMORY_PAGES) << 16,
        memory_offset_choices: MemoryOffsetChoices(98, 1, 1),
        max_imports: imports,
        max_tags: 2,
        max_element_segments: 3,
        max_elements: 8,
        max_data_segments: 2,
        max_instructions: instructions,
        ..Config::default()
    })
}

/// Draws a module that uses no more than these features, as bytes.
///
/// # Errors
///
/// If the input cannot be turned into a module; wasm-smith gives no further reason.
pub fn module(features: Features, u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    let config = config(features, u)?;
    Ok(Module::new(config, u)?.to_bytes())
}
