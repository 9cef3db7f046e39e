//! The heap around the object, operation by operation.

use super::graph::{SHRINKS, graph};
use super::layout::Layout;
use crate::explain::picture::{Picture, name_of_register, pictures};
use crate::explain::{left_out, name_of_place};
use crate::oracle::{BrokenAt, History, Scene, SceneValue};
use crate::page::{line, parts};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Pictures of a run, and its registers and roots at the culprit. `index` tells runs apart; `read`
/// is the read of a number that caused the finding, if one did.
pub(super) fn section(
    history: &History,
    index: usize,
    remark: &str,
    read: Option<&BrokenAt>,
) -> Markup {
    let Some(culprit) = history.culprit.filter(|at| *at < history.scenes.len()) else {
        return html! {};
    };
    let pictures = pictures(&history.scenes, culprit);
    let layout = Layout::of(&pictures.iter().collect::<Vec<_>>());
    // Side by side only if both are legible.
    let columns = format!(
        "grid-template-columns:repeat(auto-fit,minmax(min({:.0}px,100%),1fr))",
        layout.width * SHRINKS + 32.0
    );
    let (id, registers) = (format!("heap{index}"), format!("roots{index}"));
    html! {
        section class="steps" data-culprit=(culprit) aria-labelledby=(id) {
            h2 id=(id) { "Heap " (line(&history.run)) @if !remark.is_empty() { " " small { (remark) } } }
            @if let Some(read) = read {
                p class="note" {
                    "The culprit changes nothing in the heap. The pictures show the operation before it; it comes "
                    (super::place(read)) "."
                }
            }
            div class="controls" hidden {
                button type="button" class="back" aria-label="one operation back" { "‹" }
                input type="range" min=(culprit.min(1)) max=(history.scenes.len() - 1) value=(culprit) step="1"
                    aria-label="operation";
                button type="button" class="on" aria-label="one operation on" { "›" }
                button type="button" class="culprit" { "culprit" }
            }
            div class="scenes" style=(columns) {
                @for (at, (scene, picture)) in history.scenes.iter().zip(&pictures).enumerate() {
                    (figure(scene, picture, &layout, at, culprit))
                }
            }
            p class="note legend" {
                span class="swatch new" {} " new " span class="swatch changed" {} " changed "
                span class="swatch gone" {} " gone " span class="swatch wrong" {} " wrong "
                span class="swatch focus" {} " the object that the finding is about"
            }
        }
        section aria-labelledby=(registers) {
            h2 id=(registers) { "Registers and roots at the culprit" }
            (roots(history, culprit))
        }
    }
}

fn figure(scene: &Scene, picture: &Picture, layout: &Layout, at: usize, culprit: usize) -> Markup {
    let class = match at {
        _ if at == culprit => "scene after",
        _ if at + 1 == culprit => "scene before",
        _ => "scene",
    };
    let is_shown = class != "scene";
    let place = name_of_place(scene.place.as_ref());
    let numbers = format!(
        "operation {}, safepoint {}",
        scene.operation, scene.safepoint
    );
    let name = format!("heap {place}");
    html! {
        figure class=(class) hidden[!is_shown] data-line=[super::line_of(scene.place.as_ref())] {
            figcaption {
                span class="role" {} (line(&place)) small { (numbers) @if at == culprit { ": the culprit" } }
            }
            div class="canvas" tabindex="0" role="region" aria-label=(line(&name)) {
                @if picture.nodes.is_empty() {
                    p class="none" { "No objects, and no roots that refer to one." }
                } @else {
                    (graph(picture, layout, &name))
                }
            }
            @if let Some(more) = left_out(picture) { p class="note" { (more) " not shown" } }
        }
    }
}

/// A register or a slot, before and after the culprit has acted.
#[derive(Default)]
struct Held {
    before: Option<SceneValue>,
    after: Option<SceneValue>,
    shown: Option<bool>,
}

fn roots(history: &History, culprit: usize) -> Markup {
    let mut order: Vec<String> = Vec::new();
    let mut all: BTreeMap<String, Held> = BTreeMap::new();
    let mut note = |name: String, set: &dyn Fn(&mut Held)| {
        let held = all.entry(name.clone()).or_insert_with(|| {
            order.push(name);
            Held::default()
        });
        set(held);
    };
    let (after, before) = (
        &history.scenes[culprit],
        culprit.checked_sub(1).and_then(|at| history.scenes.get(at)),
    );
    let frames = after
        .frames
        .len()
        .max(before.map_or(0, |before| before.frames.len()));
    let mut more = 0;
    for (scene, is_after) in [(Some(after), true), (before, false)] {
        let Some(scene) = scene else { continue };
        for frame in &scene.frames {
            let depth = match frames {
                1 => String::new(),
                _ => format!(", frame {}", frame.depth),
            };
            for register in &frame.registers {
                let name = name_of_register(frame, register.index, register.local.as_deref());
                let (value, shown) = (register.value, register.shown);
                note(name + &depth, &|held| held.set(is_after, value, shown));
            }
            more += if is_after { frame.more_registers } else { 0 };
        }
        for root in &scene.roots {
            let (value, shown) = (root.value, root.shown);
            note(root.words.clone(), &|held| held.set(is_after, value, shown));
        }
    }
    if order.is_empty() {
        return html! { p class="empty" { "None." } };
    }
    let collected = all.values().any(|held| held.shown.is_some());
    let value = |value: Option<SceneValue>| match value {
        Some(value) => {
            html! { @if let SceneValue::Stale(_) = value { span class="bad" { (value) } } @else { (value) } }
        }
        None => html! { span class="none" { "–" } },
    };
    let has_returned = before.is_some_and(|before| before.frames.len() > after.frames.len());
    html! {
        @if has_returned {
            p class="note" { "The state after it is that before the next operation: a function has returned in between." }
        }
        (parts::table("registers and roots", html! {
            th { "register or root" } th { "before" } th { "after" }
            @if collected { th { "shown to the collection" } }
        }, html! {
            @for name in &order {
                @let held = &all[name];
                @let has_changed = held.before != held.after;
                tr class=[has_changed.then_some("changed")] {
                    th { (line(name)) }
                    td { (value(held.before)) } td { (value(held.after)) }
                    @if collected {
                        td { @match held.shown {
                            Some(true) => "yes",
                            Some(false) => span class="bad" { "no" },
                            None => span class="none" { "–" },
                        } }
                    }
                }
            }
        }))
        @for (n, what) in [(more, "register"), (after.more_frames, "frame"), (after.more_roots, "root")] {
            @if n > 0 { p class="note" { (n) " more " (what) (if n == 1 { "" } else { "s" }) } }
        }
    }
}

impl Held {
    fn set(&mut self, is_after: bool, value: SceneValue, shown: Option<bool>) {
        match is_after {
            true => (self.after, self.shown) = (Some(value), shown),
            false => self.before = Some(value),
        }
    }
}
