//! Observations made by hand, as another engine in another process might write
//! them, with objects in any order.

use gcdiff::heap::Shape;
use gcdiff::observe::{Graph, Observation, ObservedValue};
use gcdiff::oracle::{Difference, Names, compare, show};
use gcdiff::types::TypeId;

const STRUCT: Shape = Shape::Struct(TypeId(0));
const ARRAY: Shape = Shape::Array(TypeId(1));

fn difference(a: &Observation, b: &Observation) -> Option<Difference> {
    compare(("a", a), ("b", b), &Names::none())
}

/// Objects, and globals that refer to the first few of them.
fn observation(
    globals: &[ObservedValue],
    objects: &[(Shape, u32, &[ObservedValue])],
) -> Observation {
    let mut graph = Graph::default();
    for (shape, word, values) in objects {
        graph.push(*shape, *word, values);
    }
    Observation {
        globals: globals.to_vec(),
        graph,
        ..Observation::default()
    }
}

/// The same observation with its objects in another order: number `i` becomes
/// `order[i]`.
fn renumbered(a: &Observation, order: &[u32]) -> Observation {
    let new = |value: &ObservedValue| match value {
        ObservedValue::Object(n) => ObservedValue::Object(order[*n as usize]),
        value => *value,
    };
    let mut graph = Graph::default();
    for place in 0..order.len() as u32 {
        let old = order.iter().position(|n| *n == place).unwrap() as u32;
        let values: Vec<ObservedValue> = a.graph.values_of(old).map(|v| new(&v)).collect();
        let node = a.graph.nodes[old as usize];
        graph.push(node.shape, node.word, &values);
    }
    Observation {
        globals: a.globals.iter().map(new).collect(),
        graph,
        ..a.clone()
    }
}

/// The same observation with another value in one place of one object.
fn with_value(a: &Observation, at: (u32, usize), value: ObservedValue) -> Observation {
    let mut graph = Graph::default();
    for (object, node) in (0..).zip(&a.graph.nodes) {
        let mut values: Vec<ObservedValue> = a.graph.values_of(object).collect();
        if object == at.0 {
            values[at.1] = value;
        }
        graph.push(node.shape, node.word, &values);
    }
    Observation { graph, ..a.clone() }
}

/// A simple generator of random choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1);
        (self.0 >> 33) as u32 % n
    }
}

/// A random graph, small enough that every path is written out.
fn random(choices: &mut Choices) -> Observation {
    let count = 1 + choices.below(12);
    let mut graph = Graph::default();
    for _ in 0..count {
        let shape = [STRUCT, ARRAY][choices.below(2) as usize];
        let values: Vec<ObservedValue> = (0..choices.below(4))
            .map(|_| match choices.below(4) {
                0 => ObservedValue::I31(choices.below(3) as i32),
                _ => ObservedValue::Object(choices.below(count)),
            })
            .collect();
        graph.push(shape, 0, &values);
    }
    Observation {
        globals: (0..3)
            .map(|_| ObservedValue::Object(choices.below(count)))
            .collect(),
        graph,
        ..Observation::default()
    }
}

/// The distance of each object from the globals, if it is reachable.
fn distances(seen: &Observation) -> Vec<Option<usize>> {
    let mut distances = vec![None; seen.graph.nodes.len()];
    let mut row: Vec<ObservedValue> = seen.globals.clone();
    for distance in 0.. {
        let mut next = Vec::new();
        for value in &row {
            if let ObservedValue::Object(n) = value
                && distances[*n as usize].is_none()
            {
                distances[*n as usize] = Some(distance);
                next.extend(seen.graph.values_of(*n));
            }
        }
        if next.is_empty() {
            break;
        }
        row = next;
    }
    distances
}

/// Follows a path, and returns the object it leads to and the index of its
/// value.
fn follow(path: &str, seen: &Observation) -> (u32, usize) {
    let mut steps = path.split(" -> ");
    let number = |step: &str| step.split(' ').nth(1).unwrap().parse::<usize>().unwrap();
    let mut at = seen.globals[number(steps.next().unwrap())];
    let mut steps = steps.peekable();
    while let Some(step) = steps.next() {
        let ObservedValue::Object(object) = at else {
            panic!("{path} leads through a value");
        };
        if steps.peek().is_none() {
            return (object, number(step));
        }
        at = seen.graph.values_of(object).nth(number(step)).unwrap();
    }
    panic!("{path} ends at a root");
}

#[test]
fn numbers_do_not_count() {
    let mut choices = Choices(1);
    for _ in 0..500 {
        let a = random(&mut choices);
        let count = a.graph.nodes.len();
        let mut order: Vec<u32> = (0..count as u32).collect();
        for i in 0..count {
            order.swap(i, choices.below(count as u32) as usize);
        }
        assert_eq!(difference(&a, &renumbered(&a, &order)), None);
    }
}

#[test]
fn one_number_that_differs_is_found_by_a_shortest_path() {
    let mut choices = Choices(2);
    let mut tried = 0;
    for _ in 0..2000 {
        let a = random(&mut choices);
        let count = a.graph.nodes.len() as u32;
        let distances = distances(&a);
        let object = choices.below(count);
        let mut values = a.graph.values_of(object);
        let Some(place) = values.position(|v| matches!(v, ObservedValue::I31(_))) else {
            continue;
        };
        let b = with_value(&a, (object, place), ObservedValue::I31(99));
        let mut order: Vec<u32> = (0..count).collect();
        order.rotate_left(choices.below(count) as usize);
        let found = difference(&a, &renumbered(&b, &order));
        let Some(distance) = distances[object as usize] else {
            assert_eq!(found, None);
            continue;
        };
        tried += 1;
        let found = found.unwrap();
        assert_eq!(found.kind, "heap");
        assert_eq!(found.values.1, "i31 99");
        assert_eq!(follow(&found.path, &a), (object, place), "{}", found.path);
        assert_eq!(found.path.matches(" -> ").count(), distance + 1);
    }
    assert!(tried > 300, "{tried}");
}

#[test]
fn an_edge_that_differs_is_found() {
    let mut choices = Choices(3);
    let mut tried = 0;
    for _ in 0..2000 {
        let a = random(&mut choices);
        let count = a.graph.nodes.len() as u32;
        let places = |object| (0..a.graph.values_of(object).len()).map(move |i| (object, i));
        let Some(at) = (0..count).flat_map(places).find(|_| choices.below(4) == 0) else {
            continue;
        };
        let b = with_value(&a, at, ObservedValue::Object(choices.below(count)));
        // Two graphs either look the same from the globals or differ. A walk of
        // each graph gives a form that does not depend on the numbers of its
        // objects.
        let same = form(&a) == form(&b);
        assert_eq!(difference(&a, &b).is_none(), same);
        assert_eq!(difference(&b, &a).is_none(), same);
        tried += usize::from(!same);
    }
    assert!(tried > 300, "{tried}");
}

/// The reachable objects, numbered by a walk from the globals.
fn form(seen: &Observation) -> Vec<(Shape, Vec<ObservedValue>)> {
    let mut met: Vec<u32> = Vec::new();
    let mut number = |value: &ObservedValue| match value {
        ObservedValue::Object(n) => {
            let at = met.iter().position(|m| m == n).unwrap_or_else(|| {
                met.push(*n);
                met.len() - 1
            });
            (ObservedValue::Object(at as u32), met.clone())
        }
        value => (*value, met.clone()),
    };
    let mut queue = Vec::new();
    let mut form = vec![(STRUCT, Vec::new())];
    for value in &seen.globals {
        let (value, met) = number(value);
        form[0].1.push(value);
        queue = met;
    }
    let mut at = 0;
    while let Some(&object) = queue.get(at) {
        let mut values = Vec::new();
        for value in seen.graph.values_of(object) {
            let (value, met) = number(&value);
            values.push(value);
            queue = met;
        }
        form.push((seen.graph.nodes[object as usize].shape, values));
        at += 1;
    }
    form
}

#[test]
fn cycles_of_other_lengths() {
    let ring = |n: u32| {
        let values: Vec<[ObservedValue; 1]> = (0..n)
            .map(|i| [ObservedValue::Object((i + 1) % n)])
            .collect();
        let objects: Vec<(Shape, u32, &[ObservedValue])> =
            values.iter().map(|v| (STRUCT, 0, &v[..])).collect();
        observation(&[ObservedValue::Object(0)], &objects)
    };
    for (a, b) in [(1, 2), (2, 3), (6, 9)] {
        let found = difference(&ring(a), &ring(b)).unwrap().to_string();
        let path = format!("global 0{}", " -> field 0".repeat(a as usize));
        let same = "struct 0, the same object as global 0 / struct 0, another object";
        assert_eq!(found, format!("{path}: {same}"));
    }
}

#[test]
fn how_often_an_external_value_is_wrapped_does_not_count() {
    let one: [(Shape, u32, &[ObservedValue]); 1] = [(Shape::Extern, 12, &[])];
    let two: [(Shape, u32, &[ObservedValue]); 2] =
        [(Shape::Extern, 12, &[]), (Shape::Extern, 12, &[])];
    let a = observation(&[ObservedValue::Object(0), ObservedValue::Object(0)], &one);
    let b = observation(&[ObservedValue::Object(0), ObservedValue::Object(1)], &two);
    assert_ne!(a, b);
    assert_eq!(difference(&a, &b), None);
    let mut c = b.clone();
    c.graph.nodes[1].word = 13;
    let found = difference(&a, &c).unwrap().to_string();
    assert_eq!(found, "global 1: extern 12 / extern 13");
}

#[test]
fn words_of_structures_mean_nothing() {
    let a = observation(&[ObservedValue::Object(0)], &[(STRUCT, 0, &[])]);
    let b = observation(&[ObservedValue::Object(0)], &[(STRUCT, 7, &[])]);
    assert_eq!(difference(&a, &b), None);
}

#[test]
fn nonsense_is_survived() {
    let a = observation(&[ObservedValue::Object(0)], &[(STRUCT, 0, &[])]);
    let b = observation(&[ObservedValue::Object(9)], &[(STRUCT, 0, &[])]);
    let found = difference(&a, &b).unwrap().to_string();
    assert_eq!(found, "global 0: struct 0 / a reference to no object");
    let c = observation(&[ObservedValue::Object(8)], &[]);
    assert_eq!(difference(&b, &c), None);
    let shown = show(ObservedValue::Object(8), &c.graph, &Names::none());
    assert_eq!(shown, "a reference to no object");
    // Two objects of one type, one of which lacks a field.
    let two = [ObservedValue::Null, ObservedValue::Null];
    let a = observation(&[ObservedValue::Object(0)], &[(STRUCT, 0, &two)]);
    let b = observation(&[ObservedValue::Object(0)], &[(STRUCT, 0, &two[..1])]);
    let found = difference(&a, &b).unwrap().to_string();
    assert_eq!(found, "global 0 -> fields: 2 / 1");
}
