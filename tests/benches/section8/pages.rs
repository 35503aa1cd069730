//! Pages of the users table over HTTP, beside a large log: following cursors, searching, one user's history.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::people::SplitMix64;

use crate::Bench;
use crate::filled_log::FilledLog;
use crate::lives::address;
use crate::report::Budget;
use crate::service::{Service, TOKEN};

const ASKED: usize = 400;
const P99_MS_MAX: f64 = 100.0;
/// Of any custom property.
const PROPERTY_P99_MS_MAX: f64 = 300.0;

pub(crate) fn measure(bench: &mut Bench, log: &FilledLog) -> Result<()> {
    let service = Service::start(&log.data)?;
    let mut random = SplitMix64::new(8);
    let mut any = |log: &FilledLog| random.below(log.users.len() as u64);
    let following = p99(bench, &service, |last| {
        let cursor = last.and_then(|page| page["next"].as_str());
        let next = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        format!("/v1/users?limit=100{next}")
    })?;
    let searching = p99(bench, &service, |_| {
        let address = address(any(log));
        format!("/v1/users?limit=100&search={}", address.trim_end_matches("example.com"))
    })?;
    let histories = p99(bench, &service, |_| {
        let user = log.users[any(log) as usize];
        format!("/v1/users/{user}/events?limit=100")
    })?;
    let sorting = p99(bench, &service, |last| {
        let cursor = last.and_then(|page| page["next"].as_str());
        let next = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        format!("/v1/users?limit=100&sort=-last_active_at{next}")
    })?;
    let of_property = p99(bench, &service, |_| "/v1/users?limit=100&sort=first_name".to_owned())?;
    service.stop()?;
    bench.report.alone(
        "page sorted by a property, p99",
        "ms",
        of_property,
        Budget::AtMost(PROPERTY_P99_MS_MAX),
    );
    for (work, ms) in [
        ("page of users, p99", following),
        ("search by part of an address, p99", searching),
        ("page of a user's history, p99", histories),
        ("page sorted by last activity, p99", sorting),
    ] {
        bench.report.alone(work, "ms", ms, Budget::AtMost(P99_MS_MAX));
    }
    Ok(())
}

/// Of all requests but the slowest hundredth, the slowest, in milliseconds. Each path is made from the last answer.
fn p99(
    bench: &Bench,
    service: &Service,
    mut path: impl FnMut(Option<&Value>) -> String,
) -> Result<f64> {
    let (mut took, mut last) = (Vec::with_capacity(ASKED), None);
    for _ in 0..ASKED {
        let request = bench.http.get(service.url(&path(last.as_ref()))).bearer_auth(TOKEN);
        let begun = Instant::now();
        let page = bench
            .runtime
            .block_on(async { request.send().await?.error_for_status()?.bytes().await })?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
        let page: Value = serde_json::from_slice(&page)?;
        let items = page["items"].as_array().context("an answer without items")?;
        ensure!(!items.is_empty(), "an empty page");
        last = Some(page);
    }
    took.sort_by(f64::total_cmp);
    Ok(took[ASKED * 99 / 100 - 1])
}
