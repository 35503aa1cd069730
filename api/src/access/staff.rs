//! Who may sign in, who has, and how that outlives a stop of the service.

use std::sync::Arc;

use domain::email::Email;
use eventlog::{Actor, ActorKind, Position};
use projections::team::MemberLine;

use super::attempts::Attempts;
use super::passwords::Passwords;
use super::sessions::{LASTS_US, SESSIONS_MAX, Sessions, UNUSED_US};
use super::team::Team;
use super::{Credential, hash, new_id, new_secret};
use crate::app::App;
use crate::problem::{Problem, ProblemKind};
use crate::work::aside;
use crate::work::sign_in::SessionLine;

/// Longest text of a browser about itself that is kept, in characters.
const BROWSER_CHARS_MAX: usize = 200;

/// What signing in needs at hand.
#[derive(Debug, Default)]
pub struct Staff {
    /// Who may.
    pub team: Team,
    /// Who has.
    pub sessions: Sessions,
    /// Passwords at work.
    pub passwords: Passwords,
    /// How often it failed lately.
    pub attempts: Attempts,
}

/// Somebody who says who they are.
#[derive(Debug)]
pub struct Claim<'a> {
    /// The address they gave.
    pub email: &'a str,
    /// And the password.
    pub password: &'a str,
    /// Where they are, where that is known.
    pub from: Option<std::net::IpAddr>,
    /// What their browser says it is.
    pub browser: &'a str,
}

impl App {
    /// Takes the team of the tables, once they hold `position`; answers it.
    ///
    /// # Errors
    /// `projection_behind`, or what the tables say.
    pub async fn reload_team(&self, position: Position) -> Result<Vec<MemberLine>, Problem> {
        self.settled(position).await?;
        let team = self.follower.store().team()?;
        self.staff.team.load(&team);
        Ok(team)
    }

    /// Takes the team and the sessions that are not over. Blocks.
    ///
    /// # Errors
    /// What the tables or the work store say.
    pub fn load_staff(&self) -> anyhow::Result<()> {
        self.staff.team.load(&self.follower.store().team()?);
        let now = self.now();
        for session in self.work.sessions(now - LASTS_US, now - UNUSED_US)? {
            self.staff.sessions.take(session);
        }
        Ok(())
    }

    /// What an actor of facts may do now; none where it may nothing any more.
    pub fn credential_of(&self, actor: &Actor) -> Option<Credential> {
        match actor.kind {
            ActorKind::Token => self.tokens.of(&actor.id),
            ActorKind::TeamMember => {
                let member = self.staff.team.of(&actor.id);
                member.map(|member| Credential::of_member(member, None))
            }
            ActorKind::Policy | ActorKind::System => None,
        }
    }

    /// Signs somebody in; answers the secret of the session. Whether there is a member with the address shows neither in the
    /// answer nor in how long it takes.
    ///
    /// # Errors
    /// `sign_in_failed`, `too_many_sign_ins`.
    pub async fn sign_in(self: &Arc<App>, claim: &Claim<'_>) -> Result<String, Problem> {
        let attempts = &self.staff.attempts;
        let email = Email::parse(claim.email).ok();
        let who = email.as_ref().map_or(claim.email, |email| email.key());
        let attempt = attempts.begin(who, claim.from, self.now())?;
        let member = email.and_then(|email| self.staff.team.with_email(&email));
        let id = member.map(|member| member.id.clone());
        let kept = self.password_of(id.clone().unwrap_or_default()).await?;
        // One that no password can be is none, without a word about why.
        let password = domain::team::password(claim.password).unwrap_or_default();
        let fits = self.staff.passwords.fits(password, kept.clone()).await?;
        let failed =
            || Problem::new(ProblemKind::SignInFailed, "the e-mail or the password is wrong");
        let (true, Some(id), Some(kept)) = (fits, id, kept) else { return Err(failed()) };
        attempts.succeeded(&attempt);
        self.begin_session(id, kept, claim.browser).await?.ok_or_else(failed)
    }

    /// The hash of a member's password.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn password_of(
        self: &Arc<App>,
        member_id: String,
    ) -> Result<Option<String>, Problem> {
        let app = self.clone();
        aside(move || app.work.password(&member_id)).await
    }

    /// Begins a session for a member whose password has this hash; none where it is another by now.
    async fn begin_session(
        self: &Arc<App>,
        member_id: String,
        password: String,
        browser: &str,
    ) -> Result<Option<String>, Problem> {
        let secret = new_secret().map_err(Problem::internal)?;
        let now = self.now();
        let session = SessionLine {
            hash: hash(&secret),
            id: new_id("s").map_err(Problem::internal)?,
            member_id,
            browser: browser.chars().take(BROWSER_CHARS_MAX).collect(),
            begun_at: now,
            seen_at: now,
        };
        let app = self.clone();
        let begin = move || {
            let take = || app.staff.sessions.take(session.clone());
            app.work.begin_session(&session, &password, SESSIONS_MAX as u32, take)
        };
        Ok(aside(begin).await?.then_some(secret))
    }

    /// Signs a member in who has just set their password.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn sign_in_at_once(
        self: &Arc<App>,
        member_id: String,
        browser: &str,
    ) -> Result<Option<String>, Problem> {
        let Some(password) = self.password_of(member_id.clone()).await? else { return Ok(None) };
        self.begin_session(member_id, password, browser).await
    }

    /// Sets a member's password, and says so; not where `until`, its hash as it was looked at, is another by now. Their links,
    /// the one that was used and every session but `kept` end with the old one.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn set_password(
        self: &Arc<App>,
        member_id: &str,
        hash: String,
        until: Option<String>,
        link: Option<String>,
        kept: Option<String>,
    ) -> Result<bool, Problem> {
        let (app, id) = (self.clone(), member_id.to_owned());
        let set = move || {
            let (link, kept) = (link.as_deref(), kept.as_deref());
            let end = || app.staff.sessions.end(&id, |it| kept != Some(it.id.as_str()));
            app.work.set_password(&id, &hash, until.as_deref(), (link, kept), end)
        };
        aside(set).await
    }

    /// Ends one session of a member, or all. At once, and for good.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn sign_out(
        self: &Arc<App>,
        member_id: &str,
        session: Option<&str>,
    ) -> Result<(), Problem> {
        let (app, id, which) = (self.clone(), member_id.to_owned(), session.map(str::to_owned));
        let end = move || {
            let which = which.as_deref();
            let end = || app.staff.sessions.end(&id, |it| which.is_none_or(|id| it.id == id));
            app.work.end_sessions(&id, which, end)
        };
        aside(end).await
    }

    /// Forgets how a member signs in, and ends their sessions and links.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn forget_member(self: &Arc<App>, member_id: &str) -> Result<(), Problem> {
        let (app, id) = (self.clone(), member_id.to_owned());
        aside(move || app.work.forget_member(&id, || app.staff.sessions.end(&id, |_| true))).await
    }
}
