//! Faults in the types of objects.

use super::{HOOK, HeapFault, Modules, edited, hook_call};
use crate::heap::{GcRef, Heap, HeapError};
use crate::module::{CastTarget, Code, Module, Op};
use crate::types::{Field, StorageKind, TypeId};
use crate::zoo::Probe;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// W42, Wasmtime issue 10435: the types of a recursion group were assumed to be
/// consecutive in the registry of the process. A group that is already registered
/// does not follow the groups before it.
pub struct RecGroupIsAssumedConsecutive {
    probe: Probe,
    modules: Modules,
}

impl RecGroupIsAssumedConsecutive {
    pub fn new(probe: Probe) -> RecGroupIsAssumedConsecutive {
        let modules = Modules::default();
        RecGroupIsAssumedConsecutive { probe, modules }
    }
}

impl HeapFault for RecGroupIsAssumedConsecutive {
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        self.modules.add(instance, module);
    }

    fn allocated_as(&mut self, ty: TypeId) -> TypeId {
        let position = |module: &Arc<Module>| module.type_ids.iter().position(|id| *id == ty);
        let index = self.modules.iter().find_map(position);
        let assumed = index.map(|index| TypeId(index as u32));
        let known = self.modules.types().map_or(0, |types| types.len());
        let assumed = assumed.filter(|id| (id.0 as usize) < known);
        let assumed = assumed.unwrap_or(ty);
        self.probe.run(assumed != ty);
        assumed
    }
}

/// X4, WAMR issue 4805: an object made by a constant expression has no type
/// that a cast recognises.
pub struct CastMissesConstantObjects {
    probe: Probe,
    /// Whether a constant expression is allocating.
    constant: bool,
    made: BTreeSet<GcRef>,
}

impl CastMissesConstantObjects {
    pub fn new(probe: Probe) -> CastMissesConstantObjects {
        CastMissesConstantObjects {
            probe,
            constant: false,
            made: BTreeSet::new(),
        }
    }
}

impl HeapFault for CastMissesConstantObjects {
    fn hook_called(&mut self, _: &mut dyn Heap, offset: u32, _: u64) -> Result<(), HeapError> {
        self.constant = offset == BEGIN;
        Ok(())
    }

    fn made(&mut self, r: GcRef) {
        match self.constant {
            true => self.made.insert(r),
            // Another object may be allocated at the same address.
            false => self.made.remove(&r),
        };
    }

    fn hides_type(&self, r: GcRef) -> bool {
        let hides = self.made.contains(&r);
        if hides {
            self.probe.run(true);
        }
        hides
    }
}

/// Messages from edited constant expressions.
pub(super) const BEGIN: u32 = 0;
const END: u32 = 1;

/// Inserts hook calls before and after each allocation in a constant expression.
pub fn around_constants(module: &Arc<Module>) -> Arc<Module> {
    let constant = |pc: u32| {
        let body = module.body_at(pc);
        body.is_some_and(|body| module.bodies[body].ty.is_none())
    };
    let allocates = |op: Op| {
        matches!(
            op.code,
            Code::StructNew
                | Code::StructNewDefault
                | Code::ArrayNew
                | Code::ArrayNewDefault
                | Code::ArrayNewFixed
        )
    };
    let wanted = |pc, op| allocates(op) && constant(pc);
    edited(module, 2, wanted, |site| {
        let [hook, unused] = [0, 1].map(|i| site.scratch + i);
        vec![
            Op::constant(hook, HOOK.register()),
            hook_call(hook, unused, BEGIN),
            site.op,
            hook_call(hook, unused, END),
        ]
    })
}

/// W47, Wasmtime issue 11557: running out of memory in a constant expression is
/// a crash instead of a trap. (The crash is only detected at the end of the
/// run. Nothing happens in between, since there is no instance.)
pub struct ConstantOutOfMemoryCrashes {
    probe: Probe,
    allocating: bool,
}

impl ConstantOutOfMemoryCrashes {
    pub fn new(probe: Probe) -> ConstantOutOfMemoryCrashes {
        let allocating = false;
        ConstantOutOfMemoryCrashes { probe, allocating }
    }
}

impl HeapFault for ConstantOutOfMemoryCrashes {
    fn hook_called(&mut self, _: &mut dyn Heap, offset: u32, _: u64) -> Result<(), HeapError> {
        self.allocating = offset == BEGIN;
        if self.allocating {
            self.probe.run(false);
        }
        Ok(())
    }

    fn collect(
        &mut self,
        heap: &mut dyn Heap,
        roots: &mut dyn crate::heap::Roots,
    ) -> Result<(), HeapError> {
        let mut running = false;
        roots.frames(&mut |frame| running |= frame.running);
        if self.allocating && !running {
            self.probe.run(true);
            return Err(HeapError::crash("no memory for a constant expression"));
        }
        heap.collect(roots)
    }
}

/// X10-i31, Wizard pull request 274: null was not accepted as a null reference
/// to an i31.
pub struct I31CastRejectsNull(pub Probe);

impl I31CastRejectsNull {
    /// Replaces casts to a nullable i31 by casts to a non-nullable one.
    pub fn edit(module: &Arc<Module>) -> Arc<Module> {
        let wanted = |_, op: Op| {
            let casts = matches!(
                op.code,
                Code::RefTest | Code::RefCast | Code::BrOnCast | Code::BrOnCastFail
            );
            casts && op.imm == CastTarget::I31.0 && op.c == 1
        };
        edited(module, 2, wanted, |site| {
            let [hook, unused] = [0, 1].map(|i| site.scratch + i);
            vec![
                Op::new(Code::BrIf, 0, site.op.b, 0, site.start + 3),
                Op::constant(hook, HOOK.register()),
                hook_call(hook, unused, 0),
                Op { c: 0, ..site.op },
                // A branch on a cast executes or skips the instruction after it.
                Op::new(Code::Br, 0, 0, 0, site.end),
                Op::new(Code::Br, 0, 0, 0, site.end + 1),
            ]
        })
    }
}

impl HeapFault for I31CastRejectsNull {
    fn hook_called(&mut self, _: &mut dyn Heap, _: u32, _: u64) -> Result<(), HeapError> {
        self.0.run(true);
        Ok(())
    }
}

/// X11, Binaryen pull requests 3868 and 4153: packed fields are not truncated
/// when they are initialised.
pub struct PackedInitSkipsTruncation {
    probe: Probe,
    modules: Modules,
    /// Values too wide for their field, by object and offset.
    wide: BTreeMap<(GcRef, u32), u64>,
}

impl PackedInitSkipsTruncation {
    pub fn new(probe: Probe) -> PackedInitSkipsTruncation {
        PackedInitSkipsTruncation {
            probe,
            modules: Modules::default(),
            wide: BTreeMap::new(),
        }
    }
}

impl HeapFault for PackedInitSkipsTruncation {
    fn linked(&mut self, instance: u32, module: &Arc<Module>) {
        self.modules.add(instance, module);
    }

    fn made(&mut self, r: GcRef) {
        let next = GcRef(r.0 + 1);
        let old: Vec<_> = self
            .wide
            .range((r, 0)..(next, 0))
            .map(|(k, _)| *k)
            .collect();
        for key in old {
            self.wide.remove(&key);
        }
    }

    fn initialised(&mut self, _: &mut dyn Heap, r: GcRef, ty: TypeId, fields: &[u64]) {
        let Some(entry) = self.modules.types().and_then(|types| types.get(ty)) else {
            return;
        };
        let mut register = 0;
        for field in &entry.layout.fields {
            let bits = 8 * field.kind.width();
            let packed = matches!(field.kind, StorageKind::B8 | StorageKind::B16);
            if let Some(value) = fields.get(register).filter(|v| packed && **v >> bits != 0) {
                self.wide.insert((r, field.offset), *value);
            }
            register += field.kind.registers();
        }
    }

    fn get_field(&mut self, heap: &mut dyn Heap, r: GcRef, field: Field) -> Result<u64, HeapError> {
        let value = heap.get_field(r, field)?;
        let wide = self.wide.get(&(r, field.offset));
        if let Some(wide) = wide {
            self.probe.run(true);
            return Ok(*wide);
        }
        Ok(value)
    }

    fn set_field(
        &mut self,
        heap: &mut dyn Heap,
        r: GcRef,
        field: Field,
        value: u64,
    ) -> Result<(), HeapError> {
        self.wide.remove(&(r, field.offset));
        heap.set_field(r, field, value)
    }
}
