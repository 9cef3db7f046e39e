//! Medians, and rows of Markdown.

/// The median.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The geometric mean.
pub fn geometric_mean(values: &[f64]) -> f64 {
    (values.iter().map(|v| v.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// Prints a row.
pub fn row(cells: impl IntoIterator<Item = String>) {
    let cells: Vec<String> = cells.into_iter().collect();
    println!("| {} |", cells.join(" | "));
}

/// Prints the head of a table. All columns except the first contain numbers.
pub fn head(names: &[&str]) {
    row(names.iter().map(|name| name.to_string()));
    let mut line = vec!["---".to_string()];
    line.resize(names.len(), "---:".to_string());
    println!("|{}|", line.join("|"));
}
