//! One user: what there is of them, and what can be done with them by hand.

pub mod challenges;

use std::collections::BTreeMap;

use askama::Template;
use axum::http::Method;
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::Value;

use self::challenges::{Challenges, No};
use super::filters::{Filters, Named};
use super::promised::Promised;
use crate::pages::ask::Answered;
use crate::pages::follows::address;
use crate::pages::when::When;
use crate::pages::{Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html};
use crate::routes::InPath;

/// A user as `/v1/users/{id}` shows one.
#[derive(Debug, Deserialize)]
pub struct User {
    /// The user's id.
    pub id: String,
    /// The address; none where it is withheld.
    pub email: Option<String>,
    member_since: String,
    last_active_at: Option<String>,
    challenges_completed: u64,
    digital_assets: u64,
    perks_used: u64,
    /// Values by reference id.
    pub fields: BTreeMap<String, String>,
    former_emails: Vec<Former>,
    lists: Vec<Joined>,
    segments: Vec<Entered>,
    badges: Vec<Held>,
    challenges: Vec<TakesPart>,
    perks: Vec<Perk>,
    digital_assets_received: Vec<Asset>,
    apps: Vec<Connected>,
}

#[derive(Debug, Deserialize)]
struct Former {
    email: String,
    until: String,
}

#[derive(Debug, Deserialize)]
struct Joined {
    list_id: String,
    since: String,
}

#[derive(Debug, Deserialize)]
struct Entered {
    segment_id: String,
    since: String,
}

#[derive(Debug, Deserialize)]
struct Held {
    badge_id: String,
    since: String,
}

#[derive(Debug, Deserialize)]
struct TakesPart {
    challenge_id: String,
    joined_at: String,
    completed_at: Option<String>,
    steps: Vec<String>,
    rewards: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Perk {
    perk_id: String,
    received: u64,
    used: u64,
    used_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Asset {
    digital_asset_id: String,
    received_at: String,
}

#[derive(Debug, Deserialize)]
struct Connected {
    app_id: String,
    since: String,
}

/// What stands above every page about one user.
#[derive(Debug)]
pub struct Head {
    /// The user's page.
    pub href: String,
    /// The file with everything about the person.
    pub file: String,
    /// The address, or the id where that is withheld.
    pub name: String,
    /// Which of the pages this is.
    pub tab: &'static str,
    /// Whether the user can be changed by the viewer.
    pub may_write: bool,
    /// Whether values can be seen and changed.
    pub may_edit: bool,
    /// Whether the user's facts may be looked at.
    pub may_look_back: bool,
    /// Whether the file may be had.
    pub may_export: bool,
}

impl Head {
    /// Of the user with an id, called so.
    fn new(viewer: &Viewer, id: &str, name: &str, tab: &'static str) -> Head {
        let (write, personal) = (viewer.may(Scope::UsersWrite), viewer.may(Scope::PersonalRead));
        let look_back = viewer.may(Scope::EventsRead);
        Head {
            href: at("/users/{}", &[id]),
            file: at("/v1/users/{}/export.zip", &[id]),
            name: name.to_owned(),
            tab,
            may_write: write,
            may_edit: write && personal,
            may_look_back: look_back,
            may_export: look_back && personal && viewer.may(Scope::ExportsCreate),
        }
    }

    /// Of somebody who is not there any more: nothing can be done with them.
    pub fn gone(viewer: &Viewer, id: &str, tab: &'static str) -> Head {
        let head = Head::new(viewer, id, &Texts.say("gone-title"), tab);
        Head { may_write: false, may_edit: false, ..head }
    }

    /// Of a user who is there.
    pub fn of(viewer: &Viewer, user: &User, tab: &'static str) -> Head {
        Head::new(viewer, &user.id, user.email.as_deref().unwrap_or(&user.id), tab)
    }
}

#[derive(Template)]
#[template(path = "users/one.html")]
struct OnePage<'a> {
    t: Texts,
    frame: Frame,
    head: Head,
    viewer: &'a Viewer,
    user: &'a User,
    names: &'a Filters,
    promised: &'a Promised,
    joinable: Vec<&'a Named>,
    awardable: Vec<&'a Named>,
    challenges: Challenges<'a>,
    /// Why nothing became of what was wanted of a challenge.
    challenge_no: Option<No<'a>>,
    form: &'a Form,
}

impl OnePage<'_> {
    fn at(&self, instant: &str) -> When {
        self.viewer.when(instant)
    }

    /// The page of a list, segment, badge or challenge that is there.
    fn page(&self, sort: &str, id: &str) -> Option<String> {
        let there = self.names.all(sort).iter().any(|known| known.id == id);
        there.then(|| address(&format!("/{sort}s"), id))
    }

    /// First and last name, as far as they are known.
    fn called(&self) -> String {
        let names = ["first_name", "last_name"].map(|name| self.user.fields.get(name));
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        names.join(" ")
    }

    /// Whether a badge the user holds is withdrawn by hand, too.
    fn by_hand(&self, badge: &str) -> bool {
        let known = self.names.all("badge").iter().find(|known| known.id == badge);
        self.head.may_write && known.is_none_or(|known| known.audience.is_none())
    }
}

#[derive(Template)]
#[template(path = "users/gone.html")]
struct GonePage {
    t: Texts,
    frame: Frame,
    head: Head,
    id: String,
    since: Option<When>,
}

#[derive(Deserialize)]
struct Facts {
    items: Vec<Fact>,
}

#[derive(Deserialize)]
struct Fact {
    recorded_at: String,
}

/// A user, with the version seen; who was removed is told of as such.
///
/// # Errors
/// The API's no.
pub async fn ask(viewer: &Viewer, id: &str) -> Result<Answered<User>, Refused> {
    viewer.ask().get_versioned(&at("/v1/users/{}", &[id])).await
}

/// A page that says that a user is gone, where there was one; else the refusal.
///
/// # Errors
/// The refusal, where there never was such a user.
pub async fn gone(viewer: &Viewer, id: &str, refused: Refused) -> Page {
    if refused.code != "user_unknown" || !viewer.may(Scope::EventsRead) {
        return Err(refused);
    }
    let last = at("/v1/users/{}/events?limit=1", &[id]);
    let Ok(facts) = viewer.ask().get::<Facts>(&last).await else { return Err(refused) };
    let since = facts.items.first().map(|fact| viewer.when(&fact.recorded_at));
    let head = Head::gone(viewer, id, "overview");
    let frame = Frame::new(viewer, "/users");
    refused_html(&refused, &GonePage { t: Texts, frame, head, id: id.to_owned(), since })
}

/// The overview.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    overview(&viewer, &id, &Form::default()).await
}

async fn overview(viewer: &Viewer, id: &str, form: &Form) -> Page {
    let (user, names) = tokio::join!(ask(viewer, id), Filters::ask(viewer));
    let user = match user {
        Ok(user) => user.value,
        Err(refused) => return gone(viewer, id, refused).await,
    };
    let names = names?;
    let challenges = user.challenges.iter().map(|challenge| challenge.challenge_id.as_str());
    let promised = Promised::ask(viewer, challenges.collect()).await;
    let head = Head::of(viewer, &user, "overview");
    let challenges = match head.may_write {
        true => Challenges::of(&user, &names, &promised),
        false => Challenges::default(),
    };
    let on = |list: &&Named| !user.lists.iter().any(|joined| joined.list_id == list.id);
    let held = |badge: &&Named| user.badges.iter().any(|held| held.badge_id == badge.id);
    let by_hand = |badge: &&Named| {
        badge.audience.is_none() && badge.state.as_deref().is_none_or(|state| state == "published")
    };
    let awardable = names.all("badge").iter().filter(by_hand).filter(|badge| !held(badge));
    let page = OnePage {
        t: Texts,
        frame: Frame::new(viewer, "/users"),
        head,
        viewer,
        joinable: names.all("list").iter().filter(on).collect(),
        awardable: awardable.collect(),
        challenges,
        challenge_no: No::of(form, &names),
        user: &user,
        names: &names,
        promised: &promised,
        form,
    };
    match form.refusal() {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// One thing done with the user by hand: `act` says which.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn act(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let (list, badge) = (form.value("list"), form.value("badge"));
    let (challenge, step) = (form.value("challenge"), form.value("step"));
    let (method, path, done) = match form.value("act") {
        "leave" => (Method::DELETE, at("/v1/users/{}/lists/{}", &[&id, list]), "user-left"),
        "award" => (Method::POST, at("/v1/users/{}/badges/{}", &[&id, badge]), "user-awarded"),
        "withdraw" => {
            (Method::DELETE, at("/v1/users/{}/badges/{}", &[&id, badge]), "user-withdrawn")
        }
        "take-part" => {
            let path = at("/v1/users/{}/challenges/{}/join", &[&id, challenge]);
            (Method::POST, path, "user-takes-part")
        }
        "step" => {
            let path = at("/v1/users/{}/challenges/{}/steps/{}/complete", &[&id, challenge, step]);
            (Method::POST, path, "user-step")
        }
        _ => (Method::POST, at("/v1/users/{}/lists/{}", &[&id, list]), "user-joined"),
    };
    match viewer.ask().act::<Value>(method, &path, None).await {
        Ok(_) => back(&at("/users/{}", &[&id]), done, 0),
        Err(refused) => overview(&viewer, &id, &form.refused(&refused)).await,
    }
}
