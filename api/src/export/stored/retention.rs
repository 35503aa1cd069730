//! How long files of exports are kept. What they were stays known; that a file is gone is a fact too.

use std::sync::Arc;
use std::time::Duration;

use domain::Event;
use domain::event::{ExportFileRemoved, ExportRemoval};
use eventlog::{Context, Position};
use projections::exports::ExportState;
use uuid::Uuid;

use super::fact;
use crate::app::{self, App};
use crate::problem::Problem;

const DAY_US: i64 = 24 * 3600 * 1_000_000;
/// How old a file is that belongs to no export before it is taken for a leftover.
const LEFT_AFTER: Duration = Duration::from_secs(24 * 3600);

/// When the file of an export that ended then goes, in microseconds since 1970.
pub fn expires_at(app: &App, finished_at: i64) -> i64 {
    finished_at.saturating_add(i64::from(app.config.exports_days) * DAY_US)
}

/// Removes every file whose time has come, and those that belong to no export any more. Answers how many exports lost
/// theirs.
///
/// # Errors
/// What the log, the tables or the disk say.
pub async fn remove_old_files(app: &App) -> Result<usize, Problem> {
    let before = app.now() - i64::from(app.config.exports_days) * DAY_US;
    let old = app.follower.store().exports_with_old_files(before)?;
    let context = app::system(Uuid::now_v7());
    for export in &old {
        remove(app, export.started.export_id, ExportRemoval::Expired, &context).await?;
    }
    remove_left_over(app)?;
    Ok(old.len())
}

/// Records that the file of an export is gone, and removes it: first the fact, so that nobody counts on it.
///
/// # Errors
/// What the log or the disk say.
pub async fn remove(
    app: &App,
    export_id: Uuid,
    because: ExportRemoval,
    context: &Arc<Context>,
) -> Result<Position, Problem> {
    let gone = Event::ExportFileRemoved(ExportFileRemoved { export_id, because });
    let position = fact::add(app, export_id, &gone, context).await?;
    match std::fs::remove_file(app.folder.export(export_id)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Problem::internal(error)),
        Ok(()) | Err(_) => Ok(position),
    }
}

/// Files whose export is unknown, never became whole, or says that its file is gone: a crash came between a file and its
/// fact.
///
/// # Errors
/// What the tables or the disk say.
pub fn remove_left_over(app: &App) -> Result<(), Problem> {
    let store = app.follower.store();
    for entry in std::fs::read_dir(app.folder.exports()).map_err(Problem::internal)? {
        let entry = entry.map_err(Problem::internal)?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.split('.').next()?.parse::<Uuid>().ok());
        let Some(id) = id.filter(|id| app.stored.live(*id).is_none()) else { continue };
        let age = entry.metadata().and_then(|about| about.modified()).map_err(Problem::internal)?;
        let left = match store.export(id)? {
            Some(export) => export.state != ExportState::Open && !export.has_file(),
            None => age.elapsed().unwrap_or_default() > LEFT_AFTER,
        };
        if left {
            std::fs::remove_file(entry.path()).map_err(Problem::internal)?;
        }
    }
    Ok(())
}
