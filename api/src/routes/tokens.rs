//! Access tokens: made, listed, revoked. A secret is shown once and stored nowhere.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use domain::Event;
use domain::event::{TokenCreated, TokenRevoked};
use domain::scope::Scope;
use eventlog::{Expected, Stream};
use projections::tokens::TokenLine;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{InPath, Page, SmallBody, at_position, read_json, shown};
use crate::access::{Credential, hash, new_token};
use crate::app::{self, App};
use crate::idempotency;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;

/// Longest name of a token, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A token; never its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenView {
    /// Public id, the actor of what the token does.
    pub id: String,
    /// What it is for.
    pub name: Option<String>,
    /// What it may do.
    pub scopes: Vec<&'static str>,
    /// When it was made.
    pub created_at: String,
    /// When it was last used, to the minute.
    pub last_used_at: Option<String>,
    /// When it ended.
    pub revoked_at: Option<String>,
}

/// What a new token should be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTokenBody {
    /// What it is for.
    pub name: Option<String>,
    /// What it may do: users:read users:write imports:write exports:create events:read definitions:write
    /// personal:read admin. (subscriptions:write is reserved: no route needs it yet.)
    pub scopes: Vec<String>,
}

/// A new token, with its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewTokenAnswer {
    /// Public id.
    pub id: String,
    /// The secret. It is shown this once.
    pub token: String,
    /// What it may do.
    pub scopes: Vec<&'static str>,
}

/// Every token ever made, oldest first.
#[utoipa::path(get, path = "/v1/tokens", tag = "access", responses((status = 200, body = Page<TokenView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Json<Page<TokenView>>, Problem> {
    credential.needs(Scope::Admin)?;
    Params::read(&uri, &[])?;
    let view = |line: TokenLine| -> Result<TokenView, Problem> {
        Ok(TokenView {
            last_used_at: app.work.last_used(&line.id).map_err(Problem::internal)?.map(shown),
            id: line.id,
            name: line.name,
            scopes: line.scopes.iter().map(|scope| scope.name()).collect(),
            created_at: shown(line.created_at),
            revoked_at: line.revoked_at.map(shown),
        })
    };
    let _ = app.work.note_use(&app.tokens.take_used());
    let items = app.follower.store().tokens()?.into_iter().map(view).collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next: None }))
}

/// Makes a token. Takes no `Idempotency-Key`: the answer holds the secret, which is never kept.
#[utoipa::path(post, path = "/v1/tokens", tag = "access", request_body = NewTokenBody,
    responses((status = 201, body = NewTokenAnswer)))]
pub async fn create(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    uri: Uri,
    headers: HeaderMap,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    credential.needs(Scope::Admin)?;
    Params::read(&uri, &[])?;
    idempotency::takes_none(&headers)?;
    let invalid = |detail: String| Problem::new(ProblemKind::BodyInvalid, detail);
    let body: NewTokenBody = read_json(&body)?;
    let scopes: Vec<Scope> = body
        .scopes
        .iter()
        .map(|scope| {
            scope
                .parse()
                .map_err(|unknown: domain::scope::UnknownScope| invalid(unknown.to_string()))
        })
        .collect::<Result<_, _>>()?;
    if scopes.is_empty() {
        return Err(invalid("a token needs at least one scope".to_owned()));
    }
    if scopes.iter().any(|scope| matches!(scope, Scope::Admin | Scope::PersonalRead)) {
        credential.needs_personal("only who sees personal data makes a token that does")?;
    }
    if body.name.as_ref().is_some_and(|name| name.chars().count() > NAME_CHARS_MAX) {
        return Err(invalid(format!("a name has at most {NAME_CHARS_MAX} characters")));
    }
    let _alone = app.tokens.changing.lock().await;
    let (secret, id) = new_token().map_err(Problem::internal)?;
    let event = Event::TokenCreated(TokenCreated {
        token_id: id.clone(),
        name: body.name,
        scopes: scopes.clone(),
        hash: hash(&secret),
    });
    let context = request.context(&credential);
    let recorded = app
        .record(app::entry(Stream::named("token", &id), Expected::New, &event, None, &context))
        .await?;
    app.reload_tokens(recorded.position).await?;
    let answer = NewTokenAnswer {
        id,
        token: secret,
        scopes: scopes.iter().map(|scope| scope.name()).collect(),
    };
    Ok(at_position(&app.cursor(recorded.position), (StatusCode::CREATED, Json(answer))))
}

/// Revokes a token. It ends at once; revoking it again changes nothing.
#[utoipa::path(delete, path = "/v1/tokens/{id}", tag = "access", params(("id" = String, Path, description = "the token's public id")),
    responses((status = 204), (status = 404, description = "token_unknown"), (status = 409, description = "last_admin_token")))]
pub async fn revoke(
    State(app): State<Arc<App>>,
    credential: Credential,
    request: RequestId,
    InPath(id): InPath<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::Admin)?;
    Params::read(&uri, &[])?;
    let _alone = app.tokens.changing.lock().await;
    let tokens = app.follower.store().tokens()?;
    let found = tokens.iter().find(|token| token.id == id);
    let token = found.ok_or_else(|| {
        Problem::new(ProblemKind::TokenUnknown, format!("there is no token {id:?}"))
    })?;
    if token.revoked_at.is_some() {
        app.tokens.forget(&id);
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let is_live_admin =
        |token: &TokenLine| token.revoked_at.is_none() && token.scopes.contains(&Scope::Admin);
    if is_live_admin(token) && tokens.iter().filter(|token| is_live_admin(token)).count() == 1 {
        return Err(Problem::new(ProblemKind::LastAdminToken, "make another admin token first"));
    }
    let event = Event::TokenRevoked(TokenRevoked { token_id: id.clone() });
    let expected = Expected::Revision(token.revision);
    let context = request.context(&credential);
    let entry = app::entry(Stream::named("token", &id), expected, &event, None, &context);
    let outcome = app.log.append(vec![entry]).await?.remove(0);
    let conflict =
        |_| Problem::new(ProblemKind::TooManyConflicts, "somebody else is changing this token");
    let recorded = outcome.map_err(conflict)?;
    app.tokens.forget(&id);
    app.reload_tokens(recorded.position).await?;
    Ok(at_position(&app.cursor(recorded.position), StatusCode::NO_CONTENT))
}
