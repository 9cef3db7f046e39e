//! Repair of programs: wraps indices, bounds sizes, orders groups, and ensures that every type has
//! a value.

use super::lattice;
use super::program::{Act, Field, FieldStorage, Func, Heap, Program, Shape, Sig, Ty, TypeDef};

/// Limits of each kind of item. They keep a run within its fuel, and a program within a page or two
/// of text.
const GROUPS: usize = 6;
const TYPES: usize = 14;
const FIELDS: usize = 6;
const TABLES: usize = 3;
const GLOBALS: usize = 6;
const SEGMENTS: usize = 3;
const ITEMS: usize = 8;
const TAGS: usize = 2;
const HOSTS: usize = 2;
const FUNCS: usize = 6;
const PARAMS: usize = 4;
const RESULTS: usize = 3;

/// Maximum number of parameters and of results of an imported function.
const HOST_VALUES: usize = 12;
const SLOTS: usize = 16;
const OPS: usize = 96;
const STEPS: usize = 24;
const ACTS: usize = 4;

impl Program {
    /// Makes the program sound. Sound programs are unchanged.
    pub(super) fn repair(&mut self) {
        self.repair_types();
        let defs: Vec<&TypeDef> = self.groups.iter().flatten().collect();
        let has_array = defs.iter().any(|def| !def.shape.is_struct());
        let count = defs.len();
        let ty = |ty: &mut Ty| repair_ty(ty, count, has_array);
        let reference = |t: &mut Ty| {
            ty(t);
            if !t.is_ref() {
                *t = Ty::null(Heap::Eq);
            }
        };
        self.tables.truncate(TABLES);
        for table in &mut self.tables {
            reference(&mut table.ty);
            table.len = table.len.clamp(4, 12);
        }
        self.globals.truncate(GLOBALS);
        for global in &mut self.globals {
            ty(&mut global.ty);
        }
        self.segments.truncate(SEGMENTS);
        for segment in &mut self.segments {
            reference(&mut segment.ty);
            segment.items.truncate(ITEMS);
            // Uses of a segment need at most four items.
            segment.items.resize(segment.items.len().max(4), 1);
        }
        self.tags.truncate(TAGS);
        for tag in &mut self.tags {
            tag.truncate(PARAMS);
            tag.iter_mut().for_each(ty);
        }
        self.hosts.truncate(HOSTS);
        for host in &mut self.hosts {
            repair_sig(host, (HOST_VALUES, HOST_VALUES), ty);
            // The host can answer null.
            host.results.iter_mut().for_each(|t| *t = t.or_null());
        }
        self.funcs.truncate(FUNCS);
        if self.funcs.is_empty() {
            self.funcs.push(Func::default());
        }
        for func in &mut self.funcs {
            repair_sig(&mut func.sig, (PARAMS, RESULTS), ty);
            func.slots.truncate(SLOTS);
            func.slots.iter_mut().for_each(ty);
            func.ops.truncate(OPS);
        }
        // At least one function can always be called from outside.
        if let Some(first) = self.funcs.first_mut() {
            first.sig.params.iter_mut().for_each(|t| *t = t.or_null());
        }
        self.repair_plan();
        self.extra &= 15;
    }

    fn repair_types(&mut self) {
        let mut left = TYPES;
        for group in &mut self.groups {
            group.truncate(left);
            left -= group.len();
        }
        self.groups.retain(|group| !group.is_empty());
        // Groups beyond the limit are merged into the last: nothing refers to a group.
        while self.groups.len() > GROUPS {
            let last = self.groups.pop().unwrap_or_default();
            if let Some(group) = self.groups.last_mut() {
                group.extend(last);
            }
        }
        // References to any struct need a struct that can be made without other objects.
        let start = TypeDef {
            open: true,
            parent: None,
            shape: Shape::Struct(Vec::new()),
        };
        match self.groups.first_mut().and_then(|group| group.first_mut()) {
            None => self.groups.push(vec![start]),
            Some(def) if def.shape.is_struct() => (def.open, def.parent) = (true, None),
            Some(def) => *def = start,
        }
        let sizes: Vec<usize> = self.groups.iter().map(Vec::len).collect();
        let mut defs: Vec<TypeDef> = std::mem::take(&mut self.groups)
            .into_iter()
            .flatten()
            .collect();
        let has_array = defs.iter().any(|def| !def.shape.is_struct());
        let mut end = 0;
        let mut rest = &mut defs[..];
        for size in &sizes {
            // Types of this group may refer to all types up to its end.
            end += size;
            let (group, behind) = rest.split_at_mut(*size);
            rest = behind;
            for def in group {
                if let Shape::Struct(fields) = &mut def.shape {
                    fields.truncate(FIELDS);
                }
                for field in def.shape.fields_mut() {
                    if let FieldStorage::Val(ty) = &mut field.storage {
                        repair_ty(ty, end, has_array);
                    }
                }
            }
        }
        if let Some(first) = defs.first_mut() {
            for field in first.shape.fields_mut() {
                make_nullable(field);
            }
        }
        inherit(&mut defs);
        // A field may refer to a later type of its group, whose supertype was not settled then.
        inherit(&mut defs);
        loop {
            let costs = lattice::costs(&defs.iter().collect::<Vec<_>>());
            let Some(poor) = costs.iter().position(|cost| *cost >= lattice::TOO_MUCH) else {
                break;
            };
            // Each round makes more fields nullable, so this ends.
            for field in defs[poor].shape.fields_mut() {
                make_nullable(field);
            }
            // A supertype must agree in its fields, and it is no better off.
            inherit_up(&mut defs, poor);
            inherit(&mut defs);
        }
        let mut defs = defs.into_iter();
        for size in sizes {
            self.groups.push(defs.by_ref().take(size).collect());
        }
    }

    fn repair_plan(&mut self) {
        self.plan.truncate(STEPS);
        self.acts.truncate(ACTS);
        for act in self.plan.iter_mut().chain(&mut self.acts) {
            match act {
                Act::Call(func, args) => {
                    let func = {
                        *func = wrap(*func, self.funcs.len());
                        &self.funcs[usize::from(*func)]
                    };
                    args.truncate(func.sig.params.len());
                }
                // If there are no globals or tables, the act is left out.
                Act::Global(global, _) => *global = wrap(*global, self.globals.len()),
                Act::Table(table, index, _) => {
                    *table = wrap(*table, self.tables.len());
                    *index %= 16;
                }
                Act::Drop(_) | Act::Collect => {}
            }
        }
    }
}

fn wrap(index: u8, count: usize) -> u8 {
    (usize::from(index) % count.max(1)) as u8
}

fn repair_ty(ty: &mut Ty, count: usize, has_array: bool) {
    let Ty::Ref { nullable, heap } = ty else {
        return;
    };
    match heap {
        Heap::Type(i) => *i = wrap(*i, count),
        // No constant instruction makes a non-null value of these.
        Heap::None | Heap::Exn => *nullable = true,
        Heap::Array if !has_array => *heap = Heap::Eq,
        _ => {}
    }
}

fn repair_sig(sig: &mut Sig, (params, results): (usize, usize), ty: impl Fn(&mut Ty)) {
    sig.params.truncate(params);
    sig.results.truncate(results);
    sig.params.iter_mut().chain(&mut sig.results).for_each(ty);
}

fn make_nullable(field: &mut Field) {
    if let FieldStorage::Val(ty) = &mut field.storage {
        *ty = ty.or_null();
    }
}

/// Gives every subtype the fields of its supertype, unless its own refine them.
fn inherit(defs: &mut [TypeDef]) {
    for i in 0..defs.len() {
        let Some(parent) = defs[i].parent else {
            continue;
        };
        // The nearest type that may be a supertype, downwards from the one that is named.
        let named = usize::from(parent).min(i.saturating_sub(1));
        let is_struct = defs[i].shape.is_struct();
        let fitting =
            |j: &usize| *j < i && defs[*j].open && defs[*j].shape.is_struct() == is_struct;
        let Some(j) = (0..=named).rev().find(fitting) else {
            defs[i].parent = None;
            continue;
        };
        defs[i].parent = Some(j as u8);
        let above = defs[j].shape.clone();
        let all = defs.iter().collect::<Vec<_>>();
        let mut shape = all[i].shape.clone();
        if let (Shape::Struct(fields), Shape::Struct(above)) = (&mut shape, &above) {
            while fields.len() < above.len() {
                fields.push(above[fields.len()]);
            }
        }
        for (field, above) in shape.fields_mut().iter_mut().zip(above.fields()) {
            if !lattice::field_fits(&all, *field, *above) {
                *field = *above;
            }
        }
        defs[i].shape = shape;
    }
}

/// Makes the fields of all supertypes nullable: a type could not keep its nullable fields
/// otherwise.
fn inherit_up(defs: &mut [TypeDef], from: usize) {
    let mut at = from;
    while let Some(parent) = defs[at]
        .parent
        .map(usize::from)
        .filter(|parent| *parent < at)
    {
        for field in defs[parent].shape.fields_mut() {
            make_nullable(field);
        }
        at = parent;
    }
}
