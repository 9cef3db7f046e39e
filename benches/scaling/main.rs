//! How costs grow with the size of the module, the size of the heap and the number of jobs.
//!
//! `cargo bench --bench scaling` prints three tables. A name after `--` selects one: `cargo bench --bench scaling -- heaps`.

mod heaps;
mod jobs;
mod modules;

fn main() {
    let tables: [(&str, fn()); 3] = [
        ("modules", modules::table),
        ("heaps", heaps::table),
        ("jobs", jobs::table),
    ];
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with('-'))
        .collect();
    for (name, table) in tables {
        if wanted.is_empty() || wanted.iter().any(|w| w == name) {
            println!("{name}\n");
            table();
            println!();
        }
    }
}
