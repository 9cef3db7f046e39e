//! The wasm-smith configuration: small modules with many types, functions and references.
//!
//! The numbers were chosen by measurement. A module about a collector wants ten or more types, several functions and globals, a
//! table, and little else: every memory access and floating-point operation takes input bytes from an instruction that could
//! have touched the heap. Memories and floats stay on in a small share of the modules so that no feature of the engine goes
//! unexercised.
//!
//! wasm-smith's own fuel is not used. It is a global that counts down over the whole life of an instance, so one endless export
//! makes every later call trap; the engine under test has fuel of its own, which is reset for each call.

use arbitrary::Unstructured;
use wasm_smith::{Config, MemoryOffsetChoices, Module};

/// Largest table, initial or maximum, in elements.
pub const MAX_TABLE_ELEMENTS: u64 = 400;

/// Largest memory, initial or maximum, in 64 KiB pages.
pub const MAX_MEMORY_PAGES: u64 = 4;

/// Fewest functions a module defines, if it has a function type at all.
const MIN_FUNCS: usize = 4;

/// Fewest types.
const MIN_TYPES: usize = 8;

/// Most types.
const MAX_TYPES: usize = 14;

// On exhausted input wasm-smith keeps cloning the first recursion group until there are enough types. If the group does not fit
// under the maximum it tries for ever: a group can be one smaller than the minimum, and must then fit once more.
const _: () = assert!(MAX_TYPES >= 2 * MIN_TYPES - 2);

/// Draws a configuration: the features are fixed, the sizes come from the input.
///
/// # Errors
///
/// As [`Unstructured`]'s own methods; running out of input is not an error, it yields the smallest sizes.
pub fn config(u: &mut Unstructured<'_>) -> arbitrary::Result<Config> {
    // One byte of flags, so that a mutation of the rest of the input keeps the shape of the module.
    let flags = u.arbitrary::<u8>()?;
    let memories = if flags & 7 == 7 { 2 } else { 0 };
    let floats = flags & 0b11_1000 == 0b11_1000;
    let start = flags & 0b1100_0000 == 0b1100_0000;
    // Vectors matter to a collector as the widest fields there are, and addresses of 64 bits hardly at all; both take input from
    // what matters more.
    let wide = u.arbitrary::<u8>()?;
    let vectors = wide & 7 == 7;
    let relaxed = wide & 0b1111 == 0b1111;
    let index64 = wide & 0b0111_0000 == 0b0111_0000;
    let funcs = u.int_in_range(MIN_FUNCS..=MIN_FUNCS + 3)?;
    let imports = u.int_in_range(0..=3)?;
    let instructions = u.int_in_range(40..=120)?;

    Ok(Config {
        // Features of WebAssembly 3.0.
        bulk_memory_enabled: true,
        exceptions_enabled: true,
        extended_const_enabled: true,
        gc_enabled: true,
        memory64_enabled: index64,
        multi_value_enabled: true,
        reference_types_enabled: true,
        relaxed_simd_enabled: relaxed,
        saturating_float_to_int_enabled: true,
        sign_extension_ops_enabled: true,
        simd_enabled: vectors,
        tail_call_enabled: true,
        // Features that are newer, or that say nothing about a collector.
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
        // The bits of a NaN may differ between engines; differences that the language allows are of no interest here.
        canonicalize_nans: floats,
        allow_start_export: start,
        // Everything an instance holds can then be observed from outside. The `exports` option, which could do the same, makes
        // wasm-smith panic on a global of a concrete reference type.
        export_everything: true,
        // Forbidding traps would forbid struct.get, every array access, ref.cast and table access with them.
        disallow_traps: false,
        generate_custom_sections: false,
        // Otherwise one array.new in a constant expression may ask for four thousand million elements.
        limit_arrays_in_const_exprs: true,

        // Sizes.
        min_types: MIN_TYPES,
        max_types: MAX_TYPES,
        max_type_size: 400,
        // A minimum counts what is defined, a maximum what is imported as well; wasm-smith gives up on the input if the imports
        // leave too little room.
        min_funcs: MIN_FUNCS,
        max_funcs: funcs + imports,
        min_globals: 6,
        max_globals: 7 + imports,
        min_tables: 1,
        max_tables: 1 + imports,
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

/// Draws a module, as bytes.
///
/// # Errors
///
/// When the input cannot be turned into a module; wasm-smith gives no further reason.
pub fn module(u: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    let config = config(u)?;
    Ok(Module::new(config, u)?.to_bytes())
}
