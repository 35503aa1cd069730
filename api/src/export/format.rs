//! `user-events/1`: the columns of the user-events export, what fills them, and how a row is written.

mod times;
mod writer;

use domain::EventKind;
use eventlog::Content;

pub use self::writer::{Line, Writer};

/// Name of the format.
pub const FORMAT: &str = "user-events/1";

/// A column of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names of the columns are in COLUMNS")]
pub enum Column {
    Time,
    EventType,
    EventLabel,
    UserId,
    /// A member of the public part that has a column of its own.
    Data(&'static str),
    UserEmail,
    Properties,
    RecordedAt,
    OccurredAt,
    ActorType,
    ActorId,
    EventId,
    Position,
    State,
    /// A member that is a column of its own only while its type is the only one chosen.
    OwnData(&'static str),
    /// The same, of the personal part.
    OwnPersonal(&'static str),
    /// A column no type fills yet.
    Unfilled,
}

/// Every column of the format, in its order.
pub const COLUMNS: [(&str, Column); 30] = [
    ("time", Column::Time),
    ("event_type", Column::EventType),
    ("event_label", Column::EventLabel),
    ("user_id", Column::UserId),
    ("user_email", Column::UserEmail),
    ("challenge_id", Column::Data("challenge_id")),
    ("challenge_title", Column::Data("challenge_title")),
    ("step_id", Column::Data("step_id")),
    ("step_title", Column::Data("step_title")),
    ("badge_id", Column::Data("badge_id")),
    ("badge_name", Column::Data("badge_name")),
    ("audience_id", Column::Data("audience_id")),
    ("audience_name", Column::Data("audience_name")),
    ("perk_id", Column::Data("perk_id")),
    ("perk_name", Column::Data("perk_name")),
    ("digital_asset_id", Column::Data("digital_asset_id")),
    ("digital_asset_name", Column::Data("digital_asset_name")),
    ("app_id", Column::Data("app_id")),
    ("app_name", Column::Data("app_name")),
    ("import_id", Column::Data("import_id")),
    ("import_row", Column::Data("row")),
    ("properties", Column::Properties),
    ("recorded_at", Column::RecordedAt),
    ("occurred_at", Column::OccurredAt),
    ("actor_type", Column::ActorType),
    ("actor_id", Column::ActorId),
    ("event_id", Column::EventId),
    ("because", Column::Data("because")),
    ("position", Column::Position),
    ("state", Column::State),
];

/// Members of the public part that fill a column; all others are `properties`.
const WITH_A_COLUMN: [&str; 17] = [
    "challenge_id",
    "challenge_title",
    "step_id",
    "step_title",
    "badge_id",
    "badge_name",
    "audience_id",
    "audience_name",
    "perk_id",
    "perk_name",
    "digital_asset_id",
    "digital_asset_name",
    "app_id",
    "app_name",
    "import_id",
    "row",
    "because",
];

/// Members of the public part a type can fill, and those of its own (public, personal) that become columns when it is
/// the only type chosen.
fn shape(
    kind: EventKind,
) -> (&'static [&'static str], &'static [&'static str], &'static [&'static str]) {
    const BADGE: &[&str] = &["badge_id", "badge_name", "audience_id", "audience_name", "because"];
    const CHALLENGE: &[&str] = &["challenge_id", "challenge_title"];
    const STEP: &[&str] = &["challenge_id", "challenge_title", "step_id", "step_title"];
    const PERK: &[&str] = &["challenge_id", "challenge_title", "perk_id", "perk_name"];
    const DIGITAL_ASSET: &[&str] =
        &["challenge_id", "challenge_title", "digital_asset_id", "digital_asset_name"];
    match kind {
        EventKind::UserImported => {
            (&["import_id", "row"], &["created"], &["old", "new", "member_since"])
        }
        EventKind::UserCreated => (&[], &[], &["new"]),
        EventKind::UserPropertiesChanged => (&["import_id"], &[], &["old", "new"]),
        EventKind::UserEmailChanged => (&["import_id", "row"], &["address_id"], &["old_email"]),
        EventKind::UserDeleted => (&["import_id"], &[], &[]),
        EventKind::ListJoined => (&["audience_id", "audience_name", "import_id", "row"], &[], &[]),
        EventKind::ListLeft => (&["audience_id", "audience_name", "because"], &[], &[]),
        EventKind::SegmentEntered | EventKind::SegmentLeft => (
            &["audience_id", "audience_name", "because"],
            &["definition_version", "changed"],
            &["before", "after"],
        ),
        EventKind::BadgeGained | EventKind::BadgeLost => (BADGE, &[], &[]),
        EventKind::ChallengeJoined => (CHALLENGE, &[], &[]),
        EventKind::ChallengeCompleted => (CHALLENGE, &["rewards"], &[]),
        EventKind::ChallengeStepCompleted => (STEP, &[], &[]),
        EventKind::PerkReceived => (PERK, &[], &[]),
        EventKind::PerkUsed => (&["perk_id", "perk_name"], &[], &[]),
        EventKind::DigitalAssetReceived => (DIGITAL_ASSET, &[], &[]),
        EventKind::AppConnected | EventKind::AppDisconnected => (&["app_id", "app_name"], &[], &[]),
        EventKind::UserActive => (&[], &["hour"], &[]),
        EventKind::LogCreated
        | EventKind::TokenCreated
        | EventKind::TokenRevoked
        | EventKind::TeamMemberInvited
        | EventKind::TeamMemberJoined
        | EventKind::TeamMemberChanged
        | EventKind::TeamMemberLinkMade
        | EventKind::TeamMemberRemoved
        | EventKind::PropertyCreated
        | EventKind::PropertyChanged
        | EventKind::PropertyDeleted
        | EventKind::ListCreated
        | EventKind::ListChanged
        | EventKind::ListDeleted
        | EventKind::TableChanged
        | EventKind::ViewSaved
        | EventKind::ViewRemoved
        | EventKind::SegmentCreated
        | EventKind::SegmentChanged
        | EventKind::SegmentDeleted
        | EventKind::BadgeCreated
        | EventKind::BadgeChanged
        | EventKind::BadgePublished
        | EventKind::BadgeArchived
        | EventKind::ChallengeCreated
        | EventKind::ChallengeChanged
        | EventKind::ChallengePublished
        | EventKind::ChallengeEnded
        | EventKind::ChallengeArchived
        | EventKind::RewardClaimed
        | EventKind::TimePassed
        | EventKind::EmailClaimed
        | EventKind::EmailReleased
        | EventKind::ImportUploaded
        | EventKind::ImportMapped
        | EventKind::ImportChecked
        | EventKind::ImportRevertStarted
        | EventKind::ImportRevertProgressed
        | EventKind::ImportReverted
        | EventKind::ImportFileRemoved
        | EventKind::ImportStarted
        | EventKind::ImportProgressed
        | EventKind::ImportCompleted
        | EventKind::ImportFailed
        | EventKind::ImportCancelled
        | EventKind::BulkActionStarted
        | EventKind::BulkActionProgressed
        | EventKind::BulkActionCompleted
        | EventKind::BulkActionCancelled
        | EventKind::BulkActionFailed
        | EventKind::BulkActionRevertStarted
        | EventKind::BulkActionRevertProgressed
        | EventKind::BulkActionReverted
        | EventKind::ExportStarted
        | EventKind::ExportCompleted
        | EventKind::ExportFailed
        | EventKind::ExportDownloaded
        | EventKind::ExportFileRemoved => (&[], &[], &[]),
    }
}

/// The columns of an export of these kinds: with exactly one, those it can never fill are left out and its own are
/// put where `properties` stands. Decided by the type, never by rows.
pub fn columns_of(kinds: &[EventKind]) -> Vec<(&'static str, Column)> {
    let [only] = kinds else { return COLUMNS.to_vec() };
    let (fills, own, own_personal) = shape(*only);
    let mut columns = Vec::with_capacity(COLUMNS.len());
    for (name, column) in COLUMNS {
        let never_filled = matches!(column, Column::Data(member) if !fills.contains(&member));
        let left_out = never_filled || matches!(column, Column::Unfilled | Column::Properties);
        if column == Column::Properties {
            columns.extend(own.iter().map(|member| (*member, Column::OwnData(member))));
            columns
                .extend(own_personal.iter().map(|member| (*member, Column::OwnPersonal(member))));
        }
        if !left_out {
            columns.push((name, column));
        }
    }
    columns
}

/// On which time a row's `time` and the range are based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// When the log took the fact.
    Recorded,
    /// When it happened, by the caller's word; else as recorded.
    Occurred,
}

impl Basis {
    /// The time of a fact on this basis.
    pub fn time(self, content: &Content<'_>) -> i64 {
        match self {
            Basis::Recorded => content.recorded_at,
            Basis::Occurred => content.occurred_at.unwrap_or(content.recorded_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_type_leaves_out_what_it_never_fills() {
        let names = |kinds: &[EventKind]| {
            columns_of(kinds).into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]).len(), 30);
        assert_eq!(names(&[EventKind::BadgeGained, EventKind::BadgeLost]).len(), 30);
        assert_eq!(
            names(&[EventKind::BadgeGained]),
            [
                "time",
                "event_type",
                "event_label",
                "user_id",
                "user_email",
                "badge_id",
                "badge_name",
                "audience_id",
                "audience_name",
                "recorded_at",
                "occurred_at",
                "actor_type",
                "actor_id",
                "event_id",
                "because",
                "position",
                "state"
            ]
        );
        let imported = names(&[EventKind::UserImported]);
        assert_eq!(imported[5..10], ["import_id", "import_row", "created", "old", "new"]);
    }
}
