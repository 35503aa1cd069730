//! Tokens made and revoked in a folder that no service holds.

use anyhow::{Context as _, Result};
use domain::Event;
use domain::event::{TokenCreated, TokenRevoked};
use domain::scope::Scope;
use eventlog::{Expected, Log, Stream};
use uuid::Uuid;

use super::{App, entry, system};
use crate::access;

/// Makes a token in a folder that no service holds.
///
/// # Errors
/// What the log says.
pub fn create_token_offline(
    log: &Log,
    name: Option<String>,
    scopes: Vec<Scope>,
) -> Result<(String, String)> {
    let (secret, token_id) = access::new_token()?;
    let hash = access::hash(&secret);
    let event =
        Event::TokenCreated(TokenCreated { token_id: token_id.clone(), name, scopes, hash });
    let stream = Stream::named("token", &token_id);
    log.append_blocking(vec![entry(stream, Expected::New, &event, None, &system(Uuid::now_v7()))])?
        .remove(0)?;
    Ok((secret, token_id))
}

/// Revokes a token in a folder that no service holds. The last admin token may go too: whoever holds the folder can
/// make another.
///
/// # Errors
/// An unknown token, or what the log says.
pub fn revoke_token_offline(app: &App, token_id: &str) -> Result<()> {
    let tokens = app.follower.store().tokens()?;
    let token = tokens
        .iter()
        .find(|token| token.id == token_id)
        .context("token_unknown: there is no such token")?;
    if token.revoked_at.is_none() {
        let event = Event::TokenRevoked(TokenRevoked { token_id: token_id.to_owned() });
        let (stream, expected) =
            (Stream::named("token", token_id), Expected::Revision(token.revision));
        app.log
            .append_blocking(vec![entry(stream, expected, &event, None, &system(Uuid::now_v7()))])?
            .remove(0)?;
    }
    Ok(())
}
