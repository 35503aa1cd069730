//! Saving what the table shows as a view, and taking a view away.

use axum::http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::many::filter;
use crate::pages::{Form, Page, Refused, Viewer, at, back, with_query};
use crate::routes::InPath;

#[derive(Deserialize)]
struct Saved {
    id: String,
}

/// Saves columns, order and filters of the table as they are shown.
///
/// # Errors
/// The API's no.
pub async fn save(viewer: Viewer, form: Form) -> Page {
    let body = body(&form)?;
    let saved: Saved = viewer.ask().act(Method::POST, "/v1/views", Some(&body)).await?;
    back(&with_query("/users", &[("view", saved.id.as_str())]), "view-saved", 0)
}

fn body(form: &Form) -> Result<Value, Refused> {
    let columns: Vec<&str> = form.values("columns").collect();
    let (name, sort) = (form.value("name"), form.text("sort"));
    Ok(json!({ "name": name, "columns": columns, "sort": sort, "filter": filter(form)? }))
}

/// Takes a view away.
///
/// # Errors
/// The API's no.
pub async fn remove(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/views/{}", &[&id]);
    viewer.ask().act_on::<IgnoredAny>(Method::DELETE, &path, None, "").await?;
    back("/users", "view-removed", 0)
}
