//! One's own account: name, zone, password, and where one is signed in.

use askama::Template;
use axum::http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::when::When;
use super::{Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html};
use crate::routes::InPath;

const PATH: &str = "/account";

#[derive(Deserialize)]
struct MeAnswer {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    email: Option<String>,
    name: Option<String>,
    role: Option<String>,
    personal_data: bool,
    zone: String,
    own_zone: Option<String>,
}

#[derive(Deserialize)]
struct SessionsAnswer {
    items: Vec<SessionAnswer>,
}

#[derive(Deserialize)]
struct SessionAnswer {
    id: String,
    browser: String,
    begun_at: String,
    seen_at: String,
    current: bool,
}

/// A row of the table.
struct Session {
    browser: String,
    begun_at: When,
    seen_at: When,
    current: bool,
    end: String,
}

#[derive(Template)]
#[template(path = "me.html")]
struct AccountPage<'a> {
    t: Texts,
    frame: Frame,
    form: &'a Form,
    personal: &'static str,
    is_member: bool,
    zone_hint: String,
    sessions: Vec<Session>,
    me: MeAnswer,
}

/// How the catalogue calls the right to see personal data, and not to have it.
pub fn seen(personal_data: bool) -> &'static str {
    if personal_data { "yes" } else { "no" }
}

async fn answer(viewer: &Viewer, mut form: Form) -> Page {
    let me: MeAnswer = viewer.ask().get("/v1/me").await?;
    let is_member = me.kind == "team_member";
    let mut sessions = SessionsAnswer { items: Vec::new() };
    if is_member {
        sessions = viewer.ask().get("/v1/me/sessions").await?;
    }
    let session = |it: SessionAnswer| Session {
        browser: if it.browser.is_empty() { Texts.say("session-unknown") } else { it.browser },
        begun_at: viewer.when(&it.begun_at),
        seen_at: viewer.when(&it.seen_at),
        current: it.current,
        end: at("/account/sessions/{}/end", &[&it.id]),
    };
    let refused = form.refusal().cloned();
    if refused.is_none() {
        let shown = |text: &Option<String>| text.clone().unwrap_or_default();
        form = Form::filled([("name", shown(&me.name)), ("zone", shown(&me.own_zone))]);
    }
    let page = AccountPage {
        t: Texts,
        frame: Frame::new(viewer, PATH),
        form: &form,
        personal: seen(me.personal_data),
        is_member,
        zone_hint: Texts.one("me-zone-hint", "zone", &me.zone),
        sessions: sessions.items.into_iter().map(session).collect(),
        me,
    };
    match refused {
        Some(refused) => refused_html(&refused, &page),
        None => html(&page),
    }
}

async fn told(viewer: &Viewer, done: Result<Value, Refused>, form: Form, notice: &str) -> Page {
    match done {
        Ok(_) => back(PATH, notice, 1),
        Err(refused) => answer(viewer, form.refused(&refused)).await,
    }
}

/// The account of who looks.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer) -> Page {
    answer(&viewer, Form::default()).await
}

/// Another name, another zone.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn change(viewer: Viewer, form: Form) -> Page {
    let body = json!({ "name": form.text("name"), "zone": form.text("zone") });
    let done = viewer.ask().act::<Value>(Method::PATCH, "/v1/me", Some(&body)).await;
    told(&viewer, done, form, "account-changed").await
}

/// Another password.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn password(viewer: Viewer, form: Form) -> Page {
    let body = json!({ "current": form.value("current"), "new": form.value("new") });
    let done = viewer.ask().act::<Value>(Method::PUT, "/v1/me/password", Some(&body)).await;
    told(&viewer, done, form, "password-changed").await
}

/// Signs out of one browser.
///
/// # Errors
/// The API's no.
pub async fn end_session(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/me/sessions/{}", &[&id]);
    let done = viewer.ask().act::<Value>(Method::DELETE, &path, None).await;
    told(&viewer, done, Form::default(), "session-ended").await
}
