//! Which columns the table of users shows to whom: what the token chose, else the team, else every field there is.

use domain::table::is_own;
use domain::value::ValueType;
use projections::fields::Field;
use projections::{ProjectionError, Store};

/// Whose choice holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chooser {
    /// The token's that asks.
    Mine,
    /// The team's.
    Team,
    /// Nobody's: every field is shown.
    Nobody,
}

impl Chooser {
    /// Its public name.
    pub fn name(self) -> &'static str {
        match self {
            Chooser::Mine => "mine",
            Chooser::Team => "team",
            Chooser::Nobody => "all",
        }
    }
}

/// The choice that holds for a token: fields by their ids.
///
/// # Errors
/// What the tables say.
pub fn chosen(
    store: &Store,
    token_id: &str,
) -> Result<(Chooser, Option<Vec<String>>), ProjectionError> {
    first(store, &[(Chooser::Mine, Some(token_id)), (Chooser::Team, None)])
}

fn first(
    store: &Store,
    choosers: &[(Chooser, Option<&str>)],
) -> Result<(Chooser, Option<Vec<String>>), ProjectionError> {
    for (chooser, of) in choosers.iter().copied() {
        if let Some(columns) = store.displayed(of)?.and_then(|line| line.columns) {
            return Ok((chooser, Some(columns)));
        }
    }
    Ok((Chooser::Nobody, None))
}

/// The fields of a choice, as they are called now; all there are, where nobody chose. Those that are gone drop out.
pub fn columns(chosen: Option<&[String]>, fields: Vec<Field>) -> Vec<Field> {
    let Some(chosen) = chosen else { return fields };
    let find = |id: &String| {
        let own = || Field { id: id.clone(), reference_id: id.clone(), kind: ValueType::Text };
        let field = fields.iter().find(|field| field.id == *id).cloned();
        field.or_else(|| is_own(id).then(own))
    };
    chosen.iter().filter_map(find).collect()
}

/// What the columns are called that a token is shown after those that every table has.
///
/// # Errors
/// What the tables say.
pub fn names(store: &Store, token_id: &str) -> Result<(Chooser, Vec<String>), ProjectionError> {
    called(store, chosen(store, token_id)?)
}

/// The same for those who chose nothing themselves.
///
/// # Errors
/// What the tables say.
pub fn team_names(store: &Store) -> Result<(Chooser, Vec<String>), ProjectionError> {
    called(store, first(store, &[(Chooser::Team, None)])?)
}

fn called(
    store: &Store,
    (chooser, chosen): (Chooser, Option<Vec<String>>),
) -> Result<(Chooser, Vec<String>), ProjectionError> {
    let columns = columns(chosen.as_deref(), store.fields()?);
    Ok((chooser, columns.into_iter().map(|field| field.reference_id).collect()))
}
