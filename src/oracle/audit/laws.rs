//! The laws, one function each. The [module documentation](super) states them.

use super::census::Census;
use super::fast_path::sound;
use super::type_info::Plans;
use super::{owners, types, violation};
use crate::engine::{Point, View};
use crate::heap::{Block, GRANULE, GcRef, Header, Heap, POISON, Reclaims, Shape};
use crate::oracle::describe::Describer;
use crate::oracle::layers::Layers;
use crate::oracle::violation::{Law, Violation};

/// Returns the first broken law. Each law is checked after those that it relies on,
/// so that the reported law is the broken one: the header locates an object's
/// references, and the stack-root list gives the references that it owns.
pub(super) fn first_broken<H: Heap>(
    census: &Census,
    view: &View<'_, H>,
    point: Point,
    layers: Layers,
) -> Option<Violation> {
    // A check for one law may find a breach of another.
    let on = |found: Option<Violation>| found.filter(|v| layers.checks(v.law));
    let outside = || on(types::check(census, view)).or_else(|| on(poison(census, view)));
    let all = || {
        on(blocks(census, view))
            .or_else(|| on(headers(census, view)))
            .or_else(|| on(zero(census, view)))
            .or_else(|| on(roots(census, view)))
            .or_else(|| on(exact(census, view)))
            .or_else(|| on(leak(census, view, point)))
    };
    // Nearly every heap is sound, which one pass over the objects shows.
    match sound(census, view, point) {
        true => {
            debug_assert!(all().is_none(), "what is sound breaks no law");
            outside()
        }
        false => all().or_else(outside),
    }
}

/// A violation about an object, or about an address where one should be.
pub(super) fn about<H: Heap>(
    law: Law,
    census: &Census,
    view: &View<'_, H>,
    r: GcRef,
    message: String,
) -> Violation {
    let object = census.find(r).map(|i| &census.objects[i]);
    let words = Describer::new(view);
    let (owners, more_owners) = owners::of(census, view, &words, r);
    let path = owners::path(census, view, &words, r);
    Violation {
        object: Some(r.0),
        ty: object.map(|o| words.shape(o.header.shape)),
        kind: object.map_or("none", |o| match o.header.shape {
            Some(Shape::Struct(_)) => "struct",
            Some(Shape::Array(_)) => "array",
            Some(Shape::Exception(_)) => "exception",
            Some(Shape::Extern) => "extern",
            None => "unknown",
        }),
        names: owners::names(census, &words, &owners, &path),
        owners,
        more_owners,
        path,
        ..violation(law, view, message)
    }
}

fn blocks<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let heap = &view.store.heap;
    if let Some(block) = census.unreadable {
        let message = format!("no object can be read in the block at {:#x}", block.start);
        return Some(violation(Law::Blocks, view, message));
    }
    let (start, end) = heap.extent();
    let mut at = start;
    for block in &census.blocks {
        let whole = block.size > 0 && block.size.is_multiple_of(GRANULE);
        if block.start != at || !whole || block.size > end - at {
            let message = format!(
                "a block of {} bytes at {:#x}, where one within {at:#x}..{end:#x} should start",
                block.size, block.start
            );
            return Some(violation(Law::Blocks, view, message));
        }
        at += block.size;
    }
    if at != end {
        let message = format!("the last block ends at {at:#x}, the heap at {end:#x}");
        return Some(violation(Law::Blocks, view, message));
    }
    heap.header_size()?;
    for object in &census.objects {
        let Some(needed) = block_size(&census.plans, view, &object.header) else {
            continue;
        };
        if u64::from(object.block.size) != needed {
            let message = format!(
                "the block at {:#x} has {} bytes, its object needs {needed}",
                object.block.start, object.block.size
            );
            return Some(about(
                Law::Blocks,
                census,
                view,
                object.reference(),
                message,
            ));
        }
    }
    None
}

/// Part of law *blocks*: the free list.
pub(super) fn free_list<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let mut list = view.store.heap.free_list()?;
    list.sort_by_key(|block| block.start);
    let is_free = |block: &Block| {
        let found = census
            .blocks
            .binary_search_by_key(&block.start, |b| b.start);
        found.is_ok_and(|at| census.blocks[at] == *block)
    };
    let broken = |block: &Block, what: &str| {
        let Block { start, size, .. } = block;
        let message = format!("the free list has a block of {size} bytes at {start:#x} {what}");
        Some(violation(Law::Blocks, view, message))
    };
    if let Some(pair) = list.windows(2).find(|pair| pair[0].start == pair[1].start) {
        return broken(&pair[1], "twice");
    }
    if let Some(wrong) = list.iter().find(|block| !is_free(block)) {
        return broken(wrong, "that is not a free block");
    }
    let is_listed = |block: &&Block| list.binary_search_by_key(&block.start, |b| b.start).is_ok();
    let mut free = census.blocks.iter().filter(|block| block.free);
    let forgotten = free.find(|block| !is_listed(block))?;
    let Block { start, size, .. } = forgotten;
    let message = format!("the free block of {size} bytes at {start:#x} is not in the free list");
    Some(violation(Law::Blocks, view, message))
}

/// The size of the block that an object needs.
pub(super) fn block_size<H: Heap>(
    plans: &Plans,
    view: &View<'_, H>,
    header: &Header,
) -> Option<u64> {
    match view.store.heap.header_size() {
        Some(size) => plans.block_size(header, size),
        None => plans.payload(header).map(|_| u64::from(GRANULE)),
    }
}

/// Part of law *type*: headers.
fn headers<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let mut objects = census.objects.iter();
    let object = objects.find(|object| census.plans.payload(&object.header).is_none())?;
    let r = object.reference();
    let message = format!("the header of {r} names no type of its kind");
    Some(about(Law::Type, census, view, r, message))
}

fn zero<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let supposed = |r: GcRef| format!("{r} is supposedly live; should have nonzero ref count");
    if let Some(r) = census.dangling {
        // An address that no object can start at was never freed.
        if !view.store.heap.is_counting() || !r.0.is_multiple_of(GRANULE) {
            let message = format!("{r} is reachable, but no object");
            return Some(about(Law::Type, census, view, r, message));
        }
        let message = format!("{} (it has been freed)", supposed(r));
        return Some(about(Law::Zero, census, view, r, message));
    }
    let objects = census.objects.iter().enumerate();
    for (i, object) in objects.filter(|(i, _)| census.reachable[*i]) {
        if object.header.count == Some(0) {
            let r = object.reference();
            let mut found = about(Law::Zero, census, view, r, supposed(r));
            found.expected = Some(census.owners_of(i));
            found.actual = Some(0);
            return Some(found);
        }
    }
    None
}

fn exact<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    for (i, object) in census.objects.iter().enumerate() {
        let owners = census.owners_of(i);
        if let Some(count) = object.header.count
            && count != owners
        {
            let r = object.reference();
            let what = if count > owners {
                "too high"
            } else {
                "too low"
            };
            let message = format!(
                "the count of {r} is {what}: {count}, but it has {owners} {}",
                if owners == 1 { "owner" } else { "owners" }
            );
            let mut found = about(Law::Exact, census, view, r, message);
            found.expected = Some(owners);
            found.actual = Some(count);
            return Some(found);
        }
    }
    None
}

fn roots<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let list = census.list.as_ref()?;
    let broken = |r: GcRef, what: &str| {
        let message = format!("{r} {what}");
        Some(about(Law::Roots, census, view, r, message))
    };
    for r in &list.members {
        match census.find(*r) {
            None => return broken(*r, "is in the stack-root list, but no object"),
            Some(i) if census.listed[i] > 1 => {
                return broken(*r, "is in the stack-root list more than once");
            }
            Some(_) => {}
        }
    }
    if list.recorded as usize != list.members.len() {
        let message = format!(
            "the stack-root list has {} members, but {} on record",
            list.members.len(),
            list.recorded
        );
        return Some(violation(Law::Roots, view, message));
    }
    for (object, listed) in census.objects.iter().zip(&census.listed) {
        if object.header.listed != (*listed > 0) {
            let what = match object.header.listed {
                true => "says that it is in the stack-root list, but is not",
                false => "is in the stack-root list, but does not say so",
            };
            return broken(object.reference(), what);
        }
    }
    for ((object, listed), framed) in census
        .objects
        .iter()
        .zip(&census.listed)
        .zip(&census.framed)
    {
        if *framed && *listed == 0 {
            return broken(
                object.reference(),
                "is in a frame, but not in the stack-root list",
            );
        }
    }
    None
}

fn leak<H: Heap>(census: &Census, view: &View<'_, H>, point: Point) -> Option<Violation> {
    let leaked = |i: usize, what: &str| {
        let r = census.objects[i].reference();
        Some(about(Law::Leak, census, view, r, format!("{r} {what}")))
    };
    let mut counts = census.objects.iter().map(|object| object.header.count);
    if let Some(i) = counts.position(|count| count == Some(0)) {
        return leaked(i, "has no owners, but has not been freed");
    }
    if !matches!(point, Point::Collection | Point::End) {
        return None;
    }
    let only_listed = |i: &usize| census.listed[*i] > 0 && !census.framed[*i];
    if let Some(i) = (0..census.objects.len()).find(only_listed) {
        let what = "is in no frame, but a collection has left it in the stack-root list";
        return leaked(i, what);
    }
    match view.store.heap.reclaims() {
        Reclaims::Nothing | Reclaims::Something => None,
        Reclaims::AllButCycles => {
            let what = "is unreachable, and neither in a cycle nor held by one, \
                        but a collection has not freed it";
            leaked(census.garbage.1?, what)
        }
        Reclaims::Everything => {
            let i = (0..census.objects.len()).find(|i| !census.reachable[*i])?;
            leaked(i, "is unreachable, but a collection has not freed it")
        }
    }
}

fn poison<H: Heap>(census: &Census, view: &View<'_, H>) -> Option<Violation> {
    let heap = &view.store.heap;
    let written = |start: u32, bytes: &[u8]| {
        // Nearly all bytes are poison: compare many at a time for speed.
        const AT_A_TIME: usize = 64;
        let (chunks, _) = bytes.as_chunks::<AT_A_TIME>();
        let sound = chunks.iter().take_while(|chunk| {
            let differ = |all, byte: &u8| all | (byte ^ POISON);
            chunk.iter().fold(0, differ) == 0
        });
        let skipped = sound.count() * AT_A_TIME;
        let at = skipped + bytes[skipped..].iter().position(|b| *b != POISON)?;
        let address = start as usize + at;
        let message = format!(
            "freed memory does not hold the poison: byte {address:#x} is {:#04x}",
            bytes[at]
        );
        Some(violation(Law::Poison, view, message))
    };
    let mut free = census.blocks.iter().filter(|b| b.free);
    free.find_map(|block| written(block.start, heap.bytes(*block)?))
        .or_else(|| {
            let mut unused = heap.unused().into_iter();
            unused.find_map(|(start, bytes)| written(start, bytes))
        })
}
