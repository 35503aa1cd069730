//! Segments and badges at work: an import with ten of one and five of the other until all that follows is recorded, and one
//! value changed until its badge is held.

use std::time::Instant;

use anyhow::{Result, ensure};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::people;

use crate::Bench;
use crate::import::answered;
use crate::report::Budget;
use crate::service::{Service, TOKEN};

const ROWS: usize = 80_000;
const BESIDE_IMPORT_MAX: f64 = 3.0;
const CHANGES: usize = 30;
const CHANGE_MS_MAX: f64 = 100.0;
const COUNTRIES: [&str; 5] = ["France", "Germany", "Spain", "Poland", "Japan"];
const CITIES: [&str; 3] = ["Lyon", "Köln", "Malmö"];

pub(crate) fn measure(bench: &mut Bench) -> Result<()> {
    let csv = people::csv(ROWS, 5, 0).text;
    let plain = Service::start(&bench.data("living-plain"))?;
    prepare(bench, &plain)?;
    let alone = import(bench, &plain, &csv)?;
    plain.stop()?;
    let of_values = json!({ "property": "notes", "operator": "is_set" });
    let (service, settled) = settled(bench, "living", &csv, of_values)?;
    let changed = changes(bench, &service)?;
    service.stop()?;
    let happened = json!({ "event": "BadgeGained", "at_least": 1 });
    let (service, asking) = self::settled(bench, "living-happened", &csv, happened)?;
    service.stop()?;
    let report = &mut bench.report;
    let work = format!("import {ROWS} rows, 10 segments, 5 badges, until settled");
    report.told(&work, "s", settled, None);
    report.told("the same, rows a second", "rows/s", ROWS as f64 / settled, None);
    let ratio = settled / alone;
    report.alone("that beside the import itself", "x", ratio, Budget::AtMost(BESIDE_IMPORT_MAX));
    let work = "that, where one asks what happened";
    report.alone(work, "x", asking / alone, Budget::AtMost(BESIDE_IMPORT_MAX));
    report.told("one value changed to its badge, p50", "ms", changed[CHANGES / 2], None);
    let work = "one value changed to its badge, slowest of 30";
    report.alone(work, "ms", changed[CHANGES - 1], Budget::AtMost(CHANGE_MS_MAX));
    Ok(())
}

/// A service of its own that imports and records what follows, and the seconds that took. `last` is what the tenth segment
/// asks.
fn settled(bench: &Bench, name: &str, csv: &str, last: Value) -> Result<(Service, f64)> {
    let service = Service::start(&bench.data(name))?;
    prepare(bench, &service)?;
    define(bench, &service, last)?;
    let begun = Instant::now();
    import(bench, &service, csv)?;
    settle(bench, &service)?;
    Ok((service, begun.elapsed().as_secs_f64()))
}

/// One person, so that the properties are there to be asked about.
fn prepare(bench: &Bench, service: &Service) -> Result<()> {
    import(bench, service, &people::csv(1, 6, 0).text).map(|_| ())
}

fn define(bench: &Bench, service: &Service, last: Value) -> Result<()> {
    let is = |property: &str, value: &str| json!({ "property": property, "operator": "is", "value": value });
    let mut segments: Vec<Value> = COUNTRIES.iter().map(|country| is("country", country)).collect();
    segments.extend(CITIES.iter().map(|city| is("city", city)));
    segments.push(json!({ "segment": "segment-0", "not": true }));
    segments.push(last);
    for (number, condition) in segments.into_iter().enumerate() {
        let conditions = json!({ "groups": [{ "conditions": [condition] }] });
        let id = format!("segment-{number}");
        let body = json!({ "id": id, "name": id, "conditions": conditions });
        send(bench, service, Method::POST, "/v1/segments", &body, None)?;
    }
    for number in 0..5 {
        let id = format!("badge-{number}");
        let audience = json!({ "segment": format!("segment-{number}") });
        let body = json!({ "id": id, "name": id, "audience": audience });
        let (_, draft) = send(bench, service, Method::POST, "/v1/badges", &body, None)?;
        let publish = format!("/v1/badges/{id}/publish");
        send(bench, service, Method::POST, &publish, &Value::Null, Some(&draft["revision"]))?;
    }
    settle(bench, service)
}

fn send(
    bench: &Bench,
    service: &Service,
    method: Method,
    path: &str,
    body: &Value,
    revision: Option<&Value>,
) -> Result<(f64, Value)> {
    let mut request = authorised(bench, service, method, path);
    if let Some(revision) = revision {
        request = request.header("if-match", format!("\"{revision}\""));
    }
    answered(bench, if body.is_null() { request } else { request.json(body) })
}

fn authorised(bench: &Bench, service: &Service, method: Method, path: &str) -> RequestBuilder {
    bench.http.request(method, service.url(path)).bearer_auth(TOKEN)
}

fn import(bench: &Bench, service: &Service, csv: &str) -> Result<f64> {
    let request = authorised(bench, service, Method::POST, "/v1/imports?start=true&wait=true");
    let request = request.header("content-type", "text/csv").body(csv.to_owned());
    Ok(answered(bench, request)?.0)
}

/// Waits until all that follows is recorded, however often the service says that it is not yet.
fn settle(bench: &Bench, service: &Service) -> Result<()> {
    loop {
        let request = authorised(bench, service, Method::GET, "/v1/users?limit=1&settled=true");
        let status =
            bench.runtime.block_on(async { anyhow::Ok(request.send().await?.status()) })?;
        match status.as_u16() {
            200 => return Ok(()),
            503 => {}
            other => anyhow::bail!("waiting was answered with {other}"),
        }
    }
}

/// One person moves between two countries: from the file until the badge of the new one is held, in milliseconds, the
/// fastest first.
fn changes(bench: &Bench, service: &Service) -> Result<Vec<f64>> {
    let get = |path: &str| send(bench, service, Method::GET, path, &Value::Null, None);
    import(bench, service, "Email,Country\nmover@example.org,Japan\n")?;
    let mover = get("/v1/users?search=mover@&settled=true")?.1["items"][0]["id"].clone();
    let path = format!("/v1/users/{}?settled=true", mover.as_str().unwrap_or_default());
    let mut took = Vec::with_capacity(CHANGES);
    for change in 0..CHANGES {
        let badge = change % 2;
        let csv = format!("Email,Country\nmover@example.org,{}\n", COUNTRIES[badge]);
        let begun = Instant::now();
        import(bench, service, &csv)?;
        let (_, user) = get(&path)?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
        let held = user["badges"].to_string();
        ensure!(held.contains(&format!("badge-{badge}")), "the badge did not follow: {held}");
    }
    took.sort_by(f64::total_cmp);
    Ok(took)
}
