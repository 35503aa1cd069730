//! The settings of the service and where each came from, and what it is at now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use domain::scope::Scope;
use serde::Serialize;
use utoipa::ToSchema;

use super::at_position;
use crate::access::Credential;
use crate::app::App;
use crate::config::Setting;
use crate::data_folder::sizes::Sizes;
use crate::params::Params;
use crate::problem::Problem;

/// A setting. It is changed where it came from, and holds from the next start on.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingView {
    /// Its name in the configuration file; null: it cannot be set there.
    pub name: Option<&'static str>,
    /// The environment variable; null: there is none.
    pub environment: Option<&'static str>,
    /// The flag of `cohort serve`; null: there is none.
    pub flag: Option<&'static str>,
    /// What it is; null where that is `secret`.
    pub value: Option<String>,
    /// Whether its value is never shown.
    pub secret: bool,
    /// `flag`, `environment`, `file` or `default`.
    pub source: String,
    /// What it is where nobody says otherwise.
    pub default: &'static str,
    /// What it means.
    pub what: &'static str,
}

impl From<Setting> for SettingView {
    fn from(setting: Setting) -> SettingView {
        let Setting { name, environment, flag, value, secret, source, default, what } = setting;
        let value = value.filter(|_| !secret);
        let source = source.to_string();
        SettingView { name, environment, flag, value, secret, source, default, what }
    }
}

/// Bytes of the data folder, by what they are for.
#[derive(Debug, Serialize, ToSchema)]
pub struct DataSizes {
    /// All of it.
    pub total: u64,
    /// The facts, with what is not yet written back.
    pub log: u64,
    /// Tables, which can be built again from the facts.
    pub tables: u64,
    /// What is durable and no fact.
    pub work: u64,
    /// Files of imports and bulk actions.
    pub imports: u64,
    /// Files of exports.
    pub exports: u64,
    /// All else.
    pub rest: u64,
}

impl From<Sizes> for DataSizes {
    fn from(sizes: Sizes) -> DataSizes {
        let (total, Sizes { log, tables, work, imports, exports, rest }) = (sizes.total(), sizes);
        DataSizes { total, log, tables, work, imports, exports, rest }
    }
}

/// How far something follows the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Following {
    /// Cursor of the last fact that it has taken in.
    pub position: String,
    /// Facts up to there.
    pub facts: u64,
    /// Facts that it has not taken in yet.
    pub facts_behind: u64,
}

/// The service as it is set up and as it is now.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingsView {
    /// Its version.
    pub version: &'static str,
    /// Names its log.
    pub log_id: String,
    /// The configuration file; null: none was named.
    pub config_file: Option<String>,
    /// Every setting.
    pub settings: Vec<SettingView>,
    /// What the data folder takes on the disk, in bytes.
    pub data_bytes: DataSizes,
    /// Cursor of the last fact of the log.
    pub position: String,
    /// Facts in the log.
    pub facts: u64,
    /// How far the tables are.
    pub tables: Following,
    /// How far what follows by rules is recorded.
    pub policies: Following,
    /// Facts that no known version explains.
    pub unreadable_facts: u64,
}

/// Every setting, its value and where that came from, and what the service is at: its version, its data folder, how far tables
/// and rules follow the log. Nothing is changed here: flags, the environment or the configuration file do that, and a start
/// anew. Secrets are not shown.
#[utoipa::path(get, path = "/v1/settings", tag = "operations", responses((status = 200, body = SettingsView)))]
pub async fn settings(
    State(app): State<Arc<App>>,
    credential: Credential,
    uri: Uri,
) -> Result<Response, Problem> {
    credential.needs(Scope::Admin)?;
    Params::read(&uri, &[])?;
    let measured = app.clone();
    let sizes = tokio::task::spawn_blocking(move || measured.folder.sizes()).await;
    let sizes = sizes.map_err(Problem::internal)?.map_err(Problem::internal)?;
    // Read before the head, so that nothing is ahead of it.
    let (tables, policies) = (app.follower.checkpoint(), app.policies.position());
    let head = app.log.head();
    let following = |position: eventlog::Position| Following {
        position: app.cursor(position),
        facts: position.number(),
        facts_behind: head.number().saturating_sub(position.number()),
    };
    let view = SettingsView {
        version: env!("CARGO_PKG_VERSION"),
        log_id: app.log_id.to_string(),
        config_file: app.config.file.as_ref().map(|path| path.display().to_string()),
        settings: app.config.settings().into_iter().map(SettingView::from).collect(),
        data_bytes: sizes.into(),
        position: app.cursor(head),
        facts: head.number(),
        tables: following(tables),
        policies: following(policies),
        unreadable_facts: app.follower.store().unreadable()?,
    };
    Ok(at_position(&app.cursor(head), Json(view)))
}
