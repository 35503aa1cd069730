//! How each value of a person became what it is: `properties.csv`.

use std::collections::BTreeMap;
use std::io::Write;

use domain::event::Change;
use domain::policy::changes;
use domain::property::Properties;
use domain::{Event, EventKind};
use eventlog::{Cursor, LogError, Recorded};
use serde_json::Value;
use uuid::Uuid;

use crate::export::cells::{Dialect, ROW_END};
use crate::export::users::SpoolError;
use crate::history::History;
use crate::routes::shown;

/// The columns, in their order.
const COLUMNS: [&str; 17] = [
    "property_id",
    "property",
    "name",
    "type",
    "before",
    "after",
    "recorded_at",
    "occurred_at",
    "event_type",
    "actor_type",
    "actor_id",
    "origin",
    "import_id",
    "import_row",
    "cause_event_id",
    "event_id",
    "position",
];

/// See the module.
pub(super) struct Values<'a> {
    log_id: Uuid,
    known: &'a Properties,
    dialect: Dialect,
    bom: bool,
    /// Values the person has at the fact that is read: they go when the person is removed.
    now: BTreeMap<String, String>,
}

impl<'a> Values<'a> {
    pub(super) fn new(
        log_id: Uuid,
        known: &'a Properties,
        dialect: Dialect,
        bom: bool,
    ) -> Values<'a> {
        Values { log_id, known, dialect, bom, now: BTreeMap::new() }
    }

    /// Writes all of them; answers how many rows there are.
    pub(super) fn write(
        mut self,
        history: &History<'_>,
        out: &mut dyn Write,
    ) -> Result<u64, SpoolError> {
        let (mut rows, mut line) = (0, Vec::with_capacity(512));
        line.extend_from_slice(if self.bom { b"\xEF\xBB\xBF" } else { b"" });
        self.dialect.row(&mut line, COLUMNS.into_iter());
        out.write_all(&line)?;
        history.each(|fact| {
            for change in self.changed_by(fact)? {
                line.clear();
                self.row(fact, &change, &mut line);
                out.write_all(&line)?;
                rows += 1;
            }
            Ok::<_, SpoolError>(())
        })?;
        Ok(rows)
    }

    /// What a fact changed, and the values that go with who is removed.
    fn changed_by(&mut self, fact: &Recorded) -> Result<Vec<Change>, LogError> {
        let event = fact.as_row().event().map_err(|error| LogError::Read(error.to_string()))?;
        if let Event::UserDeleted(_) = event {
            let gone = std::mem::take(&mut self.now).into_iter();
            return Ok(gone
                .map(|(field, old)| Change { field, old: Some(old), new: None })
                .collect());
        }
        for change in changes(&event) {
            match &change.new {
                Some(value) => self.now.insert(change.field.clone(), value.clone()),
                None => self.now.remove(&change.field),
            };
        }
        Ok(changes(&event).to_vec())
    }

    fn row(&self, fact: &Recorded, change: &Change, out: &mut Vec<u8>) {
        let property = self.known.by_id(&change.field);
        let kind = EventKind::from_name(&fact.kind);
        let data: Value = serde_json::from_slice(&fact.data).unwrap_or_default();
        let position = Cursor { log_id: self.log_id, position: fact.position }.to_string();
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let cells: [(bool, String); 17] = [
            (true, change.field.clone()),
            (true, text(self.known.name_of(&change.field))),
            (true, text(property.map(|property| property.name.as_str()))),
            (false, text(property.map(|property| property.kind.name()))),
            (true, text(change.old.as_deref())),
            (true, text(change.new.as_deref())),
            (false, shown(fact.recorded_at)),
            (false, fact.occurred_at.map(shown).unwrap_or_default()),
            (false, text(kind.map(EventKind::public_name))),
            (false, fact.actor.kind.name().to_owned()),
            (true, fact.actor.id.clone()),
            (false, fact.origin.name().to_owned()),
            (false, text(data["import_id"].as_str())),
            (false, data["row"].as_u64().map(|row| row.to_string()).unwrap_or_default()),
            (
                false,
                fact.cause.as_ref().map(|cause| cause.event_id.to_string()).unwrap_or_default(),
            ),
            (false, fact.event_id.to_string()),
            (false, position),
        ];
        for (index, (chosen_by_people, cell)) in cells.iter().enumerate() {
            if index > 0 {
                out.push(self.dialect.delimiter);
            }
            match chosen_by_people {
                true => self.dialect.text(out, cell.as_bytes()),
                false => self.dialect.plain(out, cell.as_bytes()),
            }
        }
        out.extend_from_slice(ROW_END);
    }
}
