//! Exports of past moments that a stop or a crash of the service cut off begin anew at the next start: what they hold is
//! fixed, and their replay takes long. All others are ended by name, because what they show would be another moment.

use std::sync::Arc;

use domain::event::PastMoment;
use eventlog::Context;
use projections::exports::ExportLine;

use super::Job;
use crate::app::App;
use crate::export::asked::{Asked, Format};
use crate::export::past::Moment;
use crate::params::Params;
use crate::problem::Problem;

/// Queues those that were cut off, in the order they were asked for.
///
/// # Errors
/// What the tables say.
pub fn resume(app: &App) -> Result<(), Problem> {
    for line in app.follower.store().exports_open()? {
        let resolved = line.started.resolved.as_ref().filter(|resolved| resolved.kept);
        let Some(then) = resolved.and_then(|resolved| resolved.as_of.clone()) else { continue };
        let id = line.started.export_id;
        match again(app, line, &then) {
            Ok(job) => app.stored.send(job),
            // It is ended by name like all others.
            Err(problem) => {
                tracing::warn!(export = %id, problem = problem.detail(), "an export does not begin anew");
            }
        }
    }
    Ok(())
}

/// The export as it was asked for, by who still may.
fn again(app: &App, line: ExportLine, then: &PastMoment) -> Result<Job, Problem> {
    let started = line.started;
    let changed = |what: &str| Problem::internal(format!("{what} is not what it was"));
    let format = Format::named(started.format.trim_end_matches(".gz"));
    let format = format.ok_or_else(|| changed("its format"))?;
    let credential = app.credential_of(&line.actor).ok_or_else(|| changed("who asked for it"))?;
    let origin = credential.origin();
    let params = Params::of_text(started.query.as_deref().unwrap_or_default());
    let asked = Asked::read((started.content, format), credential, params, started.query)?;
    let reason = started.resolved.and_then(|resolved| resolved.reason);
    let asked = Asked { reason, ..asked };
    if asked.personal() != started.personal {
        return Err(changed("what they may see"));
    }
    let past = Some(Moment::told(app, then)?);
    let live = app.stored.announce(started.export_id)?;
    let (actor, correlation) = (line.actor, started.export_id);
    let context = Context { actor, origin, correlation, cause: None };
    Ok(Job { live, asked, events: None, past, context: Arc::new(context) })
}
