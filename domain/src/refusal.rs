//! Every way a rule says no. Nothing was written; the caller learns which rule and what to do.

use crate::id::DefinitionId;

/// A rule said no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such user.
    #[error("there is no user with this id")]
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
    /// A challenge is joined and gone on with while it is published.
    #[error("the challenge {challenge:?} is {state}", challenge = challenge.as_str())]
    ChallengeNotPublished {
        /// Which one.
        challenge: DefinitionId,
        /// How far it is.
        state: &'static str,
    },
    /// All that it had to give is claimed, so it has ended.
    #[error("all rewards of the challenge {challenge:?} are claimed, so it has ended", challenge = challenge.as_str())]
    RewardsExhausted {
        /// Which one.
        challenge: DefinitionId,
    },
    /// Only its audience joins a challenge.
    #[error("the user is not in the audience {audience:?} of the challenge {challenge:?}", audience = audience.as_str(), challenge = challenge.as_str())]
    NotInAudience {
        /// Which one.
        challenge: DefinitionId,
        /// The list or segment to be in.
        audience: DefinitionId,
    },
    /// A defined challenge has the steps it has.
    #[error("the challenge {challenge:?} has no step {step:?}", challenge = challenge.as_str(), step = step.as_str())]
    StepUnknown {
        /// Which one.
        challenge: DefinitionId,
        /// The step asked for.
        step: DefinitionId,
    },
    /// A step waits for the one before it.
    #[error("the step {step:?} waits for the step {before:?}; complete that first", step = step.as_str(), before = before.as_str())]
    StepNotAvailable {
        /// The step asked for.
        step: DefinitionId,
        /// The first one that is missing.
        before: DefinitionId,
    },
    /// A challenge with steps is completed by its last step.
    #[error("the challenge {challenge:?} has steps: the last of them completes it", challenge = challenge.as_str())]
    ChallengeCompletesItself {
        /// Which one.
        challenge: DefinitionId,
    },
    /// Only a perk that was received can be used.
    #[error("the user has not received the perk {perk:?}", perk = perk.as_str())]
    PerkNotHeld {
        /// Which one.
        perk: DefinitionId,
    },
    /// Only a connected app can be disconnected.
    #[error("the user has not connected the app {app:?}", app = app.as_str())]
    AppNotConnected {
        /// Which one.
        app: DefinitionId,
    },
    /// Only who is on a list can leave it.
    #[error("the user is not on the list {list:?}", list = list.as_str())]
    ListNotJoined {
        /// Which one.
        list: DefinitionId,
    },
    /// Only a former address is released.
    #[error("the user has this address now; give the user another one first")]
    EmailIsCurrent,
    /// Only who had an address releases it.
    #[error("the user never had this address")]
    FormerEmailUnknown,
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
    /// No such team member, or one who is gone.
    #[error("there is no team member with this id")]
    TeamMemberUnknown,
    /// No two team members sign in with one address.
    #[error("another team member signs in with this address")]
    TeamMemberEmailTaken,
    /// There are as many as there may be.
    #[error("there are {max} team members, which is the most there may be", max = crate::team::MEMBERS_MAX)]
    TooManyTeamMembers,
    /// Somebody manages access, always.
    #[error("nobody else has joined as an admin; make somebody else an admin first")]
    LastAdmin,
    /// Too short to be safe, or too long.
    #[error("a password has {min} to {max} characters", min = crate::team::PASSWORD_CHARS_MIN, max = crate::team::PASSWORD_CHARS_MAX)]
    PasswordInvalid,
}

impl Refusal {
    /// Its stable name, as in `/problems/<code>`.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::UserUnknown => "user_unknown",
            Refusal::BadgeNotHeld { .. } => "badge_not_held",
            Refusal::ChallengeNotJoined { .. } => "challenge_not_joined",
            Refusal::ChallengeAlreadyCompleted { .. } => "challenge_already_completed",
            Refusal::ChallengeNotPublished { .. } => "challenge_not_published",
            Refusal::RewardsExhausted { .. } => "rewards_exhausted",
            Refusal::NotInAudience { .. } => "not_in_audience",
            Refusal::StepUnknown { .. } => "step_unknown",
            Refusal::StepNotAvailable { .. } => "step_not_available",
            Refusal::ChallengeCompletesItself { .. } => "challenge_completes_itself",
            Refusal::PerkNotHeld { .. } => "perk_not_held",
            Refusal::AppNotConnected { .. } => "app_not_connected",
            Refusal::ListNotJoined { .. } => "list_not_joined",
            Refusal::EmailIsCurrent => "email_is_current",
            Refusal::FormerEmailUnknown => "former_email_unknown",
            Refusal::ReferenceIdReserved { .. } => "reference_id_reserved",
            Refusal::ReferenceIdTaken { .. } => "reference_id_taken",
            Refusal::TooManyProperties => "too_many_properties",
            Refusal::TeamMemberUnknown => "team_member_unknown",
            Refusal::TeamMemberEmailTaken => "team_member_email_taken",
            Refusal::TooManyTeamMembers => "too_many_team_members",
            Refusal::LastAdmin => "last_admin",
            Refusal::PasswordInvalid => "password_invalid",
        }
    }
}
