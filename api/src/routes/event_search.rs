//! Which of a user's facts somebody wants to see.

use domain::EventKind;
use domain::fold::fold;
use eventlog::Recorded;
use serde_json::Value;

use super::event_types::user_event_kind;
use crate::access::Credential;
use crate::params::Params;
use crate::problem::Problem;

/// Longest text that is searched for, in bytes.
const SEARCH_BYTES_MAX: usize = 1024;

/// Of these types, and holding this text.
#[derive(Debug)]
pub(super) struct Wanted {
    kinds: Vec<EventKind>,
    search: Option<String>,
}

impl Wanted {
    /// Reads `type` and `search`.
    ///
    /// # Errors
    /// `unknown_event_type`, `personal_data_required`, `parameter_invalid`.
    pub(super) fn read(params: &Params, credential: &Credential) -> Result<Wanted, Problem> {
        let kinds = params.all("type").map(user_event_kind).collect::<Result<_, _>>()?;
        let search = params.one("search")?;
        if let Some(search) = search {
            credential.needs_personal("search looks at values")?;
            if search.len() > SEARCH_BYTES_MAX {
                let takes = format!("at most {SEARCH_BYTES_MAX} bytes");
                return Err(Problem::parameter("search", &takes));
            }
        }
        Ok(Wanted { kinds, search: search.map(|text| fold(text).into_owned()) })
    }

    /// Whether a fact is wanted. On the stream of an address that was claimed for somebody lie facts that are about no
    /// user: those never are.
    pub(super) fn takes(&self, fact: &Recorded) -> bool {
        let kind = EventKind::from_name(&fact.kind);
        if kind.is_some_and(|kind| !kind.is_user_event()) {
            return false;
        }
        let of_kind = self.kinds.is_empty() || kind.is_some_and(|kind| self.kinds.contains(&kind));
        of_kind && self.search.as_ref().is_none_or(|search| holds(fact, kind, search))
    }
}

/// Whether a text is part of what is shown of a fact: its label, or a name or value in it.
fn holds(fact: &Recorded, kind: Option<EventKind>, search: &str) -> bool {
    let label = kind.map_or(fact.kind.as_str(), |kind| kind.label());
    if fold(label).contains(search) {
        return true;
    }
    let parts = [Some(&fact.data), fact.personal.as_ref()];
    parts
        .into_iter()
        .flatten()
        .any(|part| serde_json::from_slice::<Value>(part).is_ok_and(|value| is_in(&value, search)))
}

fn is_in(value: &Value, search: &str) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => yes.to_string().contains(search),
        Value::Number(number) => number.to_string().contains(search),
        Value::String(text) => fold(text).contains(search),
        Value::Array(values) => values.iter().any(|value| is_in(value, search)),
        Value::Object(members) => {
            members.iter().any(|(name, value)| fold(name).contains(search) || is_in(value, search))
        }
    }
}
