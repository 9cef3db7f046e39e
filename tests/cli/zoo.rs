//! `gcdiff zoo` and the options it shares with other commands.

use crate::common::gcdiff;

#[test]
fn the_table_is_the_same_whatever_the_number_of_jobs() {
    let args = ["zoo", "--fault", "W1", "canary", "--seeds", "3"];
    let one = gcdiff(&[&args[..], &["--jobs", "1"]].concat());
    assert_eq!(one.code, 0, "{}", one.err);
    assert_eq!(one.out, gcdiff(&[&args[..], &["--jobs", "2"]].concat()).out);
    let rows: Vec<&str> = one.out.lines().collect();
    assert_eq!(rows.len(), 4, "{}", one.out);
    assert!(rows[1].starts_with("W1 "), "{}", one.out);
    assert!(rows[1].contains(":array.copy:drc"), "{}", one.out);
    assert!(rows[2].starts_with("canary "), "{}", one.out);
    let sum =
        "2 faults: 2 detected with every seed, 0 with some, 0 with none; of all trials, median ";
    assert!(rows[3].starts_with(sum), "{}", one.out);
}

#[test]
fn what_is_not_noticed_in_time_is_a_dash() {
    let none = gcdiff(&["zoo", "--fault", "W17", "--seeds", "1", "--cases", "1"]);
    let row = none.out.lines().nth(1).unwrap();
    assert!(row.ends_with('-'), "{}", none.out);
    // Plain modules of wasm-smith do not reach an array.copy of references.
    let smith = [
        "zoo",
        "--fault",
        "W1",
        "--seeds",
        "1",
        "--cases",
        "30",
        "--generator",
        "smith-never",
    ];
    let row = gcdiff(&smith).out.lines().nth(1).unwrap().to_string();
    assert_eq!(row.matches('-').count(), 7, "{row}");
}

#[test]
fn faults_are_listed_with_their_sources() {
    let list = gcdiff(&["zoo", "--list"]);
    assert_eq!(list.code, 0);
    assert_eq!(list.out.lines().count(), 2 * gcdiff::zoo::FAULTS.len());
    let w1 = list.out.lines().position(|line| line.starts_with("W1 "));
    let source = list.out.lines().nth(w1.unwrap() + 1).unwrap();
    assert!(source.ends_with("wasmtime/issues/10182"), "{source}");
    assert_eq!(gcdiff(&["zoo", "--fault", "W999"]).code, 2);
}

#[test]
fn the_document_has_every_trial() {
    let json = [
        "zoo",
        "--fault",
        "W14",
        "--seeds",
        "2",
        "--cases",
        "40",
        "--json",
        "--oracle",
        "results+exact",
    ];
    let text = gcdiff(&json).out;
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["oracle"], "results+exact");
    assert_eq!(document["generator"], "default");
    let fault = &document["faults"][0];
    assert_eq!(fault["id"], "W14");
    assert_eq!(fault["law"], "exact");
    let trials = fault["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 2);
    for trial in trials {
        let when = |what: &str| trial[what].as_u64().unwrap();
        assert!(when("reached") <= when("triggered"), "{text}");
        assert!(when("triggered") <= when("detected"), "{text}");
    }
}
