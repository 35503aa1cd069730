//! Custom properties: what is known of users, made, called otherwise, taken away.

use askama::Template;
use axum::http::{Method, Uri};
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html};
use crate::params::Params;
use crate::routes::InPath;

const PATH: &str = "/properties";
const TYPES: [&str; 4] = ["text", "number", "boolean", "date"];

#[derive(Deserialize)]
struct Properties {
    items: Vec<Property>,
}

/// A property as a row shows it.
#[derive(Deserialize)]
struct Property {
    id: String,
    reference_id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    revision: u64,
}

#[derive(Template)]
#[template(path = "properties/list.html")]
struct ListPage<'a> {
    t: Texts,
    frame: Frame,
    properties: Vec<Property>,
    types: Vec<(String, String)>,
    /// What was typed for a new one.
    new: &'a Form,
    may_define: bool,
}

#[derive(Template)]
#[template(path = "properties/one.html")]
struct OnePage<'a> {
    t: Texts,
    frame: Frame,
    property: &'a Property,
    form: &'a Form,
    /// Why it was not taken away.
    kept: Option<&'a Refused>,
}

async fn list_page<'a>(viewer: &Viewer, new: &'a Form) -> Result<ListPage<'a>, Refused> {
    let Properties { items } = viewer.ask().get("/v1/properties").await?;
    Ok(ListPage {
        t: Texts,
        frame: Frame::new(viewer, PATH),
        properties: items,
        types: TYPES.map(|kind| (kind.to_owned(), Texts.named("type", kind))).into(),
        new,
        may_define: viewer.may(Scope::DefinitionsWrite),
    })
}

/// All of them, in the order they were made.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    html(&list_page(&viewer, &Form::default()).await?)
}

/// Makes one.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn create(viewer: Viewer, form: Form) -> Page {
    let asked = json!({ "reference_id": form.value("reference_id").trim(), "name": form.text("name"),
        "type": form.value("type") });
    let made = viewer.ask().act::<Value>(Method::POST, "/v1/properties", Some(&asked)).await;
    match made {
        Ok(_) => back(PATH, "property-made", 1),
        Err(refused) => {
            let form = form.refused(&refused);
            refused_html(&refused, &list_page(&viewer, &form).await?)
        }
    }
}

async fn find(viewer: &Viewer, id: &str) -> Result<Property, Refused> {
    viewer.ask().get(&at("/v1/properties/{}", &[id])).await
}

fn one_page<'a>(viewer: &Viewer, property: &'a Property, form: &'a Form) -> OnePage<'a> {
    let frame = Frame::new(viewer, PATH);
    OnePage { t: Texts, frame, property, form, kept: None }
}

/// One of them: to be called otherwise, or taken away.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    let property = find(&viewer, &id).await?;
    let typed = [("name", &property.name), ("reference_id", &property.reference_id)];
    html(&one_page(&viewer, &property, &Form::filled(typed.map(|(n, v)| (n, v.as_str())))))
}

/// Calls one otherwise.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn change(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let asked =
        json!({ "reference_id": form.value("reference_id").trim(), "name": form.value("name") });
    let path = at("/v1/properties/{}", &[&id]);
    match viewer.ask().act_on::<Value>(Method::PUT, &path, Some(&asked), &form.seen()).await {
        Ok(_) => back(PATH, "property-renamed", 1),
        Err(refused) => {
            let property = find(&viewer, &id).await?;
            let form = form.refused(&refused);
            refused_html(&refused, &one_page(&viewer, &property, &form))
        }
    }
}

/// Takes one away.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn remove(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let path = at("/v1/properties/{}", &[&id]);
    match viewer.ask().act_on::<Value>(Method::DELETE, &path, None, &form.seen()).await {
        Ok(_) => back(PATH, "property-removed", 1),
        Err(refused) => {
            let property = find(&viewer, &id).await?;
            let typed = [("name", &property.name), ("reference_id", &property.reference_id)];
            let form = Form::filled(typed.map(|(name, value)| (name, value.as_str())));
            let page = OnePage { kept: Some(&refused), ..one_page(&viewer, &property, &form) };
            refused_html(&refused, &page)
        }
    }
}
