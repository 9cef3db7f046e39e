//! Code whose outcome the language fixes, and that compares it: see
//! [`claims`](crate::case::claims).
//!
//! Its objects are in locals of its own, so that no sequence in between changes them.

use wasm_encoder::{BlockType, Catch, HeapType, RefType, ValType};

use super::super::emit::{Emitter, i31_value};
use super::super::layout::{LEN, Types};
use super::super::ref_types::{ARRAY, EQ, EXN, STRUCT, nullable};
use super::exception::payload;
use super::hold::{Held, check, is_node_among_any, meanwhile, push_array, push_eq, push_node};
use crate::case::claims::Claim;

/// Stores a new object in a place, and reads it.
pub(super) fn place(e: &mut Emitter<'_>) {
    let (t, g) = (e.layout.types, e.layout.globals);
    let number = e.mark();
    match e.choice.below(10) {
        8 | 9 => {
            // Among other references of another hierarchy.
            let owner = e.known(false, nullable(t.leaf));
            e.op().struct_new_default(t.leaf).local_tee(owner);
            push_node(e, number);
            e.op().extern_convert_any().struct_set(t.leaf, 3);
            meanwhile(e);
            e.op()
                .local_get(owner)
                .struct_get(t.leaf, 3)
                .any_convert_extern();
            is_node_among_any(e, number, Claim::Stored);
        }
        0 => {
            push_eq(e, number);
            e.op().global_set(g.eq);
            e.garbage();
            e.op().global_get(g.eq);
            is_node_among_any(e, number, Claim::Stored);
        }
        1 => {
            push_node(e, number);
            e.op().extern_convert_any().global_set(g.ext);
            e.garbage();
            e.op().global_get(g.ext).any_convert_extern();
            is_node_among_any(e, number, Claim::Stored);
        }
        2 => {
            let table = e.layout.eq_table;
            let at = e.choice.below(LEN) as i32;
            e.op().i32_const(at);
            push_eq(e, number);
            e.op().table_set(table);
            e.garbage();
            e.op().i32_const(at).table_get(table);
            is_node_among_any(e, number, Claim::Stored);
        }
        3 | 4 => {
            // In a field of an object that is kept.
            let owner = e.known(false, nullable(t.node));
            push_node(e, number);
            e.op().local_tee(owner);
            push_node(e, number + 1);
            e.op().struct_set(t.node, 1);
            meanwhile(e);
            e.op()
                .local_get(owner)
                .ref_as_non_null()
                .struct_get(t.node, 1);
            check(e, &[Held::Node(number + 1)], Claim::Stored);
            e.op().local_get(owner);
            check(e, &[Held::Node(number)], Claim::Stored);
        }
        5 => {
            // The last of a structure's references, and the number behind it.
            let owner = e.known(false, nullable(t.leaf));
            let wide = e.choice.bits() as i64;
            e.op()
                .ref_null(EQ)
                .ref_null(HeapType::Concrete(t.node))
                .i32_const(number);
            e.op().ref_null(HeapType::EXTERN);
            push_array(e, number);
            e.op().i64_const(wide).struct_new(t.leaf).local_set(owner);
            meanwhile(e);
            e.op().local_get(owner).struct_get(t.leaf, 4);
            check(e, &[Held::Array(number)], Claim::Stored);
            e.op()
                .local_get(owner)
                .struct_get(t.leaf, 5)
                .i64_const(wide)
                .i64_eq();
            e.claim(Claim::Number);
        }
        _ => {
            let array = e.known(false, nullable(t.refs));
            let at = e.choice.below(LEN) as i32;
            e.op()
                .i32_const(LEN as i32)
                .array_new_default(t.refs)
                .local_tee(array);
            e.op().i32_const(at);
            push_eq(e, number);
            e.op().array_set(t.refs);
            meanwhile(e);
            e.op().local_get(array).i32_const(at).array_get(t.refs);
            is_node_among_any(e, number, Claim::Stored);
        }
    }
}

/// Stores a new object in one that is old by then, and copies and reads both after more collections.
pub(super) fn old(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (owner, array) = (
        e.known(false, nullable(t.node)),
        e.known(true, nullable(t.refs)),
    );
    let number = e.mark();
    push_node(e, number);
    e.op().local_set(owner);
    e.op()
        .i32_const(LEN as i32)
        .array_new_default(t.refs)
        .local_set(array);
    for _ in 0..e.choice.range(2, 4) {
        meanwhile(e);
    }
    push_node(e, number + 1);
    if e.choice.chance(1, 2) {
        let node = e.any_node();
        e.op()
            .local_set(node)
            .local_get(owner)
            .local_get(node)
            .struct_set(t.node, 1);
        e.op().ref_null(HeapType::Concrete(t.node)).local_set(node);
    } else {
        let eq = e.any_eq();
        e.op()
            .local_set(eq)
            .local_get(array)
            .i32_const(0)
            .local_get(eq);
        e.op().i32_const(LEN as i32).array_fill(t.refs);
        e.op().ref_null(EQ).local_set(eq);
        e.op()
            .local_get(owner)
            .local_get(array)
            .i32_const(LEN as i32 - 1);
        e.op()
            .array_get(t.refs)
            .ref_cast_nullable(HeapType::Concrete(t.node));
        e.op().struct_set(t.node, 1);
    }
    for _ in 0..e.choice.range(1, 3) {
        meanwhile(e);
    }
    e.op().local_get(owner).struct_get(t.node, 1);
    check(e, &[Held::Node(number + 1)], Claim::Stored);
    e.op().local_get(owner);
    check(e, &[Held::Node(number)], Claim::Stored);
}

/// Reads an element of a segment twice.
pub(super) fn segment(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let (first, second) = (
        e.known(false, nullable(t.refs)),
        e.known(true, nullable(t.refs)),
    );
    let segment = match e.choice.chance(1, 2) {
        true => e.layout.kept_elem,
        false => e.layout.node_elem,
    };
    let at = e.choice.below(LEN) as i32;
    let new = |e: &mut Emitter<'_>, local: u32| {
        if e.choice.chance(1, 2) && segment == e.layout.kept_elem {
            e.op()
                .i32_const(0)
                .i32_const(LEN as i32)
                .array_new_elem(t.refs, segment);
        } else {
            e.op()
                .i32_const(LEN as i32)
                .array_new_default(t.refs)
                .local_tee(local);
            e.op()
                .i32_const(at)
                .i32_const(at)
                .i32_const(1)
                .array_init_elem(t.refs, segment);
            e.op().local_get(local);
        }
        e.op().local_set(local);
    };
    new(e, first);
    meanwhile(e);
    let table = e.layout.eq_table;
    if e.choice.chance(1, 3) {
        e.op()
            .i32_const(at)
            .i32_const(at)
            .i32_const(1)
            .table_init(table, segment);
        e.op().i32_const(at).table_get(table);
    } else {
        new(e, second);
        e.op().local_get(second).i32_const(at).array_get(t.refs);
    }
    e.op()
        .local_get(first)
        .i32_const(at)
        .array_get(t.refs)
        .ref_eq();
    e.claim(Claim::Segment);
}

/// Copies or fills part of an array whose elements are known.
pub(super) fn copy(e: &mut Emitter<'_>) {
    let refs = e.layout.types.refs;
    let (array, other) = (
        e.known(false, nullable(refs)),
        e.known(true, nullable(refs)),
    );
    let base = e.mark();
    // Each element is an i31 with its number, or a node with it.
    let has_nodes = e.choice.chance(1, 2);
    if has_nodes {
        e.op()
            .i32_const(LEN as i32)
            .array_new_default(refs)
            .local_set(array);
        for i in 0..LEN as i32 {
            e.op().local_get(array).i32_const(i);
            push_node(e, base + i);
            e.op().array_set(refs);
        }
    } else {
        push_array(e, base);
        e.op().local_set(array);
    }
    let mut expected: Vec<i32> = (base..base + LEN as i32).collect();
    let len = e.choice.range(1, LEN);
    let from = e.choice.below(LEN - len + 1);
    let to = e.choice.below(LEN - len + 1);
    let (to_at, from_at, count) = (to as i32, from as i32, len as i32);
    let moved = expected[from as usize..(from + len) as usize].to_vec();
    let target = to as usize..(to + len) as usize;
    match e.choice.below(6) {
        4 | 5 => {
            // Into an array of another type, and back one by one.
            let anys = e.layout.types.anys;
            let wider = e.known(true, nullable(anys));
            e.op()
                .i32_const(LEN as i32)
                .array_new_default(anys)
                .local_tee(wider);
            e.op()
                .i32_const(0)
                .local_get(array)
                .i32_const(0)
                .i32_const(LEN as i32);
            e.op().array_copy(anys, refs);
            e.op()
                .local_get(array)
                .i32_const(0)
                .ref_null(EQ)
                .i32_const(LEN as i32);
            e.op().array_fill(refs);
            meanwhile(e);
            for i in 0..LEN as i32 {
                e.op().local_get(array).i32_const(i);
                e.op().local_get(wider).i32_const(i).array_get(anys);
                e.op().ref_cast_nullable(EQ).array_set(refs);
            }
        }
        0 => {
            // There and back, over an array that was emptied.
            e.op()
                .i32_const(LEN as i32)
                .array_new_default(refs)
                .local_tee(other);
            e.op()
                .i32_const(0)
                .local_get(array)
                .i32_const(0)
                .i32_const(LEN as i32);
            e.op().array_copy(refs, refs);
            e.op()
                .local_get(array)
                .i32_const(0)
                .ref_null(EQ)
                .i32_const(LEN as i32);
            e.op().array_fill(refs);
            meanwhile(e);
            e.op()
                .local_get(array)
                .i32_const(0)
                .local_get(other)
                .i32_const(0);
            e.op().i32_const(LEN as i32).array_copy(refs, refs);
        }
        1 => {
            let at = from as i32;
            e.op().local_get(array).i32_const(to_at);
            e.op().local_get(array).i32_const(at).array_get(refs);
            e.op().i32_const(count).array_fill(refs);
            let value = expected[from as usize];
            expected[target].fill(value);
        }
        _ => {
            e.op()
                .local_get(array)
                .i32_const(to_at)
                .local_get(array)
                .i32_const(from_at);
            e.op().i32_const(count).array_copy(refs, refs);
            expected[target].copy_from_slice(&moved);
        }
    }
    meanwhile(e);
    for _ in 0..2 {
        let at = e.choice.below(LEN);
        let number = expected[at as usize];
        e.op().local_get(array).i32_const(at as i32).array_get(refs);
        if has_nodes {
            is_node_among_any(e, number, Claim::Bulk);
        } else {
            e.op().i32_const(number).ref_i31().ref_eq();
            e.claim(Claim::Bulk);
        }
    }
}

/// Tests and casts an object whose type is known.
pub(super) fn types(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let object = e.known(false, RefType::EQREF);
    // The types that the object has, and those that it has not.
    let objects = |t: &Types| {
        [
            t.node, t.leaf, t.refs, t.nodes, t.bytes, t.packed, t.empty, t.box_,
        ]
    };
    let all = objects(&t);
    let made = e.choice.pick(&all).unwrap_or(t.node);
    let is_array = [t.refs, t.nodes, t.bytes].contains(&made);
    match is_array {
        true => e.op().i32_const(LEN as i32).array_new_default(made),
        false => e.op().struct_new_default(made),
    };
    e.op().local_set(object);
    if e.choice.chance(1, 2) {
        e.garbage();
    }
    // Each declaration of a type is as good as the other.
    let other = e.layout.twin.as_ref().map_or(t, |twin| twin.types);
    let pairs = all.into_iter().zip(objects(&other));
    let again = |ty: u32| {
        pairs
            .clone()
            .find(|pair| pair.0 == ty)
            .map_or(ty, |pair| pair.1)
    };
    for _ in 0..2 {
        let asked = e.choice.pick(&all).unwrap_or(t.node);
        let asked = if e.choice.chance(1, 2) { made } else { asked };
        let is_one = asked == made || asked == t.node && made == t.leaf;
        let ty = match e.choice.chance(1, 2) {
            true => HeapType::Concrete(again(asked)),
            false => HeapType::Concrete(asked),
        };
        match e.choice.below(4) {
            3 => null_types(e, ty),
            0 if is_one => {
                e.op().local_get(object).ref_cast_non_null(ty);
                e.op().local_get(object).ref_eq();
            }
            1 => {
                let (from, to) = (
                    RefType::EQREF,
                    RefType {
                        nullable: false,
                        heap_type: ty,
                    },
                );
                e.op()
                    .block(BlockType::Result(ValType::Ref(RefType::EQREF)));
                e.op().local_get(object).br_on_cast(0, from, to);
                e.op().drop().ref_null(EQ).end();
                e.op().ref_is_null().i32_const(i32::from(!is_one)).i32_eq();
            }
            _ => {
                e.op().local_get(object).ref_test_non_null(ty);
                e.op().i32_const(i32::from(is_one)).i32_eq();
            }
        }
        e.claim(Claim::Type);
    }
}

/// Pushes whether null has a nullable type, and not the same type without null. All types are
/// in the hierarchy of `any`.
fn null_types(e: &mut Emitter<'_>, ty: HeapType) {
    let to = match e.choice.below(6) {
        0 => HeapType::I31,
        1 => EQ,
        2 => HeapType::ANY,
        3 => STRUCT,
        4 => ARRAY,
        _ => ty,
    };
    e.op().ref_null(HeapType::ANY);
    match e.choice.below(3) {
        0 => {
            e.op().ref_cast_nullable(to).ref_is_null();
        }
        1 => {
            e.op().ref_test_nullable(to);
        }
        _ => {
            e.op().ref_test_non_null(to).i32_eqz();
        }
    }
}

/// Compares an object with itself, found by another path, and with another one.
pub(super) fn identity(e: &mut Emitter<'_>) {
    let (t, g) = (e.layout.types, e.layout.globals);
    let (object, other) = (
        e.known(false, nullable(t.node)),
        e.known(true, nullable(t.node)),
    );
    let number = e.mark();
    push_node(e, number);
    e.op().local_set(object);
    push_node(e, number);
    e.op().local_set(other);
    meanwhile(e);
    let is_same = match e.choice.below(5) {
        0 => {
            e.op().local_get(object).local_get(other).ref_eq();
            false
        }
        1 => {
            e.op().local_get(object).extern_convert_any();
            e.op().any_convert_extern().ref_cast_nullable(EQ);
            e.op().local_get(object).ref_eq();
            true
        }
        2 => {
            e.op().local_get(object).global_set(g.any);
            e.garbage();
            e.op()
                .global_get(g.any)
                .ref_cast_nullable(EQ)
                .local_get(object)
                .ref_eq();
            true
        }
        3 => {
            // Both fields of one object.
            let owner = e.any_node();
            e.op().local_get(object).local_get(object).i32_const(number);
            e.op().struct_new(t.node).local_set(owner);
            e.garbage();
            e.op().local_get(owner).struct_get(t.node, 0);
            e.op().local_get(owner).struct_get(t.node, 1).ref_eq();
            true
        }
        _ => {
            let table = e.layout.node_table;
            let at = e.choice.below(LEN) as i32;
            e.op().i32_const(at).local_get(other).table_set(table);
            e.op()
                .i32_const(at)
                .table_get(table)
                .local_get(other)
                .ref_eq();
            true
        }
    };
    if !is_same {
        e.op().i32_eqz();
    }
    e.claim(Claim::Identity);
}

/// Keeps two exceptions, and throws the older one again, or the newer one.
pub(super) fn exceptions(e: &mut Emitter<'_>) {
    let tag = e.layout.tag;
    let exn = RefType {
        nullable: true,
        heap_type: EXN,
    };
    let kept = [e.known(false, exn), e.known(true, exn)];
    let number = e.mark();
    let caught = BlockType::FunctionType(e.layout.types.caught);
    for (local, number) in kept.into_iter().zip([number, number + 1]) {
        e.op().block(caught);
        e.op()
            .try_table(BlockType::Empty, [Catch::OneRef { tag, label: 0 }]);
        push_eq(e, number);
        e.op().throw(tag).end().ref_null(EQ).ref_null(EXN).end();
        e.op().local_set(local);
        is_node_among_any(e, number, Claim::Caught);
        if e.choice.chance(2, 3) {
            meanwhile(e);
        }
    }
    let (local, number) = match e.choice.chance(2, 3) {
        true => (kept[0], number),
        false => (kept[1], number + 1),
    };
    payload(e, |e, _| {
        e.op().local_get(local).throw_ref();
    });
    is_node_among_any(e, number, Claim::Caught);
    if e.choice.chance(1, 2) {
        for local in kept {
            e.op().ref_null(EXN).local_set(local);
        }
    }
}

/// Numbers in objects: the bits that a place has room for come back.
pub(super) fn numbers(e: &mut Emitter<'_>) {
    let t = e.layout.types;
    let value = i31_value(&mut e.choice);
    match e.choice.below(4) {
        0 => {
            e.op().i32_const(value).ref_i31().i31_get_s();
            e.op().i32_const(value << 1 >> 1).i32_eq();
        }
        1 => {
            e.op().i32_const(value).ref_i31().i31_get_u();
            e.op().i32_const(value & 0x7fff_ffff).i32_eq();
        }
        2 => {
            let object = e.known(false, nullable(t.packed));
            let high = i31_value(&mut e.choice);
            e.op().i32_const(value).i32_const(high);
            e.op()
                .ref_null(HeapType::ANY)
                .struct_new(t.packed)
                .local_set(object);
            e.garbage();
            e.op().local_get(object).struct_get_s(t.packed, 0);
            e.op().i32_const(i32::from(value as i8)).i32_eq();
            e.op().local_get(object).struct_get_u(t.packed, 1);
            e.op().i32_const(i32::from(high as u16)).i32_eq().i32_and();
        }
        _ => {
            let array = e.known(false, nullable(t.bytes));
            let len = e.size().min(1 << 12) as i32;
            e.op()
                .i32_const(value)
                .i32_const(len)
                .array_new(t.bytes)
                .local_set(array);
            e.garbage();
            let at = e.choice.below(len as u32) as i32;
            e.op().local_get(array).i32_const(at).array_get_u(t.bytes);
            e.op().i32_const(value & 255).i32_eq();
        }
    }
    e.claim(Claim::Number);
}
