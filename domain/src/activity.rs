//! What users do beside challenges: be there, use perks, connect apps.

use crate::event::{AppMoved, Event, Named, PerkUsed, UserActive};
use crate::id::DefinitionId;
use crate::refusal::Refusal;
use crate::user::User;

/// Microseconds of an hour.
const HOUR: i64 = 3_600 * 1_000_000;

/// The user was there at this moment, in microseconds since 1970. Known for an hour once; one before the last that is known
/// yields no fact either.
///
/// # Errors
/// [`Refusal::UserUnknown`].
pub fn was_there(user: Option<&User>, at: i64) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    let hour = at.div_euclid(HOUR);
    if user.active_hour.is_some_and(|known| known >= hour) {
        return Ok(None);
    }
    Ok(Some(Event::UserActive(UserActive { hour, email: user.email.clone() })))
}

/// Uses a perk: once for each time it was received. A repeat yields no fact.
///
/// # Errors
/// [`Refusal::UserUnknown`], [`Refusal::PerkNotHeld`].
pub fn use_perk(user: Option<&User>, perk: &Named) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    let Some(held) = user.perks.get(&perk.id) else {
        return Err(Refusal::PerkNotHeld { perk: perk.id.clone() });
    };
    if held.used >= held.received {
        return Ok(None);
    }
    Ok(Some(Event::PerkUsed(PerkUsed { perk: perk.clone(), email: user.email.clone() })))
}

/// Connects an app. A connected one stays so, without a fact.
///
/// # Errors
/// [`Refusal::UserUnknown`].
pub fn connect(user: Option<&User>, app: &DefinitionId) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    Ok((!user.apps.contains(app)).then(|| Event::AppConnected(moved(user, app))))
}

/// Disconnects an app.
///
/// # Errors
/// [`Refusal::UserUnknown`], [`Refusal::AppNotConnected`].
pub fn disconnect(user: Option<&User>, app: &DefinitionId) -> Result<Option<Event>, Refusal> {
    let user = user.ok_or(Refusal::UserUnknown)?;
    if !user.apps.contains(app) {
        return Err(Refusal::AppNotConnected { app: app.clone() });
    }
    Ok(Some(Event::AppDisconnected(moved(user, app))))
}

fn moved(user: &User, app: &DefinitionId) -> AppMoved {
    AppMoved { app: Named::by_id(app.clone()), email: user.email.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{RewardId, RewardKind};
    use crate::reward::receive;
    use crate::user::evolve;

    fn id(text: &str) -> DefinitionId {
        text.parse().unwrap()
    }

    /// Decides, applies what was decided, and says whether there was a fact.
    fn then(user: &mut User, decided: Result<Option<Event>, Refusal>) -> Result<bool, Refusal> {
        let event = decided?;
        if let Some(event) = &event {
            *user = evolve(Some(user.clone()), event).unwrap();
        }
        Ok(event.is_some())
    }

    #[test]
    fn an_hour_counts_once() {
        let mut anna = User::default();
        for (minute, new) in [(0, true), (59, false), (60, true), (30, false)] {
            let decided = was_there(Some(&anna), minute * 60 * 1_000_000);
            assert_eq!(then(&mut anna, decided), Ok(new), "minute {minute}");
        }
        assert_eq!(was_there(None, 0), Err(Refusal::UserUnknown));
    }

    #[test]
    fn a_perk_is_used_as_often_as_it_was_received() {
        let (mut anna, coffee) = (User::default(), Named::by_id(id("coffee")));
        let decided = use_perk(Some(&anna), &coffee);
        assert_eq!(then(&mut anna, decided), Err(Refusal::PerkNotHeld { perk: id("coffee") }));
        let reward = RewardId { kind: RewardKind::Perk, id: id("coffee") };
        for (expected, what) in [(true, "received"), (false, "received again")] {
            let decided = receive(Some(&anna), &reward);
            assert_eq!(then(&mut anna, decided), Ok(expected), "{what}");
        }
        for expected in [true, false] {
            let decided = use_perk(Some(&anna), &coffee);
            assert_eq!(then(&mut anna, decided), Ok(expected));
        }
    }

    #[test]
    fn apps_are_connected_and_disconnected_in_turn() {
        let mut anna = User::default();
        let shop = id("shop");
        for expected in [true, false] {
            let decided = connect(Some(&anna), &shop);
            assert_eq!(then(&mut anna, decided), Ok(expected));
        }
        let decided = disconnect(Some(&anna), &shop);
        assert_eq!(then(&mut anna, decided), Ok(true));
        assert_eq!(disconnect(Some(&anna), &shop), Err(Refusal::AppNotConnected { app: shop }));
    }
}
