//! Former addresses, and how they become free for others.

use crate::email::Email;
use crate::event::Event;
use crate::id::UserId;
use crate::refusal::Refusal;
use crate::user::replay;

/// Which stream holds a former address of a user with this history, so that it can be released there: the user's own where
/// it is the address it was made with, else that of a claim. None where the user's own was released before; whether a
/// claim still holds is written on its stream.
///
/// # Errors
/// [`Refusal::UserUnknown`], [`Refusal::EmailIsCurrent`], [`Refusal::FormerEmailUnknown`].
pub fn release(user: UserId, history: &[Event], email: &Email) -> Result<Option<UserId>, Refusal> {
    let now = replay(history).ok_or(Refusal::UserUnknown)?;
    let is = |said: &Option<String>| {
        let said = said.as_deref().and_then(|said| Email::parse(said).ok());
        said.is_some_and(|said| said.key() == email.key())
    };
    if is(&now.email) {
        return Err(Refusal::EmailIsCurrent);
    }
    let gone = history.iter().rposition(|event| matches!(event, Event::UserDeleted(_)));
    let life = &history[gone.map_or(0, |at| at + 1)..];
    let made_with = life.iter().find_map(|event| {
        if let Event::UserCreated(fact) = event {
            return Some(&fact.email);
        }
        if let Event::UserImported(fact) = event { Some(&fact.email) } else { None }
    });
    let given = life.iter().rev().find_map(|event| {
        let Event::UserEmailChanged(fact) = event else { return None };
        is(&fact.email).then_some(fact.address.unwrap_or(user))
    });
    let held = given.or(made_with.filter(|email| is(email)).map(|_| user));
    let held = held.ok_or(Refusal::FormerEmailUnknown)?;
    let own = |event: &Event| matches!(event, Event::EmailReleased(fact) if fact.owner == user);
    Ok(Some(held).filter(|held| *held != user || !history.iter().any(own)))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::event::{EmailReleased, UserCreated, UserDeleted, UserEmailChanged};

    const USER: UserId = UserId(Uuid::from_u128(1));
    const CLAIMED: UserId = UserId(Uuid::from_u128(2));

    fn made(email: &str) -> Event {
        Event::UserCreated(UserCreated { email: Some(email.to_owned()), changes: Vec::new() })
    }

    fn moved(email: &str, address: Option<UserId>) -> Event {
        let email = Some(email.to_owned());
        Event::UserEmailChanged(UserEmailChanged {
            address,
            imported: None,
            reverted_import: None,
            old: None,
            email,
        })
    }

    fn released(history: &[Event], email: &str) -> Result<Option<UserId>, Refusal> {
        release(USER, history, &Email::parse(email).unwrap())
    }

    #[test]
    fn an_address_is_released_where_it_is_held() {
        let mut history =
            vec![made("A@x.org"), moved("b@x.org", Some(CLAIMED)), moved("c@x.org", None)];
        assert_eq!(released(&history, "a@x.org"), Ok(Some(USER)));
        assert_eq!(released(&history, "B@x.org"), Ok(Some(CLAIMED)));
        assert_eq!(released(&history, "c@x.org"), Err(Refusal::EmailIsCurrent));
        assert_eq!(released(&history, "d@x.org"), Err(Refusal::FormerEmailUnknown));
        history.push(Event::EmailReleased(EmailReleased { owner: USER }));
        assert_eq!(released(&history, "a@x.org"), Ok(None), "again");
        // Taken up again by a claim, it is held there.
        history.extend([moved("a@x.org", Some(CLAIMED)), moved("e@x.org", None)]);
        assert_eq!(released(&history, "a@x.org"), Ok(Some(CLAIMED)));
    }

    #[test]
    fn what_was_had_in_another_life_is_nobodys() {
        let gone = Event::UserDeleted(UserDeleted { reverted_import: None, email: None });
        let mut history = vec![made("a@x.org"), moved("b@x.org", Some(CLAIMED)), gone];
        assert_eq!(released(&history, "a@x.org"), Err(Refusal::UserUnknown));
        history.push(made("a@x.org"));
        assert_eq!(released(&history, "b@x.org"), Err(Refusal::FormerEmailUnknown));
        assert_eq!(released(&history, "a@x.org"), Err(Refusal::EmailIsCurrent));
    }
}
