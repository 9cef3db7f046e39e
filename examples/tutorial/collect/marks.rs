use gcdiff::prelude::*;

pub fn reclaims() -> Reclaims {
    Reclaims::Nothing
}

/// Returns the number of objects that it has freed.
pub fn collect<T>(
    objects: &mut [Option<T>],
    references: fn(&T) -> Vec<GcRef>,
    roots: &mut dyn Roots,
) -> u64 {
    let _reached = mark(objects, references, roots);
    0
}

/// The objects that the roots reach.
fn mark<T>(
    objects: &[Option<T>],
    references: fn(&T) -> Vec<GcRef>,
    roots: &mut dyn Roots,
) -> Vec<bool> {
    let mut pending = Vec::new();
    roots.stack(&mut |register| pending.push(GcRef::from_register(*register)));
    roots.slots(&mut |_, slot| pending.push(GcRef(*slot)));
    // Null and small integers are no objects.
    pending.retain(|r| r.is_object());
    let mut reached = vec![false; objects.len()];
    while let Some(r) = pending.pop() {
        let index = (r.0 / GRANULE) as usize - 1;
        if !std::mem::replace(&mut reached[index], true) {
            let references = objects[index].iter().flat_map(references);
            pending.extend(references.take_while(|r| r.is_object()));
        }
    }
    reached
}
