//! What is done with an import from its page.

use axum::http::Method;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::draft;
use super::known::Import;
use super::mapping::{Known, differs, mapping};
use crate::pages::{Form, Page, Refused, Viewer, at, back, with_query};
use crate::routes::InPath;

#[derive(Deserialize)]
struct Made {
    id: String,
}

fn address(id: &str) -> String {
    at("/imports/{}", &[id])
}

/// Reads the file in another way.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn reading(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let mut asked = Map::new();
    for name in ["encoding", "delimiter"] {
        asked.extend(form.text(name).map(|value| (name.to_owned(), value.into())));
    }
    if let Some(header) = form.text("header") {
        asked.insert("header".to_owned(), Value::Bool(header == "true"));
    }
    let path = at("/v1/imports/{}/reading", &[&id]);
    let ask = viewer.ask();
    match ask.act::<IgnoredAny>(Method::PUT, &path, Some(&Value::Object(asked))).await {
        Ok(_) => back(&address(&id), "import-read", 0),
        Err(refused) => draft::again(&viewer, &id, None, &refused).await,
    }
}

/// Maps the columns as the form says and checks every row.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn check(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let checked = async {
        let (import, known) = tokio::try_join!(Import::ask(&viewer, &id), Known::ask(&viewer))?;
        checked(&viewer, &import, &known, &form).await
    };
    match checked.await {
        Ok(()) => Ok(Redirect::to(&address(&id)).into_response()),
        Err(refused) => draft::again(&viewer, &id, Some(form), &refused).await,
    }
}

async fn checked(
    viewer: &Viewer,
    import: &Import,
    known: &Known,
    form: &Form,
) -> Result<(), Refused> {
    let ask = viewer.ask();
    if import.state == "draft" || differs(form, import, known) {
        let path = at("/v1/imports/{}/mapping", &[&import.id]);
        let asked = mapping(form, import, known);
        ask.act::<IgnoredAny>(Method::PUT, &path, Some(&asked)).await?;
    }
    let path = at("/v1/imports/{}/check", &[&import.id]);
    ask.act::<IgnoredAny>(Method::POST, &path, None).await?;
    Ok(())
}

/// Begins the import, if what would come of it was seen as the form says it; else that is shown first.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn start(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    match started(&viewer, &id, &form).await {
        Ok(true) => Ok(Redirect::to(&address(&id)).into_response()),
        Ok(false) => back(&address(&id), "import-look-first", 0),
        Err(refused) => draft::again(&viewer, &id, Some(form), &refused).await,
    }
}

async fn started(viewer: &Viewer, id: &str, form: &Form) -> Result<bool, Refused> {
    let (import, known) = tokio::try_join!(Import::ask(viewer, id), Known::ask(viewer))?;
    if import.state != "checked" || differs(form, &import, &known) {
        checked(viewer, &import, &known, form).await?;
        return Ok(false);
    }
    let accepts = if form.has("accept_changes", "true") { "true" } else { "" };
    let path = at("/v1/imports/{}/start", &[id]);
    let path = with_query(&path, &[("accept_changes", accepts)]);
    viewer.ask().act::<IgnoredAny>(Method::POST, &path, None).await?;
    Ok(true)
}

/// Stops an import, or discards a draft.
///
/// # Errors
/// The API's no.
pub async fn cancel(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/imports/{}/cancel", &[&id]);
    viewer.ask().act::<IgnoredAny>(Method::POST, &path, None).await?;
    back(&address(&id), "import-cancelled", 0)
}

/// A new draft of the same file.
///
/// # Errors
/// The API's no.
pub async fn again(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/imports/{}/again", &[&id]);
    let made: Made = viewer.ask().act(Method::POST, &path, None).await?;
    Ok(Redirect::to(&address(&made.id)).into_response())
}
