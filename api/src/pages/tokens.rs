//! Access tokens: which there are, a new one whose secret is shown once, the end of one.

use askama::Template;
use axum::http::{Method, Uri};
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::{Value, json};

use super::when::When;
use super::{Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html};
use crate::params::Params;
use crate::routes::InPath;

const PATH: &str = "/tokens";

#[derive(Deserialize)]
struct Tokens {
    items: Vec<TokenLine>,
}

#[derive(Deserialize)]
struct TokenLine {
    id: String,
    name: Option<String>,
    scopes: Vec<String>,
    created_at: String,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
}

/// A token as a row shows it.
struct Row {
    id: String,
    /// Of the dialog that asks whether it is to end.
    dialog: String,
    name: Option<String>,
    scopes: Vec<String>,
    made: When,
    used: Option<When>,
    revoked: Option<When>,
}

/// What a token may do, as a box to tick.
struct Right {
    name: &'static str,
    label: String,
    hint: String,
}

/// A token that was just made.
#[derive(Deserialize)]
struct Made {
    id: String,
    token: String,
}

#[derive(Template)]
#[template(path = "tokens/list.html")]
struct ListPage<'a> {
    t: Texts,
    frame: Frame,
    rows: Vec<Row>,
    rights: Vec<Right>,
    form: &'a Form,
    made: Option<Made>,
}

/// Rights that something asks for: one that nothing needs yet is not offered.
fn rights() -> Vec<Right> {
    let asked_for = Scope::ALL.into_iter().filter(|scope| *scope != Scope::SubscriptionsWrite);
    let right = |scope: Scope| {
        let key = scope.name().replace(':', "-");
        let (label, hint) = (Texts.named("scope", &key), Texts.named("scopehint", &key));
        Right { name: scope.name(), label, hint }
    };
    asked_for.map(right).collect()
}

async fn page<'a>(
    viewer: &Viewer,
    form: &'a Form,
    made: Option<Made>,
) -> Result<ListPage<'a>, Refused> {
    let tokens: Tokens = viewer.ask().get("/v1/tokens").await?;
    let row = |line: TokenLine| Row {
        made: viewer.when(&line.created_at),
        used: line.last_used_at.map(|at| viewer.when(&at)),
        revoked: line.revoked_at.map(|at| viewer.when(&at)),
        dialog: format!("revoke-{}", line.id),
        id: line.id,
        name: line.name,
        scopes: line.scopes,
    };
    let mut rows: Vec<Row> = tokens.items.into_iter().rev().map(row).collect();
    rows.sort_by_key(|row| row.revoked.is_some()); // what still opens doors comes first
    let frame = Frame::new(viewer, PATH);
    Ok(ListPage { t: Texts, frame, rows, rights: rights(), form, made })
}

/// Every token, the newest first; those that were revoked last.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    html(&page(&viewer, &Form::default(), None).await?)
}

/// Makes one, and shows its secret: here and never again, so there is no other page it could be on.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn create(viewer: Viewer, form: Form) -> Page {
    let scopes: Vec<&str> = form.values("scopes").collect();
    let asked = json!({ "name": form.text("name"), "scopes": scopes });
    let made = viewer.ask().act::<Made>(Method::POST, "/v1/tokens", Some(&asked)).await;
    match made {
        Ok(made) => html(&page(&viewer, &Form::default(), Some(made)).await?),
        Err(refused) => {
            let form = form.refused(&refused);
            refused_html(&refused, &page(&viewer, &form, None).await?)
        }
    }
}

/// Ends one at once.
///
/// # Errors
/// The API's no.
pub async fn revoke(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/tokens/{}", &[&id]);
    viewer.ask().act::<Value>(Method::DELETE, &path, None).await?;
    back(PATH, "token-revoked", 1)
}
