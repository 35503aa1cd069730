//! Thousands of random histories, each from a seed, beside a model too simple to be wrong.
//!
//! Every seed makes imports, badges and challenges for a few users, in an order nobody thought of, through the real
//! decisions, the real log and the real tables. What must hold in all of them is asserted after each. A failure
//! prints its seed; `COHORT_SEED=<n>` runs that one alone, `COHORT_SEEDS=<n>` another number of them.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod bulk_model;
mod living;
mod model;
mod recount;
mod round_trip;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::living::Living;
use crate::world::World;

const SEEDS: u64 = 2_000;
/// Histories with rules at work: each opens a whole service.
const LIVING_SEEDS: u64 = 2_000;
/// So many at once: each waits for its log and its tables most of the time.
const LIVING_AT_ONCE: usize = 12;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Lives through every seed, or the one that is asked for, so many at once.
fn every_seed(seeds: u64, at_once: usize, live: impl Fn(u64) + Sync) {
    let seeds = match setting("COHORT_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("COHORT_SEEDS").unwrap_or(seeds),
    };
    let next = AtomicU64::new(seeds.start);
    let one_after_another = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            if catch_unwind(AssertUnwindSafe(|| live(seed))).is_err() {
                next.store(seeds.end, Ordering::Relaxed);
                panic!("seed {seed} fails; run it alone with COHORT_SEED={seed}");
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(one_after_another);
        }
    });
}

#[test]
fn whatever_happens_the_tables_are_what_the_facts_say() {
    every_seed(SEEDS, 2, |seed| World::new(seed).live());
}

#[test]
fn whatever_happens_everybody_comes_to_be_where_the_definitions_say() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    every_seed(LIVING_SEEDS, LIVING_AT_ONCE, |seed| {
        let _inside = runtime.enter();
        Living::new(seed).live();
    });
}
