//! The team: who signs in, invited, changed and removed.

use askama::Template;
use axum::http::{HeaderMap, Method, header};
use domain::scope::Scope;
use serde::Deserialize;
use serde_json::{Value, json};

use super::when::When;
use super::{Form, Frame, Page, Refused, Texts, Viewer, at, back, html, refused_html};
use crate::routes::InPath;

const PATH: &str = "/team";
const ROLES: [&str; 3] = ["viewer", "editor", "admin"];

#[derive(Deserialize)]
struct TeamAnswer {
    items: Vec<MemberAnswer>,
}

#[derive(Deserialize)]
struct MemberAnswer {
    id: String,
    email: Option<String>,
    name: Option<String>,
    role: String,
    personal_data: bool,
    state: String,
    last_seen_at: Option<String>,
    revision: u64,
}

#[derive(Deserialize)]
struct InvitedAnswer {
    id: String,
    link: String,
    works_until: String,
}

#[derive(Deserialize)]
struct LinkAnswer {
    link: String,
    works_until: String,
}

/// A row of the table.
struct Member {
    id: String,
    called: String,
    name: Option<String>,
    role: String,
    personal: &'static str,
    sees_personal: bool,
    state: String,
    last_seen_at: Option<When>,
    revision: u64,
    path: String,
    change_id: String,
    remove_id: String,
}

impl Member {
    fn new(viewer: &Viewer, answer: MemberAnswer) -> Member {
        Member {
            called: answer.email.unwrap_or_else(|| answer.id.clone()),
            name: answer.name,
            role: answer.role,
            personal: super::account::seen(answer.personal_data),
            sees_personal: answer.personal_data,
            state: answer.state,
            last_seen_at: answer.last_seen_at.map(|seen| viewer.when(&seen)),
            revision: answer.revision,
            path: at("/team/{}", &[&answer.id]),
            change_id: format!("change-{}", answer.id),
            remove_id: format!("remove-{}", answer.id),
            id: answer.id,
        }
    }
}

/// A link that was just made, shown this once.
struct Made {
    name: String,
    url: String,
    until: When,
}

#[derive(Template)]
#[template(path = "team/list.html")]
struct TeamPage<'a> {
    t: Texts,
    frame: Frame,
    members: Vec<Member>,
    form: &'a Form,
    roles: Vec<(String, String)>,
    made: Option<Made>,
    retry: bool,
    gives_personal: bool,
}

async fn page<'a>(viewer: &Viewer, form: &'a Form, retry: bool) -> Result<TeamPage<'a>, Refused> {
    let team: TeamAnswer = viewer.ask().get("/v1/team").await?;
    // Who is gone comes last.
    let (gone, there): (Vec<_>, Vec<_>) =
        team.items.into_iter().partition(|member| member.state == "removed");
    let members = there.into_iter().chain(gone).map(|answer| Member::new(viewer, answer));
    Ok(TeamPage {
        t: Texts,
        frame: Frame::new(viewer, PATH),
        members: members.collect(),
        form,
        roles: ROLES.iter().map(|role| ((*role).to_owned(), Texts.named("role", role))).collect(),
        made: None,
        retry,
        gives_personal: viewer.may(Scope::PersonalRead),
    })
}

/// Where the service is, as the browser that asks knows it.
fn address(headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN.as_str()).filter(|origin| origin.starts_with("http"));
    let host = || format!("http://{}", text(header::HOST.as_str()).unwrap_or("localhost"));
    origin.map_or_else(host, str::to_owned)
}

async fn with_link(
    viewer: &Viewer,
    headers: &HeaderMap,
    member_id: &str,
    made: LinkAnswer,
) -> Page {
    let form = Form::default();
    let mut page = page(viewer, &form, false).await?;
    let called = page.members.iter().find(|member| member.id == member_id);
    page.made = Some(Made {
        name: called.map(|member| member.called.clone()).unwrap_or_default(),
        url: format!("{}{}", address(headers), made.link),
        until: viewer.when(&made.works_until),
    });
    html(&page)
}

/// The team.
///
/// # Errors
/// The API's no.
pub async fn list(viewer: Viewer) -> Page {
    html(&page(&viewer, &Form::default(), false).await?)
}

fn rights(form: &Form) -> Value {
    let personal = form.has("personal_data", "true");
    json!({ "name": form.text("name"), "role": form.value("role"), "personal_data": personal })
}

/// Invites somebody, and shows their link this once.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn invite(viewer: Viewer, headers: HeaderMap, form: Form) -> Page {
    let mut body = rights(&form);
    body["email"] = form.value("email").into();
    let invited = viewer.ask().act::<InvitedAnswer>(Method::POST, "/v1/team", Some(&body)).await;
    match invited {
        Ok(InvitedAnswer { id, link, works_until }) => {
            with_link(&viewer, &headers, &id, LinkAnswer { link, works_until }).await
        }
        Err(refused) => {
            let form = form.refused(&refused);
            refused_html(&refused, &page(&viewer, &form, true).await?)
        }
    }
}

/// Changes what a member may do and is called, as far as nobody else has since the form was shown.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn change(viewer: Viewer, InPath(id): InPath<String>, form: Form) -> Page {
    let path = at("/v1/team/{}", &[&id]);
    let (ask, rights, seen) = (viewer.ask(), rights(&form), form.seen());
    let changed = ask.act_on::<Value>(Method::PATCH, &path, Some(&rights), &seen).await;
    told(&viewer, changed, "member-changed").await
}

/// Removes a member.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn remove(viewer: Viewer, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/team/{}", &[&id]);
    let removed = viewer.ask().act::<Value>(Method::DELETE, &path, None).await;
    told(&viewer, removed, "member-removed").await
}

/// Makes a member's link anew, and shows it this once.
///
/// # Errors
/// The API's no, where there is nothing to mend.
pub async fn link(viewer: Viewer, headers: HeaderMap, InPath(id): InPath<String>) -> Page {
    let path = at("/v1/team/{}/link", &[&id]);
    match viewer.ask().act::<LinkAnswer>(Method::POST, &path, None).await {
        Ok(made) => with_link(&viewer, &headers, &id, made).await,
        Err(refused) => told(&viewer, Err(refused), "").await,
    }
}

/// Back to the team with a notice, or the team with the no above it.
async fn told(viewer: &Viewer, done: Result<Value, Refused>, notice: &str) -> Page {
    match done {
        Ok(_) => back(PATH, notice, 1),
        Err(refused) => {
            let form = Form::default().refused(&refused);
            refused_html(&refused, &page(viewer, &form, false).await?)
        }
    }
}
