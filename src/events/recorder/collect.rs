//! Collections, and the references in frames during one.

use super::Recorder;
use crate::events::Event;
use crate::heap::{GcRef, HeapError, RawFrame, RootSlot, Roots};
use crate::module::{Code, Module};

/// References in frames, and the state of the call stack.
#[derive(Default)]
struct Frames {
    /// Number of frames that refer to an object.
    referring: usize,
    across_call: bool,
    at_loop: bool,
    at_entry: bool,
    in_handler: bool,
    /// The event for a host frame: the host runs, or has called a function in turn.
    host: Option<Event>,
    /// Objects that some frame refers to, and those of them on operand stacks.
    held: Vec<GcRef>,
    operands: Vec<GcRef>,
    four_operands: bool,
    loop_operand: bool,
}

impl Frames {
    fn look(&mut self, frame: &RawFrame<'_>, module: &Module) {
        let registers = frame.references.iter().map(|r| usize::from(*r));
        let values = registers.filter_map(|r| frame.registers.get(r));
        let objects = values.map(|v| GcRef::from_register(*v));
        let before = self.held.len();
        self.held.extend(objects.filter(|r| r.is_object()));
        let refers = self.held.len() > before;
        self.referring += usize::from(refers);
        let Some(code) = frame.code else {
            self.host = Some(match frame.running {
                true => Event::CollectInHost,
                false => Event::CollectInReentry,
            });
            return;
        };
        if !refers {
            return;
        }
        // The case's own module is the only one in the store.
        let body = module.bodies.get(code.body as usize);
        let entry = body.map(|b| b.entry);
        let locals = body.map_or(0, |body| body.locals);
        let registers = frame.references.iter().filter(|r| **r >= locals);
        let operands = registers.filter_map(|r| frame.registers.get(usize::from(*r)));
        let operands = operands.map(|value| GcRef::from_register(*value));
        let before = self.operands.len();
        self.operands.extend(operands.filter(|r| r.is_object()));
        let count = self.operands.len() - before;
        self.four_operands |= count > 3;
        let op = module.ops.get(code.pc as usize).map(|op| op.code);
        self.across_call |= !frame.running;
        self.at_loop |= frame.running && op == Some(Code::Loop);
        self.loop_operand |= frame.running && op == Some(Code::Loop) && count > 0;
        self.at_entry |= frame.running && entry == Some(code.pc);
        self.in_handler |= module.handlers.around(code.pc).next().is_some();
    }
}

impl Recorder {
    /// Collects, and counts events.
    pub(super) fn collected(&mut self, roots: &mut dyn Roots) -> Result<(), HeapError> {
        let mut frames = Frames::default();
        if let Some(module) = &self.module {
            roots.frames(&mut |frame| frames.look(&frame, module));
        }
        let only_stack = frames.held.iter().any(|r| {
            let header = self.header(*r);
            header.is_some_and(|h| h.listed && h.count == Some(1))
        });
        // Its count is that of the list, and no frame refers to it but by this operand.
        let only_operand = frames.operands.iter().any(|r| {
            let header = self.header(*r);
            header.is_some_and(|h| h.listed && h.count == Some(1))
                && frames.held.iter().filter(|held| *held == r).count() == 1
        });
        let (mut segment, mut handle) = (false, false);
        roots.slots(&mut |slot, value| {
            let object = GcRef(*value).is_object();
            segment |= object && matches!(slot, RootSlot::Segment(..));
            handle |= object && matches!(slot, RootSlot::Handle(_));
        });
        for (happened, event) in [
            (frames.referring > 0, Event::CollectRoots),
            (frames.referring > 2, Event::CollectDeep),
            (frames.referring > 15, Event::CollectManyFrames),
            (only_operand, Event::CollectOperand),
            (frames.four_operands, Event::CollectOperands),
            (frames.loop_operand, Event::CollectLoopOperand),
            (frames.across_call, Event::CollectAcrossCall),
            (frames.at_loop, Event::CollectAtLoop),
            (frames.at_entry, Event::CollectAtEntry),
            (frames.in_handler, Event::CollectInHandler),
            (only_stack, Event::CollectOnlyStack),
            (segment, Event::CollectSegment),
            (handle, Event::CollectHandle),
        ] {
            self.count_if(happened, event);
        }
        if let Some(event) = frames.host {
            self.count(event);
        }
        let listed = |heap: &dyn crate::heap::Inspect| {
            let list = heap.root_list();
            list.map_or(0, |list| u64::from(list.recorded))
        };
        let (before, listed_before) = (self.heap.stats(), listed(&*self.heap));
        let done = self.heap.collect(roots);
        self.collections += 1;
        let freed = self.heap.stats().freed - before.freed;
        let unlisted = listed_before.saturating_sub(listed(&*self.heap));
        self.count_if(freed > 0, Event::FreeBySweep);
        // Other freed objects were kept alive by objects that left the list.
        self.count_if(freed > unlisted, Event::FreeChain);
        self.count_if(freed > 30, Event::FreeMany);
        done
    }
}
