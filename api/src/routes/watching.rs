//! How far a job is, as it goes: server-sent events, each with all there is to know, so that any one is enough.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use projections::ProjectionError;
use projections::imports::ImportState;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::app::{App, STREAMS_MAX};
use crate::problem::{Problem, ProblemKind};

/// How often it is looked whether there is something new.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Looks in a row after which a job that nobody works on is watched no longer.
const IDLE_MAX: u32 = 10;
/// Sent when nothing happens, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How far a job is.
pub(super) trait Told: Serialize {
    /// Its state, and how much of it is done: something new is told where one of them is another.
    fn so_far(&self) -> (&'static str, u64);
}

/// How fast it goes since the stream began.
#[derive(Debug)]
pub(super) struct Pace {
    began: Instant,
    done_at_first: Option<u64>,
}

impl Pace {
    /// How many a second, and seconds left at that rate; none before the first batch.
    pub(super) fn of(&mut self, done: u64, all: u64) -> (Option<u64>, Option<u64>) {
        let first = *self.done_at_first.get_or_insert(done);
        let seconds = self.began.elapsed().as_secs_f64();
        let rate = (done > first).then(|| (done - first) as f64 / seconds);
        let left = all.saturating_sub(done) as f64;
        (rate.map(|rate| rate as u64), rate.map(|rate| (left / rate).ceil() as u64))
    }
}

/// What the stream remembers between two looks.
struct Watch<T, L> {
    app: Arc<App>,
    job: Uuid,
    look: L,
    pace: Pace,
    told: Option<T>,
    /// Looks in a row at which nobody worked on it.
    idle: u32,
    _permit: OwnedSemaphorePermit,
}

impl<T: Told, L: FnMut(&App, &mut Pace) -> Result<Option<T>, ProjectionError>> Watch<T, L> {
    /// The next thing worth telling; none after the end.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Watch<T, L>)> {
        while self.told.as_ref().is_none_or(|told| !ended(told)) && !self.app.is_stopping() {
            let now = match (self.look)(&self.app, &mut self.pace) {
                Ok(now) => now?,
                Err(error) => {
                    tracing::error!(%error, "a stream of progress ends early");
                    return None;
                }
            };
            if self.told.as_ref().is_none_or(|told| told.so_far() != now.so_far()) {
                let event = Event::default().event("progress").json_data(&now).ok()?;
                self.told = Some(now);
                return Some((Ok(event), self));
            }
            // Cut off, it goes on at the next start, which this stream does not live to see.
            let at_work = self.app.imports.watch(self.job).is_some() || self.app.follower.lag() > 0;
            self.idle = if at_work { 0 } else { self.idle + 1 };
            if self.idle > IDLE_MAX {
                return None;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        None
    }
}

fn ended(told: &impl Told) -> bool {
    let (name, _) = told.so_far();
    let state = ImportState::ALL.into_iter().find(|known| known.name() == name);
    state.is_some_and(|state| !state.is_at_work())
}

/// A stream of what `look` finds, until the job has ended.
///
/// # Errors
/// `too_many_streams`.
pub(super) fn watch<T: Told + Send + 'static>(
    app: Arc<App>,
    job: Uuid,
    look: impl FnMut(&App, &mut Pace) -> Result<Option<T>, ProjectionError> + Send + 'static,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let permit = app.streams.clone().try_acquire_owned().map_err(|_| {
        let detail = format!("{STREAMS_MAX} streams are open");
        Problem::new(ProblemKind::TooManyStreams, detail)
    })?;
    let pace = Pace { began: Instant::now(), done_at_first: None };
    let watch = Watch { app, job, look, pace, told: None, idle: 0, _permit: permit };
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(unfold(watch, Watch::next)).keep_alive(keep_alive))
}
