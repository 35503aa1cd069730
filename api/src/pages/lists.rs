//! The Lists section: made, called otherwise, taken away; who is on one is put there by hand, by imports, by programs.

use askama::Template;
use axum::Router;
use axum::http::{Method, Uri};
use axum::routing::{get, post};
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

use super::follows::{Follower, Followers, address};
use super::when::When;
use super::{
    Asked, Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html, with_query,
};
use crate::app::App;
use crate::params::Params;
use crate::routes::InPath;

const PATH: &str = "/lists";

/// The pages of lists, by address.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/lists", get(list).post(create))
        .route("/lists/{id}", get(show).post(change))
        .route("/lists/{id}/remove", post(remove))
}

#[derive(Deserialize)]
struct Lists {
    items: Vec<List>,
    next: Option<String>,
}

/// A list as the API shows it.
#[derive(Deserialize)]
struct List {
    id: String,
    name: String,
    users: u64,
    created_at: String,
    revision: u64,
}

impl List {
    fn page(&self) -> String {
        address(PATH, &self.id)
    }

    fn members(&self) -> String {
        with_query("/users", &[("list", &self.id)])
    }
}

/// A list as a row shows it.
struct Line {
    list: List,
    made: When,
    followers: Vec<Follower>,
}

#[derive(Template)]
#[template(path = "lists/list.html")]
struct ListPage<'a> {
    t: Texts,
    frame: Frame,
    lines: Vec<Line>,
    /// What was typed for a new one.
    new: &'a Form,
    next: Option<String>,
    previous: Option<String>,
    may_define: bool,
}

#[derive(Template)]
#[template(path = "lists/one.html")]
struct OnePage<'a> {
    t: Texts,
    frame: Frame,
    list: &'a List,
    made: When,
    form: &'a Form,
    followers: Vec<Follower>,
    /// Why it was not taken away.
    kept: Option<&'a Refused>,
    may_define: bool,
    may_import: bool,
}

impl OnePage<'_> {
    /// The version that was typed on; the one there is, once it was said that there is another.
    fn seen(&self) -> String {
        let stale = |refused: &Refused| refused.code == "version_conflict";
        let typed = self.form.text("revision").filter(|_| !self.form.refusal().is_some_and(stale));
        typed.map_or_else(|| self.list.revision.to_string(), str::to_owned)
    }

    fn live_followers(&self) -> impl Iterator<Item = &Follower> {
        self.followers.iter().filter(|follower| follower.is_live())
    }
}

async fn list_page<'a>(
    viewer: &Viewer,
    asked: &Asked,
    new: &'a Form,
) -> Result<ListPage<'a>, Refused> {
    let path = asked.at_api("/v1/lists");
    let (lists, followers) =
        tokio::try_join!(viewer.ask().get::<Lists>(&path), Followers::ask(viewer))?;
    let line = |list: List| Line {
        made: viewer.when(&list.created_at),
        followers: followers.of("list", &list.id),
        list,
    };
    Ok(ListPage {
        t: Texts,
        frame: Frame::new(viewer, PATH),
        lines: lists.items.into_iter().map(line).collect(),
        new,
        next: lists.next.map(|cursor| asked.next(&cursor)),
        previous: asked.previous(),
        may_define: viewer.may(Scope::DefinitionsWrite),
    })
}

/// All of them, in the order they were made, page by page.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    let asked = Asked::read(&uri)?;
    html(&list_page(&viewer, &asked, &Form::default()).await?)
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// Makes one.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn create(viewer: Viewer, form: Form) -> Page {
    let mut body = json!({ "name": form.value("name") });
    if let Some(id) = form.text("id") {
        body["id"] = json!(id);
    }
    match viewer.ask().act::<Made>(Method::POST, "/v1/lists", Some(&body)).await {
        Ok(made) => back(&address(PATH, &made.id), "list-made", 1),
        Err(refused) => {
            let form = form.refused(&refused);
            let asked = Asked::read(&Uri::from_static(PATH))?;
            refused_html(&refused, &list_page(&viewer, &asked, &form).await?)
        }
    }
}

async fn find(viewer: &Viewer, id: &str) -> Result<List, Refused> {
    viewer.ask().get(&at("/v1/lists/{}", &[id])).await
}

async fn one_page<'a>(
    viewer: &Viewer,
    list: &'a List,
    form: &'a Form,
) -> Result<OnePage<'a>, Refused> {
    Ok(OnePage {
        t: Texts,
        frame: Frame::new(viewer, PATH),
        made: viewer.when(&list.created_at),
        followers: Followers::ask(viewer).await?.of("list", &list.id),
        list,
        form,
        kept: None,
        may_define: viewer.may(Scope::DefinitionsWrite),
        may_import: viewer.may(Scope::ImportsWrite),
    })
}

/// One of them.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    let list = find(&viewer, &id).await?;
    let form = Form::filled([("name", list.name.as_str())]);
    html(&one_page(&viewer, &list, &form).await?)
}

/// Calls one otherwise.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn change(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let body = json!({ "name": form.value("name") });
    let path = at("/v1/lists/{}", &[&id]);
    match viewer.ask().act_on::<Value>(Method::PUT, &path, Some(&body), &form.seen()).await {
        Ok(_) => back(&address(PATH, &id), "list-renamed", 1),
        Err(refused) => {
            let list = find(&viewer, &id).await?;
            let form = form.refused(&refused);
            refused_html(&refused, &one_page(&viewer, &list, &form).await?)
        }
    }
}

/// Takes one away.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn remove(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let path = at("/v1/lists/{}", &[&id]);
    match viewer.ask().act_on::<Value>(Method::DELETE, &path, None, &form.seen()).await {
        Ok(_) => back(PATH, "list-removed", 1),
        Err(refused) => {
            let list = find(&viewer, &id).await?;
            let form = Form::filled([("name", list.name.as_str())]);
            let page = one_page(&viewer, &list, &form).await?;
            refused_html(&refused, &OnePage { kept: Some(&refused), ..page })
        }
    }
}
