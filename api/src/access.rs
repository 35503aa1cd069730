//! Who asks, and what they may do.

pub mod attempts;
pub mod caller;
pub mod cookie;
pub mod cross_site;
pub mod passwords;
pub mod sessions;
pub mod staff;
pub mod team;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::scope::Scope;
use domain::team::Member;
use eventlog::{Actor, ActorKind, Origin};
use projections::tokens::TokenLine;
use sha2::{Digest, Sha256};

use self::cookie::Way;
use self::sessions::Session;
use crate::app::App;
use crate::problem::{Problem, ProblemKind};

/// Every token begins so: a person or a scanner that finds one knows what it is.
pub const TOKEN_PREFIX: &str = "cohort_";
/// Shortest first token a caller may choose, in characters.
pub const CHOSEN_TOKEN_CHARS_MIN: usize = 16;

/// A credential that was recognised.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Public id: of the token, or of the team member who signed in.
    pub id: String,
    scopes: Vec<Scope>,
    member: Option<Arc<Member>>,
    session: Option<Arc<Session>>,
}

impl Credential {
    fn of_token(id: String, scopes: Vec<Scope>) -> Credential {
        Credential { id, scopes, member: None, session: None }
    }

    fn of_member(member: Arc<Member>, session: Option<Arc<Session>>) -> Credential {
        let (id, scopes) = (member.id.clone(), member.scopes());
        Credential { id, scopes, member: Some(member), session }
    }

    /// Whether it has a right. A token's `admin` stands for all; a member has each by its own name, so that an admin sees
    /// no personal data unless somebody said so.
    pub fn may(&self, scope: Scope) -> bool {
        let whole = !self.is_member() && self.scopes.contains(&Scope::Admin);
        whole || self.scopes.contains(&scope)
    }

    /// What it may do, as it was given.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// The session it came with.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_deref()
    }

    /// Whether personal fields may be shown.
    pub fn sees_personal(&self) -> bool {
        self.may(Scope::PersonalRead)
    }

    /// Refuses without a right.
    ///
    /// # Errors
    /// `scope_missing`, naming it.
    pub fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            return Ok(());
        }
        let what = if self.is_member() { "a role" } else { "a token" };
        let detail = format!("this needs {what} with the scope {scope}");
        Err(Problem::new(ProblemKind::ScopeMissing, detail).with("scope", scope.name()))
    }

    /// Refuses what cannot be shown without personal fields; `why` says what it holds.
    ///
    /// # Errors
    /// `personal_data_required`.
    pub fn needs_personal(&self, why: &str) -> Result<(), Problem> {
        if self.sees_personal() {
            return Ok(());
        }
        Err(Problem::new(ProblemKind::PersonalDataRequired, why))
    }

    /// Whether it is a person's, who signed in.
    pub fn is_member(&self) -> bool {
        self.member.is_some()
    }

    /// Who signed in, where it is a person.
    pub fn member(&self) -> Option<&Member> {
        self.member.as_deref()
    }

    /// As the actor of a fact.
    pub fn actor(&self) -> Actor {
        let kind = if self.is_member() { ActorKind::TeamMember } else { ActorKind::Token };
        Actor { kind, id: self.id.clone() }
    }

    /// How what it does comes about.
    pub fn origin(&self) -> Origin {
        if self.is_member() { Origin::Person } else { Origin::Api }
    }
}

/// The live tokens, by hash; and which were used since last noted.
#[derive(Debug, Default)]
pub struct Tokens {
    live: RwLock<HashMap<String, Arc<Credential>>>,
    used: Mutex<HashMap<String, i64>>,
    /// Held while tokens are made or revoked: so two requests cannot each revoke the other's last admin, and none puts
    /// back a token that another has just revoked.
    pub changing: tokio::sync::Mutex<()>,
}

impl Tokens {
    /// Takes the tokens that are not revoked.
    pub fn load(&self, lines: Vec<TokenLine>) {
        let live = lines.into_iter().filter(|line| line.revoked_at.is_none());
        let live =
            live.map(|line| (line.hash, Arc::new(Credential::of_token(line.id, line.scopes))));
        *self.live.write().expect("no holder panics") = live.collect();
    }

    /// Forgets a token at once.
    pub fn forget(&self, token_id: &str) {
        self.live
            .write()
            .expect("no holder panics")
            .retain(|_, credential| credential.id != token_id);
    }

    /// The credential of a secret.
    pub fn recognise(&self, secret: &str, now: i64) -> Option<Arc<Credential>> {
        // Looking up a hash leaks nothing about a secret through time: the secret has 256 random bits.
        let found = self.live.read().expect("no holder panics").get(&hash(secret)).cloned()?;
        self.used.lock().expect("no holder panics").insert(found.id.clone(), now);
        Some(found)
    }

    /// The credential of a token by its public id, as long as it is not revoked.
    pub fn of(&self, token_id: &str) -> Option<Credential> {
        let live = self.live.read().expect("no holder panics");
        live.values().find(|credential| credential.id == token_id).map(|it| (**it).clone())
    }

    /// What was used since the last call.
    pub fn take_used(&self) -> Vec<(String, i64)> {
        self.used.lock().expect("no holder panics").drain().collect()
    }
}

/// SHA-256 in hex: how a secret is stored.
pub fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// Random bytes.
fn random<const BYTES: usize>() -> anyhow::Result<[u8; BYTES]> {
    let mut bytes = [0u8; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(bytes)
}

/// A new secret of 256 random bits, in letters, digits, - and _.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_secret() -> anyhow::Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// A new public id, which begins with what it is the id of.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_id(begin: &str) -> anyhow::Result<String> {
    Ok(format!("{begin}_{}", hex::encode(random::<8>()?)))
}

/// A new token of 256 random bits, and a public id.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_token() -> anyhow::Result<(String, String)> {
    Ok((format!("{TOKEN_PREFIX}{}", new_secret()?), new_id("t")?))
}

impl FromRequestParts<Arc<App>> for Credential {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Credential, Problem> {
        // A page asks for who looks at it, in this process.
        if let Some(placed) = parts.extensions.get::<Credential>() {
            return Ok(placed.clone());
        }
        app.caught_up()?; // before that, no token is known
        match parts.headers.get(header::AUTHORIZATION) {
            Some(header) => by_token(app, header),
            None => by_cookie(app, parts),
        }
    }
}

fn by_token(app: &App, header: &HeaderValue) -> Result<Credential, Problem> {
    let missing = |detail: &str| Problem::new(ProblemKind::Unauthenticated, detail);
    let secret = header.to_str().ok().and_then(|text| text.split_once(' '));
    let secret = secret
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim());
    let secret = secret
        .ok_or_else(|| missing("the Authorization header is not of the form: Bearer <token>"))?;
    let credential = app.tokens.recognise(secret, app.now());
    credential.map(Arc::unwrap_or_clone).ok_or_else(|| missing("this token is unknown or revoked"))
}

fn by_cookie(app: &App, parts: &Parts) -> Result<Credential, Problem> {
    let missing = |detail: &str| Problem::new(ProblemKind::Unauthenticated, detail);
    let way = Way::of(&parts.headers, app.config.behind_proxy);
    let secret = way.secret(&parts.headers).ok_or_else(|| missing("no Authorization header"))?;
    let over = || missing("the session is over; sign in again");
    let session = app.staff.sessions.recognise(&hash(secret), app.now()).ok_or_else(over)?;
    let member = app.staff.team.of(&session.member_id).ok_or_else(over)?;
    cross_site::refuse(&parts.method, &parts.headers)?;
    Ok(Credential::of_member(member, Some(session)))
}
