//! The law *poison* in the counting heap.

use super::scene::*;
use gcdiff::heap::Inspect;
use gcdiff::oracle::Law;

#[test]
fn poison_of_freed_memory() {
    let mut scene = Scene::collected();
    let at = scene.dead.0 as usize + 28;
    scene.core().set_word(at, 0xdada_00da).unwrap();
    let message = format!(
        "freed memory does not hold the poison: byte {:#x} is 0x00",
        at + 1
    );
    is(&scene.broken(), Law::Poison, None, None, &message);
}

#[test]
fn poison_behind_the_last_block() {
    let mut scene = Scene::collected();
    let at = Inspect::extent(&scene.store.heap).1 as usize + 40;
    scene.core().set_word(at, 0xdada_da00).unwrap();
    let message = format!("freed memory does not hold the poison: byte {at:#x} is 0x00");
    is(&scene.broken(), Law::Poison, None, None, &message);
}
