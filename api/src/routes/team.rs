//! The team: who is invited to the admin interface, what they may do there, and that they are gone.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::scope::Scope;
use domain::team::{Change, Role};
use projections::team::MemberLine;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::me::read_called;
use super::new_user::read_email;
use super::one_user::said;
use super::versions::{as_seen, with_etag};
use super::{InPath, Page, SmallBody, read_json, shown};
use crate::access::Credential;
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::{idempotency, team};

/// A team member. Who manages the team sees whom it consists of, also without `personal:read`, which is about users.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberView {
    /// Public id, the actor of what the member does.
    pub id: String,
    /// The address they sign in with.
    pub email: Option<String>,
    /// What they are called.
    pub name: Option<String>,
    /// `viewer`, `editor` or `admin`.
    pub role: &'static str,
    /// Whether they see what names a user.
    pub personal_data: bool,
    /// `invited`, `joined` once they have set a password, or `removed`.
    pub state: &'static str,
    /// When they were invited.
    pub invited_at: String,
    /// When they set a password for the first time.
    pub joined_at: Option<String>,
    /// When they were last there, as far as a session of theirs knows.
    pub last_seen_at: Option<String>,
    /// When they were removed.
    pub removed_at: Option<String>,
    /// Revision of what is known of them; in quotes the ETag, for `If-Match`.
    pub revision: u64,
}

impl MemberView {
    fn new(app: &App, line: MemberLine) -> MemberView {
        let MemberLine { member, invited_at, joined_at, removed_at, revision } = line;
        let state = match (member.removed, member.joined) {
            (true, _) => "removed",
            (false, true) => "joined",
            (false, false) => "invited",
        };
        let last = app.staff.sessions.of(&member.id, app.now()).first().map(|it| it.seen_at());
        MemberView {
            id: member.id,
            email: member.email,
            name: member.name,
            role: member.role.name(),
            personal_data: member.personal_data,
            state,
            invited_at: shown(invited_at),
            joined_at: joined_at.map(shown),
            last_seen_at: last.map(shown),
            removed_at: removed_at.map(shown),
            revision,
        }
    }
}

/// Somebody to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMemberBody {
    /// The address they will sign in with. No mail is sent: give them the link.
    pub email: String,
    /// What they are called.
    pub name: Option<String>,
    /// `viewer`, `editor` or `admin`.
    pub role: String,
    /// Whether they see what names a user. Only who does can say so.
    #[serde(default)]
    pub personal_data: bool,
}

/// What is to be different; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPatchBody {
    /// `viewer`, `editor` or `admin`.
    pub role: Option<String>,
    /// Whether they see what names a user. Only who does can say so.
    pub personal_data: Option<bool>,
    /// What they are called; null takes it away.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Value>,
}

/// A link with which a password is set, once. It is shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkView {
    /// What follows the address of the service.
    pub link: String,
    /// Until when it works.
    pub works_until: String,
}

impl From<team::Link> for LinkView {
    fn from(link: team::Link) -> LinkView {
        LinkView { link: link.path, works_until: shown(link.until) }
    }
}

/// Somebody who was invited, and the link for them.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitedAnswer {
    /// Who.
    #[serde(flatten)]
    pub member: MemberView,
    /// The link, shown this once.
    #[serde(flatten)]
    pub link: LinkView,
}

fn begin(credential: &Credential, uri: &Uri) -> Result<(), Problem> {
    credential.needs(Scope::Admin)?;
    Params::read(uri, &[]).map(drop)
}

/// Whoever gives a right has it: else an admin without it would give it to themselves.
fn gives_personal(credential: &Credential, gives: bool) -> Result<(), Problem> {
    if !gives {
        return Ok(());
    }
    credential.needs_personal("only who sees personal data lets others see it")
}

fn read_role(text: &str) -> Result<Role, Problem> {
    let unknown = |no: domain::team::UnknownRole| {
        Problem::new(ProblemKind::BodyInvalid, no.to_string()).with("pointer", "/role")
    };
    text.parse().map_err(unknown)
}

/// Every team member there ever was, in the order they were invited.
#[utoipa::path(get, path = "/v1/team", tag = "access", responses((status = 200, body = Page<MemberView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<MemberView>>, Problem> {
    begin(&credential, &uri)?;
    let lines = app.follower.store().team()?.into_iter();
    let items = lines.map(|line| MemberView::new(&app, line)).collect();
    Ok(Json(Page { items, next: None }))
}

/// Invites somebody. Takes no `Idempotency-Key`: the answer holds a secret, which is never kept.
#[utoipa::path(post, path = "/v1/team", tag = "access", request_body = NewMemberBody, responses(
    (status = 201, body = InvitedAnswer), (status = 403, description = "personal_data_required"),
    (status = 409, description = "team_member_email_taken"), (status = 422, description = "email_invalid, too_many_team_members")))]
pub async fn invite(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    headers: HeaderMap,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    begin(&credential, &uri)?;
    idempotency::takes_none(&headers)?;
    let body: NewMemberBody = read_json(&body)?;
    gives_personal(&credential, body.personal_data)?;
    let (email, role) = (read_email(&body.email)?, read_role(&body.role)?);
    let name = read_called(body.name.map(Value::String))?;
    let rights = (name, role, body.personal_data);
    let (line, link) = team::invite(&app, &request.context(&credential), &email, rights).await?;
    let answer = InvitedAnswer { member: MemberView::new(&app, line), link: link.into() };
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Changes what a member may do, or what they are called. It holds from their next request on.
#[utoipa::path(patch, path = "/v1/team/{id}", tag = "access", params(("id" = String, Path, description = "the member's public id"),
    ("If-Match" = Option<String>, Header, description = "the member's revision in quotes: refused where somebody was faster")),
    request_body = MemberPatchBody, responses((status = 200, body = MemberView),
    (status = 403, description = "personal_data_required"), (status = 404, description = "team_member_unknown"),
    (status = 409, description = "last_admin"), (status = 412, description = "version_conflict")))]
pub async fn change(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(id): InPath<String>,
    uri: Uri,
    headers: HeaderMap,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    begin(&credential, &uri)?;
    let body: MemberPatchBody = read_json(&body)?;
    gives_personal(&credential, body.personal_data == Some(true))?;
    let change = Change {
        role: body.role.as_deref().map(read_role).transpose()?,
        personal_data: body.personal_data,
        name: body.name.map(|name| read_called(Some(name))).transpose()?,
        zone: None,
    };
    let as_seen = |revision| as_seen(&headers, Some(revision));
    let line = team::change(&app, &request.context(&credential), &id, change, as_seen).await?;
    Ok(with_etag(line.revision, Json(MemberView::new(&app, line))))
}

/// Removes a member. Their sessions end at once; removing them again changes nothing.
#[utoipa::path(delete, path = "/v1/team/{id}", tag = "access", params(("id" = String, Path, description = "the member's public id")),
    responses((status = 204), (status = 404, description = "team_member_unknown"), (status = 409, description = "last_admin")))]
pub async fn remove(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(id): InPath<String>,
    uri: Uri,
) -> Result<StatusCode, Problem> {
    begin(&credential, &uri)?;
    team::remove(&app, &request.context(&credential), &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a new link for a member, to join or where the password is forgotten. An earlier one works no more.
#[utoipa::path(post, path = "/v1/team/{id}/link", tag = "access", params(("id" = String, Path, description = "the member's public id")),
    responses((status = 201, body = LinkView), (status = 403, description = "personal_data_required"),
    (status = 404, description = "team_member_unknown")))]
pub async fn link(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(id): InPath<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    begin(&credential, &uri)?;
    idempotency::takes_none(&headers)?;
    // Whoever has the link can be the member.
    let may = |personal_data| gives_personal(&credential, personal_data);
    let link = team::link_for(&app, &request.context(&credential), &id, may).await?;
    Ok((StatusCode::CREATED, Json(LinkView::from(link))).into_response())
}

/// Makes a link with which somebody joins as an admin who sees personal data, and says their address themselves.
#[utoipa::path(post, path = "/v1/sign-in-links", tag = "access",
    responses((status = 201, body = LinkView), (status = 403, description = "personal_data_required")))]
pub async fn link_for_an_admin(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    begin(&credential, &uri)?;
    idempotency::takes_none(&headers)?;
    gives_personal(&credential, true)?;
    let link = team::link_for_an_admin(&app, &request.context(&credential)).await?;
    Ok((StatusCode::CREATED, Json(LinkView::from(link))).into_response())
}
