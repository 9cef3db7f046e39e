//! Repair of active segments that are out of bounds.
//!
//! In one module in eight, wasm-smith places an active segment so that it ends outside its table,
//! and a module that cannot be instantiated does not test a collector. In most modules such a
//! segment is moved to where it fits, or made passive; it keeps its index. In the others it is
//! unchanged, because a failure to instantiate must also be the same under all heaps.

use wasmparser::{ConstExpr, DataKind, ElementItems, ElementKind, Operator};

use super::survey::Survey;

/// The repair of an active segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Unchanged, since it fits.
    Stay,
    /// Moved to this offset.
    Move {
        /// The offset.
        to: i32,
        /// Whether the offset is an i64, for 64-bit indices or addresses.
        wide: bool,
    },
    /// Made passive, since it cannot fit.
    Passive,
}

/// The repair of an element segment.
pub(super) fn element(survey: &Survey, kind: &ElementKind<'_>, items: &ElementItems<'_>) -> Fit {
    let ElementKind::Active {
        table_index,
        offset_expr,
    } = kind
    else {
        return Fit::Stay;
    };
    let len = match items {
        ElementItems::Functions(items) => items.count(),
        ElementItems::Expressions(_, items) => items.count(),
    };
    let (room, wide) = survey
        .tables
        .get(table_index.unwrap_or(0) as usize)
        .map_or((0, false), |table| (table.initial, table.table64));
    fit(offset_expr, u64::from(len), room, wide)
}

/// The repair of a data segment.
pub(super) fn data(survey: &Survey, kind: &DataKind<'_>, len: usize) -> Fit {
    let DataKind::Active {
        memory_index,
        offset_expr,
    } = kind
    else {
        return Fit::Stay;
    };
    let (pages, wide) = survey
        .memories
        .get(*memory_index as usize)
        .map_or((0, false), |memory| (memory.initial, memory.memory64));
    fit(offset_expr, len as u64, pages.saturating_mul(1 << 16), wide)
}

fn fit(offset: &ConstExpr<'_>, len: u64, room: u64, wide: bool) -> Fit {
    let mut ops = offset.get_operators_reader();
    // An offset that is computed, or taken from a global, is mostly far outside.
    let start = match (ops.read(), ops.read()) {
        (Ok(Operator::I32Const { value }), Ok(Operator::End)) => Some(u64::from(value as u32)),
        (Ok(Operator::I64Const { value }), Ok(Operator::End)) => Some(value as u64),
        _ => None,
    };
    if start.is_some_and(|start| start.saturating_add(len) <= room) {
        return Fit::Stay;
    }
    match room.checked_sub(len).map(i32::try_from) {
        Some(Ok(to)) => Fit::Move { to, wide },
        _ => Fit::Passive,
    }
}

#[cfg(test)]
mod tests {
    use wasmparser::{BinaryReader, ConstExpr};

    use super::{Fit, fit};

    #[test]
    fn moves_what_does_not_fit() {
        // i32.const 6, end
        let offset = ConstExpr::new(BinaryReader::new(&[0x41, 6, 0x0b], 0));
        assert_eq!(fit(&offset, 4, 10, false), Fit::Stay);
        assert_eq!(fit(&offset, 5, 10, false), Fit::Move { to: 5, wide: false });
        assert_eq!(fit(&offset, 11, 10, false), Fit::Passive);
    }

    #[test]
    fn moves_what_is_computed() {
        // global.get 0, end
        let offset = ConstExpr::new(BinaryReader::new(&[0x23, 0, 0x0b], 0));
        assert_eq!(fit(&offset, 4, 9, false), Fit::Move { to: 5, wide: false });
        assert_eq!(fit(&offset, 4, 1, false), Fit::Passive);
    }
}
