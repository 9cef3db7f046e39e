//! What differs first between two states, in words.

use super::state::RunState;
use crate::engine::Location;
use crate::module::Module;
use crate::module::names::{Names, Space};
use crate::oracle::compare::compare;
use crate::oracle::instruction::instruction_at;

/// What differs first between two states, in words: where, and both values.
pub(super) type Found = (String, (String, String));

pub(super) fn first_difference(
    right: &RunState,
    wrong: &RunState,
    names: &Names<'_>,
    module: &Module,
) -> Option<Found> {
    if right.ended != wrong.ended || right.frames != wrong.frames {
        let place = |state: &RunState, frame: Option<&Location>| match (state.ended, frame) {
            (true, _) => "it ends".into(),
            (_, None) => "in the embedder".to_string(),
            (_, Some(at)) => instruction_at(module, *at).to_string(),
        };
        let (a, b) = (right.frames.last(), wrong.frames.last());
        let goes_on = (place(right, a), place(wrong, b));
        if goes_on.0 != goes_on.1 {
            return Some(("where it goes on".into(), goes_on));
        }
        let mut both = right.frames.iter().zip(&wrong.frames);
        let callers = both.find(|(a, b)| a != b);
        return Some(match callers.filter(|_| !right.ended) {
            Some((a, b)) => {
                let callers = (place(right, Some(a)), place(wrong, Some(b)));
                ("where a caller goes on".into(), callers)
            }
            None => {
                let depth = |state: &RunState| state.frames.len().to_string();
                ("the number of frames".into(), (depth(right), depth(wrong)))
            }
        });
    }
    if let (Some(a), Some(b)) = (right.number, wrong.number)
        && a != b
    {
        return Some(("the number read".into(), (a.to_string(), b.to_string())));
    }
    if right.fuel != wrong.fuel {
        let fuel = (right.fuel.to_string(), wrong.fuel.to_string());
        // Loops, calls and bulk operations consume fuel, and not all of these are operations.
        let before = match right.frames.last() {
            Some(at) => {
                let at = instruction_at(module, *at);
                format!("the fuel left before {} in {at}", at.name)
            }
            None => "the fuel left".into(),
        };
        return Some((before, fuel));
    }
    let found = compare(
        ("right", &right.observation),
        ("wrong", &wrong.observation),
        names,
    )?;
    let in_words = |words: &str, state: &RunState| registers_named(words, state, names);
    let values = (
        in_words(&found.values.0, right),
        in_words(&found.values.1, wrong),
    );
    Some((in_words(&found.path, right), values))
}

/// The words with the names of registers, which an observation shows as kept references.
fn registers_named(words: &str, state: &RunState, names: &Names<'_>) -> String {
    const KEPT: &str = "kept reference ";
    let mut named = String::new();
    let mut rest = words;
    while let Some(at) = rest.find(KEPT) {
        let behind = &rest[at + KEPT.len()..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let (index, behind) = behind.split_at(digits);
        let register = index.parse().ok().and_then(|index| state.register(index));
        named += &rest[..at];
        named += &match register {
            Some((frame, register)) => name_of_register(frame, register, state, names),
            None => format!("{KEPT}{index}"),
        };
        rest = behind;
    }
    named + rest
}

/// A register in words: `local $list of function $f`.
fn name_of_register(frame: u32, register: u16, state: &RunState, names: &Names<'_>) -> String {
    let at = state.frames.get(frame as usize);
    let Some(func) = at.and_then(|at| at.func) else {
        return format!("register {register} of a constant expression");
    };
    let local = names.local(func, register);
    let local = local.unwrap_or_else(|| format!("register {register}"));
    format!("{local} of {}", names.item(Space::Func, func))
}
