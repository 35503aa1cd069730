//! Every setting, once: its name, default, and where its value came from. Flags > environment > file > default.

mod shown;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use chrono_tz::Tz;

pub use self::shown::{LOG_DEFAULT, Setting};
use crate::import::run::BATCH_ROWS_MAX;

/// Largest import file unless set otherwise, in bytes: 256 MiB.
pub const IMPORT_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Most rows of an import unless set otherwise.
pub const IMPORT_ROWS_MAX: u64 = 2_000_000;
/// Longest that a client may be allowed to take nothing, in seconds: a day.
const STALL_SECONDS_MAX: u32 = 86_400;

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A command line flag.
    Flag,
    /// An environment variable.
    Environment,
    /// The configuration file.
    File,
    /// Nobody said otherwise.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Flag => "flag",
            Source::Environment => "environment",
            Source::File => "file",
            Source::Default => "default",
        })
    }
}

/// Name, environment variable, default, and what it is.
pub const SETTINGS: [(&str, &str, &str, &str); 15] = [
    ("data", "COHORT_DATA", "./cohort-data", "folder that holds everything"),
    ("listen", "COHORT_LISTEN", "127.0.0.1:8080", "address and port to listen on"),
    ("store", "COHORT_STORE", "sqlite:", "engine of the log; sqlite: keeps it in the data folder"),
    ("zone", "COHORT_ZONE", "UTC", "IANA zone of bare dates"),
    (
        "instance_key",
        "COHORT_INSTANCE_KEY",
        "",
        "64 hex digits; empty: the file instance.key in the data folder",
    ),
    ("import_bytes_max", "COHORT_IMPORT_BYTES_MAX", "268435456", "largest import file in bytes"),
    ("import_rows_max", "COHORT_IMPORT_ROWS_MAX", "2000000", "most rows of an import"),
    (
        "import_batch_rows",
        "COHORT_IMPORT_BATCH_ROWS",
        "10000",
        "rows recorded together: more is faster, and a cancel waits for them; 1 to 10000",
    ),
    (
        "import_files_days",
        "COHORT_IMPORT_FILES_DAYS",
        "30",
        "days an imported file is kept after its import ended",
    ),
    ("import_drafts_days", "COHORT_IMPORT_DRAFTS_DAYS", "7", "days a draft nobody started is kept"),
    ("exports_days", "COHORT_EXPORTS_DAYS", "7", "days the file of an export is kept"),
    (
        "stall_seconds",
        "COHORT_STALL_SECONDS",
        "300",
        "seconds after which a client that takes nothing of its answer is cut off; 1 to 86400",
    ),
    (
        "strict_definitions",
        "COHORT_STRICT_DEFINITIONS",
        "false",
        "true: badges and challenges that nobody defined are refused",
    ),
    (
        "behind_proxy",
        "COHORT_BEHIND_PROXY",
        "false",
        "true: a proxy in front says by X-Forwarded-Proto and -For how and from where it was reached",
    ),
    ("log_format", "COHORT_LOG_FORMAT", "text", "text or json"),
];

/// The settings of a service.
#[derive(Debug, Clone)]
pub struct Config {
    /// Folder that holds everything.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Zone of bare dates.
    pub zone: Tz,
    /// The instance key as configured, in hex; none: the data folder's file.
    pub instance_key: Option<String>,
    /// Largest import file in bytes.
    pub import_bytes_max: u64,
    /// Most rows of an import.
    pub import_rows_max: u64,
    /// Rows of an import that are recorded together.
    pub import_batch_rows: u32,
    /// Days an imported file is kept after its import ended.
    pub import_files_days: u32,
    /// Days a draft that nobody started is kept.
    pub import_drafts_days: u32,
    /// Days the file of an export is kept.
    pub exports_days: u32,
    /// Seconds after which a client that takes nothing of its answer is cut off.
    pub stall_seconds: u32,
    /// Refuse badges and challenges that nobody defined.
    pub strict_definitions: bool,
    /// Believe what a proxy says of a request's way and origin.
    pub behind_proxy: bool,
    /// Logs as JSON lines.
    pub log_json: bool,
    /// Open a log whose last fact is far ahead of the clock.
    pub accept_clock: bool,
    /// The first admin token, where the caller chose it.
    pub admin_token: Option<String>,
    /// The configuration file, where one was named.
    pub file: Option<PathBuf>,
    resolved: BTreeMap<&'static str, (String, Source)>,
}

impl Config {
    /// Resolves every setting. `flags` are those given on the command line, `file` the configuration file if named.
    ///
    /// # Errors
    /// A value that cannot be used, or a file that cannot be read or names an unknown setting.
    pub fn resolve(flags: &BTreeMap<&str, String>, file: Option<&Path>) -> Result<Config> {
        let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let config = Config::resolve_with(flags, &environment, &read_file(file)?)?;
        Ok(Config { file: file.map(Path::to_owned), ..config })
    }

    fn resolve_with(
        flags: &BTreeMap<&str, String>,
        environment: &dyn Fn(&str) -> Option<String>,
        file: &BTreeMap<String, String>,
    ) -> Result<Config> {
        if let Some(unknown) = file.keys().find(|key| SETTINGS.iter().all(|(name, ..)| name != key))
        {
            let known: Vec<_> = SETTINGS.iter().map(|(name, ..)| *name).collect();
            bail!(
                "the configuration file names an unknown setting {unknown:?}; known are {}",
                known.join(", ")
            );
        }
        let mut resolved = BTreeMap::new();
        for (name, variable, default, _) in SETTINGS {
            let value = if let Some(value) = flags.get(name) {
                (value.clone(), Source::Flag)
            } else if let Some(value) = environment(variable) {
                (value, Source::Environment)
            } else if let Some(value) = file.get(name) {
                (value.clone(), Source::File)
            } else {
                (default.to_owned(), Source::Default)
            };
            resolved.insert(name, value);
        }
        let text = |name: &str| resolved[name].0.as_str();
        if text("store") != "sqlite:" {
            bail!(
                "store = {:?}: this version keeps its log in SQLite only; leave it at \"sqlite:\"",
                text("store")
            );
        }
        let log_json = match text("log_format") {
            "text" => false,
            "json" => true,
            other => bail!("log_format = {other:?}: it is text or json"),
        };
        Ok(Config {
            data: PathBuf::from(text("data")),
            listen: read("listen", text("listen"), "an address and port such as 127.0.0.1:8080")?,
            zone: read("zone", text("zone"), "an IANA zone such as Europe/Paris")?,
            instance_key: Some(text("instance_key").to_owned()).filter(|key| !key.is_empty()),
            import_bytes_max: read(
                "import_bytes_max",
                text("import_bytes_max"),
                "a number of bytes",
            )?,
            import_rows_max: read("import_rows_max", text("import_rows_max"), "a number of rows")?,
            import_batch_rows: batch_rows(text("import_batch_rows"))?,
            import_files_days: read(
                "import_files_days",
                text("import_files_days"),
                "a number of days",
            )?,
            import_drafts_days: read(
                "import_drafts_days",
                text("import_drafts_days"),
                "a number of days",
            )?,
            exports_days: read("exports_days", text("exports_days"), "a number of days")?,
            stall_seconds: stall_seconds(text("stall_seconds"))?,
            strict_definitions: read(
                "strict_definitions",
                text("strict_definitions"),
                "true or false",
            )?,
            behind_proxy: read("behind_proxy", text("behind_proxy"), "true or false")?,
            log_json,
            accept_clock: false,
            admin_token: environment("COHORT_ADMIN_TOKEN"),
            file: None,
            resolved,
        })
    }

    /// Each setting, its value and where that came from. The instance key is not shown.
    pub fn sources(&self) -> Vec<(&'static str, String, Source)> {
        let shown = |name: &str, value: &str| match (name, value) {
            ("instance_key", "") => "(file instance.key)".to_owned(),
            ("instance_key", _) => "(set, not shown)".to_owned(),
            _ => value.to_owned(),
        };
        SETTINGS
            .iter()
            .map(|(name, ..)| {
                let (value, source) = &self.resolved[name];
                (*name, shown(name, value), *source)
            })
            .collect()
    }
}

fn batch_rows(text: &str) -> Result<u32> {
    let rows = read("import_batch_rows", text, "a number from 1 to 10000")?;
    let fits = (1..=BATCH_ROWS_MAX).contains(&u64::from(rows));
    if fits {
        Ok(rows)
    } else {
        bail!("import_batch_rows = {rows}: it is a number from 1 to 10000")
    }
}

fn stall_seconds(text: &str) -> Result<u32> {
    let seconds = read("stall_seconds", text, "a number from 1 to 86400")?;
    if (1..=STALL_SECONDS_MAX).contains(&seconds) {
        Ok(seconds)
    } else {
        bail!("stall_seconds = {seconds}: it is a number from 1 to 86400")
    }
}

fn read<T: FromStr>(name: &str, text: &str, takes: &str) -> Result<T> {
    text.parse().map_err(|_| anyhow::anyhow!("{name} = {text:?}: it is {takes}"))
}

fn read_file(path: Option<&Path>) -> Result<BTreeMap<String, String>> {
    let Some(path) = path else { return Ok(BTreeMap::new()) };
    let text =
        std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let table: BTreeMap<String, toml::Value> =
        toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    let plain =
        |value: toml::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Ok(table.into_iter().map(|(key, value)| (key, plain(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_environment_that_wins_over_the_file() {
        let environment = |name: &str| match name {
            "COHORT_ZONE" => Some("Europe/Paris".to_owned()),
            "COHORT_DATA" => Some("/from/environment".to_owned()),
            _ => None,
        };
        let file = [("zone", "Asia/Tokyo"), ("import_rows_max", "10"), ("data", "/from/file")];
        let file =
            file.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let flags = BTreeMap::from([("data", "/from/flag".to_owned())]);
        let config = Config::resolve_with(&flags, &environment, &file).unwrap();
        let source =
            |name| config.sources().into_iter().find(|(known, ..)| *known == name).unwrap();
        assert_eq!(source("data"), ("data", "/from/flag".to_owned(), Source::Flag));
        assert_eq!(source("zone"), ("zone", "Europe/Paris".to_owned(), Source::Environment));
        assert_eq!(source("import_rows_max"), ("import_rows_max", "10".to_owned(), Source::File));
        assert_eq!(source("listen").2, Source::Default);
        assert_eq!(config.zone, chrono_tz::Europe::Paris);
    }

    #[test]
    fn a_setting_nobody_knows_or_nobody_can_use_is_refused() {
        let none = |_: &str| None;
        let unknown = BTreeMap::from([("zoen".to_owned(), "UTC".to_owned())]);
        assert!(
            Config::resolve_with(&BTreeMap::new(), &none, &unknown)
                .unwrap_err()
                .to_string()
                .contains("zoen")
        );
        let bad = BTreeMap::from([("zone".to_owned(), "Mars/Base".to_owned())]);
        assert!(Config::resolve_with(&BTreeMap::new(), &none, &bad).is_err());
        for seconds in ["0", "86401", "-1", "long"] {
            let stalls = BTreeMap::from([("stall_seconds", seconds.to_owned())]);
            assert!(Config::resolve_with(&stalls, &none, &BTreeMap::new()).is_err(), "{seconds}");
        }
        let elsewhere = BTreeMap::from([("store", "kurrentdb://localhost".to_owned())]);
        assert!(Config::resolve_with(&elsewhere, &none, &BTreeMap::new()).is_err());
    }
}
