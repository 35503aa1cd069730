//! A log of millions of facts over two years, written through the port in seconds by a clock that runs ahead.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result};
use api::app::{entry, system};
use api::data_folder::DataFolder;
use chrono::NaiveDate;
use domain::email::Email;
use domain::event::LogCreated;
use domain::identity::InstanceKey;
use domain::{Event, UserId};
use eventlog::sqlite::{Clock, SqliteLog, SqliteOptions, Submitted};
use eventlog::{Entry, Expected, Log, Stream};
use uuid::Uuid;

use crate::lives;
use crate::report::grouped;

/// The days the facts spread over, and those of the exported slice: as in PostgreSQL's table.
const FIRST_DAY: (i32, u32, u32) = (2024, 1, 1);
const DAYS: i64 = 730;
/// The exported days: the first, and the first after the end.
pub(crate) const SLICE: (&str, &str) = ("2024-09-01", "2024-11-30");
/// Users there are at most, in round thousands, and facts each has below that.
const USERS_MAX: u64 = 200_000;
const FACTS_PER_USER: u64 = 25;
/// Facts of an append; all get the same time.
const APPEND_FACTS: u64 = 100;
/// Appends under way: what the writer takes into one transaction.
const APPENDS_WAITING: usize = 200;
/// Prime, so that users take turns in an order that looks random and none comes twice in a round.
const STRIDE: u64 = 7919;

/// A log that was filled, closed again, in a data folder that a service can open.
pub(crate) struct FilledLog {
    pub(crate) data: PathBuf,
    pub(crate) log_id: Uuid,
    pub(crate) facts: u64,
    pub(crate) users: Arc<Vec<UserId>>,
}

impl FilledLog {
    /// Fills a fresh data folder.
    pub(crate) fn fill(data: &Path, facts: u64) -> Result<FilledLog> {
        let begun = Instant::now();
        eprintln!("filling a log with {} facts", grouped(facts));
        let folder = DataFolder::open(data)?;
        let key = folder.instance_key(None, false)?;
        let count = (facts / FACTS_PER_USER / 1000).clamp(1, USERS_MAX / 1000) * 1000;
        let users: Vec<UserId> =
            (0..count).map(|user| user_id(&key, user)).collect::<Result<_>>()?;
        let log = open(data, running_ahead(facts)?)?;
        let log_id = begin(&log, &key)?;
        append_all(&log, &users, facts)?;
        log.close();
        eprintln!(
            "filled in {:.1} s, {:.0} MB",
            begun.elapsed().as_secs_f64(),
            log.bytes() as f64 / 1e6
        );
        Ok(FilledLog { data: data.to_owned(), log_id, facts, users: Arc::new(users) })
    }

    /// Opens the log itself. No service may run on it.
    pub(crate) fn open(&self) -> Result<Log> {
        open(&self.data, SqliteOptions::default().clock)
    }
}

fn open(data: &Path, clock: Clock) -> Result<Log> {
    let options = SqliteOptions { clock, ..SqliteOptions::default() };
    Ok(Log::Sqlite(SqliteLog::open(&data.join("log.db"), options)?))
}

fn user_id(key: &InstanceKey, user: u64) -> Result<UserId> {
    Ok(key.user_id(&Email::parse(&lives::address(user))?, 0))
}

/// A clock that moves on with every append, from the first day to the last.
fn running_ahead(facts: u64) -> Result<Clock> {
    let (year, month, day) = FIRST_DAY;
    let midnight =
        NaiveDate::from_ymd_opt(year, month, day).and_then(|day| day.and_hms_opt(0, 0, 0));
    let begin = midnight.context("the first day exists")?.and_utc().timestamp_micros();
    let step = DAYS * 86_400_000_000 / facts.div_ceil(APPEND_FACTS).cast_signed();
    let now = AtomicI64::new(begin);
    Ok(Arc::new(move || now.fetch_add(step, Ordering::Relaxed)))
}

/// The first fact, by which a service knows the log and its key.
fn begin(log: &Log, key: &InstanceKey) -> Result<Uuid> {
    let log_id = Uuid::now_v7();
    let event = Event::LogCreated(LogCreated { log_id, key_check: key.check_value(log_id) });
    let entry =
        entry(Stream::Named("log".to_owned()), Expected::New, &event, None, &system(log_id));
    acknowledged(log.append_blocking(vec![entry])?)?;
    Ok(log_id)
}

fn append_all(log: &Log, users: &[UserId], facts: u64) -> Result<()> {
    let context = system(Uuid::now_v7());
    let fact = |number: u64| -> Result<Entry> {
        let (round, user) = (number / users.len() as u64, number * STRIDE % users.len() as u64);
        let expected = Expected::after(round.checked_sub(1));
        let stream = Stream::User(users[user as usize]);
        Ok(entry(stream, expected, &lives::event(user, round)?, None, &context))
    };
    let mut waiting: VecDeque<Submitted> = VecDeque::new();
    for first in (0..facts).step_by(APPEND_FACTS as usize) {
        let entries =
            (first..facts.min(first + APPEND_FACTS)).map(fact).collect::<Result<Vec<_>>>()?;
        waiting.push_back(log.submit_blocking(Arc::new(entries))?);
        if waiting.len() > APPENDS_WAITING
            && let Some(oldest) = waiting.pop_front()
        {
            acknowledged(oldest.wait()?)?;
        }
    }
    waiting.into_iter().try_for_each(|submitted| acknowledged(submitted.wait()?))
}

fn acknowledged(outcomes: Vec<eventlog::Outcome>) -> Result<()> {
    for outcome in outcomes {
        outcome?;
    }
    Ok(())
}
