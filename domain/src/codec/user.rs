//! How facts about users are written. This is the hot handwriting: text is borrowed both ways.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::challenge::read_reward;
use super::{Read, read, read_personal, write};
use crate::event::{
    BadgeGained, BadgeLost, Because, ChallengeCompleted, ChallengeJoined, ChallengeStepCompleted,
    Change, ListJoined, ListLeft, Named, Promised, UserCreated, UserDeleted, UserImported,
    UserPropertiesChanged,
};

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct UserImportedV1 {
    import_id: Uuid,
    row: u64,
    created: bool,
}

/// Values before and after, as two objects in the same key order; what was absent before is left out of `old`.
#[derive(Default, Serialize, Deserialize)]
struct UserImportedPersonalV1<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    email: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member_since: Option<i64>,
    #[serde(borrow, default, skip_serializing_if = "Values::is_empty")]
    old: Values<'a>,
    #[serde(borrow, default, skip_serializing_if = "Values::is_empty")]
    new: Values<'a>,
}

/// A JSON object of texts (null: cleared), in the order written.
#[derive(Default)]
struct Values<'a>(Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>);

impl Values<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Values<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values<'de>, A::Error> {
                let mut values = Vec::with_capacity(16);
                while let Some((Text(key), value)) =
                    map.next_entry::<Text<'de>, Option<Text<'de>>>()?
                {
                    values.push((key, value.map(|Text(value)| value)));
                }
                Ok(Values(values))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Text borrowed from the input where it holds no escape.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn values<'a>(
    email: &'a Option<String>,
    member_since: Option<i64>,
    changes: &'a [Change],
) -> UserImportedPersonalV1<'a> {
    let email = email.as_deref().map(Cow::Borrowed);
    let mut personal = UserImportedPersonalV1 { email, member_since, ..Default::default() };
    personal.new.0.reserve_exact(changes.len());
    for Change { field, old, new } in changes {
        if let Some(old) = old {
            personal.old.0.push((Cow::Borrowed(field), Some(Cow::Borrowed(old))));
        }
        personal.new.0.push((Cow::Borrowed(field), new.as_deref().map(Cow::Borrowed)));
    }
    personal
}

fn changes(old: Values<'_>, new: Values<'_>) -> Vec<Change> {
    let mut old = old.0.into_iter().peekable();
    let change = |(field, new): (Cow<'_, str>, Option<Cow<'_, str>>)| Change {
        old: old
            .next_if(|(before, _)| *before == field)
            .and_then(|(_, value)| value)
            .map(Cow::into_owned),
        field: field.into_owned(),
        new: new.map(Cow::into_owned),
    };
    new.0.into_iter().map(change).collect()
}

pub(super) fn write_user_imported(fact: &UserImported) -> Parts {
    let UserImported { import_id, row, created, email, member_since, changes } = fact;
    let data = UserImportedV1 { import_id: *import_id, row: *row, created: *created };
    (write(&data), Some(write(&values(email, *member_since, changes))))
}

pub(super) fn read_user_imported(data: &[u8], personal: Option<&[u8]>) -> Read<UserImported> {
    let UserImportedV1 { import_id, row, created } = read(data)?;
    let UserImportedPersonalV1 { email, member_since, old, new } =
        personal.map_or_else(|| Ok(Default::default()), read)?;
    let (email, changes) = (email.map(Cow::into_owned), changes(old, new));
    Ok(UserImported { import_id, row, created, email, member_since, changes })
}

/// All there is to say names a person.
#[derive(Serialize, Deserialize)]
struct UserCreatedV1 {}

pub(super) fn write_user_created(fact: &UserCreated) -> Parts {
    (write(&UserCreatedV1 {}), Some(write(&values(&fact.email, None, &fact.changes))))
}

pub(super) fn read_user_created(data: &[u8], personal: Option<&[u8]>) -> Read<UserCreated> {
    let UserCreatedV1 {} = read(data)?;
    let personal: UserImportedPersonalV1<'_> =
        personal.map_or_else(|| Ok(Default::default()), read)?;
    let email = personal.email.map(Cow::into_owned);
    Ok(UserCreated { email, changes: changes(personal.old, personal.new) })
}

/// What an import taken back is the cause of.
#[derive(Serialize, Deserialize)]
struct RevertedV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    import_id: Option<Uuid>,
}

pub(super) fn write_properties_changed(fact: &UserPropertiesChanged) -> Parts {
    let data = RevertedV1 { import_id: fact.reverted_import };
    (write(&data), Some(write(&values(&fact.email, None, &fact.changes))))
}

pub(super) fn read_properties_changed(
    data: &[u8],
    personal: Option<&[u8]>,
) -> Read<UserPropertiesChanged> {
    let RevertedV1 { import_id } = read(data)?;
    let personal: UserImportedPersonalV1<'_> =
        personal.map_or_else(|| Ok(Default::default()), read)?;
    let email = personal.email.map(Cow::into_owned);
    let changes = changes(personal.old, personal.new);
    Ok(UserPropertiesChanged { reverted_import: import_id, email, changes })
}

pub(super) fn write_user_deleted(fact: &UserDeleted) -> Parts {
    (write(&RevertedV1 { import_id: fact.reverted_import }), address(&fact.email))
}

pub(super) fn read_user_deleted(data: &[u8], personal: Option<&[u8]>) -> Read<UserDeleted> {
    let RevertedV1 { import_id } = read(data)?;
    let AddressPersonalV1 { email } = read_personal(personal)?;
    Ok(UserDeleted { reverted_import: import_id, email })
}

/// A list is an audience, as a badge's is: so it stands in the same columns of an export.
#[derive(Serialize, Deserialize)]
struct ListV1 {
    audience_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audience_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    import_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

pub(super) fn write_list_joined(fact: &ListJoined) -> Parts {
    let data = ListV1 {
        audience_id: fact.list.id.as_str().to_owned(),
        audience_name: fact.list.name.clone(),
        import_id: fact.imported.map(|(import_id, _)| import_id),
        row: fact.imported.map(|(_, row)| row),
        because: None,
    };
    (write(&data), address(&fact.email))
}

pub(super) fn read_list_joined(data: &[u8], personal: Option<&[u8]>) -> Read<ListJoined> {
    let part: ListV1 = read(data)?;
    let AddressPersonalV1 { email } = read_personal(personal)?;
    let list = named(&part.audience_id, part.audience_name)?;
    Ok(ListJoined { list, imported: part.import_id.zip(part.row), email })
}

pub(super) fn write_list_left(fact: &ListLeft) -> Parts {
    let data = ListV1 {
        audience_id: fact.list.id.as_str().to_owned(),
        audience_name: fact.list.name.clone(),
        import_id: None,
        row: None,
        because: Some(fact.because.name().to_owned()),
    };
    (write(&data), address(&fact.email))
}

pub(super) fn read_list_left(data: &[u8], personal: Option<&[u8]>) -> Read<ListLeft> {
    let part: ListV1 = read(data)?;
    let AddressPersonalV1 { email } = read_personal(personal)?;
    let because = because(part.because.as_deref().unwrap_or_default())?;
    Ok(ListLeft { list: named(&part.audience_id, part.audience_name)?, because, email })
}

fn because(name: &str) -> Read<Because> {
    let known = Because::ALL.into_iter().find(|known| known.name() == name);
    known.ok_or_else(|| "a cause this version does not know".to_owned())
}

/// The personal part of every fact that only remembers whose it is.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct AddressPersonalV1 {
    pub(super) email: Option<String>,
}

pub(super) fn address(email: &Option<String>) -> Option<Vec<u8>> {
    email.as_ref().map(|email| write(&AddressPersonalV1 { email: Some(email.clone()) }))
}

pub(super) fn named(id: &str, name: Option<String>) -> Read<Named> {
    Ok(Named { id: id.parse().map_err(|_| "an id of another form".to_owned())?, name })
}

#[derive(Serialize, Deserialize)]
struct BadgeV1<'a> {
    #[serde(borrow)]
    badge_id: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    badge_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audience_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    audience_name: Option<String>,
    #[serde(borrow)]
    because: Cow<'a, str>,
}

fn badge_part(badge: &Named, audience: &Option<Named>, because: Because) -> Vec<u8> {
    write(&BadgeV1 {
        badge_id: Cow::Borrowed(badge.id.as_str()),
        badge_name: badge.name.clone(),
        audience_id: audience.as_ref().map(|audience| audience.id.as_str().to_owned()),
        audience_name: audience.as_ref().and_then(|audience| audience.name.clone()),
        because: Cow::Borrowed(because.name()),
    })
}

fn read_badge(data: &[u8]) -> Read<(Named, Option<Named>, Because)> {
    let part: BadgeV1<'_> = read(data)?;
    let because = because(&part.because)?;
    let audience = part.audience_id.map(|id| named(&id, part.audience_name)).transpose()?;
    Ok((named(&part.badge_id, part.badge_name)?, audience, because))
}

pub(super) fn write_badge_gained(fact: &BadgeGained) -> Parts {
    (badge_part(&fact.badge, &fact.audience, fact.because), address(&fact.email))
}

pub(super) fn read_badge_gained(data: &[u8], personal: Option<&[u8]>) -> Read<BadgeGained> {
    let (badge, audience, because) = read_badge(data)?;
    let AddressPersonalV1 { email } = read_personal(personal)?;
    Ok(BadgeGained { badge, audience, because, email })
}

pub(super) fn write_badge_lost(fact: &BadgeLost) -> Parts {
    (badge_part(&fact.badge, &fact.audience, fact.because), address(&fact.email))
}

pub(super) fn read_badge_lost(data: &[u8], personal: Option<&[u8]>) -> Read<BadgeLost> {
    let (badge, audience, because) = read_badge(data)?;
    let AddressPersonalV1 { email } = read_personal(personal)?;
    Ok(BadgeLost { badge, audience, because, email })
}

/// Joined and completed; with a step, the step's completion.
#[derive(Serialize, Deserialize)]
struct ChallengeV1<'a> {
    #[serde(borrow)]
    challenge_id: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    challenge_title: Option<String>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    step_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step_title: Option<String>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    rewards: Vec<PromisedV1<'a>>,
}

/// A reward that was promised on completion.
#[derive(Serialize, Deserialize)]
struct PromisedV1<'a> {
    kind: Cow<'a, str>,
    id: Cow<'a, str>,
    name: Cow<'a, str>,
    limited: bool,
}

fn challenge_part(challenge: &Named, step: Option<&Named>, rewards: &[Promised]) -> Vec<u8> {
    let promised = |Promised { reward, name, limited }: &Promised| PromisedV1 {
        kind: Cow::Borrowed(reward.kind.name()),
        id: Cow::Owned(reward.id.to_string()),
        name: Cow::Owned(name.clone()),
        limited: *limited,
    };
    write(&ChallengeV1 {
        challenge_id: Cow::Borrowed(challenge.id.as_str()),
        challenge_title: challenge.name.clone(),
        step_id: step.map(|step| Cow::Borrowed(step.id.as_str())),
        step_title: step.and_then(|step| step.name.clone()),
        rewards: rewards.iter().map(promised).collect(),
    })
}

fn read_challenge(data: &[u8]) -> Read<(Named, Option<Named>)> {
    let part: ChallengeV1<'_> = read(data)?;
    let step = part.step_id.map(|id| named(&id, part.step_title)).transpose()?;
    Ok((named(&part.challenge_id, part.challenge_title)?, step))
}

pub(super) fn write_challenge_joined(fact: &ChallengeJoined) -> Parts {
    (challenge_part(&fact.challenge, None, &[]), address(&fact.email))
}

pub(super) fn read_challenge_joined(data: &[u8], personal: Option<&[u8]>) -> Read<ChallengeJoined> {
    let (challenge, _) = read_challenge(data)?;
    let AddressPersonalV1 { email } = read_personal(personal)?;
    Ok(ChallengeJoined { challenge, email })
}

pub(super) fn write_step_completed(fact: &ChallengeStepCompleted) -> Parts {
    (challenge_part(&fact.challenge, Some(&fact.step), &[]), address(&fact.email))
}

pub(super) fn read_step_completed(
    data: &[u8],
    personal: Option<&[u8]>,
) -> Read<ChallengeStepCompleted> {
    let (challenge, step) = read_challenge(data)?;
    let AddressPersonalV1 { email } = read_personal(personal)?;
    let step = step.ok_or_else(|| "no step_id".to_owned())?;
    Ok(ChallengeStepCompleted { challenge, step, email })
}

pub(super) fn write_challenge_completed(fact: &ChallengeCompleted) -> Parts {
    (challenge_part(&fact.challenge, None, &fact.rewards), address(&fact.email))
}

pub(super) fn read_challenge_completed(
    data: &[u8],
    personal: Option<&[u8]>,
) -> Read<ChallengeCompleted> {
    let part: ChallengeV1<'_> = read(data)?;
    let promised = |PromisedV1 { kind, id, name, limited }: PromisedV1<'_>| -> Read<Promised> {
        let (reward, name) = (read_reward(&kind, &id)?, name.into_owned());
        Ok(Promised { reward, name, limited })
    };
    let rewards = part.rewards.into_iter().map(promised).collect::<Read<_>>()?;
    let challenge = named(&part.challenge_id, part.challenge_title)?;
    let AddressPersonalV1 { email } = read_personal(personal)?;
    Ok(ChallengeCompleted { challenge, rewards, email })
}
