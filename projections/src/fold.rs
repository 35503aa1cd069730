//! One fact into the tables it touches: what a batch of them changes is gathered first, which needs no table, and written
//! then.

mod access;
mod addresses;
mod batch;
mod bulk_actions;
mod counts;
mod definitions;
mod exports;
mod happened;
mod imports;
mod jobs;
mod pending;
mod team;
mod users;
mod views;

use domain::event::{Named, RewardId, RewardKind};
use domain::{DefinitionId, Event, EventKind};
use eventlog::Row;

use self::addresses::{Claim, ClaimChange};
pub use self::batch::Batch;
use self::pending::{Pending, Person};
use crate::rules::{BADGE, CHALLENGE, SEGMENT};

impl Batch {
    fn take_event(&mut self, row: &Row<'_>, event: Event) {
        match event {
            Event::LogCreated(_) | Event::TimePassed(_) | Event::RewardClaimed(_) => {}
            Event::ExportStarted(_)
            | Event::ExportCompleted(_)
            | Event::ExportFailed(_)
            | Event::ExportDownloaded(_)
            | Event::ExportFileRemoved(_) => {
                self.pending.rare(row, move |tables, row| exports::apply(tables, row, &event));
            }
            Event::TokenCreated(fact) => {
                self.pending.rare(row, move |tables, row| access::created(tables, row, &fact));
            }
            Event::TokenRevoked(fact) => {
                self.pending.rare(row, move |tables, row| access::revoked(tables, row, &fact));
            }
            Event::TeamMemberInvited(_)
            | Event::TeamMemberJoined(_)
            | Event::TeamMemberChanged(_)
            | Event::TeamMemberLinkMade(_)
            | Event::TeamMemberRemoved(_) => {
                self.pending.rare(row, move |tables, row| team::apply(tables, row, &event));
            }
            Event::PropertyCreated(fact) => {
                self.pending.field(row, 0, &fact.property_id);
                self.pending.rare(row, move |tables, row| {
                    definitions::property_created(tables, row, &fact)
                });
            }
            Event::PropertyChanged(fact) => {
                self.pending.rare(row, move |tables, row| {
                    definitions::property_changed(tables, row, &fact)
                });
            }
            Event::PropertyDeleted(fact) => {
                self.pending.rare(row, move |tables, row| {
                    definitions::property_deleted(tables, row, &fact)
                });
            }
            Event::ListCreated(fact) => {
                self.pending
                    .rare(row, move |tables, row| definitions::list_created(tables, row, &fact));
            }
            Event::ListChanged(fact) => {
                self.pending.rare(row, move |tables, row| {
                    definitions::list_named(tables, row, &fact, false)
                });
            }
            Event::ListDeleted(fact) => {
                self.pending.rare(row, move |tables, row| {
                    definitions::list_named(tables, row, &fact, true)
                });
            }
            Event::TableChanged(fact) => {
                self.pending
                    .rare(row, move |tables, row| definitions::table_changed(tables, row, &fact));
            }
            Event::ViewSaved(fact) => {
                self.pending.rare(row, move |tables, row| views::saved(tables, row, &fact));
            }
            Event::ViewRemoved(fact) => {
                self.pending.rare(row, move |tables, row| views::removed(tables, row, &fact));
            }
            Event::SegmentCreated(fact) | Event::SegmentChanged(fact) => {
                self.rule(row, SEGMENT, fact.segment_id);
            }
            Event::SegmentDeleted(fact) => {
                self.pending.rare(row, move |tables, _| {
                    definitions::rule_gone(tables, SEGMENT, fact.segment_id.as_str())
                });
            }
            Event::BadgeCreated(fact)
            | Event::BadgeChanged(fact)
            | Event::BadgePublished(fact)
            | Event::BadgeArchived(fact) => self.rule(row, BADGE, fact.badge_id),
            Event::ChallengeCreated(fact)
            | Event::ChallengeChanged(fact)
            | Event::ChallengePublished(fact)
            | Event::ChallengeEnded(fact)
            | Event::ChallengeArchived(fact) => self.rule(row, CHALLENGE, fact.challenge_id),
            Event::ImportUploaded(_)
            | Event::ImportMapped(_)
            | Event::ImportChecked(_)
            | Event::ImportStarted(_)
            | Event::ImportProgressed(_)
            | Event::ImportCompleted(_)
            | Event::ImportCancelled(_)
            | Event::ImportFailed(_)
            | Event::ImportRevertStarted(_)
            | Event::ImportRevertProgressed(_)
            | Event::ImportReverted(_)
            | Event::ImportFileRemoved(_) => {
                self.pending.rare(row, move |tables, row| imports::apply(tables, row, &event));
            }
            Event::BulkActionStarted(_)
            | Event::BulkActionProgressed(_)
            | Event::BulkActionCompleted(_)
            | Event::BulkActionCancelled(_)
            | Event::BulkActionFailed(_)
            | Event::BulkActionRevertStarted(_)
            | Event::BulkActionRevertProgressed(_)
            | Event::BulkActionReverted(_) => {
                self.pending.rare(row, move |tables, row| bulk_actions::apply(tables, row, &event));
            }
            Event::UserImported(fact) => users::imported(&mut self.pending, row, fact),
            Event::UserCreated(fact) => users::created(&mut self.pending, row, fact),
            Event::UserPropertiesChanged(fact) => {
                users::changed(&mut self.pending, row, fact.changes);
            }
            Event::EmailClaimed(fact) => {
                self.claimed(row, |address| ClaimChange::Made {
                    address,
                    owner: fact.owner,
                    correlation: row.correlation,
                });
            }
            Event::EmailReleased(fact) => {
                self.claimed(row, |address| ClaimChange::Forgotten { address });
                self.pending
                    .rare(row, move |tables, row| addresses::released(tables, row, fact.owner));
            }
            Event::UserEmailChanged(fact) => {
                users::email_changed(&mut self.pending, row, &fact);
                self.pending.rare(row, move |tables, row| addresses::had(tables, row, &fact));
            }
            Event::UserDeleted(_) => self.deleted(row),
            Event::ListJoined(fact) => {
                self.of_user(row, |pending, id, at| {
                    pending.list_joined(id, fact.list.id.as_str(), at);
                });
            }
            Event::ListLeft(fact) => {
                self.of_user(row, |pending, id, _| {
                    pending.list_left(id, fact.list.id.as_str());
                });
            }
            Event::SegmentEntered(fact) => {
                self.of_user(row, |pending, id, at| {
                    pending.segment_entered(id, fact.segment.id.as_str(), at);
                });
            }
            Event::SegmentLeft(fact) => {
                self.of_user(row, |pending, id, _| {
                    pending.segment_left(id, fact.segment.id.as_str());
                });
            }
            Event::BadgeGained(fact) => {
                self.of_user(row, |pending, id, at| {
                    pending.badge_gained(id, fact.badge.id.as_str(), at);
                });
            }
            Event::BadgeLost(fact) => {
                self.of_user(row, |pending, id, _| pending.badge_lost(id, fact.badge.id.as_str()));
            }
            Event::ChallengeJoined(fact) => {
                self.of_user(row, |pending, id, at| {
                    pending.joined(id, fact.challenge.id.as_str(), at)
                });
            }
            Event::ChallengeStepCompleted(fact) => {
                let (challenge, step) = (fact.challenge.id.as_str(), fact.step.id.as_str());
                self.of_user(row, |pending, id, at| {
                    pending.step_completed(id, challenge, step, at)
                });
            }
            Event::ChallengeCompleted(fact) => {
                let challenge = fact.challenge.id.as_str();
                self.of_user(row, |pending, id, at| pending.challenge_completed(id, challenge, at));
            }
            Event::PerkReceived(fact) => {
                self.of_user(row, |pending, id, at| {
                    pending.perk_received(id, fact.perk.id.as_str(), at);
                    rewarded(
                        pending,
                        id,
                        RewardKind::Perk,
                        &fact.perk,
                        fact.challenge.as_ref(),
                        at,
                    );
                });
            }
            Event::PerkUsed(fact) => {
                self.of_user(row, |pending, id, at| {
                    pending.perk_used(id, fact.perk.id.as_str(), at);
                });
            }
            Event::DigitalAssetReceived(fact) => {
                let (asset, challenge) = (&fact.digital_asset, fact.challenge.as_ref());
                self.of_user(row, |pending, id, at| {
                    pending.digital_asset_received(id, asset.id.as_str(), at);
                    rewarded(pending, id, RewardKind::DigitalAsset, asset, challenge, at);
                });
            }
            Event::AppConnected(fact) => {
                self.of_user(row, |pending, id, at| {
                    pending.app_connected(id, fact.app.id.as_str(), at);
                });
            }
            Event::AppDisconnected(fact) => {
                self.of_user(row, |pending, id, _| {
                    pending.app_disconnected(id, fact.app.id.as_str());
                });
            }
            Event::UserActive(fact) => {
                self.of_user(row, |pending, id, _| pending.was_there(id, fact.hour));
            }
        }
    }

    /// A fact about a user: moves the user's narrow row, and whatever `change` says.
    fn of_user(&mut self, row: &Row<'_>, change: impl FnOnce(&mut Pending, Person, i64)) {
        let Some(id) = users::user_id(row) else { return };
        let at = users::happened_at(row);
        let active = row.known_kind.is_some_and(EventKind::is_activity).then_some(at);
        let person = self.pending.moved(id, row.revision, active);
        change(&mut self.pending, person, at);
    }

    /// A segment, a badge or a challenge, whole, as its newest fact has it.
    fn rule(&mut self, row: &Row<'_>, sort: &'static str, id: DefinitionId) {
        self.pending
            .rare(row, move |tables, row| definitions::rule(tables, row, sort, id.as_str()));
    }

    fn claimed(&mut self, row: &Row<'_>, change: impl FnOnce([u8; 16]) -> ClaimChange) {
        let Some(id) = users::user_id(row) else { return };
        let position = row.position.number().cast_signed();
        self.pending.claim(Claim { position, change: change(id) });
        self.pending.moved(id, row.revision, None);
    }

    /// What was held back up to here and may be this user's is written before the user goes.
    fn deleted(&mut self, row: &Row<'_>) {
        let Some(id) = users::user_id(row) else { return };
        if self.pending.may_be_of(&id) {
            self.parts.push(std::mem::take(&mut self.pending));
        }
        self.pending.deleted(row.position.number().cast_signed(), id);
        self.pending.moved(id, row.revision, None);
    }
}

/// What a challenge gave, where one did.
fn rewarded(
    pending: &mut Pending,
    person: Person,
    kind: RewardKind,
    reward: &Named,
    challenge: Option<&Named>,
    at: i64,
) {
    if let Some(challenge) = challenge {
        let reward = RewardId { kind, id: reward.id.clone() };
        pending.rewarded(person, challenge.id.as_str(), &reward, at);
    }
}
