//! The Events section: what happened to all users, newest first, by type, user and time.

use askama::Template;
use axum::http::Uri;
use axum::response::{IntoResponse, Redirect};
use chrono_tz::{TZ_VARIANTS, Tz};
use domain::UserId;
use domain::scope::Scope;
use serde::Deserialize;

use super::exports::offer::{EventType, Known};
use super::told::{self, Fact, Line, Names};
use super::users::filters::Chip;
use super::{Asked, Form, Frame, Page, Refused, Texts, Viewer, at, html, refused_html, with_query};
use crate::problem::{Problem, ProblemKind};

/// Fields of the form; all other parameters stay as they are.
const FIELDS: [&str; 5] = ["type", "user", "from", "through", "zone"];

#[derive(Default, Deserialize)]
struct Events {
    items: Vec<Event>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Event {
    user_id: String,
    user_email: Option<String>,
    #[serde(flatten)]
    fact: Fact,
}

/// An event as it is shown.
struct Row {
    /// The user's page.
    href: String,
    /// The address then, or the id where that is withheld.
    user: String,
    line: Line,
}

#[derive(Template)]
#[template(path = "events/list.html")]
struct EventsPage<'a> {
    t: Texts,
    frame: Frame,
    form: &'a Form,
    kept: Vec<(String, String)>,
    types: &'a [EventType],
    chosen: usize,
    zones: &'static [Tz],
    chips: Vec<Chip>,
    rows: Vec<Row>,
    newer: Option<String>,
    older: Option<String>,
    export: Option<String>,
    personal: bool,
    users: bool,
    imports: bool,
}

/// The events that are asked for.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, uri: Uri) -> Page {
    let asked = Asked::read(&uri)?;
    if let Some(better) = asked.settled() {
        return Ok(better);
    }
    let dated = ["from", "to", "through"].iter().any(|name| asked.one(name).is_some());
    if !dated && asked.one("zone").is_some() {
        let better = with_query("/events", &asked.kept(&["zone"]));
        return Ok(Redirect::to(&better).into_response());
    }
    let found = match asked.one("user").filter(|user| !is_id(user)) {
        Some(typed) => with_address(&viewer, typed).await.map(Some),
        None => Ok(None),
    };
    let events = match found {
        Ok(Some(id)) => {
            let mut better = asked.kept(&["user"]);
            better.push(("user".to_owned(), id));
            return Ok(Redirect::to(&with_query("/events", &better)).into_response());
        }
        Ok(None) => viewer.ask().get::<Events>(&asked.at_api("/v1/events")).await,
        Err(refused) => Err(refused),
    };
    page(&viewer, &asked, events).await
}

async fn page(viewer: &Viewer, asked: &Asked, events: Result<Events, Refused>) -> Page {
    let (known, names, email) =
        tokio::join!(Known::ask(viewer), Names::ask(viewer), address_of(viewer, asked));
    let known = known?.with_imports(viewer, asked.imports()).await;
    let names = names?.with(known.filters());
    let refused = events.as_ref().err().cloned();
    let form = form(viewer, asked, email.as_deref());
    let form = refused.iter().fold(form, |form, refused| form.refused(refused));
    let events = events.unwrap_or_default();
    let fields = if plain_days(asked) { &FIELDS[..] } else { &["type", "user", "zone"] };
    let page = EventsPage {
        t: Texts,
        frame: Frame::new(viewer, "/events"),
        kept: asked.kept(fields),
        types: &known.types,
        chosen: form.values("type").count(),
        zones: &TZ_VARIANTS,
        chips: chips(&known, asked, email.as_deref()),
        rows: events.items.into_iter().map(|event| row(viewer, &names, event)).collect(),
        newer: asked.previous(),
        older: events.next.map(|cursor| asked.next(&cursor)),
        export: viewer
            .may(Scope::ExportsCreate)
            .then(|| asked.filters_at("/exports/new", &[("content", "user_events")])),
        personal: viewer.may(Scope::PersonalRead),
        users: viewer.may(Scope::UsersRead),
        imports: viewer.may(Scope::ImportsWrite),
        form: &form,
    };
    match &refused {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// Whether the bounds of time are days, as its fields hold them; others stay as they are beside them.
fn plain_days(asked: &Asked) -> bool {
    let bounds = ["from", "through"].iter().filter_map(|name| asked.one(name));
    bounds.into_iter().all(|bound| bound.len() == 10)
}

#[derive(Deserialize)]
struct Users {
    items: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    email: Option<String>,
}

fn is_id(user: &str) -> bool {
    user.parse::<UserId>().is_ok()
}

/// The id of the user who has an address; who is typed otherwise is nobody.
async fn with_address(viewer: &Viewer, typed: &str) -> Result<String, Refused> {
    let email = typed.trim();
    let nobody = || {
        let detail = Texts.say("events-no-such-user");
        Problem::new(ProblemKind::UserUnknown, detail).with("parameter", "user")
    };
    if is_id(email) {
        return Ok(email.to_owned());
    }
    if !email.contains('@') {
        return Err(nobody().into());
    }
    let path = with_query("/v1/users", &[("property.email.is", email), ("limit", "100")]);
    let users: Users = viewer.ask().get(&path).await?;
    // The filter finds léa by lea; two such addresses are two users.
    let same = |user: &User| {
        user.email.as_deref().is_some_and(|it| it.to_lowercase() == email.to_lowercase())
    };
    let found = users.items.into_iter().find(same).map(|user| user.id);
    Ok(found.ok_or_else(nobody)?)
}

/// The address of the user who is asked for, where there is one that the viewer may see.
async fn address_of(viewer: &Viewer, asked: &Asked) -> Option<String> {
    let id = asked.one("user").filter(|user| is_id(user))?;
    if !viewer.may(Scope::UsersRead) {
        return None;
    }
    let user: User = viewer.ask().get(&at("/v1/users/{}", &[id])).await.ok()?;
    user.email
}

fn form(viewer: &Viewer, asked: &Asked, email: Option<&str>) -> Form {
    let mut typed: Vec<(String, String)> = asked.kept(&["user", "zone"]);
    let user = email.or(asked.one("user")).unwrap_or_default();
    let zone = asked.one("zone").unwrap_or(viewer.zone().name());
    typed.push(("user".to_owned(), user.to_owned()));
    typed.push(("zone".to_owned(), zone.to_owned()));
    Form::filled(typed)
}

/// The filters at work, in words; the zone is said with its days.
fn chips(known: &Known, asked: &Asked, email: Option<&str>) -> Vec<Chip> {
    let zone = asked.one("zone");
    let filters = asked.filters().filter(|(_, name, _)| *name != "zone");
    let chip = |(place, name, value): (usize, &str, &str)| {
        let value = if name == "user" { email.unwrap_or(value) } else { value };
        let said = known.said(name, value);
        let text = match zone.filter(|_| ["from", "to", "through"].contains(&name)) {
            Some(zone) => format!("{said}, {zone}"),
            None => said,
        };
        Chip { text, about: String::new(), without: asked.without(place) }
    };
    filters.map(chip).collect()
}

fn row(viewer: &Viewer, names: &Names, event: Event) -> Row {
    let Event { user_id, user_email, fact } = event;
    Row {
        href: at("/users/{}", &[&user_id]),
        line: told::line(viewer, names, &user_id, fact),
        user: user_email.unwrap_or(user_id),
    }
}
