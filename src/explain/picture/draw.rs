//! From a scene to a picture, without what has changed.

use super::{Change, Edge, Key, Node, Picture, Row};
use crate::oracle::{Scene, SceneFrame, SceneObject, SceneValue};
use std::collections::{BTreeMap, BTreeSet};

/// The most roots of a picture.
const ROOTS: usize = 16;

/// Draws scenes that follow one another.
pub(super) struct Draw {
    shown: BTreeSet<u64>,
    /// The last object seen at each address.
    last: BTreeMap<u32, u64>,
}

impl Draw {
    /// Draws these objects only.
    pub fn new(shown: BTreeSet<u64>) -> Draw {
        Draw {
            shown,
            last: BTreeMap::new(),
        }
    }

    pub fn picture(&mut self, scene: &Scene) -> Picture {
        let shown = |object: &&SceneObject| self.shown.contains(&object.id);
        let objects: Vec<&SceneObject> = scene.objects.iter().filter(shown).collect();
        for object in &scene.objects {
            self.last.insert(object.address, object.id);
        }
        let alive: BTreeSet<u64> = scene.objects.iter().map(|object| object.id).collect();
        let mut picture = Picture {
            more_objects: scene.more_objects + scene.objects.len() - objects.len(),
            more_roots: scene.more_roots,
            ..Picture::default()
        };
        let mut ghosts = BTreeMap::new();
        for (key, title, value, unshown) in roots(scene) {
            let Some((to, stale)) = self.target(value, &alive, &mut ghosts) else {
                continue;
            };
            if picture.nodes.len() >= ROOTS {
                picture.more_roots += 1;
                continue;
            }
            picture.edges.push(Edge {
                from: key.clone(),
                row: None,
                label: String::new(),
                to,
                change: Change::Same,
                stale,
            });
            let mut node = Node::new(key, title);
            node.wrong = unshown;
            if unshown {
                node.remarks.push("not shown to the collection");
            }
            picture.nodes.push(node);
        }
        for object in objects {
            let node = of_object(object);
            for (index, row) in node.rows.iter().enumerate() {
                if let Some((to, stale)) = self.target(row.value, &alive, &mut ghosts) {
                    picture.edges.push(Edge {
                        from: node.key.clone(),
                        row: Some(index),
                        label: row.name.clone(),
                        to,
                        change: Change::Same,
                        stale,
                    });
                }
            }
            picture.nodes.push(node);
        }
        picture.nodes.extend(ghosts.into_values());
        picture
    }

    /// The node that a value refers to, and whether no object is there. `None` if nothing is to be
    /// drawn.
    fn target(
        &self,
        value: SceneValue,
        alive: &BTreeSet<u64>,
        ghosts: &mut BTreeMap<Key, Node>,
    ) -> Option<(Key, bool)> {
        match value {
            SceneValue::Object(id) => self.shown.contains(&id).then_some((Key::Object(id), false)),
            SceneValue::Stale(address) => {
                let was = self.last.get(&address).filter(|id| self.shown.contains(id));
                // An object that has moved has a node where it is now.
                let freed = was.filter(|id| !alive.contains(id));
                let (key, title) = match freed {
                    Some(id) => (Key::Object(*id), format!("object {id}")),
                    None => (Key::Address(address), format!("{address:#x}")),
                };
                let remark = match (freed, was) {
                    (Some(_), _) => "freed",
                    (None, Some(_)) => "an object was here, which has moved",
                    (None, None) => "no object",
                };
                let ghost = ghosts.entry(key.clone()).or_insert_with(|| {
                    let mut ghost = Node::new(key.clone(), title);
                    ghost.address = Some(address);
                    ghost.change = Change::Gone;
                    ghost.wrong = true;
                    ghost.remarks.push(remark);
                    ghost
                });
                Some((ghost.key.clone(), true))
            }
            SceneValue::Null | SceneValue::I31(_) | SceneValue::Bits(_) => None,
        }
    }
}

/// The roots of a scene: node, title, value, and whether a collection was not shown it. Those of the
/// innermost frame come first.
fn roots(scene: &Scene) -> impl Iterator<Item = (Key, String, SceneValue, bool)> {
    let registers = scene.frames.iter().flat_map(|frame| {
        frame.registers.iter().map(move |register| {
            let key = Key::Register(frame.depth, register.index);
            let title = name_of_register(frame, register.index, register.local.as_deref());
            (key, title, register.value, register.shown == Some(false))
        })
    });
    let slots = scene.roots.iter().map(|root| {
        let key = Key::Slot(root.words.clone());
        let unshown = root.shown == Some(false);
        (key, root.words.clone(), root.value, unshown)
    });
    registers.chain(slots)
}

/// A register in words: `local $a of function $f`.
pub fn name_of_register(frame: &SceneFrame, index: u16, local: Option<&str>) -> String {
    let register = local.map_or_else(|| format!("register {index}"), str::to_string);
    match frame.at.as_ref() {
        Some(at) => format!("{register} of {}", at.function()),
        None => format!("argument {index} of a call to the host"),
    }
}

fn of_object(object: &SceneObject) -> Node {
    let rows = object.fields.iter().map(|field| Row {
        name: field.name.clone(),
        value: field.value,
        change: Change::Same,
    });
    let mut node = Node::new(Key::Object(object.id), format!("object {}", object.id));
    node.ty = Some(object.ty.clone());
    node.address = Some(object.address);
    node.count = object.count.map(|count| (count, object.expected));
    node.rows = rows.collect();
    node.more_rows = object.more_fields;
    node.focus = object.focus;
    node.wrong = object.count.is_some_and(|count| count != object.expected);
    if object.listed {
        node.remarks.push("in the stack-root list");
    }
    if !object.reachable {
        node.remarks.push("unreachable");
    }
    node
}
