//! The first fact of an export that is handed out at once: what was asked, and what that came to.

use chrono_tz::Tz;
use domain::event::{ExportSlice, ExportStarted};
use eventlog::Position;
use uuid::Uuid;

use super::asked::{Asked, EventsExport};
use super::past::Moment;
use super::stored::begin::{first, slice};
use crate::app::App;

/// What an export came to that is handed out at once.
#[derive(Debug)]
pub struct Streamed<'a> {
    /// What its file is called.
    pub name: &'a str,
    /// The last fact it can hold.
    pub position: Position,
    /// The zone its days are of.
    pub zone: Tz,
    /// Rows, where they are known before the first of them.
    pub rows: Option<u64>,
    /// Which user events, where it is of those.
    pub events: Option<&'a EventsExport>,
    /// Of users: the past moment, where one was asked for.
    pub past: Option<&'a Moment>,
}

impl Streamed<'_> {
    /// As its first fact tells it.
    pub fn started(&self, app: &App, asked: &Asked) -> ExportStarted {
        let mut started = first(asked, Uuid::now_v7());
        started.position = app.cursor(self.position);
        if let Some(resolved) = &mut started.resolved {
            let slice: Option<ExportSlice> = self.events.map(|events| slice(app, events));
            resolved.kept = false;
            resolved.name = self.name.to_owned();
            resolved.seen = app.cursor(app.log.head());
            resolved.rows = self.rows;
            resolved.zone = self.zone.name().to_owned();
            resolved.slice = slice;
            resolved.as_of = self.past.map(|past| past.fact(app));
        }
        started
    }
}
