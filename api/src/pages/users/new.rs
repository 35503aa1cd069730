//! Making one user by hand.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::Method;
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::json;

use super::fields::{self, Field};
use super::filters::{Filters, Named};
use crate::pages::{Form, Frame, Page, Texts, Viewer, at, back, html, refused_html};

#[derive(Template)]
#[template(path = "users/new.html")]
struct NewPage<'a> {
    t: Texts,
    frame: Frame,
    form: &'a Form,
    fields: Vec<Field>,
    lists: &'a [Named],
}

#[derive(Deserialize)]
struct Made {
    user_id: String,
}

/// The empty form.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer) -> Page {
    viewer.needs(Scope::UsersWrite)?;
    page(&viewer, &Form::default()).await
}

async fn page(viewer: &Viewer, form: &Form) -> Page {
    let filters = Filters::ask(viewer).await?;
    let page = NewPage {
        t: Texts,
        frame: Frame::new(viewer, "/users"),
        form,
        fields: fields::fields(&filters, &BTreeMap::new()),
        lists: filters.all("list"),
    };
    match form.refusal() {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// Makes the user.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn make(viewer: Viewer, form: Form) -> Page {
    let lists: Vec<&str> = form.values("lists").collect();
    let body = json!({
        "email": form.value("email").trim(),
        "fields": fields::typed(&form, &BTreeMap::new()),
        "lists": lists,
    });
    match viewer.ask().act::<Made>(Method::POST, "/v1/users", Some(&body)).await {
        Ok(made) => back(&at("/users/{}", &[&made.user_id]), "user-made", 0),
        Err(refused) => page(&viewer, &form.refused(&refused)).await,
    }
}
