//! How facts about the log and access to it are written.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Read, read, read_personal, write};
use crate::event::{LogCreated, TokenCreated, TokenRevoked};

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct LogCreatedV1 {
    log_id: Uuid,
    key_check: String,
}

pub(super) fn write_log_created(fact: &LogCreated) -> Parts {
    (write(&LogCreatedV1 { log_id: fact.log_id, key_check: fact.key_check.clone() }), None)
}

pub(super) fn read_log_created(data: &[u8]) -> Read<LogCreated> {
    let LogCreatedV1 { log_id, key_check } = read(data)?;
    Ok(LogCreated { log_id, key_check })
}

#[derive(Serialize, Deserialize)]
struct TokenCreatedV1 {
    token_id: String,
    scopes: Vec<String>,
    hash: String,
}

#[derive(Default, Serialize, Deserialize)]
struct TokenCreatedPersonalV1 {
    name: Option<String>,
}

pub(super) fn write_token_created(fact: &TokenCreated) -> Parts {
    let scopes = fact.scopes.iter().map(|scope| scope.name().to_owned()).collect();
    let data = TokenCreatedV1 { token_id: fact.token_id.clone(), scopes, hash: fact.hash.clone() };
    (write(&data), Some(write(&TokenCreatedPersonalV1 { name: fact.name.clone() })))
}

pub(super) fn read_token_created(data: &[u8], personal: Option<&[u8]>) -> Read<TokenCreated> {
    let TokenCreatedV1 { token_id, scopes, hash } = read(data)?;
    let TokenCreatedPersonalV1 { name } = read_personal(personal)?;
    let scopes = scopes
        .iter()
        .map(|scope| scope.parse().map_err(|_| "a scope this version does not know".to_owned()))
        .collect::<Result<_, _>>()?;
    Ok(TokenCreated { token_id, name, scopes, hash })
}

#[derive(Serialize, Deserialize)]
struct TokenRevokedV1 {
    token_id: String,
}

pub(super) fn write_token_revoked(fact: &TokenRevoked) -> Parts {
    (write(&TokenRevokedV1 { token_id: fact.token_id.clone() }), None)
}

pub(super) fn read_token_revoked(data: &[u8]) -> Read<TokenRevoked> {
    let TokenRevokedV1 { token_id } = read(data)?;
    Ok(TokenRevoked { token_id })
}
