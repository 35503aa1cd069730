//! One thing done to many users: chosen, looked at beforehand, and begun.

use std::collections::BTreeMap;

use askama::Template;
use axum::http::{HeaderName, Method};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::filters::{Filters, Named};
use crate::pages::{Form, Frame, Page, Refused, Texts, Viewer, at, back, html, ours, refused_html};
use crate::problem::{Problem, ProblemKind};

/// What filters are called in the form begins so.
const FILTER: &str = "filter.";
/// What can be done, and the field of the form that says to what.
const DEEDS: [(&str, &str, &str); 6] = [
    ("join_list", "list", "to_join"),
    ("leave_list", "list", "to_leave"),
    ("gain_badge", "badge", "to_gain"),
    ("lose_badge", "badge", "to_lose"),
    ("set_property", "property", "to_set"),
    ("delete", "", ""),
];
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What it would do.
#[derive(Deserialize)]
struct Would {
    matched: u64,
    changed: u64,
    unchanged: u64,
    refused: u64,
    codes: BTreeMap<String, u64>,
    changed_first: Vec<WouldChange>,
    #[serde(default)]
    values_first: Vec<WouldSet>,
}

/// A value that would be changed.
#[derive(Deserialize)]
struct WouldSet {
    user_id: String,
    email: Option<String>,
    old: Option<String>,
    new: Option<String>,
}

impl WouldSet {
    /// Whose.
    fn who(&self) -> &str {
        self.email.as_ref().unwrap_or(&self.user_id)
    }
}

#[derive(Deserialize)]
struct WouldChange {
    user_id: String,
    email: Option<String>,
}

#[derive(Deserialize)]
struct Begun {
    id: String,
}

#[derive(Deserialize)]
struct Counted {
    total: u64,
}

#[derive(Template)]
#[template(path = "users/many.html")]
struct ManyPage<'a> {
    t: Texts,
    frame: Frame,
    form: &'a Form,
    filters: &'a Filters,
    badges: Vec<&'a Named>,
    kept: Vec<(String, String)>,
    count: u64,
    would: Option<Would>,
    key: String,
    /// The table as it was looked at.
    table: String,
}

impl ManyPage<'_> {
    /// A value as people read it.
    fn value(&self, value: &str) -> String {
        match self.filters.kind(self.form.value("to_set")) {
            "boolean" => Texts.named("boolean", value),
            _ => value.to_owned(),
        }
    }

    /// What is done, in words, once it was looked at.
    fn deed(&self) -> String {
        let (action, of, field) = deed(self.form);
        let name = match of {
            "property" => self.filters.column(self.form.value(field)),
            of => self.filters.name_of(of, self.form.value(field)),
        };
        let value = self.form.value("value");
        let key = match action {
            "set_property" if value.is_empty() => "clear_property",
            action => action,
        };
        let text = Texts.named("deed", key);
        [text.as_str(), &name, value].join(" ").trim().to_owned()
    }
}

fn deed(form: &Form) -> (&'static str, &'static str, &'static str) {
    let said = form.value("action");
    DEEDS.into_iter().find(|(action, ..)| *action == said).unwrap_or(("", "", ""))
}

/// The form with what is to be done, where no button was ticked and the fields of one thing alone are filled.
fn settled(form: Form) -> Form {
    let filled = |(_, of, field): &(&str, &str, &str)| {
        form.text(field).is_some() || *of == "property" && form.text("value").is_some()
    };
    let meant: Vec<&str> = DEEDS.into_iter().filter(filled).map(|(action, ..)| action).collect();
    match meant.as_slice() {
        [action] if form.value("action").is_empty() => {
            Form::filled([("action", *action)].into_iter().chain(form.beginning("")))
        }
        _ => form,
    }
}

/// What the API is asked to do.
fn body(form: &Form) -> Result<Value, Refused> {
    let (action, of, field) = deed(form);
    let left_open = |text: &str, field: &str| {
        Problem::new(ProblemKind::BodyInvalid, Texts.say(text)).with("field", field)
    };
    if action.is_empty() {
        return Err(left_open("many-choose-what", "action").into());
    }
    if !of.is_empty() && form.text(field).is_none() {
        return Err(left_open("many-choose-which", field).into());
    }
    let mut body = Map::from_iter([("action".to_owned(), json!(action))]);
    if !of.is_empty() {
        body.insert(of.to_owned(), json!(form.value(field)));
    }
    if of == "property" {
        let value = form.value("value");
        body.insert("value".to_owned(), if value.is_empty() { Value::Null } else { json!(value) });
    }
    match form.value("whom") {
        "all" => body.insert("filter".to_owned(), filter(form)?),
        _ => {
            let users: Vec<&str> = form.values("users").collect();
            body.insert("users".to_owned(), json!(users))
        }
    };
    Ok(Value::Object(body))
}

/// The filters of the table, as the API takes them: each with its value, or with several.
pub(super) fn filter(form: &Form) -> Result<Value, Refused> {
    let mut filter: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in form.beginning(FILTER) {
        filter.entry(name).or_default().push(value);
    }
    let several = [".is_one_of", ".between", ".between_days"];
    let twice = filter.iter().find(|(name, values)| {
        values.len() > 1 && several.iter().any(|operator| name.ends_with(operator))
    });
    if let Some((name, _)) = twice {
        // A list would mean any of them, and the table means all.
        let detail = format!("{name} stands twice; take one of them away first");
        return Err(Problem::new(ProblemKind::ConditionInvalid, detail).into());
    }
    let said = filter.into_iter().map(|(name, values)| match values.as_slice() {
        [one] => (name.to_owned(), json!(one)),
        several => (name.to_owned(), json!(several)),
    });
    Ok(Value::Object(said.collect()))
}

/// Shows what can be done with whom was chosen; then what it would do; then begins it.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn step(viewer: Viewer, form: Form) -> Page {
    let form = settled(form);
    let stepped = match form.value("step") {
        "look" => look(&viewer, &form).await.map(Some),
        "begin" => match begin(&viewer, &form).await {
            Ok(begun) => return back(&at("/bulk-actions/{}", &[&begun.id]), "bulk-begun", 0),
            Err(refused) => Err(refused),
        },
        _ => Ok(None),
    };
    match stepped {
        Ok(would) => page(&viewer, &form, would).await,
        Err(refused) => page(&viewer, &form.refused(&refused), None).await,
    }
}

async fn look(viewer: &Viewer, form: &Form) -> Result<Would, Refused> {
    let path = "/v1/bulk-actions?dry_run=true";
    viewer.ask().act(Method::POST, path, Some(&body(form)?)).await
}

/// Once, however often the button is pressed.
async fn begin(viewer: &Viewer, form: &Form) -> Result<Begun, Refused> {
    let (body, key) = (body(form)?, form.value("key"));
    let headers = [(KEY, key)];
    let headers = if key.is_empty() { &[] } else { headers.as_slice() };
    let begun = viewer.ask().send(Method::POST, "/v1/bulk-actions", Some(&body), headers).await?;
    Ok(begun.value)
}

async fn page(viewer: &Viewer, form: &Form, would: Option<Would>) -> Page {
    let filters = Filters::ask(viewer).await?;
    let is_draft = |badge: &Named| badge.state.as_deref() == Some("draft");
    let by_hand = |badge: &&Named| badge.audience.is_none() && !is_draft(badge);
    let page = ManyPage {
        t: Texts,
        frame: Frame::new(viewer, "/users"),
        badges: filters.all("badge").iter().filter(by_hand).collect(),
        filters: &filters,
        kept: kept(form),
        count: count(viewer, form).await?,
        would,
        key: Uuid::now_v7().to_string(),
        table: ours(form.value("to"), "/users").to_owned(),
        form,
    };
    match form.refusal() {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// Whom it is about, as the next step's form has to say again.
fn kept(form: &Form) -> Vec<(String, String)> {
    let whom = [("whom".to_owned(), form.value("whom").to_owned())];
    let filters = form.beginning(FILTER).map(|(name, value)| (format!("{FILTER}{name}"), value));
    let users = form.values("users").map(|id| ("users".to_owned(), id));
    let more = filters.chain(users).filter(|(name, _)| match form.value("whom") {
        "all" => name != "users",
        _ => name == "users",
    });
    let back = form.text("to").map(|to| ("to".to_owned(), to.to_owned()));
    let whom = whom.into_iter().chain(back);
    whom.chain(more.map(|(name, value)| (name, value.to_owned()))).collect()
}

async fn count(viewer: &Viewer, form: &Form) -> Result<u64, Refused> {
    if form.value("whom") != "all" {
        return Ok(form.values("users").count() as u64);
    }
    let filters: Vec<(&str, &str)> = form.beginning(FILTER).chain([("count", "only")]).collect();
    let path = crate::pages::with_query("/v1/users", &filters);
    Ok(viewer.ask().get::<Counted>(&path).await.map(|counted| counted.total).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_says_what_the_api_takes() {
        let form = Form::filled([
            ("whom", "all"),
            ("users", "u1"),
            ("filter.list", "a"),
            ("filter.list", "b"),
            ("filter.property.city.is", "Lyon"),
            ("action", "join_list"),
            ("to_join", "spring"),
            ("to_leave", "other"),
        ]);
        let filter = json!({ "list": ["a", "b"], "property.city.is": "Lyon" });
        let said = body(&form).unwrap();
        assert_eq!(said, json!({ "action": "join_list", "list": "spring", "filter": filter }));
        let form = Form::filled([
            ("whom", "ticked"),
            ("users", "u1"),
            ("users", "u2"),
            ("action", "set_property"),
            ("to_set", "city"),
        ]);
        let said = json!({ "action": "set_property", "property": "city", "value": null, "users": ["u1", "u2"] });
        assert_eq!(body(&form).unwrap(), said);
    }

    #[test]
    fn what_is_filled_alone_is_meant_though_no_button_is_ticked() {
        let action = |fields: &[(&str, &str)]| {
            settled(Form::filled(fields.iter().copied())).value("action").to_owned()
        };
        let (empty, list) = (("to_leave", ""), ("to_join", "spring"));
        assert_eq!(action(&[("action", ""), list, empty]), "join_list");
        assert_eq!(action(&[list, ("to_gain", "vip")]), "", "two things are none");
        assert_eq!(action(&[("action", "delete"), list]), "delete", "what is ticked is meant");
        assert_eq!(action(&[empty, ("value", "Lyon"), ("to_set", "city")]), "set_property");
        assert_eq!(action(&[empty]), "");
        let nothing = body(&Form::default()).unwrap_err();
        assert_eq!(
            (nothing.code.as_str(), nothing.field.as_deref()),
            ("body_invalid", Some("action"))
        );
        let which = body(&Form::filled([("action", "join_list")])).unwrap_err();
        assert_eq!(which.field.as_deref(), Some("to_join"));
    }

    #[test]
    fn what_cannot_be_said_to_the_api_is_not_said_otherwise() {
        let twice = "filter.property.city.is_one_of";
        let form =
            Form::filled([("whom", "all"), (twice, "a,b"), (twice, "b,c"), ("action", "delete")]);
        assert_eq!(body(&form).unwrap_err().code, "condition_invalid");
    }
}
