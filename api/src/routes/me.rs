//! Whoever asks: who they are, what they may do, and where they are signed in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use chrono_tz::Tz;
use domain::team::{Change, Member};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::one_user::said;
use super::{InPath, Page, SmallBody, read_json, shown};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::team;

/// Longest name of a member, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Whoever asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct MeView {
    /// `token` or `team_member`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Public id, the actor of what they do.
    pub id: String,
    /// The address a member signs in with.
    pub email: Option<String>,
    /// What a member is called.
    pub name: Option<String>,
    /// A member's role.
    pub role: Option<&'static str>,
    /// Whether they see what names a user.
    pub personal_data: bool,
    /// What they may do.
    pub scopes: Vec<&'static str>,
    /// The IANA zone they are shown times in.
    pub zone: String,
    /// The one a member chose; null: it is that of the service.
    pub own_zone: Option<String>,
}

/// What is to be different; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MePatchBody {
    /// What the member is called; null takes it away.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Value>,
    /// The IANA zone to show times in; null: that of the service.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub zone: Option<Value>,
}

/// Another password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordBody {
    /// The one until now.
    pub current: String,
    /// The one from now on: 12 to 200 characters.
    pub new: String,
}

/// A browser in which a member is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Its public id.
    pub id: String,
    /// What the browser says it is.
    pub browser: String,
    /// When the member signed in.
    pub begun_at: String,
    /// When it was last used.
    pub seen_at: String,
    /// Whether this is the one that asks.
    pub current: bool,
}

/// The member who asks.
fn member(app: &App, credential: &Credential) -> Result<Arc<Member>, Problem> {
    let found = app.staff.team.of(&credential.id).filter(|_| credential.is_member());
    found.ok_or_else(|| Problem::new(ProblemKind::NoTeamMember, "this is asked with a token"))
}

fn view(app: &App, credential: &Credential) -> MeView {
    let member = app.staff.team.of(&credential.id).filter(|_| credential.is_member());
    let member = member.as_deref();
    let own_zone = member.and_then(|member| member.zone.clone());
    MeView {
        kind: credential.actor().kind.name(),
        id: credential.id.clone(),
        email: member.and_then(|member| member.email.clone()),
        name: member.and_then(|member| member.name.clone()),
        role: member.map(|member| member.role.name()),
        personal_data: credential.sees_personal(),
        scopes: credential.scopes().iter().map(|scope| scope.name()).collect(),
        zone: own_zone.clone().unwrap_or_else(|| app.config.zone.name().to_owned()),
        own_zone,
    }
}

/// What somebody is called, or nothing.
pub(super) fn read_called(said: Option<Value>) -> Result<Option<String>, Problem> {
    let wrong = |detail: String| {
        Err(Problem::new(ProblemKind::BodyInvalid, detail).with("pointer", "/name"))
    };
    let text = match said {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            return wrong("name: a text is wanted, or null".to_owned());
        }
    };
    if text.chars().count() > NAME_CHARS_MAX || text.chars().any(char::is_control) {
        return wrong(format!("name: it has at most {NAME_CHARS_MAX} characters, in one line"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

fn read_zone(said: Value) -> Result<Option<String>, Problem> {
    let text = match said {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            let wrong = Problem::new(ProblemKind::BodyInvalid, "zone: a text is wanted, or null");
            return Err(wrong.with("pointer", "/zone"));
        }
    };
    let unknown = |_| {
        let detail = format!("{text:?} is no zone; zones are written Europe/Paris");
        Problem::new(ProblemKind::UnknownZone, detail).with("pointer", "/zone")
    };
    text.parse::<Tz>().map(|zone| Some(zone.name().to_owned())).map_err(unknown)
}

/// Who asks, and what they may do.
#[utoipa::path(get, path = "/v1/me", tag = "access", responses((status = 200, body = MeView)))]
pub async fn show(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<MeView>, Problem> {
    Params::read(&uri, &[])?;
    Ok(Json(view(&app, &credential)))
}

/// Changes what the member who asks is called, or the zone they are shown times in.
#[utoipa::path(patch, path = "/v1/me", tag = "access", request_body = MePatchBody, responses((status = 200, body = MeView),
    (status = 400, description = "unknown_zone"), (status = 409, description = "no_team_member")))]
pub async fn change(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<Json<MeView>, Problem> {
    Params::read(&uri, &[])?;
    let id = member(&app, &credential)?.id.clone();
    let body: MePatchBody = read_json(&body)?;
    let name = body.name.map(|name| read_called(Some(name))).transpose()?;
    let zone = body.zone.map(read_zone).transpose()?;
    let change = Change { name, zone, ..Change::default() };
    team::change(&app, &request.context(&credential), &id, change, |_| Ok(())).await?;
    Ok(Json(view(&app, &credential)))
}

/// Gives the member who asks another password. Their other sessions end.
#[utoipa::path(put, path = "/v1/me/password", tag = "access", request_body = PasswordBody, responses((status = 204),
    (status = 409, description = "no_team_member"), (status = 422, description = "password_invalid, sign_in_failed"),
    (status = 429, description = "too_many_sign_ins")))]
pub async fn password(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
    SmallBody(body): SmallBody,
) -> Result<StatusCode, Problem> {
    Params::read(&uri, &[])?;
    let id = member(&app, &credential)?.id.clone();
    let body: PasswordBody = read_json(&body)?;
    let new = domain::team::password(&body.new);
    let new = new.map_err(|no| Problem::from(no).with("pointer", "/new"))?;
    let attempt = app.staff.attempts.begin(&id, None, app.now())?;
    let current = domain::team::password(&body.current).unwrap_or_default();
    let kept = app.password_of(id.clone()).await?;
    let wrong = || {
        let detail = "current: this is not the password until now";
        Problem::new(ProblemKind::SignInFailed, detail).with("pointer", "/current")
    };
    if !app.staff.passwords.fits(current, kept.clone()).await? {
        return Err(wrong());
    }
    app.staff.attempts.succeeded(&attempt);
    let hash = app.staff.passwords.hash(new).await?;
    let session = credential.session().map(|session| session.id.clone());
    // Somebody who used a link meanwhile was faster.
    match app.set_password(&id, hash, kept, None, session).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(wrong()),
    }
}

/// Where the member who asks is signed in, the session that was used last first.
#[utoipa::path(get, path = "/v1/me/sessions", tag = "access", responses((status = 200, body = Page<SessionView>),
    (status = 409, description = "no_team_member")))]
pub async fn sessions(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<SessionView>>, Problem> {
    Params::read(&uri, &[])?;
    let id = member(&app, &credential)?.id.clone();
    let own = credential.session().map(|session| session.id.as_str());
    let sessions = app.staff.sessions.of(&id, app.now()).into_iter();
    let items = sessions.map(|session| SessionView {
        id: session.id.clone(),
        browser: session.browser.clone(),
        begun_at: shown(session.begun_at),
        seen_at: shown(session.seen_at()),
        current: own == Some(session.id.as_str()),
    });
    Ok(Json(Page { items: items.collect(), next: None }))
}

/// Signs the member who asks out everywhere, here too.
#[utoipa::path(delete, path = "/v1/me/sessions", tag = "access", responses((status = 204),
    (status = 409, description = "no_team_member")))]
pub async fn end_sessions(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    Params::read(&uri, &[])?;
    app.sign_out(&member(&app, &credential)?.id, None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one session of the member who asks; one that is over stays so.
#[utoipa::path(delete, path = "/v1/me/sessions/{id}", tag = "access", params(("id" = String, Path, description = "the session's public id")),
    responses((status = 204), (status = 409, description = "no_team_member")))]
pub async fn end_session(
    State(app): State<Arc<App>>,
    credential: Credential,
    InPath(id): InPath<String>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    Params::read(&uri, &[])?;
    app.sign_out(&member(&app, &credential)?.id, Some(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
