//! What happened to one user: searched, by type, each fact with what led to it.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;
use serde::Deserialize;

use super::one::{self, Head};
use crate::pages::told::{self, Fact, Line, Names};
use crate::pages::{Asked, Frame, Page, Refused, Texts, Viewer, at, html, refused_html};
use crate::routes::InPath;

#[derive(Default, Deserialize)]
struct Facts {
    items: Vec<Fact>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Types {
    items: Vec<Type>,
}

#[derive(Deserialize)]
struct Type {
    name: String,
    label: String,
}

#[derive(Template)]
#[template(path = "users/activity.html")]
struct ActivityPage<'a> {
    t: Texts,
    frame: Frame,
    head: Head,
    asked: &'a Asked,
    lines: Vec<Line>,
    types: Vec<Type>,
    next: Option<String>,
    previous: Option<String>,
    refused: Option<&'a Refused>,
    personal: bool,
}

/// The facts that are asked for, newest first.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    let asked = Asked::read(&uri)?;
    if let Some(better) = asked.settled() {
        return Ok(better);
    }
    let path = asked.at_api(&at("/v1/users/{}/events", &[&id]));
    let (user, facts, types, names) = tokio::join!(
        one::ask(&viewer, &id),
        viewer.ask().get::<Facts>(&path),
        viewer.ask().get::<Types>("/v1/event-types"),
        Names::ask(&viewer)
    );
    // Who was removed has a past all the same.
    let head = match &user {
        Ok(user) => Head::of(&viewer, &user.value, "activity"),
        Err(_) => Head::gone(&viewer, &id, "activity"),
    };
    let refused = facts.as_ref().err().cloned();
    let nobody = |refused: &&Refused| matches!(&*refused.code, "user_unknown" | "id_invalid");
    if let Some(unknown) = refused.as_ref().filter(nobody) {
        return Err(unknown.clone());
    }
    let facts = facts.unwrap_or_default();
    let names = names?.of_facts(&viewer, &facts.items).await?;
    let page = ActivityPage {
        t: Texts,
        frame: Frame::new(&viewer, "/users"),
        head,
        lines: facts.items.into_iter().map(|fact| told::line(&viewer, &names, &id, fact)).collect(),
        types: types.map(|types| types.items).unwrap_or_default(),
        next: facts.next.map(|cursor| asked.next(&cursor)),
        previous: asked.previous(),
        refused: refused.as_ref(),
        personal: viewer.may(Scope::PersonalRead),
        asked: &asked,
    };
    match &refused {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

#[derive(Deserialize)]
struct Chain {
    items: Vec<Fact>,
}

#[derive(Template)]
#[template(path = "users/causes.html")]
struct CausesPage {
    t: Texts,
    frame: Frame,
    head: Head,
    chain: Vec<Line>,
}

/// What led to one fact, back to where it began.
///
/// # Errors
/// The API's no.
pub async fn causes(viewer: Viewer, InPath((id, position)): InPath<(String, String)>) -> Page {
    let path = at("/v1/events/{}/causes", &[&position]);
    let (chain, user, names) =
        tokio::join!(viewer.ask().get::<Chain>(&path), one::ask(&viewer, &id), Names::ask(&viewer));
    let chain = chain?;
    let names = names?.of_facts(&viewer, &chain.items).await?;
    let head = match user {
        Ok(user) => Head::of(&viewer, &user.value, "activity"),
        Err(_) => Head::gone(&viewer, &id, "activity"),
    };
    let chain = chain.items.into_iter().map(|fact| told::line(&viewer, &names, &id, fact));
    let chain = chain.collect();
    html(&CausesPage { t: Texts, frame: Frame::new(&viewer, "/users"), head, chain })
}
