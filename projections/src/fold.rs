//! One fact into the tables it touches. Facts at or below the checkpoint change nothing, so the log may redeliver.

mod access;
mod addresses;
mod definitions;
mod exports;
mod imports;
mod pending;
mod users;

use std::collections::{BTreeMap, HashSet};

use domain::Event;
use domain::event::{Named, RewardId, RewardKind};
use eventlog::{Position, Row};
use rusqlite::{Connection, params};

use self::pending::Pending;
use crate::error::ProjectionError;
use crate::indicators::Tally;
use crate::rules::{BADGE, CHALLENGE, SEGMENT};
use crate::store;

/// Whether a fact about a user is something the user did.
#[derive(Debug, Clone, Copy)]
enum Act {
    Passive,
    Active,
}

/// Folds a batch of facts inside one transaction.
pub struct Fold<'a> {
    connection: &'a Connection,
    checkpoint: Position,
    /// Facts and last time by kind: written once per batch.
    counted: BTreeMap<String, (u64, i64)>,
    known_fields: HashSet<String>,
    pending: Pending,
    tally: Tally,
    unreadable: u64,
}

impl<'a> Fold<'a> {
    /// Begins a batch.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn begin(connection: &'a Connection) -> Result<Fold<'a>, ProjectionError> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let checkpoint = store::checkpoint(connection)?;
        Ok(Fold {
            connection,
            checkpoint,
            counted: BTreeMap::new(),
            known_fields: HashSet::new(),
            pending: Pending::default(),
            tally: Tally::default(),
            unreadable: 0,
        })
    }

    /// Folds one fact in.
    ///
    /// # Errors
    /// [`ProjectionError::Store`]; never because of what the fact says.
    pub fn apply(&mut self, row: &Row<'_>) -> Result<(), ProjectionError> {
        if row.position <= self.checkpoint {
            return Ok(());
        }
        match row.event() {
            Ok(event) => {
                match self.counted.get_mut(row.kind) {
                    Some((facts, last_at)) => (*facts, *last_at) = (*facts + 1, row.recorded_at),
                    None => {
                        self.counted.insert(row.kind.to_owned(), (1, row.recorded_at));
                    }
                }
                self.tally.count(&event, row.recorded_at);
                self.apply_event(row, &event)?;
            }
            Err(unreadable) => {
                tracing::error!(position = row.position.number(), %unreadable, "a fact is left out of the tables");
                self.unreadable += 1;
            }
        }
        self.checkpoint = row.position;
        Ok(())
    }

    fn apply_event(&mut self, row: &Row<'_>, event: &Event) -> Result<(), ProjectionError> {
        match event {
            Event::LogCreated(_) | Event::TimePassed(_) | Event::RewardClaimed(_) => Ok(()),
            Event::ExportStarted(_)
            | Event::ExportCompleted(_)
            | Event::ExportFailed(_)
            | Event::ExportDownloaded(_)
            | Event::ExportFileRemoved(_) => exports::apply(self.connection, row, event),
            Event::TokenCreated(fact) => access::created(self.connection, row, fact),
            Event::TokenRevoked(fact) => access::revoked(self.connection, row, fact),
            Event::PropertyCreated(fact) => {
                definitions::property_created(self.connection, row, fact)?;
                self.note_fields(row, [fact.property_id.as_str()].into_iter())
            }
            Event::PropertyChanged(fact) => {
                definitions::property_changed(self.connection, row, fact)
            }
            Event::PropertyDeleted(fact) => {
                definitions::property_deleted(self.connection, row, fact)
            }
            Event::ListCreated(fact) => definitions::list_created(self.connection, row, fact),
            Event::ListChanged(fact) => definitions::list_named(self.connection, row, fact, false),
            Event::ListDeleted(fact) => definitions::list_named(self.connection, row, fact, true),
            Event::TableChanged(fact) => definitions::table_changed(self.connection, row, fact),
            Event::SegmentCreated(fact) | Event::SegmentChanged(fact) => {
                definitions::rule(self.connection, row, SEGMENT, fact.segment_id.as_str())
            }
            Event::SegmentDeleted(fact) => {
                definitions::rule_gone(self.connection, SEGMENT, fact.segment_id.as_str())
            }
            Event::BadgeCreated(fact)
            | Event::BadgeChanged(fact)
            | Event::BadgePublished(fact)
            | Event::BadgeArchived(fact) => {
                definitions::rule(self.connection, row, BADGE, fact.badge_id.as_str())
            }
            Event::ChallengeCreated(fact)
            | Event::ChallengeChanged(fact)
            | Event::ChallengePublished(fact)
            | Event::ChallengeEnded(fact)
            | Event::ChallengeArchived(fact) => {
                definitions::rule(self.connection, row, CHALLENGE, fact.challenge_id.as_str())
            }
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
            | Event::ImportFileRemoved(_) => imports::apply(self.connection, row, event),
            Event::UserImported(fact) => {
                users::imported(self.connection, &mut self.pending, row, fact)?;
                self.note_fields(row, fact.changes.iter().map(|change| change.field.as_str()))
            }
            Event::UserCreated(fact) => {
                users::created(self.connection, &mut self.pending, row, fact)?;
                self.note_fields(row, fact.changes.iter().map(|change| change.field.as_str()))
            }
            Event::UserPropertiesChanged(fact) => {
                users::changed(self.connection, &mut self.pending, row, &fact.changes)?;
                self.note_fields(row, fact.changes.iter().map(|change| change.field.as_str()))
            }
            Event::EmailClaimed(fact) => {
                addresses::claimed(self.connection, &mut self.pending, row, fact.owner)
            }
            Event::EmailReleased(_) => addresses::released(self.connection, &mut self.pending, row),
            Event::UserEmailChanged(fact) => {
                addresses::changed(self.connection, &mut self.pending, row, fact)
            }
            Event::UserDeleted(_) => users::deleted(self.connection, &mut self.pending, row),
            Event::ListJoined(fact) => {
                self.of_user(row, Act::Passive, |pending, id, at| {
                    pending.list_joined(id, fact.list.id.as_str(), at);
                });
                Ok(())
            }
            Event::ListLeft(fact) => {
                self.of_user(row, Act::Passive, |pending, id, _| {
                    pending.list_left(id, fact.list.id.as_str());
                });
                Ok(())
            }
            Event::SegmentEntered(fact) => {
                self.of_user(row, Act::Passive, |pending, id, at| {
                    pending.segment_entered(id, fact.segment.id.as_str(), at);
                });
                Ok(())
            }
            Event::SegmentLeft(fact) => {
                self.of_user(row, Act::Passive, |pending, id, _| {
                    pending.segment_left(id, fact.segment.id.as_str());
                });
                Ok(())
            }
            Event::BadgeGained(fact) => {
                self.of_user(row, Act::Passive, |pending, id, at| {
                    pending.badge_gained(id, fact.badge.id.as_str(), at);
                });
                Ok(())
            }
            Event::BadgeLost(fact) => {
                self.of_user(row, Act::Passive, |pending, id, _| {
                    pending.badge_lost(id, fact.badge.id.as_str())
                });
                Ok(())
            }
            Event::ChallengeJoined(fact) => {
                self.of_user(row, Act::Active, |pending, id, at| {
                    pending.joined(id, fact.challenge.id.as_str(), at)
                });
                Ok(())
            }
            Event::ChallengeStepCompleted(fact) => {
                let (challenge, step) = (fact.challenge.id.as_str(), fact.step.id.as_str());
                self.of_user(row, Act::Active, |pending, id, at| {
                    pending.step_completed(id, challenge, step, at)
                });
                Ok(())
            }
            Event::ChallengeCompleted(fact) => {
                let challenge = fact.challenge.id.as_str();
                self.of_user(row, Act::Active, |pending, id, at| {
                    pending.challenge_completed(id, challenge, at)
                });
                Ok(())
            }
            Event::PerkReceived(fact) => {
                self.of_user(row, Act::Passive, |pending, id, at| {
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
                Ok(())
            }
            Event::PerkUsed(fact) => {
                self.of_user(row, Act::Active, |pending, id, at| {
                    pending.perk_used(id, fact.perk.id.as_str(), at);
                });
                Ok(())
            }
            Event::DigitalAssetReceived(fact) => {
                let (asset, challenge) = (&fact.digital_asset, fact.challenge.as_ref());
                self.of_user(row, Act::Passive, |pending, id, at| {
                    pending.digital_asset_received(id, asset.id.as_str(), at);
                    rewarded(pending, id, RewardKind::DigitalAsset, asset, challenge, at);
                });
                Ok(())
            }
            Event::AppConnected(fact) => {
                self.of_user(row, Act::Active, |pending, id, at| {
                    pending.app_connected(id, fact.app.id.as_str(), at);
                });
                Ok(())
            }
            Event::AppDisconnected(fact) => {
                self.of_user(row, Act::Active, |pending, id, _| {
                    pending.app_disconnected(id, fact.app.id.as_str());
                });
                Ok(())
            }
            Event::UserActive(fact) => {
                self.of_user(row, Act::Active, |pending, id, _| pending.was_there(id, fact.hour));
                Ok(())
            }
        }
    }

    /// A fact about a user: moves the user's narrow row, and whatever `change` says.
    fn of_user(
        &mut self,
        row: &Row<'_>,
        act: Act,
        change: impl FnOnce(&mut Pending, [u8; 16], i64),
    ) {
        let Some(id) = users::user_id(row) else { return };
        let at = users::happened_at(row);
        let active = match act {
            Act::Passive => None,
            Act::Active => Some(at),
        };
        self.pending.moved(id, row.revision, active);
        change(&mut self.pending, id, at);
    }

    /// Remembers each field when it is first seen: that is the order of columns in the users export.
    fn note_fields<'f>(
        &mut self,
        row: &Row<'_>,
        fields: impl Iterator<Item = &'f str>,
    ) -> Result<(), ProjectionError> {
        for (index, field) in fields.enumerate() {
            if !self.known_fields.contains(field) {
                let ordinal = row.position.number().cast_signed() * 1_000
                    + i64::try_from(index).unwrap_or(999);
                self.connection
                    .prepare_cached("INSERT OR IGNORE INTO fields(id, ordinal) VALUES (?1, ?2)")?
                    .execute(params![field, ordinal])?;
                self.known_fields.insert(field.to_owned());
            }
        }
        Ok(())
    }

    /// Makes the batch and its checkpoint visible together.
    ///
    /// # Errors
    /// [`ProjectionError::Store`]; then nothing of the batch is kept.
    pub fn commit(mut self, through: Position) -> Result<(), ProjectionError> {
        std::mem::take(&mut self.pending).write(self.connection)?;
        std::mem::take(&mut self.tally).write(self.connection)?;
        for (kind, (facts, last_at)) in &self.counted {
            self.connection
                .prepare_cached(
                    "INSERT INTO kind_counts(kind, facts, last_at) VALUES (?1, ?2, ?3)
                     ON CONFLICT(kind) DO UPDATE SET facts = facts + ?2, last_at = ?3",
                )?
                .execute(params![kind, facts.cast_signed(), last_at])?;
        }
        if self.unreadable > 0 {
            let before: i64 = store::meta(self.connection, "unreadable")?.unwrap_or(0);
            store::set_meta(self.connection, "unreadable", before + self.unreadable.cast_signed())?;
        }
        store::set_checkpoint(self.connection, through.max(self.checkpoint))?;
        Ok(self.connection.execute_batch("COMMIT")?)
    }
}

/// What a challenge gave, where one did.
fn rewarded(
    pending: &mut Pending,
    user: [u8; 16],
    kind: RewardKind,
    reward: &Named,
    challenge: Option<&Named>,
    at: i64,
) {
    if let Some(challenge) = challenge {
        let reward = RewardId { kind, id: reward.id.clone() };
        pending.rewarded(user, challenge.id.as_str(), &reward, at);
    }
}

impl Drop for Fold<'_> {
    fn drop(&mut self) {
        if !self.connection.is_autocommit() {
            let _ = self.connection.execute_batch("ROLLBACK");
        }
    }
}
