//! Saved views of the table of users.

use domain::DefinitionId;
use domain::event::FilterPart;
use rusqlite::{OptionalExtension, Row};

use crate::error::ProjectionError;
use crate::store::Store;

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewLine {
    /// Names it in every fact.
    pub id: DefinitionId,
    /// As people read it.
    pub name: String,
    /// Fields by their ids; none: those that each is shown anyway.
    pub columns: Option<Vec<String>>,
    /// What the table is sorted by, `-` before it for the greatest first; fields by their ids.
    pub sort: Option<String>,
    /// Filters, properties in their names by their ids.
    pub filter: Vec<FilterPart>,
    /// When it was made: microseconds since 1970, UTC.
    pub created_at: i64,
    /// Revision of its stream.
    pub revision: u64,
}

const VIEW: &str =
    "SELECT id, name, columns, sort, filter, created_at, revision FROM views WHERE gone = 0";

/// Filters as the tables keep them.
pub(crate) fn filter_text(filter: &[FilterPart]) -> String {
    let pairs: Vec<(&str, Option<&str>)> =
        filter.iter().map(|part| (part.name.as_str(), part.value.as_deref())).collect();
    serde_json::to_string(&pairs).expect("texts always serialise")
}

fn filter(text: &str) -> Vec<FilterPart> {
    let pairs: Vec<(String, Option<String>)> = serde_json::from_str(text).unwrap_or_default();
    pairs.into_iter().map(|(name, value)| FilterPart { name, value }).collect()
}

fn view(row: &Row<'_>) -> rusqlite::Result<Option<ViewLine>> {
    let Ok(id) = row.get::<_, String>(0)?.parse() else { return Ok(None) };
    let columns: Option<String> = row.get(2)?;
    Ok(Some(ViewLine {
        id,
        name: row.get(1)?,
        columns: columns.and_then(|json| serde_json::from_str(&json).ok()),
        sort: row.get(3)?,
        filter: filter(&row.get::<_, String>(4)?),
        created_at: row.get(5)?,
        revision: row.get::<_, i64>(6)?.cast_unsigned(),
    }))
}

impl Store {
    /// Every saved view, in the order they were made.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn views(&self) -> Result<Vec<ViewLine>, ProjectionError> {
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached(&format!("{VIEW} ORDER BY ordinal"))?;
            let views = statement.query_map([], view)?;
            let views: Vec<Option<ViewLine>> = views.collect::<rusqlite::Result<_>>()?;
            Ok(views.into_iter().flatten().collect())
        })
    }

    /// Whether there is or was a view of this id.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn view_called(&self, id: &DefinitionId) -> Result<bool, ProjectionError> {
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached("SELECT 1 FROM views WHERE id = ?1")?;
            Ok(statement.exists([id.as_str()])?)
        })
    }

    /// One of them.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn view(&self, id: &DefinitionId) -> Result<Option<ViewLine>, ProjectionError> {
        self.with_reader(|connection| {
            let mut statement = connection.prepare_cached(&format!("{VIEW} AND id = ?1"))?;
            Ok(statement.query_row([id.as_str()], view).optional()?.flatten())
        })
    }
}
