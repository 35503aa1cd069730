//! What the log says happened, to whom, up to the next definition.

use std::collections::HashMap;
use std::ops::ControlFlow;

use domain::policy::Happening;
use domain::{EventKind, UserId};
use eventlog::{Cause, Log, LogError, Origin, Position, Scan, Stream};

use super::batch::Origins;
use super::follow::Happened;

/// Things that happened which may wait to be looked at before more are read.
const WAITING_MAX: usize = 50_000;

/// Facts that define who is in what.
const DEFINITIONS: [EventKind; 8] = [
    EventKind::SegmentCreated,
    EventKind::SegmentChanged,
    EventKind::SegmentDeleted,
    EventKind::BadgeCreated,
    EventKind::BadgeChanged,
    EventKind::BadgePublished,
    EventKind::BadgeArchived,
    EventKind::ListDeleted,
];

/// Reads from one position to the other at most; `heard`: what has to be heard of users. Answers how far it read, and
/// the definition it ended at, if it did.
pub(super) fn read(
    log: &Log,
    (after, through): (Position, Position),
    heard: &[EventKind],
    happened: &mut HashMap<UserId, Happened>,
) -> Result<(Position, Option<Origins>), LogError> {
    let mut kinds = DEFINITIONS.to_vec();
    kinds.extend(heard);
    let (mut defined, mut reached, mut count) = (None, through, 0);
    log.scan(Scan { after, through, kinds: Some(&kinds) }, &mut |row| {
        let (event_id, revision) = (row.event_id, row.revision);
        let cause = Cause { event_id, stream: row.stream.clone(), revision };
        let origins = Origins { cause, correlation: row.correlation };
        match row.stream {
            Stream::User(id) if row.origin != Origin::Policy => {
                let happening = row.event().ok().as_ref().and_then(Happening::of);
                if let Some(happening) = happening {
                    happened.entry(id).or_default().push((happening, origins));
                    count += 1;
                }
            }
            Stream::User(_) => {}
            Stream::Named(_) => defined = Some(origins),
        }
        if defined.is_none() && count < WAITING_MAX {
            return ControlFlow::Continue(());
        }
        reached = row.position;
        ControlFlow::Break(())
    })?;
    Ok((reached, defined))
}
