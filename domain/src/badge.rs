//! Badges awarded and withdrawn by hand.

use crate::event::{BadgeGained, BadgeLost, Because, Event, Named};
use crate::refusal::Refusal;
use crate::user::User;

/// Awards a badge. Awarding a held one yields no fact, so a retried request is harmless.
///
/// # Errors
/// [`Refusal::UserUnknown`].
pub fn award(user: Option<&User>, badge: &Named) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    if user.badges.contains(&badge.id) {
        return Ok(None);
    }
    Ok(Some(Event::BadgeGained(BadgeGained {
        badge: badge.clone(),
        audience: None,
        because: Because::ByHand,
        email: user.email.clone(),
    })))
}

/// Withdraws a badge.
///
/// # Errors
/// [`Refusal::UserUnknown`], [`Refusal::BadgeNotHeld`].
pub fn withdraw(user: Option<&User>, badge: &Named) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    if !user.badges.contains(&badge.id) {
        return Err(Refusal::BadgeNotHeld { badge: badge.id.clone() });
    }
    Ok(Some(Event::BadgeLost(BadgeLost {
        badge: badge.clone(),
        audience: None,
        because: Because::ByHand,
        email: user.email.clone(),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::evolve;

    fn vip() -> Named {
        Named::by_id("vip".parse().unwrap())
    }

    #[test]
    fn gained_and_lost_strictly_alternate() {
        let anna = User { email: Some("anna@example.org".into()), ..User::default() };
        let gained = award(Some(&anna), &vip()).unwrap().unwrap();
        let holder = evolve(Some(anna.clone()), &gained).unwrap();
        assert_eq!(award(Some(&holder), &vip()), Ok(None));
        let lost = withdraw(Some(&holder), &vip()).unwrap().unwrap();
        assert_eq!(evolve(Some(holder), &lost), Some(anna.clone()));
        assert_eq!(withdraw(Some(&anna), &vip()), Err(Refusal::BadgeNotHeld { badge: vip().id }));
    }

    #[test]
    fn nobody_holds_nothing() {
        assert_eq!(award(None, &vip()), Err(Refusal::UserUnknown));
        assert_eq!(withdraw(None, &vip()), Err(Refusal::UserUnknown));
    }
}
