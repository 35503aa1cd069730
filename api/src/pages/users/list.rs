//! The table of users, with the totals above it.

use askama::Template;
use axum::http::Uri;
use domain::scope::Scope;
use serde::Deserialize;

use super::columns::{self, Cell, Head, Row, UserLine};
use super::filters::{Chip, Filters, Operators};
use super::tiles::{self, Tile};
use super::views;
use crate::pages::{Asked, Frame, Page, Refused, Texts, Viewer, html, refused_html, with_query};
use crate::table::sort::DEFAULT_SORT;

#[derive(Default, Deserialize)]
struct UsersPage {
    items: Vec<UserLine>,
    next: Option<String>,
    total: u64,
    columns: Vec<String>,
    sort: String,
}

#[derive(Template)]
#[template(path = "users/list.html")]
struct ListPage<'a> {
    t: Texts,
    frame: Frame,
    tiles: Vec<Tile>,
    asked: &'a Asked,
    filters: &'a Filters,
    operators: Vec<Operators>,
    chips: Vec<Chip>,
    columns: Vec<String>,
    sort: String,
    meant: Vec<(String, String)>,
    columns_at: String,
    heads: Vec<Head>,
    rows: Vec<Row>,
    total: u64,
    next: Option<String>,
    previous: Option<String>,
    refused: Option<&'a Refused>,
    personal: bool,
    may_write: bool,
    may_define: bool,
    may_import: bool,
    /// Where what the table shows is exported, in its order.
    export: Option<String>,
}

/// Users, as the address says. What the API refuses of it is told above the table, and can be taken away there.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    let asked = Asked::read(&uri)?;
    if let Some(better) = asked.settled() {
        return Ok(better);
    }
    let at_api = asked.at_api("/v1/users");
    let (users, tiles, filters, meant) = tokio::join!(
        viewer.ask().get::<UsersPage>(&at_api),
        tiles::tiles(&viewer),
        Filters::ask(&viewer),
        views::meant(&viewer, &asked)
    );
    let (tiles, mut filters) = (tiles?, filters?);
    filters.learn_imports(&viewer, asked.imports()).await;
    let refused = users.as_ref().err().cloned();
    let users = users.unwrap_or_default();
    let personal = viewer.may(Scope::PersonalRead);
    let order = users.sort.clone();
    let names = columns::names(&users.columns);
    let row = |user| columns::row(user, &names, &filters, &viewer);
    let page = ListPage {
        t: Texts,
        frame: Frame::new(&viewer, "/users"),
        tiles,
        operators: Filters::operators(),
        chips: filters.chips(&asked),
        heads: columns::heads(&names, &filters, &asked, (&users.sort, personal)),
        columns: users.columns,
        sort: users.sort,
        columns_at: match asked.one("view") {
            // Columns that are chosen are not the view's: what it asks for is looked at by itself then.
            Some(_) => {
                with_query("/users/columns", &[("to", asked.in_full(&meant, &order).as_str())])
            }
            None => asked.carried("/users/columns"),
        },
        meant,
        rows: users.items.into_iter().map(row).collect(),
        total: users.total,
        next: users.next.map(|cursor| asked.next(&cursor)),
        previous: asked.previous(),
        refused: refused.as_ref(),
        personal,
        may_write: viewer.may(Scope::UsersWrite),
        may_define: viewer.may(Scope::DefinitionsWrite),
        may_import: viewer.may(Scope::ImportsWrite),
        export: viewer.may(Scope::ExportsCreate).then(|| export(&asked, &order)),
        asked: &asked,
        filters: &filters,
    };
    match &refused {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// The form of an export of these users; the order that every table has goes without saying.
fn export(asked: &Asked, order: &str) -> String {
    let content = ("content", "users");
    match order {
        "" | DEFAULT_SORT => asked.filters_at("/exports/new", &[content]),
        order => asked.filters_at("/exports/new", &[content, ("sort", order)]),
    }
}
