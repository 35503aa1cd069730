//! What nobody can be given or taken at present, because of what its definition says.

use domain::DefinitionId;
use domain::event::{BadgeState, Named};
use domain::revert::KeptBecause;
use projections::ProjectionError;

use crate::app::App;
use crate::import::definitions::list_unknown;
use crate::problem::{Problem, ProblemKind};

/// Why something cannot be moved by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// There is no such list.
    ListUnknown(DefinitionId),
    /// There is no such badge, and badges have to be defined.
    BadgeUnknown(DefinitionId),
    /// The badge is held by its audience, this one.
    BadgeFollowsAudience(DefinitionId),
    /// The badge is not published, but in this state.
    BadgeNotPublished(BadgeState),
    /// The property is no more.
    PropertyGone(String),
}

impl Closed {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        self.kind().code()
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Closed::ListUnknown(_) => ProblemKind::ListUnknown,
            Closed::BadgeUnknown(_) => ProblemKind::BadgeUnknown,
            Closed::BadgeFollowsAudience(_) => ProblemKind::BadgeFollowsAudience,
            Closed::BadgeNotPublished(_) => ProblemKind::BadgeNotPublished,
            Closed::PropertyGone(_) => ProblemKind::PropertyNotFound,
        }
    }

    /// Why what was done with it stays.
    pub fn keeps(&self) -> KeptBecause {
        match self {
            Closed::ListUnknown(_) => KeptBecause::ListGone,
            Closed::BadgeFollowsAudience(_) => KeptBecause::BadgeFollowsAudience,
            Closed::BadgeUnknown(_) | Closed::BadgeNotPublished(_) => {
                KeptBecause::BadgeNotPublished
            }
            Closed::PropertyGone(_) => KeptBecause::PropertyGone,
        }
    }
}

impl From<Closed> for Problem {
    fn from(closed: Closed) -> Problem {
        let detail = match &closed {
            Closed::ListUnknown(id) => return list_unknown(id),
            Closed::BadgeUnknown(id) => return crate::routes::badges::unknown(id),
            Closed::BadgeFollowsAudience(audience) => {
                format!("its audience is {:?}", audience.as_str())
            }
            Closed::BadgeNotPublished(state) => format!("it is {}", state.name()),
            Closed::PropertyGone(id) => format!("there is no property {id:?}"),
        };
        Problem::new(closed.kind(), detail)
    }
}

/// A badge as it is called now, where it is awarded by hand. One that nobody defined is.
///
/// # Errors
/// [`ProjectionError::Store`].
pub fn badge_by_hand(
    app: &App,
    id: &DefinitionId,
) -> Result<Result<Named, Closed>, ProjectionError> {
    let Some(badge) = app.follower.store().badge(id.as_str())? else {
        return Ok(match app.config.strict_definitions {
            true => Err(Closed::BadgeUnknown(id.clone())),
            false => Ok(Named::by_id(id.clone())),
        });
    };
    if let Some(audience) = &badge.audience {
        return Ok(Err(Closed::BadgeFollowsAudience(audience.id().clone())));
    }
    if badge.state != BadgeState::Published {
        return Ok(Err(Closed::BadgeNotPublished(badge.state)));
    }
    Ok(Ok(Named { id: badge.badge_id, name: Some(badge.name) }))
}

/// A list as it is called now.
///
/// # Errors
/// [`ProjectionError::Store`].
pub fn list_now(app: &App, id: &DefinitionId) -> Result<Result<Named, Closed>, ProjectionError> {
    let found = app.follower.store().list(id)?;
    let named = found.map(|line| Named { id: line.id, name: Some(line.name) });
    Ok(named.ok_or_else(|| Closed::ListUnknown(id.clone())))
}
