//! Which objects of a large heap are drawn.

use crate::oracle::{Scene, SceneObject};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The most objects of all pictures of a run together.
pub(super) const OBJECTS: usize = 20;

/// The objects to show: those of the scene that matters, then those of scenes next to it. In each
/// scene, those nearest to the object concerned come first.
pub(super) fn nearest(scenes: &[Scene], culprit: usize) -> BTreeSet<u64> {
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
