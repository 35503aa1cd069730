//! Thousands of random histories, each from a seed, beside a model too simple to be wrong.
//!
//! Every seed makes imports, badges and challenges for a few users, in an order nobody thought of, through the real
//! decisions, the real log and the real tables. What must hold in all of them is asserted after each. A failure
//! prints its seed; `COHORT_SEED=<n>` runs that one alone, `COHORT_SEEDS=<n>` another number of them.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod model;
mod round_trip;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::world::World;

const SEEDS: u64 = 2_000;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn whatever_happens_the_tables_are_what_the_facts_say() {
    let seeds = match setting("COHORT_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("COHORT_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        if catch_unwind(AssertUnwindSafe(|| World::new(seed).live())).is_err() {
            panic!("seed {seed} fails; run it alone with COHORT_SEED={seed}");
        }
    }
}
