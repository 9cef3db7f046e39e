//! The effects of the language's instructions, apart from counts.

use super::heap;
use crate::heap::testing::{Kinds, language, storm};

#[test]
fn every_kind_of_object_keeps_what_it_was_given() {
    let kinds = Kinds::new();
    language::objects(&kinds, &mut heap(&kinds));
}

#[test]
fn arrays_of_every_storage_kind_fill_copy_and_initialise() {
    let kinds = Kinds::new();
    language::arrays(&kinds, &mut heap(&kinds));
}

#[test]
fn wrong_references_are_corruption() {
    let kinds = Kinds::new();
    language::wrong_references(&kinds, &mut heap(&kinds));
}

#[test]
fn no_sequence_of_calls_panics() {
    let kinds = Kinds::new();
    storm(&kinds, || heap(&kinds));
}

#[test]
fn slots_hold_what_was_written() {
    let kinds = Kinds::new();
    language::slots(&kinds, &mut heap(&kinds));
}

#[test]
fn it_shows_what_it_is_made_of() {
    let kinds = Kinds::new();
    language::shown(&kinds, &mut heap(&kinds), "drc", Some(16));
}

#[test]
fn changes_are_watched() {
    let kinds = Kinds::new();
    language::watched(&kinds, &mut heap(&kinds));
}
