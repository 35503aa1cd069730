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

/// Makes a link with which somebody joins as an admin who sees personal data, and says their address themselves. That it
/// was made, and by whom, is a fact of the member it will make. Blocks.
///
/// # Errors
/// When the system gives no random numbers, or what the log or the disk says.
pub fn make_link_for_an_admin(app: &App, context: &Arc<Context>) -> anyhow::Result<Link> {
    let secret = new_secret()?;
    note_link(app, &id_of_an_admin(&secret), Expected::New, context)?;
    keep(app, &secret, None)
}

/// Makes a link for a member, in a folder that no service holds. Blocks.
///
/// # Errors
/// As [`make_link_for_an_admin`].
pub fn make_link_offline(app: &App, line: &MemberLine) -> anyhow::Result<Link> {
    let expected = Expected::Revision(line.revision);
    note_link(app, &line.member.id, expected, &app::system(Uuid::now_v7()))?;
    keep(app, &new_secret()?, Some(&line.member.id))
}

fn note_link(
    app: &App,
    member_id: &str,
    expected: Expected,
    context: &Arc<Context>,
) -> anyhow::Result<()> {
    let stream = Stream::named("member", member_id);
    let entry = entry(stream, expected, &link_made(member_id), None, context);
    app.log.append_blocking(vec![entry])?.remove(0)?;
    Ok(())
}

fn link_made(member_id: &str) -> Event {
    Event::TeamMemberLinkMade(TeamMemberLinkMade { member_id: member_id.to_owned() })
}

/// Keeps a link: to a member's password, or for whoever has it to join as an admin.
fn keep(app: &App, secret: &str, member_id: Option<&str>) -> anyhow::Result<Link> {
    let now = app.now();
    let until = now + LINK_LASTS_US;
    app.work.keep_link(&hash(secret), member_id, (now, until))?;
    Ok(Link { path: format!("/join/{secret}"), until })
}

async fn link(
    app: &Arc<App>,
    make: impl FnOnce(&App) -> anyhow::Result<Link> + Send + 'static,
) -> Result<Link, Problem> {
    let app = app.clone();
    let made = tokio::task::spawn_blocking(move || make(&app));
    made.await.map_err(Problem::internal)?.map_err(Problem::internal)
}

/// A link with which somebody joins as an admin.
///
/// # Errors
/// As [`make_link_for_an_admin`].
pub async fn link_for_an_admin(app: &Arc<App>, context: &Arc<Context>) -> Result<Link, Problem> {
    let context = context.clone();
    link(app, move |app| make_link_for_an_admin(app, &context)).await
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
    let team = now(app).await?;
    let id = new_id("m").map_err(Problem::internal)?;
    let invited = team::invite(&members(&team), &id, email, rights)?;
    let team = record(app, None, &id, &[(&invited, context)]).await?;
    let line = line(&team, &id)?.clone();
    let link = link(app, move |app| keep(app, &new_secret()?, Some(&id))).await?;
    Ok((line, link))
}

/// A new link for a member: to join, or where the password is forgotten. `may` looks at whether they see personal data.
///
/// # Errors
/// `team_member_unknown`, what `may` says, or what the log says.
pub async fn link_for(
    app: &Arc<App>,
    context: &Arc<Context>,
    member_id: &str,
    may: impl FnOnce(bool) -> Result<(), Problem>,
) -> Result<Link, Problem> {
    let _alone = app.staff.team.changing.lock().await;
    let team = now(app).await?;
    team::present(&members(&team), member_id)?;
    let line = line(&team, member_id)?;
    may(line.member.personal_data)?;
    record(app, Some(line.revision), member_id, &[(&link_made(member_id), context)]).await?;
    let id = member_id.to_owned();
    link(app, move |app| keep(app, &new_secret()?, Some(&id))).await
}

/// Changes a member, where it is as whoever changes it has seen it; what changes nothing is no fact. It holds from the next
/// request on.
///
/// # Errors
/// `team_member_unknown`, `last_admin`, what `as_seen` says of the revision there is, or what the log says.
pub async fn change(
    app: &Arc<App>,
    context: &Arc<Context>,
    member_id: &str,
    change: Change,
    as_seen: impl FnOnce(u64) -> Result<(), Problem>,
) -> Result<MemberLine, Problem> {
    let _alone = app.staff.team.changing.lock().await;
    let team = now(app).await?;
    let members = members(&team);
    team::present(&members, member_id)?;
    let before = line(&team, member_id)?;
    as_seen(before.revision)?;
    let gives_personal = change.personal_data == Some(true) && !before.member.personal_data;
    let Some(changed) = team::change(&members, member_id, change)? else {
        return Ok(before.clone());
    };
    if gives_personal {
        // Whoever made a link for them may not have that right, and must not come to it so.
        let (ending, id) = (app.clone(), member_id.to_owned());
        aside(move || ending.work.end_links(&id)).await?;
    }
    let team = record(app, Some(before.revision), member_id, &[(&changed, context)]).await?;
    Ok(line(&team, member_id)?.clone())
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
    let team = now(app).await?;
    if let Some(removed) = team::remove(&members(&team), member_id)? {
        let revision = line(&team, member_id)?.revision;
        let position = append(app, Some(revision), member_id, &[(&removed, context)]).await?;
        app.staff.team.forget(member_id);
        app.forget_member(member_id).await?;
        app.reload_team(position).await?;
        return Ok(());
    }
    app.forget_member(member_id).await
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
    let team = members(&app.follower.store().team()?);
    Ok(Some(team::present(&team, &member_id).map_err(|_| invalid())?.clone()))
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
    let team = now(app).await?;
    let member_id = match (link_is_for(app, secret).await?, email) {
        (Some(member), _) => {
            if !member.joined {
                let revision = line(&team, &member.id)?.revision;
                let (joined, context) = joined(&member.id, request);
                record(app, Some(revision), &member.id, &[(&joined, &context)]).await?;
            }
            member.id
        }
        (None, email) => first(app, request, (secret, &members(&team)), email).await?,
    };
    app.set_password(&member_id, password, None, Some(hash(secret)), None).await?;
    Ok(member_id)
}

/// The id that whoever joins by this link will have.
fn id_of_an_admin(secret: &str) -> String {
    format!("m_{}", &hash(secret)[..16])
}

/// Whoever had the link is an admin from now on. The id follows from the link: where the service died before the password
/// was kept, the same link goes on.
async fn first(
    app: &Arc<App>,
    request: Uuid,
    (secret, team): (&str, &[Member]),
    email: Option<&Email>,
) -> Result<String, Problem> {
    let id = id_of_an_admin(secret);
    if team::present(team, &id).is_err() {
        let missing = || {
            Problem::new(ProblemKind::EmailInvalid, "the e-mail is missing").with("field", "email")
        };
        let email = email.ok_or_else(missing)?;
        let invited = team::invite(team, &id, email, (None, Role::Admin, true))?;
        let (joined, context) = joined(&id, request);
        // The link itself is the stream's first fact, but for those made before that was one.
        let revision = app.log.stream_revision(&Stream::named("member", &id))?;
        let facts = [(&invited, &app::system(request)), (&joined, &context)];
        record(app, revision, &id, &facts).await?;
    }
    Ok(id)
}

fn joined(member_id: &str, request: Uuid) -> (Event, Arc<Context>) {
    let fact = Event::TeamMemberJoined(TeamMemberJoined { member_id: member_id.to_owned() });
    let actor = Actor { kind: ActorKind::TeamMember, id: member_id.to_owned() };
    let context = Context { actor, origin: Origin::Person, correlation: request, cause: None };
    (fact, Arc::new(context))
}

/// The team as the log has it: what was recorded and is not in the tables yet counts.
async fn now(app: &App) -> Result<Vec<MemberLine>, Problem> {
    app.reload_team(app.log.head()).await
}

fn members(team: &[MemberLine]) -> Vec<Member> {
    team.iter().map(|line| line.member.clone()).collect()
}

fn line<'a>(team: &'a [MemberLine], member_id: &str) -> Result<&'a MemberLine, Problem> {
    let found = team.iter().find(|line| line.member.id == member_id);
    found.ok_or_else(|| domain::Refusal::TeamMemberUnknown.into())
}

/// Records facts of a member; answers the team as it is with them.
async fn record(
    app: &Arc<App>,
    revision: Option<u64>,
    member_id: &str,
    facts: &[(&Event, &Arc<Context>)],
) -> Result<Vec<MemberLine>, Problem> {
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
