//! Pages of the users table and previews of segments over HTTP, beside a large log.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tests::people::SplitMix64;

use crate::Bench;
use crate::filled_log::FilledLog;
use crate::lives::address;
use crate::report::Budget;
use crate::service::{Service, TOKEN};

const ASKED: usize = 200;
const P99_MS_MAX: f64 = 100.0;
/// Of any custom property.
const PROPERTY_P99_MS_MAX: f64 = 300.0;
/// Of any preview of a segment; each is asked for so often.
const PREVIEW_MS_MAX: f64 = 300.0;
const PREVIEWS: usize = 20;
/// Users of the small list: the first of these.
const FEW: u64 = 1_000;

pub(crate) fn measure(bench: &mut Bench, log: &FilledLog) -> Result<()> {
    let service = Service::start(&log.data)?;
    let mut random = SplitMix64::new(8);
    let users = log.users.len() as u64;
    let next = |last: Option<&Value>, query: &str| {
        let cursor = last.and_then(|page| page["next"].as_str());
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        format!("/v1/users?limit=100{query}{cursor}")
    };
    for (work, query) in [("page of users", ""), ("the last users first", "&sort=-member_since")] {
        pages(bench, &service, (work, P99_MS_MAX), |last| next(last, query))?;
    }
    pages(bench, &service, ("search by part of an address", P99_MS_MAX), |_| {
        let address = address(random.below(users));
        format!("/v1/users?limit=100&search={}", address.trim_end_matches("example.com"))
    })?;
    pages(bench, &service, ("page of a user's history", P99_MS_MAX), |_| {
        let user = log.users[random.below(users) as usize];
        format!("/v1/users/{user}/events?limit=100")
    })?;
    for (work, query) in [
        ("search that finds everybody, by last activity", "&search=example&sort=-last_active_at"),
        ("sorted by last activity", "&sort=-last_active_at"),
        ("sorted by e-mail", "&sort=email"),
        ("sorted by challenges completed", "&sort=-challenges_completed"),
        ("those who hold a badge", "&badge=badge-007"),
        ("those in a challenge", "&challenge=challenge-007&sort=-last_active_at"),
    ] {
        pages(bench, &service, (work, P99_MS_MAX), |last| next(last, query))?;
    }
    make_list(bench, &service, "few", FEW.min(users))?;
    make_list(bench, &service, "all", users)?;
    for (work, query) in
        [("a list of a thousand", "&list=few"), ("a list of everybody", "&list=all")]
    {
        pages(bench, &service, (work, P99_MS_MAX), |last| next(last, query))?;
    }
    for (name, kind) in [("city", "text"), ("points", "number")] {
        make_property(bench, &service, name, kind)?;
    }
    for (work, query, at_most) in [
        ("sorted by first name", "&sort=first_name", P99_MS_MAX),
        ("filtered by last name", "&property.last_name.contains=berg", P99_MS_MAX),
        ("sorted by a property", "&sort=city", PROPERTY_P99_MS_MAX),
        ("filtered by a property", "&property.points.more_than=500", PROPERTY_P99_MS_MAX),
    ] {
        pages(bench, &service, (work, at_most), |last| next(last, query))?;
    }
    previews(bench, &service)?;
    crate::admin::measure(bench, &service)?;
    service.stop()
}

/// Makes a property of what users of the log have values in already.
fn make_property(bench: &Bench, service: &Service, name: &str, kind: &str) -> Result<()> {
    let url = service.url("/v1/properties");
    let body = json!({ "reference_id": name, "type": kind });
    let (_, made) =
        crate::import::answered(bench, bench.http.post(url).bearer_auth(TOKEN).json(&body))?;
    ensure!(made["id"] == name, "values are not those of {made}");
    Ok(())
}

/// Puts users on a list of this name.
fn make_list(bench: &Bench, service: &Service, name: &str, users: u64) -> Result<()> {
    let mut csv = "Email\n".to_owned();
    for user in 0..users {
        csv += &address(user);
        csv.push('\n');
    }
    let path = format!("/v1/imports?start=true&wait=true&new_list={name}");
    let request = bench.http.request(Method::POST, service.url(&path)).bearer_auth(TOKEN);
    let request = request.header("content-type", "text/csv").body(csv);
    let (_, report) = crate::import::answered(bench, request)?;
    ensure!(report["joined"] == users, "not everybody joined: {report}");
    Ok(())
}

/// Asks for pages, and tells half of the time and all but the slowest hundredth. Each path is made from the last answer.
fn pages(
    bench: &mut Bench,
    service: &Service,
    (work, at_most): (&str, f64),
    mut path: impl FnMut(Option<&Value>) -> String,
) -> Result<()> {
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
    bench.report.told(&format!("{work}, p50"), "ms", took[ASKED / 2], None);
    let p99 = took[ASKED * 99 / 100 - 1];
    bench.report.alone(&format!("{work}, p99"), "ms", p99, Budget::AtMost(at_most));
    Ok(())
}

fn previews(bench: &mut Bench, service: &Service) -> Result<()> {
    for (work, conditions) in [
        ("a text", json!([{ "property": "last_name", "operator": "contains", "value": "berg" }])),
        ("a list", json!([{ "list": "all" }])),
        ("a badge gained this year", json!([{ "event": "BadgeGained", "within_days": 365 }])),
        (
            "two in five facts, counted",
            json!([{ "event": "ChallengeStepCompleted", "at_least": 5 }]),
        ),
        (
            "who did not, with one of many",
            json!([{ "event": "ChallengeJoined", "of": "challenge-007", "not": true }]),
        ),
    ] {
        let body = json!({ "conditions": { "groups": [{ "conditions": conditions }] } });
        let mut took = Vec::with_capacity(PREVIEWS);
        for _ in 0..PREVIEWS {
            let url = service.url("/v1/segments/preview");
            let request = bench.http.post(url).bearer_auth(TOKEN).json(&body);
            took.push(crate::import::answered(bench, request)?.0 * 1e3);
        }
        took.sort_by(f64::total_cmp);
        let report = &mut bench.report;
        report.told(&format!("preview: {work}, p50"), "ms", took[PREVIEWS / 2], None);
        let slowest = took[PREVIEWS - 1];
        let limit = Budget::AtMost(PREVIEW_MS_MAX);
        report.alone(&format!("preview: {work}, slowest"), "ms", slowest, limit);
    }
    Ok(())
}
