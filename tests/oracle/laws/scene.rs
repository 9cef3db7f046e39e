//! Scenes: stores with objects made by modules, and helpers that audit them.

use gcdiff::case::{self, Case};
use gcdiff::engine::{
    Context, Extern, Grain, Host, HostCall, Inspector, Limits, NoHost, NoInspector, Point,
    Schedule, Stop, Store, Trap,
};
use gcdiff::heap::drc::{Core, Drc, Policy};
use gcdiff::heap::{GcRef, Heap, Inspect};
use gcdiff::module::{ExternType, Module};
use gcdiff::oracle::audit::Auditor;
use gcdiff::oracle::{Collector, Law, Options, Timing, Variant, Verdict, Violation, judge};
use gcdiff::types::TypeId;
use std::sync::Arc;

/// The types of all scenes. `$leaf` and `$twin` look the same to a heap, and so
/// do `$pair` and `$other`.
pub const TYPES: &str = r#"
    (type $leaf (struct (field i32)))
    (type $twin (struct (field f32)))
    (type $pair (struct (field (mut (ref null $leaf))) (field (mut (ref $leaf))) (field funcref)))
    (type $other (struct (field (mut anyref)) (field (mut (ref $leaf))) (field funcref)))
    (type $refs (array (mut anyref)))
    (type $exterefs (array (mut externref)))
"#;
pub const TWIN: usize = 1;
pub const PAIR: usize = 2;
pub const OTHER: usize = 3;
pub const REFS: usize = 4;
pub const EXTERNS: usize = 5;

/// Two live leaves, of which one has three holders and the other one, and a
/// dead leaf.
pub const SCENE: &str = r#"
    (global $pair (mut (ref null $pair)) (ref.null $pair))
    (table $table 2 (ref null $refs))
    (func (export "run") (local $a (ref null $leaf))
      (drop (struct.new $leaf (i32.const 0)))
      (local.set $a (struct.new $leaf (i32.const 1)))
      (global.set $pair
        (struct.new $pair (local.get $a) (struct.new $leaf (i32.const 2)) (ref.null func)))
      (table.set $table (i32.const 0)
        (array.new_fixed $refs 3 (local.get $a) (ref.i31 (i32.const 5)) (local.get $a))))
"#;

/// A store with an instance of a module that imports at most one function.
pub fn instance<H: Heap>(heap: H, body: &str) -> (Store<H>, Arc<Module>) {
    let wasm = wat::parse_str(format!("(module {TYPES} {body})")).unwrap();
    let module = Arc::new(Module::new(&wasm, &mut Arc::default()).unwrap());
    let mut store = Store::new(heap, Limits::default(), Schedule::Never);
    let import = module.imports.first().map(|import| match import.ty {
        ExternType::Func(ty) => store.add_host_func(&module.types, ty, 0),
        _ => panic!("only functions are imported"),
    });
    let id = store.link(&module, import.as_slice()).unwrap();
    store
        .start(id, &mut Context::new(&mut NoHost, &mut NoInspector))
        .unwrap();
    (store, module)
}

/// Calls the export `run`.
pub fn run<H: Heap>(
    store: &mut Store<H>,
    module: &Module,
    host: &mut dyn Host<H>,
    inspector: &mut dyn Inspector<H>,
) -> Result<(), Stop> {
    let run = module.export("run").expect("exported");
    let Some(Extern::Func(run)) = store.instances()[0].item(run) else {
        panic!("not a function");
    };
    store.call(run, &[], &mut Context::new(host, inspector))
}

pub fn audit<H: Heap>(store: &mut Store<H>, point: Point) -> Option<Violation> {
    let mut auditor = Auditor::new(Timing::At(Grain::End));
    let stopped = store.inspect(point, &mut auditor).is_err();
    assert_eq!(stopped, auditor.violation().is_some());
    auditor.violation().cloned()
}

/// The scene after its run, with its objects.
pub struct Scene {
    pub store: Store<Drc>,
    pub module: Arc<Module>,
    pub dead: GcRef,
    pub a: GcRef,
    pub b: GcRef,
    pub pair: GcRef,
    pub array: GcRef,
}

impl Scene {
    /// Every object is in the stack-root list, the newest first.
    pub fn fresh() -> Scene {
        let (mut store, module) = instance(Drc::new(1 << 20), SCENE);
        run(&mut store, &module, &mut NoHost, &mut NoInspector).unwrap();
        let core = store.heap.core();
        let members = store.heap.root_list().unwrap().members;
        let [array, pair, b, a, dead] = members[..] else {
            panic!("five objects, not {members:?}");
        };
        assert_eq!(core.load_ref(pair, 0), Ok(a));
        assert_eq!(core.load_ref(pair, 4), Ok(b));
        assert_eq!(audit(&mut store, Point::Call), None);
        Scene {
            store,
            module,
            dead,
            a,
            b,
            pair,
            array,
        }
    }

    /// The list is empty, and the dead leaf has been freed.
    pub fn collected() -> Scene {
        let mut scene = Scene::fresh();
        scene.store.collect(&mut NoInspector).unwrap();
        assert_eq!(audit(&mut scene.store, Point::Collection), None);
        assert!(!scene.store.heap.core().is_allocated(scene.dead));
        scene
    }

    pub fn core(&mut self) -> &mut Core {
        self.store.heap.core_mut()
    }

    pub fn broken(mut self) -> Violation {
        audit(&mut self.store, Point::Call).expect("a broken law")
    }

    /// A type of the module, by its index in the type section.
    pub fn ty(&self, index: usize) -> TypeId {
        self.module.type_ids[index]
    }
}

/// The owners as they are printed.
pub fn names(v: &Violation) -> Vec<String> {
    v.owners.iter().map(ToString::to_string).collect()
}

#[track_caller]
pub fn is(
    v: &Violation,
    law: Law,
    object: Option<GcRef>,
    counts: Option<(u32, u32)>,
    message: &str,
) {
    assert_eq!(v.law, law, "{v:?}");
    assert_eq!(v.object.map(GcRef), object, "{v:?}");
    assert_eq!(v.expected.zip(v.actual), counts, "{v:?}");
    assert!(v.message.contains(message), "{v:?}");
}

/// A host that damages the heap and audits it when `run` calls it.
pub struct Breaker<'a, H> {
    damage: &'a mut dyn FnMut(&mut Store<H>),
    found: Option<Violation>,
}

impl<H: Heap> Host<H> for Breaker<'_, H> {
    fn call(
        &mut self,
        store: &mut Store<H>,
        _: HostCall,
        _: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        assert_eq!(audit(store, Point::Operation), None);
        (self.damage)(store);
        self.found = audit(store, Point::Operation);
        Err(Trap::Host.into())
    }
}

/// The violation caused by damage while `body` runs in the counting heap.
pub fn broken_inside(body: &str, damage: &mut dyn FnMut(&mut Store<Drc>)) -> Option<Violation> {
    broken_inside_of(Drc::new(1 << 20), body, damage)
}

/// The violation caused by damage while `body` runs in this heap.
pub fn broken_inside_of<H: Heap>(
    heap: H,
    body: &str,
    damage: &mut dyn FnMut(&mut Store<H>),
) -> Option<Violation> {
    let body = format!(r#"(import "" "" (func $look (param anyref))) {body}"#);
    let (mut store, module) = instance(heap, &body);
    let mut host = Breaker {
        damage,
        found: None,
    };
    let stopped = run(&mut store, &module, &mut host, &mut NoInspector);
    assert_eq!(stopped, Err(Trap::Host.into()));
    host.found
}

/// A function that holds an object in its first local and calls the host.
pub const HOLDER: &str = r#"
    (func (export "run") (local $x (ref null $leaf))
      (local.set $x (struct.new $leaf (i32.const 1)))
      (call $look (struct.new $leaf (i32.const 2)))
      (drop (struct.get $leaf 0 (local.get $x))))
"#;

/// A case of a module with the types of all scenes and `body`.
pub fn case(body: &str, schedule: Schedule, limits: Limits) -> Case {
    let (case, _) = case::read(format!("(module {TYPES} {body})").as_bytes()).unwrap();
    Case {
        host: Vec::new(),
        schedule,
        limits,
        ..case
    }
}

/// Judges a case with an audit at every operation.
pub fn judged(
    body: &str,
    schedule: Schedule,
    limits: Limits,
    policy: Option<fn() -> Box<dyn Policy>>,
) -> Verdict {
    let case = case(body, schedule, limits);
    let mut options = Options::default().with_timing(Timing::At(Grain::Every));
    if let Some(policy) = policy {
        let drc = Variant::new(Collector::Drc, move || {
            Box::new(Drc::with_policy(1 << 30, policy()))
        });
        options = options.with_variants(&[drc]);
    }
    judge(&case, &options).unwrap().verdict
}
