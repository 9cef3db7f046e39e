//! A boxed policy forwards every hook, and nothing else.

use crate::heap::copying::{Core, HeapResult, Policy};
use crate::heap::{GcRef, HeapError, Roots, Shape};
use crate::types::Types;
use std::cell::RefCell;
use std::rc::Rc;

/// Only records which hooks were called.
struct Log(Rc<RefCell<Vec<&'static str>>>);

impl Log {
    fn note(&self, hook: &'static str) {
        self.0.borrow_mut().push(hook);
    }

    fn done(&self, hook: &'static str) -> HeapResult {
        self.note(hook);
        Ok(())
    }

    fn value(&self, hook: &'static str) -> Result<GcRef, HeapError> {
        self.note(hook);
        Ok(GcRef(48))
    }
}

#[deny(clippy::missing_trait_methods)]
impl Policy for Log {
    fn name(&self) -> &'static str {
        self.note("name");
        "log"
    }
    fn learn_types(&mut self, _: &mut Core, _: &Types) {
        self.note("learn_types");
    }
    fn is_object(&mut self, _: GcRef) -> bool {
        self.note("is_object");
        false
    }
    fn allocate(&mut self, _: &mut Core, _: Shape, _: u64) -> Result<GcRef, HeapError> {
        self.value("allocate")
    }
    fn locate(&self, _: &Core, _: GcRef) -> GcRef {
        self.note("locate");
        GcRef(48)
    }
    fn wants_collection(&self, _: &Core) -> bool {
        self.note("wants_collection");
        true
    }
    fn collect(&mut self, _: &mut Core, _: &mut dyn Roots) -> HeapResult {
        self.done("collect")
    }
    fn prepare(&mut self, _: &mut Core) -> HeapResult {
        self.done("prepare")
    }
    fn flip(&mut self, _: &mut Core) {
        self.note("flip");
    }
    fn forward_stack(&mut self, _: &mut Core, _: &mut dyn Roots) -> HeapResult {
        self.done("forward_stack")
    }
    fn forward_slots(&mut self, _: &mut Core, _: &mut dyn Roots) -> HeapResult {
        self.done("forward_slots")
    }
    fn forward_register(&mut self, _: &mut Core, _: &mut u64) -> HeapResult {
        self.done("forward_register")
    }
    fn forward_slot(&mut self, _: &mut Core, _: &mut u32) -> HeapResult {
        self.done("forward_slot")
    }
    fn forward(&mut self, _: &mut Core, _: GcRef) -> Result<GcRef, HeapError> {
        self.value("forward")
    }
    fn is_copy(&mut self, _: &mut Core, _: GcRef) -> bool {
        self.note("is_copy");
        true
    }
    fn forwarding(&mut self, _: &mut Core, _: GcRef) -> Result<Option<GcRef>, HeapError> {
        self.value("forwarding").map(Some)
    }
    fn copy(&mut self, _: &mut Core, _: GcRef) -> Result<GcRef, HeapError> {
        self.value("copy")
    }
    fn store_forwarding(&mut self, _: &mut Core, _: GcRef, _: GcRef) -> HeapResult {
        self.done("store_forwarding")
    }
    fn scan_copies(&mut self, _: &mut Core) -> HeapResult {
        self.done("scan_copies")
    }
    fn scan(&mut self, _: &mut Core, _: GcRef) -> HeapResult {
        self.done("scan")
    }
    fn scan_field(&mut self, _: &mut Core, _: GcRef, _: u64) -> HeapResult {
        self.done("scan_field")
    }
    fn scan_elements(&mut self, _: &mut Core, _: GcRef, _: u32) -> HeapResult {
        self.done("scan_elements")
    }
}

#[test]
fn each_hook_is_forwarded() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let mut boxed: Box<dyn Policy> = Box::new(Log(log.clone()));
    // The box itself as the policy, as a heap has it, not the policy inside.
    let p: &mut Box<dyn Policy> = &mut boxed;
    fn all<P: Policy>(p: &mut P, is: impl Fn(&str)) {
        let core = &mut Core::new(1 << 16);
        let (r, copy) = (GcRef(16), GcRef(48));
        let roots = &mut super::Held::default();
        assert_eq!(p.name(), "log");
        is("name");
        p.learn_types(core, &Types::new());
        is("learn_types");
        assert!(!p.is_object(r));
        is("is_object");
        assert_eq!(p.allocate(core, Shape::Extern, 4), Ok(copy));
        is("allocate");
        assert_eq!(p.locate(core, r), copy);
        is("locate");
        assert!(p.wants_collection(core));
        is("wants_collection");
        p.collect(core, roots).unwrap();
        is("collect");
        p.prepare(core).unwrap();
        is("prepare");
        p.flip(core);
        is("flip");
        p.forward_stack(core, roots).unwrap();
        is("forward_stack");
        p.forward_slots(core, roots).unwrap();
        is("forward_slots");
        p.forward_register(core, &mut 16).unwrap();
        is("forward_register");
        p.forward_slot(core, &mut 16).unwrap();
        is("forward_slot");
        assert_eq!(p.forward(core, r), Ok(copy));
        is("forward");
        assert!(p.is_copy(core, r));
        is("is_copy");
        assert_eq!(p.forwarding(core, r), Ok(Some(copy)));
        is("forwarding");
        assert_eq!(p.copy(core, r), Ok(copy));
        is("copy");
        p.store_forwarding(core, r, copy).unwrap();
        is("store_forwarding");
        p.scan_copies(core).unwrap();
        is("scan_copies");
        p.scan(core, r).unwrap();
        is("scan");
        p.scan_field(core, r, 0).unwrap();
        is("scan_field");
        p.scan_elements(core, r, 0).unwrap();
        is("scan_elements");
    }
    all(p, |hook| {
        assert_eq!(std::mem::take(&mut *log.borrow_mut()), [hook]);
    });
}
