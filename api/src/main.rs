//! cohort
fn main() {}
