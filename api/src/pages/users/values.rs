//! A user's values, to be looked at with how each came to be, and changed.

use askama::Template;
use axum::http::Method;
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::{Value, json};

use super::fields::{self, Field};
use super::filters::Filters;
use super::one::{self, Head, User};
use crate::pages::actor::Actor;
use crate::pages::when::When;
use crate::pages::{Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html};
use crate::routes::InPath;

#[derive(Default, Deserialize)]
struct Histories {
    items: Vec<History>,
}

/// How a value came to be.
#[derive(Deserialize)]
struct History {
    property: String,
    name: String,
    history: Vec<Change>,
    more: bool,
}

#[derive(Deserialize)]
struct Change {
    value: Option<String>,
    since: String,
    origin: String,
    actor: Actor,
}

#[derive(Template)]
#[template(path = "users/values.html")]
struct ValuesPage<'a> {
    t: Texts,
    frame: Frame,
    head: Head,
    viewer: &'a Viewer,
    form: &'a Form,
    fields: Vec<Field>,
    histories: Vec<History>,
    personal: bool,
}

impl ValuesPage<'_> {
    fn at(&self, instant: &str) -> When {
        self.viewer.when(instant)
    }
}

/// The values as they are.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    match one::ask(&viewer, &id).await {
        Ok(user) => {
            let email = user.value.email.clone().unwrap_or_default();
            let etag = user.etag.unwrap_or_default();
            let form = fields::filled(&email, &user.value.fields, &etag);
            page(&viewer, &user.value, &form).await
        }
        Err(refused) => one::gone(&viewer, &id, refused).await,
    }
}

async fn page(viewer: &Viewer, user: &User, form: &Form) -> Page {
    let filters = Filters::ask(viewer).await?;
    let looks_back = viewer.may(Scope::EventsRead);
    let histories = match looks_back {
        true => viewer.ask().get(&at("/v1/users/{}/properties", &[&user.id])).await?,
        false => Histories::default(),
    };
    let page = ValuesPage {
        t: Texts,
        frame: Frame::new(viewer, "/users"),
        head: Head::of(viewer, user, "properties"),
        viewer,
        form,
        fields: fields::fields(&filters, &user.fields),
        histories: histories.items,
        personal: viewer.may(Scope::PersonalRead),
    };
    match form.refusal() {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// Changes what was typed anew, if nobody was faster.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn change(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let user = match one::ask(&viewer, &id).await {
        Ok(user) => user.value,
        Err(refused) => return one::gone(&viewer, &id, refused).await,
    };
    let home = at("/users/{}/properties", &[&id]);
    let mut body = json!({ "fields": fields::typed(&form, &user.fields) });
    let email = form.value("email").trim();
    if user.email.as_deref() != Some(email) {
        body["email"] = Value::from(email);
    }
    if body.get("email").is_none() && body["fields"] == json!({}) {
        return back(&home, "user-same", 0);
    }
    let path = at("/v1/users/{}", &[&id]);
    let etag = form.value("etag");
    let changed: Result<Value, Refused> =
        viewer.ask().act_on(Method::PATCH, &path, Some(&body), etag).await;
    match changed {
        Ok(_) => back(&home, "user-changed", 0),
        Err(refused) => page(&viewer, &user, &form.refused(&refused)).await,
    }
}
