//! The host modules that a script can import: `spectest` and `wasmtime`.

use crate::engine::{Extern, Host, HostCall, Inspector, Stop, Store};
use crate::heap::Heap;
use crate::module::{GlobalType, MemoryType, TableType};
use crate::types::{Composite, FuncType, HeapType, RefType, SubType, TypeId, Types, ValType};
use std::collections::HashMap;
use std::sync::Arc;

/// Items of the host by module and name.
#[derive(Debug, Default)]
pub(super) struct Hosts(HashMap<(&'static str, &'static str), Extern>);

/// The id of `wasmtime.gc`; the functions of `spectest` have others.
const GC: u32 = 0;
const PRINT: u32 = 1;

/// The host behind both modules. Output of `spectest` is dropped.
pub(super) struct ScriptHost;

impl<H: Heap> Host<H> for ScriptHost {
    fn call(
        &mut self,
        store: &mut Store<H>,
        call: HostCall,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        match call.id {
            GC => store.collect(inspector),
            _ => Ok(()),
        }
    }
}

impl Hosts {
    /// Adds the host's items to a store.
    pub fn define<H: Heap>(store: &mut Store<H>, types: &mut Arc<Types>) -> Result<Hosts, Stop> {
        use ValType::{F32, F64, I32, I64};
        let mut items = HashMap::new();
        let gc = function(types, &[]);
        items.insert(("wasmtime", "gc"), store.add_host_func(types, gc, GC));
        let mut add = |name, item| items.insert(("spectest", name), item);
        let prints: [(&str, &[ValType]); 7] = [
            ("print", &[]),
            ("print_i32", &[I32]),
            ("print_i64", &[I64]),
            ("print_f32", &[F32]),
            ("print_f64", &[F64]),
            ("print_i32_f32", &[I32, F32]),
            ("print_f64_f64", &[F64, F64]),
        ];
        for (name, params) in prints {
            let ty = function(types, params);
            add(name, store.add_host_func(types, ty, PRINT));
        }
        let globals = [
            ("global_i32", I32, 666),
            ("global_i64", I64, 666),
            ("global_f32", F32, u64::from(666.6f32.to_bits())),
            ("global_f64", F64, 666.6f64.to_bits()),
        ];
        for (name, value, bits) in globals {
            let mutable = false;
            let item = store.add_global(types, GlobalType { value, mutable });
            if let Extern::Global(index) = item {
                store.set_global(index, bits)?;
            }
            add(name, item);
        }
        let element = RefType {
            nullable: true,
            heap: HeapType::Func,
        };
        for (name, index64) in [("table", false), ("table64", true)] {
            let table = TableType {
                element,
                min: 10,
                max: Some(20),
                index64,
            };
            add(name, store.add_table(table)?);
        }
        let memory = MemoryType {
            min: 1,
            max: Some(2),
            index64: false,
        };
        add("memory", store.add_memory(memory)?);
        Ok(Hosts(items))
    }

    /// The item `name` of the host module `module`.
    pub fn get(&self, module: &str, name: &str) -> Option<Extern> {
        self.0.get(&(module, name)).copied()
    }
}

/// The type of a function without results.
fn function(types: &mut Arc<Types>, params: &[ValType]) -> TypeId {
    Arc::make_mut(types).intern(vec![SubType {
        is_final: true,
        supertype: None,
        composite: Composite::Func(FuncType {
            params: params.into(),
            results: Box::default(),
        }),
    }])
}
