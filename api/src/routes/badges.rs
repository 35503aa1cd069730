//! Badges: what they are, and who holds them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::event::{BadgeDefined, BadgeState, BadgeText, BadgeVisibility};
use domain::scope::Scope;
use domain::segment::Membership;
use domain::{DefinitionId, Event};
use eventlog::{Expected, Stream};
use projections::rules::RuleLine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::defining::{Definer, named};
use super::definitions::{
    AudienceForm, audience_form, audience_is_there, read_audience, suits_texts,
};
use super::settled::Settled;
use super::versions::with_etag;
use super::{InPath, Page, SmallBody, id, read_json, shown};
use crate::access::Credential;
use crate::app::App;
use crate::import::definitions::id_for_new;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::segments::with_rule;

/// What users read of a badge in one language.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BadgeTextForm {
    /// Its title.
    pub title: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// What those read who do not hold it; without it, the description.
    #[serde(default)]
    pub locked_description: Option<String>,
}

/// A badge.
#[derive(Debug, Serialize, ToSchema)]
pub struct BadgeView {
    /// Names it in every fact, for ever.
    pub id: String,
    /// As the team reads it.
    pub name: String,
    /// `draft`, `published` or `archived`.
    pub state: &'static str,
    /// Whose members hold it; null: it is awarded and withdrawn by hand.
    pub audience: Option<AudienceForm>,
    /// `everyone`, or `owners`: those who do not hold it never learn that it exists.
    pub visibility: &'static str,
    /// What users read, by language.
    pub texts: BTreeMap<String, BadgeTextForm>,
    /// Where its picture is.
    pub visual: Option<String>,
    /// Which of its definitions this is, from 1.
    pub version: u64,
    /// Users that hold it.
    pub users: u64,
    /// Whether everybody was looked at since it, the segment it follows, or anything that asks about, was made or changed;
    /// until then users still gain and lose it by that.
    pub settled: bool,
    /// When it was made.
    pub created_at: String,
    /// When it was changed last.
    pub changed_at: String,
    /// Revision of its stream; also the ETag.
    pub revision: u64,
}

impl BadgeView {
    /// `settled` was read before the line.
    fn new(settled: &Settled, line: RuleLine<BadgeDefined>) -> Result<BadgeView, Problem> {
        let badge = line.defined;
        let settled = settled.is(&Membership::Badge(badge.badge_id.clone()));
        let text = |(lang, text): (String, BadgeText)| {
            let BadgeText { title, description, locked_description } = text;
            (lang, BadgeTextForm { title, description, locked_description })
        };
        Ok(BadgeView {
            id: badge.badge_id.to_string(),
            name: badge.name,
            state: badge.state.name(),
            audience: badge.audience.map(audience_form),
            visibility: badge.visibility.name(),
            texts: badge.texts.into_iter().map(text).collect(),
            visual: badge.visual,
            version: badge.version,
            users: line.users,
            settled,
            created_at: shown(line.created_at),
            changed_at: shown(line.changed_at),
            revision: line.revision,
        })
    }
}

/// What a badge should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BadgeBody {
    /// Its id, for a new one: 1 to 64 of a-z, 0-9, _ and -; without it, one is made of the name.
    pub id: Option<String>,
    /// As the team reads it.
    pub name: String,
    /// Whose members hold it; without it, it is awarded and withdrawn by hand.
    pub audience: Option<AudienceForm>,
    /// `everyone` (default) or `owners`.
    pub visibility: Option<String>,
    /// What users read, by language: codes such as `en` or `pt-BR`.
    #[serde(default)]
    pub texts: BTreeMap<String, BadgeTextForm>,
    /// Where its picture is.
    pub visual: Option<String>,
}

fn invalid(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::BodyInvalid, detail)
}

/// The refusal of a badge that nobody defined.
pub(crate) fn unknown(id: &DefinitionId) -> Problem {
    let detail = format!("nobody defined a badge {:?}", id.as_str());
    Problem::new(ProblemKind::BadgeUnknown, detail)
}

impl BadgeBody {
    fn read(self, app: &App, badge_id: DefinitionId) -> Result<BadgeDefined, Problem> {
        let visibility = match self.visibility.as_deref() {
            None => Some(BadgeVisibility::default()),
            Some(name) => BadgeVisibility::ALL.into_iter().find(|known| known.name() == name),
        };
        suits_texts(
            self.texts.iter().map(|(lang, text)| {
                let BadgeTextForm { title, description, locked_description } = text;
                let locked = ("locked_description", locked_description.as_ref());
                (lang, [("title", Some(title)), ("description", description.as_ref()), locked])
            }),
            self.visual.as_ref(),
        )?;
        let text = |(lang, text): (String, BadgeTextForm)| {
            let BadgeTextForm { title, description, locked_description } = text;
            (lang, BadgeText { title, description, locked_description })
        };
        Ok(BadgeDefined {
            badge_id,
            name: named(&self.name)?,
            version: 1,
            state: BadgeState::Draft,
            audience: read_audience(app, self.audience)?,
            visibility: visibility.ok_or_else(|| invalid("visibility takes everyone or owners"))?,
            texts: self.texts.into_iter().map(text).collect(),
            visual: self.visual,
        })
    }
}

fn find(app: &App, badge: &DefinitionId) -> Result<RuleLine<BadgeDefined>, Problem> {
    let mut lines = app.follower.store().badges()?.into_iter();
    lines.find(|line| line.defined.badge_id == *badge).ok_or_else(|| unknown(badge))
}

fn view(app: &App, badge: &DefinitionId) -> Result<(u64, Json<BadgeView>), Problem> {
    let settled = Settled::read(app)?;
    let line = find(app, badge)?;
    Ok((line.revision, Json(BadgeView::new(&settled, line)?)))
}

/// Badges that somebody defined, in the order they were made.
#[utoipa::path(get, path = "/v1/badges", tag = "definitions", responses((status = 200, body = Page<BadgeView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<BadgeView>>, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let settled = Settled::read(&app)?;
    let lines = app.follower.store().badges()?.into_iter();
    let items = lines.map(|line| BadgeView::new(&settled, line));
    Ok(Json(Page { items: items.collect::<Result<_, Problem>>()?, next: None }))
}

/// One badge.
#[utoipa::path(get, path = "/v1/badges/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the badge's id"),
), responses((status = 200, body = BadgeView), (status = 404, description = "badge_unknown")))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(badge): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::UsersRead)?;
    Params::read(&uri, &[])?;
    let (revision, view) = view(&app, &id(&badge)?)?;
    Ok(with_etag(revision, view))
}

/// Makes a badge: a draft, which nobody gains yet.
#[utoipa::path(post, path = "/v1/badges", tag = "definitions", request_body = BadgeBody, responses(
    (status = 201, body = BadgeView), (status = 404, description = "list_unknown, segment_unknown"),
    (status = 409, description = "reference_id_taken"), (status = 422, description = "segment_cycle, language_invalid")))]
pub async fn create(definer: Definer, SmallBody(body): SmallBody) -> Result<Response, Problem> {
    let app = &definer.app;
    let mut body: BadgeBody = read_json(&body)?;
    let name = named(&body.name)?;
    let _defining = definer.begin().await?;
    let badge_id = match body.id.take() {
        Some(said) => id::<DefinitionId>(&said)?,
        None => {
            let taken = |id: &DefinitionId| Ok(find(app, id).is_ok());
            id_for_new(&name, "badge", (&taken, &taken))?
        }
    };
    let defined = body.read(app, badge_id.clone())?;
    with_rule(&app.follower.store(), None, Some(&defined))?;
    let new = (Stream::named("badge", &badge_id), Expected::New);
    let taken = || format!("there is a badge {:?} already", badge_id.as_str());
    let position = definer.make(new, &Event::BadgeCreated(defined), taken).await?;
    Ok(definer.made(position, view(app, &badge_id)?))
}

/// A change of a badge that somebody has seen as it is.
async fn redefine(
    definer: &Definer,
    badge: &str,
    change: impl FnOnce(&App, BadgeDefined) -> Result<Option<Event>, Problem>,
) -> Result<Response, Problem> {
    let app = &definer.app;
    let badge_id: DefinitionId = id(badge)?;
    let _defining = definer.begin().await?;
    let line = find(app, &badge_id)?;
    let expected = definer.expected(line.revision)?;
    let next = BadgeDefined { version: line.defined.version + 1, ..line.defined };
    let position = match change(app, next)? {
        None => app.log.head(),
        Some(event) => {
            definer.record((Stream::named("badge", &badge_id), expected), &event).await?
        }
    };
    Ok(definer.changed(position, view(app, &badge_id)?))
}

/// Changes a badge. Where its audience changes, only the difference is gained and lost.
#[utoipa::path(put, path = "/v1/badges/{id}", tag = "definitions", params(
    ("id" = String, Path, description = "the badge's id"), ("If-Match" = String, Header, description = "its ETag"),
), request_body = BadgeBody, responses((status = 200, body = BadgeView),
    (status = 404, description = "badge_unknown, list_unknown, segment_unknown"),
    (status = 412, description = "version_conflict"), (status = 422, description = "segment_cycle, language_invalid"),
    (status = 428, description = "if_match_missing")))]
pub async fn change(
    definer: Definer,
    InPath(badge): InPath<String>,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let body: BadgeBody = read_json(&body)?;
    if body.id.as_ref().is_some_and(|said| *said != badge) {
        return Err(invalid("the id of a badge never changes"));
    }
    redefine(&definer, &badge, |app, before| {
        let said = body.read(app, before.badge_id.clone())?;
        let defined = BadgeDefined { version: before.version, state: before.state, ..said };
        with_rule(&app.follower.store(), None, Some(&defined))?;
        Ok(Some(Event::BadgeChanged(defined)))
    })
    .await
}

/// Publishes a badge: from now on, who should hold it does. One that is published stays as it is.
#[utoipa::path(post, path = "/v1/badges/{id}/publish", tag = "definitions", params(
    ("id" = String, Path, description = "the badge's id"), ("If-Match" = String, Header, description = "its ETag"),
), responses((status = 200, body = BadgeView), (status = 404, description = "badge_unknown"),
    (status = 409, description = "audience_gone"), (status = 412, description = "version_conflict"), (status = 428, description = "if_match_missing")))]
pub async fn publish(definer: Definer, InPath(badge): InPath<String>) -> Result<Response, Problem> {
    redefine(&definer, &badge, |app, badge| {
        let new = badge.state != BadgeState::Published;
        audience_is_there(app, badge.audience.as_ref().filter(|_| new))?;
        let published = || BadgeDefined { state: BadgeState::Published, ..badge };
        Ok(new.then(published).map(Event::BadgePublished))
    })
    .await
}

/// Archives a badge: everybody loses it.
#[utoipa::path(post, path = "/v1/badges/{id}/archive", tag = "definitions", params(
    ("id" = String, Path, description = "the badge's id"), ("If-Match" = String, Header, description = "its ETag"),
), responses((status = 200, body = BadgeView), (status = 404, description = "badge_unknown"),
    (status = 412, description = "version_conflict"), (status = 428, description = "if_match_missing")))]
pub async fn archive(definer: Definer, InPath(badge): InPath<String>) -> Result<Response, Problem> {
    redefine(&definer, &badge, |_, badge| {
        let new = badge.state != BadgeState::Archived;
        let archived = || BadgeDefined { state: BadgeState::Archived, ..badge };
        Ok(new.then(archived).map(Event::BadgeArchived))
    })
    .await
}
