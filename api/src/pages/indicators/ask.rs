//! Asking the API for what indicators show.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::scope::Scope;
use futures_util::future::try_join_all;
use serde::Deserialize;

use super::panels::{Column, EventRow, Funnel, Panel, Stage, stretches, words};
use super::range::Range;
use crate::pages::chart;
use crate::pages::{Refused, Texts, Viewer, at, with_query};

/// Badges and challenges that are shown, each: of more, those made last.
const SHOWN_MAX: usize = 20;

/// Everything the page shows.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Whose days these are.
    pub zone: String,
    /// The first day.
    pub from: String,
    /// The last.
    pub through: String,
    /// Users there are.
    pub users: Option<Panel>,
    /// Types of user event that happened, the most frequent first.
    pub events: Vec<EventRow>,
    /// Who holds each badge.
    pub badges: Vec<Panel>,
    /// How far each challenge is gone.
    pub challenges: Vec<Funnel>,
}

#[derive(Deserialize)]
struct Users {
    zone: String,
    days: Vec<UsersDay>,
}

#[derive(Deserialize)]
struct UsersDay {
    day: String,
    made: u64,
    removed: u64,
    total: u64,
}

#[derive(Deserialize)]
struct Events {
    events: BTreeMap<String, u64>,
    days: Vec<EventsDay>,
}

#[derive(Deserialize)]
struct EventsDay {
    events: BTreeMap<String, u64>,
}

#[derive(Deserialize)]
struct Badge {
    days: Vec<BadgeDay>,
}

#[derive(Deserialize)]
struct BadgeDay {
    gained: u64,
    lost: u64,
    held: u64,
}

#[derive(Deserialize)]
struct Challenge {
    joined: u64,
    steps: BTreeMap<String, u64>,
    completed: u64,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

#[derive(Deserialize)]
struct EventType {
    #[serde(rename = "type")]
    kind: String,
    label: String,
}

#[derive(Deserialize)]
struct Defined {
    id: String,
    name: String,
    state: String,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    id: String,
    title: String,
}

/// What is asked about a range, always of the same days.
struct Asking<'a> {
    viewer: &'a Viewer,
    query: Vec<(&'static str, String)>,
    days: Vec<String>,
}

/// Asks for all of it.
///
/// # Errors
/// The API's no.
pub async fn gather(viewer: &Viewer, range: &Range) -> Result<Gathered, Refused> {
    let zone = ("zone", viewer.zone().name().to_owned());
    let mut users: Users =
        viewer.ask().get(&with_query("/v1/indicators/users", std::slice::from_ref(&zone))).await?;
    let today = users.days.last().and_then(|day| day.day.parse::<NaiveDate>().ok());
    let mut query: Vec<_> = range.query(today.unwrap_or_default()).into();
    query.push(zone);
    if !range.is_default() {
        users = viewer.ask().get(&with_query("/v1/indicators/users", &query)).await?;
    }
    let days: Vec<String> = users.days.iter().map(|day| day.day.clone()).collect();
    if days.is_empty() {
        let [(_, from), (_, through)] = range.typed();
        return Ok(Gathered { zone: users.zone, from, through, ..Gathered::default() });
    }
    let asking = Asking { viewer, query, days };
    let (events, badges, challenges) =
        tokio::try_join!(asking.events(), asking.badges(), asking.challenges())?;
    Ok(Gathered {
        zone: users.zone.clone(),
        from: asking.days.first().cloned().unwrap_or_default(),
        through: asking.days.last().cloned().unwrap_or_default(),
        users: Some(asking.users(&users)),
        events,
        badges,
        challenges,
    })
}

impl Asking<'_> {
    fn users(&self, users: &Users) -> Panel {
        let column = |head: &str, value: fn(&UsersDay) -> u64, level| Column {
            head: Texts.say(head),
            values: users.days.iter().map(value).collect(),
            level,
        };
        let columns = vec![
            column("indicator-made", |day| day.made, false),
            column("indicator-removed", |day| day.removed, false),
            column("indicator-users", |day| day.total, true),
        ];
        Panel::new(Texts.say("indicator-users"), &self.days, columns)
    }

    /// Who may not read events is told nothing of them.
    async fn events(&self) -> Result<Vec<EventRow>, Refused> {
        if !self.viewer.may(Scope::EventsRead) {
            return Ok(Vec::new());
        }
        let ask = self.viewer.ask();
        let path = with_query("/v1/indicators/events", &self.query);
        let (types, events): (Items<EventType>, Events) =
            tokio::try_join!(ask.get("/v1/event-types"), ask.get(&path))?;
        let stretches = stretches(&self.days);
        let ends =
            [self.days.first(), self.days.last()].map(|day| day.cloned().unwrap_or_default());
        let mut rows = Vec::new();
        for EventType { kind, label } in types.items {
            let count = events.events.get(&kind).copied().unwrap_or(0);
            let values: Vec<u64> =
                events.days.iter().map(|day| day.events.get(&kind).copied().unwrap_or(0)).collect();
            let drawn: Vec<u64> = stretches.iter().map(|stretch| stretch.sum(&values)).collect();
            let (line, text) = (chart::line(&drawn), words(&label, &ends, &drawn));
            rows.push((count, EventRow { label, count: Texts.count(count), line, text }));
        }
        rows.retain(|(count, _)| *count > 0);
        rows.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        Ok(rows.into_iter().map(|(_, row)| row).collect())
    }

    /// What was published at some time, the newest last.
    async fn defined(&self, path: &str) -> Result<Vec<Defined>, Refused> {
        let Items { items }: Items<Defined> = self.viewer.ask().get(path).await?;
        let mut shown: Vec<Defined> =
            items.into_iter().filter(|defined| defined.state != "draft").collect();
        shown.drain(..shown.len().saturating_sub(SHOWN_MAX));
        Ok(shown)
    }

    async fn badges(&self) -> Result<Vec<Panel>, Refused> {
        let badges = self.defined("/v1/badges").await?;
        try_join_all(badges.iter().map(|badge| self.badge(badge))).await
    }

    async fn badge(&self, badge: &Defined) -> Result<Panel, Refused> {
        let path = with_query(&at("/v1/indicators/badges/{}", &[&badge.id]), &self.query);
        let found: Badge = self.viewer.ask().get(&path).await?;
        let column = |head: &str, value: fn(&BadgeDay) -> u64, level| Column {
            head: Texts.say(head),
            values: found.days.iter().map(value).collect(),
            level,
        };
        let columns = vec![
            column("indicator-gained", |day| day.gained, false),
            column("indicator-lost", |day| day.lost, false),
            column("indicator-held", |day| day.held, true),
        ];
        Ok(Panel::new(badge.name.clone(), &self.days, columns))
    }

    async fn challenges(&self) -> Result<Vec<Funnel>, Refused> {
        let challenges = self.defined("/v1/challenges").await?;
        try_join_all(challenges.iter().map(|challenge| self.challenge(challenge))).await
    }

    async fn challenge(&self, challenge: &Defined) -> Result<Funnel, Refused> {
        let path = with_query(&at("/v1/indicators/challenges/{}", &[&challenge.id]), &self.query);
        let found: Challenge = self.viewer.ask().get(&path).await?;
        let mut counted = vec![(Texts.say("indicator-joined"), found.joined)];
        for step in &challenge.steps {
            let users = found.steps.get(&step.id).copied().unwrap_or(0);
            counted.push((step.title.clone(), users));
        }
        counted.push((Texts.say("indicator-completed"), found.completed));
        let most = counted.iter().map(|(_, users)| *users).max().unwrap_or(0);
        let stage = |(label, users)| Stage::new(label, users, found.joined, most);
        let stages = counted.into_iter().map(stage).collect();
        Ok(Funnel { title: challenge.name.clone(), stages })
    }
}
