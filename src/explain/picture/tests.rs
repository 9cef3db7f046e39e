//! Tests of pictures.

use super::nearest::OBJECTS;
use super::*;
use crate::oracle::{SceneField, SceneFrame, SceneObject, SceneRegister, SceneRoot};

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
        more_frames: 0,
        more_roots: 0,
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
