//! With what something happened to a user.

use super::Event;
use crate::id::DefinitionId;

impl Event {
    /// With which list, segment, badge, challenge, perk, digital asset or app it happened.
    pub fn about(&self) -> Option<&DefinitionId> {
        if let Event::ListJoined(fact) = self {
            return Some(&fact.list.id);
        }
        if let Event::ListLeft(fact) = self {
            return Some(&fact.list.id);
        }
        if let Event::SegmentEntered(fact) | Event::SegmentLeft(fact) = self {
            return Some(&fact.segment.id);
        }
        if let Event::BadgeGained(fact) = self {
            return Some(&fact.badge.id);
        }
        if let Event::BadgeLost(fact) = self {
            return Some(&fact.badge.id);
        }
        self.of_a_challenge().or_else(|| self.of_a_reward())
    }

    fn of_a_challenge(&self) -> Option<&DefinitionId> {
        if let Event::ChallengeJoined(fact) = self {
            return Some(&fact.challenge.id);
        }
        if let Event::ChallengeStepCompleted(fact) = self {
            return Some(&fact.challenge.id);
        }
        if let Event::ChallengeCompleted(fact) = self { Some(&fact.challenge.id) } else { None }
    }

    fn of_a_reward(&self) -> Option<&DefinitionId> {
        if let Event::PerkReceived(fact) = self {
            return Some(&fact.perk.id);
        }
        if let Event::PerkUsed(fact) = self {
            return Some(&fact.perk.id);
        }
        if let Event::DigitalAssetReceived(fact) = self {
            return Some(&fact.digital_asset.id);
        }
        if let Event::AppConnected(fact) | Event::AppDisconnected(fact) = self {
            return Some(&fact.app.id);
        }
        None
    }
}
