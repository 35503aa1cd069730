//! The table of segments.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;
use serde::Deserialize;

use super::PATH;
use super::one::Segment;
use crate::pages::follows::{Follower, Followers, address};
use crate::pages::when::When;
use crate::pages::{Frame, Page, Texts, Viewer, html, with_query};
use crate::params::Params;

#[derive(Deserialize)]
struct Segments {
    items: Vec<Segment>,
}

/// A segment as a row shows it.
struct Line {
    name: String,
    page: String,
    users: Option<u64>,
    members: String,
    followers: Vec<Follower>,
    changed: When,
}

#[derive(Template)]
#[template(path = "segments/list.html")]
struct ListPage {
    t: Texts,
    frame: Frame,
    lines: Vec<Line>,
    may_define: bool,
}

/// Whether somebody makes and changes segments: they look at what is known of users.
pub(super) fn may_define(viewer: &Viewer) -> bool {
    viewer.may(Scope::DefinitionsWrite) && viewer.may(Scope::PersonalRead)
}

/// All of them, in the order they were made.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    let (segments, followers) =
        tokio::try_join!(viewer.ask().get::<Segments>("/v1/segments"), Followers::ask(&viewer))?;
    let line = |segment: Segment| Line {
        page: address(PATH, &segment.id),
        users: segment.users,
        members: with_query("/users", &[("segment", &segment.id)]),
        followers: followers.of("segment", &segment.id),
        changed: viewer.when(&segment.changed_at),
        name: segment.name,
    };
    html(&ListPage {
        t: Texts,
        frame: Frame::new(&viewer, PATH),
        lines: segments.items.into_iter().map(line).collect(),
        may_define: may_define(&viewer),
    })
}
