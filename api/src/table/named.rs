//! What filters name: whether there is such a thing, and what is said where a name is no id.

use domain::DefinitionId;
use domain::fold::fold;
use domain::id::DEFINITION_ID_BYTES_MAX;
use domain::segment::Membership;
use projections::Store;
use projections::table::Belonging;

use crate::problem::{Problem, ProblemKind};
use crate::segments::exists;

/// Lists among whose names one is looked for.
const LISTS_MAX: usize = 1_000;

/// Refuses what there is not. A badge that nobody defined is there once somebody gained it, a challenge once somebody joined
/// it; an app has no definition, so any may be asked about.
pub(super) fn is_known(store: &Store, of: &Belonging) -> Result<(), Problem> {
    let unknown = |kind, what: String| Err(Problem::new(kind, what));
    match of {
        Belonging::To(Membership::Badge(id)) if !store.is_badge_known(id.as_str())? => {
            let id = id.as_str();
            let what = format!("nobody defined a badge {id:?}, and nobody ever gained it");
            unknown(ProblemKind::BadgeUnknown, what)
        }
        Belonging::Challenge(id) if !store.is_challenge_known(id.as_str())? => {
            let id = id.as_str();
            let what = format!("nobody defined a challenge {id:?}, and nobody ever joined it");
            unknown(ProblemKind::ChallengeUnknown, what)
        }
        Belonging::To(of) => exists(store, of),
        Belonging::Challenge(_) => Ok(()),
    }
}

/// The refusal of a filter that names something by what cannot be its id; names are no ids.
pub(super) fn no_id(store: &Store, filter: &str, said: &str) -> Result<Problem, Problem> {
    let known: Vec<(DefinitionId, String)> = match filter {
        "list" => {
            store.lists_page(0, LISTS_MAX)?.into_iter().map(|line| (line.id, line.name)).collect()
        }
        "segment" => {
            let defined = store.segments()?.into_iter().map(|line| line.defined);
            defined.map(|segment| (segment.segment_id, segment.name)).collect()
        }
        "badge" => {
            let defined = store.badges()?.into_iter().map(|line| line.defined);
            defined.map(|badge| (badge.badge_id, badge.name)).collect()
        }
        "challenge" => {
            let defined = store.challenges()?.into_iter().map(|line| line.defined);
            defined.map(|challenge| (challenge.challenge_id, challenge.name)).collect()
        }
        _ => Vec::new(),
    };
    let so_called =
        known.iter().find(|(id, name)| fold(name) == fold(said) || fold(said) == id.as_str());
    let instead = match (so_called, filter) {
        (Some((id, _)), _) => format!("; {said:?} has the id {:?}", id.as_str()),
        (None, "app") => String::new(),
        (None, _) => format!("; GET /v1/{filter}s tells them"),
    };
    let takes = format!("an id: 1 to {DEFINITION_ID_BYTES_MAX} of a-z, 0-9, _ and -{instead}");
    Ok(Problem::parameter(filter, &takes))
}
