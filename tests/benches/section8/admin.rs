//! Pages of the admin interface over HTTP, beside a large log: those that the navigation names, and tables of users.

use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::Bench;
use crate::report::Budget;
use crate::service::{Service, TOKEN};

const ASKED: usize = 50;
/// To the first byte.
const SLOWEST_MS_MAX: f64 = 100.0;
/// Where any property is looked at.
const PROPERTY_SLOWEST_MS_MAX: f64 = 300.0;
const KILOBYTES_MAX: f64 = 150.0;

pub(crate) fn measure(bench: &mut Bench, service: &Service) -> Result<()> {
    let (_, home) = open(bench, service, "/users")?;
    let sections = sections(&home)?;
    ensure!(sections.contains(&"/users"), "the navigation does not name the users: {sections:?}");
    let mut largest: f64 = 0.0;
    for path in sections {
        largest = largest.max(page(bench, service, path, SLOWEST_MS_MAX)?);
    }
    for (path, at_most) in [
        ("/users?sort=-last_active_at", SLOWEST_MS_MAX),
        ("/users?badge=badge-007", SLOWEST_MS_MAX),
        ("/users?search=berg", SLOWEST_MS_MAX),
        ("/users?sort=first_name", SLOWEST_MS_MAX),
        ("/users?property.last_name.contains=berg", SLOWEST_MS_MAX),
        ("/users?sort=city", PROPERTY_SLOWEST_MS_MAX),
        ("/users?property.points.more_than=500", PROPERTY_SLOWEST_MS_MAX),
    ] {
        largest = largest.max(page(bench, service, path, at_most)?);
    }
    bench.report.alone("largest of these pages", "KB", largest, Budget::AtMost(KILOBYTES_MAX));
    Ok(())
}

/// Opens a page again and again; its size in kilobytes.
fn page(bench: &mut Bench, service: &Service, path: &str, at_most: f64) -> Result<f64> {
    let (mut took, mut bytes) = (Vec::with_capacity(ASKED), 0);
    for _ in 0..ASKED {
        let (milliseconds, page) = open(bench, service, path)?;
        took.push(milliseconds);
        bytes = page.len();
    }
    took.sort_by(f64::total_cmp);
    let name = format!("page {path}");
    bench.report.told(&format!("{name}, p50"), "ms", took[ASKED / 2], None);
    let slowest = took[ASKED - 1];
    bench.report.alone(&format!("{name}, slowest"), "ms", slowest, Budget::AtMost(at_most));
    Ok(bytes as f64 / 1e3)
}

/// A page, and how long its first byte took, in milliseconds.
fn open(bench: &Bench, service: &Service, path: &str) -> Result<(f64, String)> {
    let request =
        bench.http.get(service.url(path)).bearer_auth(TOKEN).header("accept", "text/html");
    let begun = Instant::now();
    bench.runtime.block_on(async {
        let answer = request.send().await?.error_for_status()?;
        let milliseconds = begun.elapsed().as_secs_f64() * 1e3;
        Ok((milliseconds, answer.text().await?))
    })
}

/// Where the navigation leads.
fn sections(page: &str) -> Result<Vec<&str>> {
    let (_, rest) = page.split_once("<nav id=\"sections\"").context("a page without navigation")?;
    let (navigation, _) = rest.split_once("</nav>").context("a navigation without an end")?;
    let links = navigation.split("href=\"").skip(1);
    Ok(links.filter_map(|link| link.split('"').next()).collect())
}
