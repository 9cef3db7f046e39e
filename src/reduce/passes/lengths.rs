//! Lengths of arrays, with the numbers that fit them.

use super::code::{funcs, is_whole};
use super::{Pass, one};
use crate::reduce::draft::{Edit, edit};
use std::ops::Range;
use wasmparser::Operator;

pub(super) const LENGTHS: Pass = Pass {
    name: "lengths",
    about: "shortens arrays together with an index or a length in the code",
    levels: one,
    edits: |state, _| {
        let mut arrays: Vec<Array> = Vec::new();
        let mut numbers: Vec<(usize, usize)> = Vec::new();
        for (func, ops, view) in funcs(state) {
            for (at, op) in ops.iter().enumerate() {
                match op {
                    Operator::ArrayNewFixed { .. } if is_whole(&view.ops[at]) => {
                        let operands = view.ops[at].operands.iter();
                        let operands = operands.map(|(start, end)| *start..*end).collect();
                        arrays.push(Array { func, at, operands });
                    }
                    Operator::I32Const { value } if *value > 0 => numbers.push((func, at)),
                    _ => {}
                }
            }
        }
        arrays.retain(|array| (1..=MOST).contains(&array.operands.len()));
        if arrays.len() > MOST || numbers.len() > MOST {
            return Vec::new();
        }
        let mut edits = Vec::new();
        for (index, array) in arrays.iter().enumerate() {
            for element in 0..array.operands.len() {
                let alone = vec![array.shortened(element)];
                // Another array of the same length, as the source of a copy and its destination.
                let others = arrays[index + 1..].iter();
                let others = others.filter(|other| other.operands.len() == array.operands.len());
                let pairs =
                    others.map(|other| vec![array.shortened(element), other.shortened(element)]);
                for shortened in std::iter::once(alone).chain(pairs) {
                    for number in &numbers {
                        edits.push(shorten(shortened.clone(), vec![*number]));
                    }
                    edits.push(shorten(shortened, numbers.clone()));
                }
            }
        }
        edits
    },
};

/// Number of arrays, elements and numbers up to which all combinations are tried.
const MOST: usize = 12;

/// An array of given elements.
struct Array {
    func: usize,
    at: usize,
    operands: Vec<Range<usize>>,
}

impl Array {
    /// The array without an element.
    fn shortened(&self, element: usize) -> Shortened {
        Shortened {
            func: self.func,
            at: self.at,
            element: self.operands[element].clone(),
        }
    }
}

/// An array that loses an element.
#[derive(Clone)]
struct Shortened {
    func: usize,
    at: usize,
    element: Range<usize>,
}

/// Removes an element of each array, and makes numbers smaller by one.
fn shorten(arrays: Vec<Shortened>, numbers: Vec<(usize, usize)>) -> Edit {
    edit(move |draft| {
        for (func, at) in &numbers {
            let is_in = |array: &Shortened| array.func == *func && array.element.contains(at);
            // A number in what is removed goes anyway.
            if arrays.iter().any(is_in) {
                continue;
            }
            match draft
                .module
                .funcs
                .get_mut(*func)?
                .edit()?
                .ops
                .get_mut(*at)?
            {
                Operator::I32Const { value } => *value = value.checked_sub(1)?,
                _ => return None,
            }
        }
        for array in &arrays {
            match draft
                .module
                .funcs
                .get_mut(array.func)?
                .edit()?
                .ops
                .get_mut(array.at)?
            {
                Operator::ArrayNewFixed { array_size, .. } => {
                    *array_size = array_size.checked_sub(1)?;
                }
                _ => return None,
            }
        }
        // From behind, so that the indices of those before stay.
        let mut arrays = arrays.clone();
        arrays.sort_by_key(|array| std::cmp::Reverse((array.func, array.element.start)));
        let mut last: Option<Shortened> = None;
        for array in arrays {
            // An array in the element that another one loses.
            if last.is_some_and(|l| l.func == array.func && l.element.start < array.element.end) {
                return None;
            }
            let ops = &mut draft.module.funcs.get_mut(array.func)?.edit()?.ops;
            ops.get(array.element.clone())?;
            ops.drain(array.element.clone());
            last = Some(array);
        }
        Some(())
    })
}
