//! The fast path of an audit: checks all laws about blocks, headers, counts and
//! lists in one pass, without naming the broken one.
//!
//! Nearly every audit finds nothing, and one pass over the objects is cheaper
//! than one pass for each law. A heap that passes here must break none of
//! [`laws`]; debug builds check that on every audit. A heap that does not pass
//! is checked law by law.
//!
//! [`laws`]: super::laws

use super::census::Census;
use crate::engine::{Point, View};
use crate::heap::{Block, GRANULE, Heap, Reclaims};

/// Whether all laws hold, apart from those about types of slots and poison.
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
            // Objects without bytes have no size to check, only a type.
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
