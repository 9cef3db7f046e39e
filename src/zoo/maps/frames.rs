//! Faults that describe whole frames with a wrong map, or with none.

use super::{FrameContext, Map};
use crate::heap::RawFrame;
use crate::module::{Code, Module, Op};
use crate::zoo::faulty_heap::{HOOK, edited, hook_call};
use std::sync::Arc;

/// W23, Wasmtime issues 11753 and 12934: the maps of call sites inside an
/// exception handler's scope were dropped.
pub struct TryTableCallsLackMap;

impl Map for TryTableCallsLackMap {
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        let FrameContext { module, frame, .. } = *context;
        let handled = frame
            .code
            .is_some_and(|at| module.handlers.around(at.pc).next().is_some());
        match handled {
            true => Vec::new(),
            false => frame.references.clone(),
        }
    }
}

/// W28, Wasmtime pull request 13693: one of several stacks was not traced. To
/// the collector, a suspended stack looks like the frames below the running
/// one; here the outermost of them is left out.
pub struct OutermostFrameIsUntraced;

impl Map for OutermostFrameIsUntraced {
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        let FrameContext { index, frame, .. } = *context;
        match index == 0 && !frame.running {
            true => Vec::new(),
            false => frame.references.clone(),
        }
    }
}

/// W30, CVE-2021-39216: when the host passed several references to a function,
/// a collection could run after only some of them were passed. Here a collection at the
/// function's entry sees only the last reference.
pub struct EntryMapOmitsEarlierArguments;

impl Map for EntryMapOmitsEarlierArguments {
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        let FrameContext {
            module,
            index,
            frame,
            ..
        } = *context;
        let references = frame.references.clone();
        let Some(body) = entered(module, frame).filter(|_| index == 0) else {
            return references;
        };
        let last = references.iter().filter(|r| **r < body).max().copied();
        let seen = |r: &u16| *r >= body || Some(*r) == last;
        references.into_iter().filter(seen).collect()
    }
}

/// W31, CVE-2022-31146: frames of functions without a map were looked up with
/// their neighbour's map. Here a frame that waits for a callee is described by
/// the callee's map.
pub struct CallerUsesCalleeMap;

impl Map for CallerUsesCalleeMap {
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        let FrameContext { frame, callee, .. } = *context;
        match callee {
            Some(references) => references.to_vec(),
            None => frame.references.clone(),
        }
    }
}

/// G7: the arguments of a tail call are moved into the frame before it has its
/// new map, and a collection at the entry of the callee sees none of them.
#[derive(Default)]
pub struct TailCallArgumentsLackMap {
    /// The body that was tail-called, plus one.
    called: u32,
}

impl TailCallArgumentsLackMap {
    /// Inserts a hook call before each tail call.
    pub fn edit(module: &Arc<Module>) -> Arc<Module> {
        let wanted = |_, op: Op| op.code == Code::ReturnCall;
        edited(module, 1, wanted, |site| {
            let s = site.scratch;
            let hook = Op::constant(s, HOOK.register());
            vec![hook, hook_call(s, s, site.op.imm + 1), site.op]
        })
    }
}

impl Map for TailCallArgumentsLackMap {
    fn references(&mut self, context: &FrameContext<'_>) -> Vec<u16> {
        let FrameContext { module, frame, .. } = *context;
        let references = frame.references.clone();
        if !frame.running {
            return references;
        }
        let called = std::mem::take(&mut self.called);
        match (entered(module, frame), frame.code) {
            (Some(params), Some(at)) if at.body + 1 == called => {
                references.into_iter().filter(|r| *r >= params).collect()
            }
            _ => references,
        }
    }

    fn hook_called(&mut self, value: u32) {
        self.called = value;
    }
}

/// The number of registers of the parameters, if the frame is running and at
/// its entry.
fn entered(module: &Module, frame: &RawFrame<'_>) -> Option<u16> {
    let at = frame.code.filter(|_| frame.running)?;
    let body = module.bodies.get(at.body as usize)?;
    (body.entry == at.pc).then_some(body.params)
}
