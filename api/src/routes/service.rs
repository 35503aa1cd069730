//! The service about itself: is it alive, is it ready, what does it count.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::scope::Scope;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Credential;
use crate::app::App;
use crate::problem::Problem;

/// Facts the tables may be behind before the service says that it is not ready.
const LAG_READY_MAX: u64 = 100_000;

/// Whether requests will be answered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    /// Everything below is well.
    pub ready: bool,
    /// Parts that are not.
    pub failing: Vec<String>,
    /// Facts in the log.
    pub facts: u64,
    /// Facts the tables do not hold yet.
    pub facts_behind: u64,
}

/// Which service this is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Version {
    /// `cohort`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Answers while the process runs.
#[utoipa::path(get, path = "/livez", tag = "service", security(()), responses((status = 200)))]
pub async fn livez() -> &'static str {
    "alive\n"
}

/// Whether the log takes facts and the tables keep up.
#[utoipa::path(get, path = "/readyz", tag = "service", security(()),
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub async fn readyz(State(app): State<Arc<App>>) -> Response {
    let mut failing = Vec::new();
    failing.extend(app.log.failure().map(|failure| format!("log: {failure}")));
    failing.extend(app.follower.failure().map(|failure| format!("projections: {failure}")));
    if let Err(starting) = app.caught_up() {
        failing.push(format!("projections: {}", starting.detail()));
    } else if app.follower.lag() > LAG_READY_MAX {
        failing.push(format!("projections: {} facts behind", app.follower.lag()));
    }
    if app.is_stopping() {
        failing.push("service: stopping".to_owned());
    }
    let ready = failing.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let facts = app.log.head().number();
    (status, Json(Readiness { ready, failing, facts, facts_behind: app.follower.lag() }))
        .into_response()
}

/// Name and version.
#[utoipa::path(get, path = "/version", tag = "service", security(()), responses((status = 200, body = Version)))]
pub async fn version() -> Json<Version> {
    Json(Version { name: "cohort", version: env!("CARGO_PKG_VERSION") })
}

/// Numbers for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "service", responses((status = 200, content_type = "text/plain")))]
pub async fn metrics(
    State(app): State<Arc<App>>,
    credential: Credential,
) -> Result<Response, Problem> {
    credential.needs(Scope::Admin)?;
    let mut text = recorder().render();
    let unreadable = app.follower.store().unreadable()?;
    for (name, help, value) in [
        ("cohort_log_facts", "Facts in the log", app.log.head().number()),
        (
            "cohort_log_bytes",
            "Bytes of the log on disk, its write-ahead part included",
            app.log.bytes(),
        ),
        ("cohort_log_queue", "Appends waiting for the writer", app.log.queued() as u64),
        (
            "cohort_log_stopped",
            "1 when the log has stopped writing",
            u64::from(app.log.failure().is_some()),
        ),
        ("cohort_projection_lag_facts", "Facts the tables do not hold yet", app.follower.lag()),
        ("cohort_projection_unreadable_facts", "Facts no known version explains", unreadable),
        (
            "cohort_policies_lag_facts",
            "Facts whose consequences are still to be recorded",
            app.log.head().number().saturating_sub(app.policies.position().number()),
        ),
        (
            "cohort_imports_waiting",
            "Imports and bulk actions that wait or run",
            app.imports.waiting() as u64,
        ),
    ] {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}

/// The process's one recorder of counters and histograms.
pub fn recorder() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new()
            .set_buckets(&[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0])
            .expect("the buckets are not empty");
        builder.install_recorder().expect("this is the only recorder")
    })
}
