//! Who works in the admin interface: invited, joined by a link that works once, changed, removed. Rules are in
//! `domain::team`; what is here records what they say, and ends sessions with the rights they stood for.

use std::sync::Arc;

use domain::Event;
use domain::email::Email;
use domain::event::{TeamMemberJoined, TeamMemberLinkMade};
use domain::team::{self, Change, Member, Role};
use eventlog::{Actor, ActorKind, Context, Entry, Expected, Origin, Position, Stream};
use projections::team::MemberLine;
use uuid::Uuid;

use crate::access::{hash, new_id, new_secret};
use crate::app::{self, App, entry};
use crate::problem::{Problem, ProblemKind};
use crate::work::aside;

/// How long a link works, in microseconds: 7 days.
pub const LINK_LASTS_US: i64 = 7 * 24 * 3600 * 1_000_000;

/// A link that works once. Its secret is shown this once.
#[derive(Debug)]
pub struct Link {
    /// What follows the address of the service.
    pub path: String,
    /// Until when it works: microseconds since 1970, UTC.
    pub until: i64,
}

/// Keeps a new link: to a member's password, or for whoever has it to join as an admin. Blocks.
///
/// # Errors
/// When the system gives no random numbers, or the disk fails.
pub fn make_link(app: &App, member_id: Option<&str>) -> anyhow::Result<Link> {
    let (secret, now) = (new_secret()?, app.now());
    let until = now + LINK_LASTS_US;
    app.work.keep_link(&hash(&secret), member_id, (now, until))?;
    Ok(Link { path: format!("/join/{secret}"), until })
}

async fn link(app: &Arc<App>, member_id: Option<String>) -> Result<Link, Problem> {
    let app = app.clone();
    let made = tokio::task::spawn_blocking(move || make_link(&app, member_id.as_deref()));
    made.await.map_err(Problem::internal)?.map_err(Problem::internal)
}

/// Records that a link is made for a member, in a folder that no service holds. Blocks.
///
/// # Errors
/// What the log says.
pub fn note_link_offline(app: &App, line: &MemberLine) -> anyhow::Result<()> {
    let member_id = line.member.id.clone();
    let stream = Stream::named("member", &member_id);
    let fact = Event::TeamMemberLinkMade(TeamMemberLinkMade { member_id });
    let expected = Expected::Revision(line.revision);
    let entry = entry(stream, expected, &fact, None, &app::system(Uuid::now_v7()));
    app.log.append_blocking(vec![entry])?.remove(0)?;
    Ok(())
}

/// A link with which somebody joins as an admin who sees personal data, and says their address themselves.
///
/// # Errors
/// When the disk fails.
pub async fn link_for_an_admin(app: &Arc<App>) -> Result<Link, Problem> {
    link(app, None).await
}

/// Invites somebody, who joins by the link.
///
/// # Errors
/// `team_member_email_taken`, `too_many_team_members`, or what the log says.
pub async fn invite(
    app: &Arc<App>,
    context: &Arc<Context>,
    email: &Email,
    rights: (Option<String>, Role, bool),
) -> Result<(MemberLine, Link), Problem> {
    let _alone = app.staff.team.changing.lock().await;
    app.reload_team(app.log.head()).await?; // what was recorded and not seen yet counts
    let id = new_id("m").map_err(Problem::internal)?;
    let invited = team::invite(&members(app)?, &id, email, rights)?;
    record(app, None, &id, &[(&invited, context)]).await?;
    let link = link(app, Some(id.clone())).await?;
    Ok((line(app, &id)?, link))
}

/// A new link for a member: to join, or where the password is forgotten.
///
/// # Errors
/// `team_member_unknown`, or what the log says.
pub async fn link_for(
    app: &Arc<App>,
    context: &Arc<Context>,
    member_id: &str,
) -> Result<Link, Problem> {
    let _alone = app.staff.team.changing.lock().await;
    app.reload_team(app.log.head()).await?; // what was recorded and not seen yet counts
    team::present(&members(app)?, member_id)?;
    let fact = Event::TeamMemberLinkMade(TeamMemberLinkMade { member_id: member_id.to_owned() });
    record(app, Some(line(app, member_id)?.revision), member_id, &[(&fact, context)]).await?;
    link(app, Some(member_id.to_owned())).await
}

/// Changes a member; what changes nothing is no fact. It holds from the next request on.
///
/// # Errors
/// `team_member_unknown`, `last_admin`, or what the log says.
pub async fn change(
    app: &Arc<App>,
    context: &Arc<Context>,
    member_id: &str,
    change: Change,
) -> Result<MemberLine, Problem> {
    let _alone = app.staff.team.changing.lock().await;
    app.reload_team(app.log.head()).await?; // what was recorded and not seen yet counts
    let gives_personal = change.personal_data == Some(true);
    if let Some(changed) = team::change(&members(app)?, member_id, change)? {
        let before = line(app, member_id)?;
        if gives_personal && !before.member.personal_data {
            // Whoever made a link for them may not have that right, and must not come to it so.
            let (ending, id) = (app.clone(), member_id.to_owned());
            aside(move || ending.work.end_links(&id)).await?;
        }
        record(app, Some(before.revision), member_id, &[(&changed, context)]).await?;
    }
    line(app, member_id)
}

/// Removes a member. Their sessions and links end at once; removing them again changes nothing.
///
/// # Errors
/// `team_member_unknown`, `last_admin`, or what the log says.
pub async fn remove(
    app: &Arc<App>,
    context: &Arc<Context>,
    member_id: &str,
) -> Result<(), Problem> {
    let _alone = app.staff.team.changing.lock().await;
    app.reload_team(app.log.head()).await?; // what was recorded and not seen yet counts
    if let Some(removed) = team::remove(&members(app)?, member_id)? {
        let revision = line(app, member_id)?.revision;
        let position = append(app, Some(revision), member_id, &[(&removed, context)]).await?;
        app.staff.team.forget(member_id);
        app.staff.sessions.end(member_id, |_| true);
        app.reload_team(position).await?;
    }
    let (app, member_id) = (app.clone(), member_id.to_owned());
    aside(move || app.work.forget_member(&member_id)).await
}

/// Who a link is for: the address they sign in with, where it is known, and whether they have joined.
///
/// # Errors
/// `link_invalid`.
pub async fn link_is_for(app: &Arc<App>, secret: &str) -> Result<Option<Member>, Problem> {
    let (looking, hash, now) = (app.clone(), hash(secret), app.now());
    let found = aside(move || looking.work.link(&hash, now)).await?;
    let invalid = || {
        let detail = "the link was used, is older than 7 days, or was replaced by a newer one";
        Problem::new(ProblemKind::LinkInvalid, detail)
    };
    let Some(member_id) = found.ok_or_else(invalid)?.member_id else { return Ok(None) };
    Ok(Some(team::present(&members(app)?, &member_id).map_err(|_| invalid())?.clone()))
}

/// Sets the password a link is for; whoever had none has joined then. `email` is asked where the link is for somebody who
/// is nobody yet. The link, and every session there was, ends. Answers who it is.
///
/// # Errors
/// `link_invalid`, `password_invalid`, `team_member_email_taken`, or what the log says.
pub async fn join(
    app: &Arc<App>,
    request: Uuid,
    secret: &str,
    (email, password): (Option<&Email>, &str),
) -> Result<String, Problem> {
    link_is_for(app, secret).await?; // before work is done for whoever knows no link
    let fits = team::password(password);
    let fits = fits.map_err(|no| Problem::from(no).with("field", "password"))?;
    let password = app.staff.passwords.hash(fits).await?;
    let _alone = app.staff.team.changing.lock().await;
    app.reload_team(app.log.head()).await?; // what was recorded and not seen yet counts
    let member_id = match (link_is_for(app, secret).await?, email) {
        (Some(member), _) => {
            if !member.joined {
                let revision = line(app, &member.id)?.revision;
                let (joined, context) = joined(&member.id, request);
                record(app, Some(revision), &member.id, &[(&joined, &context)]).await?;
            }
            member.id
        }
        (None, email) => first(app, request, secret, email).await?,
    };
    let (keeping, id, link) = (app.clone(), member_id.clone(), hash(secret));
    aside(move || keeping.work.set_password(&id, &password, Some(&link), None)).await?;
    app.staff.sessions.end(&member_id, |_| true);
    Ok(member_id)
}

/// Whoever had the link is an admin from now on. The id follows from the link: where the service died before the password
/// was kept, the same link goes on.
async fn first(
    app: &Arc<App>,
    request: Uuid,
    secret: &str,
    email: Option<&Email>,
) -> Result<String, Problem> {
    let id = format!("m_{}", &hash(secret)[..16]);
    let team = members(app)?;
    if team::present(&team, &id).is_err() {
        let missing = || {
            Problem::new(ProblemKind::EmailInvalid, "the e-mail is missing").with("field", "email")
        };
        let email = email.ok_or_else(missing)?;
        let invited = team::invite(&team, &id, email, (None, Role::Admin, true))?;
        let (joined, context) = joined(&id, request);
        record(app, None, &id, &[(&invited, &app::system(request)), (&joined, &context)]).await?;
    }
    Ok(id)
}

fn joined(member_id: &str, request: Uuid) -> (Event, Arc<Context>) {
    let fact = Event::TeamMemberJoined(TeamMemberJoined { member_id: member_id.to_owned() });
    let actor = Actor { kind: ActorKind::TeamMember, id: member_id.to_owned() };
    let context = Context { actor, origin: Origin::Person, correlation: request, cause: None };
    (fact, Arc::new(context))
}

fn members(app: &App) -> Result<Vec<Member>, Problem> {
    Ok(app.follower.store().team()?.into_iter().map(|line| line.member).collect())
}

/// A member as the tables know them now.
fn line(app: &App, member_id: &str) -> Result<MemberLine, Problem> {
    let found = app.follower.store().team()?.into_iter().find(|it| it.member.id == member_id);
    found.ok_or_else(|| domain::Refusal::TeamMemberUnknown.into())
}

async fn record(
    app: &Arc<App>,
    revision: Option<u64>,
    member_id: &str,
    facts: &[(&Event, &Arc<Context>)],
) -> Result<(), Problem> {
    let position = append(app, revision, member_id, facts).await?;
    app.reload_team(position).await
}

async fn append(
    app: &Arc<App>,
    revision: Option<u64>,
    member_id: &str,
    facts: &[(&Event, &Arc<Context>)],
) -> Result<Position, Problem> {
    let stream = Stream::named("member", member_id);
    let expected = revision.map_or(Expected::New, Expected::Revision);
    let fact = |(event, context): &(&Event, &Arc<Context>)| {
        entry(stream.clone(), expected, event, None, context).facts
    };
    let facts = facts.iter().flat_map(fact).collect();
    let appended = app.log.append(vec![Entry { stream: stream.clone(), expected, facts }]).await?;
    let conflict =
        |_| Problem::new(ProblemKind::TooManyConflicts, "somebody else is changing this member");
    let appended = appended.into_iter().next().ok_or_else(|| Problem::internal("no answer"))?;
    Ok(appended.map_err(conflict)?.position)
}
