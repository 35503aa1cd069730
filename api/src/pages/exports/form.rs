//! The form that asks for an export: counts first, then asks.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{Method, Uri};
use axum::response::{IntoResponse, Redirect};
use chrono::{DateTime, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use domain::scope::Scope;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::asked::Asked;
use super::first;
use super::line::Bounds;
use super::offer::Offer;
use super::spans;
use super::words::{self, Range};
use crate::app::App;
use crate::pages::{Form, Frame, Page, Refused, Texts, Viewer, at, html, refused_html};

#[derive(Template)]
#[template(path = "exports/new.html")]
struct FormPage<'a> {
    t: Texts,
    frame: Frame,
    form: &'a Form,
    offer: Offer,
    counted: Option<Counted>,
    personal: bool,
    zones: &'static [Tz],
    spans: [&'static str; 6],
}

/// How much there would be, in words.
struct Counted {
    text: String,
    range: Option<Range>,
}

#[derive(Deserialize)]
struct Count {
    rows: u64,
    bytes_estimate: u64,
    range: Option<Bounds>,
}

#[derive(Deserialize)]
struct Begun {
    id: String,
}

async fn page(viewer: &Viewer, form: &Form, counted: Option<Counted>) -> Page {
    let page = FormPage {
        t: Texts,
        frame: Frame::new(viewer, "/exports"),
        offer: Offer::ask(viewer, form).await?,
        personal: viewer.may(Scope::PersonalRead),
        zones: &TZ_VARIANTS,
        spans: spans::NAMED,
        form,
        counted,
    };
    match form.refusal() {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// The form, as the address fills it.
///
/// # Errors
/// The API's no, to who may not export first of all.
pub async fn new(viewer: Viewer, uri: Uri) -> Page {
    viewer.ask().get::<IgnoredAny>("/v1/exports?limit=1").await?;
    page(&viewer, &first::form(&uri, &viewer)?, None).await
}

fn asked(app: &App, form: &Form) -> Result<Asked, Refused> {
    let now: DateTime<Utc> = DateTime::from_timestamp_micros(app.now()).unwrap_or_default();
    Asked::read(form, now)
}

/// The form again, with how much there would be.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn count(State(app): State<Arc<App>>, viewer: Viewer, form: Form) -> Page {
    let counted = match asked(&app, &form) {
        Ok(asked) => viewer.ask().get::<Count>(&asked.count_at()).await,
        Err(refused) => Err(refused),
    };
    match counted {
        Ok(count) => page(&viewer, &form, Some(said(&count, &viewer, &form))).await,
        Err(refused) => page(&viewer, &form.refused(&refused), None).await,
    }
}

fn said(count: &Count, viewer: &Viewer, form: &Form) -> Counted {
    let size = words::size(count.bytes_estimate);
    let text = match form.value("content") {
        "user_events" => Texts.two("exports-count-events", "count", count.rows, "size", size),
        _ => Texts.two("exports-count-users", "count", count.rows, "size", size),
    };
    let zone = form.text("zone").and_then(|zone| zone.parse::<Tz>().ok());
    let range = count.range.as_ref().and_then(|range| {
        let (from, to) = (range.from.as_deref(), range.to.as_deref());
        words::range(from, to, zone.unwrap_or(viewer.zone()))
    });
    Counted { text, range }
}

/// Asks for the export, and goes to where it is made.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn start(State(app): State<Arc<App>>, viewer: Viewer, form: Form) -> Page {
    let begun = match asked(&app, &form) {
        Ok(asked) => {
            viewer.ask().act::<Begun>(Method::POST, "/v1/exports", Some(&asked.body())).await
        }
        Err(refused) => Err(refused),
    };
    match begun {
        Ok(Begun { id }) => {
            let there = at("/exports/{}?fetch=true", &[&id]);
            Ok(Redirect::to(&there).into_response())
        }
        Err(refused) => page(&viewer, &form.refused(&refused), None).await,
    }
}
