//! The first fact of an export that is handed out at once: what was asked, and what that came to.

use chrono_tz::Tz;
use domain::event::ExportStarted;
use eventlog::Position;
use uuid::Uuid;

use super::asked::{Asked, EventsExport};
use super::first_fact::{CameTo, Request, slice};
use super::past::Moment;
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
        let came_to = CameTo {
            kept: false,
            name: self.name.to_owned(),
            position: app.cursor(self.position),
            seen: app.cursor(app.log.head()),
            zone: self.zone.name().to_owned(),
            rows: self.rows,
            slice: self.events.map(|events| slice(app, events)),
            as_of: self.past.map(|past| past.fact(app)),
        };
        Request::of(asked).started(Uuid::now_v7(), came_to)
    }
}
