//! The fields users have: names, language, and the properties there are now.

use domain::csv_header::BUILT_IN_FIELDS;
use domain::value::ValueType;
use rusqlite::Connection;

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

impl Store {
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
