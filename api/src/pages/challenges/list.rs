//! All challenges: what state each is in, and how many take part.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;

use super::{Audiences, Challenge, Items, PATH};
use crate::pages::when::When;
use crate::pages::{Frame, Page, Texts, Viewer, html};
use crate::params::Params;

/// A challenge as a row shows it.
struct Row {
    challenge: Challenge,
    audience: String,
    changed: When,
}

#[derive(Template)]
#[template(path = "challenges/list.html")]
struct ListPage {
    t: Texts,
    frame: Frame,
    rows: Vec<Row>,
    /// Those that were put away.
    archived: Vec<Row>,
    may_define: bool,
}

/// All of them, the newest first; those that were put away apart.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    let ask = viewer.ask();
    let challenges = ask.get::<Items<Challenge>>("/v1/challenges");
    let (Items { items }, audiences) = tokio::try_join!(challenges, Audiences::ask(&viewer))?;
    let row = |challenge: Challenge| Row {
        audience: audiences.said(challenge.audience.as_ref()),
        changed: viewer.when(&challenge.changed_at),
        challenge,
    };
    let (archived, rows) =
        items.into_iter().rev().map(row).partition(|row| row.challenge.is_archived());
    html(&ListPage {
        t: Texts,
        frame: Frame::new(&viewer, PATH),
        rows,
        archived,
        may_define: viewer.may(Scope::DefinitionsWrite),
    })
}
