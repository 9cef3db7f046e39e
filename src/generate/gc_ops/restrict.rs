//! Programs for engines without some features.

use super::program::{FieldStorage, Heap, OpKind, Program, Shape, Ty};
use crate::generate::{Feature, Features};

impl Program {
    /// The program without the features that are left out: exceptions become other references, and
    /// operations that need a feature are dropped.
    pub(in crate::generate) fn restricted(mut self, features: Features) -> Program {
        use OpKind::{ReturnCall, ReturnCallRef, Throw, ThrowRef, Try};
        if !features.has(Feature::TailCalls) {
            self.replace(|kind| match kind {
                ReturnCall => Some(OpKind::Call),
                ReturnCallRef => Some(OpKind::CallRef),
                other => Some(other),
            });
        }
        if !features.has(Feature::Exceptions) {
            // A block, so that the ends of blocks still have a beginning.
            self.replace(|kind| match kind {
                Try => Some(OpKind::Block),
                Throw | ThrowRef => None,
                other => Some(other),
            });
            self.tags.clear();
            self.each_type(|ty| {
                if let Ty::Ref { heap, .. } = ty
                    && *heap == Heap::Exn
                {
                    *heap = Heap::Any;
                }
            });
        }
        // A client uses all features.
        self.client = self.client.filter(|_| features == Features::ALL);
        // Types of fields may have become those of no supertype.
        self.repair();
        self
    }

    /// Replaces the kinds of operations, or drops operations.
    fn replace(&mut self, kind: impl Fn(OpKind) -> Option<OpKind>) {
        for func in &mut self.funcs {
            func.ops.retain_mut(|op| match kind(op.kind) {
                Some(kind) => {
                    op.kind = kind;
                    true
                }
                None => false,
            });
        }
    }

    fn each_type(&mut self, mut change: impl FnMut(&mut Ty)) {
        for def in self.groups.iter_mut().flatten() {
            let fields = match &mut def.shape {
                Shape::Struct(fields) => &mut fields[..],
                Shape::Array(element) => std::slice::from_mut(element),
            };
            for field in fields {
                if let FieldStorage::Val(ty) = &mut field.storage {
                    change(ty);
                }
            }
        }
        let places = self.tables.iter_mut().map(|table| &mut table.ty);
        let places = places.chain(self.globals.iter_mut().map(|global| &mut global.ty));
        let places = places.chain(self.segments.iter_mut().map(|segment| &mut segment.ty));
        places.for_each(&mut change);
        let sigs = self.hosts.iter_mut();
        let sigs = sigs.chain(self.funcs.iter_mut().map(|func| &mut func.sig));
        for sig in sigs {
            let types = sig.params.iter_mut().chain(&mut sig.results);
            types.for_each(&mut change);
        }
        let slots = self.funcs.iter_mut().flat_map(|func| &mut func.slots);
        slots.for_each(&mut change);
    }
}
