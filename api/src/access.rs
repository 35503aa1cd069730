//! Who asks, and what they may do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::scope::Scope;
use eventlog::{Actor, ActorKind};
use projections::tokens::TokenLine;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::problem::{Problem, ProblemKind};

/// Every token begins so: a person or a scanner that finds one knows what it is.
pub const TOKEN_PREFIX: &str = "cohort_";
/// Shortest first token a caller may choose, in characters.
pub const CHOSEN_TOKEN_CHARS_MIN: usize = 16;

/// A credential that was recognised.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Public id of the token.
    pub token_id: String,
    scopes: Vec<Scope>,
}

impl Credential {
    /// Whether it has a right.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
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
        let detail = format!("this needs a token with the scope {scope}");
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

    /// As the actor of a fact.
    pub fn actor(&self) -> Actor {
        Actor { kind: ActorKind::Token, id: self.token_id.clone() }
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
        let live = live.map(|line| {
            (line.hash, Arc::new(Credential { token_id: line.id, scopes: line.scopes }))
        });
        *self.live.write().expect("no holder panics") = live.collect();
    }

    /// Forgets a token at once.
    pub fn forget(&self, token_id: &str) {
        self.live
            .write()
            .expect("no holder panics")
            .retain(|_, credential| credential.token_id != token_id);
    }

    /// The credential of a secret.
    pub fn recognise(&self, secret: &str, now: i64) -> Option<Arc<Credential>> {
        // Looking up a hash leaks nothing about a secret through time: the secret has 256 random bits.
        let found = self.live.read().expect("no holder panics").get(&hash(secret)).cloned()?;
        self.used.lock().expect("no holder panics").insert(found.token_id.clone(), now);
        Some(found)
    }

    /// The credential of a token by its public id, as long as it is not revoked.
    pub fn of(&self, token_id: &str) -> Option<Credential> {
        let live = self.live.read().expect("no holder panics");
        live.values().find(|credential| credential.token_id == token_id).map(|it| (**it).clone())
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

/// A new secret of 256 random bits, and a public id.
///
/// # Errors
/// When the system gives no random numbers.
pub fn new_token() -> anyhow::Result<(String, String)> {
    let mut bytes = [0u8; 40];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let secret = format!("{TOKEN_PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes[..32]));
    Ok((secret, format!("t_{}", hex::encode(&bytes[32..]))))
}

impl FromRequestParts<Arc<App>> for Credential {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Credential, Problem> {
        app.caught_up()?; // before that, no token is known
        if let Some(known) = parts.extensions.get::<Credential>() {
            return Ok(known.clone()); // a page asks, for somebody who was recognised
        }
        let missing = |detail: &str| Problem::new(ProblemKind::Unauthenticated, detail);
        let header = parts
            .headers
            .get(header::AUTHORIZATION)
            .ok_or_else(|| missing("no Authorization header"))?;
        let secret = header.to_str().ok().and_then(|text| text.split_once(' '));
        let secret = secret
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, secret)| secret.trim());
        let secret = secret.ok_or_else(|| {
            missing("the Authorization header is not of the form: Bearer <token>")
        })?;
        let credential = app.tokens.recognise(secret, app.now());
        credential
            .map(Arc::unwrap_or_clone)
            .ok_or_else(|| missing("this token is unknown or revoked"))
    }
}
