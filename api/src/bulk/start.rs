//! Accepting a bulk action: its users are written down, then its fact, then it waits for its turn.

use std::sync::Arc;

use domain::Event;
use domain::event::{BulkChoice, BulkPlan};
use eventlog::{Context, Expected, Position, Stream};
use tokio::sync::watch;
use uuid::Uuid;

use super::ask::Asked;
use crate::access::Credential;
use crate::app::{self, App};
use crate::import::queue::{Ending, Place, Work};
use crate::import::spool::{Unkept, disk};
use crate::problem::Problem;

/// Who acts in a bulk action; all its facts have its id as their correlation.
pub fn context(credential: &Credential, id: Uuid) -> Arc<Context> {
    let actor = credential.actor();
    Arc::new(Context { actor, origin: credential.origin(), correlation: id, cause: None })
}

/// Accepts a bulk action and queues it. Answers its id, the position of its fact, and how it ends.
///
/// # Errors
/// What the disk or the log says.
pub async fn start(
    app: &Arc<App>,
    credential: &Credential,
    asked: Asked,
    mut place: Place,
) -> Result<(Uuid, Position, watch::Receiver<Ending>), Problem> {
    let id = Uuid::now_v7();
    let Asked { deed, choice, chosen } = asked;
    let (users, sha256) = (chosen.count() as u64, chosen.sha256());
    let users_first = match &choice {
        BulkChoice::Users => chosen.after(0).take(BulkPlan::LISTED_MAX).collect(),
        BulkChoice::Filter(_) => Vec::new(), // the filters say who
    };
    let file = Unkept::new(app.folder.chosen(id));
    let path = file.path().to_owned();
    // In its place before the fact speaks of it.
    let written = tokio::task::spawn_blocking(move || chosen.write(&path));
    written.await.map_err(Problem::internal)?.map_err(disk)?;
    let ending = place.announce(id)?;
    let plan = BulkPlan { bulk_action_id: id, deed, choice, users, users_first, sha256 };
    let (stream, event) = (Stream::named("bulk", id), Event::BulkActionStarted(plan));
    let context = context(credential, id);
    let entry = app::entry(stream, Expected::New, &event, None, &context);
    let position = app.record(entry).await?.position;
    file.keep();
    place.take(Work::Bulk);
    app.settled(position).await?;
    Ok((id, position, ending))
}
