//! Signing in and out, with forms. What is refused is a problem; else the browser is sent on with a session in a cookie.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::new_user::read_email;
use super::{InPath, SmallBody};
use crate::access::caller::Caller;
use crate::access::cookie::Way;
use crate::access::sessions::LASTS_US;
use crate::access::staff::Claim;
use crate::access::{Credential, cross_site};
use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::request::RequestId;
use crate::team;

/// Where a browser goes that was sent to no page of ours.
const HOME: &str = "/users";

/// A form as a browser sends it.
fn read_form(body: &[u8], known: &[&str]) -> Result<Params, Problem> {
    let unreadable = || Problem::new(ProblemKind::BodyInvalid, "the body is no form");
    let text = std::str::from_utf8(body).map_err(|_| unreadable())?;
    let uri = format!("/?{text}").parse::<Uri>().map_err(|_| unreadable())?;
    Params::read(&uri, known)
}

/// A page of this service, and of none but this: what begins with two slashes is a host.
fn own_page(asked: Option<&str>) -> &str {
    let is_own = |to: &&str| {
        let rest = to.strip_prefix('/');
        rest.is_some_and(|rest| !rest.starts_with(['/', '\\']))
            && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    asked.filter(is_own).unwrap_or(HOME)
}

fn sent_on(way: Way, secret: Option<&str>, to: &str) -> Response {
    let cookie = way.set(secret, LASTS_US / 1_000_000);
    let to = to.to_owned();
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie)], [(header::LOCATION, to)])
        .into_response()
}

/// Signs in: `email`, `password`, and `to`, the page to go on with.
pub async fn sign_in(
    State(app): State<Arc<App>>,
    caller: Caller,
    method: Method,
    headers: HeaderMap,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    app.caught_up()?;
    cross_site::refuse(&method, &headers)?;
    caller.way.is_safe()?;
    let form = read_form(&body, &["email", "password", "to"])?;
    let claim = Claim {
        email: form.one("email")?.unwrap_or_default(),
        password: form.one("password")?.unwrap_or_default(),
        from: caller.from,
        browser: &caller.browser,
    };
    let secret = app.sign_in(&claim).await?;
    Ok(sent_on(caller.way, Some(&secret), own_page(form.one("to")?)))
}

/// Sets the password a link is for, and signs in: `password`, and `email` where the link is for somebody who is nobody yet.
pub async fn join(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: RequestId,
    InPath(link): InPath<String>,
    method: Method,
    headers: HeaderMap,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    app.caught_up()?;
    cross_site::refuse(&method, &headers)?;
    caller.way.is_safe()?;
    let form = read_form(&body, &["email", "password"])?;
    let email = form.one("email")?.map(read_email).transpose()?;
    let password = form.one("password")?.unwrap_or_default();
    let member_id = team::join(&app, request.0, &link, (email.as_ref(), password)).await?;
    let secret = app.sign_in_at_once(member_id, &caller.browser).await?;
    Ok(sent_on(caller.way, secret.as_deref(), HOME))
}

/// Ends the session that asks, and has the browser forget it.
pub async fn sign_out(
    State(app): State<Arc<App>>,
    caller: Caller,
    credential: Credential,
) -> Result<Response, Problem> {
    if let Some(session) = credential.session() {
        app.sign_out(&credential.id, Some(&session.id)).await?;
    }
    Ok(sent_on(caller.way, None, "/sign-in"))
}

/// Ends every session of the member who asks.
pub async fn sign_out_everywhere(
    State(app): State<Arc<App>>,
    caller: Caller,
    credential: Credential,
) -> Result<Response, Problem> {
    if credential.is_member() {
        app.sign_out(&credential.id, None).await?;
    }
    Ok(sent_on(caller.way, None, "/sign-in"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for own in ["/users", "/users?search=a%20b", "/imports/1#rows"] {
            assert_eq!(own_page(Some(own)), own);
        }
        for other in [
            "",
            "users",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
            "/\t/x",
            "/é",
        ] {
            assert_eq!(own_page(Some(other)), HOME, "{other}");
        }
        assert_eq!(own_page(None), HOME);
    }
}
