//! A picture of the heap as SVG.

use super::layout::{CHARACTER, LINE, Layout, Place, SPACE, cut, heading};
use crate::explain::picture::{Change, Edge, Node, Picture};
use crate::page::line;
use maud::{Markup, html};
use std::fmt::Write;

/// A picture shrinks to this share of its size before it scrolls.
pub(super) const SHRINKS: f64 = 0.8;

/// The picture. `name` is a description for those who do not see it.
pub(super) fn graph(picture: &Picture, layout: &Layout, name: &str) -> Markup {
    let (width, height) = (layout.width.ceil(), layout.height.ceil());
    // A wide picture shrinks, but not until nobody can read it.
    let least = format!("min-width:{:.0}px", width * SHRINKS);
    html! {
        svg class="graph" width=(width) height=(height) style=(least)
            viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(line(name)) {
            @for edge in &picture.edges { (reference(edge, picture, layout)) }
            @for node in &picture.nodes { (object(node, layout.place(&node.key))) }
        }
    }
}

fn class(base: &str, change: Change, wrong: bool) -> String {
    let mut class = base.to_string();
    class += match change {
        Change::Same => "",
        Change::Changed => " changed",
        Change::New => " new",
        Change::Gone => " gone",
    };
    if wrong {
        class += " wrong";
    }
    class
}

/// The word for a change. Colours alone do not tell everybody.
fn word(change: Change) -> Option<&'static str> {
    match change {
        Change::Same => None,
        Change::Changed => Some("changed"),
        Change::New => Some("new"),
        Change::Gone => Some("gone"),
    }
}

fn object(node: &Node, place: Place) -> Markup {
    let mut class = class("node", node.change, node.wrong);
    if node.focus {
        class += " focus";
    }
    let lines = heading(node);
    let baseline = |index: usize| format!("{:.0}", (index + 1) as f64 * LINE);
    let count_line = node.count.map(|_| 1 + usize::from(node.ty.is_some()));
    let full: Vec<String> = lines.iter().map(|text| line(text)).collect();
    html! {
        g class=(class) transform=(format!("translate({:.1} {:.1})", place.left, place.top)) {
            title { (full.join("\n")) }
            rect width=(format!("{:.1}", place.width)) height=(format!("{:.1}", place.height)) rx="5" {}
            @for (index, text) in lines.iter().enumerate() {
                @let kind = match index {
                    0 => "title",
                    _ if count_line == Some(index) => "count",
                    _ => "detail",
                };
                text x=(SPACE) y=(baseline(index)) class=(kind) { (cut(text)) }
            }
            @if let Some(word) = word(node.change) {
                text class="word" x=(format!("{:.1}", place.width)) y="-3" { (word) }
            }
            @for (index, row) in node.rows.iter().enumerate() {
                text x=(SPACE) y=(baseline(lines.len() + index)) class=(self::class("row", row.change, false)) {
                    (cut(&format!("{}: {}", row.name, row.value)))
                }
            }
            @if node.more_rows > 0 {
                text x=(SPACE) y=(baseline(lines.len() + node.rows.len())) class="detail" {
                    (node.more_rows) " more"
                }
            }
        }
    }
}

/// A reference: from the row that holds it, or the heading of a root, to the heading of an object.
fn reference(edge: &Edge, picture: &Picture, layout: &Layout) -> Markup {
    let (from, to) = (layout.place(&edge.from), layout.place(&edge.to));
    let holder = picture.node(&edge.from);
    let row = edge.row.zip(holder).map(|(row, node)| {
        // A holder that is gone has no rows.
        let row = row.min(node.rows.len().saturating_sub(1));
        heading(node).len() + row
    });
    let start = from.top + (row.unwrap_or(0) as f64 + 0.75) * LINE;
    let end = to.top + 0.75 * LINE;
    let bends = layout.bends(&edge.from, &edge.to);
    let is_loop = edge.from == edge.to;
    let middle = |place: Place| place.left + place.width / 2.0;
    let second = bends.first().map_or(middle(to), |p| p.0);
    let second_last = bends.last().map_or(middle(from), |p| p.0);
    let leaves_right = is_loop || second >= middle(from);
    let arrives_left = !is_loop && second_last <= middle(to);
    let side = |place: Place, right: bool| place.left + if right { place.width } else { 0.0 };
    let first = (side(from, leaves_right), start);
    let last = (side(to, !arrives_left), end);
    let tip = if arrives_left { -7.0 } else { 7.0 };
    let path = if is_loop {
        let (x, y) = first;
        format!(
            "M{x:.1} {y:.1}C{:.1} {y:.1} {:.1} {end:.1} {:.1} {end:.1}",
            x + 26.0,
            x + 26.0,
            x + 7.0
        )
    } else {
        let points: Vec<(f64, f64)> = [first]
            .into_iter()
            .chain(bends.iter().copied())
            .chain([(last.0 + tip, last.1)])
            .collect();
        smooth(&points)
    };
    let (x, y) = last;
    let head = format!(
        "M{x:.1} {y:.1}l{tip} -{h}v{}z",
        2.0 * CHARACTER / 2.0,
        h = CHARACTER / 2.0
    );
    html! {
        g class=(class("edge", edge.change, edge.stale)) {
            @if !edge.label.is_empty() { title { (line(&edge.label)) } }
            path d=(path) {}
            path class="head" d=(head) {}
        }
    }
}

/// A path through points that leaves and enters each horizontally.
fn smooth(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        match index.checked_sub(1).map(|before| points[before]) {
            None => {
                let _ = write!(path, "M{x:.1} {y:.1}");
            }
            Some((x0, y0)) => {
                let half = (x - x0) / 2.0;
                let _ = write!(
                    path,
                    "C{:.1} {y0:.1} {:.1} {y:.1} {x:.1} {y:.1}",
                    x0 + half,
                    x - half
                );
            }
        }
    }
    path
}
