//! An export as the API shows it, and what it is in words.

use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::offer::Known;
use super::words::{self, Range};
use crate::pages::actor::Actor;
use crate::pages::{Texts, Viewer, at, with_query};

/// Parameters that say how a file is written, or are told otherwise.
const NO_FILTERS: [&str; 9] =
    ["safe", "bom", "delimiter", "compression", "zone", "as_of", "from", "to", "through"];

/// An export.
#[derive(Debug, Deserialize)]
pub struct Export {
    /// Its id.
    pub id: String,
    /// Whether a file of it was to be kept.
    pub kept: bool,
    /// As the API calls it.
    pub state: String,
    /// Why it failed.
    pub code: Option<String>,
    /// `users`, `user_events` or `person`.
    pub content: String,
    /// As the API calls it.
    pub format: String,
    /// `full` or `withheld`.
    pub personal: String,
    /// Of users as they were.
    pub as_of: Option<Moment>,
    /// How far the tables of that moment are.
    pub replay: Option<Replay>,
    zone: Option<String>,
    range: Option<Bounds>,
    /// Rows it will have.
    pub rows_expected: Option<u64>,
    /// Rows it has.
    pub rows: u64,
    /// Bytes it has.
    pub bytes: u64,
    /// While it is written.
    pub seconds_left: Option<u64>,
    /// Who asked.
    pub requested_by: Actor,
    /// When.
    pub requested_at: String,
    /// Why.
    pub reason: Option<String>,
    query: Option<Map<String, Value>>,
    /// Of the file.
    pub sha256: Option<String>,
    /// When it ended.
    pub finished_at: Option<String>,
    /// When the file goes.
    pub expires_at: Option<String>,
    /// How often it was fetched.
    pub downloads: u64,
    /// What the file is called.
    pub file_name: Option<String>,
}

/// Bounds in UTC.
#[derive(Debug, Deserialize)]
pub struct Bounds {
    /// The first moment inside.
    pub from: Option<String>,
    /// The first after it.
    pub to: Option<String>,
}

/// A past moment.
#[derive(Debug, Deserialize)]
pub struct Moment {
    /// Its last instant.
    pub at: String,
}

/// Facts of how many.
#[derive(Debug, Deserialize)]
pub struct Replay {
    /// Replayed.
    pub facts: u64,
    /// In all.
    pub of: u64,
}

impl Export {
    /// Whether it goes on.
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "running")
    }

    /// Whether there is a file to fetch.
    pub fn has_file(&self) -> bool {
        self.kept && self.state == "completed"
    }

    /// Whether the viewer may fetch it, as far as personal data goes.
    pub fn may_be_fetched(&self, viewer: &Viewer) -> bool {
        self.personal == "withheld" || viewer.may(domain::scope::Scope::PersonalRead)
    }

    /// Its page.
    pub fn href(&self) -> String {
        at("/exports/{}", &[&self.id])
    }

    /// Something of it at the API.
    pub fn at_api(&self, what: &str) -> String {
        at("/v1/exports/{}/{}", &[&self.id, what])
    }

    /// What it holds.
    pub fn content(&self) -> String {
        Texts.named("exportcontent", &self.content)
    }

    /// How it is written.
    pub fn format(&self) -> String {
        Texts.named("exportformat", &self.format)
    }

    /// Its state.
    pub fn state(&self) -> String {
        Texts.named("exportstate", &self.state)
    }

    /// How its state looks.
    pub fn look(&self) -> &'static str {
        match self.state.as_str() {
            "completed" => "good",
            "failed" => "bad",
            "queued" | "running" => "warn",
            _ => "",
        }
    }

    /// Why it failed, if it did.
    pub fn trouble(&self) -> Option<String> {
        let code = self.code.as_deref().filter(|_| self.state == "failed");
        code.map(|code| Texts.named("exporttrouble", code))
    }

    /// The time it is of, where it has bounds.
    pub fn range(&self, viewer: &Viewer) -> Option<Range> {
        let zone = self.zone.as_deref().and_then(|zone| zone.parse::<Tz>().ok());
        let range = self.range.as_ref()?;
        words::range(range.from.as_deref(), range.to.as_deref(), zone.unwrap_or(viewer.zone()))
    }

    /// How far it is.
    pub fn progress(&self) -> String {
        let rows = Texts.count(self.rows);
        let said = match (&self.replay, self.rows_expected) {
            (Some(replay), _) if self.rows == 0 && replay.facts < replay.of => {
                Texts.two("exports-replayed", "facts", replay.facts, "of", replay.of)
            }
            (_, Some(all)) => Texts.with(
                "exports-written-of",
                &[("rows", &rows), ("of", &all), ("size", &words::size(self.bytes))],
            ),
            (_, None) => {
                Texts.two("exports-written", "rows", &rows, "size", words::size(self.bytes))
            }
        };
        match self.seconds_left {
            Some(seconds) => format!("{said}, {}", words::left(seconds)),
            None => said,
        }
    }

    /// Of how much it is how far, for a bar; none where that is not known.
    pub fn share(&self) -> Option<(u64, u64)> {
        match (&self.replay, self.rows_expected) {
            (Some(replay), _) if self.rows == 0 => Some((replay.facts, replay.of)),
            (_, Some(all)) => Some((self.rows, all.max(1))),
            (_, None) => None,
        }
    }

    /// What was asked for, piece by piece.
    pub fn asked(&self, known: &Known) -> Vec<String> {
        let Some(query) = &self.query else { return vec![Texts.say("withheld")] };
        let mut said = Vec::new();
        for (name, value) in query.iter().filter(|(name, _)| !NO_FILTERS.contains(&name.as_str())) {
            said.extend(texts(value).map(|value| known.said(name, value)));
        }
        said
    }

    /// Users that it is about, by id.
    pub fn users(&self) -> impl Iterator<Item = String> {
        self.named("user")
    }

    /// Imports that it is about, by id.
    pub fn imports(&self) -> impl Iterator<Item = String> {
        self.named("import")
    }

    fn named(&self, parameter: &'static str) -> impl Iterator<Item = String> {
        let asked = self.query.as_ref().and_then(|query| query.get(parameter));
        asked.into_iter().flat_map(texts).map(str::to_owned)
    }

    /// The form that asks for the same again, where that is known.
    pub fn again(&self) -> Option<String> {
        let query = self.query.as_ref().filter(|_| self.content != "person")?;
        let format = self.format.trim_end_matches(".gz");
        let mut pairs = vec![("content", self.content.as_str()), ("format", format)];
        for (name, value) in query {
            pairs.extend(texts(value).map(|value| (name.as_str(), value)));
        }
        Some(with_query("/exports/new", &pairs))
    }
}

/// A parameter's values.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    many.iter().filter_map(Value::as_str)
}
