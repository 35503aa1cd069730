//! The tables as they were at a past moment: replayed from the log into a file of their own, read, and forgotten.

use std::ops::ControlFlow;
use std::path::Path;

use chrono_tz::Tz;
use domain::segment::Now;
use domain::time_range;
use eventlog::{Position, Scan};
use projections::follower::catch_up;
use projections::{ProjectionError, Store};

use crate::app::App;
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};

/// Facts replayed before it is looked whether the service stops.
const STRETCH_FACTS: u64 = 100_000;

/// A moment of the log.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
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
        if text.starts_with(|first: char| first.is_ascii_digit()) {
            let after = time_range::after("as_of", text, zone)?;
            if after > app.now() {
                let detail = format!("as_of={text} is not over yet; what will be is not known");
                return Err(Problem::new(ProblemKind::AsOfInFuture, detail));
            }
            let position = app.log.position_before(after).await?;
            return Ok(Some(Moment { position, micros: after - 1 }));
        }
        let position = app.position(text)?;
        Ok(Some(Moment { position, micros: recorded_at(app, position)? }))
    }

    /// Now, as filters see it then.
    pub fn now(self, zone: Tz) -> Now {
        Now { micros: self.micros, zone }
    }
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

/// Builds the tables as they were at `position`, in a folder of their own inside `scratch`, and hands them to `read`. Takes
/// about ten seconds for a million facts; nothing else is held up.
///
/// # Errors
/// What the log or the tables say, and what `read` answers; `shutting_down`.
pub fn with_tables_at<T, E>(
    app: &App,
    scratch: &Path,
    position: Position,
    read: impl FnOnce(&Store) -> Result<T, E>,
) -> Result<T, E>
where
    E: From<ProjectionError> + From<Problem>,
{
    let folder = tempfile::tempdir_in(scratch).map_err(Problem::internal)?;
    let store = Store::create_next(folder.path(), app.log_id)?;
    let mut through = Position::START;
    while through < position {
        if app.is_stopping() {
            return Err(Problem::new(ProblemKind::ShuttingDown, "the service stops").into());
        }
        through = Position::single(through.number() + STRETCH_FACTS).min(position);
        catch_up(&app.log, &store, through, &mut |_| {})?;
    }
    read(&store)
}
