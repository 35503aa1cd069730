//! The running service: everything a request may need, opened and closed in one place.

mod offline;
mod opening;
mod patience;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::{Context as _, Result};
use domain::Event;
use domain::identity::InstanceKey;
use eventlog::sqlite::Clock;
use eventlog::{
    Actor, ActorKind, Appended, Context, Cursor, Entry, Expected, Log, NewFact, Origin, Position,
    Stream,
};
use projections::imports::ImportState;
use projections::{Follower, ProjectionError, Store};
use tokio::sync::Semaphore;
use uuid::Uuid;

pub use self::offline::{create_token_offline, revoke_token_offline};
pub use self::opening::First;
use self::opening::{first_admin_token, open_log};
pub use self::patience::OnItsWay;
use crate::access::Tokens;
use crate::access::staff::Staff;
use crate::config::Config;
use crate::data_folder::DataFolder;
use crate::export::stored::StoredExports;
use crate::export::stored::retention::remove_left_over;
use crate::import::queue::{ImportQueue, Work};
use crate::import::retention::keep_tidy;
use crate::known_users::KnownUsers;
use crate::policies::Policies;
use crate::problem::{Problem, ProblemKind};
use crate::turns::Turns;
use crate::work::WorkStore;

/// Exports that may run at once.
pub const EXPORTS_MAX: usize = 16;
/// Looks at files that may be at work at once; others wait.
pub const LOOKS_MAX: usize = 1;
/// Files that may be uploaded at once, beside those that are imported at once.
pub const UPLOADS_MAX: usize = 16;
/// Streams of progress that may be open at once.
pub const STREAMS_MAX: usize = 100;
/// How long a read waits for the tables to hold a position.
pub const WAIT_MAX: Duration = Duration::from_secs(10);
/// How often the use of tokens is written down, and metrics are drained.
const NOTE_USE_EVERY: Duration = Duration::from_secs(20);

struct Ticking(Clock);

impl std::fmt::Debug for Ticking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", (self.0)())
    }
}

/// The service.
#[derive(Debug)]
pub struct App {
    /// As configured.
    pub config: Config,
    /// Where its files are.
    pub folder: DataFolder,
    /// The facts.
    pub log: Log,
    /// Names the log.
    pub log_id: Uuid,
    /// Recognises addresses.
    pub key: InstanceKey,
    /// The tables.
    pub follower: Follower,
    /// Users lately decided on.
    pub known_users: KnownUsers,
    /// What is durable and no fact.
    pub work: WorkStore,
    /// Who may do what.
    pub tokens: Tokens,
    /// Who signs in.
    pub staff: Staff,
    /// Imports that wait and run.
    pub imports: Arc<ImportQueue>,
    /// Exports with a file that wait and are written.
    pub stored: StoredExports,
    /// Held while a definition is looked at with the others and recorded.
    pub defining: tokio::sync::Mutex<()>,
    /// Held while a user is given another address by hand: so no two of them follow one claim.
    pub moving: tokio::sync::Mutex<()>,
    /// Whose turn it is, an import's or a hand's.
    pub turns: Turns,
    /// Rules at work.
    pub policies: Policies,
    /// One permit per running export.
    pub exports: Arc<Semaphore>,
    /// One permit per replay of a past moment: one at a time.
    pub replays: Arc<Semaphore>,
    /// One permit per look at a file.
    pub looks: Arc<Semaphore>,
    /// One permit per upload of a draft.
    pub uploads: Arc<Semaphore>,
    /// One permit per open stream of progress.
    pub streams: Arc<Semaphore>,
    clock: Ticking,
    head_at_start: Position,
    ready: AtomicBool,
    stopping: AtomicBool,
}

/// The context of what the service does of its own accord.
pub fn system(correlation: Uuid) -> Arc<Context> {
    let actor = Actor { kind: ActorKind::System, id: "cohort".to_owned() };
    Arc::new(Context { actor, origin: Origin::Api, correlation, cause: None })
}

/// One new fact for one stream, with an id of its own.
pub fn entry(
    stream: Stream,
    expected: Expected,
    event: &Event,
    occurred_at: Option<i64>,
    context: &Arc<Context>,
) -> Entry {
    let stored = domain::codec::encode(event);
    let fact = NewFact { event_id: Uuid::now_v7(), stored, occurred_at, context: context.clone() };
    Entry { stream, expected, facts: vec![fact] }
}

impl App {
    /// Opens everything in the configured data folder and starts no work of its own. Answers what a new log was given to get in.
    /// Must be called inside a runtime, on a thread that may block.
    ///
    /// # Errors
    /// What keeps it from opening, in words for the person who starts it.
    pub fn open_quiet(config: Config, clock: Clock) -> Result<(Arc<App>, First)> {
        let folder = DataFolder::open(&config.data)?;
        crate::backup::verify_before_serving(folder.path())?;
        folder.lacks_no_log()?;
        let (log, log_id, key) = open_log(&folder, &config, clock.clone())?;
        let token = first_admin_token(&log, config.admin_token.as_deref())?;
        let work = WorkStore::open(&folder.work()).context("opening work.db")?;
        let head_at_start = log.head();
        let follower = Follower::start(folder.path(), log_id, log.clone())
            .context("opening the projections")?;
        let app = Arc::new(App {
            config,
            folder,
            log,
            log_id,
            key,
            follower,
            known_users: KnownUsers::default(),
            work,
            tokens: Tokens::default(),
            staff: Staff::default(),
            imports: Arc::default(),
            stored: StoredExports::default(),
            defining: tokio::sync::Mutex::default(),
            moving: tokio::sync::Mutex::default(),
            turns: Turns::default(),
            policies: Policies::default(),
            exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
            replays: Arc::new(Semaphore::new(1)),
            looks: Arc::new(Semaphore::new(LOOKS_MAX)),
            uploads: Arc::new(Semaphore::new(UPLOADS_MAX)),
            streams: Arc::new(Semaphore::new(STREAMS_MAX)),
            clock: Ticking(clock),
            head_at_start,
            ready: AtomicBool::new(false),
            stopping: AtomicBool::new(false),
        });
        let first = First::new(&app, token)?;
        Ok((app, first))
    }

    /// Opens everything and lets imports that were cut off go on. Must be called inside a runtime.
    ///
    /// # Errors
    /// As [`App::open_quiet`].
    pub fn open(config: Config, clock: Clock) -> Result<(Arc<App>, First)> {
        let (app, first) = App::open_quiet(config, clock)?;
        app.imports.start(&app)?;
        app.stored.start(&app)?;
        tokio::spawn(begin(app.clone()));
        Ok((app, first))
    }

    /// Stops what runs, finishes what was acknowledged. Blocks.
    pub fn close(&self) {
        self.stopping.store(true, Ordering::Relaxed);
        self.imports.stop();
        self.stored.stop();
        self.policies.stop();
        self.follower.stop();
        let _ = self.work.note_use(&self.tokens.take_used());
        let _ = self.work.note_seen(&self.staff.sessions.take_seen());
        self.log.close();
        self.folder.release();
    }

    /// Whether it was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Says that it will stop, so that long work can end early.
    pub fn begin_stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Now by the log's clock, in microseconds since 1970, UTC.
    pub fn now(&self) -> i64 {
        (self.clock.0)()
    }

    /// Refuses until the tables hold what the log held at start: before that, not even tokens are known.
    ///
    /// # Errors
    /// `projection_behind`.
    pub fn caught_up(&self) -> Result<(), Problem> {
        if self.ready.load(Ordering::Acquire) {
            return Ok(());
        }
        let missing =
            self.head_at_start.number().saturating_sub(self.follower.checkpoint().number());
        let detail = format!("the service is starting: {missing} facts are still to be folded in");
        Err(Problem::new(ProblemKind::ProjectionBehind, detail).with("facts_behind", missing))
    }

    /// A position as it is shown outside.
    pub fn cursor(&self, position: Position) -> String {
        Cursor { log_id: self.log_id, position }.to_string()
    }

    /// A cursor a client gave.
    ///
    /// # Errors
    /// `cursor_invalid`, `cursor_of_another_log`, `position_not_reached`.
    pub fn position(&self, cursor: &str) -> Result<Position, Problem> {
        let position = Cursor::parse(cursor, self.log_id)?;
        if position.commit != position.prepare {
            return Err(eventlog::CursorFault::Unreadable.into()); // this engine gives out no such pair
        }
        if position > self.log.head() {
            return Err(Problem::new(
                ProblemKind::PositionNotReached,
                "this log ends before that position",
            ));
        }
        Ok(position)
    }

    /// Waits until the tables hold a position.
    ///
    /// # Errors
    /// `projection_behind`.
    pub async fn settled(&self, position: Position) -> Result<(), Problem> {
        Ok(self.follower.wait_for(position, WAIT_MAX).await?)
    }

    /// Waits until everything that follows from what the log holds now is recorded, and the tables hold that.
    ///
    /// # Errors
    /// `projection_behind`, `policies_behind`.
    pub async fn at_rest(&self) -> Result<(), Problem> {
        let head = self.log.head();
        self.settled(head).await?;
        self.policies.wait_for(head, WAIT_MAX).await?;
        self.settled(self.log.head()).await
    }

    /// Records one fact on a stream nobody else writes to.
    ///
    /// # Errors
    /// What the log says; a lost race is an internal fault here.
    pub async fn record(&self, entry: Entry) -> Result<Appended, Problem> {
        let outcome = self.log.append(vec![entry]).await?.remove(0);
        outcome.map_err(|conflict| {
            Problem::internal(format!("a stream with one writer had another: {conflict}"))
        })
    }

    /// Takes the tokens of the tables, once they hold `position`.
    ///
    /// # Errors
    /// `projection_behind`, or what the tables say.
    pub async fn reload_tokens(&self, position: Position) -> Result<(), Problem> {
        self.settled(position).await?;
        self.tokens.load(self.follower.store().tokens()?);
        Ok(())
    }
}

/// What happens once the tables have caught up.
async fn begin(app: Arc<App>) {
    let day = Duration::from_secs(24 * 3600);
    while app.follower.wait_for(app.head_at_start, day).await.is_err() {}
    match app.follower.store().tokens() {
        Ok(tokens) => app.tokens.load(tokens),
        Err(error) => tracing::error!(%error, "the tokens cannot be read"),
    }
    if let Err(error) = app.load_staff() {
        tracing::error!(%error, "the team and its sessions cannot be read");
    }
    let releasing = app.clone();
    match tokio::task::spawn_blocking(move || crate::import::claims::release(&releasing)).await {
        Ok(Ok(0)) => {}
        Ok(Ok(claims)) => tracing::info!(claims, "addresses claimed before a crash are free again"),
        Ok(Err(error)) => tracing::error!(%error, "claims on addresses cannot be given up"),
        Err(error) => tracing::error!(%error, "claims on addresses cannot be given up"),
    }
    match unfinished(&app.follower.store()) {
        Ok(unfinished) => {
            unfinished.into_iter().for_each(|(_, id, work)| app.imports.resume(id, work));
        }
        Err(error) => tracing::error!(%error, "unfinished imports and bulk actions cannot be read"),
    }
    if let Err(problem) = crate::export::stored::resume::resume(&app) {
        tracing::error!(problem = problem.detail(), "exports that were cut off cannot be read");
    }
    if let Err(error) = app.policies.start(&app) {
        tracing::error!(%error, "rules are not followed");
    }
    // Only now: who asks for an unfinished import can wait for its end.
    app.ready.store(true, Ordering::Release);
    let ending = app.clone();
    let ended = tokio::task::spawn_blocking(move || {
        crate::export::ledger::end_cut_off(&ending, ending.head_at_start)
    });
    if !matches!(ended.await, Ok(Ok(()))) {
        tracing::warn!("exports that were cut off by the last stop were not ended");
    }
    if app.settled(app.log.head()).await.is_ok()
        && let Err(problem) = remove_left_over(&app)
    {
        tracing::warn!(problem = problem.detail(), "files of cut off exports were not removed");
    }
    tokio::spawn(keep_tidy(Arc::downgrade(&app)));
    note_use(Arc::downgrade(&app)).await;
}

/// Imports and bulk actions that go on, in the order they were accepted.
fn unfinished(store: &Store) -> Result<Vec<(u64, Uuid, Work)>, ProjectionError> {
    let imports = store.unfinished_imports()?.into_iter().map(|line| {
        let revert = line.state == ImportState::Reverting;
        let work = if revert { Work::Revert } else { Work::Import };
        (line.queued.unwrap_or_default(), line.plan.import_id, work)
    });
    let bulk = store.unfinished_bulk_actions()?.into_iter().map(|line| {
        let revert = line.state == ImportState::Reverting;
        let work = if revert { Work::BulkRevert } else { Work::Bulk };
        (line.queued, line.plan.bulk_action_id, work)
    });
    let mut all: Vec<_> = imports.chain(bulk).collect();
    all.sort_unstable_by_key(|(queued, _, _)| *queued);
    Ok(all)
}

/// Writes down now and then which tokens were used. Does not keep the service alive.
async fn note_use(app: Weak<App>) {
    loop {
        tokio::time::sleep(NOTE_USE_EVERY).await;
        let Some(app) = app.upgrade() else { return };
        crate::routes::service::recorder().run_upkeep(); // else samples pile up until somebody scrapes
        if let Err(error) = app.work.note_use(&app.tokens.take_used()) {
            tracing::warn!(%error, "the last use of tokens was not noted");
        }
        if let Err(error) = app.work.note_seen(&app.staff.sessions.take_seen()) {
            tracing::warn!(%error, "the last use of sessions was not noted");
        }
    }
}

/// Whether a path is an empty folder or does not exist yet.
///
/// # Errors
/// When it cannot be read.
pub fn is_vacant(path: &Path) -> std::io::Result<bool> {
    match std::fs::read_dir(path) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
