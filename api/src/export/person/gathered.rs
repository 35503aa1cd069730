//! What a first reading of a person's history tells: the addresses it had, the imports that touched it, what things
//! were called.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::Event;
use domain::event::UserEmailChanged;
use eventlog::{LogError, Recorded};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::routes::shown;

/// Members of facts that are ids, and those beside them that say what is called so.
const NAMED: [(&str, &str); 7] = [
    ("audience_id", "audience_name"),
    ("badge_id", "badge_name"),
    ("challenge_id", "challenge_title"),
    ("step_id", "step_title"),
    ("perk_id", "perk_name"),
    ("digital_asset_id", "digital_asset_name"),
    ("app_id", "app_name"),
];

/// An address somebody has or had.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Address {
    /// As it was written.
    pub email: String,
    /// Since when it was the person's.
    pub since: String,
    /// Until when; null while it is.
    pub until: Option<String>,
    /// The stream that holds the claim on it; null where it is the person's own.
    pub address_id: Option<Uuid>,
}

/// What an import did with a person.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// The rows that are about the person, from 1.
    pub rows: BTreeSet<u64>,
    /// Whether facts about the person come from taking it back.
    pub taken_back: bool,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// Facts about the person.
    pub events: u64,
    /// When the first was recorded.
    pub first_at: i64,
    /// When the last was recorded.
    pub last_at: i64,
    /// When the person was removed, unless it came again.
    pub deleted_at: Option<i64>,
    /// Every address, in the order it had them.
    pub addresses: Vec<Address>,
    /// Imports that touched the person.
    pub imports: BTreeMap<Uuid, Touched>,
    names: HashMap<(&'static str, String), String>,
}

impl Gathered {
    /// Takes one more fact.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub(super) fn add(&mut self, fact: &Recorded) -> Result<(), LogError> {
        let unreadable = |error: &dyn std::fmt::Display| LogError::Read(error.to_string());
        let event = fact.as_row().event().map_err(|error| unreadable(&error))?;
        let data: Value = serde_json::from_slice(&fact.data).map_err(|error| unreadable(&error))?;
        if self.events == 0 {
            self.first_at = fact.recorded_at;
        }
        (self.events, self.last_at) = (self.events + 1, fact.recorded_at);
        self.note_address(&event, fact.recorded_at);
        self.note_import(&data);
        for (id, name) in NAMED {
            if let (Some(id_said), Some(said)) = (data[id].as_str(), data[name].as_str()) {
                self.names.insert((id, id_said.to_owned()), said.to_owned());
            }
        }
        Ok(())
    }

    /// What something was last called; `kind` is the member that holds its id.
    pub(super) fn name(&self, kind: &'static str, id: &str) -> Option<String> {
        self.names.get(&(kind, id.to_owned())).cloned()
    }

    fn note_address(&mut self, event: &Event, at: i64) {
        if let Event::UserDeleted(_) = event {
            self.deleted_at = Some(at);
            return self.leave(at);
        }
        self.deleted_at = None;
        let (email, address_id) = if let Event::UserImported(fact) = event {
            (&fact.email, None)
        } else if let Event::UserCreated(fact) = event {
            (&fact.email, None)
        } else if let Event::UserEmailChanged(UserEmailChanged { email, address, .. }) = event {
            self.leave(at);
            (email, address.map(|address| address.0))
        } else {
            return;
        };
        let has_one = self.addresses.last().is_some_and(|address| address.until.is_none());
        if let (Some(email), false) = (email, has_one) {
            let since = shown(at);
            self.addresses.push(Address { email: email.clone(), since, until: None, address_id });
        }
    }

    fn leave(&mut self, at: i64) {
        if let Some(last) = self.addresses.last_mut() {
            last.until.get_or_insert_with(|| shown(at));
        }
    }

    /// With a row, the fact came with it; without, from taking the import back.
    fn note_import(&mut self, data: &Value) {
        let import = data["import_id"].as_str().and_then(|id| id.parse().ok());
        let Some(import) = import else { return };
        let touched: &mut Touched = self.imports.entry(import).or_default();
        match data["row"].as_u64() {
            Some(row) => touched.rows.extend([row]),
            None => touched.taken_back = true,
        }
    }
}
