//! What can be done by hand with the challenges of one user, and why it was not.

use std::collections::BTreeMap;

use super::{Filters, Named, User};
use crate::pages::users::promised::{Promised, Step};
use crate::pages::{Form, Refused, Texts};
use crate::problem::ProblemKind;

/// What can be done.
#[derive(Debug, Default)]
pub struct Challenges<'a> {
    /// Published ones that the user has not joined.
    pub joinable: Vec<&'a Named>,
    next: BTreeMap<&'a str, &'a Step>,
}

impl<'a> Challenges<'a> {
    /// Joining what the user has not joined, and the next step of what the user is on the way in.
    pub fn of(user: &'a User, names: &'a Filters, promised: &'a Promised) -> Challenges<'a> {
        let all = names.all("challenge").iter();
        let published: Vec<&Named> =
            all.filter(|one| one.state.as_deref() == Some("published")).collect();
        let is_published = |id: &str| published.iter().any(|one| one.id == id);
        let parts = user.challenges.iter();
        let underway =
            parts.filter(|part| part.completed_at.is_none() && is_published(&part.challenge_id));
        let next = underway.filter_map(|part| {
            let challenge = part.challenge_id.as_str();
            Some((challenge, promised.next(challenge, &part.steps)?))
        });
        let next = next.collect();
        let joined = |one: &&Named| user.challenges.iter().any(|part| part.challenge_id == one.id);
        let joinable = published.into_iter().filter(|one| !joined(one)).collect();
        Challenges { joinable, next }
    }

    /// The next step of one of them, where there is one to record.
    pub fn next(&self, challenge: &str) -> Option<&Step> {
        self.next.get(challenge).copied()
    }
}

/// Why a challenge was not joined or not gone on with: told beside the form rather than above the page.
#[derive(Debug)]
pub struct No<'a> {
    /// The API's no.
    pub refused: &'a Refused,
    /// In words.
    pub why: String,
    /// Whom the challenge is for, where that is why.
    pub audience: Option<String>,
}

impl<'a> No<'a> {
    /// Where a form about a challenge was refused.
    pub fn of(form: &'a Form, names: &Filters) -> Option<No<'a>> {
        let refused = form.refusal()?;
        if !matches!(form.value("act"), "take-part" | "step") {
            return None;
        }
        let why = Texts.find("joinno", &refused.code, 0);
        let closed = refused.code == ProblemKind::NotInAudience.code();
        let audience = closed.then(|| audience(form.value("challenge"), names)).flatten();
        Some(No { refused, why: why.unwrap_or_else(|| refused.detail.clone()), audience })
    }
}

fn audience(challenge: &str, names: &Filters) -> Option<String> {
    let known = names.all("challenge").iter().find(|known| known.id == challenge)?;
    let (sort, id) = known.audience.as_ref()?.as_object()?.iter().next()?;
    let name = names.name_of(sort, id.as_str()?);
    Some(match sort.as_str() {
        "list" => Texts.one("challenge-of-list", "name", name),
        _ => Texts.one("challenge-of-segment", "name", name),
    })
}
