//! User events that name a list, a segment, a badge, a challenge, a perk, a digital asset, an app or an import.

use domain::{DefinitionId, EventKind};
use eventlog::Content;
use uuid::Uuid;

use super::members::{members, plain};
use crate::params::Params;
use crate::problem::Problem;

/// Parameters that ask for facts by what they name.
const PARAMETERS: [(&str, Named); 8] = [
    ("list", Named { member: "audience_id", kinds: &[EventKind::ListJoined, EventKind::ListLeft] }),
    (
        "segment",
        Named {
            member: "audience_id",
            kinds: &[EventKind::SegmentEntered, EventKind::SegmentLeft],
        },
    ),
    ("badge", Named { member: "badge_id", kinds: &[EventKind::BadgeGained, EventKind::BadgeLost] }),
    (
        "challenge",
        Named {
            member: "challenge_id",
            kinds: &[
                EventKind::ChallengeJoined,
                EventKind::ChallengeStepCompleted,
                EventKind::ChallengeCompleted,
                EventKind::PerkReceived,
                EventKind::DigitalAssetReceived,
            ],
        },
    ),
    ("perk", Named { member: "perk_id", kinds: &[EventKind::PerkReceived, EventKind::PerkUsed] }),
    (
        "digital_asset",
        Named { member: "digital_asset_id", kinds: &[EventKind::DigitalAssetReceived] },
    ),
    (
        "app",
        Named { member: "app_id", kinds: &[EventKind::AppConnected, EventKind::AppDisconnected] },
    ),
    (
        "import",
        Named {
            member: "import_id",
            kinds: &[
                EventKind::UserImported,
                EventKind::UserPropertiesChanged,
                EventKind::UserEmailChanged,
                EventKind::UserDeleted,
                EventKind::ListJoined,
            ],
        },
    ),
];

/// What a parameter looks at.
#[derive(Debug, Clone, Copy)]
struct Named {
    /// The member of a fact that holds the id.
    member: &'static str,
    /// Facts that can hold it.
    kinds: &'static [EventKind],
}

/// Facts that name one of some ids.
#[derive(Debug, Clone)]
pub struct Naming {
    named: Named,
    ids: Vec<String>,
}

impl Naming {
    /// Reads what is asked; all of it has to hold, of one parameter given more than once any. An id that nothing has is no
    /// fault: what it named may be gone, its facts are not.
    ///
    /// # Errors
    /// `parameter_invalid`.
    pub fn read(params: &Params) -> Result<Vec<Naming>, Problem> {
        let mut asked = Vec::new();
        for (name, named) in PARAMETERS {
            let id = |text: &str| match name {
                "import" => text.parse::<Uuid>().map(|id| id.to_string()).ok(),
                _ => text.parse::<DefinitionId>().map(|id| id.to_string()).ok(),
            };
            let ids = params.all(name).map(id).collect::<Option<Vec<String>>>();
            let ids = ids.ok_or_else(|| Problem::parameter(name, "an id"))?;
            if !ids.is_empty() {
                asked.push(Naming { named, ids });
            }
        }
        Ok(asked)
    }

    /// Whether facts of this kind can name it: others need not be read.
    pub fn can_be(&self, kind: EventKind) -> bool {
        self.named.kinds.contains(&kind)
    }

    /// Whether a fact does.
    pub fn holds(&self, fact: &Content<'_>) -> bool {
        if !fact.known_kind.is_some_and(|kind| self.can_be(kind)) {
            return false;
        }
        let (member, mut all) = (self.named.member.as_bytes(), members(fact.data));
        let value = all.find(|(name, _)| *name == member).map(|(_, value)| plain(value));
        value.is_some_and(|value| self.ids.iter().any(|id| id.as_bytes() == &*value))
    }
}
