//! A fact's handwriting: `Event` to and from stored JSON. Every version ever written is read here, for ever.
//!
//! Each kind has one public and one personal part per version, declared side by side in the modules below;
//! what is in the personal struct names a person and is stored apart, so that it can be sealed and erased alone.
//! A new version is a new struct and a new arm; an old one is never edited.

mod access;
mod badge;
mod bulk;
mod challenge;
mod definition;
mod email;
mod exports;
mod filter;
mod imports;
mod plan;
mod revert;
mod reward;
mod segment;
mod team;
mod user;
mod view;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::event::{Event, EventKind};

/// A fact as it is written. The bytes are made once and never re-serialised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its type.
    pub kind: EventKind,
    /// Schema version of `data` and `personal`.
    pub version: u16,
    /// Compact snake_case JSON object; nothing in it names a person.
    pub data: Vec<u8>,
    /// Compact JSON object of the personal fields, where there are any.
    pub personal: Option<Vec<u8>>,
}

/// Stored bytes that no known version explains.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} version {version} cannot be read: {reason}")]
pub struct Unreadable {
    /// The stored name.
    pub kind: String,
    /// The stored version.
    pub version: u16,
    /// What the reader met. Never a piece of the content.
    pub reason: String,
}

/// Writes a fact in its newest version.
pub fn encode(event: &Event) -> Stored {
    let (data, personal) = match event {
        Event::LogCreated(fact) => access::write_log_created(fact),
        Event::TokenCreated(fact) => access::write_token_created(fact),
        Event::TokenRevoked(fact) => access::write_token_revoked(fact),
        Event::TeamMemberInvited(fact) => team::write_invited(fact),
        Event::TeamMemberJoined(fact) => team::write_joined(fact),
        Event::TeamMemberChanged(fact) => team::write_changed(fact),
        Event::TeamMemberLinkMade(fact) => team::write_link_made(fact),
        Event::TeamMemberRemoved(fact) => team::write_removed(fact),
        Event::PropertyCreated(fact) => definition::write_property_created(fact),
        Event::PropertyChanged(fact) => definition::write_property_changed(fact),
        Event::PropertyDeleted(fact) => definition::write_property_deleted(fact),
        Event::ListCreated(fact) => definition::write_list_created(fact),
        Event::ListChanged(fact) | Event::ListDeleted(fact) => definition::write_list_named(fact),
        Event::TableChanged(fact) => definition::write_table_changed(fact),
        Event::ViewSaved(fact) => view::write_saved(fact),
        Event::ViewRemoved(fact) => view::write_removed(fact),
        Event::SegmentCreated(fact) | Event::SegmentChanged(fact) => segment::write_defined(fact),
        Event::SegmentDeleted(fact) => segment::write_deleted(fact),
        Event::BadgeCreated(fact)
        | Event::BadgeChanged(fact)
        | Event::BadgePublished(fact)
        | Event::BadgeArchived(fact) => badge::write_defined(fact),
        Event::ChallengeCreated(fact)
        | Event::ChallengeChanged(fact)
        | Event::ChallengePublished(fact)
        | Event::ChallengeEnded(fact)
        | Event::ChallengeArchived(fact) => challenge::write_defined(fact),
        Event::RewardClaimed(fact) => challenge::write_claimed(fact),
        Event::TimePassed(fact) => segment::write_time_passed(fact),
        Event::SegmentEntered(fact) | Event::SegmentLeft(fact) => segment::write_moved(fact),
        Event::ImportUploaded(plan) | Event::ImportMapped(plan) => plan::write_plan(plan),
        Event::ImportChecked(fact) => imports::write_import_checked(fact),
        Event::ImportStarted(fact) => plan::write_plan(fact),
        Event::ImportProgressed(fact) => imports::write_import_progressed(fact),
        Event::ImportCompleted(fact) => imports::write_import_completed(fact),
        Event::ImportFailed(fact) => imports::write_import_failed(fact),
        Event::ImportCancelled(fact) => imports::write_import_cancelled(fact),
        Event::ImportRevertStarted(fact) => revert::write_started(fact),
        Event::ImportRevertProgressed(fact) => revert::write_progressed(fact),
        Event::ImportReverted(fact) => revert::write_reverted(fact),
        Event::ImportFileRemoved(fact) => imports::write_import_file_removed(fact),
        Event::BulkActionStarted(plan) => bulk::write_plan(plan),
        Event::BulkActionProgressed(fact)
        | Event::BulkActionCompleted(fact)
        | Event::BulkActionCancelled(fact) => bulk::write_came(fact),
        Event::BulkActionFailed(fact) => bulk::write_failed(fact),
        Event::BulkActionRevertStarted(fact) => bulk::write_revert_started(fact),
        Event::BulkActionRevertProgressed(fact) => bulk::write_revert_progressed(fact),
        Event::BulkActionReverted(fact) => bulk::write_reverted(fact),
        Event::ExportStarted(fact) => exports::write_export_started(fact),
        Event::ExportCompleted(fact) => exports::write_export_completed(fact),
        Event::ExportFailed(fact) => exports::write_export_failed(fact),
        Event::ExportDownloaded(fact) => exports::write_export_downloaded(fact),
        Event::ExportFileRemoved(fact) => exports::write_export_file_removed(fact),
        Event::UserImported(fact) => user::write_user_imported(fact),
        Event::UserCreated(fact) => user::write_user_created(fact),
        Event::UserPropertiesChanged(fact) => user::write_properties_changed(fact),
        Event::EmailClaimed(fact) => email::write_claimed(fact),
        Event::EmailReleased(fact) => email::write_released(fact),
        Event::UserEmailChanged(fact) => email::write_changed(fact),
        Event::UserDeleted(fact) => user::write_user_deleted(fact),
        Event::ListJoined(fact) => user::write_list_joined(fact),
        Event::ListLeft(fact) => user::write_list_left(fact),
        Event::BadgeGained(fact) => user::write_badge_gained(fact),
        Event::BadgeLost(fact) => user::write_badge_lost(fact),
        Event::ChallengeJoined(fact) => user::write_challenge_joined(fact),
        Event::ChallengeStepCompleted(fact) => user::write_step_completed(fact),
        Event::ChallengeCompleted(fact) => user::write_challenge_completed(fact),
        Event::PerkReceived(fact) => reward::write_perk_received(fact),
        Event::PerkUsed(fact) => reward::write_perk_used(fact),
        Event::DigitalAssetReceived(fact) => reward::write_digital_asset_received(fact),
        Event::AppConnected(fact) | Event::AppDisconnected(fact) => reward::write_app_moved(fact),
        Event::UserActive(fact) => reward::write_user_active(fact),
    };
    Stored { kind: event.kind(), version: newest(event.kind()), data, personal }
}

/// The version that a kind is written in.
fn newest(kind: EventKind) -> u16 {
    const LATER: [(EventKind, u16); 2] =
        [(EventKind::ExportStarted, 3), (EventKind::ExportCompleted, 3)];
    LATER.iter().find(|(later, _)| *later == kind).map_or(1, |(_, version)| *version)
}

/// Reads a stored fact of any version. Personal fields of a fact without its personal part read as absent.
///
/// # Errors
/// [`Unreadable`] for an unknown kind or version, or bytes that are not what the version promises.
pub fn decode(
    kind: &str,
    version: u16,
    data: &[u8],
    personal: Option<&[u8]>,
) -> Result<Event, Unreadable> {
    use EventKind as K;
    let unreadable = |reason: String| Unreadable { kind: kind.to_owned(), version, reason };
    let known = EventKind::from_name(kind).ok_or_else(|| unreadable("no such kind".to_owned()))?;
    let read = match (known, version) {
        (K::LogCreated, 1) => access::read_log_created(data).map(Event::LogCreated),
        (K::TokenCreated, 1) => access::read_token_created(data, personal).map(Event::TokenCreated),
        (K::TokenRevoked, 1) => access::read_token_revoked(data).map(Event::TokenRevoked),
        (K::TeamMemberInvited, 1) => {
            team::read_invited(data, personal).map(Event::TeamMemberInvited)
        }
        (K::TeamMemberJoined, 1) => team::read_joined(data).map(Event::TeamMemberJoined),
        (K::TeamMemberChanged, 1) => {
            team::read_changed(data, personal).map(Event::TeamMemberChanged)
        }
        (K::TeamMemberLinkMade, 1) => team::read_link_made(data).map(Event::TeamMemberLinkMade),
        (K::TeamMemberRemoved, 1) => team::read_removed(data).map(Event::TeamMemberRemoved),
        (K::PropertyCreated, 1) => {
            definition::read_property_created(data).map(Event::PropertyCreated)
        }
        (K::ListCreated, 1) => definition::read_list_created(data).map(Event::ListCreated),
        (K::PropertyChanged, 1) => {
            definition::read_property_changed(data).map(Event::PropertyChanged)
        }
        (K::PropertyDeleted, 1) => {
            definition::read_property_deleted(data).map(Event::PropertyDeleted)
        }
        (K::ListChanged, 1) => definition::read_list_named(data).map(Event::ListChanged),
        (K::TableChanged, 1) => definition::read_table_changed(data).map(Event::TableChanged),
        (K::ListDeleted, 1) => definition::read_list_named(data).map(Event::ListDeleted),
        (K::ViewSaved, 1) => view::read_saved(data, personal).map(Event::ViewSaved),
        (K::ViewRemoved, 1) => view::read_removed(data).map(Event::ViewRemoved),
        (K::SegmentCreated, 1) => segment::read_defined(data).map(Event::SegmentCreated),
        (K::SegmentChanged, 1) => segment::read_defined(data).map(Event::SegmentChanged),
        (K::SegmentDeleted, 1) => segment::read_deleted(data).map(Event::SegmentDeleted),
        (K::BadgeCreated, 1) => badge::read_defined(data).map(Event::BadgeCreated),
        (K::BadgeChanged, 1) => badge::read_defined(data).map(Event::BadgeChanged),
        (K::BadgePublished, 1) => badge::read_defined(data).map(Event::BadgePublished),
        (K::BadgeArchived, 1) => badge::read_defined(data).map(Event::BadgeArchived),
        (K::ChallengeCreated, 1) => challenge::read_defined(data).map(Event::ChallengeCreated),
        (K::ChallengeChanged, 1) => challenge::read_defined(data).map(Event::ChallengeChanged),
        (K::ChallengePublished, 1) => challenge::read_defined(data).map(Event::ChallengePublished),
        (K::ChallengeEnded, 1) => challenge::read_defined(data).map(Event::ChallengeEnded),
        (K::ChallengeArchived, 1) => challenge::read_defined(data).map(Event::ChallengeArchived),
        (K::RewardClaimed, 1) => challenge::read_claimed(data).map(Event::RewardClaimed),
        (K::TimePassed, 1) => segment::read_time_passed(data).map(Event::TimePassed),
        (K::SegmentEntered, 1) => segment::read_moved(data, personal).map(Event::SegmentEntered),
        (K::SegmentLeft, 1) => segment::read_moved(data, personal).map(Event::SegmentLeft),
        (K::ImportUploaded, 1) => plan::read_plan(data, personal).map(Event::ImportUploaded),
        (K::ImportMapped, 1) => plan::read_plan(data, personal).map(Event::ImportMapped),
        (K::ImportChecked, 1) => imports::read_import_checked(data).map(Event::ImportChecked),
        (K::ImportRevertStarted, 1) => revert::read_started(data).map(Event::ImportRevertStarted),
        (K::ImportRevertProgressed, 1) => {
            revert::read_progressed(data).map(Event::ImportRevertProgressed)
        }
        (K::ImportReverted, 1) => revert::read_reverted(data).map(Event::ImportReverted),
        (K::ImportFileRemoved, 1) => {
            imports::read_import_file_removed(data).map(Event::ImportFileRemoved)
        }
        (K::UserCreated, 1) => user::read_user_created(data, personal).map(Event::UserCreated),
        (K::UserPropertiesChanged, 1) => {
            user::read_properties_changed(data, personal).map(Event::UserPropertiesChanged)
        }
        (K::EmailClaimed, 1) => email::read_claimed(data, personal).map(Event::EmailClaimed),
        (K::EmailReleased, 1) => email::read_released(data).map(Event::EmailReleased),
        (K::UserEmailChanged, 1) => {
            email::read_changed(data, personal).map(Event::UserEmailChanged)
        }
        (K::UserDeleted, 1) => user::read_user_deleted(data, personal).map(Event::UserDeleted),
        (K::ListJoined, 1) => user::read_list_joined(data, personal).map(Event::ListJoined),
        (K::ListLeft, 1) => user::read_list_left(data, personal).map(Event::ListLeft),
        (K::ImportStarted, 1) => plan::read_plan(data, personal).map(Event::ImportStarted),
        (K::ImportProgressed, 1) => {
            imports::read_import_progressed(data).map(Event::ImportProgressed)
        }
        (K::ImportCompleted, 1) => imports::read_import_completed(data).map(Event::ImportCompleted),
        (K::ImportCancelled, 1) => imports::read_import_cancelled(data).map(Event::ImportCancelled),
        (K::ImportFailed, 1) => imports::read_import_failed(data).map(Event::ImportFailed),
        (K::BulkActionStarted, 1) => bulk::read_plan(data, personal).map(Event::BulkActionStarted),
        (K::BulkActionProgressed, 1) => bulk::read_came(data).map(Event::BulkActionProgressed),
        (K::BulkActionCompleted, 1) => bulk::read_came(data).map(Event::BulkActionCompleted),
        (K::BulkActionCancelled, 1) => bulk::read_came(data).map(Event::BulkActionCancelled),
        (K::BulkActionFailed, 1) => bulk::read_failed(data).map(Event::BulkActionFailed),
        (K::BulkActionRevertStarted, 1) => {
            bulk::read_revert_started(data).map(Event::BulkActionRevertStarted)
        }
        (K::BulkActionRevertProgressed, 1) => {
            bulk::read_revert_progressed(data).map(Event::BulkActionRevertProgressed)
        }
        (K::BulkActionReverted, 1) => bulk::read_reverted(data).map(Event::BulkActionReverted),
        (K::ExportStarted, 1) => {
            exports::read_export_started_v1(data, personal).map(Event::ExportStarted)
        }
        (K::ExportStarted, 2) => {
            exports::read_export_started_v2(data, personal).map(Event::ExportStarted)
        }
        (K::ExportStarted, 3) => {
            exports::read_export_started(data, personal).map(Event::ExportStarted)
        }
        (K::ExportCompleted, 1) => {
            exports::read_export_completed_v1(data).map(Event::ExportCompleted)
        }
        (K::ExportCompleted, 2) => {
            exports::read_export_completed_v2(data).map(Event::ExportCompleted)
        }
        (K::ExportCompleted, 3) => exports::read_export_completed(data).map(Event::ExportCompleted),
        (K::ExportFailed, 1) => exports::read_export_failed(data).map(Event::ExportFailed),
        (K::ExportDownloaded, 1) => {
            exports::read_export_downloaded(data).map(Event::ExportDownloaded)
        }
        (K::ExportFileRemoved, 1) => {
            exports::read_export_file_removed(data).map(Event::ExportFileRemoved)
        }
        (K::UserImported, 1) => user::read_user_imported(data, personal).map(Event::UserImported),
        (K::BadgeGained, 1) => user::read_badge_gained(data, personal).map(Event::BadgeGained),
        (K::BadgeLost, 1) => user::read_badge_lost(data, personal).map(Event::BadgeLost),
        (K::ChallengeJoined, 1) => {
            user::read_challenge_joined(data, personal).map(Event::ChallengeJoined)
        }
        (K::ChallengeStepCompleted, 1) => {
            user::read_step_completed(data, personal).map(Event::ChallengeStepCompleted)
        }
        (K::ChallengeCompleted, 1) => {
            user::read_challenge_completed(data, personal).map(Event::ChallengeCompleted)
        }
        (K::PerkReceived, 1) => reward::read_perk_received(data, personal).map(Event::PerkReceived),
        (K::PerkUsed, 1) => reward::read_perk_used(data, personal).map(Event::PerkUsed),
        (K::DigitalAssetReceived, 1) => {
            reward::read_digital_asset_received(data, personal).map(Event::DigitalAssetReceived)
        }
        (K::AppConnected, 1) => reward::read_app_moved(data, personal).map(Event::AppConnected),
        (K::AppDisconnected, 1) => {
            reward::read_app_moved(data, personal).map(Event::AppDisconnected)
        }
        (K::UserActive, 1) => reward::read_user_active(data, personal).map(Event::UserActive),
        _ => Err("no such version".to_owned()),
    };
    read.map_err(unreadable)
}

/// What a reader of one version answers; the error says what was met, never what it held.
type Read<T> = Result<T, String>;

fn write(part: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(part).expect("maps with text keys always serialise")
}

fn read<'a, T: Deserialize<'a>>(part: &'a [u8]) -> Read<T> {
    serde_json::from_slice(part).map_err(|error| reason(&error))
}

/// Reads a personal part; an absent one reads as the default, in which every field is absent.
fn read_personal<T: DeserializeOwned + Default>(part: Option<&[u8]>) -> Read<T> {
    part.map_or_else(
        || Ok(T::default()),
        |part| serde_json::from_slice(part).map_err(|error| reason(&error)),
    )
}

/// Where the JSON is wrong. The message of `serde_json` could quote a value, so only its class is kept.
fn reason(error: &serde_json::Error) -> String {
    format!("{:?} at line {} column {}", error.classify(), error.line(), error.column())
}

#[cfg(test)]
mod tests;
