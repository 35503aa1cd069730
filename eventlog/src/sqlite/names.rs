//! Names stored once: kinds and actors, as small numbers in rows and as text in memory.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use domain::EventKind;
use rusqlite::{Connection, params};

use crate::error::LogError;
use crate::fact::{Actor, ActorKind};

/// What the numbers in event rows stand for. The writer adds; readers look up.
#[derive(Debug, Default)]
pub(super) struct Names {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    kinds: HashMap<i64, Arc<str>>,
    kind_ids: HashMap<String, i64>,
    actors: HashMap<i64, Arc<Actor>>,
    actor_ids: HashMap<Actor, i64>,
}

impl Names {
    pub(super) fn load(connection: &Connection) -> Result<Names, LogError> {
        let names = Names::default();
        names.reload(connection)?;
        Ok(names)
    }

    /// Reads both tables: at opening, and when a reader of another process's file meets a number it does not know.
    pub(super) fn reload(&self, connection: &Connection) -> Result<(), LogError> {
        let mut inner = Inner::default();
        let mut kinds = connection.prepare("SELECT id, name FROM kinds")?;
        let mut rows = kinds.query([])?;
        while let Some(row) = rows.next()? {
            let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
            inner.kind_ids.insert(name.clone(), id);
            inner.kinds.insert(id, name.into());
        }
        let mut actors = connection.prepare("SELECT id, kind, name FROM actors")?;
        let mut rows = actors.query([])?;
        while let Some(row) = rows.next()? {
            let (id, kind, name): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let kind = ActorKind::from_name(&kind)
                .ok_or_else(|| LogError::Unusable(format!("an actor of unknown type {kind:?}")))?;
            let actor = Actor { kind, id: name };
            inner.actor_ids.insert(actor.clone(), id);
            inner.actors.insert(id, Arc::new(actor));
        }
        *self.inner.write().expect("no holder panics") = inner;
        Ok(())
    }

    pub(super) fn kind(&self, id: i64) -> Option<Arc<str>> {
        self.inner.read().expect("no holder panics").kinds.get(&id).cloned()
    }

    pub(super) fn actor(&self, id: i64) -> Option<Arc<Actor>> {
        self.inner.read().expect("no holder panics").actors.get(&id).cloned()
    }

    /// The number of a kind; none where no fact of it was ever recorded.
    pub(super) fn known_kind_id(&self, kind: EventKind) -> Option<i64> {
        self.inner.read().expect("no holder panics").kind_ids.get(kind.name()).copied()
    }

    /// The number of a kind, making one inside the writer's transaction.
    pub(super) fn kind_id(
        &self,
        connection: &Connection,
        kind: EventKind,
    ) -> rusqlite::Result<i64> {
        if let Some(id) = self.known_kind_id(kind) {
            return Ok(id);
        }
        connection.execute("INSERT OR IGNORE INTO kinds(name) VALUES (?1)", [kind.name()])?;
        let id =
            connection.query_row("SELECT id FROM kinds WHERE name = ?1", [kind.name()], |row| {
                row.get(0)
            })?;
        let mut inner = self.inner.write().expect("no holder panics");
        inner.kind_ids.insert(kind.name().to_owned(), id);
        inner.kinds.insert(id, kind.name().into());
        Ok(id)
    }

    /// The number of an actor, making one inside the writer's transaction.
    pub(super) fn actor_id(&self, connection: &Connection, actor: &Actor) -> rusqlite::Result<i64> {
        if let Some(id) = self.inner.read().expect("no holder panics").actor_ids.get(actor) {
            return Ok(*id);
        }
        let key = params![actor.kind.name(), actor.id];
        connection.execute("INSERT OR IGNORE INTO actors(kind, name) VALUES (?1, ?2)", key)?;
        let id = connection.query_row(
            "SELECT id FROM actors WHERE kind = ?1 AND name = ?2",
            key,
            |row| row.get(0),
        )?;
        let mut inner = self.inner.write().expect("no holder panics");
        inner.actor_ids.insert(actor.clone(), id);
        inner.actors.insert(id, Arc::new(actor.clone()));
        Ok(id)
    }

    /// Forgets numbers made in a transaction that was rolled back.
    pub(super) fn forget_uncommitted(&self, connection: &Connection) {
        let _ = self.reload(connection);
    }
}
