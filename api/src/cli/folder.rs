//! Working on a data folder that no service holds.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use eventlog::sqlite::system_clock;

use crate::app::App;
use crate::config::Config;
use crate::data_folder::DataFolder;

/// Opens the folder as a service would, runs blocking work on it, and closes it.
pub(super) async fn with_folder<T: Send + 'static>(
    data: &Path,
    work: impl FnOnce(&Arc<App>) -> Result<T> + Send + 'static,
) -> Result<T> {
    if !DataFolder::holds_a_log(data) {
        bail!("{} holds no log; give the data folder of a service with --data", data.display());
    }
    let flags = BTreeMap::from([("data", data.display().to_string())]);
    let config = Config::resolve(&flags, None)?;
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let _inside = runtime.enter();
        let (app, _) = App::open_quiet(config, system_clock())?;
        let answer = work(&app);
        app.close();
        answer
    })
    .await?
}
