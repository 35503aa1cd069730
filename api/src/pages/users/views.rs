//! Saving what the table shows as a view, and taking a view away.

use std::collections::BTreeMap;

use axum::http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::many::filter;
use crate::pages::{Asked, Form, Page, Refused, Viewer, at, back, ours, with_query};
use crate::problem::ProblemKind;
use crate::routes::InPath;

#[derive(Deserialize)]
struct View {
    filter: BTreeMap<String, Vec<Option<String>>>,
}

/// The filters that the table shows, those of a view in full: what is done to many is done to who was seen, though somebody saves
/// the view anew meanwhile.
pub async fn meant(viewer: &Viewer, asked: &Asked) -> Vec<(String, String)> {
    let said = asked.filters().map(|(_, name, value)| (name.to_owned(), value.to_owned()));
    let Some(view) = asked.one("view") else { return said.collect() };
    let kept = viewer.ask().get::<View>(&at("/v1/views/{}", &[view])).await;
    let parts = kept.into_iter().flat_map(|kept| kept.filter);
    let parts =
        parts.flat_map(|(name, values)| values.into_iter().map(move |it| (name.clone(), it)));
    match parts.map(|(name, value)| Some((name, value?))).collect::<Option<Vec<_>>>() {
        Some(parts) if !parts.is_empty() => {
            one_search(parts.into_iter().chain(said.filter(|(name, _)| name != "view")))
        }
        // Without the right to see values the API says no by the view's name, as it does of one that is gone.
        Some(_) | None => said.collect(),
    }
}

/// Words that are searched for are said once, all of them: the view's and those typed beside it.
fn one_search(parts: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    let (words, mut rest): (Vec<_>, Vec<_>) = parts.partition(|(name, _)| name == "search");
    if !words.is_empty() {
        let words: Vec<String> = words.into_iter().map(|(_, words)| words).collect();
        rest.push(("search".to_owned(), words.join(" ")));
    }
    rest
}

#[derive(Deserialize)]
struct Saved {
    id: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// Saves columns, order and filters of the table as they are shown.
///
/// # Errors
/// The API's no.
pub async fn save(viewer: Viewer, form: Form) -> Page {
    let mut body = body(&form)?;
    let saved = match form.text("over") {
        None => viewer.ask().act::<Saved>(Method::POST, "/v1/views", Some(&body)).await,
        Some(view) => {
            let path = at("/v1/views/{}", &[view]);
            let known: Named = viewer.ask().get(&path).await?;
            body["name"] = json!(known.name);
            viewer.ask().act_on::<Saved>(Method::PUT, &path, Some(&body), "").await
        }
    };
    match saved {
        Ok(saved) => back(&with_query("/users", &[("view", saved.id.as_str())]), "view-saved", 0),
        Err(refused) if refused.code == ProblemKind::ReferenceIdTaken.code() => {
            back(ours(form.value("to"), "/users"), "view-name-taken", 0)
        }
        Err(refused) => Err(refused),
    }
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
