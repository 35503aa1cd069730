//! The fields users have: names, language, and the properties there are now.

use domain::csv_header::BUILT_IN_FIELDS;
use domain::value::ValueType;
use rusqlite::{Connection, OptionalExtension};

use crate::error::ProjectionError;
use crate::store::Store;

/// A field that some user has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Names it in every fact and in the tables.
    pub id: String,
    /// What it is called outward.
    pub reference_id: String,
    /// What its values are.
    pub kind: ValueType,
}

/// What somebody chose for a table of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayedLine {
    /// Fields by their ids; none: the choice was taken back.
    pub columns: Option<Vec<String>>,
    /// Revision of its stream.
    pub revision: u64,
}

impl Store {
    /// What was chosen for the table of a token; without one, for the team's.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn displayed(
        &self,
        token_id: Option<&str>,
    ) -> Result<Option<DisplayedLine>, ProjectionError> {
        self.with_reader(|connection| {
            let sql = "SELECT columns, revision FROM displayed WHERE token_id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let line = statement.query_row([token_id.unwrap_or_default()], |row| {
                let columns: Option<String> = row.get(0)?;
                let columns = columns.and_then(|json| serde_json::from_str(&json).ok());
                Ok(DisplayedLine { columns, revision: row.get::<_, i64>(1)?.cast_unsigned() })
            });
            Ok(line.optional()?)
        })
    }

    /// Every field there is, in the order of columns.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn fields(&self) -> Result<Vec<Field>, ProjectionError> {
        self.with_reader(field_order)
    }
}

/// Built-in fields in their fixed order, then properties as they were first seen. Those that are gone are left out.
pub(crate) fn field_order(connection: &Connection) -> Result<Vec<Field>, ProjectionError> {
    let mut statement = connection.prepare_cached(
        "SELECT f.id, coalesce(p.reference_id, f.id), coalesce(p.type, '') FROM fields f
         LEFT JOIN properties p ON p.id = f.id WHERE coalesce(p.gone, 0) = 0 ORDER BY f.ordinal, f.id",
    )?;
    let fields = statement.query_map([], |row| {
        let kind: String = row.get(2)?;
        let kind = ValueType::from_name(&kind).unwrap_or_default();
        Ok(Field { id: row.get(0)?, reference_id: row.get(1)?, kind })
    })?;
    let fields: Vec<Field> = fields.collect::<rusqlite::Result<_>>()?;
    let place = |field: &Field| BUILT_IN_FIELDS.iter().position(|known| *known == field.id);
    let (mut order, properties): (Vec<Field>, Vec<Field>) =
        fields.into_iter().partition(|field| place(field).is_some());
    order.sort_by_key(place);
    order.extend(properties);
    Ok(order)
}
