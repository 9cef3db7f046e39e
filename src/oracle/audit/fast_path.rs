//! Whether a heap is sound: all laws about blocks, headers, counts and lists at
//! once, without saying which one is broken.
//!
//! Nearly every audit finds nothing, and one look at each object is cheaper than
//! one for each law. What is called sound here must break none of [`laws`]; debug
//! builds check that on every audit. What is not called sound is left to them.
//!
//! [`laws`]: super::laws

use super::census::Census;
use crate::engine::{Point, View};
use crate::heap::{Block, GRANULE, Heap, Reclaims};

/// Whether no law is broken that is not about types or poison.
pub(super) fn sound<H: Heap>(census: &Census, view: &View<'_, H>, point: Point) -> bool {
    let heap = &view.store.heap;
    let (start, end) = heap.extent();
    let mut at = start;
    let whole = |block: &Block| block.size > 0 && block.size.is_multiple_of(GRANULE);
    let contiguous = census.blocks.iter().all(|block| {
        let fits = block.start == at && whole(block) && block.size <= end - at;
        at = at.wrapping_add(block.size);
        fits
    });
    if !contiguous || at != end || census.unreadable.is_some() || census.dangling.is_some() {
        return false;
    }
    let settled = matches!(point, Point::Collection | Point::End);
    let reclaims = heap.reclaims();
    if settled && reclaims == Reclaims::AllButCycles && census.garbage.1.is_some() {
        return false;
    }
    if let Some(list) = &census.list
        && (list.recorded as usize != list.members.len()
            || !list.members.iter().all(|r| census.find(*r).is_some()))
    {
        return false;
    }
    let header_size = heap.header_size();
    let all_reachable = settled && reclaims == Reclaims::Everything;
    census.objects.iter().enumerate().all(|(i, object)| {
        let header = &object.header;
        let listed = census.listed[i];
        let plans = &census.plans;
        let size = match header_size {
            Some(size) => plans.block_size(header, size),
            // Of blocks that are no memory only the type counts.
            None => plans.payload(header).map(|_| object.block.size.into()),
        };
        let counted = header
            .count
            .is_none_or(|count| count > 0 && count == census.owners[i] + listed);
        let in_list = census.list.is_none()
            || (header.listed == (listed > 0)
                && listed <= 1
                && (listed > 0) >= census.framed[i]
                && !(settled && listed > 0 && !census.framed[i]));
        size == Some(u64::from(object.block.size))
            && counted
            && in_list
            && (census.reachable[i] || !all_reachable)
    })
}
