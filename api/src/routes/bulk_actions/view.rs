//! A bulk action as it is shown.

use std::collections::BTreeMap;

use domain::event::{
    BulkChoice, BulkDeed, BulkOutcome, BulkRevertCounts, FilterPart, Kept, RefusedUser,
};
use domain::property::Properties;
use projections::bulk_actions::BulkLine;
use projections::imports::ImportState;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::bulk::forecast::{Forecast, WouldSet};
use crate::routes::actors::{ActorView, Actors};
use crate::routes::shown;

/// What became of users. `changed + unchanged + refused` = users whose outcome is known.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BulkOutcomeView {
    /// Users that were changed.
    pub changed: u64,
    /// Users that were as asked already.
    pub unchanged: u64,
    /// Users of whom it was refused.
    pub refused: u64,
    /// How often each reason was why.
    pub codes: BTreeMap<String, u64>,
    /// The first 100 of the refused.
    pub refused_first: Vec<RefusedUserView>,
}

impl From<BulkOutcome> for BulkOutcomeView {
    fn from(outcome: BulkOutcome) -> BulkOutcomeView {
        let BulkOutcome { changed, unchanged, refused, codes, refused_first } = outcome;
        let first = |RefusedUser { user_id, code }| RefusedUserView { user_id: user_id.0, code };
        let refused_first = refused_first.into_iter().map(first).collect();
        BulkOutcomeView { changed, unchanged, refused, codes, refused_first }
    }
}

/// A user of whom it was refused.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefusedUserView {
    /// Who.
    pub user_id: Uuid,
    /// The code of the problem that the command for one user would answer.
    pub code: String,
}

/// A user that would be changed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WouldChangeView {
    /// Who.
    pub user_id: Uuid,
    /// The user's address. Withheld without `personal:read`.
    pub email: Option<String>,
}

/// A value that would be changed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WouldSetView {
    /// Whose.
    pub user_id: Uuid,
    /// The user's address.
    pub email: Option<String>,
    /// The value there is, in the form it is kept in; null: there is none.
    pub old: Option<String>,
    /// The value there would be; null: there would be none.
    pub new: Option<String>,
}

impl From<WouldSet> for WouldSetView {
    fn from(WouldSet { user, email, change }: WouldSet) -> WouldSetView {
        WouldSetView { user_id: user.0, email, old: change.old, new: change.new }
    }
}

/// What a bulk action would do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BulkForecastView {
    /// Users it is about.
    pub matched: u64,
    /// What would become of them.
    #[serde(flatten)]
    pub outcome: BulkOutcomeView,
    /// The first 20 that would be changed.
    pub changed_first: Vec<WouldChangeView>,
    /// The first 10 values that would be changed; left out where none would be. Withheld without `personal:read`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values_first: Vec<WouldSetView>,
    /// Users were looked at as of this cursor.
    pub position: String,
}

impl BulkForecastView {
    pub(super) fn new(app: &App, would: Forecast, personal: bool) -> BulkForecastView {
        let view = |(user_id, email): (domain::UserId, Option<String>)| WouldChangeView {
            user_id: user_id.0,
            email: email.filter(|_| personal),
        };
        BulkForecastView {
            matched: would.outcome.users(),
            outcome: would.outcome.into(),
            changed_first: would.changed_first.into_iter().map(view).collect(),
            values_first: match personal {
                true => would.values_first.into_iter().map(WouldSetView::from).collect(),
                false => Vec::new(),
            },
            position: app.cursor(would.position),
        }
    }
}

/// What taking a bulk action back does, or did.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct BulkRevertCountsView {
    /// Users that are as they were before.
    pub restored: u64,
    /// Users with whom there was nothing to do: they are as they would be without it.
    pub unchanged: u64,
    /// Users that stay as they are.
    pub kept: u64,
}

impl From<BulkRevertCounts> for BulkRevertCountsView {
    fn from(counts: BulkRevertCounts) -> BulkRevertCountsView {
        let BulkRevertCounts { restored, unchanged, kept } = counts;
        BulkRevertCountsView { restored, unchanged, kept }
    }
}

/// A user that stays as a bulk action left it, or as others did since.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptUserView {
    /// Who.
    pub user_id: Uuid,
    /// The field that keeps its value; null for lists and badges.
    pub field: Option<String>,
    /// `list_changed`, `list_gone`, `badge_changed`, `badge_follows_audience`, `badge_not_published`, `value_changed`,
    /// `property_gone` or `user_gone`.
    pub code: String,
}

/// What taking a bulk action back does, or did, and the first of what stays.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkRevertView {
    /// How many of what; together, the users it had changed.
    #[serde(flatten)]
    pub counts: BulkRevertCountsView,
    /// The first 100 of those that stay.
    pub kept_first: Vec<KeptUserView>,
}

impl BulkRevertView {
    pub(super) fn new(
        counts: BulkRevertCounts,
        kept: Vec<Kept>,
        known: &Properties,
    ) -> BulkRevertView {
        let view = |Kept { user_id, field, code }| {
            let field = field.map(|id| known.name_of(&id).unwrap_or(&id).to_owned());
            KeptUserView { user_id: user_id.0, field, code }
        };
        let kept_first = kept.into_iter().map(view).collect();
        BulkRevertView { counts: counts.into(), kept_first }
    }
}

/// A bulk action.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkActionView {
    /// Its id.
    pub id: Uuid,
    /// `queued`, `running`, `completed`, `cancelled`, `failed`, `reverting` or `reverted`.
    pub state: &'static str,
    /// What is done: `join_list`, `leave_list`, `gain_badge`, `lose_badge`, `set_property` or `delete`.
    pub action: &'static str,
    /// The list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<String>,
    /// The badge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<String>,
    /// The property's reference id, as that is now; its id where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// The value in the form it is kept in; none: it is taken away, or withheld without `personal:read`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The filters by which the users were chosen; none: they were named one by one. Values that may name a person are
    /// withheld without `personal:read`: they are null.
    pub filter: Option<BTreeMap<String, Vec<Option<String>>>>,
    /// The first 100 of those who were named one by one, in the order of their ids. Left out where filters chose them, and
    /// where many bulk actions are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<Uuid>>,
    /// Users it is about.
    pub matched: u64,
    /// Users whose outcome is recorded.
    pub done: u64,
    /// What became of them.
    #[serde(flatten)]
    pub outcome: BulkOutcomeView,
    /// What taking it back does, or did.
    pub revert: Option<BulkRevertView>,
    /// Who started it.
    pub by: ActorView,
    /// When it was accepted.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// When it was taken back.
    pub reverted_at: Option<String>,
    /// Why it failed: `file_missing` or `file_changed`, where the file that says whom it is about is not as it was.
    pub code: Option<String>,
}

/// Where it is: first in the queue with no batch recorded yet, it runs all the same.
pub(super) fn state(app: &App, line: &BulkLine) -> ImportState {
    let runs =
        line.state == ImportState::Queued && app.imports.is_running(line.plan.bulk_action_id);
    if runs { ImportState::Running } else { line.state }
}

impl BulkActionView {
    pub(super) fn new(
        app: &App,
        line: BulkLine,
        (known, actors): (&Properties, &Actors),
        personal: bool,
    ) -> BulkActionView {
        let state = state(app, &line).name();
        let undone = line.undone.map(|undone| (undone.counts, undone.kept));
        let revert = line.reverted.map(|reverted| (reverted.counts, reverted.kept)).or(undone);
        let plan = line.plan;
        let action = plan.deed.name();
        let (mut list, mut badge, mut property, mut value) = (None, None, None, None);
        match plan.deed {
            BulkDeed::JoinList(named) | BulkDeed::LeaveList(named) => list = Some(named),
            BulkDeed::GainBadge(named) | BulkDeed::LoseBadge(named) => badge = Some(named),
            BulkDeed::SetProperty { property_id, value: to } => {
                let shows = personal && !known.is_gone(&property_id);
                property = Some(known.name_of(&property_id).unwrap_or(&property_id).to_owned());
                value = to.filter(|_| shows);
            }
            BulkDeed::Delete => {}
        }
        let users = match plan.choice {
            BulkChoice::Users => Some(plan.users_first.into_iter().map(|user| user.0).collect()),
            BulkChoice::Filter(_) => None,
        };
        let id = |named: domain::event::Named| named.id.to_string();
        BulkActionView {
            id: plan.bulk_action_id,
            state,
            action,
            list: list.map(id),
            badge: badge.map(id),
            property,
            value,
            filter: filter(plan.choice, personal),
            users,
            matched: plan.users,
            done: line.outcome.users(),
            outcome: line.outcome.into(),
            revert: revert.map(|(counts, kept)| BulkRevertView::new(counts, kept, known)),
            by: actors.view(&line.actor),
            started_at: shown(line.started_at),
            finished_at: line.finished_at.map(shown),
            reverted_at: line.reverted_at.map(shown),
            code: line.code,
        }
    }
}

/// The filters as they were asked for.
fn filter(choice: BulkChoice, personal: bool) -> Option<BTreeMap<String, Vec<Option<String>>>> {
    let BulkChoice::Filter(parts) = choice else { return None };
    let mut filter: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for part in parts {
        let shows = personal || !part.is_personal();
        let FilterPart { name, value } = part;
        filter.entry(name).or_default().push(value.filter(|_| shows));
    }
    Some(filter)
}
