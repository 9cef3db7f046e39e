//! The stores of this crate, as the embedder of a case works with them.

use super::client;
use super::embedder::{EmbedderStore, Host, Initial, StepEnd, answer, no_params_no_results};
use super::error::RunError;
use super::plan::Step;
use super::run::RunStats;
use crate::engine::{Context, Deed, Extern, HostCall, Inspector, Stop, Store};
use crate::heap::{GcRef, Heap};
use crate::module::{ExportItem, ExternType, Module};
use crate::observe::ObservedValue;
use crate::types::{HeapType, RefType, StorageKind, TypeId, ValType};
use std::collections::HashMap;
use std::sync::Arc;

/// What a run keeps besides its store.
pub(super) struct Running {
    pub host: Host,
    pub stats: RunStats,
    /// The items for the imports so far.
    externs: Vec<Extern>,
    /// Globals and tables that still need a function as their value.
    without_function: Vec<WithoutFunction>,
    /// The instance, once linked.
    instance: Option<u32>,
    /// The number of the case's client, if it has one.
    client: Option<u32>,
    /// The functions of the last client, as indices in the store, by those of the module that they
    /// call.
    through: HashMap<u32, u32>,
    /// Objects allocated before the present step.
    allocated: u64,
    /// How often the store has allocated, collected or called anything. References that were taken
    /// before are not used after that.
    epoch: u32,
}

/// A global or table of non-null functions, before its function exists.
struct WithoutFunction {
    item: Extern,
    ty: Option<TypeId>,
    /// The index of the import. It becomes the id of the host function.
    import: u32,
}

impl Running {
    pub fn new(host: Host, client: Option<u32>) -> Running {
        Running {
            host,
            stats: RunStats::default(),
            externs: Vec::new(),
            without_function: Vec::new(),
            instance: None,
            client,
            through: HashMap::new(),
            allocated: 0,
            epoch: 0,
        }
    }
}

/// A store, and everything that its calls need.
pub(super) struct HeapStore<'a, H: Heap> {
    pub store: &'a mut Store<H>,
    pub running: &'a mut Running,
    pub inspector: &'a mut dyn Inspector<H>,
}

/// The registers of a value. Only vectors have the second.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Registers {
    low: u64,
    high: u64,
    /// When it was taken, to check that no reference is used too late.
    epoch: u32,
}

impl<H: Heap> crate::engine::Host<H> for Running {
    fn call(
        &mut self,
        store: &mut Store<H>,
        call: HostCall,
        inspector: &mut dyn Inspector<H>,
    ) -> Result<(), Stop> {
        let ty = store.call_type(call).clone();
        let values = ty.params.iter().enumerate().map(|(i, param)| Registers {
            low: store.argument(call, i),
            high: match param.storage_kind() {
                StorageKind::B128 => store.argument_high(call, i),
                _ => 0,
            },
            epoch: self.epoch,
        });
        let args: Vec<Registers> = values.collect();
        let mut store = HeapStore {
            store,
            running: self,
            inspector,
        };
        answer(&mut store, call, call.id, &ty, &args)
    }
}

impl<H: Heap> HeapStore<'_, H> {
    fn registers(&self, low: u64) -> Registers {
        Registers {
            low,
            high: 0,
            epoch: self.running.epoch,
        }
    }

    /// The register of a value that has just been taken.
    fn fresh(&self, value: Registers) -> u64 {
        debug_assert_eq!(value.epoch, self.running.epoch, "a value is used too late");
        value.low
    }

    fn reference(&self, value: Registers) -> GcRef {
        let reference = GcRef::from_register(value.low);
        let is_fresh = value.epoch == self.running.epoch;
        debug_assert!(
            is_fresh || reference.is_null() || reference.is_i31(),
            "a reference is used after the store has allocated, collected or called"
        );
        reference
    }

    /// Runs what makes references invalid.
    fn invalidating<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let done = work(self);
        self.running.epoch += 1;
        done
    }

    /// Makes host functions for the globals and tables that have none yet. Called after the module is
    /// linked, so that the module's functions have the same indices in the store as in the module.
    fn make_functions(&mut self) -> Result<(), Stop> {
        for WithoutFunction { item, ty, import } in
            std::mem::take(&mut self.running.without_function)
        {
            let mut types = Arc::clone(&self.running.host.module.types);
            let ty = ty.unwrap_or_else(|| no_params_no_results(&mut types));
            let Extern::Func(index) = self.store.add_host_func(&types, ty, import) else {
                unreachable!("a function was added")
            };
            self.set(item, u64::from(index) + 1)?;
        }
        Ok(())
    }

    /// Links and starts the clients of a case behind its module. The host calls through the last.
    fn link_clients(&mut self, module: &Module, instance: u32, number: u32) -> Result<(), Stop> {
        let clients = client::chain(module, number).map_err(Stop::Unlinkable)?;
        let mut before = (module, instance);
        for client in &clients {
            let linked = self.link_client(module, before, client)?;
            before = (client, linked);
        }
        Ok(())
    }

    /// Links and starts a client, which imports all exports of another instance.
    fn link_client(
        &mut self,
        module: &Module,
        (exporter, instance): (&Module, u32),
        client: &Arc<Module>,
    ) -> Result<u32, Stop> {
        let unlinkable = |why: String| Stop::Unlinkable(why);
        let exporting = &self.store.instances()[instance as usize];
        let externs = exporter
            .exports
            .iter()
            .map(|export| exporting.item(export.item));
        let externs: Option<Vec<Extern>> = externs.collect();
        let externs = externs.ok_or_else(|| unlinkable("an export has no item".into()))?;
        let linked = self
            .store
            .link(client, &externs)
            .map_err(|error| unlinkable(error.to_string()))?;
        let mut cx = Context::new(self.running, self.inspector);
        self.store.start(linked, &mut cx)?;
        for export in &client.exports {
            let linked = &self.store.instances()[linked as usize];
            if let (Some(ExportItem::Func(func)), Some(Extern::Func(through))) =
                (module.export(&export.name), linked.item(export.item))
            {
                self.running.through.insert(func, through);
            }
        }
        Ok(linked)
    }

    /// Sets a new global, or all elements of a new table, to a register's value.
    fn set(&mut self, item: Extern, value: u64) -> Result<(), Stop> {
        match item {
            Extern::Global(index) => self.store.set_global(index, value),
            Extern::Table(index) => self.store.fill_new_table(index, value),
            _ => unreachable!("only globals and tables hold values"),
        }
    }
}

impl<H: Heap> EmbedderStore for HeapStore<'_, H> {
    type Value = Registers;
    type Call = HostCall;

    fn host(&mut self) -> &mut Host {
        &mut self.running.host
    }

    fn number(&mut self, bits: u64) -> Registers {
        self.registers(bits)
    }

    fn null(&mut self) -> Registers {
        self.registers(0)
    }

    fn i31(&mut self, bits: u32) -> Registers {
        self.registers(GcRef::i31(bits).register())
    }

    fn function(&mut self, ty: HeapType, start: u64) -> Option<Registers> {
        let count = self.store.funcs().len().max(1) as u64;
        let found = self.store.func_of_type(ty, (start % count) as u32);
        found.map(|index| self.registers(u64::from(index) + 1))
    }

    fn new_extern(&mut self, id: u32) -> Result<Registers, Stop> {
        let made = self.invalidating(|this| this.store.new_extern(id, this.inspector))?;
        Ok(self.registers(made.register()))
    }

    fn new_default(&mut self, ty: TypeId, len: u32) -> Result<Registers, Stop> {
        let made = self.invalidating(|this| this.store.new_default(ty, len, this.inspector))?;
        Ok(self.registers(made.register()))
    }

    fn plain(&mut self, ty: ValType, value: Registers) -> Option<ObservedValue> {
        let kind = ty.storage_kind();
        if kind != StorageKind::Gc {
            return Some(ObservedValue::plain(kind, value.low, value.high));
        }
        let r = self.reference(value);
        if r.is_null() {
            return Some(ObservedValue::Null);
        }
        r.is_i31().then(|| ObservedValue::I31(r.i31_signed()))
    }

    fn handles(&self) -> usize {
        self.store.handles()
    }

    fn is_null(&self, handle: u32) -> bool {
        self.store.handle(handle).is_null()
    }

    fn holds(&mut self, handle: u32, reference: Registers) -> bool {
        self.store.handle(handle) == self.reference(reference)
    }

    fn has_type(&mut self, handle: u32, ty: RefType) -> Result<bool, Stop> {
        let reference = self.store.handle(handle);
        Ok(self.store.matches(reference.register(), ty)?)
    }

    fn handle(&mut self, handle: u32) -> Registers {
        self.registers(self.store.handle(handle).register())
    }

    fn add_handle(&mut self, reference: Registers) -> Result<u32, Stop> {
        let reference = self.reference(reference);
        self.store.add_handle(reference)
    }

    fn drop_handle(&mut self, handle: u32) -> Result<(), Stop> {
        self.store.drop_handle(handle)
    }

    fn pop_handles(&mut self, keep: usize) -> Result<(), Stop> {
        self.store.pop_handles(keep)
    }

    fn take_exception(&mut self) -> Result<u32, Stop> {
        self.store.take_exception()
    }

    fn import(
        &mut self,
        import: u32,
        ty: ExternType,
        initial: Initial<Registers>,
    ) -> Result<(), Stop> {
        let types = Arc::clone(&self.running.host.module.types);
        let item = match ty {
            ExternType::Func(ty) => self.store.add_host_func(&types, ty, import),
            ExternType::Memory(ty) => self.store.add_memory(ty)?,
            ExternType::Tag(ty) => self.store.add_tag(ty),
            ExternType::Table(ty) => self.store.add_table(ty)?,
            ExternType::Global(ty) => self.store.add_global(&types, ty),
        };
        self.running.externs.push(item);
        match initial {
            Initial::Nothing => {}
            Initial::Value(value) => self.set(item, self.fresh(value))?,
            Initial::HostFunction(ty) => {
                let without = WithoutFunction { item, ty, import };
                self.running.without_function.push(without);
            }
        }
        Ok(())
    }

    fn instantiate(&mut self) -> Result<(), RunError> {
        let module = Arc::clone(&self.running.host.module);
        let instance = self
            .store
            .link(&module, &self.running.externs)
            .map_err(|error| RunError::Import(error.to_string()))?;
        self.make_functions()?;
        self.running.instance = Some(instance);
        let mut cx = Context::new(self.running, self.inspector);
        self.store.start(instance, &mut cx)?;
        match self.running.client {
            Some(number) => Ok(self.link_clients(&module, instance, number)?),
            None => Ok(()),
        }
    }

    fn call(&mut self, func: u32, args: &[Registers]) -> Result<Vec<Registers>, Stop> {
        let module = Arc::clone(&self.running.host.module);
        let ty = module.types.func(module.funcs[func as usize]);
        let target = self.running.through.get(&func).copied().unwrap_or(func);
        let mut registers = Vec::with_capacity(args.len());
        for (arg, ty) in args.iter().zip(&ty.params) {
            if ty.is_gc() {
                self.reference(*arg);
            }
            registers.push(arg.low);
            if ty.storage_kind() == StorageKind::B128 {
                registers.push(arg.high);
            }
        }
        self.invalidating(|this| {
            let mut cx = Context::new(this.running, this.inspector);
            this.store.call(target, &registers, &mut cx)
        })?;
        let epoch = self.running.epoch;
        let mut register = 0;
        let results = ty.results.iter().map(|ty| {
            let width = ty.storage_kind().registers();
            let first = register;
            register += width;
            Registers {
                low: self.store.result(first),
                high: self.store.result(first + width - 1),
                epoch,
            }
        });
        Ok(results.collect())
    }

    fn set_result(&mut self, call: HostCall, index: usize, value: Registers) -> Result<(), Stop> {
        self.store.set_result(call, index, self.fresh(value))
    }

    fn global(&mut self, global: u32) -> Registers {
        let low = self.store.global(global).map_or(0, |(_, value)| value);
        Registers {
            high: self.store.global_high(global),
            ..self.registers(low)
        }
    }

    fn set_global(&mut self, global: u32, value: Registers) -> Result<(), Stop> {
        self.store.set_global(global, self.fresh(value))
    }

    fn element(&mut self, table: u32, index: u32) -> Option<Registers> {
        let elements = &self.store.tables()[table as usize].elements;
        let element = elements.get(index as usize)?;
        Some(self.registers(u64::from(*element)))
    }

    fn set_element(&mut self, table: u32, index: u32, value: Registers) -> Result<(), Stop> {
        let value = self.fresh(value);
        self.store.set_element(table, u64::from(index), value)
    }

    fn collect(&mut self) -> Result<(), Stop> {
        self.invalidating(|this| this.store.collect(this.inspector))
    }

    fn has_item(&mut self, item: ExportItem) -> bool {
        let instances = self.store.instances();
        let instance = self
            .running
            .instance
            .and_then(|i| instances.get(i as usize));
        instance.is_some_and(|instance| instance.item(item).is_some())
    }

    fn deed(&self) -> Deed {
        self.store.deed()
    }

    fn begin(&mut self, deed: Deed) -> Result<(), Stop> {
        if deed.host_call.is_none() {
            self.running.allocated = self.store.heap.stats().allocated;
        }
        self.store.begin(deed, self.inspector)
    }

    fn ended(&mut self, step: Option<&Step>, end: &StepEnd) -> Result<(), Stop> {
        let allocated = self.store.heap.stats().allocated - self.running.allocated;
        self.running.stats.note(step, end, allocated);
        // Without imports there is no instance to inspect.
        match self.running.instance {
            Some(_) => self.store.inspect_call(self.inspector),
            None => Ok(()),
        }
    }

    fn spend(&mut self, work: u64) -> Result<(), Stop> {
        self.store.spend(work)
    }

    fn note_bytes(&mut self, bytes: u64) -> Result<(), Stop> {
        self.store.note_bytes(bytes)
    }
}
