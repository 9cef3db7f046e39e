//! Actions: calling a function, reading a global, instantiating a module.

use super::hosts::ScriptHost;
use super::link::Refusal;
use super::proposal::Proposal;
use super::reason::Reason;
use super::runner::Runner;
use super::values::{self, Value};
use crate::engine::{Context, Extern, Func};
use crate::heap::Heap;
use wast::{QuoteWat, WastArg, WastExecute, WastInvoke};

/// Result of an action.
type Results = Result<Vec<Value>, Refusal>;

impl<H: Heap> Runner<'_, H> {
    /// Calls an exported function.
    pub(super) fn invoke(&mut self, invoke: &WastInvoke<'_>) -> Results {
        let instance = self.names.instance(invoke.module)?;
        let Some(Extern::Func(func)) = self.export(instance, invoke.name) else {
            let message = format!("there is no function {:?}", invoke.name);
            return Err(Refusal::Unknown(message));
        };
        let Some(ty) = self.store.func(func).map(Func::ty) else {
            return Err(Refusal::Unknown("there is no such function".into()));
        };
        let ty = self.store.types().func(ty).clone();
        let mut args = Vec::with_capacity(invoke.args.len());
        for arg in &invoke.args {
            match arg {
                WastArg::Core(arg) => args.push(arg),
                _ => return Err(Refusal::Skip(Reason::Beyond(Proposal::Components))),
            }
        }
        let fits = |(arg, ty): (&&_, &_)| values::fits(arg, *ty);
        if args.len() != ty.params.len() || !args.iter().zip(&ty.params).all(fits) {
            let message = format!("the arguments do not fit the function {:?}", invoke.name);
            return Err(Refusal::Unknown(message));
        }
        let made = values::arguments(&mut self.store, &args, &mut *self.inspector);
        let args = self.done(made)?;
        let called = self.store.call(
            func,
            &args,
            &mut Context::new(&mut ScriptHost, &mut *self.inspector),
        );
        self.done(called)?;
        let mut register = 0;
        let results = ty.results.iter().map(|ty| {
            let width = ty.storage_kind().registers();
            let low = self.store.result(register);
            let high = match width {
                1 => 0,
                _ => self.store.result(register + 1),
            };
            register += width;
            Value {
                ty: *ty,
                bits: [low, high],
            }
        });
        Ok(results.collect())
    }

    /// Runs the action of an assertion.
    pub(super) fn action(&mut self, exec: WastExecute<'_>) -> Results {
        match exec {
            WastExecute::Invoke(invoke) => self.invoke(&invoke),
            WastExecute::Wat(wat) => {
                let made = self.instantiate(&mut QuoteWat::Wat(wat));
                made.map(|_| Vec::new())
            }
            WastExecute::Get { module, global, .. } => {
                let instance = self.names.instance(module)?;
                let value = match self.export(instance, global) {
                    Some(Extern::Global(index)) => {
                        let found = self.store.globals().nth(index as usize);
                        found.map(|(ty, low)| Value {
                            ty: ty.value,
                            bits: [low, self.store.global_high(index)],
                        })
                    }
                    _ => None,
                };
                let unknown = || Refusal::Unknown(format!("there is no global {global:?}"));
                Ok(vec![value.ok_or_else(unknown)?])
            }
        }
    }
}
