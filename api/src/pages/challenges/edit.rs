//! The editor of challenges: a form of rows that works without scripts, and never loses what was typed.

use std::borrow::Borrow;
use std::collections::BTreeSet;

use askama::Template;
use axum::http::{Method, Uri};
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::{Value, json};

use super::draft::Draft;
use super::one::seen;
use super::{Audiences, Challenge, PATH};
use crate::pages::follows::address;
use crate::pages::{Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html};
use crate::params::Params;
use crate::problem::ProblemKind;
use crate::routes::InPath;

#[derive(Template)]
#[template(path = "challenges/edit.html")]
struct EditPage<'a> {
    t: Texts,
    frame: Frame,
    /// Where the form goes.
    action: String,
    /// The one that is changed; none: a new one.
    challenge: Option<&'a Challenge>,
    draft: &'a Draft,
    /// Steps that there are: their ids stay.
    known: BTreeSet<&'a str>,
    lists: Vec<(String, String)>,
    segments: Vec<(String, String)>,
    kinds: [(&'static str, String); 2],
    form: &'a Form,
    /// Whether somebody else was faster.
    changed_meanwhile: bool,
}

impl EditPage<'_> {
    /// Why something was refused, where the API says that it was this.
    fn fault(&self, place: &str) -> Option<&str> {
        let refused = self.form.refusal()?;
        (refused.field.as_deref() == Some(place)).then_some(refused.detail.as_str())
    }

    /// The same of a cell.
    fn fault_at(&self, rows: &str, place: impl Borrow<usize>, member: &str) -> Option<&str> {
        self.fault(&format!("/{rows}/{}/{member}", place.borrow()))
    }

    /// The same of what users read in a language: its title, say, or the language itself (`lang`).
    fn fault_of_text(&self, lang: &str, name: &str) -> Option<&str> {
        self.form.fault_of_text(lang, name)
    }

    /// The id of a cell's field.
    fn cell(&self, field: &str, place: impl Borrow<usize>) -> String {
        format!("{field}-{}", place.borrow())
    }

    fn is_published(&self) -> bool {
        self.challenge.is_some_and(|challenge| challenge.state == "published")
    }

    fn is_known(&self, step: &str) -> bool {
        self.known.contains(step)
    }
}

async fn page(viewer: &Viewer, challenge: Option<&Challenge>, draft: &Draft, form: &Form) -> Page {
    let audiences = Audiences::ask(viewer).await?;
    // What is chosen stays offered, though it may be gone: else a form that nobody touched there would open it to everyone.
    let choices = |sort: &str, all: &[super::Named]| {
        let choice = |known: &super::Named| (format!("{sort}:{}", known.id), known.name.clone());
        let mut offered: Vec<(String, String)> = all.iter().map(choice).collect();
        let chosen = draft.audience.strip_prefix(sort).and_then(|rest| rest.strip_prefix(':'));
        if let Some(id) = chosen.filter(|_| offered.iter().all(|(said, _)| *said != draft.audience))
        {
            offered.push((draft.audience.clone(), id.to_owned()));
        }
        offered
    };
    let refusal = form.refusal();
    let conflict = ProblemKind::VersionConflict.code();
    let page = EditPage {
        t: Texts,
        frame: Frame::new(viewer, PATH),
        action: match challenge {
            Some(challenge) => format!("{}/edit", challenge.href()),
            None => "/challenges/new".to_owned(),
        },
        known: challenge.iter().flat_map(|it| &it.steps).map(|step| step.id.as_str()).collect(),
        challenge,
        draft,
        lists: choices("list", &audiences.lists),
        segments: choices("segment", &audiences.segments),
        kinds: ["perk", "digital_asset"].map(|kind| (kind, Texts.named("reward", kind))),
        form,
        changed_meanwhile: refusal.is_some_and(|refused| refused.code == conflict),
    };
    match refusal {
        Some(refused) => refused_html(refused, &page),
        None => html(&page),
    }
}

/// The form of a new one.
///
/// # Errors
/// The API's no.
pub async fn begin(viewer: Viewer, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    viewer.needs(Scope::DefinitionsWrite)?;
    page(&viewer, None, &Draft::new(), &Form::default()).await
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

/// Makes it, or shows the form with a row more, less or elsewhere: whichever button was pressed.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn make(viewer: Viewer, form: Form) -> Page {
    viewer.needs(Scope::DefinitionsWrite)?;
    let mut draft = Draft::read(&form);
    if form.text("save").is_none() {
        draft.turn(&form);
        return page(&viewer, None, &draft, &Form::default()).await;
    }
    draft.without_empty_rows();
    let mut body = match draft.body() {
        Ok(body) => body,
        Err(refused) => return page(&viewer, None, &draft, &form.refused(&refused)).await,
    };
    if !draft.id.is_empty() {
        body["id"] = json!(draft.id);
    }
    match viewer.ask().act::<Made>(Method::POST, "/v1/challenges", Some(&body)).await {
        Ok(Made { id }) => back(&address(PATH, &id), "challenge-made", 0),
        Err(refused) => page(&viewer, None, &draft, &form.refused(&refused)).await,
    }
}

/// The form of one that there is.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, InPath(id): InPath<String>, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    viewer.needs(Scope::DefinitionsWrite)?;
    let challenge = Challenge::find(&viewer, &id).await?;
    page(&viewer, Some(&challenge), &Draft::of(&challenge), &Form::default()).await
}

/// Changes it, or turns rows as [`make`] does. Where somebody else was faster, what was typed stays, and is saved over theirs
/// only by who has been told.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn change(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    viewer.needs(Scope::DefinitionsWrite)?;
    let mut draft = Draft::read(&form);
    if form.text("save").is_none() {
        let challenge = Challenge::find(&viewer, &id).await?;
        draft.turn(&form);
        return page(&viewer, Some(&challenge), &draft, &Form::default()).await;
    }
    draft.without_empty_rows();
    let body = match draft.body() {
        Ok(body) => body,
        Err(refused) => {
            let challenge = Challenge::find(&viewer, &id).await?;
            return page(&viewer, Some(&challenge), &draft, &form.refused(&refused)).await;
        }
    };
    let path = at("/v1/challenges/{}", &[&id]);
    match viewer.ask().act_on::<Value>(Method::PUT, &path, Some(&body), &seen(&form)).await {
        Ok(_) => back(&address(PATH, &id), "challenge-saved", 0),
        Err(refused) => refuse(&viewer, &id, draft, form.refused(&refused)).await,
    }
}

async fn refuse(viewer: &Viewer, id: &str, mut draft: Draft, form: Form) -> Page {
    let challenge: Result<Challenge, Refused> = Challenge::find(viewer, id).await;
    let challenge = challenge?;
    let conflict = ProblemKind::VersionConflict.code();
    if form.refusal().is_some_and(|refused| refused.code == conflict) {
        draft.version = challenge.version.to_string();
    }
    page(viewer, Some(&challenge), &draft, &form).await
}
