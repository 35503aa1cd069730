//! Removing one user, after saying what will happen.

use askama::Template;
use axum::http::Method;
use serde_json::Value;

use super::one::{self, Head};
use crate::pages::{Form, Frame, Page, Texts, Viewer, at, back, html, refused_html};
use crate::routes::InPath;

#[derive(Template)]
#[template(path = "users/removal.html")]
struct RemovalPage<'a> {
    t: Texts,
    frame: Frame,
    head: Head,
    form: &'a Form,
    etag: String,
}

/// Asks whether it is meant.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    confirm(&viewer, &id, &Form::default()).await
}

async fn confirm(viewer: &Viewer, id: &str, form: &Form) -> Page {
    let user = match one::ask(viewer, id).await {
        Ok(user) => user,
        Err(refused) => return one::gone(viewer, id, refused).await,
    };
    let page = RemovalPage {
        t: Texts,
        frame: Frame::new(viewer, "/users"),
        head: Head::of(viewer, &user.value, "overview"),
        form,
        etag: user.etag.unwrap_or_default(),
    };
    match form.refusal() {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// Removes the user, if they are still as they were when it was asked.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn remove(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let path = at("/v1/users/{}", &[&id]);
    match viewer.ask().act_on::<Value>(Method::DELETE, &path, None, form.value("etag")).await {
        Ok(_) => back("/users", "user-removed", 0),
        Err(refused) => confirm(&viewer, &id, &form.refused(&refused)).await,
    }
}
