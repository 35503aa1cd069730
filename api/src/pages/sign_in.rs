//! Signing in and out, and joining by a link: the pages of who is not known yet.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::{Form, Frame, Page, Refused, Texts, html, ours, refused_html};
use crate::access::caller::Caller;
use crate::access::cookie::Way;
use crate::access::sessions::LASTS_US;
use crate::access::staff::Claim;
use crate::access::{Credential, cross_site};
use crate::app::App;
use crate::params::Params;
use crate::problem::Problem;
use crate::request::RequestId;
use crate::routes::InPath;
use crate::routes::new_user::read_email;
use crate::team;

/// Where a browser goes that was sent to no page of ours.
const HOME: &str = "/users";
/// Where who signed out is.
const SIGN_IN: &str = "/sign-in";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    t: Texts,
    frame: Frame,
    form: &'a Form,
}

#[derive(Template)]
#[template(path = "join.html")]
struct JoinPage<'a> {
    t: Texts,
    frame: Frame,
    form: &'a Form,
    email: Option<String>,
    why: String,
}

/// On to a page, with a session in a cookie or without one.
fn sent_on(way: Way, secret: Option<&str>, to: &str) -> Response {
    let cookie = way.set(secret, LASTS_US / 1_000_000);
    let to = to.to_owned();
    (StatusCode::SEE_OTHER, [(header::SET_COOKIE, cookie)], [(header::LOCATION, to)])
        .into_response()
}

/// Passwords are taken from a page of ours alone, on a way nobody listens on.
fn is_safe(caller: &Caller, method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    caller.way.is_safe(headers)?;
    cross_site::refuse(method, headers)
}

/// The form to sign in with; who is signed in goes on.
///
/// # Errors
/// A parameter it does not know; a way on which no password may travel, before one is typed.
pub async fn show(
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    signed_in: Result<Credential, Problem>,
) -> Page {
    let params = Params::read(&uri, &["to"])?;
    let to = params.one("to")?.unwrap_or_default();
    if signed_in.is_ok() {
        return Ok(Redirect::to(ours(to, HOME)).into_response());
    }
    caller.way.is_safe(&headers)?;
    let form = Form::filled([("to", to)]);
    html(&SignInPage { t: Texts, frame: Frame::default(), form: &form })
}

/// Signs in, and goes on with the page that was wanted.
///
/// # Errors
/// None: what is refused is shown above the form.
pub async fn sign_in(
    State(app): State<Arc<App>>,
    caller: Caller,
    method: Method,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let try_it = async {
        app.caught_up()?;
        is_safe(&caller, &method, &headers)?;
        let claim = Claim {
            email: form.value("email"),
            password: form.value("password"),
            from: caller.from,
            browser: &caller.browser,
        };
        app.sign_in(&claim).await
    };
    match try_it.await.map_err(Refused::from) {
        Ok(secret) => Ok(sent_on(caller.way, Some(&secret), ours(form.value("to"), HOME))),
        Err(refused) => {
            let form = form.refused(&refused);
            let page = SignInPage { t: Texts, frame: Frame::default(), form: &form };
            let mut response = refused_html(&refused, &page)?;
            if let Some(seconds) = refused.document["retry_after"].as_u64() {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            }
            Ok(response)
        }
    }
}

/// Who a link is for, and the form to set their password with.
async fn join_page<'a>(
    app: &Arc<App>,
    link: &str,
    form: &'a Form,
) -> Result<JoinPage<'a>, Problem> {
    let member = team::link_is_for(app, link).await?;
    let why = match &member {
        None => Texts.say("join-first"),
        Some(member) if member.joined => Texts.say("join-again"),
        Some(_) => Texts.say("join-invited"),
    };
    let email = member.and_then(|member| member.email);
    Ok(JoinPage { t: Texts, frame: Frame::default(), form, email, why })
}

/// The form to set the password a link is for.
///
/// # Errors
/// `link_invalid`; a way on which no password may travel, before one is typed.
pub async fn show_join(
    State(app): State<Arc<App>>,
    caller: Caller,
    InPath(link): InPath<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Page {
    Params::read(&uri, &[])?;
    app.caught_up()?;
    caller.way.is_safe(&headers)?;
    html(&join_page(&app, &link, &Form::default()).await?)
}

/// Sets the password a link is for, and signs in.
///
/// # Errors
/// `link_invalid`; what else is refused is shown beside the field.
pub async fn join(
    State(app): State<Arc<App>>,
    caller: Caller,
    request: RequestId,
    InPath(link): InPath<String>,
    method: Method,
    headers: HeaderMap,
    form: Form,
) -> Page {
    let try_it = async {
        app.caught_up()?;
        is_safe(&caller, &method, &headers)?;
        let asked = (form.text("email").map(read_email).transpose()?, form.value("password"));
        let member_id = team::join(&app, request.0, &link, (asked.0.as_ref(), asked.1)).await?;
        app.sign_in_at_once(member_id, &caller.browser).await
    };
    match try_it.await {
        Ok(secret) => Ok(sent_on(caller.way, secret.as_deref(), HOME)),
        Err(problem) => {
            let refused = Refused::from(problem);
            let form = form.refused(&refused);
            // A link that works no more has no form.
            let page = join_page(&app, &link, &form).await.map_err(|_| refused.clone())?;
            refused_html(&refused, &page)
        }
    }
}

/// Who asks to be signed out; none where they are already.
///
/// # Errors
/// Where another site asks, also where no cookie came along: a browser would forget the one it has.
fn leaving(
    method: &Method,
    headers: &HeaderMap,
    credential: Result<Credential, Problem>,
) -> Result<Option<Credential>, Refused> {
    cross_site::refuse(method, headers)?;
    match credential.map_err(Refused::from) {
        Ok(credential) => Ok(Some(credential)),
        Err(refused) if refused.is_unknown_viewer() => Ok(None),
        Err(refused) => Err(refused),
    }
}

/// Ends the session that asks, and has the browser forget it.
///
/// # Errors
/// Where another site asks.
pub async fn sign_out(
    State(app): State<Arc<App>>,
    caller: Caller,
    method: Method,
    headers: HeaderMap,
    credential: Result<Credential, Problem>,
) -> Page {
    if let Some(credential) = leaving(&method, &headers, credential)?
        && let Some(session) = credential.session()
    {
        app.sign_out(&credential.id, Some(&session.id)).await?;
    }
    Ok(sent_on(caller.way, None, SIGN_IN))
}

/// Ends every session of the member who asks.
///
/// # Errors
/// Where another site asks.
pub async fn sign_out_everywhere(
    State(app): State<Arc<App>>,
    caller: Caller,
    method: Method,
    headers: HeaderMap,
    credential: Result<Credential, Problem>,
) -> Page {
    let leaving = leaving(&method, &headers, credential)?;
    if let Some(credential) = leaving.filter(Credential::is_member) {
        app.sign_out(&credential.id, None).await?;
    }
    Ok(sent_on(caller.way, None, SIGN_IN))
}
