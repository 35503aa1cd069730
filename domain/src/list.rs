//! Lists: users put together by hand or by an import.

use uuid::Uuid;

use crate::event::{Because, Event, ListJoined, ListLeft, Named};
use crate::id::DefinitionId;
use crate::refusal::Refusal;
use crate::user::User;

/// Puts a user on a list. Who is on it stays, without a fact.
///
/// # Errors
/// [`Refusal::UserUnknown`].
pub fn join(user: Option<&User>, list: &Named) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    Ok(joined(user, list, None).map(Event::ListJoined))
}

/// The fact that puts a user on a list, where the user is not on it; `imported` names the row behind it.
pub fn joined(user: &User, list: &Named, imported: Option<(Uuid, u64)>) -> Option<ListJoined> {
    let email = user.email.clone();
    (!user.lists.contains(&list.id)).then(|| ListJoined { list: list.clone(), imported, email })
}

/// Takes a user off a list.
///
/// # Errors
/// [`Refusal::UserUnknown`], [`Refusal::ListNotJoined`].
pub fn leave(user: Option<&User>, list: &Named) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    if !user.lists.contains(&list.id) {
        return Err(Refusal::ListNotJoined { list: list.id.clone() });
    }
    Ok(Some(left(user, &list.id, list.name.clone(), Because::ByHand)))
}

/// The fact that takes a user off a list.
pub fn left(user: &User, list: &DefinitionId, name: Option<String>, because: Because) -> Event {
    let list = Named { id: list.clone(), name };
    Event::ListLeft(ListLeft { list, because, email: user.email.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::evolve;

    #[test]
    fn joining_and_leaving_alternate() {
        let list = Named::by_id("spring".parse().unwrap());
        let anna = User { email: Some("anna@example.org".into()), ..User::default() };
        assert_eq!(join(None, &list), Err(Refusal::UserUnknown));
        let on_it =
            evolve(Some(anna.clone()), &join(Some(&anna), &list).unwrap().unwrap()).unwrap();
        assert_eq!(join(Some(&on_it), &list), Ok(None));
        let off = leave(Some(&on_it), &list).unwrap().unwrap();
        assert_eq!(evolve(Some(on_it), &off), Some(anna.clone()));
        assert_eq!(leave(Some(&anna), &list), Err(Refusal::ListNotJoined { list: list.id }));
    }
}
