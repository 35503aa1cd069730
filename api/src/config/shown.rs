//! Settings as they are shown: secrets never.

use super::{Config, SETTINGS, Source};

/// Settings that `cohort serve` takes as flags too.
const FLAGS: [(&str, &str); 5] = [
    ("data", "--data"),
    ("listen", "--listen"),
    ("store", "--store"),
    ("zone", "--zone"),
    ("log_format", "--log-format"),
];
/// What is logged where `RUST_LOG` says nothing.
pub const LOG_DEFAULT: &str = "warn,api=info";

/// A setting, its value, and where that came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its name in the configuration file, where it can stand there.
    pub name: Option<&'static str>,
    /// The environment variable.
    pub environment: Option<&'static str>,
    /// The flag of `cohort serve`.
    pub flag: Option<&'static str>,
    /// Its value; none of what is secret.
    pub value: Option<String>,
    /// Whether the value is never shown.
    pub secret: bool,
    /// Where the value came from.
    pub source: Source,
    /// What it is unless somebody says otherwise.
    pub default: &'static str,
    /// What it means.
    pub what: &'static str,
}

impl Config {
    /// Each setting; after those of the file, what only the environment or the command line says.
    pub fn settings(&self) -> Vec<Setting> {
        let resolved = SETTINGS.iter().map(|(name, environment, default, what)| {
            let (value, source) = &self.resolved[name];
            let secret = *name == "instance_key";
            let flag = FLAGS.iter().find(|(known, _)| known == name).map(|(_, flag)| *flag);
            Setting {
                name: Some(*name),
                environment: Some(*environment),
                flag,
                value: Some(value.clone()).filter(|_| !secret),
                secret,
                source: *source,
                default,
                what,
            }
        });
        resolved.chain(self.outside_the_file()).collect()
    }

    fn outside_the_file(&self) -> [Setting; 3] {
        let said = |said: bool, source: Source| if said { source } else { Source::Default };
        let accept_clock = Setting {
            name: None,
            environment: None,
            flag: Some("--accept-clock"),
            value: Some(self.accept_clock.to_string()),
            secret: false,
            source: said(self.accept_clock, Source::Flag),
            default: "false",
            what: "start although the last fact is later than the clock",
        };
        let admin_token = Setting {
            environment: Some("COHORT_ADMIN_TOKEN"),
            flag: None,
            value: None,
            secret: true,
            source: said(self.admin_token.is_some(), Source::Environment),
            default: "",
            what: "first admin token of a new log; empty: made and printed once",
            ..accept_clock
        };
        let logged = std::env::var("RUST_LOG").ok().filter(|filter| !filter.is_empty());
        let log = Setting {
            environment: Some("RUST_LOG"),
            source: said(logged.is_some(), Source::Environment),
            value: Some(logged.unwrap_or_else(|| LOG_DEFAULT.to_owned())),
            secret: false,
            default: LOG_DEFAULT,
            what: "what is logged, on standard error",
            ..admin_token.clone()
        };
        [accept_clock, admin_token, log]
    }
}
