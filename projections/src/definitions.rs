//! Queries over properties and lists.

use std::collections::{BTreeMap, BTreeSet};

use domain::DefinitionId;
use domain::property::{Properties, Property};
use domain::value::ValueType;
use rusqlite::{Connection, OptionalExtension};

use crate::error::ProjectionError;
use crate::store::Store;
use crate::users::snapshot;

/// A property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyLine {
    /// As it is now.
    pub property: Property,
    /// Revision of its stream.
    pub revision: u64,
}

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
    /// Revision of its stream.
    pub revision: u64,
    /// Users on it.
    pub users: u64,
}

const LIST: &str = "id, name, created_at, ordinal, coalesce((SELECT users FROM member_counts c WHERE c.sort = 'list' AND c.id = lists.id), 0), revision
    FROM lists WHERE gone = 0 AND";

fn list(row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<ListLine>> {
    let Ok(id) = row.get::<_, String>(0)?.parse() else { return Ok(None) };
    Ok(Some(ListLine {
        id,
        name: row.get(1)?,
        created_at: row.get(2)?,
        ordinal: row.get::<_, i64>(3)?.cast_unsigned(),
        users: row.get::<_, i64>(4)?.cast_unsigned(),
        revision: row.get::<_, i64>(5)?.cast_unsigned(),
    }))
}

/// Properties that are there, in the order they were made.
fn properties(connection: &Connection) -> Result<Vec<PropertyLine>, ProjectionError> {
    let sql = "SELECT id, reference_id, name, type, revision FROM properties WHERE gone = 0 ORDER BY ordinal";
    let mut statement = connection.prepare_cached(sql)?;
    let properties = statement.query_map([], |row| {
        let kind: String = row.get(3)?;
        let property = Property {
            id: row.get(0)?,
            reference_id: row.get(1)?,
            name: row.get(2)?,
            kind: ValueType::from_name(&kind).unwrap_or_default(),
        };
        Ok(PropertyLine { property, revision: row.get::<_, i64>(4)?.cast_unsigned() })
    })?;
    Ok(properties.collect::<rusqlite::Result<_>>()?)
}

/// Every property, and which ids are of none any more; of one moment inside a transaction.
pub(crate) fn known_properties(connection: &Connection) -> Result<Properties, ProjectionError> {
    let live = properties(connection)?.into_iter().map(|line| line.property);
    let mut statement = connection.prepare_cached("SELECT id FROM properties WHERE gone = 1")?;
    let gone = statement.query_map([], |row| row.get(0))?;
    Ok(Properties::new(live, gone.collect::<rusqlite::Result<BTreeSet<String>>>()?))
}

impl Store {
    /// Every property, in the order they were made.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn property_lines(&self) -> Result<Vec<PropertyLine>, ProjectionError> {
        self.with_reader(properties)
    }

    /// Every property, and which ids are of none any more.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn properties(&self) -> Result<Properties, ProjectionError> {
        self.with_reader(|connection| snapshot(connection, known_properties))
    }

    /// Lists that are no more, and what they were called.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn gone_lists(&self) -> Result<BTreeMap<DefinitionId, String>, ProjectionError> {
        self.with_reader(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id, name FROM lists WHERE gone = 1")?;
            let lists =
                statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
            let lists = lists.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lists.into_iter().filter_map(|(id, name)| Some((id.parse().ok()?, name))).collect())
        })
    }

    /// What a list is called or was called, and whether it is no more.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn list_called(
        &self,
        id: &DefinitionId,
    ) -> Result<Option<(String, bool)>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT name, gone FROM lists WHERE id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let called = statement.query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
            Ok(called.optional()?)
        })
    }

    /// One list.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn list(&self, id: &DefinitionId) -> Result<Option<ListLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = format!("SELECT {LIST} id = ?1");
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
            let sql = format!("SELECT {LIST} ordinal > ?1 ORDER BY ordinal LIMIT ?2");
            let mut statement = connection.prepare_cached(&sql)?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let lists = statement
                .query_map([after.cast_signed(), limit], list)?
                .collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(lists.into_iter().flatten().collect())
        })
    }
}
