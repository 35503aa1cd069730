//! Imports and hands take turns at what only the tables can tell: whose an external id is, and which addresses are
//! released. What one of them gives or takes is seen by the other before it decides.

use eventlog::Position;
use tokio::sync::{Mutex, MutexGuard};

use crate::app::App;
use crate::problem::Problem;

/// Whose turn it is. Holds the last thing that was done by hand.
#[derive(Debug, Default)]
pub struct Turns(Mutex<Done>);

#[derive(Debug)]
struct Done(Position);

impl Default for Done {
    fn default() -> Done {
        Done(Position::START)
    }
}

/// A turn; it ends when this is dropped.
#[derive(Debug)]
pub struct Turn<'a>(MutexGuard<'a, Done>);

impl Turn<'_> {
    /// Says that something was done by hand, so that the next import sees it.
    pub fn done(&mut self, position: Position) {
        self.0.0 = self.0.0.max(position);
    }
}

impl Turns {
    /// A turn for a hand: everything that imports have sent is in the log, and the tables hold it.
    ///
    /// # Errors
    /// What the log says, or `projection_behind`.
    pub async fn of_hand(&self, app: &App) -> Result<Turn<'_>, Problem> {
        let turn = Turn(self.0.lock().await);
        // The writer answers after its queue: what was sent before is durable then.
        app.log.position_before(i64::MAX).await?;
        app.settled(app.log.head()).await?;
        Ok(turn)
    }

    /// A turn for an import, on its own thread: the tables hold what was done by hand. Blocks.
    pub fn of_import(&self, app: &App) -> Turn<'_> {
        let turn = Turn(self.0.blocking_lock());
        app.wait_for_tables_at(turn.0.0);
        turn
    }
}
