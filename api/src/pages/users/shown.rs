//! Which columns the table shows: chosen, put in order, and kept for oneself or for the team.

use std::collections::BTreeSet;

use askama::Template;
use axum::http::{Method, Uri, header};
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::{Value, json};

use super::filters::Filters;
use crate::pages::ask::Answered;
use crate::pages::{
    Asked, Form, Frame, Page, Refused, Texts, Viewer, back, html, ours, refused_html,
};

/// Fields that can be shown beside properties.
const OWN: [&str; 5] = ["first_name", "last_name", "lang", "external_id", "user_id"];

#[derive(Deserialize)]
struct Table {
    effective: Vec<String>,
    from: String,
}

/// A column that can be shown.
struct Choice {
    id: String,
    name: String,
    shown: bool,
    /// Whether what is searched for is in its name.
    found: bool,
}

#[derive(Template)]
#[template(path = "users/shown.html")]
struct ShownPage<'a> {
    t: Texts,
    frame: Frame,
    form: &'a Form,
    choices: Vec<Choice>,
    etag: String,
    to: String,
    from: String,
    may_team: bool,
}

/// The choice as it is.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, uri: Uri) -> Page {
    let asked = Asked::read(&uri)?;
    let form = Form::filled([("to", asked.one("to").unwrap_or_default())]);
    html(&page(&viewer, &form).await?)
}

/// Moves a column, searches for some, or keeps the choice: whichever button was pressed.
///
/// # Errors
/// The API's no.
pub async fn change(viewer: Viewer, form: Form) -> Page {
    let Some(save) = form.text("save") else { return html(&page(&viewer, &form).await?) };
    let columns: Vec<&str> =
        form.values("column").filter(|column| form.has("shown", column)).collect();
    let (of, columns) = match save {
        "team" => ("team", json!(columns)),
        "none" => ("mine", Value::Null),
        _ => ("mine", json!(columns)),
    };
    let etag = form.value("etag");
    let seen = [(header::IF_MATCH, etag)];
    // What the team has was not looked at here, and a table that nobody chose has no version.
    let seen = if of == "mine" && !etag.is_empty() { seen.as_slice() } else { &[] };
    let body = json!({ "columns": columns });
    let path = format!("/v1/table?of={of}");
    let kept = viewer.ask().send::<Value>(Method::PUT, &path, Some(&body), seen).await;
    match kept {
        Ok(_) => back(ours(form.value("to"), "/users"), "columns-kept", 0),
        Err(refused) => {
            let form = form.refused(&refused);
            let page = page(&viewer, &form).await?;
            refused_html(&refused, &page)
        }
    }
}

async fn page<'a>(viewer: &Viewer, form: &'a Form) -> Result<ShownPage<'a>, Refused> {
    let (table, filters) =
        tokio::try_join!(viewer.ask().get_versioned::<Table>("/v1/table"), Filters::ask(viewer))?;
    let Answered { value: table, etag } = table;
    let known = OWN.into_iter().map(str::to_owned);
    let known = known.chain(filters.properties.iter().map(|known| known.reference_id.clone()));
    let mut order: Vec<String> = form.values("column").map(str::to_owned).collect();
    let typed = !order.is_empty();
    let shown: BTreeSet<String> = match typed {
        true => form.values("shown").map(str::to_owned).collect(),
        false => table.effective.iter().cloned().collect(),
    };
    if !typed {
        order.clone_from(&table.effective);
    }
    let left: Vec<String> = known.filter(|name| !order.contains(name)).collect();
    order.extend(left);
    moved(&mut order, form);
    let wanted = form.value("find").to_lowercase();
    let choice = |id: String| {
        let name = filters.column(&id);
        let found = name.to_lowercase().contains(&wanted) || id.contains(&wanted);
        Choice { shown: shown.contains(&id), found, name, id }
    };
    Ok(ShownPage {
        t: Texts,
        frame: Frame::new(viewer, "/users"),
        form,
        choices: order.into_iter().map(choice).collect(),
        etag: form.text("etag").map_or_else(|| etag.unwrap_or_default(), str::to_owned),
        to: ours(form.value("to"), "/users").to_owned(),
        from: table.from,
        may_team: viewer.may(Scope::DefinitionsWrite),
    })
}

/// Moves the column whose button was pressed past its neighbour.
fn moved(order: &mut [String], form: &Form) {
    let place = |id: &str| order.iter().position(|name| name == id);
    let (up, down) = (form.text("up").and_then(place), form.text("down").and_then(place));
    let upper = up.and_then(|place| place.checked_sub(1)).or(down);
    if let Some(upper) = upper.filter(|upper| upper + 1 < order.len()) {
        order.swap(upper, upper + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_moves_one_place_and_never_out_of_the_order() {
        let moved = |button: &str, id: &str| {
            let mut order = ["a", "b", "c"].map(str::to_owned);
            super::moved(&mut order, &Form::filled([(button, id)]));
            order.concat()
        };
        assert_eq!(moved("up", "b"), "bac");
        assert_eq!(moved("down", "b"), "acb");
        assert_eq!(moved("up", "a"), "abc");
        assert_eq!(moved("down", "c"), "abc");
        assert_eq!(moved("up", "z"), "abc");
    }
}
