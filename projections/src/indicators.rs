//! How often things happened, by quarter of an hour: days of any zone are made of those.

use std::collections::HashMap;
use std::ops::ControlFlow;

use domain::days::Day;
use domain::{Event, EventKind};
use eventlog::{Log, Position, Scan};
use foldhash::fast::RandomState;
use rusqlite::{Connection, params};

use crate::error::ProjectionError;
use crate::store::{self, Store};

/// Microseconds of a quarter of an hour. Offsets of zones are multiples of it.
pub const QUARTER: i64 = 15 * 60 * 1_000_000;
/// Microseconds of a week, whose quarters of an hour share a row: one for each would cost replay a third of its pace where
/// there are many badges.
const WEEK: i64 = 7 * 24 * 4 * QUARTER;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Users that came to be.
    Made,
    /// Facts of a kind: all of them, and for each badge or challenge they are about.
    Facts(EventKind),
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Measure::Made => "made",
            Measure::Facts(kind) => kind.name(),
        }
    }

    fn kinds(self) -> Vec<EventKind> {
        match self {
            Measure::Made => vec![EventKind::UserImported, EventKind::UserCreated],
            Measure::Facts(kind) => vec![kind],
        }
    }
}

/// Visits everything that a fact adds one to: a measure, what it is about, and which part of that.
fn each(event: &Event, visit: &mut dyn FnMut(Measure, &str, &str)) {
    let kind = event.kind();
    if kind.is_user_event() {
        visit(Measure::Facts(kind), "", "");
    }
    let (of, part) = match event {
        Event::UserImported(fact) if fact.created => return visit(Measure::Made, "", ""),
        Event::UserCreated(_) => return visit(Measure::Made, "", ""),
        Event::BadgeGained(fact) => (&fact.badge, ""),
        Event::BadgeLost(fact) => (&fact.badge, ""),
        Event::ChallengeJoined(fact) => (&fact.challenge, ""),
        Event::ChallengeStepCompleted(fact) => (&fact.challenge, fact.step.id.as_str()),
        Event::ChallengeCompleted(fact) => (&fact.challenge, ""),
        Event::UserImported(_)
        | Event::UserPropertiesChanged(_)
        | Event::UserActive(_)
        | Event::PerkReceived(_)
        | Event::PerkUsed(_)
        | Event::DigitalAssetReceived(_)
        | Event::AppConnected(_)
        | Event::AppDisconnected(_)
        | Event::UserEmailChanged(_)
        | Event::UserDeleted(_)
        | Event::ListJoined(_)
        | Event::ListLeft(_)
        | Event::SegmentEntered(_)
        | Event::SegmentLeft(_)
        | Event::LogCreated(_)
        | Event::TokenCreated(_)
        | Event::TokenRevoked(_)
        | Event::TeamMemberInvited(_)
        | Event::TeamMemberJoined(_)
        | Event::TeamMemberChanged(_)
        | Event::TeamMemberLinkMade(_)
        | Event::TeamMemberRemoved(_)
        | Event::PropertyCreated(_)
        | Event::ListCreated(_)
        | Event::SegmentCreated(_)
        | Event::SegmentChanged(_)
        | Event::SegmentDeleted(_)
        | Event::BadgeCreated(_)
        | Event::BadgeChanged(_)
        | Event::BadgePublished(_)
        | Event::BadgeArchived(_)
        | Event::ChallengeCreated(_)
        | Event::ChallengeChanged(_)
        | Event::ChallengePublished(_)
        | Event::ChallengeEnded(_)
        | Event::ChallengeArchived(_)
        | Event::RewardClaimed(_)
        | Event::PropertyChanged(_)
        | Event::PropertyDeleted(_)
        | Event::ListChanged(_)
        | Event::ListDeleted(_)
        | Event::TableChanged(_)
        | Event::ViewSaved(_)
        | Event::ViewRemoved(_)
        | Event::TimePassed(_)
        | Event::ImportUploaded(_)
        | Event::ImportMapped(_)
        | Event::ImportChecked(_)
        | Event::ImportStarted(_)
        | Event::ImportProgressed(_)
        | Event::ImportCompleted(_)
        | Event::ImportFailed(_)
        | Event::ImportCancelled(_)
        | Event::ImportRevertStarted(_)
        | Event::ImportRevertProgressed(_)
        | Event::ImportReverted(_)
        | Event::ImportFileRemoved(_)
        | Event::BulkActionStarted(_)
        | Event::BulkActionProgressed(_)
        | Event::BulkActionCompleted(_)
        | Event::BulkActionCancelled(_)
        | Event::BulkActionFailed(_)
        | Event::BulkActionRevertStarted(_)
        | Event::BulkActionRevertProgressed(_)
        | Event::BulkActionReverted(_)
        | Event::ExportStarted(_)
        | Event::ExportCompleted(_)
        | Event::ExportFailed(_)
        | Event::ExportDownloaded(_)
        | Event::ExportFileRemoved(_)
        | Event::EmailClaimed(_)
        | Event::EmailReleased(_) => return,
    };
    visit(Measure::Facts(kind), of.id.as_str(), part);
}

fn quarter(micros: i64) -> i64 {
    micros - micros.rem_euclid(QUARTER)
}

/// How often something happened in a week: the place of each quarter of an hour in it, in order, and how often then.
#[derive(Debug, Default)]
struct Week(Vec<(u16, u32)>);

impl Week {
    /// Bytes of a place and a number.
    const ENTRY: usize = 6;

    fn add(&mut self, place: u16, facts: u32) {
        match self.0.last_mut() {
            // Time never decreases along the log.
            Some((last, before)) if *last == place => *before = before.saturating_add(facts),
            Some(_) | None => self.0.push((place, facts)),
        }
    }

    fn read(bytes: &[u8]) -> Week {
        let entry = |entry: &[u8]| match *entry {
            [a, b, c, d, e, f] => (u16::from_le_bytes([a, b]), u32::from_le_bytes([c, d, e, f])),
            _ => (0, 0),
        };
        Week(bytes.chunks_exact(Week::ENTRY).map(entry).collect())
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * Week::ENTRY);
        for (place, facts) in &self.0 {
            bytes.extend(place.to_le_bytes());
            bytes.extend(facts.to_le_bytes());
        }
        bytes
    }
}

/// What the facts of a batch add, written once: by measure and week, then by what it is about and which part of it. A fact
/// finds its place without a text being copied, but for the first of a kind.
#[derive(Debug, Default)]
pub(crate) struct Tally(HashMap<(Measure, i64), Counts, RandomState>);

/// Counts of one measure in one week.
#[derive(Debug, Default)]
struct Counts {
    all: Week,
    about: HashMap<String, HashMap<String, Week, RandomState>, RandomState>,
}

impl Counts {
    fn of(&mut self, of: &str, part: &str) -> &mut Week {
        if of.is_empty() {
            return &mut self.all;
        }
        if !self.about.contains_key(of) {
            self.about.insert(of.to_owned(), HashMap::default());
        }
        let parts = self.about.get_mut(of).expect("it was just put there");
        if !parts.contains_key(part) {
            parts.insert(part.to_owned(), Week::default());
        }
        parts.get_mut(part).expect("it was just put there")
    }
}

impl Tally {
    pub(crate) fn count(&mut self, event: &Event, recorded_at: i64) {
        let week = recorded_at.div_euclid(WEEK);
        let place = u16::try_from(recorded_at.rem_euclid(WEEK) / QUARTER).unwrap_or_default();
        each(event, &mut |measure, of, part| {
            self.0.entry((measure, week)).or_default().of(of, part).add(place, 1);
        });
    }

    pub(crate) fn write(self, connection: &Connection) -> Result<(), ProjectionError> {
        let mut weeks = Vec::new();
        for ((measure, week), Counts { all, about }) in self.0 {
            if !all.0.is_empty() {
                weeks.push(((week, measure.name(), String::new(), String::new()), all));
            }
            for (of, parts) in about {
                let key = |part| (week, measure.name(), of.clone(), part);
                weeks.extend(parts.into_iter().map(|(part, added)| (key(part), added)));
            }
        }
        weeks.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let mut begin = connection.prepare_cached(
            "INSERT OR IGNORE INTO quarters(week, measure, id, part, facts) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let key = "week = ?1 AND measure = ?2 AND id = ?3 AND part = ?4";
        let mut find =
            connection.prepare_cached(&format!("SELECT facts FROM quarters WHERE {key}"))?;
        let mut put =
            connection.prepare_cached(&format!("UPDATE quarters SET facts = ?5 WHERE {key}"))?;
        for ((week, measure, of, part), added) in weeks {
            if begin.execute(params![week, measure, of, part, added.bytes()])? == 0 {
                let stored: Vec<u8> =
                    find.query_row(params![week, measure, of, part], |row| row.get(0))?;
                let mut whole = Week::read(&stored);
                added.0.iter().for_each(|(place, facts)| whole.add(*place, *facts));
                put.execute(params![week, measure, of, part, whole.bytes()])?;
            }
        }
        Ok(())
    }
}

/// What is asked for.
#[derive(Debug)]
pub struct Counting<'a> {
    /// Which numbers.
    pub measures: &'a [Measure],
    /// The badge or challenge, or nothing.
    pub of: &'a str,
    /// Whether what was before the days counts too.
    pub before: bool,
    /// The days, in order and without a gap.
    pub days: &'a [Day],
}

/// A number of things that happened.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    /// What.
    pub measure: Measure,
    /// Which part of what it is about.
    pub part: &'a str,
    /// The place of the day; none: before the first.
    pub day: Option<usize>,
    /// How many.
    pub facts: u64,
}

impl Counting<'_> {
    /// The quarters of an hour that the first or the last day cuts in two: what is in them is read from the log.
    pub fn cut(&self) -> Vec<i64> {
        let bounds = [self.days.first().map(|day| day.from), self.days.last().map(|day| day.to)];
        let mut cut: Vec<i64> =
            bounds.into_iter().flatten().filter(|at| quarter(*at) != *at).map(quarter).collect();
        cut.dedup();
        cut
    }

    fn from(&self) -> i64 {
        if self.before { i64::MIN } else { self.days.first().map_or(i64::MAX, |day| day.from) }
    }

    fn to(&self) -> i64 {
        self.days.last().map_or(i64::MIN, |day| day.to)
    }

    fn day(&self, at: i64) -> Option<usize> {
        self.days.partition_point(|day| day.from <= at).checked_sub(1)
    }
}

impl Store {
    /// Visits what is asked for, as of the position answered. `cut` are the quarters of an hour that the days cut in
    /// two, each with the last fact before it.
    ///
    /// # Errors
    /// [`ProjectionError`].
    pub fn counted(
        &self,
        log: &Log,
        asked: &Counting<'_>,
        cut: &[(i64, Position)],
        visit: &mut dyn FnMut(Counted<'_>),
    ) -> Result<Position, ProjectionError> {
        let connection = self.open_reader()?;
        connection.execute_batch("BEGIN")?;
        let at = store::checkpoint(&connection)?;
        let mut statement = connection.prepare(
            "SELECT part, facts FROM quarters WHERE week = ?1 AND measure = ?2 AND id = ?3",
        )?;
        let (from, to) = (asked.from(), asked.to());
        for week in weeks(&connection, from.div_euclid(WEEK), to.div_euclid(WEEK))? {
            for measure in asked.measures {
                let mut rows = statement.query(params![week, measure.name(), asked.of])?;
                while let Some(row) = rows.next()? {
                    let part = row.get_ref(0)?.as_str().unwrap_or_default();
                    let facts = Week::read(row.get_ref(1)?.as_blob().unwrap_or_default()).0;
                    for (place, facts) in facts {
                        let at = week * WEEK + i64::from(place) * QUARTER;
                        let is_cut = cut.iter().any(|(cut, _)| *cut == at);
                        if !is_cut && (from..to).contains(&at) {
                            let (day, facts) = (asked.day(at), u64::from(facts));
                            visit(Counted { measure: *measure, part, day, facts });
                        }
                    }
                }
            }
        }
        for (begin, before) in cut {
            one_by_one(log, asked, (*begin, *before, at), visit)?;
        }
        Ok(at)
    }
}

/// The weeks of a range in which anything is counted at all lie between these.
fn weeks(
    connection: &Connection,
    from: i64,
    to: i64,
) -> Result<std::ops::RangeInclusive<i64>, ProjectionError> {
    let bound = |which: &str| -> rusqlite::Result<Option<i64>> {
        connection.query_row(&format!("SELECT {which}(week) FROM quarters"), [], |row| row.get(0))
    };
    let (first, last) = (bound("min")?.unwrap_or(0), bound("max")?.unwrap_or(-1));
    Ok(from.max(first)..=to.min(last))
}

/// Visits what happened within a quarter of an hour fact by fact.
fn one_by_one(
    log: &Log,
    asked: &Counting<'_>,
    (begin, after, through): (i64, Position, Position),
    visit: &mut dyn FnMut(Counted<'_>),
) -> Result<(), ProjectionError> {
    let kinds: Vec<EventKind> = asked.measures.iter().flat_map(|measure| measure.kinds()).collect();
    let inside = asked.from().max(begin)..asked.to().min(begin + QUARTER);
    log.scan(Scan { after, through, kinds: Some(&kinds) }, &mut |row| {
        let at = row.recorded_at;
        if at >= inside.end {
            return ControlFlow::Break(());
        }
        if let Some(event) = row.event().ok().filter(|_| inside.contains(&at)) {
            each(&event, &mut |measure, of, part| {
                if of == asked.of && asked.measures.contains(&measure) {
                    visit(Counted { measure, part, day: asked.day(at), facts: 1 });
                }
            });
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}
