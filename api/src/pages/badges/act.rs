//! Making, changing, publishing and archiving badges.

use axum::http::{Method, Uri};
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

use super::PATH;
use super::form::{filled, json};
use super::one::{Badge, OnePage, Told, find};
use crate::pages::follows::address;
use crate::pages::{Form, Page, Refused, Viewer, at, back, html, refused_html};
use crate::params::Params;
use crate::routes::InPath;

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// Where one is made.
///
/// # Errors
/// Who may not make any gets the API's no.
pub async fn new(viewer: Viewer, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    viewer.needs(Scope::DefinitionsWrite)?;
    html(&OnePage::new(&viewer, None, &Form::default(), Told::default()).await?)
}

/// The page with what was typed, and room for another language.
async fn step(viewer: &Viewer, badge: Option<&Badge>, form: &Form) -> Page {
    let told = Told { more: form.value("do") == "language", ..Told::default() };
    html(&OnePage::new(viewer, badge, form, told).await?)
}

async fn refuse(viewer: &Viewer, badge: Option<&Badge>, form: Form, refused: &Refused) -> Page {
    let form = form.refused(refused);
    refused_html(refused, &OnePage::new(viewer, badge, &form, Told::default()).await?)
}

/// Makes one: a draft.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn create(viewer: Viewer, form: Form) -> Page {
    viewer.needs(Scope::DefinitionsWrite)?;
    if form.value("do") != "save" {
        return step(&viewer, None, &form).await;
    }
    let made =
        async { viewer.ask().act::<Made>(Method::POST, "/v1/badges", Some(&json(&form)?)).await };
    match made.await {
        Ok(made) => back(&address(PATH, &made.id), "badge-made", 1),
        Err(refused) => refuse(&viewer, None, form, &refused).await,
    }
}

/// One of them.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    let badge = find(&viewer, &id).await?;
    html(&OnePage::new(&viewer, Some(&badge), &filled(&badge), Told::default()).await?)
}

/// Changes one. Where that changes who holds it, who would is shown first.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn change(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    viewer.needs(Scope::DefinitionsWrite)?;
    let badge = find(&viewer, &id).await?;
    if form.value("do") != "save" {
        return step(&viewer, Some(&badge), &form).await;
    }
    let said = form.value("audience");
    let moves = badge.state == "published" && badge.audience_said() != said;
    let stale = form.text("revision").is_some_and(|seen| seen != badge.revision.to_string());
    // What was agreed to is whom it would follow: nobody is an answer too.
    let agreed = form.values("sure").next() == Some(said);
    if moves && !stale && !agreed {
        let told = Told { sure: Some(said.to_owned()), ..Told::default() };
        return html(&OnePage::new(&viewer, Some(&badge), &form, told).await?);
    }
    let path = at("/v1/badges/{}", &[&id]);
    let changed = async {
        let body = json(&form)?;
        viewer.ask().act_on::<Value>(Method::PUT, &path, Some(&body), &form.seen()).await
    };
    match changed.await {
        Ok(_) => back(&address(PATH, &id), "badge-changed", 1),
        Err(refused) => {
            let badge = find(&viewer, &id).await?;
            refuse(&viewer, Some(&badge), form, &refused).await
        }
    }
}

/// Publishes or archives one that was seen as it is.
async fn turn(viewer: &Viewer, id: &str, form: &Form, (path, notice): (&str, &str)) -> Page {
    let path = at(path, &[id]);
    match viewer.ask().act_on::<Value>(Method::POST, &path, None, &form.seen()).await {
        Ok(_) => back(&address(PATH, id), notice, 1),
        Err(refused) => {
            let badge = find(viewer, id).await?;
            let told = Told { kept: Some(refused.clone()), ..Told::default() };
            let form = filled(&badge);
            refused_html(&refused, &OnePage::new(viewer, Some(&badge), &form, told).await?)
        }
    }
}

/// From now on, who should hold it does.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn publish(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    turn(&viewer, &id, &form, ("/v1/badges/{}/publish", "badge-published")).await
}

/// Everybody loses it.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn archive(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    turn(&viewer, &id, &form, ("/v1/badges/{}/archive", "badge-archived")).await
}
