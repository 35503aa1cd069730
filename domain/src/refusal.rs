//! Every way a rule says no. Nothing was written; the caller learns which rule and what to do.

use crate::id::DefinitionId;

/// A rule said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such user.
    #[error("there is no user with this id; users are made by importing them")]
    UserUnknown,
    /// A badge can only be withdrawn from who holds it.
    #[error("the user does not hold the badge {badge:?}", badge = badge.as_str())]
    BadgeNotHeld {
        /// Which one.
        badge: DefinitionId,
    },
    /// Steps and completion need a participant.
    #[error("the user has not joined the challenge {challenge:?}; join it first", challenge = challenge.as_str())]
    ChallengeNotJoined {
        /// Which one.
        challenge: DefinitionId,
    },
    /// A completed challenge takes no further steps.
    #[error("the user has already completed the challenge {challenge:?}; it takes no further steps", challenge = challenge.as_str())]
    ChallengeAlreadyCompleted {
        /// Which one.
        challenge: DefinitionId,
    },
    /// Only who is on a list can leave it.
    #[error("the user is not on the list {list:?}", list = list.as_str())]
    ListNotJoined {
        /// Which one.
        list: DefinitionId,
    },
    /// A name of our own.
    #[error("{reference_id:?} is the name of a column that every table has; choose another")]
    ReferenceIdReserved {
        /// As asked.
        reference_id: String,
    },
    /// Another definition has it.
    #[error("{reference_id:?} is taken; choose another")]
    ReferenceIdTaken {
        /// As asked.
        reference_id: String,
    },
    /// There are as many as there may be.
    #[error("there are {max} properties, which is the most there may be", max = crate::property::PROPERTIES_MAX)]
    TooManyProperties,
}

impl Refusal {
    /// Its stable name, as in `/problems/<code>`.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::UserUnknown => "user_unknown",
            Refusal::BadgeNotHeld { .. } => "badge_not_held",
            Refusal::ChallengeNotJoined { .. } => "challenge_not_joined",
            Refusal::ChallengeAlreadyCompleted { .. } => "challenge_already_completed",
            Refusal::ListNotJoined { .. } => "list_not_joined",
            Refusal::ReferenceIdReserved { .. } => "reference_id_reserved",
            Refusal::ReferenceIdTaken { .. } => "reference_id_taken",
            Refusal::TooManyProperties => "too_many_properties",
        }
    }
}
