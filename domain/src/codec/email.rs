//! How facts about addresses are written.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Read, read, read_personal, write};
use crate::event::{EmailClaimed, EmailReleased, UserEmailChanged};
use crate::id::UserId;

type Parts = (Vec<u8>, Option<Vec<u8>>);

#[derive(Serialize, Deserialize)]
struct OwnerV1 {
    owner: Uuid,
}

#[derive(Default, Serialize, Deserialize)]
struct AddressV1 {
    email: Option<String>,
}

pub(super) fn write_claimed(fact: &EmailClaimed) -> Parts {
    let personal = fact.email.clone().map(|email| write(&AddressV1 { email: Some(email) }));
    (write(&OwnerV1 { owner: fact.owner.0 }), personal)
}

pub(super) fn read_claimed(data: &[u8], personal: Option<&[u8]>) -> Read<EmailClaimed> {
    let OwnerV1 { owner } = read(data)?;
    let AddressV1 { email } = read_personal(personal)?;
    Ok(EmailClaimed { owner: UserId(owner), email })
}

pub(super) fn write_released(fact: &EmailReleased) -> Parts {
    (write(&OwnerV1 { owner: fact.owner.0 }), None)
}

pub(super) fn read_released(data: &[u8]) -> Read<EmailReleased> {
    let OwnerV1 { owner } = read(data)?;
    Ok(EmailReleased { owner: UserId(owner) })
}

#[derive(Serialize, Deserialize)]
struct ChangedV1 {
    /// With a row, the import it came with; without, the import that was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    import_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    row: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address_id: Option<Uuid>,
}

#[derive(Default, Serialize, Deserialize)]
struct ChangedPersonalV1 {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old_email: Option<String>,
}

pub(super) fn write_changed(fact: &UserEmailChanged) -> Parts {
    let data = ChangedV1 {
        import_id: fact.imported.map(|(import_id, _)| import_id).or(fact.reverted_import),
        row: fact.imported.map(|(_, row)| row),
        address_id: fact.address.map(|UserId(id)| id),
    };
    let personal = ChangedPersonalV1 { email: fact.email.clone(), old_email: fact.old.clone() };
    let some = personal.email.is_some() || personal.old_email.is_some();
    (write(&data), some.then(|| write(&personal)))
}

pub(super) fn read_changed(data: &[u8], personal: Option<&[u8]>) -> Read<UserEmailChanged> {
    let ChangedV1 { import_id, row, address_id } = read(data)?;
    let ChangedPersonalV1 { email, old_email } = read_personal(personal)?;
    Ok(UserEmailChanged {
        address: address_id.map(UserId),
        imported: import_id.zip(row),
        reverted_import: import_id.filter(|_| row.is_none()),
        old: old_email,
        email,
    })
}
