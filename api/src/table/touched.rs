//! Whom an import created or changed, as the log tells.

use std::ops::ControlFlow;

use domain::{EventKind, UserId};
use eventlog::{Log, Origin, Position, Scan, Stream};
use projections::Store;
use uuid::Uuid;

use crate::problem::{Problem, ProblemKind};

/// Facts that an import records of users.
const KINDS: [EventKind; 3] =
    [EventKind::UserImported, EventKind::UserEmailChanged, EventKind::ListJoined];

/// Users that rows of an import made, changed or put on its list, each once and in order; whoever a row left as it was is
/// not among them. Only the stretch of the log between the import's own facts is read.
///
/// # Errors
/// `import_unknown`, or what the log says.
pub(super) fn touched_by(log: &Log, store: &Store, import: Uuid) -> Result<Vec<UserId>, Problem> {
    let found = store.import(import)?;
    let line = found.ok_or_else(|| {
        Problem::new(ProblemKind::ImportUnknown, format!("there is no import {import}"))
    })?;
    let (after, through) = (Position::single(line.ordinal), Position::single(line.last));
    let mut users = Vec::new();
    log.scan(Scan { after, through, kinds: Some(&KINDS) }, &mut |row| {
        if let Stream::User(user) = row.stream
            && row.origin == Origin::Import
            && row.correlation == line.correlation
        {
            users.push(user);
        }
        ControlFlow::Continue(())
    })?;
    users.sort_unstable();
    users.dedup();
    Ok(users)
}
