//! The heap around the object as a graph for Graphviz.

use super::picture::{Change, Edge, Key, Node, Picture, pictures};
use super::{Explanation, name_of_place};
use crate::escape;
use crate::oracle::History;
use std::fmt::Write;

impl Explanation {
    /// The heap right after the culprit has acted, in the language of Graphviz: one graph with a
    /// cluster for each run that was looked at. `None` if there is nothing to draw.
    pub fn dot(&self) -> Option<String> {
        let mut text = String::from(
            "digraph heap {\n  graph [rankdir=LR, fontname=monospace]\n  node [shape=plain, \
             fontname=monospace]\n  edge [fontname=monospace]\n",
        );
        let mut drawn = 0;
        for (run, history) in self.histories.iter().enumerate() {
            let Some((picture, place)) = picture_of(history) else {
                continue;
            };
            drawn += 1;
            let label = format!("heap {}, {place}", history.run);
            let _ = writeln!(text, "  subgraph cluster_{run} {{");
            let _ = writeln!(text, "    label={}", quoted(&label));
            for (index, node) in picture.nodes.iter().enumerate() {
                let name = format!("n{run}_{index}");
                let _ = writeln!(text, "    {name} [label=<{}>]", table(node));
            }
            if let Some(more) = left_out(&picture) {
                let _ = writeln!(text, "    more{run} [label={}]", quoted(&more));
            }
            for edge in &picture.edges {
                write_edge(&mut text, run, &picture, edge);
            }
            text += "  }\n";
        }
        text += "}\n";
        (drawn > 0).then_some(text)
    }
}

/// The picture right after the culprit has acted, with the culprit in words.
fn picture_of(history: &History) -> Option<(Picture, String)> {
    let culprit = history.culprit?;
    let place = name_of_place(history.scenes.get(culprit)?.place.as_ref());
    let mut all = pictures(&history.scenes, culprit);
    Some((all.swap_remove(culprit), place))
}

/// Objects and roots that a picture leaves out, in words.
pub(crate) fn left_out(picture: &Picture) -> Option<String> {
    let s = |n: usize| if n == 1 { "" } else { "s" };
    let (objects, roots) = (picture.more_objects, picture.more_roots);
    match (objects, roots) {
        (0, 0) => None,
        (_, 0) => Some(format!("{objects} more object{}", s(objects))),
        (0, _) => Some(format!("{roots} more root{}", s(roots))),
        _ => Some(format!(
            "{objects} more object{}, {roots} more root{}",
            s(objects),
            s(roots)
        )),
    }
}

fn colour(change: Change) -> &'static str {
    match change {
        Change::Same => "black",
        Change::Changed => "darkorange3",
        Change::New => "forestgreen",
        Change::Gone => "gray60",
    }
}

/// A node as a table: title, type, count, fields.
fn table(node: &Node) -> String {
    let border = if node.focus { 3 } else { 1 };
    let colour = match node.wrong {
        true => "crimson",
        false => colour(node.change),
    };
    let mut text = format!(
        "<table border=\"{border}\" color=\"{colour}\" cellborder=\"0\" cellspacing=\"0\" \
         cellpadding=\"3\">"
    );
    let mut line = |port: Option<usize>, words: &str| {
        let port = port.map_or(String::new(), |port| format!(" port=\"f{port}\""));
        let _ = write!(
            text,
            "<tr><td align=\"left\"{port}>{}</td></tr>",
            html(words)
        );
    };
    let address = match node.key {
        Key::Object(_) => node.address.map(|address| format!(" at {address:#x}")),
        _ => None,
    };
    line(
        None,
        &format!("{}{}", node.title, address.unwrap_or_default()),
    );
    if let Some(ty) = &node.ty {
        line(None, ty);
    }
    if let Some((count, expected)) = node.count {
        line(None, &format!("count {count}, expected {expected}"));
    }
    for remark in &node.remarks {
        line(None, remark);
    }
    for (index, row) in node.rows.iter().enumerate() {
        line(Some(index), &format!("{}: {}", row.name, row.value));
    }
    if node.more_rows > 0 {
        line(None, &format!("{} more", node.more_rows));
    }
    text + "</table>"
}

fn write_edge(text: &mut String, run: usize, picture: &Picture, edge: &Edge) {
    let place = |key: &Key| picture.nodes.iter().position(|node| node.key == *key);
    let (Some(from), Some(to)) = (place(&edge.from), place(&edge.to)) else {
        return;
    };
    let port = edge.row.map_or(String::new(), |row| format!(":f{row}"));
    let colour = match edge.stale {
        true => "crimson",
        false => colour(edge.change),
    };
    let style = match edge.stale || edge.change == Change::Gone {
        true => "dashed",
        false => "solid",
    };
    let _ = writeln!(
        text,
        "    n{run}_{from}{port} -> n{run}_{to} [color={colour}, style={style}]"
    );
}

/// A string of the language, in which nothing is special but quotes and backslashes.
fn quoted(text: &str) -> String {
    let line = escape::Line(text).to_string();
    format!("\"{}\"", line.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Text within a label of HTML.
fn html(text: &str) -> String {
    let line = escape::Line(text).to_string();
    line.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_input_is_no_markup() {
        let hostile = "</td><b>\"&\u{202e}\n";
        assert_eq!(html(hostile), r"&lt;/td&gt;&lt;b&gt;&quot;&amp;\u{202e}\n");
        assert_eq!(quoted("a\"b\\"), "\"a\\\"b\\\\\"");
    }
}
