//! An export of user events, as asked.

use std::io::Seek;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono_tz::Tz;
use domain::EventKind;
use domain::time_range::TimeRange;
use eventlog::{Log, LogError, Position};

use super::Asked;
use crate::app::App;
use crate::export::format::{Basis, Column, Writer, columns_of};
use crate::export::ledger::Progress;
use crate::export::naming::Naming;
use crate::export::range::{range, zone};
use crate::export::spool::Spooled;
use crate::export::tally::Tally;
use crate::export::user_events::{self, Packed, Slice};
use crate::export::users::{SpoolError, WholeFile};
use crate::params::Params;
use crate::problem::{Problem, ProblemKind};
use crate::routes::event_types::user_event_kind;

/// Which user events somebody asks for, fixed when they were asked for.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Which facts.
    pub slice: Slice,
    /// The types that were chosen; the slice reads only those of them that can be in it.
    pub kinds: Vec<EventKind>,
    /// The time that was asked for.
    pub range: TimeRange,
    /// The zone its days are of.
    pub zone: Tz,
    /// By which time of a fact.
    pub basis: Basis,
}

impl Chosen {
    /// Reads types, time, whose they are, and what they name.
    ///
    /// # Errors
    /// `unknown_event_type`, `parameter_invalid`, those of ranges and cursors; what the log says.
    pub async fn read(app: &App, params: &Params) -> Result<Chosen, Problem> {
        let kinds = kinds(params)?;
        let known = [("recorded", Basis::Recorded), ("occurred", Basis::Occurred)];
        let basis = params.choice("basis", &known, "recorded or occurred")?;
        let basis = basis.unwrap_or(Basis::Recorded);
        let user = params.parsed("user", "a user's id")?;
        let naming = Naming::read(params)?;
        let (zone, range) = (zone(app, params)?, range(app, params)?);
        // Only those that can name what is asked for are read.
        let can_be = |kind: &EventKind| naming.iter().all(|naming| naming.can_be(*kind));
        let read = kinds.iter().copied().filter(can_be).collect();
        let slice = slice(app, params, read, basis, range).await?;
        Ok(Chosen { slice: Slice { user, naming, ..slice }, kinds, range, zone, basis })
    }
}

/// What an export of user events holds, fixed when it was asked for.
#[derive(Debug, Clone)]
pub struct EventsExport {
    /// Which facts.
    pub slice: Slice,
    /// The types that were chosen; the slice reads only those of them that can be in it.
    pub kinds: Vec<EventKind>,
    /// The time that was asked for.
    pub range: TimeRange,
    /// The zone its days are of.
    pub zone: Tz,
    /// By which time of a fact.
    pub basis: Basis,
    /// Names of the columns.
    pub columns: Vec<&'static str>,
    /// Writes them.
    pub writer: Writer,
    /// How.
    pub packed: Packed,
}

impl Asked {
    /// What an export of user events holds.
    ///
    /// # Errors
    /// `unknown_event_type`, `column_unknown`, `parameter_invalid`, those of ranges and cursors; what the log says.
    pub async fn events(&self, app: &App) -> Result<EventsExport, Problem> {
        let Chosen { slice, kinds, range, zone, basis } = Chosen::read(app, &self.params).await?;
        // Columns go by the types that were chosen.
        let columns = columns(&self.params, &kinds)?;
        Ok(EventsExport {
            slice,
            kinds,
            range,
            zone,
            basis,
            columns: columns.iter().map(|(name, _)| *name).collect(),
            writer: Writer::new(columns, basis, self.personal(), app.log_id),
            packed: self.packed,
        })
    }
}

impl EventsExport {
    /// Counts its rows: through the index of types where nothing else is asked but the time. Blocks.
    ///
    /// # Errors
    /// What the log says.
    pub fn count(&self, log: &Log) -> Result<Tally, LogError> {
        user_events::count(log, &self.slice)
    }

    /// Writes all of it to a nameless file in `folder`; before each chunk `each` may end it. Blocks, inside a runtime.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn spool(
        &self,
        log: &Log,
        folder: &Path,
        each: &mut dyn FnMut() -> Result<(), SpoolError>,
    ) -> Result<WholeFile, SpoolError> {
        let (progress, file) = (Arc::<Progress>::default(), tempfile::tempfile_in(folder)?);
        let what = (&self.slice, &self.writer, self.packed);
        let spooled = user_events::collect(log, what, (file, progress.clone()), each)?;
        let Spooled { mut file, bytes, sha256 } = spooled;
        file.rewind()?;
        let rows = progress.rows.load(Ordering::Relaxed);
        let tally = std::mem::take(&mut *progress.tally.lock().expect("no holder panics"));
        let columns = self.columns.iter().map(|name| (*name).to_owned()).collect();
        Ok(WholeFile { file, bytes, sha256, rows, tally, columns, position: self.slice.through })
    }

    /// How many bytes that many rows will come to, as far as a look at some of them tells. Blocks.
    ///
    /// # Errors
    /// See [`SpoolError`].
    pub fn estimate(&self, log: &Log, rows: u64) -> Result<u64, SpoolError> {
        user_events::estimate(log, &self.slice, &self.writer, self.packed, rows)
    }
}

fn kinds(params: &Params) -> Result<Vec<EventKind>, Problem> {
    let read = |name| params.all(name).map(user_event_kind).collect::<Result<Vec<_>, _>>();
    let (taken, left_out) = (read("type")?, read("not_type")?);
    let chosen = |kind: &&EventKind| {
        kind.is_user_event()
            && (taken.is_empty() || taken.contains(kind))
            && !left_out.contains(kind)
    };
    Ok(EventKind::ALL.iter().filter(chosen).copied().collect())
}

fn columns(params: &Params, kinds: &[EventKind]) -> Result<Vec<(&'static str, Column)>, Problem> {
    let all = columns_of(kinds);
    let Some(asked) = params.columns()? else { return Ok(all) };
    let find = |name: &String| {
        all.iter().find(|(known, _)| known == name).copied().ok_or_else(|| {
            let list: Vec<_> = all.iter().map(|(name, _)| *name).collect();
            let detail = format!("there is no column {name:?}; there are: {}", list.join(", "));
            Problem::new(ProblemKind::ColumnUnknown, detail).with("known", list)
        })
    };
    asked.iter().map(find).collect()
}

/// Turns times into positions. The end is fixed now: what is recorded later is not in it.
async fn slice(
    app: &App,
    params: &Params,
    kinds: Vec<EventKind>,
    basis: Basis,
    range: TimeRange,
) -> Result<Slice, Problem> {
    let since = params
        .one("since")?
        .map(|cursor| app.position(cursor))
        .transpose()?
        .unwrap_or(Position::START);
    let (after, through) = (since, since);
    let mut slice = Slice { after, through, kinds, occurred: None, user: None, naming: Vec::new() };
    let end = match basis {
        Basis::Recorded => {
            if let Some(from) = range.from {
                slice.after = slice.after.max(app.log.position_before(from).await?);
            }
            range.to
        }
        Basis::Occurred => {
            slice.occurred = Some(range);
            None
        }
    };
    // The writer answers for a time just past only once what it has stamped earlier is durable: a closed range holds
    // all of it, whenever it is asked for. An open range ends at what is durable now.
    slice.through = match end {
        Some(to) => app.log.position_before(to).await?,
        None => app.log.head(),
    };
    Ok(slice)
}
