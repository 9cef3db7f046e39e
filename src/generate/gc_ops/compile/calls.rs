//! Calls of later functions, and of the host.

use super::body::{BUDGET, Body};
use super::control::DEPTH;
use crate::generate::gc_ops::program::{Op, OpKind};

impl Body<'_> {
    pub(super) fn call(&mut self, op: Op) {
        let [a, _, c, d] = op.with;
        let env = self.env;
        let funcs = &env.program.funcs;
        let tail = matches!(op.kind, OpKind::ReturnCall | OpKind::ReturnCallRef);
        let own = &funcs[self.func].sig.results;
        let (cost, times) = (self.cost, self.times);
        let will_do = |index: &usize| {
            let theirs = &funcs[*index].sig.results;
            let same = theirs.len() == own.len();
            let returns = same && theirs.iter().zip(own).all(|(a, b)| env.fits(*a, *b));
            cost + times * env.costs[*index] <= BUDGET && (returns || !tail)
        };
        // Only functions after this one, so that every call ends.
        let behind = self.func + 1..funcs.len();
        let count = behind.clone().filter(will_do).count();
        let nth = usize::from(a) % count.max(1);
        let Some(index) = behind.clone().filter(will_do).nth(nth) else {
            return;
        };
        if tail {
            self.begin();
            self.rarely(3);
        }
        let sig = &funcs[index].sig;
        for ty in &sig.params {
            self.value(*ty);
        }
        self.cost += self.times * env.costs[index];
        let func = env.func(index);
        let ty = env.sig_type(func);
        match op.kind {
            OpKind::Call => self.i().call(func),
            OpKind::CallRef => self.i().ref_func(func).call_ref(ty),
            OpKind::ReturnCall => self.i().return_call(func),
            _ => self.i().ref_func(func).return_call_ref(ty),
        };
        if tail {
            self.done();
        } else if d & 3 == 3 && self.frames.len() < DEPTH && !sig.results.is_empty() {
            self.held(sig.results.clone(), false);
        } else {
            self.take(&sig.results, c);
        }
    }

    pub(super) fn call_host(&mut self, which: u8, to: u8) {
        let hosts = &self.env.program.hosts;
        let Some(index) = usize::from(which).checked_rem(hosts.len()) else {
            return;
        };
        let sig = &hosts[index];
        for ty in &sig.params {
            self.value(*ty);
        }
        self.i().call(index as u32);
        self.take(&sig.results, to);
    }

    /// Pops results into slots.
    fn take(&mut self, results: &[crate::generate::gc_ops::program::Ty], to: u8) {
        for (i, ty) in results.iter().enumerate().rev() {
            self.put(*ty, to.wrapping_add(i as u8));
        }
    }
}
