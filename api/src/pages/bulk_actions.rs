//! One thing done to many users, as it goes: progress, outcome, cancelling, taking back.

pub mod list;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::http::Method;
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

use super::actor::Actor;
use super::users::addresses;
use super::users::filters::{Filters, Kept};
use super::when::When;
use super::{Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html};
use crate::routes::InPath;

/// Users who were chosen one by one and are listed.
const LISTED_MAX: usize = 20;

/// A bulk action as `/v1/bulk-actions/{id}` shows one.
#[derive(Deserialize)]
struct Bulk {
    id: String,
    state: String,
    action: String,
    list: Option<String>,
    badge: Option<String>,
    property: Option<String>,
    value: Option<String>,
    filter: Option<Kept>,
    #[serde(default)]
    users: Vec<String>,
    matched: u64,
    done: u64,
    changed: u64,
    unchanged: u64,
    refused: u64,
    codes: BTreeMap<String, u64>,
    refused_first: Vec<RefusedUser>,
    revert: Option<Revert>,
    by: Actor,
    started_at: String,
    finished_at: Option<String>,
}

#[derive(Deserialize)]
struct RefusedUser {
    user_id: String,
    code: String,
}

/// What taking it back does, or did.
#[derive(Deserialize)]
struct Revert {
    restored: u64,
    unchanged: u64,
    kept: u64,
    kept_first: Vec<RefusedUser>,
}

impl Bulk {
    fn is_at_work(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "running" | "reverting")
    }

    fn can_be_cancelled(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "running")
    }

    fn can_be_undone(&self) -> bool {
        let ended = matches!(self.state.as_str(), "completed" | "cancelled" | "failed");
        ended && self.action != "delete" && self.changed > 0
    }

    /// What is done, in words.
    fn deed(&self, names: &Filters, personal: bool) -> String {
        let named =
            |parameter, id: &Option<String>| id.as_deref().map(|id| names.name_of(parameter, id));
        let of = [
            named("list", &self.list),
            named("badge", &self.badge),
            self.property.as_deref().map(|id| names.column(id)),
            self.value.clone(),
        ];
        let key = match self.action.as_str() {
            // Who may not see values is told neither.
            "set_property" if personal && self.value.is_none() => "clear_property",
            action => action,
        };
        let of: Vec<String> = of.into_iter().flatten().collect();
        format!("{} {}", Texts.named("deed", key), of.join(" ")).trim().to_owned()
    }
}

/// How the users were chosen.
#[derive(Default)]
struct Chosen {
    /// The filters, in words.
    filters: Vec<String>,
    /// The first of those who were chosen one by one, by id and address; none for who may not see addresses.
    first: Vec<(String, String)>,
}

impl Chosen {
    async fn ask(viewer: &Viewer, bulk: &Bulk, names: &mut Filters) -> Chosen {
        let Some(filter) = &bulk.filter else { return Chosen::one_by_one(viewer, bulk).await };
        let mut filter = filter.clone();
        if let Some(users) = filter.get_mut("user") {
            let known = addresses::of(viewer, users.iter().flatten().cloned().collect()).await;
            for id in users.iter_mut().flatten() {
                if let Some(email) = known.get(id.as_str()) {
                    *id = email.clone();
                }
            }
        }
        let imports = filter.get("import").into_iter().flatten().flatten();
        names.learn_imports(viewer, imports.cloned().collect()).await;
        Chosen { filters: names.all_said(&filter), first: Vec::new() }
    }

    async fn one_by_one(viewer: &Viewer, bulk: &Bulk) -> Chosen {
        if !viewer.may(Scope::PersonalRead) {
            return Chosen::default();
        }
        let first: Vec<String> = bulk.users.iter().take(LISTED_MAX).cloned().collect();
        let known = addresses::of(viewer, first.iter().cloned().collect::<BTreeSet<_>>()).await;
        let called = |id: String| {
            let email = known.get(&id).cloned();
            let email = email.unwrap_or_else(|| id.clone());
            (id, email)
        };
        Chosen { filters: Vec::new(), first: first.into_iter().map(called).collect() }
    }
}

#[derive(Template)]
#[template(path = "bulk_actions/one.html")]
struct OnePage<'a> {
    t: Texts,
    frame: Frame,
    bulk: Bulk,
    deed: String,
    chosen: Chosen,
    path: String,
    watched: String,
    started: When,
    finished: Option<When>,
    form: &'a Form,
}

#[derive(Template)]
#[template(path = "bulk_actions/undo.html")]
struct UndoPage {
    t: Texts,
    frame: Frame,
    path: String,
    would: Revert,
}

/// How far it is, and what became of whom.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    page(&viewer, &id, &Form::default()).await
}

async fn page(viewer: &Viewer, id: &str, form: &Form) -> Page {
    let bulk: Bulk = viewer.ask().get(&at("/v1/bulk-actions/{}", &[id])).await?;
    let mut names = Filters::ask(viewer).await?;
    let page = OnePage {
        t: Texts,
        frame: Frame::new(viewer, "/users"),
        deed: bulk.deed(&names, viewer.may(Scope::PersonalRead)),
        chosen: Chosen::ask(viewer, &bulk, &mut names).await,
        path: at("/bulk-actions/{}", &[id]),
        watched: at("/v1/bulk-actions/{}/progress", &[id]),
        started: viewer.when(&bulk.started_at),
        finished: bulk.finished_at.as_deref().map(|instant| viewer.when(instant)),
        bulk,
        form,
    };
    match form.refusal() {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// Stops it after the batch at hand.
///
/// # Errors
/// The API's no, where there is nothing to show it on.
pub async fn cancel(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/bulk-actions/{}/cancel", &[&id]);
    let done = viewer.ask().act::<Value>(Method::POST, &path, None).await;
    acted(&viewer, &id, done, "bulk-cancelled").await
}

/// What taking it back would do.
///
/// # Errors
/// The API's no, where there is nothing to show it on.
pub async fn undo(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/bulk-actions/{}/revert?dry_run=true", &[&id]);
    match viewer.ask().act::<Revert>(Method::POST, &path, None).await {
        Ok(would) => {
            let (frame, path) = (Frame::new(&viewer, "/users"), at("/bulk-actions/{}", &[&id]));
            html(&UndoPage { t: Texts, frame, path, would })
        }
        Err(refused) => page(&viewer, &id, &Form::default().refused(&refused)).await,
    }
}

/// Takes it back.
///
/// # Errors
/// The API's no, where there is nothing to show it on.
pub async fn revert(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/bulk-actions/{}/revert", &[&id]);
    let done = viewer.ask().act::<Value>(Method::POST, &path, None).await;
    acted(&viewer, &id, done, "bulk-undone").await
}

async fn acted(viewer: &Viewer, id: &str, done: Result<Value, Refused>, key: &str) -> Page {
    match done {
        Ok(_) => back(&at("/bulk-actions/{}", &[id]), key, 0),
        Err(refused) => page(viewer, id, &Form::default().refused(&refused)).await,
    }
}
