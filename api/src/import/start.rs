//! The last step before an import runs: what it needs is made, and its fact recorded.

use std::sync::Arc;

use domain::Event;
use domain::event::ImportPlan;
use eventlog::{Context, Expected, Position, Stream};
use tokio::sync::watch;

use super::definitions::make_missing;
use super::queue::{Ending, Place, Work};
use crate::app::{self, App};
use crate::problem::{Problem, ProblemKind};

/// Accepts an import whose files are in their places, and queues it; `keep` is called once its fact is there, and not where
/// it is refused. Answers the position of its fact and how it ends.
///
/// # Errors
/// `import_changed` where its stream is not at `expected`, or what keeps its definitions from being made.
pub async fn start(
    app: &App,
    context: Arc<Context>,
    plan: ImportPlan,
    expected: Expected,
    mut place: Place,
    keep: impl FnOnce(),
) -> Result<(Position, watch::Receiver<Ending>), Problem> {
    make_missing(app, &context, &plan).await?;
    let import_id = plan.import_id;
    let ending = place.announce(import_id)?;
    let position = record(app, &context, &Event::ImportStarted(plan), import_id, expected).await?;
    keep();
    place.take(Work::Import);
    app.settled(position).await?;
    Ok((position, ending))
}

/// Records a fact on an import's stream. The tables may not show it yet: what hangs on the fact is done before waiting for
/// them.
///
/// # Errors
/// `import_changed` where it is not at `expected`.
pub async fn record(
    app: &App,
    context: &Arc<Context>,
    event: &Event,
    import_id: uuid::Uuid,
    expected: Expected,
) -> Result<Position, Problem> {
    let entry = app::entry(Stream::named("import", import_id), expected, event, None, context);
    match app.log.append(vec![entry]).await?.remove(0) {
        Ok(appended) => Ok(appended.position),
        Err(_conflict) => {
            app.settled(app.log.head()).await?;
            Err(Problem::new(ProblemKind::ImportChanged, "nothing was recorded"))
        }
    }
}
