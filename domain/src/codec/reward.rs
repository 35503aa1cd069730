//! How it is written what users receive, use and connect.

use serde::{Deserialize, Serialize};

use super::user::{AddressPersonalV1, address, named};
use super::{Read, read, read_personal, write};
use crate::event::{AppMoved, DigitalAssetReceived, Named, PerkReceived, PerkUsed, UserActive};

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct PerkV1 {
    perk_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    perk_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    challenge_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    challenge_title: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct DigitalAssetV1 {
    digital_asset_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digital_asset_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    challenge_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    challenge_title: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct AppV1 {
    app_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    app_name: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct UserActiveV1 {
    hour: i64,
}

/// Id and name of something that may be there.
fn parts(of: Option<&Named>) -> (Option<String>, Option<String>) {
    (of.map(|of| of.id.to_string()), of.and_then(|of| of.name.clone()))
}

fn optional(id: Option<String>, name: Option<String>) -> Read<Option<Named>> {
    id.map(|id| named(&id, name)).transpose()
}

fn email(personal: Option<&[u8]>) -> Read<Option<String>> {
    read_personal::<AddressPersonalV1>(personal).map(|part| part.email)
}

pub(super) fn write_perk_received(fact: &PerkReceived) -> Parts {
    let (challenge_id, challenge_title) = parts(fact.challenge.as_ref());
    let (perk_id, perk_name) = (fact.perk.id.to_string(), fact.perk.name.clone());
    let data = PerkV1 { perk_id, perk_name, challenge_id, challenge_title };
    (write(&data), address(&fact.email))
}

pub(super) fn read_perk_received(data: &[u8], personal: Option<&[u8]>) -> Read<PerkReceived> {
    let PerkV1 { perk_id, perk_name, challenge_id, challenge_title } = read(data)?;
    let (perk, challenge) = (named(&perk_id, perk_name)?, optional(challenge_id, challenge_title)?);
    Ok(PerkReceived { perk, challenge, email: email(personal)? })
}

pub(super) fn write_perk_used(fact: &PerkUsed) -> Parts {
    let (perk_id, perk_name) = (fact.perk.id.to_string(), fact.perk.name.clone());
    let data = PerkV1 { perk_id, perk_name, challenge_id: None, challenge_title: None };
    (write(&data), address(&fact.email))
}

pub(super) fn read_perk_used(data: &[u8], personal: Option<&[u8]>) -> Read<PerkUsed> {
    let data: PerkV1 = read(data)?;
    Ok(PerkUsed { perk: named(&data.perk_id, data.perk_name)?, email: email(personal)? })
}

pub(super) fn write_digital_asset_received(fact: &DigitalAssetReceived) -> Parts {
    let (challenge_id, challenge_title) = parts(fact.challenge.as_ref());
    let Named { id, name } = fact.digital_asset.clone();
    let data = DigitalAssetV1 {
        digital_asset_id: id.to_string(),
        digital_asset_name: name,
        challenge_id,
        challenge_title,
    };
    (write(&data), address(&fact.email))
}

pub(super) fn read_digital_asset_received(
    data: &[u8],
    personal: Option<&[u8]>,
) -> Read<DigitalAssetReceived> {
    let data: DigitalAssetV1 = read(data)?;
    Ok(DigitalAssetReceived {
        digital_asset: named(&data.digital_asset_id, data.digital_asset_name)?,
        challenge: optional(data.challenge_id, data.challenge_title)?,
        email: email(personal)?,
    })
}

pub(super) fn write_app_moved(fact: &AppMoved) -> Parts {
    let Named { id, name } = fact.app.clone();
    (write(&AppV1 { app_id: id.to_string(), app_name: name }), address(&fact.email))
}

pub(super) fn read_app_moved(data: &[u8], personal: Option<&[u8]>) -> Read<AppMoved> {
    let AppV1 { app_id, app_name } = read(data)?;
    Ok(AppMoved { app: named(&app_id, app_name)?, email: email(personal)? })
}

pub(super) fn write_user_active(fact: &UserActive) -> Parts {
    (write(&UserActiveV1 { hour: fact.hour }), address(&fact.email))
}

pub(super) fn read_user_active(data: &[u8], personal: Option<&[u8]>) -> Read<UserActive> {
    let UserActiveV1 { hour } = read(data)?;
    Ok(UserActive { hour, email: email(personal)? })
}
