//! The same request again, while nothing happened that could be in its file, is the same export.

use std::ops::ControlFlow;

use chrono_tz::IANA_TZDB_VERSION;
use domain::EventKind;
use domain::event::ExportStarted;
use eventlog::{Position, Scan};
use projections::exports::ExportLine;

use crate::app::App;
use crate::export::first_fact::SERVICE;
use crate::params::Params;
use crate::problem::Problem;

/// Facts looked at in one read of the log.
const STRETCH_FACTS: u64 = 8_192;
/// Facts of these may change what an export holds, or what its columns are.
const DEFINITIONS: [&str; 6] = [
    "cohort.property.",
    "cohort.list.",
    "cohort.table.",
    "cohort.segment.",
    "cohort.badge.",
    "cohort.challenge.",
];
/// Operators whose answers change by themselves from one day to the next.
const BY_THE_CLOCK: [&str; 3] = [".in_the_last_days", ".more_than_days_ago", ".in_the_next_days"];

/// The export that is asked for again by the same actor, where there is one. Blocks.
///
/// # Errors
/// What the tables or the log say.
pub fn find(
    app: &App,
    actor: &str,
    asked: &ExportStarted,
    zone: &str,
) -> Result<Option<ExportLine>, Problem> {
    let query = asked.query.as_deref().unwrap_or_default();
    let moves = |name: &str| BY_THE_CLOCK.iter().any(|end| name.ends_with(end));
    let params = Params::of_text(query);
    // What was is what it was: nothing that is recorded later changes it, nor does the clock.
    let past = params.one("as_of")?.is_some();
    if !past && params.pairs().any(|(name, _)| moves(name)) {
        return Ok(None);
    }
    let Some(line) = app.follower.store().export_like(actor, asked)? else { return Ok(None) };
    let Some(resolved) = &line.started.resolved else { return Ok(None) };
    let same = line.started.query == asked.query
        && resolved.reason == asked.resolved.as_ref().and_then(|asked| asked.reason.clone())
        && resolved.zone == zone
        && (resolved.service.as_str(), resolved.zone_data.as_str()) == (SERVICE, IANA_TZDB_VERSION);
    let there = !line.has_file() || is_whole(app, &line);
    let open = line.completed.is_some() || app.stored.live(line.started.export_id).is_some();
    if !same || !there || !open {
        return Ok(None);
    }
    let changed = !past && has_changed(app, app.position(&resolved.seen)?)?;
    Ok(Some(line).filter(|_| !changed))
}

/// Whether its file is on the disk, as long as it was.
fn is_whole(app: &App, line: &ExportLine) -> bool {
    let file = std::fs::metadata(app.folder.export(line.started.export_id));
    let wanted = line.completed.as_ref().map(|completed| completed.bytes);
    file.is_ok_and(|file| Some(file.len()) == wanted)
}

/// Whether anything was recorded since that an export could hold or go by.
fn has_changed(app: &App, since: Position) -> Result<bool, Problem> {
    let counts = |kind: &&EventKind| {
        let named = |begin: &&str| kind.public_name().starts_with(*begin);
        kind.is_user_event() || DEFINITIONS.iter().any(named)
    };
    let kinds: Vec<EventKind> = EventKind::ALL.iter().filter(counts).copied().collect();
    let (mut after, head, mut changed) = (since, app.log.head(), false);
    while after < head && !changed {
        let through = Position::single(after.number() + STRETCH_FACTS).min(head);
        let scan = Scan { after, through, kinds: Some(&kinds) };
        app.log.scan_content(scan, false, &mut |_| {
            changed = true;
            ControlFlow::Break(())
        })?;
        after = through;
    }
    Ok(changed)
}
