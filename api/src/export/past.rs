//! The tables as they were at a past moment: replayed from the log into a file of their own, read, and forgotten.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono_tz::Tz;
use domain::event::PastMoment;
use domain::segment::Now;
use domain::time_range;
use eventlog::{Position, Scan};
use projections::follower::catch_up;
use projections::{ProjectionError, Store};
use tokio::runtime::Handle;

use crate::app::App;
use crate::export::waits::Waits;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// Facts replayed before it is looked whether anybody still wants them.
const STRETCH_FACTS: u64 = 50_000;
/// How often who waits for its turn looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A moment of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// As asked.
    pub asked: String,
    /// The last fact there was.
    pub position: Position,
    /// When that was, as filters on days see it: microseconds since 1970.
    pub micros: i64,
}

impl Moment {
    /// Reads `as_of`: a day (its end), an instant with a zone, or a cursor; none where it is not asked. Days and times
    /// without offset are those of `zone`.
    ///
    /// # Errors
    /// `time_unreadable`, `local_time_does_not_exist`, `local_time_ambiguous`, `as_of_in_future`, `another_log`,
    /// `position_not_reached`.
    pub async fn read(app: &App, params: &Params, zone: Tz) -> Result<Option<Moment>, Problem> {
        let Some(text) = params.one("as_of")? else { return Ok(None) };
        let asked = text.to_owned();
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            let after = time_range::after("as_of", text, zone)?;
            if after > app.now() {
                let detail = format!("as_of={text} is not over yet; what will be is not known");
                let problem = Problem::new(ProblemKind::AsOfInFuture, detail);
                return Err(problem.with("parameter", "as_of"));
            }
            let position = app.log.position_before(after).await?;
            return Ok(Some(Moment { asked, position, micros: after - 1 }));
        }
        let position = app.position(text).map_err(|problem| {
            if !matches!(problem.kind(), ProblemKind::CursorInvalid) {
                return problem;
            }
            let takes = "as_of is a day (2026-09-30), an instant (2026-09-30T18:00:00Z), or a cursor as an answer gave it";
            Problem::new(ProblemKind::CursorInvalid, takes)
        })?;
        Ok(Some(Moment { asked, position, micros: recorded_at(app, position)? }))
    }

    /// The one that a fact tells.
    ///
    /// # Errors
    /// As of any cursor.
    pub fn told(app: &App, fact: &PastMoment) -> Result<Moment, Problem> {
        let PastMoment { asked, position, at } = fact;
        Ok(Moment { asked: asked.clone(), position: app.position(position)?, micros: *at })
    }

    /// As facts tell it.
    pub fn fact(&self, app: &App) -> PastMoment {
        let (asked, position) = (self.asked.clone(), app.cursor(self.position));
        PastMoment { asked, position, at: self.micros }
    }

    /// Now, as filters see it then.
    pub fn now(&self, zone: Tz) -> Now {
        Now { micros: self.micros, zone }
    }
}

/// How far a replay is.
#[derive(Debug, Default)]
pub struct Replay {
    /// Facts replayed.
    pub done: AtomicU64,
    /// Facts to replay; 0 before it begins.
    pub all: AtomicU64,
}

/// Who wants a replay, and hears of it.
pub struct Wanted<'a> {
    /// Told how far it is.
    pub replay: &'a Replay,
    /// Whether it is wanted still.
    pub still: &'a dyn Fn() -> bool,
}

/// When the last fact up to a position was recorded; 0 before the first.
fn recorded_at(app: &App, position: Position) -> Result<i64, Problem> {
    let (mut micros, after) = (0, Position::single(position.number().saturating_sub(1)));
    app.log.scan_content(
        Scan { after, through: position, kinds: None },
        false,
        &mut |content| {
            micros = content.recorded_at;
            ControlFlow::Continue(())
        },
    )?;
    Ok(micros)
}

/// Builds the tables as they were at a moment, in a folder of their own among the scratch files, and hands them to `read`.
/// One at a time: the others wait for their turn. Takes about ten seconds for a million facts; nothing else is held up.
/// Blocks.
///
/// # Errors
/// What the log or the tables say, and what `read` answers; `shutting_down` where the service stops or it is wanted no more.
pub fn with_tables_at<T, E>(
    app: &App,
    runtime: &Handle,
    moment: &Moment,
    wanted: &Wanted<'_>,
    read: impl FnOnce(&Store) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<ProjectionError> + From<Problem>,
{
    let stopped = || Problem::new(ProblemKind::ShuttingDown, "the replay was stopped");
    let goes_on = || match app.is_stopping() || !(wanted.still)() {
        true => Err(stopped()),
        false => Ok(()),
    };
    let mut turn = std::pin::pin!(app.replays.acquire());
    let _turn = loop {
        goes_on()?;
        let waited = runtime.block_on(async { tokio::time::timeout(LOOK_EVERY, &mut turn).await });
        if let Ok(turn) = waited {
            break turn.map_err(Problem::internal)?;
        }
    };
    let folder = tempfile::tempdir_in(app.folder.scratch()).map_err(Problem::internal)?;
    let store = Store::create_next(folder.path(), app.log_id)?;
    wanted.replay.all.store(moment.position.number(), Ordering::Relaxed);
    let mut through = Position::START;
    while through < moment.position {
        goes_on()?;
        through = Position::single(through.number() + STRETCH_FACTS).min(moment.position);
        catch_up(&app.log, &store, through, &mut |_| {})?;
        wanted.replay.done.store(through.number(), Ordering::Relaxed);
    }
    read(&store)
}

/// The same for somebody who waits for the answer: it ends early where they do not wait any more.
///
/// # Errors
/// As [`with_tables_at`].
pub async fn read_at<T: Send + 'static>(
    app: &Arc<App>,
    moment: Moment,
    read: impl FnOnce(&App, &Moment, &Store) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let ((_waits, here), looking, runtime) = (Waits::begin(), app.clone(), Handle::current());
    let found = tokio::task::spawn_blocking(move || {
        let still = || here.still();
        let wanted = Wanted { replay: &Replay::default(), still: &still };
        with_tables_at(&looking, &runtime, &moment, &wanted, |store| read(&looking, &moment, store))
    });
    found.await.map_err(Problem::internal)?
}
