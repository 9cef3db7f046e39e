//! The law *leak* for heaps that do not free cycles. It distinguishes cycles,
//! objects that hang off a cycle, and leaked objects.

use super::liar::{Liar, Lies};
use super::scene::*;
use gcdiff::engine::{NoInspector, Point, Store};
use gcdiff::heap::drc::{Core, Drc, HeapResult, Policy};
use gcdiff::heap::null::Null;
use gcdiff::heap::{GcRef, Heap, Reclaims};
use gcdiff::oracle::audit::Auditor;
use gcdiff::oracle::{Garbage, Law, Timing, Violation};
use gcdiff::types::StorageKind;

/// A graph: for every node, the nodes it refers to.
type Edges = &'static [&'static [usize]];

/// Makes arrays whose elements refer to each other: node `i` to the nodes in
/// `edges[i]`. The host holds some of them. Then collects.
fn graph<H: Heap>(heap: H, edges: &[Vec<usize>], held: &[usize]) -> (Store<H>, Vec<GcRef>) {
    let (mut store, module) = instance(heap, "");
    let ty = module.type_ids[REFS];
    let heap = &mut store.heap;
    let nodes: Vec<GcRef> = edges
        .iter()
        .map(|targets| heap.new_array_default(ty, targets.len() as u32).unwrap())
        .collect();
    for (node, targets) in nodes.iter().zip(edges) {
        for (index, target) in (0..).zip(targets) {
            let value = nodes[*target].register();
            heap.set_element(*node, index, StorageKind::Gc, value)
                .unwrap();
        }
    }
    for node in held {
        store.add_handle(nodes[*node]).unwrap();
    }
    store.collect(&mut NoInspector).unwrap();
    (store, nodes)
}

/// Audits right after a collection. Returns the classified garbage, and the
/// violation, if any.
fn sorted<H: Heap>(store: &mut Store<H>) -> (Garbage, Option<Violation>) {
    let mut auditor = Auditor::new(Timing::At(gcdiff::engine::Grain::End));
    let stopped = store.inspect(Point::Collection, &mut auditor).is_err();
    let found = auditor.violation().cloned();
    assert_eq!(stopped, found.is_some());
    (auditor.garbage, found)
}

/// The garbage in a sound counting heap.
#[track_caller]
fn garbage(edges: &[Vec<usize>], held: &[usize]) -> Garbage {
    let (garbage, broken) = sorted(&mut graph(Drc::new(1 << 20), edges, held).0);
    assert_eq!(broken, None);
    garbage
}

fn counts(cycles: usize, cyclic: usize, hanging: usize) -> Garbage {
    Garbage {
        cycles,
        cyclic,
        hanging,
        leaked: 0,
    }
}

/// The same graph with its nodes in reverse order.
fn reversed(edges: &[Vec<usize>], held: &[usize]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let turn = |node: &usize| edges.len() - 1 - node;
    let turned = |nodes: &[usize]| nodes.iter().map(turn).collect::<Vec<_>>();
    let edges = edges.iter().rev().map(|targets| turned(targets));
    (edges.collect(), turned(held))
}

#[test]
fn cycles_and_what_hangs_off_them() {
    let ring: Vec<Vec<usize>> = (0..1000).map(|i| vec![(i + 1) % 1000]).collect();
    let cases: [(&str, Edges, &[usize], Garbage); 15] = [
        ("nothing", &[], &[], counts(0, 0, 0)),
        ("no cycle", &[&[1], &[2], &[]], &[], counts(0, 0, 0)),
        ("a self-loop", &[&[0]], &[], counts(1, 1, 0)),
        ("the same twice", &[&[0, 0]], &[], counts(1, 1, 0)),
        ("two", &[&[1], &[0]], &[], counts(1, 2, 0)),
        ("a live cycle", &[&[1], &[0]], &[1], counts(0, 0, 0)),
        ("two apart", &[&[1], &[0], &[2]], &[], counts(2, 3, 0)),
        (
            "one leads to another",
            &[&[1, 2], &[0], &[3], &[2]],
            &[],
            counts(2, 4, 0),
        ),
        (
            "two share a node",
            &[&[1, 2], &[0], &[0]],
            &[],
            counts(1, 3, 0),
        ),
        (
            "one inside another",
            &[&[1], &[2], &[1, 3], &[0]],
            &[],
            counts(1, 4, 0),
        ),
        (
            "a node between two",
            &[&[0, 1], &[2], &[2]],
            &[],
            counts(2, 2, 1),
        ),
        (
            "a diamond hangs",
            &[&[0, 1, 1], &[2, 3], &[4], &[4], &[]],
            &[],
            counts(1, 1, 4),
        ),
        (
            "it owns what is live",
            &[&[0, 1, 3], &[2], &[], &[]],
            &[1],
            counts(1, 1, 1),
        ),
        (
            "owned by what has died",
            &[&[1], &[2], &[1, 3], &[]],
            &[],
            counts(1, 2, 1),
        ),
        (
            "a late way back",
            &[&[1, 4], &[2], &[3], &[1, 5], &[0], &[]],
            &[],
            counts(2, 5, 1),
        ),
    ];
    for (what, edges, held, expected) in cases {
        let edges: Vec<Vec<usize>> = edges.iter().map(|targets| targets.to_vec()).collect();
        assert_eq!(garbage(&edges, held), expected, "{what}");
        let (edges, held) = reversed(&edges, held);
        assert_eq!(garbage(&edges, &held), expected, "{what}, reversed");
    }
    assert_eq!(garbage(&ring, &[]), counts(1, 1000, 0));
    assert_eq!(garbage(&ring, &[500]), counts(0, 0, 0));
}

/// A simple generator of random choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1);
        (self.0 >> 33) as usize % n
    }
}

/// For every node, the nodes that can be reached by at least one edge.
fn closure(edges: &[Vec<usize>]) -> Vec<Vec<bool>> {
    let n = edges.len();
    let mut reach = vec![vec![false; n]; n];
    for (row, targets) in reach.iter_mut().zip(edges) {
        for target in targets {
            row[*target] = true;
        }
    }
    for via in 0..n {
        let through = reach[via].clone();
        for row in reach.iter_mut().filter(|row| row[via]) {
            for (to, on) in row.iter_mut().zip(&through) {
                *to |= on;
            }
        }
    }
    reach
}

/// Random graphs, compared with the literal definition.
#[test]
fn any_graph_is_sorted_by_the_definition() {
    let mut choices = Choices(3);
    let mut kinds = [0; 3];
    for _ in 0..600 {
        let n = 1 + choices.below(10);
        let edges: Vec<Vec<usize>> = (0..n)
            .map(|_| (0..choices.below(3)).map(|_| choices.below(n)).collect())
            .collect();
        let held: Vec<usize> = (0..n).filter(|_| choices.below(8) == 0).collect();
        let reach = closure(&edges);
        let live = |i: usize| held.iter().any(|h| *h == i || reach[*h][i]);
        let cyclic: Vec<usize> = (0..n).filter(|i| !live(*i) && reach[*i][*i]).collect();
        let first = |i: &&usize| {
            !cyclic
                .iter()
                .any(|j| *j < **i && reach[*j][**i] && reach[**i][*j])
        };
        let hangs = |i: &usize| !live(*i) && !reach[*i][*i] && cyclic.iter().any(|c| reach[*c][*i]);
        let expected = counts(
            cyclic.iter().filter(first).count(),
            cyclic.len(),
            (0..n).filter(hangs).count(),
        );
        assert_eq!(garbage(&edges, &held), expected, "{edges:?} {held:?}");
        for (kind, more) in kinds
            .iter_mut()
            .zip([expected.cycles, expected.hanging, held.len()])
        {
            *kind += usize::from(more > 0);
        }
    }
    assert!(kinds.iter().all(|kind| *kind > 100), "{kinds:?}");
}

/// A collector that neither frees dead objects nor releases their references.
struct Undertaker;

impl Policy for Undertaker {
    fn free_dead(&mut self, core: &mut Core) -> HeapResult {
        while core.pop_dead()?.is_some() {}
        Ok(())
    }
}

#[test]
fn a_leak_is_told_from_a_cycle() {
    // A chain whose head comes last, between a cycle with an object hanging off
    // it and a live object.
    let edges = [
        vec![1],
        vec![0, 2],
        vec![],
        vec![],
        vec![3],
        vec![4, 4],
        vec![7],
        vec![],
    ];
    let held = [6];
    assert_eq!(garbage(&edges, &held), counts(1, 2, 1));
    let (mut store, nodes) = graph(Drc::with_policy(1 << 20, Undertaker), &edges, &held);
    let (garbage, broken) = sorted(&mut store);
    assert_eq!(
        garbage,
        Garbage {
            leaked: 3,
            ..counts(1, 2, 1)
        }
    );
    let v = broken.expect("a broken law");
    let message = "has no owners, but has not been freed";
    is(&v, Law::Leak, Some(nodes[5]), None, message);
    assert!(v.owners.is_empty() && v.path.is_empty());
}

/// A heap that claims to free everything except cycles, but frees nothing. It
/// has no counts that would reveal the leak.
fn claims_to_free(bytes: u32) -> Liar<Null> {
    Liar {
        heap: Null::new(bytes),
        lies: Lies {
            reclaims: Some(Reclaims::AllButCycles),
            ..Lies::default()
        },
    }
}

#[test]
fn a_leak_shows_without_counts() {
    let message = "is unreachable, and neither in a cycle nor held by one, \
                   but a collection has not freed it";
    let leaks: [(Edges, &[usize], usize, Garbage); 4] = [
        (&[&[]], &[], 0, counts(0, 0, 0)),
        // The violation names the first object of the chain, wherever it is in
        // memory. A cycle that the chain refers to is not leaked.
        (&[&[], &[0], &[1]], &[], 2, counts(0, 0, 0)),
        (&[&[1], &[2], &[1, 3], &[]], &[], 0, counts(1, 2, 1)),
        // The chain may also refer to live objects, or to objects that a cycle
        // refers to.
        (&[&[], &[0], &[0, 1], &[3, 0]], &[1], 2, counts(1, 1, 0)),
    ];
    for (edges, held, first, kept) in leaks {
        let edges: Vec<Vec<usize>> = edges.iter().map(|targets| targets.to_vec()).collect();
        let (mut store, nodes) = graph(claims_to_free(1 << 20), &edges, held);
        let (garbage, broken) = sorted(&mut store);
        let reached = closure(&edges);
        let live = (0..edges.len())
            .filter(|i| held.iter().any(|h| h == i || reached[*h][*i]))
            .count();
        let leaked = edges.len() - live - kept.cyclic - kept.hanging;
        assert_eq!(garbage, Garbage { leaked, ..kept }, "{edges:?}");
        let v = broken.expect("a broken law");
        is(&v, Law::Leak, Some(nodes[first]), None, message);
        // The law holds only right after a collection.
        assert_eq!(audit(&mut store, Point::Call), None);
    }
    // Cycles and the objects that hang off them are exempt.
    let edges = [vec![1, 2], vec![0], vec![3], vec![]];
    let (mut store, _) = graph(claims_to_free(1 << 20), &edges, &[]);
    assert_eq!(sorted(&mut store), (counts(1, 2, 2), None));
}

const MANY: usize = 1_000_000;

#[test]
fn a_million_objects_of_garbage() {
    // A chain that hangs off a self-referencing object, and one cycle of all
    // objects.
    let mut chain: Vec<Vec<usize>> = (0..MANY).map(|i| vec![i + 1]).collect();
    chain.push(vec![]);
    chain[0].push(0);
    let ring: Vec<Vec<usize>> = (0..MANY).map(|i| vec![(i + 1) % MANY]).collect();
    for (edges, expected) in [(&chain, counts(1, 1, MANY)), (&ring, counts(1, MANY, 0))] {
        let (mut store, _) = graph(Drc::new(1 << 28), edges, &[]);
        assert_eq!(sorted(&mut store), (expected, None));
    }
    // A chain that nothing holds is leaked as a whole, and its head is named.
    chain[0].pop();
    let (mut store, nodes) = graph(claims_to_free(1 << 28), &chain, &[]);
    let (garbage, broken) = sorted(&mut store);
    assert_eq!(garbage.leaked, MANY + 1);
    let object = broken.and_then(|v| v.object);
    assert_eq!(object, Some(nodes[0].0));
}
