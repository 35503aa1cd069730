//! How facts about team members are written.

use serde::{Deserialize, Serialize};

use super::{Read, read, read_personal, write};
use crate::event::{
    TeamMemberChanged, TeamMemberInvited, TeamMemberJoined, TeamMemberLinkMade, TeamMemberRemoved,
};
use crate::team::Role;

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct TeamMemberInvitedV1 {
    member_id: String,
    role: String,
    personal_data: bool,
}

#[derive(Default, Serialize, Deserialize)]
struct TeamMemberInvitedPersonalV1 {
    email: Option<String>,
    name: Option<String>,
}

pub(super) fn write_invited(fact: &TeamMemberInvited) -> Parts {
    let TeamMemberInvited { member_id, role, personal_data, email, name } = fact.clone();
    let role = role.name().to_owned();
    let data = write(&TeamMemberInvitedV1 { member_id, role, personal_data });
    (data, Some(write(&TeamMemberInvitedPersonalV1 { email, name })))
}

pub(super) fn read_invited(data: &[u8], personal: Option<&[u8]>) -> Read<TeamMemberInvited> {
    let TeamMemberInvitedV1 { member_id, role, personal_data } = read(data)?;
    let TeamMemberInvitedPersonalV1 { email, name } = read_personal(personal)?;
    Ok(TeamMemberInvited { member_id, role: read_role(&role)?, personal_data, email, name })
}

#[derive(Serialize, Deserialize)]
struct TeamMemberChangedV1 {
    member_id: String,
    role: String,
    personal_data: bool,
    zone: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct TeamMemberChangedPersonalV1 {
    name: Option<String>,
}

pub(super) fn write_changed(fact: &TeamMemberChanged) -> Parts {
    let TeamMemberChanged { member_id, role, personal_data, zone, name } = fact.clone();
    let role = role.name().to_owned();
    let data = write(&TeamMemberChangedV1 { member_id, role, personal_data, zone });
    (data, Some(write(&TeamMemberChangedPersonalV1 { name })))
}

pub(super) fn read_changed(data: &[u8], personal: Option<&[u8]>) -> Read<TeamMemberChanged> {
    let TeamMemberChangedV1 { member_id, role, personal_data, zone } = read(data)?;
    let TeamMemberChangedPersonalV1 { name } = read_personal(personal)?;
    Ok(TeamMemberChanged { member_id, role: read_role(&role)?, personal_data, zone, name })
}

fn read_role(name: &str) -> Read<Role> {
    name.parse().map_err(|_| "a role this version does not know".to_owned())
}

/// Of facts that only say about whom.
#[derive(Serialize, Deserialize)]
struct TeamMemberV1 {
    member_id: String,
}

fn write_member(member_id: &str) -> Parts {
    (write(&TeamMemberV1 { member_id: member_id.to_owned() }), None)
}

fn read_member(data: &[u8]) -> Read<String> {
    read(data).map(|TeamMemberV1 { member_id }| member_id)
}

pub(super) fn write_joined(fact: &TeamMemberJoined) -> Parts {
    write_member(&fact.member_id)
}

pub(super) fn read_joined(data: &[u8]) -> Read<TeamMemberJoined> {
    Ok(TeamMemberJoined { member_id: read_member(data)? })
}

pub(super) fn write_link_made(fact: &TeamMemberLinkMade) -> Parts {
    write_member(&fact.member_id)
}

pub(super) fn read_link_made(data: &[u8]) -> Read<TeamMemberLinkMade> {
    Ok(TeamMemberLinkMade { member_id: read_member(data)? })
}

pub(super) fn write_removed(fact: &TeamMemberRemoved) -> Parts {
    write_member(&fact.member_id)
}

pub(super) fn read_removed(data: &[u8]) -> Read<TeamMemberRemoved> {
    Ok(TeamMemberRemoved { member_id: read_member(data)? })
}
