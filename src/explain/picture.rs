//! Scenes as graphs: objects and roots are nodes, references are edges, and each says whether it is
//! new.

use crate::oracle::{Scene, SceneFrame, SceneObject, SceneValue};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The most objects, and the most roots, of all pictures of a run together.
const OBJECTS: usize = 20;
const ROOTS: usize = 16;

/// The heap around an object between two operations, as a graph.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Picture {
    /// Roots, then objects.
    pub nodes: Vec<Node>,
    /// References.
    pub edges: Vec<Edge>,
    /// Objects that are left out.
    pub more_objects: usize,
    /// Roots that are left out.
    pub more_roots: usize,
}

/// What a node stands for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// A register of a frame, by the frame's depth and the register's index.
    Register(u32, u16),
    /// A slot outside the heap, in words.
    Slot(String),
    /// An object, by its number.
    Object(u64),
    /// An address at which no object is.
    Address(u32),
}

/// A change since the picture before.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub enum Change {
    /// None.
    #[default]
    Same,
    /// Something in it has changed.
    Changed,
    /// It was not there.
    New,
    /// It is no longer there.
    Gone,
}

/// A root or an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// What it stands for.
    pub key: Key,
    /// The root in words, or the object's number.
    pub title: String,
    /// The object's type.
    pub ty: Option<String>,
    /// The object's address.
    pub address: Option<u32>,
    /// The reference count, in a counting heap, and the count that the owners require.
    pub count: Option<(u32, u32)>,
    /// Remarks: `in the stack-root list`.
    pub remarks: Vec<&'static str>,
    /// Fields or elements.
    pub rows: Vec<Row>,
    /// Fields that are left out.
    pub more_rows: u32,
    /// What has changed.
    pub change: Change,
    /// Whether it is the object that the finding is about.
    pub focus: bool,
    /// Whether something is wrong with it: a count, a collection that was not shown the root.
    pub wrong: bool,
}

/// A field or an element.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its name or index.
    pub name: String,
    /// What it holds.
    pub value: SceneValue,
    /// What has changed.
    pub change: Change,
}

/// A reference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge {
    /// The node that holds it.
    pub from: Key,
    /// The row of that node, if it has rows.
    pub row: Option<usize>,
    /// The field's name.
    pub label: String,
    /// The node that it refers to.
    pub to: Key,
    /// What has changed.
    pub change: Change,
    /// Whether no object is where it points.
    pub stale: bool,
}

/// Pictures of scenes that follow one another. `culprit` is the index of the one that matters most.
pub fn pictures(scenes: &[Scene], culprit: usize) -> Vec<Picture> {
    let mut draw = Draw {
        shown: nearest(scenes, culprit),
        last: BTreeMap::new(),
    };
    let mut pictures: Vec<Picture> = Vec::new();
    let mut before: Option<&Scene> = None;
    for scene in scenes {
        let mut picture = draw.picture(scene);
        if let (Some(old), Some(before)) = (pictures.last(), before) {
            picture.compare(old, before, scene);
        }
        pictures.push(picture);
        before = Some(scene);
    }
    pictures
}

/// The objects to show: those of the scene that matters, then those of scenes next to it. In each
/// scene, those nearest to the object concerned come first.
fn nearest(scenes: &[Scene], culprit: usize) -> BTreeSet<u64> {
    let mut order: Vec<usize> = (0..scenes.len()).collect();
    order.sort_by_key(|i| i.abs_diff(culprit));
    let mut shown = BTreeSet::new();
    for id in order.iter().flat_map(|i| by_distance(&scenes[*i])) {
        if shown.len() < OBJECTS {
            shown.insert(id);
        }
    }
    shown
}

/// The objects of a scene, by their distance from the one concerned, along references in either
/// direction.
fn by_distance(scene: &Scene) -> Vec<u64> {
    let targets = |object: &SceneObject| {
        let values = object
            .fields
            .iter()
            .filter_map(|field| field.value.object());
        values.collect::<Vec<u64>>()
    };
    let mut next: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for object in &scene.objects {
        for target in targets(object) {
            next.entry(object.id).or_default().push(target);
            next.entry(target).or_default().push(object.id);
        }
    }
    let focus = scene.objects.iter().filter(|object| object.focus);
    let all = focus.chain(scene.objects.iter().filter(|object| !object.focus));
    let mut order = Vec::new();
    let mut seen = BTreeSet::new();
    for start in all.map(|object| object.id) {
        let mut queue = VecDeque::from([start]);
        while let Some(id) = queue.pop_front() {
            if seen.insert(id) {
                order.push(id);
                queue.extend(next.get(&id).into_iter().flatten());
            }
        }
    }
    order
}

struct Draw {
    shown: BTreeSet<u64>,
    /// The last object seen at each address.
    last: BTreeMap<u32, u64>,
}

impl Draw {
    fn picture(&mut self, scene: &Scene) -> Picture {
        let shown = |object: &&SceneObject| self.shown.contains(&object.id);
        let objects: Vec<&SceneObject> = scene.objects.iter().filter(shown).collect();
        for object in &scene.objects {
            self.last.insert(object.address, object.id);
        }
        let alive: BTreeSet<u64> = scene.objects.iter().map(|object| object.id).collect();
        let mut picture = Picture {
            more_objects: scene.more_objects + scene.objects.len() - objects.len(),
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

impl Node {
    fn new(key: Key, title: String) -> Node {
        Node {
            key,
            title,
            ty: None,
            address: None,
            count: None,
            remarks: Vec::new(),
            rows: Vec::new(),
            more_rows: 0,
            change: Change::Same,
            focus: false,
            wrong: false,
        }
    }
}

impl Picture {
    /// The node with a key.
    pub fn node(&self, key: &Key) -> Option<&Node> {
        self.nodes.iter().find(|node| node.key == *key)
    }

    /// Marks what has changed since the picture before, and adds what is gone.
    fn compare(&mut self, old: &Picture, before: &Scene, now: &Scene) {
        for node in &mut self.nodes {
            match old.node(&node.key) {
                Some(earlier) => node.compare(earlier),
                // An object that was only left out before is not new.
                None if node.change == Change::Same && shows_all(old, before, &node.key) => {
                    node.change = Change::New;
                }
                None => {}
            }
        }
        for edge in &mut self.edges {
            let is_same = |other: &&Edge| {
                (&other.from, &other.label, &other.to) == (&edge.from, &edge.label, &edge.to)
                    && other.change != Change::Gone
                    && other.stale == edge.stale
            };
            let holder_was_there = old.node(&edge.from).is_some();
            if old.edges.iter().find(is_same).is_none()
                && (holder_was_there || shows_all(old, before, &edge.from))
            {
                edge.change = Change::New;
            }
        }
        self.add_gone(old, now);
    }

    fn add_gone(&mut self, old: &Picture, now: &Scene) {
        for node in &old.nodes {
            let Key::Object(id) = node.key else { continue };
            let is_freed = node.change != Change::Gone && now.freed.contains(&id);
            match self.nodes.iter_mut().find(|other| other.key == node.key) {
                // A ghost knows less than the picture before.
                Some(ghost) if ghost.change == Change::Gone => {
                    let remarks = std::mem::take(&mut ghost.remarks);
                    *ghost = node.clone();
                    ghost.change = Change::Gone;
                    ghost.remarks = remarks;
                    ghost.rows.clear();
                    ghost.count = None;
                    ghost.wrong = true;
                }
                None if is_freed => {
                    let mut ghost = node.clone();
                    ghost.change = Change::Gone;
                    ghost.remarks = vec!["freed"];
                    ghost.rows.clear();
                    ghost.count = None;
                    self.nodes.push(ghost);
                }
                _ => {}
            }
        }
        // References that are gone, between nodes that are still there.
        for edge in old.edges.iter().filter(|edge| edge.change != Change::Gone) {
            let is_there = |other: &Edge| {
                (&other.from, &other.label, &other.to) == (&edge.from, &edge.label, &edge.to)
            };
            let row = edge.row.is_none_or(|row| {
                let holder = self.node(&edge.from);
                holder.is_some_and(|node| node.rows.len() > row)
            });
            if !self.edges.iter().any(is_there)
                && row
                && self.node(&edge.from).is_some()
                && self.node(&edge.to).is_some()
            {
                self.edges.push(Edge {
                    change: Change::Gone,
                    ..edge.clone()
                });
            }
        }
    }
}

impl Node {
    fn compare(&mut self, earlier: &Node) {
        if self.change == Change::Gone {
            return;
        }
        for row in &mut self.rows {
            let before = earlier.rows.iter().find(|other| other.name == row.name);
            if before.is_some_and(|before| before.value != row.value) {
                row.change = Change::Changed;
            }
        }
        let has_changed = self.count != earlier.count
            || self.address != earlier.address
            || self.remarks != earlier.remarks
            || self.rows.iter().any(|row| row.change != Change::Same);
        if earlier.change == Change::Gone {
            self.change = Change::New;
        } else if has_changed {
            self.change = Change::Changed;
        }
    }
}

/// Whether the picture of a scene would have shown what a node stands for.
fn shows_all(picture: &Picture, scene: &Scene, key: &Key) -> bool {
    match key {
        Key::Object(_) => scene.more_objects == 0,
        Key::Register(..) | Key::Slot(_) => picture.more_roots == 0,
        Key::Address(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{SceneField, SceneRegister, SceneRoot};

    fn object(id: u64, count: u32, fields: &[SceneValue]) -> SceneObject {
        let fields = fields.iter().enumerate().map(|(index, value)| SceneField {
            name: index.to_string(),
            value: *value,
        });
        SceneObject {
            id,
            address: id as u32 * 16,
            ty: "struct".into(),
            count: Some(count),
            expected: 1,
            listed: false,
            reachable: true,
            focus: id == 1,
            length: None,
            fields: fields.collect(),
            more_fields: 0,
        }
    }

    fn scene(objects: Vec<SceneObject>, register: SceneValue) -> Scene {
        Scene {
            place: None,
            operation: 0,
            safepoint: 0,
            frames: vec![SceneFrame {
                depth: 1,
                at: None,
                registers: vec![SceneRegister {
                    index: 0,
                    local: None,
                    value: register,
                    shown: None,
                }],
                more_registers: 0,
            }],
            roots: vec![SceneRoot {
                words: "global 0".into(),
                value: SceneValue::Object(2),
                shown: Some(false),
            }],
            objects,
            more_objects: 0,
            freed: Vec::new(),
        }
    }

    fn change(picture: &Picture, key: &Key) -> Change {
        picture.node(key).unwrap().change
    }

    #[test]
    fn what_is_new_changed_and_gone_is_marked() {
        let one = Key::Object(1);
        let before = scene(
            vec![object(1, 1, &[]), object(2, 1, &[SceneValue::Null])],
            SceneValue::Object(1),
        );
        let mut after = scene(
            vec![object(2, 1, &[SceneValue::Object(3)]), object(3, 2, &[])],
            SceneValue::Stale(16),
        );
        after.freed = vec![1];
        let all = pictures(&[before, after.clone(), after], 1);
        assert!(all[0].nodes.iter().all(|node| node.change == Change::Same));
        assert_eq!(all[0].edges.len(), 2);
        // A register still refers to the object that was freed.
        let freed = all[1].node(&one).unwrap();
        assert_eq!((freed.change, freed.wrong), (Change::Gone, true));
        assert_eq!(freed.remarks, ["freed"]);
        assert!(freed.focus && freed.ty.is_some());
        let stale: Vec<&Edge> = all[1].edges.iter().filter(|edge| edge.stale).collect();
        assert_eq!(stale.len(), 1);
        assert_eq!((&stale[0].to, stale[0].change), (&one, Change::New));
        assert_eq!(change(&all[1], &Key::Object(2)), Change::Changed);
        assert_eq!(change(&all[1], &Key::Object(3)), Change::New);
        let wrong = all[1].node(&Key::Object(3)).unwrap();
        assert!(wrong.wrong, "the count is not the expected one");
        // Nothing has happened since, but the reference is as stale as before.
        assert_eq!(change(&all[2], &Key::Object(3)), Change::Same);
        assert_eq!(all[2].edges.iter().filter(|edge| edge.stale).count(), 1);
        let root = all[0].node(&Key::Slot("global 0".into())).unwrap();
        assert!(root.wrong, "a collection was not shown it");
    }

    #[test]
    fn a_reference_that_goes_is_shown_once() {
        let held = scene(
            vec![object(1, 1, &[SceneValue::Object(2)]), object(2, 1, &[])],
            SceneValue::Object(1),
        );
        let dropped = scene(
            vec![object(1, 1, &[SceneValue::Null]), object(2, 1, &[])],
            SceneValue::Object(1),
        );
        let all = pictures(&[held, dropped.clone(), dropped], 1);
        let gone = |picture: &Picture| {
            let gone = picture.edges.iter().filter(|e| e.change == Change::Gone);
            gone.count()
        };
        assert_eq!((gone(&all[0]), gone(&all[1]), gone(&all[2])), (0, 1, 0));
        assert_eq!(
            all[1].node(&Key::Object(1)).unwrap().rows[0].change,
            Change::Changed
        );
    }

    #[test]
    fn of_a_large_heap_the_object_and_what_is_near_it_is_drawn() {
        let objects: Vec<SceneObject> = (1..200).map(|id| object(id, 1, &[])).collect();
        let all = pictures(&[scene(objects, SceneValue::Object(1))], 0);
        let drawn = all[0].nodes.iter().filter(|node| node.ty.is_some());
        assert_eq!(drawn.count(), OBJECTS);
        assert_eq!(all[0].more_objects, 199 - OBJECTS);
        assert!(all[0].node(&Key::Object(1)).is_some());
    }
}
