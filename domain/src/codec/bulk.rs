//! How facts about bulk actions are written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::filter::{FilterPartV1, read_filter, write_filter};
use super::revert::KeptV1;
use super::user::named;
use super::{Read, read, read_personal, write};
use crate::event::{
    BulkActionCame, BulkActionFailed, BulkActionRevertProgressed, BulkActionRevertStarted,
    BulkActionReverted, BulkChoice, BulkDeed, BulkOutcome, BulkPlan, BulkRevertCounts, Kept, Named,
    RefusedUser,
};
use crate::id::UserId;

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct BulkPlanV1 {
    bulk_action_id: Uuid,
    /// The name of what is done; then what it is done with.
    action: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    badge_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    property_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// None where the users were chosen one by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filter: Option<Vec<FilterPartV1>>,
    users: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    users_first: Vec<Uuid>,
    sha256: String,
}

#[derive(Default, Serialize, Deserialize)]
struct BulkPlanPersonalV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Of those filters whose value is not public, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    filter_values: Vec<String>,
}

pub(super) fn write_plan(plan: &BulkPlan) -> Parts {
    let BulkPlan { bulk_action_id, deed, choice, users, users_first, sha256 } = plan.clone();
    let action = deed.name().to_owned();
    let (mut list, mut badge, mut property_id, mut value) = (None, None, None, None);
    match deed {
        BulkDeed::JoinList(named) | BulkDeed::LeaveList(named) => list = Some(named),
        BulkDeed::GainBadge(named) | BulkDeed::LoseBadge(named) => badge = Some(named),
        BulkDeed::SetProperty { property_id: id, value: to } => {
            (property_id, value) = (Some(id), to);
        }
        BulkDeed::Delete => {}
    }
    let name = list.as_ref().or(badge.as_ref()).and_then(|named| named.name.clone());
    let id = |named: Named| named.id.as_str().to_owned();
    let (list_id, badge_id) = (list.map(id), badge.map(id));
    let (filter, filter_values) = match choice {
        BulkChoice::Users => (None, Vec::new()),
        BulkChoice::Filter(parts) => {
            let (parts, apart) = write_filter(parts);
            (Some(parts), apart)
        }
    };
    let personal = (value.is_some() || !filter_values.is_empty())
        .then(|| write(&BulkPlanPersonalV1 { value, filter_values }));
    let data = BulkPlanV1 {
        bulk_action_id,
        action,
        list_id,
        badge_id,
        property_id,
        name,
        filter,
        users,
        users_first: users_first.into_iter().map(|UserId(id)| id).collect(),
        sha256,
    };
    (write(&data), personal)
}

pub(super) fn read_plan(data: &[u8], personal: Option<&[u8]>) -> Read<BulkPlan> {
    let part: BulkPlanV1 = read(data)?;
    let BulkPlanPersonalV1 { value, filter_values } = read_personal(personal)?;
    let with = |id: Option<String>| named(id.as_deref().unwrap_or_default(), part.name.clone());
    let deed = match part.action.as_str() {
        "join_list" => BulkDeed::JoinList(with(part.list_id)?),
        "leave_list" => BulkDeed::LeaveList(with(part.list_id)?),
        "gain_badge" => BulkDeed::GainBadge(with(part.badge_id)?),
        "lose_badge" => BulkDeed::LoseBadge(with(part.badge_id)?),
        "set_property" => {
            let property_id = part.property_id.ok_or_else(|| "no property".to_owned())?;
            BulkDeed::SetProperty { property_id, value }
        }
        "delete" => BulkDeed::Delete,
        _ => return Err("an action this version does not know".to_owned()),
    };
    let choice = match part.filter {
        None => BulkChoice::Users,
        Some(parts) => BulkChoice::Filter(read_filter(parts, filter_values)),
    };
    let BulkPlanV1 { bulk_action_id, users, users_first, sha256, .. } = part;
    let users_first = users_first.into_iter().map(UserId).collect();
    Ok(BulkPlan { bulk_action_id, deed, choice, users, users_first, sha256 })
}

#[derive(Serialize, Deserialize)]
struct RefusedUserV1 {
    user_id: Uuid,
    code: String,
}

#[derive(Serialize, Deserialize)]
struct BulkOutcomeV1 {
    changed: u64,
    unchanged: u64,
    refused: u64,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    codes: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused_first: Vec<RefusedUserV1>,
}

impl From<BulkOutcome> for BulkOutcomeV1 {
    fn from(outcome: BulkOutcome) -> Self {
        let BulkOutcome { changed, unchanged, refused, codes, refused_first } = outcome;
        let first =
            |RefusedUser { user_id, code }: RefusedUser| RefusedUserV1 { user_id: user_id.0, code };
        let refused_first = refused_first.into_iter().map(first).collect();
        BulkOutcomeV1 { changed, unchanged, refused, codes, refused_first }
    }
}

impl From<BulkOutcomeV1> for BulkOutcome {
    fn from(outcome: BulkOutcomeV1) -> Self {
        let BulkOutcomeV1 { changed, unchanged, refused, codes, refused_first } = outcome;
        let first =
            |RefusedUserV1 { user_id, code }| RefusedUser { user_id: UserId(user_id), code };
        let refused_first = refused_first.into_iter().map(first).collect();
        BulkOutcome { changed, unchanged, refused, codes, refused_first }
    }
}

#[derive(Serialize, Deserialize)]
struct BulkActionCameV1 {
    bulk_action_id: Uuid,
    #[serde(flatten)]
    outcome: BulkOutcomeV1,
}

pub(super) fn write_came(fact: &BulkActionCame) -> Parts {
    let BulkActionCame { bulk_action_id, outcome } = fact.clone();
    (write(&BulkActionCameV1 { bulk_action_id, outcome: outcome.into() }), None)
}

pub(super) fn read_came(data: &[u8]) -> Read<BulkActionCame> {
    let BulkActionCameV1 { bulk_action_id, outcome } = read(data)?;
    Ok(BulkActionCame { bulk_action_id, outcome: outcome.into() })
}

#[derive(Serialize, Deserialize)]
struct BulkActionFailedV1 {
    bulk_action_id: Uuid,
    code: String,
    #[serde(flatten)]
    outcome: BulkOutcomeV1,
}

pub(super) fn write_failed(fact: &BulkActionFailed) -> Parts {
    let BulkActionFailed { bulk_action_id, code, outcome } = fact.clone();
    (write(&BulkActionFailedV1 { bulk_action_id, code, outcome: outcome.into() }), None)
}

pub(super) fn read_failed(data: &[u8]) -> Read<BulkActionFailed> {
    let BulkActionFailedV1 { bulk_action_id, code, outcome } = read(data)?;
    Ok(BulkActionFailed { bulk_action_id, code, outcome: outcome.into() })
}

#[derive(Serialize, Deserialize)]
struct BulkActionRevertStartedV1 {
    bulk_action_id: Uuid,
}

pub(super) fn write_revert_started(fact: &BulkActionRevertStarted) -> Parts {
    (write(&BulkActionRevertStartedV1 { bulk_action_id: fact.bulk_action_id }), None)
}

pub(super) fn read_revert_started(data: &[u8]) -> Read<BulkActionRevertStarted> {
    let BulkActionRevertStartedV1 { bulk_action_id } = read(data)?;
    Ok(BulkActionRevertStarted { bulk_action_id })
}

/// Final where there is no `position`.
#[derive(Serialize, Deserialize)]
struct BulkRevertCameV1 {
    bulk_action_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    restored: u64,
    unchanged: u64,
    kept: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    kept_first: Vec<KeptV1>,
}

fn write_revert_came(
    bulk_action_id: Uuid,
    position: Option<String>,
    counts: BulkRevertCounts,
    kept: &[Kept],
) -> Parts {
    let BulkRevertCounts { restored, unchanged, kept: stay } = counts;
    let kept_first = kept.iter().cloned().map(KeptV1::from).collect();
    let data =
        BulkRevertCameV1 { bulk_action_id, position, restored, unchanged, kept: stay, kept_first };
    (write(&data), None)
}

impl BulkRevertCameV1 {
    fn counts(&self) -> BulkRevertCounts {
        let BulkRevertCameV1 { restored, unchanged, kept, .. } = *self;
        BulkRevertCounts { restored, unchanged, kept }
    }

    fn kept(self) -> Vec<Kept> {
        self.kept_first.into_iter().map(Kept::from).collect()
    }
}

pub(super) fn write_revert_progressed(fact: &BulkActionRevertProgressed) -> Parts {
    let position = Some(fact.position.clone());
    write_revert_came(fact.bulk_action_id, position, fact.counts, &fact.kept)
}

pub(super) fn read_revert_progressed(data: &[u8]) -> Read<BulkActionRevertProgressed> {
    let mut part: BulkRevertCameV1 = read(data)?;
    let position = part.position.take().ok_or_else(|| "no position".to_owned())?;
    let (bulk_action_id, counts) = (part.bulk_action_id, part.counts());
    Ok(BulkActionRevertProgressed { bulk_action_id, position, counts, kept: part.kept() })
}

pub(super) fn write_reverted(fact: &BulkActionReverted) -> Parts {
    write_revert_came(fact.bulk_action_id, None, fact.counts, &fact.kept)
}

pub(super) fn read_reverted(data: &[u8]) -> Read<BulkActionReverted> {
    let part: BulkRevertCameV1 = read(data)?;
    let (bulk_action_id, counts) = (part.bulk_action_id, part.counts());
    Ok(BulkActionReverted { bulk_action_id, counts, kept: part.kept() })
}
