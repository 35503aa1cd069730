//! Which problem a refusal of the layers below is.

use domain::Refusal;
use domain::csv_header::HeaderFault;
use domain::time_range::RangeFault;
use eventlog::{CursorFault, LogError};
use projections::ProjectionError;

use super::{Problem, ProblemKind};

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        let kind = match &refusal {
            Refusal::UserUnknown => ProblemKind::UserUnknown,
            Refusal::BadgeNotHeld { .. } => ProblemKind::BadgeNotHeld,
            Refusal::ChallengeNotJoined { .. } => ProblemKind::ChallengeNotJoined,
            Refusal::ChallengeAlreadyCompleted { .. } => ProblemKind::ChallengeAlreadyCompleted,
            Refusal::ChallengeNotPublished { .. } => ProblemKind::ChallengeNotPublished,
            Refusal::RewardsExhausted { .. } => ProblemKind::RewardsExhausted,
            Refusal::NotInAudience { .. } => ProblemKind::NotInAudience,
            Refusal::StepUnknown { .. } => ProblemKind::StepUnknown,
            Refusal::StepNotAvailable { .. } => ProblemKind::StepNotAvailable,
            Refusal::ChallengeCompletesItself { .. } => ProblemKind::ChallengeCompletesItself,
            Refusal::PerkNotHeld { .. } => ProblemKind::PerkNotHeld,
            Refusal::AppNotConnected { .. } => ProblemKind::AppNotConnected,
            Refusal::ListNotJoined { .. } => ProblemKind::ListNotJoined,
            Refusal::EmailIsCurrent => ProblemKind::EmailIsCurrent,
            Refusal::FormerEmailUnknown => ProblemKind::FormerEmailUnknown,
            Refusal::ReferenceIdReserved { .. } => ProblemKind::ReferenceIdReserved,
            Refusal::ReferenceIdTaken { .. } => ProblemKind::ReferenceIdTaken,
            Refusal::TooManyProperties => ProblemKind::TooManyProperties,
            Refusal::TeamMemberUnknown => ProblemKind::TeamMemberUnknown,
            Refusal::TeamMemberEmailTaken => ProblemKind::TeamMemberEmailTaken,
            Refusal::TooManyTeamMembers => ProblemKind::TooManyTeamMembers,
            Refusal::LastAdmin => ProblemKind::LastAdmin,
            Refusal::PasswordInvalid => ProblemKind::PasswordInvalid,
        };
        Problem::new(kind, refusal.to_string())
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Problem {
        match error {
            LogError::Stopped { .. } => Problem::new(
                ProblemKind::LogStopped,
                "nothing was recorded; /readyz says what happened",
            ),
            LogError::Full => Problem::new(ProblemKind::DiskFull, "nothing was recorded"),
            LogError::Closed => Problem::new(ProblemKind::ShuttingDown, "nothing was recorded"),
            LogError::NotInStream => {
                Problem::new(ProblemKind::CursorInvalid, "this cursor is of no fact in this list")
            }
            LogError::Read(_)
            | LogError::Unusable(_)
            | LogError::ClockBehind { .. }
            | LogError::Malformed(_) => Problem::internal(error),
        }
    }
}

impl From<ProjectionError> for Problem {
    fn from(error: ProjectionError) -> Problem {
        match error {
            ProjectionError::Behind { wanted, at } => {
                let missing = wanted.number().saturating_sub(at.number());
                Problem::new(
                    ProblemKind::ProjectionBehind,
                    format!("{missing} facts are still to be folded in"),
                )
                .with("facts_behind", missing)
            }
            ProjectionError::Log(error) => error.into(),
            ProjectionError::Store(_) => Problem::internal(error),
        }
    }
}

impl From<RangeFault> for Problem {
    fn from(fault: RangeFault) -> Problem {
        let kind = match &fault {
            RangeFault::ToAndThrough => ProblemKind::ToAndThrough,
            RangeFault::Unreadable { .. } | RangeFault::ThroughIsNoDay { .. } => {
                ProblemKind::TimeUnreadable
            }
            RangeFault::DoesNotExist { .. } => ProblemKind::LocalTimeDoesNotExist,
            RangeFault::HappensTwice { .. } => ProblemKind::LocalTimeAmbiguous,
            RangeFault::Inverted => ProblemKind::RangeInverted,
            RangeFault::TooLong { .. } => ProblemKind::RangeTooLong,
        };
        let about = match &fault {
            RangeFault::Unreadable { name, .. }
            | RangeFault::DoesNotExist { name, .. }
            | RangeFault::HappensTwice { name, .. } => Some(*name),
            RangeFault::ThroughIsNoDay { .. } => Some("through"),
            RangeFault::ToAndThrough => Some("to"),
            RangeFault::Inverted => Some("from"),
            RangeFault::TooLong { .. } => None,
        };
        let problem = Problem::new(kind, fault.to_string());
        match about {
            Some(name) => problem.with("parameter", name),
            None => problem,
        }
    }
}

impl From<CursorFault> for Problem {
    fn from(fault: CursorFault) -> Problem {
        let kind = match fault {
            CursorFault::Unreadable => ProblemKind::CursorInvalid,
            CursorFault::AnotherLog => ProblemKind::CursorOfAnotherLog,
        };
        Problem::new(kind, fault.to_string())
    }
}

impl From<HeaderFault> for Problem {
    fn from(fault: HeaderFault) -> Problem {
        let (kind, headers) = match &fault {
            HeaderFault::TooLong { .. } => (ProblemKind::HeaderTooLong, Vec::new()),
            HeaderFault::EmailMissing { headers } => {
                (ProblemKind::EmailColumnMissing, headers.clone())
            }
            HeaderFault::KeyMissing { headers, .. } => {
                (ProblemKind::MatchColumnMissing, headers.clone())
            }
            HeaderFault::EmailTwice { headers } => (ProblemKind::EmailMappedTwice, headers.clone()),
            HeaderFault::FieldTwice { headers, .. } => {
                (ProblemKind::FieldMappedTwice, headers.clone())
            }
            HeaderFault::ColumnUnknown { headers, .. } => {
                (ProblemKind::ColumnUnknown, headers.clone())
            }
            HeaderFault::TooMany { .. } => (ProblemKind::TooManyColumns, Vec::new()),
        };
        let problem = Problem::new(kind, fault.to_string());
        if headers.is_empty() { problem } else { problem.with("headers", headers) }
    }
}
