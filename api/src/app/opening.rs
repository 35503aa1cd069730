//! What a log begins with: its own fact, which proves the key, and the first admin token.

use anyhow::{Context as _, Result, bail};
use domain::event::{LogCreated, TokenCreated};
use domain::identity::InstanceKey;
use domain::scope::Scope;
use domain::{Event, EventKind};
use eventlog::sqlite::{Clock, SqliteLog, SqliteOptions};
use eventlog::{Expected, Log, Position, Scan, Stream};
use uuid::Uuid;

use super::{App, entry, system};
use crate::access::{self, CHOSEN_TOKEN_CHARS_MIN};
use crate::config::Config;
use crate::data_folder::DataFolder;

/// Opens a log and proves that the key is its own; a new log gets its first fact.
///
/// # Errors
/// `instance_key_mismatch`, or what the log says.
pub(super) fn open_log(
    folder: &DataFolder,
    config: &Config,
    clock: Clock,
) -> Result<(Log, Uuid, InstanceKey)> {
    let key = folder.instance_key(config.instance_key.as_deref(), folder.log().exists())?;
    let options =
        SqliteOptions { clock, accept_clock: config.accept_clock, ..SqliteOptions::default() };
    let log = Log::Sqlite(SqliteLog::open(&folder.log(), options).context("opening the log")?);
    let log_id = match first_fact(&log)? {
        Some(Event::LogCreated(created)) => {
            if key.check_value(created.log_id) != created.key_check {
                bail!(
                    "instance_key_mismatch: this log was made with another instance key. Restore instance.key from \
                     the log's backup, or set COHORT_INSTANCE_KEY"
                );
            }
            created.log_id
        }
        Some(_) => bail!("the log does not begin with LogCreated: it is damaged or none of ours"),
        None => create_log(&log, &key)?,
    };
    Ok((log, log_id, key))
}

fn first_fact(log: &Log) -> Result<Option<Event>> {
    let mut first = None;
    log.scan(Scan { after: Position::START, through: log.head(), kinds: None }, &mut |row| {
        first = Some(row.event());
        std::ops::ControlFlow::Break(())
    })?;
    Ok(first.transpose()?)
}

fn create_log(log: &Log, key: &InstanceKey) -> Result<Uuid> {
    let log_id = Uuid::now_v7();
    let event = Event::LogCreated(LogCreated { log_id, key_check: key.check_value(log_id) });
    let entry =
        entry(Stream::Named("log".to_owned()), Expected::New, &event, None, &system(log_id));
    log.append_blocking(vec![entry])?.remove(0)?;
    Ok(log_id)
}

/// What a new log was given to get in with, each shown once.
#[derive(Debug, Default)]
pub struct First {
    /// The first admin token, where it was just made by us.
    pub token: Option<String>,
    /// The link by which the first member joins the team, below the address of the service.
    pub link: Option<String>,
}

/// The first admin token of a log, just made.
pub(super) enum FirstToken {
    /// By us.
    Made(String),
    /// By the caller, who knows it.
    Chosen,
}

impl First {
    /// Where there was no token before this start, there is nobody in the team either.
    pub(super) fn new(app: &App, token: Option<FirstToken>) -> Result<First> {
        let Some(token) = token else { return Ok(First::default()) };
        let link = crate::team::make_link_for_an_admin(app, &system(Uuid::now_v7()))?;
        let link = Some(link.path);
        match token {
            FirstToken::Made(token) => Ok(First { token: Some(token), link }),
            FirstToken::Chosen => Ok(First { token: None, link }),
        }
    }
}

/// Makes the first admin token of a log that has none.
pub(super) fn first_admin_token(log: &Log, chosen: Option<&str>) -> Result<Option<FirstToken>> {
    let mut exists = false;
    let kinds = [EventKind::TokenCreated];
    log.scan(
        Scan { after: Position::START, through: log.head(), kinds: Some(&kinds) },
        &mut |_| {
            exists = true;
            std::ops::ControlFlow::Break(())
        },
    )?;
    if exists {
        return Ok(None);
    }
    let (made, token_id) = access::new_token()?;
    let secret = chosen.unwrap_or(&made);
    if secret.chars().count() < CHOSEN_TOKEN_CHARS_MIN {
        bail!("COHORT_ADMIN_TOKEN is too short: at least {CHOSEN_TOKEN_CHARS_MIN} characters");
    }
    let event = Event::TokenCreated(TokenCreated {
        token_id: token_id.clone(),
        name: Some("first admin token".to_owned()),
        scopes: vec![Scope::Admin],
        hash: access::hash(secret),
    });
    let stream = Stream::named("token", &token_id);
    log.append_blocking(vec![entry(stream, Expected::New, &event, None, &system(Uuid::now_v7()))])?
        .remove(0)?;
    Ok(Some(if chosen.is_none() { FirstToken::Made(made) } else { FirstToken::Chosen }))
}
