//! What happened: every fact the log can hold, and the names it is known by.
//!
//! Events are never serialised themselves: `codec` alone knows how each version is written.

mod about;
mod access;
mod bulk;
mod challenge;
mod definition;
mod export;
mod import;
mod revert;
mod reward;
mod segment;
mod team;
mod user;

pub use self::access::*;
pub use self::bulk::*;
pub use self::challenge::*;
pub use self::definition::*;
pub use self::export::*;
pub use self::import::*;
pub use self::revert::*;
pub use self::reward::*;
pub use self::segment::*;
pub use self::team::*;
pub use self::user::*;

/// A fact, in the past tense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The first fact of every log.
    LogCreated(LogCreated),
    /// A credential was made.
    TokenCreated(TokenCreated),
    /// A credential ended.
    TokenRevoked(TokenRevoked),
    /// Somebody may work in the admin interface, once they have set a password.
    TeamMemberInvited(TeamMemberInvited),
    /// A team member set a password for the first time.
    TeamMemberJoined(TeamMemberJoined),
    /// A team member has other rights, another name or another zone.
    TeamMemberChanged(TeamMemberChanged),
    /// A link was made with which a team member's password is set anew, or a new admin joins.
    TeamMemberLinkMade(TeamMemberLinkMade),
    /// A team member is one no more.
    TeamMemberRemoved(TeamMemberRemoved),
    /// A property was defined.
    PropertyCreated(PropertyCreated),
    /// A property is called otherwise.
    PropertyChanged(PropertyChanged),
    /// A property is no more, and its values with it.
    PropertyDeleted(PropertyDeleted),
    /// A list was made.
    ListCreated(ListCreated),
    /// A list is called otherwise.
    ListChanged(ListNamed),
    /// A list is no more.
    ListDeleted(ListNamed),
    /// The table of users shows other columns.
    TableChanged(TableChanged),
    /// A view of the table of users was made, or is another.
    ViewSaved(ViewSaved),
    /// A view of the table of users is no more.
    ViewRemoved(ViewRemoved),
    /// A segment was made.
    SegmentCreated(SegmentDefined),
    /// A segment has another name or other conditions.
    SegmentChanged(SegmentDefined),
    /// A segment is no more.
    SegmentDeleted(SegmentDeleted),
    /// A badge was made.
    BadgeCreated(BadgeDefined),
    /// A badge is another than before.
    BadgeChanged(BadgeDefined),
    /// From now on a badge is held.
    BadgePublished(BadgeDefined),
    /// A badge is held no more.
    BadgeArchived(BadgeDefined),
    /// A challenge was made.
    ChallengeCreated(ChallengeDefined),
    /// A challenge is another than before.
    ChallengeChanged(ChallengeDefined),
    /// From now on a challenge is joined and its steps are completed.
    ChallengePublished(ChallengeDefined),
    /// A challenge ended.
    ChallengeEnded(ChallengeDefined),
    /// A challenge is put away.
    ChallengeArchived(ChallengeDefined),
    /// A reward of which there are only so many is somebody's: recorded on the challenge's stream, before the user's own
    /// fact.
    RewardClaimed(RewardClaimed),
    /// Time went by, and something fell due.
    TimePassed(TimePassed),
    /// A file was uploaded, or is read in another way than before.
    ImportUploaded(ImportPlan),
    /// Somebody said where its columns go.
    ImportMapped(ImportPlan),
    /// Every row was looked at.
    ImportChecked(ImportChecked),
    /// A file was accepted for import.
    ImportStarted(ImportPlan),
    /// A batch of rows is recorded; a restart goes on after it.
    ImportProgressed(ImportProgressed),
    /// Every row was read.
    ImportCompleted(ImportCompleted),
    /// The import ended early.
    ImportFailed(ImportFailed),
    /// Somebody stopped the import; what was recorded stays.
    ImportCancelled(ImportCancelled),
    /// Somebody asked that the import be taken back.
    ImportRevertStarted(ImportRevertStarted),
    /// A part of it is taken back; a restart goes on after it.
    ImportRevertProgressed(ImportRevertProgressed),
    /// All of it that could be is taken back.
    ImportReverted(ImportReverted),
    /// The uploaded file is gone.
    ImportFileRemoved(ImportFileRemoved),
    /// A bulk action was accepted, and whom it is about.
    BulkActionStarted(BulkPlan),
    /// A batch of users is done; a restart goes on after it.
    BulkActionProgressed(BulkActionCame),
    /// All users are done.
    BulkActionCompleted(BulkActionCame),
    /// Somebody stopped the bulk action; what was recorded stays.
    BulkActionCancelled(BulkActionCame),
    /// The bulk action ended early.
    BulkActionFailed(BulkActionFailed),
    /// Somebody asked that the bulk action be taken back.
    BulkActionRevertStarted(BulkActionRevertStarted),
    /// A part of it is taken back; a restart goes on after it.
    BulkActionRevertProgressed(BulkActionRevertProgressed),
    /// All of it that could be is taken back.
    BulkActionReverted(BulkActionReverted),
    /// An export was asked for; recorded before its first byte.
    ExportStarted(ExportStarted),
    /// An export was handed out whole; recorded after its last byte.
    ExportCompleted(ExportCompleted),
    /// An export ended early.
    ExportFailed(ExportFailed),
    /// Somebody fetches the file of an export, or a part of it; recorded before its first byte.
    ExportDownloaded(ExportDownloaded),
    /// The file of an export is gone.
    ExportFileRemoved(ExportFileRemoved),
    /// A row of an import created or changed a user.
    UserImported(UserImported),
    /// A user was made by hand.
    UserCreated(UserCreated),
    /// Values of a user changed otherwise than by a row of an import.
    UserPropertiesChanged(UserPropertiesChanged),
    /// An address is going to be a user's: recorded on the stream the address has, before the user's own fact.
    EmailClaimed(EmailClaimed),
    /// An address is nobody's any more: a claim that nothing followed is given up, or a person released a former address. On
    /// the owner's own stream it is the address that began it, which has another stream from then on.
    EmailReleased(EmailReleased),
    /// A user has another address.
    UserEmailChanged(UserEmailChanged),
    /// A user was removed.
    UserDeleted(UserDeleted),
    /// A user joined a list.
    ListJoined(ListJoined),
    /// A user left a list.
    ListLeft(ListLeft),
    /// A user fulfils a segment's conditions.
    SegmentEntered(SegmentMoved),
    /// A user fulfils them no more.
    SegmentLeft(SegmentMoved),
    /// A user gained a badge.
    BadgeGained(BadgeGained),
    /// A user lost a badge.
    BadgeLost(BadgeLost),
    /// A user joined a challenge.
    ChallengeJoined(ChallengeJoined),
    /// A user completed a step.
    ChallengeStepCompleted(ChallengeStepCompleted),
    /// A user completed a challenge.
    ChallengeCompleted(ChallengeCompleted),
    /// A user received a perk.
    PerkReceived(PerkReceived),
    /// A user used a perk.
    PerkUsed(PerkUsed),
    /// A user received a digital asset.
    DigitalAssetReceived(DigitalAssetReceived),
    /// A user connected an app.
    AppConnected(AppMoved),
    /// A user disconnected an app.
    AppDisconnected(AppMoved),
    /// A user was there in an hour.
    UserActive(UserActive),
}

macro_rules! kinds {
    ($($kind:ident, $public:literal, $label:literal, $user:literal;)*) => {
        /// A type of fact, and its published names. Names never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventKind {
            $(#[doc = concat!("See [`Event::", stringify!($kind), "`].")] $kind,)*
        }

        impl EventKind {
            /// Every kind there is.
            pub const ALL: &'static [EventKind] = &[$(EventKind::$kind,)*];

            /// The name in the log: `BadgeGained`.
            pub fn name(self) -> &'static str {
                match self { $(EventKind::$kind => stringify!($kind),)* }
            }

            /// The CloudEvents type: `cohort.badge.gained`.
            pub fn public_name(self) -> &'static str {
                match self { $(EventKind::$kind => $public,)* }
            }

            /// English, for people: `Badge gained`.
            pub fn label(self) -> &'static str {
                match self { $(EventKind::$kind => $label,)* }
            }

            /// Whether it is something that happened to a user, so that the user-events export offers it.
            pub fn is_user_event(self) -> bool {
                match self { $(EventKind::$kind => $user,)* }
            }

            /// Whether it is something the user did: it counts as being active.
            pub fn is_activity(self) -> bool {
                matches!(
                    self,
                    EventKind::ChallengeJoined
                        | EventKind::ChallengeStepCompleted
                        | EventKind::ChallengeCompleted
                        | EventKind::PerkUsed
                        | EventKind::AppConnected
                        | EventKind::AppDisconnected
                        | EventKind::UserActive
                )
            }

            /// The kind with this name in the log.
            pub fn from_name(name: &str) -> Option<EventKind> {
                match name { $(stringify!($kind) => Some(EventKind::$kind),)* _ => None }
            }

            /// The kind with this public name.
            pub fn from_public_name(name: &str) -> Option<EventKind> {
                match name { $($public => Some(EventKind::$kind),)* _ => None }
            }
        }

        impl Event {
            /// Its type.
            pub fn kind(&self) -> EventKind {
                match self { $(Event::$kind(_) => EventKind::$kind,)* }
            }
        }
    };
}

kinds! {
    LogCreated, "cohort.log.created", "Log created", false;
    TokenCreated, "cohort.token.created", "Token created", false;
    TokenRevoked, "cohort.token.revoked", "Token revoked", false;
    TeamMemberInvited, "cohort.team_member.invited", "Team member invited", false;
    TeamMemberJoined, "cohort.team_member.joined", "Team member joined", false;
    TeamMemberChanged, "cohort.team_member.changed", "Team member changed", false;
    TeamMemberLinkMade, "cohort.team_member.link_made", "Team member's link made", false;
    TeamMemberRemoved, "cohort.team_member.removed", "Team member removed", false;
    PropertyCreated, "cohort.property.created", "Property created", false;
    PropertyChanged, "cohort.property.changed", "Property changed", false;
    PropertyDeleted, "cohort.property.deleted", "Property deleted", false;
    ListCreated, "cohort.list.created", "List created", false;
    ListChanged, "cohort.list.changed", "List changed", false;
    ListDeleted, "cohort.list.deleted", "List deleted", false;
    TableChanged, "cohort.table.changed", "Table changed", false;
    ViewSaved, "cohort.view.saved", "View saved", false;
    ViewRemoved, "cohort.view.removed", "View removed", false;
    SegmentCreated, "cohort.segment.created", "Segment created", false;
    SegmentChanged, "cohort.segment.changed", "Segment changed", false;
    SegmentDeleted, "cohort.segment.deleted", "Segment deleted", false;
    BadgeCreated, "cohort.badge.created", "Badge created", false;
    BadgeChanged, "cohort.badge.changed", "Badge changed", false;
    BadgePublished, "cohort.badge.published", "Badge published", false;
    BadgeArchived, "cohort.badge.archived", "Badge archived", false;
    ChallengeCreated, "cohort.challenge.created", "Challenge created", false;
    ChallengeChanged, "cohort.challenge.changed", "Challenge changed", false;
    ChallengePublished, "cohort.challenge.published", "Challenge published", false;
    ChallengeEnded, "cohort.challenge.ended", "Challenge ended", false;
    ChallengeArchived, "cohort.challenge.archived", "Challenge archived", false;
    RewardClaimed, "cohort.challenge.reward_claimed", "Reward claimed", false;
    TimePassed, "cohort.clock.time_passed", "Time passed", false;
    ImportUploaded, "cohort.import.uploaded", "Import uploaded", false;
    ImportMapped, "cohort.import.mapped", "Import mapped", false;
    ImportChecked, "cohort.import.checked", "Import checked", false;
    ImportStarted, "cohort.import.started", "Import started", false;
    ImportProgressed, "cohort.import.progressed", "Import progressed", false;
    ImportCompleted, "cohort.import.completed", "Import completed", false;
    ImportFailed, "cohort.import.failed", "Import failed", false;
    ImportCancelled, "cohort.import.cancelled", "Import cancelled", false;
    ImportRevertStarted, "cohort.import.revert_started", "Import revert started", false;
    ImportRevertProgressed, "cohort.import.revert_progressed", "Import revert progressed", false;
    ImportReverted, "cohort.import.reverted", "Import reverted", false;
    ImportFileRemoved, "cohort.import.file_removed", "Import file removed", false;
    BulkActionStarted, "cohort.bulk_action.started", "Bulk action started", false;
    BulkActionProgressed, "cohort.bulk_action.progressed", "Bulk action progressed", false;
    BulkActionCompleted, "cohort.bulk_action.completed", "Bulk action completed", false;
    BulkActionCancelled, "cohort.bulk_action.cancelled", "Bulk action cancelled", false;
    BulkActionFailed, "cohort.bulk_action.failed", "Bulk action failed", false;
    BulkActionRevertStarted, "cohort.bulk_action.revert_started", "Bulk action revert started", false;
    BulkActionRevertProgressed, "cohort.bulk_action.revert_progressed", "Bulk action revert progressed", false;
    BulkActionReverted, "cohort.bulk_action.reverted", "Bulk action reverted", false;
    ExportStarted, "cohort.export.started", "Export started", false;
    ExportCompleted, "cohort.export.completed", "Export completed", false;
    ExportFailed, "cohort.export.failed", "Export failed", false;
    ExportDownloaded, "cohort.export.downloaded", "Export downloaded", false;
    ExportFileRemoved, "cohort.export.file_removed", "Export file removed", false;
    UserImported, "cohort.user.imported", "User imported", true;
    UserCreated, "cohort.user.created", "User created", true;
    UserPropertiesChanged, "cohort.user.properties_updated", "User properties changed", true;
    EmailClaimed, "cohort.email.claimed", "E-mail claimed", false;
    EmailReleased, "cohort.email.released", "E-mail released", false;
    UserEmailChanged, "cohort.user.email_changed", "User e-mail changed", true;
    UserDeleted, "cohort.user.deleted", "User deleted", true;
    ListJoined, "cohort.list.joined", "List joined", true;
    ListLeft, "cohort.list.left", "List left", true;
    SegmentEntered, "cohort.segment.entered", "Segment entered", true;
    SegmentLeft, "cohort.segment.left", "Segment left", true;
    BadgeGained, "cohort.badge.gained", "Badge gained", true;
    BadgeLost, "cohort.badge.lost", "Badge lost", true;
    ChallengeJoined, "cohort.challenge.joined", "Challenge joined", true;
    ChallengeStepCompleted, "cohort.challenge.step_completed", "Challenge step completed", true;
    ChallengeCompleted, "cohort.challenge.completed", "Challenge completed", true;
    PerkReceived, "cohort.perk.received", "Perk received", true;
    PerkUsed, "cohort.perk.used", "Perk used", true;
    DigitalAssetReceived, "cohort.digital_asset.received", "Digital asset received", true;
    AppConnected, "cohort.app.connected", "App connected", true;
    AppDisconnected, "cohort.app.disconnected", "App disconnected", true;
    UserActive, "cohort.user.active", "User active", true;
}
