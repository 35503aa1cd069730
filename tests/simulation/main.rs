//! Thousands of random histories, each from a seed, beside a model too simple to be wrong.
//!
//! Every seed makes imports, badges and challenges for a few users, in an order nobody thought of, through the real
//! decisions, the real log and the real tables. What must hold in all of them is asserted after each. A failure
//! prints its seed; `COHORT_SEED=<n>` runs that one alone, `COHORT_SEEDS=<n>` another number of them.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod living;
mod model;
mod recount;
mod round_trip;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::living::Living;
use crate::world::World;

const SEEDS: u64 = 2_000;
/// Histories with rules at work: each opens a whole service.
const LIVING_SEEDS: u64 = 400;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Lives through every seed, or the one that is asked for.
fn every_seed(seeds: u64, live: impl Fn(u64)) {
    let seeds = match setting("COHORT_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("COHORT_SEEDS").unwrap_or(seeds),
    };
    for seed in seeds {
        if catch_unwind(AssertUnwindSafe(|| live(seed))).is_err() {
            panic!("seed {seed} fails; run it alone with COHORT_SEED={seed}");
        }
    }
}

#[test]
fn whatever_happens_the_tables_are_what_the_facts_say() {
    every_seed(SEEDS, |seed| World::new(seed).live());
}

#[test]
fn whatever_happens_everybody_comes_to_be_where_the_definitions_say() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    every_seed(LIVING_SEEDS, |seed| Living::new(seed).live());
}
