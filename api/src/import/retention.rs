//! How long uploaded files are kept. The report and the facts of an import stay; that its file is gone is a fact too.

use std::sync::{Arc, Weak};
use std::time::Duration;

use domain::Event;
use domain::event::{ImportCancelled, ImportFileRemoved, RowCounts};
use eventlog::{Context, Expected, LogError, Position, Stream};
use projections::imports::ImportLine;
use uuid::Uuid;

use crate::app::{self, App};

const DAY_US: i64 = 24 * 3600 * 1_000_000;
/// How often it is looked for files whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// How old a file is that belongs to no import before it is taken for a leftover.
const LEFT_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Why a file was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// The log cannot take the fact.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The disk says no.
    #[error(transparent)]
    Disk(#[from] std::io::Error),
    /// The tables cannot be read.
    #[error(transparent)]
    Tables(#[from] projections::ProjectionError),
    /// Somebody else has just done something with the import.
    #[error("the import has changed since it was looked at")]
    Changed,
}

/// Removes every file whose time has come, and those that belong to no import any more. Drafts that nobody started in time
/// end cancelled. Answers how many imports lost their file.
///
/// # Errors
/// See [`RemoveError`].
pub fn remove_old_files(app: &App) -> Result<usize, RemoveError> {
    let before = |days: u32| app.now() - i64::from(days) * DAY_US;
    let (ended, came) =
        (before(app.config.import_files_days), before(app.config.import_drafts_days));
    let old = app.follower.store().imports_with_old_files(ended, came)?;
    let context = app::system(Uuid::now_v7());
    let mut removed = 0;
    for import in &old {
        let import_id = import.plan.import_id;
        if let Err(error) = remove_files(app, &context, import) {
            tracing::warn!(import = %import_id, %error, "an old uploaded file was not removed");
        } else {
            removed += 1;
        }
    }
    remove_left_over(app)?;
    crate::bulk::files::remove_left_over(app)?;
    Ok(removed)
}

/// Records that the files of an import are gone, and removes them: first the fact, so that nobody counts on them. A draft
/// ends cancelled.
///
/// # Errors
/// See [`RemoveError`]; [`RemoveError::Changed`] where the import is not as it was looked at: then nothing happened.
pub fn remove_files(
    app: &App,
    context: &Arc<Context>,
    import: &ImportLine,
) -> Result<Position, RemoveError> {
    let import_id = import.plan.import_id;
    let gone = Event::ImportFileRemoved(ImportFileRemoved { import_id });
    let stream = Stream::named("import", import_id);
    let expected = Expected::Revision(import.revision);
    let mut entry = app::entry(stream.clone(), expected, &gone, None, context);
    if import.state.is_open() {
        let cancelled = ImportCancelled { import_id, row: 0, counts: RowCounts::default() };
        let cancelled = Event::ImportCancelled(cancelled);
        let first = app::entry(stream, expected, &cancelled, None, context);
        entry.facts.splice(0..0, first.facts);
    }
    let appended = app.log.append_blocking(vec![entry])?.remove(0);
    let position = appended.map_err(|_conflict| RemoveError::Changed)?.position;
    app.folder.remove_upload(import_id)?;
    Ok(position)
}

/// Files whose import is unknown or says that they are gone: a crash came between a file and its fact. An upload that has
/// just arrived is not known yet either.
fn remove_left_over(app: &App) -> Result<(), RemoveError> {
    let store = app.follower.store();
    for entry in std::fs::read_dir(app.folder.uploads())? {
        let entry = entry?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.split('.').next()?.parse::<Uuid>().ok());
        let Some(id) = id else { continue };
        let age = entry.metadata()?.modified()?.elapsed().unwrap_or_default();
        let left = match store.import(id)? {
            Some(import) => import.file_gone,
            None => age > LEFT_AFTER,
        };
        if left {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Looks now and then. Does not keep the service alive.
pub async fn keep_tidy(app: Weak<App>) {
    loop {
        let Some(looking) = app.upgrade() else { return };
        if let Err(problem) = crate::export::stored::retention::remove_old_files(&looking).await {
            tracing::warn!(problem = problem.detail(), "old files of exports were not removed");
        }
        let removed = tokio::task::spawn_blocking(move || remove_old_files(&looking)).await;
        match removed {
            Ok(Ok(0)) => {}
            Ok(Ok(files)) => {
                tracing::info!(files, "uploaded files whose time had come were removed")
            }
            Ok(Err(error)) => tracing::warn!(%error, "old uploaded files were not removed"),
            Err(error) => tracing::warn!(%error, "old uploaded files were not looked for"),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
