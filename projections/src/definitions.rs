//! Queries over properties and lists.

use domain::DefinitionId;
use domain::property::Property;
use domain::value::ValueType;
use rusqlite::OptionalExtension;

use crate::error::ProjectionError;
use crate::store::Store;

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLine {
    /// Names it in every fact.
    pub id: DefinitionId,
    /// As people read it.
    pub name: String,
    /// When it was made: microseconds since 1970, UTC.
    pub created_at: i64,
    /// Its place among all lists.
    pub ordinal: u64,
    /// Users on it.
    pub users: u64,
}

const LIST: &str = "id, name, created_at, ordinal, (SELECT count(*) FROM user_lists WHERE list_id = lists.id) FROM lists";

fn list(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<ListLine>> {
    let Ok(id) = row.get::<_, String>(0)?.parse() else { return Ok(None) };
    Ok(Some(ListLine {
        id,
        name: row.get(1)?,
        created_at: row.get(2)?,
        ordinal: row.get::<_, i64>(3)?.cast_unsigned(),
        users: row.get::<_, i64>(4)?.cast_unsigned(),
    }))
}

impl Store {
    /// Every property, in the order they were made.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn properties(&self) -> Result<Vec<Property>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT id, reference_id, name, type FROM properties ORDER BY ordinal";
            let mut statement = connection.prepare_cached(sql)?;
            let properties = statement.query_map([], |row| {
                let kind: String = row.get(3)?;
                Ok(Property {
                    id: row.get(0)?,
                    reference_id: row.get(1)?,
                    name: row.get(2)?,
                    kind: ValueType::from_name(&kind).unwrap_or_default(),
                })
            })?;
            Ok(properties.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// One list.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn list(&self, id: &DefinitionId) -> Result<Option<ListLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = format!("SELECT {LIST} WHERE id = ?1");
            let mut statement = connection.prepare_cached(&sql)?;
            Ok(statement.query_row([id.as_str()], list).optional()?.flatten())
        })
    }

    /// At most `limit` lists made after the one of ordinal `after`, in the order they were made.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn lists_page(&self, after: u64, limit: usize) -> Result<Vec<ListLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = format!("SELECT {LIST} WHERE ordinal > ?1 ORDER BY ordinal LIMIT ?2");
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let lists = statement
                .query_map([after.cast_signed(), limit], list)?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lists.into_iter().flatten().collect())
        })
    }
}
