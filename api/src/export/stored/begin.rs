//! Asking for an export whose file is kept.

use std::sync::Arc;

use chrono_tz::IANA_TZDB_VERSION;
use domain::Event;
use domain::event::{
    ExportContent, ExportEnd, ExportSlice, ExportStarted, ExportWritten, ResolvedExport, TextForm,
};
use eventlog::{Context, Expected, Position, Stream};
use uuid::Uuid;

use super::{Job, again, name};
use crate::app::{self, App};
use crate::export::asked::{Asked, EventsExport};
use crate::export::format::Basis;
use crate::export::ledger::Ledger;
use crate::export::past::Moment;
use crate::export::range::zone;
use crate::export::tally::Tally;
use crate::export::user_events::{Form, Packed};
use crate::problem::Problem;

/// Version of the service, as files of it say.
pub const SERVICE: &str = env!("CARGO_PKG_VERSION");

/// An export as far as it is known before it is written.
#[derive(Debug)]
pub struct Foreseen {
    /// Its first fact.
    pub started: ExportStarted,
    /// What would be in its file now.
    pub written: ExportWritten,
    /// Of user events: which.
    pub events: Option<EventsExport>,
}

/// The export that was asked for, and whether it is a new one.
#[derive(Debug, Clone, Copy)]
pub struct Begun {
    /// Its id.
    pub id: Uuid,
    /// Whether it was made now; else it is what the same request was answered with before.
    pub new: bool,
}

/// Records that an export was asked for and queues it; the same request again is the same export.
///
/// # Errors
/// What is wrong with the request; `too_many_exports`, `projection_behind`, what the log says.
pub async fn begin(app: &Arc<App>, asked: Asked, context: Arc<Context>) -> Result<Begun, Problem> {
    let _asking = app.stored.asking.lock().await;
    let id = Uuid::now_v7();
    let seen = app.log.head();
    app.settled(seen).await?;
    let (looking, actor) = (app.clone(), asked.credential.id.clone());
    let (first, zone) = (first(&asked, id), zone(app, &asked.params)?);
    let found =
        tokio::task::spawn_blocking(move || again::find(&looking, &actor, &first, zone.name()));
    if let Some(line) = found.await.map_err(Problem::internal)?? {
        return Ok(Begun { id: line.started.export_id, new: false });
    }
    let past = asked.moment(app).await?;
    let (started, events) = match &past {
        Some(past) => (foretell(app, &asked, past, id).await?, None),
        None => {
            let foreseen = foresee(app, &asked, id).await?;
            (foreseen.started, foreseen.events)
        }
    };
    let live = app.stored.announce(id)?;
    let started = Event::ExportStarted(started);
    let stream = Stream::named("export", id);
    let recorded = app.record(app::entry(stream, Expected::New, &started, None, &context)).await;
    if let Err(problem) = recorded {
        app.stored.forget(id, super::Ending::Interrupted);
        return Err(problem);
    }
    app.stored.send(Job { live, asked, events, past, context });
    app.settled(app.log.head()).await?;
    Ok(Begun { id, new: true })
}

/// What tells a request from another.
pub(in crate::export) fn first(asked: &Asked, export_id: Uuid) -> ExportStarted {
    let resolved = ResolvedExport {
        kept: true,
        name: String::new(),
        seen: String::new(),
        rows: None,
        service: SERVICE.to_owned(),
        zone: String::new(),
        zone_data: IANA_TZDB_VERSION.to_owned(),
        text: asked.packed.text_form(),
        slice: None,
        as_of: None,
        reason: asked.reason.clone(),
    };
    ExportStarted {
        export_id,
        content: asked.content,
        format: asked.packed.name().to_owned(),
        position: String::new(),
        personal: asked.personal(),
        query: asked.query.clone(),
        resolved: Some(Box::new(resolved)),
    }
}

/// Resolves what is asked and counts it. Takes one of the places for exports meanwhile.
///
/// # Errors
/// What is wrong with the request; `too_many_exports`, `projection_behind`, what the log says.
pub async fn foresee(app: &Arc<App>, asked: &Asked, id: Uuid) -> Result<Foreseen, Problem> {
    let _place = Ledger::reserve(app)?;
    let (seen, now) = (app.log.head(), app.now());
    app.settled(seen).await?;
    let zone = zone(app, &asked.params)?;
    let (suffix, mut past) = (asked.packed.suffix(), None);
    let (events, (rows, written), name, slice) = match asked.content {
        ExportContent::Users => {
            past = asked.moment(app).await?;
            let name = name::users(past.as_ref(), now, zone, id, suffix);
            (None, users(app, asked, past.clone()).await?, name, None)
        }
        ExportContent::UserEvents => {
            let events = asked.events(app).await?;
            let name = name::user_events(events.range, now, zone, id, suffix);
            let slice = Some(slice(app, &events));
            (Some(events.clone()), counted(app, events).await?, name, slice)
        }
        ExportContent::Person => return Err(Problem::internal("a person's file is not kept")),
    };
    let mut started = first(asked, id);
    // A users export holds the table as it stands when it is written, but never less than what there is now.
    started.position = match (&events, &past) {
        (None, None) => app.cursor(seen),
        (Some(_), _) | (_, Some(_)) => written.position.clone(),
    };
    if let Some(resolved) = &mut started.resolved {
        resolved.name = name;
        resolved.seen = app.cursor(seen);
        resolved.rows = Some(rows);
        resolved.zone = zone.name().to_owned();
        resolved.slice = slice;
        resolved.as_of = past.map(|past| past.fact(app));
    }
    Ok(Foreseen { started, written, events })
}

/// What can be said of an export of a past moment before its tables are there: they are replayed when it is written.
async fn foretell(
    app: &Arc<App>,
    asked: &Asked,
    past: &Moment,
    id: Uuid,
) -> Result<ExportStarted, Problem> {
    let (seen, looking, asking) = (app.log.head(), app.clone(), asked.clone());
    let could = tokio::task::spawn_blocking(move || asking.could_be(&looking));
    could.await.map_err(Problem::internal)??;
    let (zone, suffix) = (zone(app, &asked.params)?, asked.packed.suffix());
    let mut started = first(asked, id);
    started.position = app.cursor(past.position);
    if let Some(resolved) = &mut started.resolved {
        resolved.name = name::users(Some(past), app.now(), zone, id, suffix);
        resolved.seen = app.cursor(seen);
        resolved.zone = zone.name().to_owned();
        resolved.as_of = Some(past.fact(app));
    }
    Ok(started)
}

async fn users(
    app: &Arc<App>,
    asked: &Asked,
    past: Option<Moment>,
) -> Result<(u64, ExportWritten), Problem> {
    let measured = asked.clone().users_at(app, past, |_, users, store| Ok(users.measure(store)?));
    let users = measured.await?.written;
    Ok((users.rows, written(app, users.position, users.columns, &Tally::default())))
}

async fn counted(app: &Arc<App>, events: EventsExport) -> Result<(u64, ExportWritten), Problem> {
    let looking = app.clone();
    let tally = tokio::task::spawn_blocking(move || {
        Ok::<_, Problem>((events.count(&looking.log)?, events))
    });
    let (tally, events) = tally.await.map_err(Problem::internal)??;
    let columns = events.columns.iter().map(|name| (*name).to_owned()).collect();
    Ok((tally.rows(), written(app, events.slice.through, columns, &tally)))
}

/// What is in a file.
pub(in crate::export) fn written(
    app: &App,
    position: Position,
    columns: Vec<String>,
    tally: &Tally,
) -> ExportWritten {
    let end = |(position, recorded_at)| ExportEnd { position: app.cursor(position), recorded_at };
    ExportWritten {
        position: app.cursor(position),
        columns,
        types: tally.by_kind().map(|(kind, rows)| (kind.name().to_owned(), rows)).collect(),
        ends: tally.edges().map(|(first, last)| [end(first), end(last)]),
    }
}

pub(in crate::export) fn slice(app: &App, events: &EventsExport) -> ExportSlice {
    let basis = match events.basis {
        Basis::Recorded => "recorded",
        Basis::Occurred => "occurred",
    };
    ExportSlice {
        types: events.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
        basis: basis.to_owned(),
        from: events.range.from,
        to: events.range.to,
        after: app.cursor(events.slice.after),
    }
}

impl Packed {
    /// As facts tell it.
    pub fn text_form(self) -> TextForm {
        let plain = TextForm { gzip: self.gzip, ..TextForm::default() };
        match self.form {
            Form::Ndjson | Form::Xlsx => plain,
            Form::Csv(dialect, bom) => TextForm {
                safe: dialect.safe,
                bom,
                delimiter: Some(dialect.delimiter.into()),
                ..plain
            },
        }
    }
}
