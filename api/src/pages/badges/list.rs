//! The table of badges.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;
use serde::Deserialize;

use super::PATH;
use super::one::{Badge, followed};
use crate::pages::follows::address;
use crate::pages::users::filters::Filters;
use crate::pages::when::When;
use crate::pages::{Frame, Page, Texts, Viewer, html, with_query};
use crate::params::Params;

#[derive(Deserialize)]
struct Badges {
    items: Vec<Badge>,
}

/// A badge as a row shows it.
struct Line {
    name: String,
    page: String,
    state: String,
    follows: String,
    /// None: they are being counted.
    users: Option<u64>,
    holders: String,
    changed: When,
}

#[derive(Template)]
#[template(path = "badges/list.html")]
struct ListPage {
    t: Texts,
    frame: Frame,
    lines: Vec<Line>,
    may_define: bool,
}

impl ListPage {
    fn is_counting(&self) -> bool {
        self.lines.iter().any(|line| line.users.is_none())
    }
}

/// All of them, in the order they were made.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    let (badges, known) =
        tokio::try_join!(viewer.ask().get::<Badges>("/v1/badges"), Filters::ask(&viewer))?;
    let line = |badge: Badge| Line {
        page: address(PATH, &badge.id),
        follows: followed(&badge.audience_said(), &known),
        users: badge.holders(),
        holders: with_query("/users", &[("badge", &badge.id)]),
        changed: viewer.when(&badge.changed_at),
        name: badge.name,
        state: badge.state,
    };
    html(&ListPage {
        t: Texts,
        frame: Frame::new(&viewer, PATH),
        lines: badges.items.into_iter().map(line).collect(),
        may_define: viewer.may(Scope::DefinitionsWrite),
    })
}
