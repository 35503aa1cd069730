//! The settings and what the service is at: to be looked at, and how each is changed.

use askama::Template;
use axum::http::Uri;
use serde::Deserialize;

use super::{Frame, Page, Texts, Viewer, html};
use crate::pages::exports::words::size;
use crate::params::Params;

const PATH: &str = "/settings";

/// A setting as `/v1/settings` shows one.
#[derive(Deserialize)]
struct Setting {
    name: Option<String>,
    environment: Option<String>,
    flag: Option<String>,
    value: Option<String>,
    secret: bool,
    source: String,
}

impl Setting {
    /// What it means, in words of ours.
    fn what(&self) -> String {
        let name = [&self.name, &self.environment, &self.flag].into_iter().flatten().next();
        let name = name.map(|name| name.trim_start_matches('-')).unwrap_or_default();
        Texts.named("setting", name)
    }

    fn is_set(&self) -> bool {
        self.source != "default"
    }
}

#[derive(Deserialize)]
struct Sizes {
    total: u64,
    log: u64,
    tables: u64,
    work: u64,
    imports: u64,
    exports: u64,
    rest: u64,
}

impl Sizes {
    /// What takes how much, with its share of all in hundredths.
    fn rows(&self) -> Vec<(String, String, u64)> {
        let row = |(label, bytes): (&str, u64)| {
            (Texts.say(label), size(bytes), (bytes * 100).checked_div(self.total).unwrap_or(0))
        };
        let rows = [
            ("data-log", self.log),
            ("data-tables", self.tables),
            ("data-work", self.work),
            ("data-imports", self.imports),
            ("data-exports", self.exports),
            ("data-rest", self.rest),
        ];
        rows.into_iter().map(row).collect()
    }
}

#[derive(Deserialize)]
struct Following {
    position: String,
    facts: u64,
    facts_behind: u64,
}

#[derive(Deserialize)]
struct Settings {
    version: String,
    log_id: String,
    config_file: Option<String>,
    settings: Vec<Setting>,
    data_bytes: Sizes,
    position: String,
    facts: u64,
    tables: Following,
    policies: Following,
    unreadable_facts: u64,
}

impl Settings {
    /// The value of a setting.
    fn value(&self, name: &str) -> &str {
        let known = self.settings.iter().find(|setting| setting.name.as_deref() == Some(name));
        known.and_then(|setting| setting.value.as_deref()).unwrap_or_default()
    }

    /// How long files are kept: a text, and for how many days.
    fn kept(&self) -> Vec<String> {
        let kept = |(text, name): (&str, &str)| {
            Texts.one(text, "count", self.value(name).parse::<u64>().unwrap_or(0))
        };
        let all = [
            ("kept-imports", "import_files_days"),
            ("kept-drafts", "import_drafts_days"),
            ("kept-exports", "exports_days"),
        ];
        all.into_iter().map(kept).collect()
    }
}

#[derive(Template)]
#[template(path = "settings.html")]
struct SettingsPage {
    t: Texts,
    frame: Frame,
    settings: Settings,
    total: String,
    kept: Vec<String>,
}

/// All of them.
///
/// # Errors
/// The API's no.
pub async fn show(viewer: Viewer, uri: Uri) -> Page {
    Params::read(&uri, &[])?;
    let settings: Settings = viewer.ask().get("/v1/settings").await?;
    html(&SettingsPage {
        t: Texts,
        frame: Frame::new(&viewer, PATH),
        total: size(settings.data_bytes.total),
        kept: settings.kept(),
        settings,
    })
}
